"""One ledger: what goes in comes out, what was changed is found, exports, and reading beside writers."""

import contextlib
import io
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allegiance.audit.chain import Head, check, digest_of, genesis
from allegiance.audit.export import read_export
from allegiance.audit.ledger import Ledger
from allegiance.errors import AllegianceError

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    return Ledger.open(tmp_path / "ledger.db")


@pytest.fixture(scope="module")
def lasting(tmp_path_factory) -> Ledger:
    return Ledger.open(tmp_path_factory.mktemp("lasting") / "ledger.db")


@pytest.fixture
def filled(ledger) -> Ledger:
    for number in range(10):
        ledger.append("label", f"t{number}", {"value": number}, actor="ruth")
    return ledger


def tampered(ledger: Ledger, *statements: str) -> Ledger:
    """Do what someone with the file can do."""
    connection = sqlite3.connect(ledger.path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return Ledger.open(ledger.path)


def exported(ledger: Ledger, path: Path) -> Path:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        ledger.export(file)
    return path


def test_a_new_ledger_is_empty_and_keeps_its_id(ledger):
    assert ledger.head() == Head(0, genesis(ledger.id))
    assert list(ledger.events()) == []
    assert ledger.verify().whole
    assert Ledger.open(ledger.path).id == ledger.id
    assert Ledger.open(ledger.path.with_name("other.db")).id != ledger.id


def test_events_are_read_as_they_were_written_by_kind_subject_and_number(ledger):
    written = [
        ledger.append("draw", "d", {"n": 2}),
        ledger.append("label", "t1", {"value": True, "spans": [(1, 2)]}, actor="ruth"),
        ledger.append("label", "t2", {"value": False}, actor="omar"),
        ledger.append("relabel", "t1", {"value": False}, actor="ruth"),
    ]
    again = Ledger.open(ledger.path)
    assert list(again.events()) == written
    assert written[1].body == {"value": True, "spans": [[1, 2]]}
    assert list(again.events(kinds=["label"])) == written[1:3]
    assert list(again.events(kinds=("label", "relabel"), subject="t1")) == [written[1], written[3]]
    assert list(again.events(after=1, until=3)) == written[1:3]
    assert list(again.events(kinds=[])) == []
    assert again.last(2) == written[2:]
    assert again.last(1, ["label"], "t1") == [written[1]]
    assert again.head() == Head(4, written[-1].digest)


def test_more_events_than_are_read_at_a_time(ledger):
    with ledger.writing() as page:
        for number in range(1203):
            page.append("open", f"t{number % 3}", {})
    assert [event.seq for event in ledger.events()] == list(range(1, 1204))
    assert len(list(ledger.events(subject="t1"))) == 401
    assert ledger.verify().events == 1203


def test_a_page_looks_and_then_writes_and_is_dropped_whole_on_an_error(ledger):
    with ledger.writing() as page:
        assert page.last(["label", "relabel"], "t") is None
        first = page.append("label", "t", {"value": True})
        assert page.last(["label", "relabel"], "t") == first
        assert page.head == Head(1, first.digest)
    with contextlib.suppress(ZeroDivisionError), ledger.writing() as page:
        page.append("relabel", "t", {"value": False})
        raise ZeroDivisionError
    assert list(ledger.events()) == [first]
    assert ledger.append("skip", "u", {}).seq == 2
    assert ledger.verify().whole


def test_an_event_that_is_refused_leaves_no_trace(ledger):
    for kind, body in (("lable", {}), ("label", {"x": float("nan")})):
        with pytest.raises(ValueError, match=r"kind of event|body of an event"):
            ledger.append(kind, "t", body)
    assert ledger.head().seq == 0
    ledger.append("label", "t", {})


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.text(), JSON, max_size=5), subject=st.text(), actor=st.text())
def test_any_body_that_json_can_carry_comes_back_and_verifies(lasting, body, subject, actor):
    event = lasting.append("label", subject, body, actor)
    assert event.body == body
    (read,) = lasting.events(after=event.seq - 1)
    assert read == event
    assert digest_of(read) == event.digest
    if event.seq % 20 == 0:
        assert lasting.verify().whole


