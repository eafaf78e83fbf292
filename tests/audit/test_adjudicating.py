"""Adjudicating: a settled value counts where raters differ, and their labels stay what they are."""

import json

import pytest
from tests.audit import worlds
from tests.audit.worlds import DOUBTS

from allegiance.audit import adjudicate, agreement_of, disputes, reading_of, undo
from allegiance.audit.frames import frame
from allegiance.errors import UsageError


@pytest.fixture
def world(tmp_path):
    return worlds.world(worlds.corpus_of(tmp_path, 40), tmp_path)


@pytest.fixture
def draw(world):
    """Four places; raters differ on the second and the third."""
    draw = world.draw("a", n=4)
    world.read(draw, "nynn")
    world.read(draw, "nnyn", rater="ben")
    return draw


def settle(world, draw, position, value="no", who="carl", reason="as the clause says"):
    identifier = draw.order[position - 1]
    return adjudicate(world.ledger, draw, DOUBTS, identifier, value, who, reason)


def test_places_on_which_raters_differ_are_found_in_the_order_of_the_draw(world, draw):
    found = disputes(draw, world.record, DOUBTS)
    assert [(one.position, one.values, one.settled) for one in found] == [
        (2, ("no", "yes"), None),
        (3, ("no", "yes"), None),
    ]


def test_a_settled_value_counts_in_the_reading_and_the_labels_remain(world, draw):
    before = reading_of(draw, world.record, DOUBTS)
    assert (before.hits, before.missing) == (0, 2)
    event = settle(world, draw, 2, "yes")
    assert (event.kind, event.body["one_of_them"]) == ("adjudicate", False)
    after = reading_of(draw, world.record, DOUBTS)
    assert (after.hits, after.missing) == (1, 1)
    assert after.reads[1].settled.settlement.reason == "as the clause says"
    assert [one.label.value for one in after.reads[1].labels] == ["yes", "no"]
    assert event.body["settles"] == [one.seq for one in after.reads[1].labels]
    assert reading_of(draw, world.record, DOUBTS, "ben").hits == 1
    assert world.record.agreed[draw.order[1]] == {"doubts": "yes"}
    assert world.record.agreed[draw.order[2]] == {"doubts": "disputed"}


def test_agreement_is_that_of_the_labels_whatever_is_settled(world, draw):
    before = agreement_of(world.record, DOUBTS)
    settle(world, draw, 2, "yes")
    after = agreement_of(world.record, DOUBTS)
    assert after.coefficients == before.coefficients
    assert (before.settled, after.settled, after.differing) == (0, 1, 2)


def test_what_raters_agree_on_cannot_be_settled(world, draw):
    before = world.ledger.head()
    with pytest.raises(UsageError, match="do not differ on number 1"):
        settle(world, draw, 1)
    with pytest.raises(UsageError, match="no value 'perhaps'"):
        settle(world, draw, 2, "perhaps")
    with pytest.raises(UsageError, match="name"):
        settle(world, draw, 2, who="\x1b[2J")
    outside = next(one for one in world.corpus.ids() if one not in draw.order)
    with pytest.raises(UsageError, match="is not in the draw"):
        adjudicate(world.ledger, draw, DOUBTS, outside, "no", "carl")
    assert world.ledger.head() == before


def test_one_of_the_raters_who_settles_is_marked_and_said(world, draw):
    assert settle(world, draw, 2, who="ben").body["one_of_them"]
    settle(world, draw, 3)
    made = world.claim("prevalence", draw="a")
    (told,) = [one for one in made.decision.reasons if "settled" in one]
    assert told == (
        "2 places on which raters differ count as settled by ben, carl, 1 of them by one of the raters"
    )


def test_a_label_given_later_that_says_otherwise_opens_the_place_again(world, draw):
    settle(world, draw, 2, "yes")
    world.read(draw, "y", places=[2], rater="dora")
    assert reading_of(draw, world.record, DOUBTS).hits == 1
    world.read(draw, "n", places=[2], rater="eve")
    assert reading_of(draw, world.record, DOUBTS).reads[1].missing == "disputed"
    settle(world, draw, 2, "no")
    assert reading_of(draw, world.record, DOUBTS).reads[1].hit is False


def test_settled_labels_that_agree_later_need_no_settlement(world, draw):
    settle(world, draw, 2, "yes")
    world.read(draw, "n", places=[2])  # ann says no now as well
    read = reading_of(draw, world.record, DOUBTS).reads[1]
    assert (read.hit, read.settled) == (False, None)


def test_a_certificate_shows_what_was_settled_and_verifies(world, draw):
    settle(world, draw, 2, "yes")
    made = world.claim("prevalence", draw="a")
    read = made.decision.draws[0].reads[1]
    assert (read.hit, read.settled.adjudicator, read.settled.value) == (True, "carl", "yes")
    assert "settled by carl" in made.to_markdown()
    kept = world.kept(made)
    assert world.verified(kept).holds
    undo(world.ledger, draw, DOUBTS, "ben")
    assert world.verified(kept).holds  # it is of the record up to then


@pytest.mark.parametrize("field", ["value", "adjudicator", "digest", "seq"])
def test_a_settlement_that_was_changed_in_a_certificate_fails(world, draw, field):
    settle(world, draw, 2, "yes")
    kept = world.kept(world.claim("prevalence", draw="a"))
    fields = json.loads(kept.read_text())
    shown = fields["decision"]["draws"][0]["reads"][1]["settled"]
    shown[field] = 1 if field == "seq" else "0" * 64 if field == "digest" else "no"
    kept.write_text(json.dumps(fields))
    failed = worlds.failing(world.verified(kept))
    assert {"certificate", "reads"} <= set(failed)
    assert ("labels" in failed) == (field in ("digest", "seq"))


def test_existence_and_none_exist_follow_the_settled_value(world, draw):
    one = draw.order[1]
    assert world.claim("existence", draw="a", transcript=one).decision.status == "cannot be told"
    settle(world, draw, 2, "yes")
    made = world.claim("existence", draw="a", transcript=one)
    assert made.decision.status == "stands"
    assert made.decision.instances[0].settled.value == "yes"
    assert world.claim("none-exist", draw="a").decision.status == "refuted"
    assert world.verified(world.kept(made)).holds


def test_a_settlement_after_a_number_was_seen_is_told(world, draw):
    settle(world, draw, 2, "no")
    world.claim("prevalence", draw="a")
    settle(world, draw, 3, "no")
    assert world.claim("prevalence", draw="a").decision.history.revised == 1


def test_a_frame_over_labels_holds_what_was_settled(world, draw):
    settle(world, draw, 2, "yes")
    record = world.record
    found = frame(
        world.corpus,
        "label.doubts = 'yes'",
        labels=record.agreed,
        ledger=(record.head.seq, record.head.digest),
    )
    assert found.ids == (draw.order[1],)
