"""`allegiance read` and `show`: in the order of the draw, blind, on record, and nothing steers the terminal."""

import json
import re
import time

import pytest
from tests.audit import worlds
from tests.cli.test_audit_commands import refused, run, told

from allegiance.audit import Record
from allegiance.audit.ledger import Ledger
from allegiance.corpus import Corpus, Message
from allegiance.corpus.making import transcript

HOSTILE = "\x1b[2J\x1b]0;owned\x07red \x9b31m\u202eesrever\u2066\u200bzero\u200d\u2028 [bold]x[/bold] \r\x08end\ufeff"
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@pytest.fixture
def place(tmp_path, monkeypatch):
    worlds.corpus_of(tmp_path, 20)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLEGIANCE_RATER", "ann")
    return tmp_path


def hostile(folder, text=HOSTILE, **fields):
    corpus = Corpus.open(folder / "corpus", create=True)
    corpus.add(
        [
            transcript(
                source_identity="id:1",
                source_format="test",
                messages=[
                    Message("user", text),
                    Message("assistant", text, reasoning=text, author="model"),
                ],
                **fields,
            )
        ]
    )
    return corpus


def sights(folder):
    return Record.of(Ledger.open(folder / "ledger.db")).sights


def test_reading_goes_on_where_it_stopped_and_every_opening_is_on_record(place):
    ids = [one["transcript_id"] for one in told("draw", "some", "--n", 4)["transcripts"]]
    first = told("read", "some", "--count", 2)["transcripts"]
    assert [one["transcript_id"] for one in first] == ids[:2]
    assert [one["position"] for one in first] == [1, 2]
    assert [one["position"] for one in told("read", "some", "--count", 9)["transcripts"]] == [3, 4]
    assert "All 4 of some were opened" in refused("read", "some", code=2)
    assert told("read", "some", "--position", 2)["transcripts"][0]["transcript_id"] == ids[1]
    assert [s.transcript_id for s in sights(place)] == [*ids, ids[1]]
    assert {(s.route.kind, s.route.draw, s.actor) for s in sights(place)} == {
        ("draw", "some", "ann")
    }
    assert [s.place for s in sights(place)] == [1, 2, 3, 4, 2]


def test_reading_is_blind_unless_asked_otherwise(place):
    run("draw", "some", "--n", 2, "--design", "stratified", "--by", "tier")
    blind = run("read", "some")
    for word in ("organism/faker", "monitored", "sample-"):
        assert word not in blind.out
    assert "some: 1 of 2, N = 20" in blind.out
    assert "Answer" in blind.out
    shown = told("read", "some", "--position", 1)["transcripts"][0]
    assert set(shown) == {"position", "transcript_id", "messages"}
    facts = run("read", "some", "--position", 1, "--facts").out
    assert "organism/faker" in facts
    assert "tier" in facts
    assert "condition" in told("read", "some", "--position", 1, "--facts")["transcripts"][0]


def test_show_tells_all_that_is_known_and_by_which_route(place):
    ids = Corpus.open(place / "corpus").query().ids()
    link = run("show", ids[0][:8])
    assert "by a direct link" in link.out
    assert ids[0] in link.out
    assert "organism/faker" in link.out
    top = run("show", "--by", "scores.judge")
    assert "1 of 20, by scores.judge, the highest first" in top.out
    assert "Question 19?" in top.out
    assert "most striking of 20; that carries no rate" in top.err
    listed = run("show", "--where", "tier = 'monitored'", "--seed", 0, "--position", 10)
    assert "10 of 10 with tier = 'monitored', in the random order of seed 0" in listed.out
    assert [s.route.kind for s in sights(place)] == ["link", "top", "list"]


def test_a_list_without_a_sort_is_in_a_random_order_that_is_on_record(place):
    seen = {told("show")["transcripts"][0]["transcript_id"] for _ in range(4)}
    assert len({s.route.by for s in sights(place)}) == 4
    assert len(seen) > 1
    again = sights(place)[0]
    seed = again.route.by.rpartition(" ")[2]
    if int(seed) < 2**63:
        assert (
            told("show", "--seed", seed)["transcripts"][0]["transcript_id"] == again.transcript_id
        )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["show", "abcdef", "--where", "epoch = 1"], "not both"),
        (["show", "--by", "scores.judge", "--sort", "epoch"], "choose one"),
        (["show", "--sort", "colour"], "colour"),
        (["show", "--by", "scores.nobody"], "there are 0"),
        (["show", "abc'; --"], "no transcript id"),
        (["show", "' OR 1=1"], "no transcript id"),
        (["show", "%%%%%%"], "no transcript id"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_no_opening(place, words, said):
    assert said in refused(*words)
    assert not (place / "ledger.db").exists() or not sights(place)


def test_what_a_transcript_says_cannot_steer_the_terminal(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    corpus = hostile(tmp_path, model=HOSTILE, task=HOSTILE, condition={"tier": HOSTILE})
    run("draw", "some", "--n", 1)
    for words in (["read", "some", "--facts"], ["show", corpus.query().ids()[0]]):
        done = run(*words)
        assert done.code == 0
        assert not STEERING.search(done.out + done.err), words
        assert "<U+202E>" in done.out
        assert "<U+200B>" in done.out
        assert "[bold]x[/bold]" in done.out
    found = told("read", "some", "--position", 1)["transcripts"][0]
    assert found["messages"][1]["text"] == corpus.get(corpus.query().ids()[0]).messages[1].text


def test_json_of_hostile_text_is_escaped_where_a_terminal_would_obey(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hostile(tmp_path)
    done = run("show", "--json")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.out)
    assert json.loads(done.out)["transcripts"]


def test_a_line_of_ten_megabytes_is_shown_in_seconds(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    corpus = hostile(tmp_path, "word " * 2_000_000 + "\x1b[2Jend")
    before = time.process_time()
    done = run("show", corpus.query().ids()[0])
    assert done.code == 0
    assert len(done.out) > 20_000_000
    assert "\x1b" not in done.out
    assert time.process_time() - before < 60


@pytest.mark.parametrize(
    "seen",
    [["read", "some", "--facts"], ["show"], ["search", "lying"]],
    ids=["with facts", "by a link", "by a search"],
)
def test_a_label_says_that_the_condition_was_hidden_only_where_it_was(place, seen):
    ids = [
        one["transcript_id"]
        for one in told("draw", "some", "--n", 20, "-c", "doubts")["transcripts"]
    ]
    words = [*seen, ids[0]] if seen == ["show"] else seen
    shown = told(*words)["transcripts"][0]["transcript_id"]
    other = next(one for one in ids if one != shown and "lying" not in _text(place, one))
    for one in (shown, other):
        told("label", "some", "--transcript", one, "--value", "no")
    hidden = {
        one.label.transcript_id: set(one.label.hidden)
        for one in Record.of(Ledger.open(place / "ledger.db")).labels()
    }
    assert hidden[shown] == {"verdicts", "other raters", "stratum"}
    assert hidden[other] == {"condition", "verdicts", "other raters", "stratum", "sample id"}


def test_what_another_rater_saw_leaves_a_label_blind(place):
    one = told("draw", "some", "--n", 3, "-c", "doubts")["transcripts"][0]["transcript_id"]
    told("show", one, "--rater", "omar")
    told("label", "some", "--value", "no")
    (label,) = Record.of(Ledger.open(place / "ledger.db")).labels()
    assert "condition" in label.label.hidden


def _text(folder, identifier):
    return Corpus.open(folder / "corpus").get(identifier).text
