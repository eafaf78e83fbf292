"""`allegiance scan` with a classifier and with an import: from labels and files to draws and claims."""

import csv
import json

import pytest
from tests.audit import worlds
from tests.audit.worlds import truth
from tests.cli.test_audit_commands import refused, run, told

from allegiance.audit import Record, reading_of
from allegiance.audit.ledger import Ledger
from allegiance.corpus import Corpus

OF = ("--category", "doubts", "--scanner", "classifier")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A corpus of which a random sample is labelled."""
    corpus = worlds.corpus_of(tmp_path, 150, doubting=4)
    world = worlds.world(corpus, tmp_path)
    world.read(world.draw("first", n=60, seed=5), truth)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLEGIANCE_RATER", "ann")
    return tmp_path


@pytest.fixture
def judged(tmp_path, monkeypatch):
    """A corpus, and a table in which two judges say something of it."""
    corpus = worlds.corpus_of(tmp_path, 40)
    monkeypatch.chdir(tmp_path)
    ids = corpus.ids()
    with (tmp_path / "judges.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "judge", "says", "p"])
        for number, one in enumerate(ids):
            writer.writerow([one, "a", number % 2, number / 40])
            writer.writerow([one, "b", "?", 0])
    return tmp_path


BY_TABLE = (
    *("--category", "doubts", "--scanner", "import", "--from", "judges.csv"),
    *("--key", "transcript_id=id", "--value", "says", "--score", "p"),
)


def record(folder) -> Record:
    return Record.of(Ledger.open(folder / "ledger.db"))


def scans(folder) -> list[dict]:
    return [e.body for e in record(folder).events.values() if e.kind == "scan"]


def test_a_classifier_learns_from_the_ledger_and_says_from_what(place):
    found = told("scan", *OF)
    made = found["categories"]["doubts"]
    assert (found["n_transcripts"], found["new_verdicts"]) == (150, 150)
    assert sum(made["values"].values()) + made["without_text"] == 150
    labels = [one.label.value for one in record(place).labels("doubts")]
    assert made["learned_from"]["labels"] == {v: labels.count(v) for v in ("yes", "no")}
    assert made["settings"]["features"]["characters"] == [3, 4, 5]
    assert made["held_out"]["auroc"] > 0.9

    (event,) = scans(place)
    assert event["digest"] == made["scanner_digest"]
    assert event["learned_from"] == made["learned_from"]
    assert event["learned_from"]["draws"] == ["first"]
    given = [e.seq for e in record(place).events.values() if e.kind == "label"]
    assert event["learned_from"]["events"] == given
    assert told("scan", *OF)["new_verdicts"] == 0
    assert len(scans(place)) == 1


def test_its_scores_rank_stratify_and_screen(place):
    told("scan", *OF)
    corpus = Corpus.open(place / "corpus")
    scores = {
        r["transcript_id"]: r["score"] for r in corpus.verdicts(category="doubts").to_pylist()
    }
    top = told("draw", "top", "--design", "top", "--by", "verdict_score.doubts", "--n", 5)
    best = sorted(scores, key=lambda one: (-scores[one], one))[:5]
    assert sorted(scores[t["transcript_id"]] for t in top["transcripts"]) == sorted(
        scores[one] for one in best
    )
    by = ("--design", "stratified", "--by", "verdict_score.doubts", "--category", "doubts")
    strata = told("draw", "strata", *by, "--n", 40)
    cuts = [float(cut) for cut in strata["by"].partition(":")[2].split(",")]
    assert 1 <= len(cuts) <= 3
    sizes = {s["name"]: s["population"] for s in strata["strata"]}
    assert sum(sizes.values()) == 150
    assert sizes[f"below {cuts[0]:g}"] == sum(score < cuts[0] for score in scores.values())
    screened = told("draw", "screened", "--where", "verdict.doubts = 'yes'", "--category", "doubts")
    assert screened["population"] == sum(score >= 0.5 for score in scores.values())

    world = worlds.world(corpus, place)
    drawn = world.again("strata")
    world.read(drawn, truth)
    reading = reading_of(drawn, world.record, worlds.DOUBTS)
    estimate = told("estimate", "doubts", "--draw", "strata")
    assert len(reading.reads) == 40
    assert json.dumps(estimate).count("estimate")


def test_the_seed_of_the_draw_that_taught_it_is_refused(place):
    told("scan", *OF)
    said = refused("draw", "again", "--where", "verdict.doubts = 'yes'", "--seed", 5, "--n", 3)
    assert "seed 5 was used by the draw first, whose labels taught the classifier" in said


def test_it_learns_from_one_draw_where_that_is_asked(place):
    told("draw", "second", "--n", 30, "--category", "doubts", "--seed", 77)
    world = worlds.world(Corpus.open(place / "corpus"), place)
    world.read(world.again("second"), truth, rater="ben")
    one = told("scan", *OF, "--draw", "first")["categories"]["doubts"]["learned_from"]
    both = told("scan", *OF)["categories"]["doubts"]["learned_from"]
    assert (one["draws"], both["draws"]) == (["first"], ["first", "second"])
    assert sum(one["labels"].values()) == 60 < sum(both["labels"].values())
    assert "There is no draw 'nowhere'" in refused("scan", *OF, "--draw", "nowhere")


def test_a_person_is_told_how_it_fares_on_its_own_labels_held_out(place):
    done = run("scan", *OF, "--cut", "0.3")
    assert "each scored by the model that did not see its request" in done.out.replace("\n", " ")
    assert "no rate" in done.err
    assert "--by verdict_score.doubts" in done.err


def test_bad_input_of_a_classifier_is_refused_in_a_sentence(place):
    assert "learns one category" in refused("scan", "--scanner", "classifier", code=2)
    other = ("--scanner", "classifier", "--category")
    assert "the values of outcome are complied" in refused("scan", *other, "outcome", code=2)
    assert "there are none of objects-openly" in refused("scan", *other, "objects-openly", code=2)
    assert "scores lie between 0 and 1" in refused("scan", *OF, "--cut", "7", code=2)
    assert "go with --scanner import" in refused("scan", *OF, "--value", "x", code=2)
    assert scans(place) == []


def test_without_a_ledger_there_is_nothing_to_learn_from(tmp_path, monkeypatch):
    worlds.corpus_of(tmp_path, 5)
    monkeypatch.chdir(tmp_path)
    assert len(refused("scan", *OF).splitlines()) == 1


def test_a_table_of_judges_becomes_an_instrument_each(judged):
    found = told("scan", *BY_TABLE, "--instrument", "judge-a", "--select", "judge=a")
    assert found["categories"]["doubts"]["scanner"] == "import:judge-a"
    assert found["categories"]["doubts"]["values"] == {"yes": 20, "no": 20}
    assert (found["rows"], found["unmatched"], found["without"]) == (40, 0, 0)
    (event,) = scans(judged)
    assert (event["scanner"], event["rows"]) == ("import:judge-a", 40)
    assert event["digest"] == found["categories"]["doubts"]["scanner_digest"]

    told(
        "scan", *BY_TABLE, "--instrument", "judge-b", "--select", "judge=b", "--values", "?=refused"
    )
    top = ("draw", "t", "--design", "top", "--by", "verdict_score.doubts", "--n", 3)
    assert "import:judge-a" in refused(*top)  # which of the two has to be said
    drawn = told(*top, "--scanner", "doubts=import:judge-a")
    ids = Corpus.open(judged / "corpus").ids()
    assert [t["transcript_id"] for t in drawn["transcripts"]] == ids[:-4:-1]


def test_a_person_is_told_what_was_not_matched(judged):
    with (judged / "judges.csv").open("a") as file:
        file.write(f"{'f' * 64},a,1,0.5\n")
    done = run("scan", *BY_TABLE, "--instrument", "judge-a", "--select", "judge=a")
    assert "doubts: yes 20, no 20" in done.out.replace("no 20, yes 20", "yes 20, no 20")
    assert "from 41 rows" in done.out
    assert "1 rows belong to no transcript" in done.err


def test_scores_columns_and_metadata_are_imported(judged):
    by = ("scan", "--scanner", "import", "--instrument", "i", "--category")
    found = told(*by, "high", "--from", "score:judge", "--cut", "0.0001")
    assert found["categories"]["high"]["values"] == {"yes": 30, "no": 10}
    found = told(*by, "watched", "--from", "column:tier", "--values", "monitored=yes,*=no")
    assert found["categories"]["watched"]["values"] == {"yes": 20, "no": 20}
    assert "there is no such file" in refused(*by, "x", "--from", "nowhere.csv", code=2)
    assert "name the score after the colon" in refused(*by, "x", "--from", "score:", code=2)
    assert "There is nothing to import in x" in refused(*by, "x", "--from", "metadata:none", code=2)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--category", "doubts"), "say with --from where the verdicts are"),
        (("--from", "score:judge"), "fills one category"),
        (("--category", "doubts", "--from", "score:judge"), "say who said so"),
        ((*BY_TABLE[:6], "--instrument", "a"), "say with --value COLUMN"),
        ((*BY_TABLE, "--instrument", "a"), r"'?' (40)"),
        ((*BY_TABLE, "--instrument", "a", "--key", "x"), "--key x: write field=column"),
        ((*BY_TABLE[:4], "--from", "scout:.", "--instrument", "a"), "name the folder of one scan"),
        ((*BY_TABLE, "--instrument", "a", "--key", "teir=id"), "did you mean 'tier'"),
    ],
)
def test_bad_input_of_an_import_is_refused_in_a_sentence(judged, words, says):
    assert says in refused("scan", "--scanner", "import", *words, code=2)
    assert not (judged / "ledger.db").exists()


def test_names_from_a_file_can_not_steer_the_terminal(judged):
    text = (judged / "judges.csv").read_text().replace("?", "\x1b[31mred")
    (judged / "judges.csv").write_text(text)
    said = refused("scan", *BY_TABLE, "--instrument", "a", "--select", "judge=b")
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--scanner", "oracle"), "there are rules, judge, classifier, import"),
        (("--draw", "first"), "add --scanner classifier"),
        (("--cut", "0.3"), "--cut goes with"),
        (("--select", "a=b"), "go with --scanner import"),
        ((*OF, "--pattern", "a=b"), "no part of --scanner classifier"),
        ((*BY_TABLE, "--draw", "first"), "add --scanner classifier"),
    ],
)
def test_options_of_another_instrument_are_refused(judged, words, says):
    assert says in refused("scan", *words, code=2)
