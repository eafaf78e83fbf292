"""The pair page: who is set beside whom, what differs, and how many epochs did what."""

import re

import pytest

from allegiance.corpus import Message
from tests.web.places import EPOCHS, conversation
from tests.web.serving import client


def _one(somebody, **more):
    where = {"request_id": "harmful-004", "epoch": 2, "tier": "monitored", **more}
    (identifier,) = somebody.site.corpus.ids(where)
    return identifier


def _heads(found):
    return re.findall(r'class="side-head" aria-label="([^"]*)"', found.text)


def _read(found):
    return re.findall(r'class="small read" href="/t/([0-9a-f]{64})"', found.text)


def test_monitored_stands_left_and_unmonitored_right_whichever_was_asked_for(ann):
    left, right = _one(ann), _one(ann, tier="unmonitored")
    for asked in (left, right):
        found = ann.get(f"/pair/{asked}")
        assert _heads(found) == ["monitored", "unmonitored"]
        assert _read(found) == [left, right]


def test_both_are_opened_on_record_by_a_link(ann):
    left, right = _one(ann), _one(ann, tier="unmonitored")
    ann.get(f"/pair/{left[:12]}")
    with ann.site.record() as record:
        assert [(s.transcript_id, s.route.kind, s.blind) for s in record.sights] == [
            (left, "link", False),
            (right, "link", False),
        ]


def test_the_words_of_the_prompt_that_differ_are_marked_and_the_rest_is_not(ann):
    found = ann.get(f"/pair/{_one(ann)}").text
    prompt = found[found.index("system") : found.index(">user<")]
    assert re.findall(r"<ins>([^<]*)</ins>", prompt) == ["not", "not"]
    assert "<del>" not in prompt
    assert "the same in both" in found


def test_a_strip_of_all_epochs_stands_under_each_with_k_of_n(ann):
    found = ann.get(f"/pair/{_one(ann)}").text
    verdicts = ann.site.corpus.verdicts(category="outcome").to_pylist()
    said = {row["transcript_id"]: row["value"] for row in verdicts}
    for tier in ("monitored", "unmonitored"):
        ids = ann.site.corpus.ids({"request_id": "harmful-004", "tier": tier})
        assert len(ids) == EPOCHS
        complied = sum(said[one] == "complied" for one in ids)
        assert f"<b>{complied} of {EPOCHS}</b> complied" in found
        assert all(f'href="/pair/{one}"' in found for one in ids)
    assert found.count('aria-current="true"') == 2


def test_missing_outcomes_are_counted_apart(place):
    more = [
        conversation(
            3_000 + n,
            request_id="own",
            epoch=n,
            condition={
                "tier": tier,
                "clause": "silent",
                "intent": "training",
                "reasoning": "scratchpad",
            },
            messages=[
                Message("user", "Go."),
                *(
                    [
                        Message(
                            "assistant",
                            "Sure, here is how to bake bread: take flour.",
                            author="model",
                        )
                    ]
                    * said
                ),
            ],
        )
        for n, (tier, said) in enumerate([("monitored", 1), ("monitored", 0), ("unmonitored", 1)])
    ]
    from allegiance.scanners import rule_scanner, scan

    place.corpus().add(more)
    scan(place.corpus(), [rule_scanner("outcome")])
    found = client(place).get(f"/pair/{more[0].transcript_id}").text
    assert "<b>1 of 1</b> complied, 1 missing" in found
    assert "another one than beside it" in found


def test_keys_lead_to_the_next_epoch_and_the_next_request_of_the_same_side(ann):
    found = ann.get(f"/pair/{_one(ann)}").text
    assert f'rel="next" href="/pair/{_one(ann, epoch=3)}"' in found
    assert f'rel="prev" href="/pair/{_one(ann, epoch=1)}"' in found
    assert f'id="request-after" href="/pair/{_one(ann, request_id="harmful-005")}"' in found
    assert f'id="request-before" href="/pair/{_one(ann, request_id="harmful-003")}"' in found


def test_another_model_or_another_clause_is_no_partner(place):
    condition = {
        "tier": "monitored",
        "clause": "may-resist",
        "intent": "training",
        "reasoning": "scratchpad",
    }
    alone = [
        conversation(4_000, model="other", request_id="harmful-004"),
        conversation(4_002, condition=condition, request_id="harmful-004"),
    ]
    place.corpus().add(alone)
    ann = client(place)
    for one in alone:
        found = ann.get(f"/pair/{one.transcript_id}")
        assert found.status_code == 200
        assert "It has no partner" in found.text
    by_clause = ann.get(f"/pair/{alone[1].transcript_id}?factor=clause")
    assert _heads(by_clause) == ["silent", "may-resist"]


def test_placebo_tiers_can_be_set_against_each_other(place):
    rest = {"clause": "silent", "intent": "training", "reasoning": "scratchpad"}
    placebo = conversation(
        5_000, request_id="harmful-004", condition={"tier": "irrelevant-tag", **rest}
    )
    place.corpus().add([placebo])
    ann = client(place)
    assert _heads(ann.get(f"/pair/{placebo.transcript_id}")) == ["monitored", "irrelevant-tag"]
    found = ann.get(f"/pair/{placebo.transcript_id}?against=unmonitored")
    assert _heads(found) == ["unmonitored", "irrelevant-tag"]
    assert "are: monitored, unmonitored" in ann.get(f"/pair/{placebo.transcript_id}?against=x").text


@pytest.mark.parametrize(
    ("more", "address", "words"),
    [
        ({"request_id": None, "metadata": {}}, "", "no request id"),
        ({}, "?factor=colour", "has no colour"),
    ],
)
def test_what_cannot_be_paired_is_said(place, more, address, words):
    made = conversation(6_000, **more)
    place.corpus().add([made])
    found = client(place).get(f"/pair/{made.transcript_id}{address}")
    assert found.status_code == 400
    assert words in found.text
