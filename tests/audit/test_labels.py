"""Labels: kept once, revised beside what was said, and none of them lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec import structs

from allegiance.audit.draw import make_draw, open_draw
from allegiance.audit.labels import BLIND, give_label, quoted_in, quotes_of, skip
from allegiance.audit.ledger import Ledger
from allegiance.audit.reading import reading_of
from allegiance.audit.record import DISPUTED, Record
from allegiance.audit.specs import LabelSpec, Quote
from allegiance.errors import UsageError


@pytest.fixture
def drawn(corpus, ledger, doubts):
    return make_draw(corpus, ledger, "one", n=6, properties=[doubts], seed=3)


@pytest.fixture
def transcript(corpus, drawn):
    return corpus.get(drawn.order[0])


def bodies(ledger, *kinds):
    return [
        LabelSpec(**e.body) for e in ledger.events() if e.kind in (kinds or ("label", "relabel"))
    ]


def test_a_label_is_kept_with_its_place_its_definition_and_what_was_hidden(
    ledger, drawn, transcript, doubts
):
    given = give_label(ledger, transcript, doubts, "yes", "ann", draw=drawn, note="see line 2")
    assert (given.standing, given.before) == ("new", None)
    (kept,) = bodies(ledger)
    assert (kept.rater, kept.category, kept.value) == ("ann", "doubts", "yes")
    assert (kept.draw, kept.position, kept.definition) == ("one", 1, doubts.digest)
    assert (tuple(kept.hidden), kept.note, kept.source) == (BLIND, "see line 2", "person")


def test_the_same_label_again_adds_nothing(ledger, drawn, transcript, doubts):
    first = give_label(ledger, transcript, doubts, "yes", "ann", draw=drawn)
    before = ledger.head()
    again = give_label(ledger, transcript, doubts, "yes", "ann", draw=drawn)
    elsewhere = give_label(ledger, transcript, doubts, "yes", "ann")
    assert (again.standing, elsewhere.standing) == ("same", "same")
    assert again.event == first.event
    assert ledger.head() == before


def test_another_label_is_a_revision_kept_beside_the_first(ledger, drawn, transcript, doubts):
    first = give_label(ledger, transcript, doubts, "yes", "ann", draw=drawn)
    second = give_label(ledger, transcript, doubts, "no", "ann", draw=drawn)
    assert (second.standing, second.before) == ("revised", "yes")
    one, two = bodies(ledger)
    assert (one.value, two.value, two.revises) == ("yes", "no", first.event.seq)
    record = Record.of(ledger)
    (stands,) = record.labels("doubts")
    assert (stands.label.value, stands.first, stands.seq) == (
        "no",
        first.event.seq,
        second.event.seq,
    )
    assert [one.seq for one in record.relabelled] == [second.event.seq]
    third = give_label(ledger, transcript, doubts, "yes", "ann", draw=drawn)
    assert third.standing == "revised"


def test_a_note_or_a_quote_given_later_is_kept(ledger, drawn, transcript, doubts):
    give_label(ledger, transcript, doubts, "yes", "ann")
    words = quotes_of([transcript.reasoning[:8]], "reasoning")
    assert give_label(ledger, transcript, doubts, "yes", "ann", quotes=words).standing == "revised"
    noted = give_label(ledger, transcript, doubts, "yes", "ann", quotes=words, note="sure")
    assert noted.standing == "revised"
    assert bodies(ledger)[-1].note == "sure"


def test_the_same_answer_under_another_definition_counts_under_that_one(
    corpus, ledger, drawn, transcript, doubts
):
    give_label(ledger, transcript, doubts, "yes", "ann", draw=drawn)
    narrower = structs.replace(doubts, digest="narrower")
    assert give_label(ledger, transcript, narrower, "yes", "ann", draw=drawn).standing == "revised"
    record = Record.of(ledger)
    assert reading_of(open_draw(corpus, record, "one"), record, narrower).hits == 1


def test_raters_and_categories_do_not_touch_each_other(ledger, transcript, doubts):
    other = structs.replace(doubts, category="other")
    for wanted, value, rater in [
        (doubts, "yes", "ann"),
        (doubts, "no", "bob"),
        (other, "no", "ann"),
    ]:
        assert give_label(ledger, transcript, wanted, value, rater).standing == "new"
    record = Record.of(ledger)
    assert record.agreed[transcript.transcript_id] == {"doubts": DISPUTED, "other": "no"}
    assert [one.label.value for one in record.labels("doubts", rater="bob")] == ["no"]


def test_a_transcript_outside_the_draw_is_refused(corpus, ledger, drawn, doubts):
    outside = corpus.get(next(one for one in corpus.ids() if one not in drawn.order))
    with pytest.raises(UsageError, match="is not in the draw one"):
        give_label(ledger, outside, doubts, "yes", "ann", draw=drawn)
    with pytest.raises(UsageError, match="is not in the draw one"):
        skip(ledger, drawn, outside.transcript_id, doubts, "ann")
    assert not bodies(ledger)


@pytest.mark.parametrize("value", ["maybe", "", "YES", "Yes "])
def test_a_value_that_the_category_does_not_have_is_refused(ledger, transcript, doubts, value):
    with pytest.raises(UsageError, match="it has yes, no"):
        give_label(ledger, transcript, doubts, value, "ann")


@pytest.mark.parametrize("rater", ["", "  ", "a" * 101, "ann\n", "\x1b[2J"])
def test_a_label_without_a_name_that_can_be_printed_is_refused(
    ledger, drawn, transcript, doubts, rater
):
    with pytest.raises(UsageError, match="name of its rater"):
        give_label(ledger, transcript, doubts, "yes", rater)
    with pytest.raises(UsageError, match="name of its rater"):
        skip(ledger, drawn, transcript.transcript_id, doubts, rater)


def test_a_quote_has_to_stand_in_the_part_it_names(ledger, transcript, doubts):
    thought, reply = transcript.reasoning, transcript.output
    assert quoted_in(Quote(text=thought, part="reasoning"), transcript)
    assert quoted_in(Quote(text=reply, part="output"), transcript)
    assert quoted_in(Quote(text=reply[:4]), transcript)
    assert not quoted_in(Quote(text=thought, part="output"), transcript)
    assert not quoted_in(Quote(text=reply, part="reasoning"), transcript)
    with pytest.raises(UsageError, match="is not in the output of transcript"):
        give_label(ledger, transcript, doubts, "yes", "ann", quotes=quotes_of([thought], "output"))
    with pytest.raises(UsageError, match="and not from 'footnotes'"):
        quoted_in(Quote(text=reply, part="footnotes"), transcript)


def test_a_quote_may_differ_in_white_space_and_in_nothing_else(transcript):
    words = transcript.reasoning
    assert quoted_in(Quote(text=words.replace(" ", "\n  ")), transcript)
    assert not quoted_in(Quote(text=words.upper()), transcript)
    assert not quoted_in(Quote(text=""), transcript)
    assert not quoted_in(Quote(text=" \n"), transcript)


def test_a_skip_stands_until_the_rater_says_something(ledger, drawn, transcript, doubts):
    event = skip(ledger, drawn, transcript.transcript_id, doubts, "ann", "in Finnish")
    assert event.body["position"] == 1
    assert Record.of(ledger).skips("doubts", "one") == {transcript.transcript_id: event.seq}
    assert Record.of(ledger).skips("doubts", "one", "bob") == {}
    give_label(ledger, transcript, doubts, "no", "ann", draw=drawn)
    assert Record.of(ledger).skips("doubts", "one") == {}
    skip(ledger, drawn, transcript.transcript_id, doubts, "ann")
    assert Record.of(ledger).skips("doubts", "one") == {}


def test_labels_given_at_once_by_many_are_all_kept(corpus, ledger, drawn, doubts):
    found = [corpus.get(one) for one in drawn.order]
    raters = [f"rater {number}" for number in range(8)]

    def sit(rater: str):
        own = Ledger.open(ledger.path)
        said = [
            give_label(own, one, doubts, value, rater, draw=drawn).standing
            for value in ("yes", "no")
            for one in found
        ]
        own.close()
        return said

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(sit, raters))
    assert said == [["new"] * 6 + ["revised"] * 6] * 8
    labels = list(Record.of(ledger).labels("doubts"))
    assert len(labels) == 48
    assert {one.label.value for one in labels} == {"no"}
    assert ledger.verify().whole


def test_one_rater_in_two_windows_adds_one_label(corpus, ledger, drawn, doubts):
    found = corpus.get(drawn.order[0])
    with ThreadPoolExecutor(6) as pool:
        standings = list(
            pool.map(
                lambda _: give_label(ledger, found, doubts, "yes", "ann", draw=drawn).standing,
                range(12),
            )
        )
    assert sorted(standings) == ["new"] + ["same"] * 11
    assert len(bodies(ledger)) == 1
