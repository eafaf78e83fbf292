"""`allegiance agreement` and `allegiance adjudicate`: what a person and a program get, and bad input."""

import re
import subprocess
import sys

import pytest
from tests.audit import worlds
from tests.cli.test_audit_commands import refused, run, told
from tests.cli.test_label import Terminal, record

from allegiance import stats

ANN, BEN = "nynyn", "nnnyy"


@pytest.fixture
def place(tmp_path, monkeypatch):
    worlds.corpus_of(tmp_path, 20)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLEGIANCE_RATER", "carl")
    return tmp_path


def labelled(rater: str, letters: str, name="some") -> None:
    for letter in letters:
        value = {"y": "yes", "n": "no", "s": "skip"}[letter]
        told("label", name, "--value", value, "--rater", rater)


@pytest.fixture
def ids(place) -> list[str]:
    """A draw on whose second and fifth place two raters differ."""
    made = told("draw", "some", "--n", 5, "-c", "doubts", "--seed", 1)
    labelled("ann", ANN)
    labelled("ben", BEN)
    return [one["transcript_id"] for one in made["transcripts"]]


def test_agreement_is_told_by_category_with_limits(ids):
    (found,) = told("agreement")["categories"]
    ratings = [[{"y": "yes", "n": "no"}[c] for c in letters] for letters in (ANN, BEN)]
    alpha = stats.krippendorff_alpha(ratings)
    assert found["krippendorff_alpha"]["estimate"] == pytest.approx(alpha.estimate)
    assert found["gwet_ac1"]["estimate"] == pytest.approx(stats.gwet_ac1(ratings).estimate)
    assert (found["same"]["hits"], found["same"]["reads"]) == (3, 5)
    assert (found["shared"], found["differing"], found["settled"]) == (5, 2, 0)
    assert {tuple(one["values"]): one["n"] for one in found["pairs"]} == {
        ("yes", "yes"): 1,
        ("yes", "no"): 2,
        ("no", "no"): 2,
    }
    out = run("agreement", "--draw", "some", "-c", "doubts").out
    for words in ("doubts: 5 labelled by ann, ben; 5 by two or more", "Gwet's AC1", "yes and no 2"):
        assert words in out


def test_agreement_with_one_rater_or_none_is_said_in_a_sentence(place):
    assert "no ledger" in refused("agreement")
    told("draw", "some", "--n", 3, "-c", "doubts")
    assert "by two raters" in refused("agreement", code=2)
    labelled("ann", "nyn")
    for words in ([], ["-c", "doubts"], ["--draw", "some"]):
        assert "by two raters" in refused("agreement", *words, code=2)
    assert "no draw 'none'" in refused("agreement", "--draw", "none", code=2)
    assert "lies between" in refused("agreement", "--confidence", 2, code=2)
    assert "words of a side" in refused("agreement", "--terms", code=2)


def test_where_alpha_is_not_defined_that_is_said(place):
    told("draw", "some", "--n", 3, "-c", "doubts")
    labelled("ann", "nnn")
    labelled("ben", "nnn")
    (found,) = told("agreement")["categories"]
    assert found["krippendorff_alpha"] is None
    assert "same value" in found["alpha_undefined"]
    assert "not defined: all said the same value" in run("agreement").out


def test_two_raters_of_several_categories_are_told_apart(place):
    run("draw", "some", "--n", 2, "-c", "doubts", "-c", "outcome=refused")
    for rater, value in (("ann", "refused"), ("ben", "partial")):
        told("label", "some", "--value", value, "-c", "outcome", "--rater", rater)
        told("label", "some", "--value", "no", "-c", "doubts", "--rater", rater)
    found = {one["category"]: one for one in told("agreement")["categories"]}
    assert found["outcome"]["pairs"] == [{"values": ["partial", "refused"], "n": 1}]
    assert found["doubts"]["pairs"] == [{"values": ["no", "no"], "n": 1}]


def test_a_category_that_the_codebook_has_no_more_is_told_all_the_same(place):
    text = "version: 1\ncategories:\n  - {name: plain, unit: whole, definition: It is plain.}\n"
    (place / "codebook.yaml").write_text(text)
    one = told("search", "Question")["transcripts"][0]["transcript_id"]
    for rater, value in (("ann", "yes"), ("ben", "no")):
        told("label", "--transcript", one, "-c", "plain", "--value", value, "--rater", rater)
    (place / "codebook.yaml").unlink()
    (found,) = told("agreement")["categories"]
    assert found["pairs"] == [{"values": ["yes", "no"], "n": 1}]


def test_differing_places_are_listed_without_names_unless_asked_for(ids):
    found = told("adjudicate", "some", "--list")["transcripts"]
    assert [(one["position"], one["values"]) for one in found] == [
        (2, ["no", "yes"]),
        (5, ["no", "yes"]),
    ]
    assert not any("rater" in label for one in found for label in one["labels"])
    out = run("adjudicate", "some", "--list").out
    assert "1 × no, 1 × yes" in out
    assert "ann" not in out
    assert "ann yes, ben no" in run("adjudicate", "some", "--list", "--names").out


