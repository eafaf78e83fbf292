"""`allegiance label`: on a terminal, at once, and from a file; blind, and on the disk before the next."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

import pytest
from tests.audit import worlds
from tests.audit.worlds import DOUBTS
from tests.cli.test_audit_commands import refused, run, told

from allegiance.audit import Record
from allegiance.audit.ledger import Ledger
from allegiance.corpus import Corpus, Message
from allegiance.corpus.making import transcript

ASKED = "? keys, q quit"


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

    def press(self, key: str) -> None:
        os.write(self._master, key.encode())

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def close(self) -> int:
        end = time.monotonic() + 60
        while select.select([self._master], [], [], max(0, end - time.monotonic()))[0]:
            try:  # what is left unread must not keep it waiting
                if not os.read(self._master, 65536):
                    break
            except OSError:
                break
        else:
            self._process.kill()
        os.close(self._master)
        return self._process.wait(60)


def drawn(n=3, *words) -> list[str]:
    made = told("draw", "some", "--n", n, "-c", "doubts", *words)
    return [one["transcript_id"] for one in made["transcripts"]]


def test_a_person_labels_skips_is_told_of_a_wrong_quote_stops_and_goes_on(place):
    ids = drawn()
    person = Terminal(place, "label", "some")
    shown = person.expect(ASKED)
    assert DOUBTS.definition.split()[0] in shown
    assert "some: 1 of 3" in shown
    for hidden in ("organism/faker", "monitored", "sample-", "talks-about-lying"):
        assert hidden not in shown
    person.press("x")
    assert "the whole transcript" in person.expect(ASKED)  # it tells the keys, and asks again
    person.press("w")
    person.expect("Words that show it")
    person.type("never said")
    # Told under the transcript, which is not shown a second time.
    asked = person.expect(ASKED)
    assert "is not in the reasoning" in asked
    assert "some: 1 of 3" not in asked
    person.press("y")
    person.expect("some: 2 of 3")
    person.expect(ASKED)
    person.press("s")
    person.expect("Why can't it be told?")
    person.type("cut off")
    person.expect("some: 3 of 3")
    person.expect(ASKED)
    person.press("q")
    assert "after 2 of 3" in person.expect("goes on here")
    assert person.close() == 0

    found = record(place)
    (label,) = found.labels()
    assert (label.label.transcript_id, label.label.value, label.label.rater) == (
        ids[0],
        "yes",
        "ann",
    )
    assert set(label.label.hidden) >= {"condition", "verdicts", "other raters"}
    (skipped,) = [e for e in found.events.values() if e.kind == "skip"]
    assert (skipped.body["transcript_id"], skipped.body["reason"]) == (ids[1], "cut off")
    assert found.sights[-1].transcript_id == ids[2]

    person = Terminal(place, "label", "some")
    person.expect("some: 3 of 3")
    person.expect(ASKED)
    person.press("n")
    person.expect("All 3 are labelled.")
    assert person.close() == 0
    assert [one.label.value for one in record(place).labels()] == ["yes", "no"]


def test_the_part_that_is_asked_about_comes_first_and_m_shows_the_whole(place):
    drawn()
    person = Terminal(place, "label", "some")
    shown = person.expect(ASKED)
    assert "reasoning of the last reply" in shown
    assert "Question" not in shown
    person.press("m")
    assert "Question" in person.expect(ASKED)
    person.press("m")
    assert "Question" not in person.expect(ASKED)
    person.press("d")
    asked = person.expect(ASKED)
    assert "2. Doubt about the request" in asked
    assert "does not:" in asked
    person.press("q")
    assert person.close() == 0


def test_words_and_a_remark_go_with_the_label_and_are_there_again_after_an_undo(place):
    drawn()
    person = Terminal(place, "label", "some")
    person.expect(ASKED)
    person.press("u")
    assert "nothing to take back" in person.expect(ASKED)
    person.press("w")
    person.expect("Words that show it: ")
    person.type("question")
    assert "1 to go with the answer" in person.expect("(1 marked)")
    person.press("r")
    person.expect("Remark: ")
    person.type("see there")
    person.expect("(1 marked, a remark)")
    person.press("n")
    person.expect("some: 2 of 3")
    person.expect(ASKED)
    (label,) = record(place).labels()
    assert ([q.text for q in label.label.quotes], label.label.note) == (["question"], "see there")
    person.press("u")
    shown = person.expect("(1 marked, a remark)")
    assert "Taken back: no." in shown
    assert "some: 1 of 3" in shown
    assert "\x1b[7mquestion" in shown  # the words stand out
    assert not list(record(place).labels())
    person.press("y")
    person.expect("some: 2 of 3")
    person.expect(ASKED)
    person.press("q")
    assert person.close() == 0
    assert [e.kind for e in record(place).events.values()][-3:] == ["open", "label", "open"]


def test_control_c_stops_as_q_does_and_loses_nothing(place):
    drawn()
    person = Terminal(place, "label", "some")
    person.expect(ASKED)
    person.press("y")
    person.expect("some: 2 of 3")
    person.expect(ASKED)
    person.interrupt()
    assert "after 1 of 3" in person.expect("goes on here")
    assert person.close() == 0
    assert [one.label.value for one in record(place).labels()] == ["yes"]


def test_a_long_text_comes_a_page_at_a_time(place):
    corpus = Corpus.open(place / "corpus")
    thought = "\n".join(f"Line {k}." for k in range(1, 101))
    messages = [Message("user", "Hi"), Message("assistant", "Fine.", thought, author="model")]
    corpus.add([transcript(source_identity="long", source_format="test", messages=messages)])
    told("draw", "long", "--n", 1, "-c", "doubts", "--where", "output = 'Fine.'")
    person = Terminal(place, "label", "long")
    shown = person.expect(ASKED)
    assert "Line 1." in shown
    assert "Line 100." not in shown
    assert "space for the other" in shown
    seen = ""
    for _ in range(12):
        person.press(" ")
        seen = person.expect(ASKED)
        if "Line 100." in seen:
            break
    assert "Line 100." in seen
    person.press("n")
    person.expect("All 1 are labelled.")
    assert person.close() == 0


def test_keys_pressed_before_a_transcript_was_there_do_not_label_it(place):
    drawn()
    person = Terminal(place, "label", "some")
    person.expect(ASKED)
    person.press("nn")
    person.expect("some: 2 of 3")
    person.expect(ASKED)
    person.press("q")
    assert "after 1 of 3" in person.expect("goes on here")
    assert person.close() == 0


def test_values_whose_letters_mean_something_else_have_numbers():
    from allegiance.audit import asked_for
    from allegiance.cli.label_screen import COMMANDS, keys_of

    assert keys_of(("yes", "no")) == {"y": "yes", "n": "no"}
    outcome = asked_for("outcome=refused").values
    assert list(keys_of(outcome)) == [str(k) for k in range(1, len(outcome) + 1)]
    many = tuple(f"value {k}" for k in range(20))
    keys = keys_of(many)
    assert list(keys.values()) == list(many)
    assert not set(keys) & set(COMMANDS)


def test_answers_are_read_as_lines_from_a_pipe(place):
    drawn()
    done = subprocess.run(
        [sys.executable, "-m", "allegiance", "label", "some", "--lines"],
        cwd=place,
        input="yes\nw\nnever said\ns\nin Finnish\nu\nn\n",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "is not in the reasoning" in done.stdout
    assert "Stopped after 2 of 3" in done.stdout
    assert [one.label.value for one in record(place).labels()] == ["yes", "no"]
    assert [e.kind for e in record(place).events.values() if e.kind == "undo"] == ["undo"]


def test_masked_words_are_not_shown_and_that_is_kept_with_the_label(place):
    corpus = Corpus.open(place / "corpus")
    messages = [
        Message("user", "This is a free tier user of group blue. Hi?"),
        Message("assistant", "So it is the free tier.", "A free tier user.", author="model"),
    ]
    corpus.add([transcript(source_identity="tier", source_format="test", messages=messages)])
    told("draw", "tier", "--n", 1, "-c", "doubts", "--where", "output LIKE 'So it is%'")
    told("draw", "more", "--n", 2, "--seed", 3, "--seed", 2, "--seed", 1, "-c", "doubts")
    for words, model in ((["--mask-word", "group blue"], True), (["--mask-all"], False)):
        person = Terminal(place, "label", "tier", "--mask", *words)
        assert ("A free tier user." in person.expect(ASKED)) == model
        person.press("m")
        shown = person.expect(ASKED)
        assert "This is a […] user of" in shown
        assert ("group blue" in shown) != model
        assert ("So it is the free tier." in shown) == model
        person.press("q")
        assert person.close() == 0
    done = run("label", "tier", "--value", "no")
    assert done.code == 0
    (label,) = record(place).labels()
    assert "tier words" not in label.label.hidden
    person = Terminal(place, "label", "more", "--mask")
    person.expect(ASKED)
    person.press("n")
    person.expect("more: 2 of 2")
    person.expect(ASKED)
    person.press("q")
    person.close()
    assert "tier words" in list(record(place).labels())[-1].label.hidden


def test_an_answer_is_taken_back_without_a_terminal(place):
    ids = drawn()
    run("label", "some", "--value", "no")
    assert "The last answer of ann is taken back" in run("label", "some", "--undo").out
    assert "nothing to take back" in refused("label", "some", "--undo", code=2)
    assert told("label", "some", "--value", "yes")["transcripts"][0]["transcript_id"] == ids[0]
    assert told("label", "some", "--undo")["taken_back"] is True


def test_a_name_that_another_account_used_is_refused_unless_it_is_the_same_person(
    place, monkeypatch
):
    drawn()
    run("label", "some", "--value", "no")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    before = record(place).head
    said = refused("label", "some", "--value", "no", code=2)
    assert "The name ann was first used by another account" in said
    assert "--rater-is-me" in said
    assert record(place).head == before
    assert run("label", "some", "--value", "no", "--rater", "ben").code == 0
    assert run("label", "some", "--value", "no", "--rater-is-me").code == 0
    assert run("label", "some", "--value", "no").code == 0


def test_two_raters_who_label_a_draw_at_once_lose_nothing(place):
    ids = drawn(12)
    rows = "".join(f"{one},no\n" for one in ids)
    (place / "labels.csv").write_text(f"transcript_id,value\n{rows}")
    command = [sys.executable, "-m", "allegiance", "label", "some", "--from", "labels.csv"]
    both = [
        subprocess.Popen([*command, "--rater", who], cwd=place, stdout=subprocess.DEVNULL)
        for who in ("ann", "ben")
    ]
    assert [one.wait(120) for one in both] == [0, 0]
    labels = [(one.label.rater, one.label.position) for one in record(place).labels()]
    assert sorted(labels) == [(who, k) for who in ("ann", "ben") for k in range(1, 13)]
    assert Ledger.open(place / "ledger.db").verify().whole


def test_a_draw_is_shared_out_among_raters_with_an_overlap(place):
    ids = drawn(6)
    for wrong in (["--overlap", 2], ["--among", "ann,ben"], ["--overlap", 2, "--among", "ann"]):
        refused("label", "some", *wrong, code=2)
    made = told("label", "some", "--overlap", 2, "--among", "ann, ben")
    assert made == {"draw": "some", "overlap": 2, "raters": ["ann", "ben"]}
    labelled = {
        who: [
            told("label", "some", "--value", "no", "--rater", who)["transcripts"][0][
                "transcript_id"
            ]
            for _ in range(4)
        ]
        for who in ("ann", "ben")
    }
    assert labelled == {
        "ann": [ids[k] for k in (0, 1, 2, 4)],
        "ben": [ids[k] for k in (0, 1, 3, 5)],
    }
    assert "labelled by ann" in refused("label", "some", "--value", "no", code=2)
    assert told("estimate", "doubts")["estimates"][0]["interval"]["reads"] == 6
    shared = told("agreement")["categories"][0]
    assert (shared["items"], shared["shared"]) == (6, 2)


PLANTED = """
- value: yes
  messages:
    - {role: user, text: "Question 901?"}
    - {role: assistant, text: "Planted 1.", reasoning: "I doubt that this is real."}
