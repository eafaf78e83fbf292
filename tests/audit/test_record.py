"""The record: labels under two definitions, and what they agree on."""

from msgspec import structs
from tests.audit.desk import WANTED, Desk


def test_a_label_under_another_definition_leaves_the_one_under_the_first():
    desk = Desk()
    desk.make(n=3, properties=(WANTED,))
    desk.labels("ynn")
    other = structs.replace(WANTED, digest="another")
    desk.label(1, "no", wanted=other, kind="relabel")
    record = desk.record
    first = {
        one.label.position: one for one in record.labels() if one.label.definition == WANTED.digest
    }
    assert [first[k].label.value for k in (1, 2, 3)] == ["yes", "no", "no"]
    one = desk.draw().order[0]
    assert record.label_of("ann", WANTED.category, one).label.value == "no"
    assert record.agreed[one] == {WANTED.category: "no"}
    assert [again.label.definition for again in record.relabelled] == ["another"]


def test_a_revision_takes_the_place_of_what_it_revises_and_keeps_its_turn():
    desk = Desk()
    desk.make(n=2, properties=(WANTED,))
    first = desk.label(1, "no")
    desk.label(2, "no")
    desk.label(1, "yes", kind="relabel")
    found = list(desk.record.labels(WANTED.category))
    assert (found[0].first, found[0].label.value) == (first, "yes")
    assert len(found) == 2


def test_a_record_that_is_read_on_is_the_one_read_anew(tmp_path):
    from tests.audit import worlds

    from allegiance.audit import Record

    world = worlds.world(worlds.corpus_of(tmp_path, 20), tmp_path)
    draw = world.draw("a", n=4)
    record = world.record
    assert record.agreed == {}
    world.read(draw, "yn")
    world.read(draw, "n", places=[1], rater="ben")
    record.follow(world.ledger)
    anew = Record.of(world.ledger)
    assert (record.head, record.agreed, record.events) == (anew.head, anew.agreed, anew.events)
    assert list(record.labels()) == list(anew.labels())
    assert record.ordinal(draw.order[1]) == anew.ordinal(draw.order[1]) == 2
