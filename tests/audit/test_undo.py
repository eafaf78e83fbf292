"""Taking back: an undone label counts nowhere, stays on record, and hides nothing from what is claimed."""

import pytest
from tests.audit import worlds
from tests.audit.desk import WANTED, Desk
from tests.audit.worlds import DOUBTS

from allegiance.audit import Record, give_label, reading_of, skip, undo
from allegiance.audit.label_specs import UndoSpec
from allegiance.errors import AllegianceError, UsageError


@pytest.fixture
def world(tmp_path):
    return worlds.world(worlds.corpus_of(tmp_path, 40), tmp_path)


def taken_back(desk: Desk, seq: int, rater: str = "ann") -> int:
    body = desk.events[seq - 1].body
    undone = UndoSpec(
        rater=rater,
        category=body["category"],
        transcript_id=body["transcript_id"],
        draw=body["draw"],
        undoes=seq,
    )
    return desk.event("undo", desk.events[seq - 1].subject, undone.to_dict(), rater)


def test_the_last_label_is_taken_back_and_the_place_is_open_again(world):
    draw = world.draw("a", n=3)
    world.read(draw, "yn")
    undone = undo(world.ledger, draw, DOUBTS, "ann")
    assert (undone.position, undone.label.value) == (2, "no")
    assert [one.label.value for one in world.record.labels()] == ["yes"]
    assert len(reading_of(draw, world.record, DOUBTS).reads) == 1
    assert [e.kind for e in world.ledger.events()][-2:] == ["label", "undo"]
    assert [one.value for one in world.record.labelled] == ["yes", "no"]
    assert undo(world.ledger, draw, DOUBTS, "ann").position == 1
    with pytest.raises(UsageError, match="nothing to take back"):
        undo(world.ledger, draw, DOUBTS, "ann")


def test_another_raters_labels_are_not_touched(world):
    draw = world.draw("a", n=2)
    world.read(draw, "y", places=[1])
    world.read(draw, "n", places=[1], rater="ben")
    undo(world.ledger, draw, DOUBTS, "ann")
    assert [one.label.rater for one in world.record.labels()] == ["ben"]
    with pytest.raises(UsageError, match="carl has nothing to take back"):
        undo(world.ledger, draw, DOUBTS, "carl")


def test_a_revision_that_is_taken_back_leaves_what_it_revised(world):
    draw = world.draw("a", n=2)
    world.read(draw, "y", places=[1])
    world.read(draw, "n", places=[1])
    undo(world.ledger, draw, DOUBTS, "ann")
    (stands,) = world.record.labels()
    assert stands.label.value == "yes"
    found = world.corpus.get(draw.order[0])
    assert give_label(world.ledger, found, DOUBTS, "yes", "ann", draw=draw).standing == "same"
    undo(world.ledger, draw, DOUBTS, "ann")
    assert give_label(world.ledger, found, DOUBTS, "yes", "ann", draw=draw).standing == "new"


def test_a_skip_is_taken_back_and_one_under_a_label_stands_again(world):
    draw = world.draw("a", n=2)
    one = draw.order[0]
    skip(world.ledger, draw, one, DOUBTS, "ann", "cut off")
    assert undo(world.ledger, draw, DOUBTS, "ann").label is None
    assert world.record.skips("doubts", "a") == {}
    again = skip(world.ledger, draw, one, DOUBTS, "ann")
    world.read(draw, "y", places=[1])
    undo(world.ledger, draw, DOUBTS, "ann")
    assert world.record.skips("doubts", "a") == {one: again.seq}


def test_reading_that_is_taken_back_after_a_look_and_done_again_is_still_read_as_open():
    desk = Desk()
    desk.make(n=2, stop="fixed 2")
    first = desk.label(1, "no")
    desk.look()
    taken_back(desk, first)
    desk.label(1, "no")
    desk.label(2, "no")
    reading = reading_of(desk.draw(), desk.record, WANTED)
    assert reading.rule.kind == "open"
    assert "looked at" in reading.why


def test_a_look_between_an_undo_and_the_label_after_it_opens_the_draw():
    desk = Desk()
    desk.make(n=2, stop="fixed 2")
    desk.label(1, "no")
    second = desk.label(2, "yes")
    taken_back(desk, second)
    desk.look()
    desk.label(2, "no")
    assert reading_of(desk.draw(), desk.record, WANTED).rule.kind == "open"


def test_a_label_taken_back_after_a_number_was_seen_is_told_in_the_certificate(world):
    draw = world.draw("a", n=2)
    world.read(draw, "ny")
    world.claim("prevalence", draw="a")
    undo(world.ledger, draw, DOUBTS, "ann")
    world.read(draw, "n", places=[2])
    made = world.claim("none-seen", draw="a")
    assert made.decision.status == "stands"
    assert made.decision.history.revised == 1
    assert world.verified(world.kept(made)).holds


def test_a_certificate_from_before_an_undo_still_verifies(world):
    draw = world.draw("a", n=2)
    world.read(draw, "ny")
    kept = world.kept(world.claim("prevalence", draw="a"))
    undo(world.ledger, draw, DOUBTS, "ann")
    assert world.verified(kept).holds


def test_a_ledger_that_takes_back_what_does_not_stand_is_refused():
    desk = Desk()
    desk.make(n=2)
    first = desk.label(1, "no")
    taken_back(desk, first)
    taken_back(desk, first)
    with pytest.raises(AllegianceError, match="the ledger is not whole"):
        _ = desk.record


def test_the_seed_of_a_label_that_was_taken_back_stays_used(world):
    draw = world.draw("a", n=2, seed=5)
    world.read(draw, "y")
    undo(world.ledger, draw, DOUBTS, "ann")
    with pytest.raises(UsageError, match="was used by the draw a"):
        world.draw("b", n=2, seed=5)


def test_what_is_agreed_follows_the_labels_that_stand(world):
    draw = world.draw("a", n=1)
    world.read(draw, "y")
    world.read(draw, "n", rater="ben")
    one = draw.order[0]
    assert world.record.agreed[one] == {"doubts": "disputed"}
    undo(world.ledger, draw, DOUBTS, "ben")
    assert Record.of(world.ledger).agreed[one] == {"doubts": "yes"}
