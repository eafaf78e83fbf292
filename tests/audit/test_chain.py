"""The chain alone: what an event commits to, and how breaks are named."""

import hashlib
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allegiance.audit.chain import Event, Head, canonical, check, digest_of, following, genesis

LEDGER = "0123456789abcdef0123456789abcdef"
AT = "2031-01-01T00:00:00.000000+00:00"


def chain(n: int, ledger_id: str = LEDGER) -> list[Event]:
    events, head = [], Head(0, genesis(ledger_id))
    for number in range(n):
        body = {"value": number}
        event = following(head, at=AT, kind="label", subject=f"t{number}", actor="r", body=body)
        events.append(event)
        head = Head(event.seq, event.digest)
    return events


def redone(event: Event, **changes) -> Event:
    """Change an event and make its digest fit."""
    changed = replace(event, **changes)
    return replace(changed, digest=digest_of(changed))


def test_digests_can_be_recomputed_from_the_published_rule():
    start = hashlib.sha256(b"allegiance ledger 1\n" + LEDGER.encode()).hexdigest()
    body = {"b": [1, 2.5, None, True], "a": "é\n\u2028"}
    event = following(Head(0, start), at=AT, kind="label", subject="t", actor="Zoë", body=body)
    listed = f'[1,"{AT}","label","t","Zoë",{{"a":"é\\n\u2028","b":[1,2.5,null,true]}},"{start}"]'
    assert event.digest == hashlib.sha256(listed.encode()).hexdigest()
    assert event.digest == "d10965891cfb01bcc0702076c405cc0aba86cd6999c3e23fe660ec9b26197c18"


def test_a_whole_chain_has_no_problems_and_an_empty_one_ends_at_the_genesis():
    events = chain(5)
    found = check(iter(events), LEDGER)
    assert (found.whole, found.events, found.head) == (True, 5, Head(5, events[-1].digest))
    assert check([], LEDGER).head == Head(0, genesis(LEDGER))


@pytest.mark.parametrize(
    ("tamper", "problems"),
    [
        (lambda e: e[:6] + e[7:], ["event 7 is missing"]),
        (lambda e: e[:2] + e[5:], ["events 3 to 5 are missing"]),
        (lambda e: e[1:], ["event 1 is missing"]),
        (
            lambda e: [*e[:6], replace(e[6], body={"value": 99}), *e[7:]],
            ["event 7 (label of t6): its content was changed"],
        ),
        (
            lambda e: [*e[:6], replace(e[6], at=AT.replace("31", "30", 1)), *e[7:]],
            ["event 7 (label of t6): its content was changed"],
        ),
        (
            lambda e: [*e[:6], redone(e[6], body={"value": 99}), *e[7:]],
            ["event 8 does not follow event 7"],
        ),
        (
            lambda e: [*e[:3], replace(e[4], seq=4), replace(e[3], seq=5), *e[5:]],
            [
                "event 4 (label of t4): its content was changed",
                "event 4 does not follow event 3",
                "event 5 (label of t3): its content was changed",
                "event 5 does not follow event 4",
                "event 6 does not follow event 5",
            ],
        ),
        (
            lambda e: [*e[:3], e[4], e[3], *e[5:]],
            ["event 4 is missing", "event 4 (label of t3) has no place after event 5"],
        ),
        (lambda e: [*e, e[-1]], ["event 10 (label of t9) has no place after event 10"]),
        (
            lambda e: [*e[:6], replace(e[6], body={"value": float("nan")}), *e[7:]],
            ["event 7 (label of t6): its content was changed"],
        ),
        (
            lambda e: chain(10, "another"),
            ["event 1 does not begin the chain of this ledger: the ledger's id is another"],
        ),
    ],
)  # fmt: skip
def test_breaks_are_named(tamper, problems):
    assert list(check(tamper(chain(10)), LEDGER).problems) == problems


def test_an_end_that_was_cut_off_is_seen_only_by_who_knows_the_head():
    events = chain(10)
    known = Head(10, events[-1].digest)
    assert check(events[:7], LEDGER).whole
    assert check(events, LEDGER, known).whole
    assert check(chain(12), LEDGER, known).whole
    assert check(events[:7], LEDGER, known).problems == (
        "the ledger ends at event 7 and event 10 was known: its end was cut off",
    )
    anew = [*events[:9], redone(events[9], body={})]
    assert check(anew, LEDGER).whole
    assert check(anew, LEDGER, known).problems == (
        "event 10 (label of t9) is not the one that was known: it was written anew",
    )


def test_of_very_many_problems_a_hundred_are_named_and_the_rest_counted():
    found = check([replace(event, actor="x") for event in chain(1234)], LEDGER)
    assert len(found.problems) == 101
    assert found.problems[-1] == "and 1,134 problems more"


@pytest.mark.parametrize(
    "body",
    [
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": {1, 2}},
        {"x": b"bytes"},
        {1: "x"},
        dict.fromkeys(["\ud800", "\ud801"]),
        {"x": object()},
    ],
)  # fmt: skip
def test_a_body_that_json_cannot_carry_is_refused(body):
    with pytest.raises(ValueError, match="body of an event"):
        following(Head(0, ""), at=AT, kind="label", subject="t", actor="", body=body)


def test_a_body_nested_without_end_is_refused():
    body: dict = {}
    body["x"] = body
    with pytest.raises(ValueError, match="deeper"):
        following(Head(0, ""), at=AT, kind="label", subject="t", actor="", body=body)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="'lable' is no kind of event; the kinds are: import"):
        following(Head(0, ""), at=AT, kind="lable", subject="t", actor="", body={})


@given(st.text(st.characters()), st.text(st.characters()))
def test_any_text_even_half_a_surrogate_pair_becomes_text_that_every_store_holds(subject, quote):
    event = following(
        Head(0, ""), at=AT, kind="label", subject=subject, actor=quote, body={"quote": quote}
    )
    again = json.loads(canonical(event.to_dict()).encode())
    assert Event.from_dict(again) == event
    assert "\0" not in event.subject + event.actor
    whole = quote.encode("utf-8", "ignore").decode() == quote
    assert not whole or event.body["quote"] == quote


@pytest.mark.parametrize("change", [{"seq": "1"}, {"seq": True}, {"body": []}, {"digest": None}])
def test_what_is_no_event_is_refused(change):
    (event,) = chain(1)
    with pytest.raises(ValueError, match=f"no fitting `{next(iter(change))}`"):
        Event.from_dict(event.to_dict() | change)