@pytest.mark.parametrize(
    "text",
    ["\0", "a\0b", "\ud800", "\udfff\ud800", "\u202e\x1b[2J", "\ufffe\uffff", "😀" * 5000, "'; DROP TABLE events"],
)  # fmt: skip
def test_hostile_text_is_stored_found_exported_and_verified(ledger, tmp_path, text):
    event = ledger.append("label", text, {"quote": text, "text": {text[:0]: [text]}}, actor=text)
    ledger.append("label", "next", {})
    assert next(ledger.events(subject=text)) == event
    with ledger.writing() as page:
        assert page.last(["label"], text) == event
    assert ledger.verify().whole
    name, events = read_export(exported(ledger, tmp_path / "out.jsonl"))
    assert check(events, name).whole


def test_the_ledger_refuses_to_be_changed(filled):
    connection = sqlite3.connect(filled.path)
    for statement in (
        "UPDATE events SET body = '{}' WHERE seq = 3",
        "DELETE FROM events WHERE seq = 3",
        "DELETE FROM events",
        "UPDATE ledger SET id = 'x'",
        "DELETE FROM ledger",
        "INSERT OR REPLACE INTO events SELECT seq, at, kind, subject, actor, '{}', previous, digest FROM events WHERE seq = 3",
        "INSERT INTO events SELECT 99, at, kind, subject, actor, '{}', previous, digest FROM events WHERE seq = 3",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="the ledger is append-only"):
            connection.execute(statement)
    connection.close()
    assert filled.verify().whole


@pytest.mark.parametrize(
    ("statements", "problems"),
    [
        (
            ["UPDATE events SET body = '{\"value\":99}' WHERE seq = 7"],
            ["event 7 (label of t6): its content was changed"],
        ),
        (
            ["UPDATE events SET body = '{\"value\": 6}' WHERE seq = 7"],
            ["event 7 (label of t6): its content was changed"],
        ),
        (
            ["UPDATE events SET body = '[6' WHERE seq = 7"],
            ["event 7 (label of t6): its content was changed"],
        ),
        (
            ["UPDATE events SET body = x'fffe00' WHERE seq = 7"],
            ["event 7 (label of t6): its content was changed"],
        ),
        (
            ["UPDATE events SET actor = CAST(x'ff' AS TEXT) WHERE seq = 7"],
            ["event 7 (label of t6): its content was changed"],
        ),
        (
            ["UPDATE events SET actor = 'omar', at = '2020' WHERE seq = 7"],
            ["event 7 (label of t6): its content was changed"],
        ),
        (["DELETE FROM events WHERE seq = 7"], ["event 7 is missing"]),
        (["DELETE FROM events WHERE seq BETWEEN 3 AND 5"], ["events 3 to 5 are missing"]),
        (
            [
                "UPDATE events SET seq = -4 WHERE seq = 4",
                "UPDATE events SET seq = 4 WHERE seq = 5",
                "UPDATE events SET seq = 5 WHERE seq = -4",
            ],
            [
                "event 4 (label of t4): its content was changed",
                "event 4 does not follow event 3",
                "event 5 (label of t3): its content was changed",
                "event 5 does not follow event 4",
                "event 6 does not follow event 5",
            ],
        ),
        (
            ["INSERT INTO events SELECT -1, at, kind, subject, actor, body, previous, digest FROM events WHERE seq = 1"],
            ["event -1 (label of t0) has no place after event 0"],
        ),
        (
            ["UPDATE ledger SET id = 'another'"],
            ["event 1 does not begin the chain of this ledger: the ledger's id is another"],
        ),
    ],
)  # fmt: skip
def test_what_was_changed_behind_its_back_is_named(filled, statements, problems):
    assert list(tampered(filled, *statements).verify().problems) == problems


