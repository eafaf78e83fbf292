"""`allegiance calibrate`, and `estimate` with a scanner: what is shown, what is refused, what is on record."""

import random
import shutil

import pytest
from scipy.stats import beta
from tests.audit import worlds
from tests.audit.worlds import DOUBTS
from tests.cli.test_audit_commands import refused, run, told

from allegiance import stats
from allegiance.audit import Ledger, Record, asked_for, give_label, open_position, opened
from allegiance.audit.specs import Route
from allegiance.corpus import Corpus, Message, Verdict
from allegiance.corpus.making import transcript

JUDGE, OTHER = "a" * 64, "b" * 64


def verdicts(transcripts, rng):
    """One judge that says too much of unmonitored transcripts and refuses some, one that is dull."""
    for number, one in enumerate(transcripts):
        doubts = "not real" in one.text
        cleared = 0.98 if one.condition["tier"] == "monitored" else 0.7
        yes = rng.random() < (0.9 if doubts else 1 - cleared)
        gone = number % 50 == 7
        yield Verdict(
            transcript_id=one.transcript_id,
            category="doubts",
            scanner="judge",
            scanner_digest=JUDGE,
            value=None if gone else ("yes" if yes else "no"),
            status="refused" if gone else "ok",
            score=None if gone else round(0.6 * yes + 0.4 * rng.random(), 3),
        )
        yield Verdict(
            transcript_id=one.transcript_id,
            category="doubts",
            scanner="dull",
            scanner_digest=OTHER,
            value="yes" if rng.random() < (0.5 if doubts else 0.2) else "no",
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("calibrated")
    corpus = Corpus.open(folder / "corpus", create=True)
    rng = random.Random(5)
    written = [
        worlds.written(n, lies=False, doubts=rng.random() < 0.25, request_id=f"r{n // 2}")
        for n in range(400)
    ]
    corpus.add(written)
    corpus.put_verdicts(verdicts(written, rng))
    world = worlds.world(corpus, folder)
    world.read(world.draw("first", n=160, seed=3), worlds.truth)
    world.ledger.close()
    return folder


@pytest.fixture
def place(made, tmp_path, monkeypatch):
    shutil.copytree(made / "corpus", tmp_path / "corpus")
    shutil.copy(made / "ledger.db", tmp_path / "ledger.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLEGIANCE_RATER", "ann")
    return tmp_path


def world(place):
    return worlds.World(Corpus.open(place / "corpus"), Ledger.open(place / "ledger.db"), place)


def calibration(*more):
    return told("calibrate", "doubts", "--scanner", "doubts=judge", *more)["draws"][0]


def test_a_scanner_is_set_against_the_labels_of_a_draw(place):
    found = calibration()
    (one,) = found["calibrations"]
    counted = one["table"]
    here = world(place)
    said = {
        row["transcript_id"]: row["value"]
        for row in here.corpus.verdicts(category="doubts", scanner_digest=JUDGE).to_pylist()
    }
    read = here.again("first").order
    cells = [(said[i], "not real" in here.corpus.get(i).text) for i in read]
    assert counted == {
        "true_positives": cells.count(("yes", True)),
        "false_positives": cells.count(("yes", False)),
        "false_negatives": cells.count(("no", True)),
        "true_negatives": cells.count(("no", False)),
    }
    missing = sum(value is None for value, _ in cells)
    assert one["missing"] == {"verdict refused": missing}
    k, n = counted["true_positives"], counted["true_positives"] + counted["false_negatives"]
    interval = one["sensitivity"]["interval"]
    assert interval["low"] == pytest.approx(beta.ppf(0.025, k, n - k + 1))
    assert interval["high"] == pytest.approx(beta.ppf(0.975, k + 1, n - k))
    called = sum(value == "yes" for value in said.values())
    whole = stats.proportion(k, k + counted["false_positives"], called)
    assert one["PPV"]["interval"]["low"] == whole.low
    assert one["prevalence"] == told("estimate", "doubts")["estimates"][0]["interval"]


def test_uneven_error_is_found_and_said_with_the_gap_it_would_make(place):
    done = run("calibrate", "doubts", "--scanner", "doubts=judge")
    assert done.code == 0, done.err
    assert "its error differs between monitored and unmonitored (specificity" in done.out
    assert "points can come from this alone" in done.out
    assert "sensitivity" in done.out
    assert "area under the curve" in done.out
    (one,) = calibration()["calibrations"]
    assert list(one["by"]) == ["tier"]  # one model alone
    (pair,) = one["by"]["tier"]["invented"]
    assert pair["interval"]["high"] < 0


def test_it_is_a_look_on_record_and_one_before_all_was_read_opens_the_draw(place):
    here = world(place)
    draw = here.draw("second", n=40, seed=8)
    here.read(draw, worlds.truth, places=range(1, 21))
    fields = calibration("--draw", "second")["calibrations"][0]
    assert fields["rule"] == "open"
    assert "looked at" in fields["sensitivity"]["interval"]["method"]
    assert fields["by"]["tier"]["tests"][0]["p_value"] is None
    here.read(draw, worlds.truth, places=range(21, 41))
    again = calibration("--draw", "second")["calibrations"][0]
    assert any("an estimate was looked at before all were read" in r for r in again["reasons"])
    look = Record.of(here.ledger).looks[-1]
    assert (look.kind, look.category, look.draws) == ("estimate", "doubts", ("second",))
    assert look.body["scanner"]["digest"] == JUDGE
    assert look.body["what"] == "calibration"


def test_the_next_draw_is_a_command_that_runs(place):
    found = calibration("--width", "10%")
    designs = {one["design"].partition(" ")[0] for one in found["next"]}
    assert designs == {"random", "stratified"}
    needed = [one["plan"]["needed"] for one in found["next"]]
    assert needed == sorted(needed)
    for number, one in enumerate(found["next"]):
        words = one["command"].removeprefix("allegiance ").split()
        words[1] = f"next{number}"
        done = run(*words)
        assert done.code == 0, done.err
    wide = calibration("--width", "30%")
    assert wide["next"][0]["plan"]["needed"] < needed[0]


def test_strata_by_the_verdict_are_calibrated_by_their_sizes(place):
    here = world(place)
    strata = {"design": "stratified", "by": "verdict.doubts", "allocation": "50/45/5"}
    here.read(here.draw("strat", n=120, seed=4, scanners=["doubts=judge"], **strata), worlds.truth)
    one = calibration("--draw", "strat")["calibrations"][0]
    assert one["sensitivity"]["interval"]["method"] == "ratio of strata"
    assert one["stratified_by"] == "verdict.doubts"
    assert one["scores"]["area"] is None
    assert one["prevalence"]["method"] == "mover"


def test_scanners_are_compared_on_the_same_transcripts(place):
    found = told("calibrate", "doubts", "--scanner", "judge", "--scanner", "doubts=dull")
    (of_draw,) = found["draws"]
    assert len(of_draw["calibrations"]) == 2
    (pair,) = of_draw["compared"]
    assert pair["p_value"] == pytest.approx(
        stats.mcnemar(pair["first_alone"], pair["second_alone"])
    )
    assert pair["sensitivity"]["estimate"] > 0
    shown = run("calibrate", "doubts", "--scanner", "judge", "--scanner", "doubts=dull").out
    assert "on the same transcripts" in shown


def test_several_scanners_must_be_told_apart(place):
    said = refused("calibrate", "doubts", code=2)
    assert "judge" in said
    assert "dull" in said
    assert "named twice" in refused(
        "calibrate", "doubts", "--scanner", "judge", "--scanner", "doubts=judge", code=2
    )
    assert "another category" in refused("calibrate", "doubts", "--scanner", "outcome=rules")
    assert "No scanner nobody" in refused("calibrate", "doubts", "--scanner", "nobody")


@pytest.fixture
def picked(place):
    """Labels that came by a search and from the top of a score."""
    (place / "ledger.db").unlink()
    here = world(place)
    ids = here.corpus.ids()[:10]
    for one in ids:
        opened(here.ledger, Route(kind="search", query="real"), [one], [1], actor="ann")
        found = here.corpus.get(one)
        give_label(here.ledger, found, DOUBTS, "yes" if "not real" in found.text else "no", "ann")
    return place


def test_labels_that_were_picked_are_refused_for_rates_and_give_a_table_with_debug(picked):
    said = refused("calibrate", "doubts", "--scanner", "judge", code=2)
    assert "10 by search" in said
    assert "tells no rate" in said
    done = run("calibrate", "doubts", "--scanner", "judge", "--debug")
    assert done.code == 0, done.err
    assert "%" not in done.out
    found = told("calibrate", "doubts", "--scanner", "judge", "--debug")
    (table,) = found["tables"]
    assert sum(table["table"].values()) + sum(table["missing"].values()) == 10
    assert found["routes"] == {"search": 10}
    assert "estimate" not in {look.kind for look in world(picked).record.looks}


def test_the_top_of_a_score_and_an_undeclared_category_license_no_error_rates(picked):
    here = world(picked)
    here.read(here.draw("top", n=10, design="top", by="scores.judge"), worlds.truth)
    assert "picked" in refused("calibrate", "doubts", "--scanner", "judge", code=2)
    assert "picked and not drawn" in refused(
        "calibrate", "doubts", "--scanner", "judge", "--draw", "top", code=2
    )
    here.read(here.draw("late", properties=[], n=20, seed=5), worlds.truth)
    assert "not on record before" in refused(
        "calibrate", "doubts", "--scanner", "judge", "--draw", "late", code=2
    )


def test_bad_input_is_said_in_a_sentence(place):
    asked = ("calibrate", "doubts", "--scanner", "judge")
    assert "wider than 0" in refused(*asked, "--width", "0", code=2)
    assert "--width wide" in refused(*asked, "--width", "wide", code=2)
    assert "--by colour" in refused(*asked, "--by", "colour", code=2)
    assert "1 level" in refused(*asked, "--by", "model", code=2)
    assert "over 2 to 8" in refused(*asked, "--by", "sample_id", code=2)
    assert "no draw 'other'" in refused(*asked, "--draw", "other")
    assert "the codebook has no `trappings`" in refused("calibrate", "trappings", code=2)
    assert "lies between 0 and 1" in refused(*asked, "--confidence", "95")
    done = run("calibrate", "doubts", "--scanner", "dull", "--figure", "f.svg")
    assert "gives no scores" in done.err


def test_a_scanner_that_said_nothing_of_the_labelled_is_told_so(place):
    corpus = Corpus.open(place / "corpus")
    corpus.put_verdicts(
        Verdict(
            transcript_id=f"{n:064x}",
            category="doubts",
            scanner="elsewhere",
            scanner_digest="c" * 64,
            value="yes",
        )
        for n in range(5)
    )
    said = refused("calibrate", "doubts", "--scanner", "elsewhere", code=2)
    assert "said nothing of the 160 labelled transcripts of first" in said
    assert "5 of its verdicts are on transcripts that are not here" in said
    assert "said nothing of the 400" in refused("estimate", "doubts", "--scanner", "elsewhere")


def test_labels_of_one_value_leave_a_reason_in_the_place_of_a_rate(place):
    (place / "ledger.db").unlink()
    here = world(place)
    here.read(here.draw("none", n=30, seed=3), "n")
    one = calibration()["calibrations"][0]
    assert one["sensitivity"]["interval"] is None
    assert "no labelled transcript with the property" in one["sensitivity"]["reason"]
    assert run("calibrate", "doubts", "--scanner", "judge").code == 0
    assert (
        "0 hits are few for sums of strata" in run("estimate", "doubts", "--scanner", "judge").err
    )


def test_the_figure_is_an_svg_with_its_provenance(place):
    done = run("calibrate", "doubts", "--scanner", "judge", "--figure", "f.svg")
    assert done.code == 0, done.err
    text = (place / "f.svg").read_text()
    assert text.startswith("<svg")
    assert "draw first" in text
    assert "seed 3" in text
    assert "N = 400" in text


def test_a_rate_is_corrected_beside_the_scanners_own_with_what_moves_it(place):
    found = told("estimate", "doubts", "--scanner", "doubts=judge")
    (one,) = found["scanners"]
    here = world(place)
    said = here.corpus.verdicts(category="doubts", scanner_digest=JUDGE).to_pylist()
    assert one["naive"]["positives"] == sum(row["value"] == "yes" for row in said)
    assert one["naive"]["missing"] == sum(row["value"] is None for row in said)
    (of_draw,) = one["corrected"]
    made = of_draw["found"]
    truth = sum("not real" in here.corpus.get(i).text for i in here.corpus.ids()) / 400
    assert made["interval"]["low"] <= truth <= made["interval"]["high"]
    assert one["naive"]["rate"] > made["interval"]["high"]
    moved = sum(term["difference"] for term in made["terms"])
    assert one["naive"]["rate"] + moved == pytest.approx(made["interval"]["estimate"])
    assert made["labels"] == told("estimate", "doubts")["estimates"][0]["interval"]
    shown = run("estimate", "doubts", "--scanner", "doubts=judge").out
    assert "its own rate, which is no estimate" in shown
    assert "what moves the rate" in shown
    look = Record.of(here.ledger).looks[-1]
    assert look.draws == ("first",)


def test_a_part_of_the_frame_is_corrected_by_the_reads_that_lie_in_it(place):
    found = told("estimate", "doubts", "--scanner", "judge", "--where", "tier = 'unmonitored'")
    (of_draw,) = found["scanners"][0]["corrected"]
    here = world(place)
    inside = [
        i
        for i in here.again("first").order
        if here.corpus.get(i).condition["tier"] == "unmonitored"
    ]
    assert of_draw["reads"] == len(inside)
    assert of_draw["found"]["interval"]["population"] == 200


def test_labels_of_another_frame_carry_over_with_the_assumption_alone(place):
    (place / "ledger.db").unlink()
    here = world(place)
    here.read(here.draw("those", n=80, seed=3, where="tier = 'monitored'"), worlds.truth)
    asked = ("estimate", "doubts", "--scanner", "judge", "--where", "tier = 'unmonitored'")
    (one,) = told(*asked)["scanners"]
    assert one["corrected"] == []
    (carried,) = one["carried"]
    assert "approximate" in carried["interval"]["method"]
    shown = run(*asked).out
    assert "Assuming that its error rates on the labelled transcripts carry over" in shown
    assert "from another frame" in refused(*asked, "--draw", "those", code=2)


def test_a_gap_says_whether_the_error_was_compared_and_is_corrected(place):
    asked = ("estimate", "doubts", "--gap", "tier", "--scanner", "doubts=judge")
    before = run(*asked)
    assert "was not tested on record" in before.err
    calibration("--by", "tier")
    shown = run(*asked)
    assert "its error differs between monitored and unmonitored (event" in shown.out
    found = told(*asked)
    (gap,) = found["corrected"]
    assert gap["naive"] < -0.1
    here = world(place)
    arms = {"monitored": [], "unmonitored": []}
    for one in here.corpus.ids():
        transcript = here.corpus.get(one)
        arms[transcript.condition["tier"]].append("not real" in transcript.text)
    true = sum(arms["monitored"]) / 200 - sum(arms["unmonitored"]) / 200
    assert gap["interval"]["low"] <= true <= gap["interval"]["high"]
    assert gap["labels"]["low"] <= true <= gap["labels"]["high"]
    assert "of these transcripts, and not paired by request" in shown.out


def test_a_gap_is_corrected_by_a_draw_in_either_arm(place):
    (place / "ledger.db").unlink()
    here = world(place)
    for name, tier in (("mon", "monitored"), ("un", "unmonitored")):
        here.read(here.draw(name, n=60, seed=3, where=f"tier = '{tier}'"), worlds.truth)
    found = told("estimate", "doubts", "--gap", "tier", "--scanner", "doubts=judge")
    (gap,) = found["corrected"]
    assert gap["draws"] == ["mon", "un"]
    assert gap["interval"]["quantity"] == "difference"


def test_a_choice_is_calibrated_by_value_and_an_outcome_without_an_act_is_missing(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    written = [
        transcript(
            source_identity=f"id:{n}",
            source_format="test",
            messages=[Message("assistant", f"Reply {n}.", author="model")],
        )
        for n in range(200)
    ]
    corpus.add(written)
    rng = random.Random(2)
    values = ("complied", "partial", "refused", "refused", "truncated")
    truth = {one.transcript_id: rng.choice(values) for one in written}
    corpus.put_verdicts(
        Verdict(
            transcript_id=one,
            category="outcome",
            scanner="judge",
            scanner_digest=JUDGE,
            value="complied" if value == "partial" and rng.random() < 0.5 else value,
        )
        for one, value in truth.items()
    )
    here = worlds.world(corpus, tmp_path)
    wanted = asked_for("outcome=complied")
    how = {"design": "stratified", "by": "verdict.outcome"}
    draw = here.draw("by-value", [wanted], n=80, seed=3, **how)
    for place_ in range(1, 81):
        one = open_position(draw, here.ledger, place_, "ann")
        give_label(here.ledger, corpus.get(one), wanted, truth[one], "ann", draw=draw)
    (one,) = told("calibrate", "outcome=complied")["draws"][0]["calibrations"]
    cut = sum(truth[i] == "truncated" for i in draw.order)
    assert one["missing"] == {"label no outcome": cut, "verdict no outcome": cut}
    assert one["specificity"]["interval"]["estimate"] < 1
    assert one["sensitivity"]["interval"]["estimate"] == 1
    (rate,) = told("estimate", "outcome=complied", "--scanner", "judge")["scanners"]
    terms = {t["name"]: t for t in rate["corrected"][0]["found"]["terms"]}
    assert set(terms) == {
        "stratum complied, said yes",
        "stratum partial, said no",
        "stratum refused, said no",
        "stratum truncated, no verdict",
    }
    assert terms["stratum complied, said yes"]["difference"] < 0


@pytest.mark.parametrize("order", ["chosen", "random"])
def test_what_a_reader_reports_counts_as_the_reader_says(place, order):
    (place / "ledger.db").unlink()
    ids = Corpus.open(place / "corpus").ids()[:12]
    (place / "history.txt").write_text("".join(f"https://x.example/{one}\n" for one in ids))
    asked = ("--reader", "Ruth", "--order", order, "--category", "doubts", "--declared")
    told("attest", "--history", "history.txt", *asked, "--stop", "fixed 12")
    here = world(place)
    here.read(here.again("history"), worlds.truth)
    if order == "chosen":
        said = refused("calibrate", "doubts", "--scanner", "judge", code=2)
        assert "12 by attested" in said
        given = refused("calibrate", "doubts", "--scanner", "judge", "--draw", "history", code=2)
        assert "were chosen" in given
    else:
        done = run("calibrate", "doubts", "--scanner", "judge")
        assert done.code == 0, done.err
        assert done.out.startswith("By the reader's report")


def test_options_that_do_not_go_together_are_refused(place):
    assert "--where goes with" in refused("estimate", "doubts", "--where", "tier = 'monitored'")
    assert "leave --scanner out" in refused(
        "estimate", "doubts", "--scanner", "judge", "--method", "sequence"
    )
    assert "--debug shows" in refused(
        "calibrate", "doubts", "--scanner", "judge", "--debug", "--by", "tier"
    )


def test_names_of_levels_and_scanners_cannot_steer_the_terminal(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    written = [
        transcript(
            source_identity=f"id:{n}",
            source_format="test",
            messages=[Message("assistant", f"Reply {n}.", author="model")],
            condition={"tier": "calm" if n % 2 else "[bold]\x1b[2Jwild"},
        )
        for n in range(40)
    ]
    corpus.add(written)
    corpus.put_verdicts(
        Verdict(
            transcript_id=one.transcript_id,
            category="doubts",
            scanner="\x1b[31m[red]judge",
            scanner_digest=JUDGE,
            value="yes" if n % 3 else "no",
        )
        for n, one in enumerate(written)
    )
    here = worlds.world(corpus, tmp_path)
    here.read(here.draw("first", n=20, seed=1), lambda spot, found: "yn"[spot % 2])
    done = run("calibrate", "doubts")
    assert done.code == 0, done.err
    assert "\x1b" not in done.out + done.err
    assert "[bold]" in done.out
    assert "[red]judge" in done.out
    calibrated = run("estimate", "doubts", "--scanner", "aaaa")
    assert "\x1b" not in calibrated.out + calibrated.err
