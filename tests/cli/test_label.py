"""`allegiance label`: on a terminal, at once, and from a file; blind, and on the disk before the next."""

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest
from tests.audit import worlds
from tests.audit.worlds import DOUBTS
from tests.cli.test_audit_commands import refused, run, told

from allegiance.audit import Record
from allegiance.audit.ledger import Ledger
from allegiance.corpus import Corpus


@pytest.fixture
def place(tmp_path, monkeypatch):
    worlds.corpus_of(tmp_path, 20)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALLEGIANCE_RATER", "ann")
    return tmp_path


def record(folder) -> Record:
    return Record.of(Ledger.open(folder / "ledger.db"))


class Terminal:
    """A person at a terminal: waits for words, types others."""

    def __init__(self, folder, *words):
        master, slave = pty.openpty()
        self.seen = ""
        self._master = master
        self._process = subprocess.Popen(
            [sys.executable, "-m", "allegiance", *words],
            cwd=folder,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
            close_fds=True,
        )
        os.close(slave)

    def expect(self, words: str, timeout: float = 60) -> str:
        """Read until the words were printed; gives what came before them."""
        end = time.monotonic() + timeout
        while words not in self.seen:
            ready, _, _ = select.select([self._master], [], [], max(0, end - time.monotonic()))
            try:
                new = os.read(self._master, 65536) if ready else b""
            except OSError:
                new = b""
            if not new:
                raise AssertionError(f"{words!r} did not come: {self.seen!r}")
            self.seen += new.decode("utf-8", "replace")
        before, _, self.seen = self.seen.partition(words)
        return before

    def type(self, text: str) -> None:
        os.write(self._master, text.encode() + b"\n")

    def close(self) -> int:
        while True:  # what is left unread must not keep it waiting
            try:
                if not os.read(self._master, 65536):
                    break
            except OSError:
                break
        os.close(self._master)
        return self._process.wait(60)


def test_a_person_labels_skips_is_told_of_a_wrong_quote_stops_and_goes_on(place):
    ids = [
        i["transcript_id"] for i in told("draw", "some", "--n", 3, "-c", "doubts")["transcripts"]
    ]
    person = Terminal(place, "label", "some")
    shown = person.expect("s skip, q stop")
    assert DOUBTS.definition.split()[0] in shown
    assert "some: 1 of 3" in shown
    for hidden in ("organism/faker", "monitored", "sample-", "talks-about-lying"):
        assert hidden not in shown
    person.type("perhaps")
    person.expect("s skip, q stop")  # asked again
    person.type("y")
    person.expect("Words that show it")
    person.type("never said")
    # Told under the transcript, which is not shown a second time.
    asked = person.expect("s skip, q stop")
    assert "is not in the reasoning" in asked
    assert "some: 1 of 3" not in asked
    person.type("yes")
    person.expect("Words that show it")
    person.type("")
    person.expect("some: 2 of 3")
    person.expect("s skip, q stop")
    person.type("s")
    person.expect("Why")
    person.type("cut off")
    person.expect("some: 3 of 3")
    person.expect("s skip, q stop")
    person.type("q")
    person.expect("goes on here")
    assert person.close() == 0

    found = record(place)
    (label,) = found.labels()
    assert (label.label.transcript_id, label.label.value, label.label.rater) == (
        ids[0],
        "yes",
        "ann",
    )
    assert set(label.label.hidden) >= {"condition", "verdicts", "other raters"}
    assert found.skips("doubts", "some") == {ids[1]: found.skips("doubts", "some")[ids[1]]}
    assert found.sights[-1].transcript_id == ids[2]

    person = Terminal(place, "label", "some")
    person.expect("some: 3 of 3")
    person.expect("s skip, q stop")
    person.type("no")
    person.expect("Words that show it")
    person.type("")
    person.expect("All 3 are labelled.")
    assert person.close() == 0
    assert [one.label.value for one in record(place).labels()] == ["yes", "no"]