def test_a_place_is_settled_at_once_and_counts_from_then_on(ids):
    before = told("estimate", "doubts")["estimates"][0]["interval"]
    assert (before["hits"], before["reads"], before["missing"]) == (1, 3, 2)
    kept = told("adjudicate", "some", "--value", "yes", "--reason", "clause 1")
    assert [one["transcript_id"] for one in kept["transcripts"]] == [ids[1]]
    assert kept["adjudicator"] == "carl"
    told("adjudicate", "some", "--value", "no", "--position", 5)
    after = told("estimate", "doubts")["estimates"][0]["interval"]
    assert (after["hits"], after["reads"], after["missing"]) == (2, 5, 0)
    assert told("agreement")["categories"][0]["settled"] == 2
    listed = told("adjudicate", "some", "--list")["transcripts"]
    assert [one["settled"]["value"] for one in listed] == ["yes", "no"]
    assert listed[0]["settled"]["reason"] == "clause 1"


def test_what_is_not_disputed_cannot_be_settled(ids):
    before = record_head()
    assert "do not differ on number 1" in refused(
        "adjudicate", "some", "--value", "no", "--position", 1, code=2
    )
    assert "no value 'perhaps'" in refused("adjudicate", "some", "--value", "perhaps", code=2)
    assert "5 places" in refused("adjudicate", "some", "--value", "no", "--position", 9, code=2)
    assert "no draw 'none'" in refused("adjudicate", "none", "--list", code=2)
    assert record_head() == before
    told("adjudicate", "some", "--value", "no")
    told("adjudicate", "some", "--value", "no")
    assert "Nothing in some is open" in refused("adjudicate", "some", "--value", "no", code=2)


def record_head():
    from pathlib import Path

    return record(Path()).head


def test_one_of_the_raters_is_told_that_this_is_marked(ids):
    done = run("adjudicate", "some", "--value", "no", "--rater", "ann")
    assert done.code == 0
    assert "ann gave one of these labels" in done.err
    assert told("adjudicate", "some", "--value", "no")["transcripts"][0]["one_of_them"] is False


def test_settlements_from_a_file_are_kept_all_or_none(ids, place):
    path = place / "settled.csv"
    path.write_text(f"transcript_id,value,reason\n{ids[1]},yes,seen\n{ids[0]},no,\n")
    before = record(place).head
    assert "do not differ on" in refused("adjudicate", "some", "--from", "settled.csv", code=2)
    path.write_text(f"transcript_id,value\n{ids[1]},perhaps\n")
    assert "no value 'perhaps'" in refused("adjudicate", "some", "--from", "settled.csv", code=2)
    path.write_bytes(b"\xff")
    assert "no CSV in UTF-8" in refused("adjudicate", "some", "--from", "settled.csv", code=2)
    assert {e.kind for e in record(place).events.values() if e.seq > before.seq} <= {"rater"}
    path.write_text(f"transcript_id,value,reason\n{ids[1]},yes,seen\n{ids[4][:10]},no,\n")
    done = told("adjudicate", "some", "--from", "settled.csv")["transcripts"]
    assert [(one["position"], one["value"]) for one in done] == [(2, "yes"), (5, "no")]


def test_a_person_settles_on_a_terminal_with_the_quotes_and_without_the_names(ids, place):
    # The seed of the draw is fixed: not every transcript says the word that is quoted here.
    noted = run("label", "some", "--value", "yes", "--position", 2, "--rater", "ann", "--quote",
                "question", "--note", "a remark of mine")  # fmt: skip
    assert noted.code == 0, noted.err
    person = Terminal(place, "adjudicate", "some")
    shown = person.expect("s leave open, q quit")
    assert "1 of 2 on which raters differ" in shown
    assert "said: 1 × no, 1 × yes" in shown
    assert "a remark of mine" in shown
    assert "\x1b[7mquestion" in shown
    assert not re.search(r"\b(ann|ben|monitored|unmonitored|organism)\b", shown)
    person.press("m")
    assert "Question" in person.expect("s leave open, q quit")
    person.press("n")
    person.expect("Why?")
    person.type("a plain one")
    person.expect("2 of 2 on which raters differ")
    person.expect("s leave open, q quit")
    person.press("q")
    person.expect("goes on here")
    assert person.close() == 0
    (settled,) = [e for e in record(place).events.values() if e.kind == "adjudicate"]
    assert (settled.body["value"], settled.body["reason"]) == ("no", "a plain one")
    assert settled.body["adjudicator"] == "carl"
    assert "rater names" in settled.body["hidden"]


def test_it_asks_in_lines_from_a_pipe_and_says_where_it_cannot_ask(ids, place):
    assert "--value" in refused("adjudicate", "some", code=2)
    done = subprocess.run(
        [sys.executable, "-m", "allegiance", "adjudicate", "some", "--lines"],
        cwd=place,
        input="yes\n\nno\nbecause\n",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "All are settled." in done.stdout
    assert "Nothing in some is open" in run("adjudicate", "some", "--lines").out


def test_a_certificate_with_settled_places_is_verified_by_the_command(ids, place):
    told("adjudicate", "some", "--value", "no")
    told("adjudicate", "some", "--value", "no")
    made = told("claim", "prevalence", "-c", "doubts", "--draw", "some", "--out", "c.json")
    assert any("settled by carl" in one for one in made["certificate"]["decision"]["reasons"])
    assert told("verify", "c.json")["holds"]
    told("label", "some", "--undo", "--rater", "ben")
    assert told("verify", "c.json")["holds"]