def test_a_row_whose_digest_was_made_to_fit_is_betrayed_by_the_next(filled):
    event = list(filled.events())[6]
    fields = event.to_dict() | {"body": {"value": 99}}
    digest = digest_of(type(event).from_dict(fields))
    changed = tampered(
        filled,
        f"UPDATE events SET body = '{{\"value\":99}}', digest = '{digest}' WHERE seq = 7",
    )
    assert changed.verify().problems == ("event 8 does not follow event 7",)


def test_an_end_that_was_cut_off_is_seen_by_who_noted_the_head(filled):
    noted = filled.head()
    cut = tampered(filled, "DELETE FROM events WHERE seq > 7")
    assert cut.verify().whole
    assert cut.verify(noted).problems == (
        "the ledger ends at event 7 and event 10 was known: its end was cut off",
    )


def test_an_event_that_cannot_be_read_is_a_sentence_for_who_reads_it(filled):
    broken = tampered(filled, "UPDATE events SET body = '[6' WHERE seq = 7")
    with pytest.raises(AllegianceError, match=r"Event 7 of .*ledger verify"):
        list(broken.events())
    with pytest.raises(AllegianceError, match="Event 7 of "):
        broken.export(io.StringIO())
    with broken.writing() as page, pytest.raises(AllegianceError, match="Event 7 of "):
        page.last(["label"], "t6")


def test_an_export_is_the_ledger(filled, tmp_path):
    path = exported(filled, tmp_path / "out.jsonl")
    name, events = read_export(path)
    events = list(events)
    assert name == filled.id
    assert events == list(filled.events())
    assert check(events, name) == filled.verify()


def test_an_export_with_a_line_taken_out_or_changed_is_found_by_its_chain(filled, tmp_path):
    path = exported(filled, tmp_path / "out.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:4] + lines[5:]))
    name, events = read_export(path)
    assert check(events, name).problems == ("event 4 is missing",)
    path.write_text("".join(lines).replace('"value":5', '"value":6'))
    name, events = read_export(path)
    assert check(events, name).problems == ("event 6 (label of t5): its content was changed",)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text[:-20], "line 11, is cut off; export the ledger again"),
        (lambda text: "".join(text.splitlines(keepends=True)[:-2]), "ends after event 8, and its first line speaks of 10"),
        (lambda text: text.replace('"seq":3,', '"seq":"3",'), "line 4, is no event"),
        (lambda text: text.replace('"actor":"ruth"', "nonsense", 1), "line 2, is no event"),
        (lambda text: "", "its first line does not say so"),
        (lambda text: "[1]\n" + text, "its first line does not say so"),
        (lambda text: text.replace('"schema":1', '"schema":7'), "in ledger schema 7"),
        (lambda text: text[:300] + "\udcff", "no UTF-8"),
    ],
)  # fmt: skip
def test_an_export_that_was_cut_or_spoiled_is_a_sentence(filled, tmp_path, spoil, said):
    path = exported(filled, tmp_path / "out.jsonl")
    path.write_bytes(spoil(path.read_text()).encode("utf-8", "surrogateescape"))
    with pytest.raises(AllegianceError, match=said):
        list(read_export(path)[1])


def test_an_export_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(AllegianceError, match=r"nowhere can't be read .*name an export"):
        read_export(tmp_path / "nowhere")


def test_a_reader_sees_what_was_there_when_it_began_and_holds_nobody_up(ledger):
    with ledger.writing() as page:
        for number in range(1200):
            page.append("label", f"t{number}", {})
    reading = ledger.events()
    seen = [next(reading)]
    other = Ledger.open(ledger.path, patience=0.5)
    with other.writing() as page:
        page.append("label", "later", {})
        assert ledger.head().seq == 1200
        seen.append(next(reading))
    assert ledger.head().seq == 1201
    assert len([*seen, *reading]) == 1200