def test_at_once_the_next_place_without_a_label_is_meant(place):
    ids = [
        i["transcript_id"] for i in told("draw", "some", "--n", 3, "-c", "doubts")["transcripts"]
    ]
    assert run("label", "some", "--value", "no").out == f"{ids[0][:12]}: no, new\n"
    assert run("label", "some", "--value", "skip", "--note", "cut off").out == f"{ids[1][:12]}: skip, skipped\n"  # fmt: skip
    assert run("label", "some", "--value", "yes").out == f"{ids[2][:12]}: yes, new\n"
    assert "All 3 of some are labelled by ann" in refused("label", "some", "--value", "no", code=2)
    other = told("label", "some", "--value", "no", "--rater", "ben")
    assert (other["rater"], other["transcripts"][0]["transcript_id"]) == ("ben", ids[0])
    assert [s.place for s in record(place).sights] == [1, 2, 3]


def test_without_a_terminal_it_says_to_say_the_value(place):
    told("draw", "some", "--n", 3, "-c", "doubts")
    assert "--value" in refused("label", "some", code=2)
    assert "--value" in refused("label", "some", "--json", code=2)


def test_what_came_by_another_route_is_labelled_with_that_route(place):
    ids = Corpus.open(place / "corpus").query().ids()
    told("label", "--transcript", ids[0][:9], "--category", "doubts", "--value", "no")
    (sight,) = record(place).sights
    assert (sight.route.kind, sight.transcript_id) == ("link", ids[0])
    error = refused("label", "--transcript", ids[0], "-c", "doubts", "--value", "skip", code=2)
    assert "place of a draw" in error


def test_several_categories_of_a_draw_have_to_be_told_apart(place):
    run("draw", "some", "--n", 2, "-c", "doubts", "-c", "outcome=refused")
    assert "doubts, outcome = refused" in refused("label", "some", "--value", "yes", code=2)
    told("label", "some", "--value", "refused", "-c", "outcome")
    assert "no value 'yes'" in refused("label", "some", "--value", "yes", "-c", "outcome", code=2)


def test_labels_from_a_file_are_kept_and_a_second_time_adds_nothing(place):
    ids = [
        i["transcript_id"] for i in told("draw", "some", "--n", 3, "-c", "doubts")["transcripts"]
    ]
    (place / "labels.csv").write_text(
        "\ufefftranscript_id,value,quote,note\n"
        f"{ids[0]},no,,\n{ids[1][:10]},yes,e,plain\n{ids[2]},skip,,cut\n",
        encoding="utf-8",
    )
    done = told("label", "some", "--from", "labels.csv")["transcripts"]
    assert [(d["transcript_id"], d["standing"]) for d in done] == [
        (ids[0], "new"),
        (ids[1], "new"),
        (ids[2], "skipped"),
    ]
    again = told("label", "some", "--from", "labels.csv")["transcripts"]
    assert [one["standing"] for one in again] == ["same", "same", "skipped"]
    assert [one.label.note for one in record(place).labels()] == ["", "plain"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,value\nx,yes\n", "no column transcript_id"),
        (b"transcript_id,value\nabc\n", "line 2"),
        (b"\xff\xfe", "no CSV in UTF-8"),
        (b"", "no column"),
        (b"transcript_id,value\nnothing,yes\n", "no transcript id"),
        (b'transcript_id,value\n"' + b"x" * 200_000 + b'",yes\n', "no CSV"),
    ],
)
def test_a_file_that_holds_no_labels_is_said_in_one_sentence(place, content, said):
    told("draw", "some", "--n", 3, "-c", "doubts")
    (place / "labels.csv").write_bytes(content)
    assert said in refused("label", "some", "--from", "labels.csv")
    assert "can't be read" in refused("label", "some", "--from", "none.csv", code=2)


def test_what_is_typed_in_cannot_steer_the_terminal(place):
    told("draw", "some", "--n", 3, "-c", "doubts")
    done = run("label", "some", "--value", "y\x1b[2Jes")
    assert done.code == 2
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", done.err)


def test_a_refused_label_leaves_nothing_on_record(place):
    told("draw", "some", "--n", 3, "-c", "doubts")
    before = record(place).head
    for words in (["--quote", "never said"], ["--rater", " "]):
        refused("label", "some", "--value", "yes", *words)
    refused("label", "some", "--value", "perhaps")
    assert record(place).head == before