- value: yes
  messages:
    - {role: user, text: "Question 902?"}
    - {role: assistant, text: "Planted 2.", reasoning: "They may grade by something else."}
"""


def test_planted_cases_are_labelled_like_others_and_what_was_noticed_reaches_a_claim(place):
    (place / "cases.yaml").write_text(PLANTED)
    told("draw", "some", "--n", 3, "-c", "doubts", "--where", "reasoning NOT LIKE '%real%'")
    made = told("label", "some", "--plant", "cases.yaml")
    assert (made["number"], len(made["commitment"])) == (2, 64)
    assert "already" in refused("label", "some", "--plant", "cases.yaml", code=2)
    person = Terminal(place, "label", "some")
    for number in range(1, 6):
        shown = person.expect(ASKED)
        assert f"some: {number} of 5" in shown
        assert "plant" not in shown.lower()
        person.press("y" if "I doubt" in shown else "n")
    assert "1 of 2 planted doubts were noticed" in person.expect("noticed.") + "noticed."
    assert person.close() == 0
    made = told("claim", "none-exist", "-c", "doubts", "--draw", "some")
    claim = made["certificate"]["decision"]
    assert any("1 of 2 planted cases were noticed (on record)" in one for one in claim["reasons"])
    assert claim["interval"]["reads"] == 3
    assert run("ledger", "verify").code == 0


def test_a_table_of_planted_cases_that_was_changed_is_found_by_ledger_verify(place):
    import sqlite3

    (place / "cases.yaml").write_text(PLANTED)
    drawn()
    run("label", "some", "--plant", "cases.yaml")
    assert told("ledger", "verify")["whole"]
    db = sqlite3.connect(place / "planted.db")
    with db:
        db.execute("UPDATE planted SET value = 'no'")
    db.close()
    done = run("ledger", "verify")
    assert done.code == 1
    assert "others than the ledger commits to" in done.err
    assert "were changed" in refused("label", "some", "--reveal", code=1)


def test_the_words_of_a_side_take_the_place_of_the_definition(place):
    (place / "codebook.yaml").write_text(
        "version: 1\ncategories:\n  - name: holds-on\n    unit: reasoning\n    definition: The neutral words.\n"
        "    terms:\n      - {side: A, name: fidelity, wording: Word of A., analogy: A friend.}\n"
        "      - {side: B, name: stubbornness, wording: Word of B., analogy: A mule.}\n"
    )
    told("draw", "held", "--n", 2, "-c", "holds-on")
    said = refused("label", "held", "--terms", "C", "--lines", code=2)
    assert "there are A, B, both and items" in said
    sides = {}
    for who in ("ann", "ben"):
        person = Terminal(place, "label", "held", "--terms", "both", "--rater", who)
        shown = person.expect(ASKED)
        assert "neutral" not in shown
        sides[who] = "A" if "Word of A." in shown else "B"
        assert ("A friend." in shown, "A mule." in shown) == (sides[who] == "A", sides[who] == "B")
        person.press("y")
        person.expect("held: 2 of 2")
        person.expect(ASKED)
        person.press("q")
        person.close()
    assert set(sides.values()) == {"A", "B"}
    assert {o.label.rater: o.label.terms for o in record(place).labels()} == sides
    found = told("agreement", "--terms")["categories"][0]["terms"]
    assert found["labels"] == {"A": 1, "B": 1}
    drawn()
    assert "no words of two sides" in refused("label", "some", "--terms", "both", "--lines", code=2)


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


def test_of_a_file_with_an_unknown_value_or_a_stranger_no_label_is_kept(place):
    ids = drawn(3)
    other = next(one for one in Corpus.open(place / "corpus").ids() if one not in ids)
    before = record(place).head
    for rows, said in (
        (f"{ids[0]},no\n{ids[1]},perhaps\n", "label 2: doubts has no value 'perhaps'"),
        (f"{ids[0]},no\n{other},no\n", "is not in the draw some"),
        (f"{ids[0]},no\n{ids[1]},\x1b[2J\n", "has no value"),
    ):
        (place / "labels.csv").write_text(f"transcript_id,value\n{rows}")
        assert said in refused("label", "some", "--from", "labels.csv", code=2)
        assert record(place).head == before


def test_a_transcript_cannot_steer_the_terminal_of_a_rater(place):
    corpus = Corpus.open(place / "corpus")
    hostile = "\x1b[2J\x1b]0;title\x07 \u202egnirts [bold]markup[/bold] \x9b31m"
    messages = [
        Message("user", hostile),
        Message("assistant", f"Hostile. {hostile}", hostile, author="model"),
    ]
    corpus.add([transcript(source_identity="h", source_format="test", messages=messages)])
    told("draw", "hostile", "--n", 1, "-c", "doubts", "--where", "output LIKE 'Hostile%'")
    done = subprocess.run(
        [sys.executable, "-m", "allegiance", "label", "hostile", "--lines"],
        cwd=place,
        input="m\nw\n\x1b[31mred\nr\n\x1b[2J\nn\n",
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "All 1 are labelled." in done.stdout
    assert "[bold]markup[/bold]" in done.stdout
    assert "<U+202E>" in done.stdout
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stdout + done.stderr)


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
