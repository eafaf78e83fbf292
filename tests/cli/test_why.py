"""`allegiance why`: what is printed, and that having seen the verdicts is on record."""

import json

import pytest
from tests.cli.test_audit_commands import refused, run, told

from allegiance.audit import Ledger, Record
from allegiance.corpus import Corpus
from allegiance.corpus.making import transcript
from allegiance.corpus.schema import Message

HOSTILE = "They may be lying\x1b[31m to me [bold]about[/bold] it.\u202e Perhaps."


@pytest.fixture
def place(tmp_path, monkeypatch):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    corpus.add([
        transcript(source_identity="a", source_format="test", messages=[
            Message(role="user", text="How?"), Message(role="assistant", author="model", reasoning=HOSTILE + " secret" * 200, text="Go on."),
        ])
    ])  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLEGIANCE_RATER", "ann")
    run("scan", "--category", "talks-about-lying", "--category", "talks-about-lying-by-developer")
    return tmp_path, corpus.ids()[0]


def test_the_words_the_clause_and_the_neighbouring_category_are_printed(place):
    _, identifier = place
    shown = run("why", identifier[:12], "talks-about-lying").out
    assert "rules" in shown
    assert "lying" in shown
    assert "by clause 1" in shown
    assert "on the same words: talks-about-lying-by-developer" in shown
    assert "no other transcript is labelled" in shown


def test_a_transcript_can_not_steer_the_terminal_and_no_more_of_it_is_shown_than_stands_around(
    place,
):
    _, identifier = place
    shown = run("why", identifier, "talks-about-lying").out
    assert "\x1b" not in shown
    assert "[bold]about[/bold]" in shown
    assert "<U+202E>" in shown
    assert shown.count("secret") < 40


def test_json_is_one_object(place):
    _, identifier = place
    found = told("why", identifier, "talks-about-lying", "--json")
    assert found["transcript_id"] == identifier
    (verdict,) = found["verdicts"]
    assert verdict["spans"][0]["text"] == "lying"
    assert verdict["clauses"]["1"].startswith("The text by the model speaks of lying")
    assert json.dumps(found).count("secret") == 0


def test_that_the_verdicts_were_seen_is_on_record_so_that_a_later_label_is_not_called_blind(place):
    folder, identifier = place
    run("why", identifier, "talks-about-lying")
    (sight,) = Record.of(Ledger.open(folder / "ledger.db")).sights_of(identifier)
    assert (sight.actor, sight.blind, sight.route.kind) == ("ann", False, "link")


def test_what_is_not_there_is_refused_in_a_sentence(place):
    _, identifier = place
    assert "No scanner and no rater" in refused("why", identifier, "distress")
    assert "did you mean `doubts`" in refused("why", identifier, "doubt")
    assert "is no transcript id" in refused("why", "xyz", "doubts")


def test_the_page_shows_the_same_and_no_markup_of_the_transcript(tmp_path, monkeypatch):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    corpus.add([
        transcript(source_identity="a", source_format="test", messages=[
            Message(role="user", text="How?"), Message(role="assistant", author="model", reasoning="They may be lying <script>alert(1)</script> & {{ 7 * 7 }}.", text="Go on."),
        ])
    ])  # fmt: skip
    monkeypatch.chdir(tmp_path)
    run("scan", "--category", "talks-about-lying")
    (identifier,) = corpus.ids()
    told("why", identifier, "talks-about-lying", "--page", "why.html", "--json")
    page = (tmp_path / "why.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ 7 * 7 }}." in page
    assert "<mark>lying</mark>" in page
    assert '<a href="#clause-1">clause 1</a>' in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert "could not be written" in refused(
        "why", identifier, "talks-about-lying", "--page", "corpus", code=1
    )
