"""Labels that teach a classifier: which are taken, and what they cost the draws that rest on it."""

import pytest
from tests.audit import worlds
from tests.audit.worlds import DOUBTS, truth

from allegiance.audit import adjudicate, asked_for, give_label, taught_by
from allegiance.corpus import Verdict
from allegiance.errors import UsageError


@pytest.fixture
def world(tmp_path):
    return worlds.world(worlds.corpus_of(tmp_path, 120, doubting=3), tmp_path)


def classified(world, draws, category="doubts") -> str:
    """Verdicts of a classifier, on record with the draws whose labels taught it, or on none."""
    ids = world.corpus.ids()
    world.corpus.put_verdicts(
        Verdict(
            transcript_id=one,
            category=category,
            scanner="classifier",
            scanner_digest="c" * 64,
            value="yes" if number % 2 else "no",
            score=number / len(ids),
        )
        for number, one in enumerate(ids)
    )
    body = {"scanner": "classifier", "digest": "c" * 64, "learned_from": {"draws": draws}}
    if draws is not None:
        world.ledger.append("scan", category, body, "ann")
    return "c" * 64


def test_labels_of_any_route_are_taken_and_disputed_ones_are_not(world):
    drawn = world.draw("first", n=20, seed=1)
    world.read(drawn, truth)
    world.read(drawn, "ynnnn", rater="ben", places=[1, 2, 3, 4, 5])
    other = next(one for one in world.corpus.ids() if one not in drawn.order)
    give_label(world.ledger, world.corpus.get(other), DOUBTS, "no", "ann")
    record = world.record
    found = taught_by(record, DOUBTS)
    disputed = {i for i, said in record.agreed.items() if said["doubts"] == "disputed"}
    assert found.disputed == len(disputed) > 0
    assert {one.transcript_id: one.value for one in found.labels} == {
        one: said["doubts"] for one, said in record.agreed.items() if one not in disputed
    }
    assert found.draws == ("first",)
    assert found.head == (record.head.seq, record.head.digest)
    digests = {event.digest for event in record.events.values()}
    assert all(set(one.evidence) <= digests for one in found.labels)
    assert found.to_dict()["labels"].keys() == {"yes", "no"}
    assert other not in {one.transcript_id for one in taught_by(record, DOUBTS, "first").labels}


def test_labels_under_another_definition_teach_nothing(world):
    mine = asked_for("mine", "It is mine.")
    theirs = asked_for("mine", "It is theirs.")
    for one in world.corpus.ids()[:5]:
        give_label(world.ledger, world.corpus.get(one), theirs, "yes", "ann")
    found = taught_by(world.record, mine)
    assert (found.labels, found.other_definition) == ((), 5)


def test_an_unknown_draw_is_refused(world):
    with pytest.raises(UsageError, match="There is no draw 'nowhere'"):
        taught_by(world.record, DOUBTS, "nowhere")


def test_a_frame_on_a_classifier_refuses_the_seed_of_the_draw_that_taught_it(world):
    drawn = world.draw("first", n=20, seed=7)
    world.read(drawn, truth)
    classified(world, ["first"])
    # Transcripts that the draw never opened: without the classifier the seed would do.
    unread = " AND ".join(f"transcript_id != '{one}'" for one in drawn.order)
    assert world.draw("plain", where=unread, n=5, seed=7).spec.seed == "7"
    with pytest.raises(UsageError, match="seed 7 was used by the draw first, whose labels taught"):
        world.draw("again", where=f"verdict.doubts = 'yes' AND {unread}", n=5, seed=7)
    assert world.draw("fresh", where=f"verdict.doubts = 'yes' AND {unread}", n=5, seed=8)


def test_strata_by_a_classifier_refuse_that_seed_too(world):
    drawn = world.draw("first", n=20, seed=7)
    world.read(drawn, truth)
    classified(world, ["first"])
    unread = " AND ".join(f"transcript_id != '{one}'" for one in drawn.order)
    how = {"where": unread, "design": "stratified", "by": "verdict_score.doubts", "n": 20}
    with pytest.raises(UsageError, match="whose labels taught the classifier"):
        world.draw("again", seed=7, **how)
    strata = world.draw("fresh", seed=9, **how).spec
    assert len(strata.strata) == 4
    assert strata.by.startswith("verdict_score.doubts:")
    assert world.again("fresh").order == world.again("fresh").order


def test_a_scanner_that_learned_from_nothing_costs_no_seed(world):
    world.draw("first", n=20, seed=7)
    lies = worlds.LIARS
    assert world.draw("again", where=lies, n=5, seed=7).spec.seed == "7"


def test_of_a_classifier_on_no_record_every_draw_with_labels_of_its_category_counts(world):
    drawn = world.draw("first", n=20, seed=7)
    world.read(drawn, truth)
    other = world.draw("second", n=20, seed=8)
    world.read(other, "n", wanted=asked_for("objects-openly"))
    classified(world, None)
    read = (*drawn.order, *other.order)
    unread = " AND ".join(f"transcript_id != '{one}'" for one in read)
    where = f"verdict.doubts = 'yes' AND {unread}"
    with pytest.raises(UsageError, match="whose labels taught the classifier"):
        world.draw("again", where=where, n=3, seed=7)
    assert world.draw("others", where=where, n=3, seed=8).spec.seed == "8"


def test_what_an_adjudicator_settled_teaches_as_it_was_settled(world):
    drawn = world.draw("first", n=4, seed=1)
    world.read(drawn, "yynn")
    world.read(drawn, "nyny", rater="ben")
    before = taught_by(world.record, DOUBTS)
    assert before.disputed == 2
    adjudicate(world.ledger, drawn, DOUBTS, drawn.order[0], "no", "carl", "clause 2")
    found = taught_by(world.record, DOUBTS)
    assert found.disputed == 1
    (settled,) = [one for one in found.labels if one.transcript_id == drawn.order[0]]
    assert settled.value == "no"
    assert len(settled.evidence) == 3  # two labels and the settlement
