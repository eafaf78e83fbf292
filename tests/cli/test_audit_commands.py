"""The commands of the audit: what a person and a program get, and bad input in one sentence."""

import json
import shlex
import shutil
from pathlib import Path

import pytest
import yaml
from tests.audit import worlds
from tests.cli.conftest import Result
from typer.testing import CliRunner

from allegiance import stats
from allegiance.audit import Record
from allegiance.audit.ledger import Ledger
from allegiance.cli.app import load_commands
from allegiance.corpus import Corpus

LIARS = "verdict.talks_about_lying = 'yes'"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    worlds.corpus_of(folder, 60)
    return folder


@pytest.fixture
def place(made, tmp_path, monkeypatch) -> Path:
    shutil.copytree(made / "corpus", tmp_path / "corpus")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLEGIANCE_RATER", "ann")
    return tmp_path


def run(*arguments) -> Result:
    done = CliRunner().invoke(load_commands(), [str(part) for part in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Result(done.exit_code, done.stdout, done.stderr)


def told(*arguments):
    """Run with --json: one object and nothing else on standard output."""
    done = run(*arguments, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert isinstance(found, dict)
    assert done.out == json.dumps(found, ensure_ascii=False) + "\n"
    return found


def refused(*arguments, code: int | tuple[int, ...] = (1, 2)) -> str:
    """Run what is wrong: one sentence on standard error, nothing on standard output."""
    done = run(*arguments)
    assert done.out == ""
    assert done.code in ((code,) if isinstance(code, int) else code), done.err
    lines = done.err.splitlines()
    assert len(lines) == 1, done.err
    assert lines[0].startswith("error: ")
    return lines[0]


def record(place: Path) -> Record:
    return Record.of(Ledger.open(place / "ledger.db"))


def labelled(name: str = "some", letters: str = "nyn", **options) -> list[str]:
    """Draw, and label every place through the commands."""
    words = [part for key, value in options.items() for part in (f"--{key}", value)]
    drawn = told("draw", name, "--n", len(letters), "--category", "doubts", *words)
    for position, letter in enumerate(letters, 1):
        value = {"y": "yes", "n": "no", "s": "skip"}[letter]
        told("label", name, "--value", value, "--position", position)
    return [one["transcript_id"] for one in drawn["transcripts"]]


# json


def test_every_command_prints_one_object_with_the_transcripts_it_lists(place):
    drawn = told("draw", "some", "--n", 3, "--category", "doubts", "--seed", 5)
    ids = [one["transcript_id"] for one in drawn["transcripts"]]
    assert [one["position"] for one in drawn["transcripts"]] == [1, 2, 3]
    assert (drawn["population"], drawn["seed"], drawn["stop"]) == (60, "5", "fixed 3")
    assert told("draw", "list")["draws"][0]["opened"] == 0
    assert told("read", "some")["transcripts"][0]["transcript_id"] == ids[0]
    assert told("show", ids[1])["transcripts"][0]["transcript_id"] == ids[1]
    label = told("label", "some", "--value", "yes", "--quote", "e")["transcripts"]
    assert label == [{"transcript_id": ids[0], "value": "yes", "standing": "new", "event": 5}]
    for _ in ids[1:]:
        told("label", "some", "--value", "no")
    estimate = told("estimate", "doubts")["estimates"][0]
    assert estimate["interval"] == stats.proportion(1, 3, 60).to_dict()
    claim = told("claim", "prevalence", "--category", "doubts", "--draw", "some")
    assert claim["certificate"]["decision"]["interval"] == estimate["interval"]
    assert Path(claim["path"]).parent == Path("report/claims")
    cited = told("cite", ids[0])
    assert cited["certificate"]["claim"]["kind"] == "citation"
    assert cited["ordinal"] == 1
    assert told("verify", claim["path"])["holds"] is True
    listing = told("draw", "list")["draws"]
    assert [(one["name"], one["opened"], one["labelled"]) for one in listing] == [("some", 3, 3)]
    assert told("draw", "extend", "some", "--n", 2)["n"] == 5
    assert told("draw", "--plan", "--prevalence", "1%", "--width", "5%")["population"] == 60
    assert told("ledger", "verify")["whole"] is True
    assert told("ledger", "show")["events"][0]["kind"] == "draw"
    assert told("ledger", "export", "events.jsonl")["n_events"] == record(place).head.seq


def test_attest_and_challenge_print_one_object(place):
    ids = Corpus.open(place / "corpus").query().ids()
    (place / "history.txt").write_text(f"https://x.example/{ids[0]}\nhttps://x.example/none\n")
    entered = told(
        *("attest", "--history", "history.txt", "--reader", "Ruth", "--order", "random"),
        *("--category", "doubts", "--declared", "--stop", "until 1 hit"),
    )["sittings"][0]
    assert entered["name"] == "history"
    assert entered["transcripts"] == [{"transcript_id": ids[0], "position": 1}]
    assert entered["not_found"] == ["https://x.example/none"]
    challenge = {
        "claim": {"kind": "prevalence", "category": "doubts", "at-most": "1%"},
        "clauses": {"a": "the answer"},
        "transcript": {"id": ids[0], "shows": [{"clause": "a"}]},
        "parties": [{"name": "R", "counts": ["a"]}, {"name": "O", "leaves-out": ["a"]}],
    }
    (place / "challenge.yaml").write_text(yaml.safe_dump(challenge))
    answer = told("challenge", "challenge.yaml")
    assert [one["party"] for one in answer["under"]] == ["R", "O"]
    assert answer["by_report"] is True
    assert answer["under"][1]["command"].startswith("allegiance draw settle --n ")
    done = run(*shlex.split(answer["under"][1]["command"])[1:])
    assert done.code == 0, done.err
    person = run("challenge", "challenge.yaml").out
    assert "By the reader's report" in person
    assert "licensed: that such a transcript exists" in person


# what a person gets


def test_a_person_is_told_what_was_drawn_and_what_comes_next(place):
    done = run("draw", "some", "--n", 3, "--category", "doubts", "--where", LIARS)
    assert "some: 3 of 6 (those with verdict.talks_about_lying = 'yes'), random, seed" in done.out
    assert "allegiance label some" in done.err
    unsaid = run("draw", "other", "--n", 3)
    assert "no rate" in unsaid.err
    top = run("draw", "top", "--n", 3, "--design", "top", "--by", "scores.judge")
    assert "license no rate" in top.err
    listed = run("draw", "list").out
    assert all(name in listed for name in ("some", "other", "top"))


def test_the_sentence_its_reasons_and_what_was_tried_are_printed_with_the_claim(place):
    labelled("first", "nnn")
    labelled("second", "nyn", seed="3")
    done = run("claim", "prevalence", "-c", "doubts", "--draw", "second", "--at-most", "90%")
    assert done.out.startswith("Stands.\n1 of 3 read out of 60:")
    assert "At most 90.0 % is shown." in done.out
    assert "also on record: The same frame was drawn before or since as first" in done.out
    assert "allowing for the 2 numbers tried on this frame" in done.out
    assert "are unknown and not taken into account" in done.out
    assert "Certificate: report/claims/prevalence-doubts-" in done.err


@pytest.mark.parametrize("kind", ["existence", "none-seen", "none-exist", "prevalence"])
def test_every_claim_of_a_draw_leaves_a_certificate_that_verifies(place, kind):
    labelled()
    made = told("claim", kind, "--category", "doubts", "--draw", "some", "--out", "c.json")[
        "certificate"
    ]
    assert made["claim"]["kind"] == kind
    done = run("verify", "c.json")
    assert done.code == 0
    assert "✗" not in done.out
    assert f"Holds: {made['decision']['sentence']}" in done.out


def test_a_random_example_a_striking_one_and_a_gap_are_claimed(place):
    ids = labelled("some", "nyn", seed="3")
    for kind in ("random-example", "striking"):
        made = told("claim", kind, "-c", "doubts", "--draw", "some", "--transcript", ids[1][:8])
        assert made["certificate"]["claim"]["transcript"] == ids[1]
    error = refused("claim", "gap", "--category", "doubts")
    assert "--gap tier" in error


def test_noticed_cases_widen_what_is_excluded(place):
    labelled("some", "n" * 20)
    made = told("claim", "none-exist", "-c", "doubts", "--draw", "some", "--noticed", "16/20")
    assert made["certificate"]["decision"]["interval"] == stats.absence(20, 60, (16, 20)).to_dict()
    assert "--noticed 21/20" in refused(
        "claim", "none-exist", "-c", "doubts", "--draw", "some", "--noticed", "21/20"
    )


def test_a_claim_that_cannot_be_told_says_why_and_leaves_with_zero(place):
    told("draw", "some", "--n", 3)
    told("label", "some", "--value", "yes", "--category", "doubts")
    done = run("claim", "prevalence", "-c", "doubts", "--draw", "some")
    assert done.code == 0
    assert done.out.startswith("Cannot be told.\n")
    assert "not on record before the first transcript was opened" in done.out


def test_cite_prints_the_sentence_the_markdown_or_the_routes_alone(place):
    ids = labelled()
    assert "the 2nd transcript on record" in run("cite", ids[1]).out
    page = run("cite", ids[1], "--markdown").out
    assert page.startswith("# citation: doubts\n")
    other = next(i for i in Corpus.open(place / "corpus").query().ids() if i not in ids)
    run("show", other)
    done = run("cite", other)
    assert "by a direct link." in done.out
    assert "Nobody labelled it" in done.err
    assert told("cite", other)["certificate"] is None


def test_verify_names_what_was_changed_and_leaves_with_one(place):
    labelled()
    made = told("claim", "prevalence", "-c", "doubts", "--draw", "some", "--out", "c.json")
    changed = made["certificate"]
    changed["decision"]["interval"]["high"] = 0.5
    (place / "c.json").write_text(json.dumps(changed))
    done = run("verify", "c.json")
    assert done.code == 1
    assert "✗ certificate: its content was changed" in done.out
    assert done.err == "error: the certificate does not hold: certificate, interval\n"
    found = run("verify", "c.json", "--json")
    assert found.code == 1
    assert json.loads(found.out)["holds"] is False


def test_verify_takes_an_exported_ledger_and_another_workspace(place, tmp_path):
    labelled()
    told("claim", "prevalence", "-c", "doubts", "--draw", "some", "--out", "c.json")
    told("ledger", "export", "events.jsonl")
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(place / "corpus", elsewhere / "corpus")
    assert "no ledger" in refused("verify", "c.json", "-w", elsewhere)
    done = run("verify", "c.json", "-w", elsewhere, "--ledger", "events.jsonl")
    assert (done.code, done.err) == (0, "")
    (place / "bad.jsonl").write_text("{}\n")
    assert "no exported ledger" in refused("verify", "c.json", "--ledger", "bad.jsonl")


# what is on record


def test_search_show_and_export_put_their_routes_on_record(place):
    hits = told("search", "lying", "--limit", 2)["transcripts"]
    told("show", "--by", "scores.judge", "--position", 2)
    told("show", "--where", "tier = 'monitored'", "--sort", "sample_id")
    told("show", "--seed", 3)
    run("export", "--to", "jsonl", "out.jsonl")
    found = record(place)
    kinds = [(s.route.kind, s.place) for s in found.sights]
    assert kinds == [("search", 1), ("search", 2), ("top", 2), ("list", 1), ("list", 1)]
    search = found.sights[0]
    assert search.transcript_id == hits[0]["transcript_id"]
    assert (search.route.query, search.route.matches, search.route.population) == ("lying", 6, 60)
    assert search.actor == "ann"
    assert found.sights[2].route.by == "scores.judge"
    assert found.sights[3].route.where == "tier = 'monitored'"
    assert found.sights[4].route.by == "in the random order of seed 3"
    ((_, export),) = found.exports
    assert export.count == 60


def test_looking_at_an_estimate_before_the_end_opens_the_draw(place):
    told("draw", "some", "--n", 3, "--category", "doubts")
    told("label", "some", "--value", "no")
    told("estimate", "doubts")
    for value in ("yes", "no"):
        told("label", "some", "--value", value)
    (one,) = told("estimate", "doubts")["estimates"]
    assert one["rule"] == "open"
    assert one["interval"] == stats.confidence_sequence(1, 3, 60).to_dict()


# bad input


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["draw", "d", "--n", "61"], "holds 60 transcripts, and 61 were asked for"),
        (["draw", "d", "--n", "0"], "1 transcript or more"),
        (["draw", "d", "--where", "teir = 'x'"], "did you mean 'tier'"),
        (["draw", "d", "--where", "tier = 'nobody'"], "holds no transcript"),
        (["draw", "d", "--where", "verdict.unheard = 'yes'"], "unheard"),
        (["draw", "d", "--n", "5", "--seed", "x"], "a seed is a whole number"),
        (["draw", "d", "--n", "5", "--seed", "1.5"], "a seed is a whole number"),
        (["draw", "d", "--n", "5", "--seed", "-1"], "a seed is a whole number"),
        (["draw", "d", "--n", "5", "--seed", str(2**64)], "a seed is a whole number"),
        (["draw", "d", "--design", "best"], "random, stratified, top, census"),
        (["draw", "d", "--design", "stratified", "--n", "5"], "needs --by"),
        (["draw", "d", "--design", "top", "--by", "scores.nobody", "--n", "5"], "nobody"),
        (["draw", "d", "--stop", "until lunch"], "until lunch"),
        (["draw", "d", "--category", "lying"], "lying"),
        (["draw", "d", "--category", "doubts=maybe"], "no value 'maybe'"),
        (["draw", "a/b", "--n", "5"], "can't name a draw"),
        (["draw", "--n", "5"], "Give the draw a name"),
        (["draw", "extend", "nobody", "--n", "5"], "no draw 'nobody'"),
        (["draw", "--plan"], "--prevalence and --width"),
        (["draw", "--plan", "--prevalence", "2", "--width", "1%"], "--prevalence 2"),
        (["read", "nobody"], "no draw 'nobody'"),
        (["read", "some", "--position", "9"], "places 1 to 3, and no 9"),
        (["show", "zz"], "no transcript id"),
        (["show", "000000"], "no transcript 000000"),
        (["show", "--position", "61"], "there are 60"),
        (["label", "some", "--value", "perhaps"], "no value 'perhaps'"),
        (["label", "--value", "yes"], "--category"),
        (["estimate", "lying"], "lying"),
        (["estimate", "doubts", "--draw", "nobody"], "no draw 'nobody'"),
        (["estimate", "doubts"], "No draw has labels"),
        (["estimate", "doubts", "--confidence", "2"], "between 0 and 1"),
        (["claim", "truth", "-c", "doubts"], "no claim 'truth'"),
        (["claim", "prevalence", "-c", "doubts"], "--draw"),
        (["claim", "prevalence", "-c", "doubts", "--draw", "nobody"], "no draw 'nobody'"),
        (["claim", "prevalence", "-c", "doubts", "--draw", "some", "--at-most", "x"], "--at-most x"),
        (["claim", "striking", "-c", "doubts"], "--transcript"),
        (["claim", "prevalence", "-c", "doubts", "--draw", "some", "--method", "magic"], "magic"),
        (["cite", "000000"], "no transcript 000000"),
        (["verify", "none.json"], "none.json can't be read"),
        (["verify", "newer.json"], "format 2 by allegiance 9.9"),
        (["attest"], "one of them"),
        (["attest", "none.yaml"], "none.yaml can't be read"),
        (["attest", "--history", "none.txt"], "none.txt can't be read"),
        (["challenge", "none.yaml"], "none.yaml can't be read"),
        (["challenge", "newer.json"], "unknown field"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence(drawn, words, said):
    assert said in refused(*words)
    assert record(drawn).head.seq == 1


@pytest.fixture(scope="module")
def _drawn(made, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    shutil.copytree(made / "corpus", folder / "corpus")
    world = worlds.world(Corpus.open(folder / "corpus"), folder)
    world.draw("some", n=3, seed=1)
    newer = {"format": 2, "decision": {}, "software": "9.9"}
    (folder / "newer.json").write_text(json.dumps(newer))
    return folder


@pytest.fixture
def drawn(_drawn, monkeypatch) -> Path:
    """A workspace with a draw and nothing read of it, for what leaves it as it is."""
    monkeypatch.chdir(_drawn)
    monkeypatch.setenv("ALLEGIANCE_RATER", "ann")
    return _drawn


def test_a_label_that_cannot_be_kept_is_refused(place):
    told("draw", "some", "--n", 3, "--category", "doubts")
    error = refused("label", "some", "--value", "yes", "--quote", "never said", code=2)
    assert "'never said' is not in the reasoning" in error
    assert "name of its rater" in refused("label", "some", "--value", "yes", "--rater", "", code=2)
    assert not list(record(place).labels())


def test_a_label_outside_the_draw_is_refused(drawn):
    ids = Corpus.open(drawn / "corpus").query().ids()
    order = worlds.world(Corpus.open(drawn / "corpus"), drawn).again("some").order
    other = next(one for one in ids if one not in order)
    error = refused("label", "some", "--value", "yes", "--transcript", other, code=2)
    assert "is not in the draw some" in error


def test_a_second_different_label_is_kept_as_a_revision(place):
    ids = labelled("some", "n")
    again = told("label", "some", "--value", "no", "--transcript", ids[0])["transcripts"][0]
    assert again["standing"] == "same"
    done = run("label", "some", "--value", "yes", "--transcript", ids[0])
    assert f"{ids[0][:12]}: yes, revised (was no)" in done.out
    events = [e.kind for e in Ledger.open(place / "ledger.db").events(["label", "relabel"])]
    assert events == ["label", "relabel"]


def test_a_corpus_that_lost_the_transcripts_of_a_draw_is_said(place):
    labelled("some", "nyn")
    told("claim", "prevalence", "-c", "doubts", "--draw", "some", "--out", "c.json")
    shutil.rmtree(place / "corpus")
    worlds.corpus_of(place, 50)
    for words in (["read", "some"], ["estimate", "doubts"], ["draw", "extend", "some", "--n", "1"]):
        error = refused(*words, code=1)
        assert "held 60 transcripts and holds 50 others now" in error
    done = run("verify", "c.json")
    assert done.code == 1
    assert "frame" in done.err


def test_without_a_corpus_or_a_ledger_it_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (["draw", "d"], ["read", "d"], ["claim", "existence", "-c", "doubts"]):
        assert "allegiance import PATH" in refused(*words, code=1)
    worlds.corpus_of(tmp_path, 5)
    for words in (["read", "d"], ["label", "d", "--value", "yes"], ["draw", "list"]):
        assert "no ledger" in refused(*words)
    assert not (tmp_path / "ledger.db").exists()


# as a process of its own


def test_draw_claim_and_verify_as_processes(allegiance, tmp_path):
    worlds.corpus_of(tmp_path, 20)
    env = {"ALLEGIANCE_RATER": "ann"}
    drawn = allegiance("draw", "some", "--n", "2", "-c", "doubts", "--json", env=env)
    assert (drawn.code, drawn.err) == (0, "")
    claim = allegiance("claim", "none-seen", "-c", "doubts", "--draw", "some", "--out", "c.json")
    assert claim.out.startswith("Cannot be told.")
    assert allegiance("verify", "c.json").code == 0
    wrong = allegiance("draw", "other", "--n", "21")
    assert (wrong.code, wrong.out, len(wrong.err.splitlines())) == (2, "", 1)
    assert not (tmp_path / "report").exists()
