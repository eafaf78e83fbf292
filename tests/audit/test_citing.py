"""Citing one transcript: its routes, the how-manieth it was, and what each of its draws licenses."""

import pytest
from tests.audit import worlds
from tests.audit.worlds import DOUBTS, LIARS

from allegiance import stats
from allegiance.audit import Route, asked_for, cite, give_label, known_property, opened
from allegiance.errors import AllegianceError, UsageError

LYING = asked_for("lying", "Says that somebody lies.")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return worlds.corpus_of(tmp_path_factory.mktemp("citing"))


@pytest.fixture
def world(corpus, tmp_path):
    return worlds.world(corpus, tmp_path)


def cited(world, identifier, **how):
    return cite(world.corpus, world.ledger, identifier, **how)


def test_every_route_is_told_in_its_order_and_the_how_manieth_it_was(world):
    draw = world.draw("liars", where=LIARS, seed=3, stop="until 1 hit")
    wanted = draw.order[1]
    opened(world.ledger, Route(kind="link"), [draw.order[5]])
    route = Route(kind="search", query="lying", search="words", matches=20, population=200)
    opened(world.ledger, route, [draw.order[0], wanted], [1, 2])
    world.read(draw, "ny")
    top = Route(kind="top", by="scores.judge", population=200)
    opened(world.ledger, top, [wanted], [9])
    found = cited(world, wanted)
    assert found.ordinal == 3
    assert found.routes == (
        "rank 2 of 20 found by a search (words) for 'lying' among 200",
        'number 2 of the draw liars (in random order, seed 3) from those with verdict."talks-about-lying"'
        " = 'yes', N = 20",
        "number 9 of 200, sorted by scores.judge, the highest first",
    )
    said = found.certificate.decision.sentence
    assert "the 3rd transcript on record" in said
    assert all(route in said for route in found.routes)
    assert "searches" in " ".join(found.certificate.decision.history.lines())


def test_a_draw_that_licenses_a_rate_gives_its_limits_and_bounds_the_whole_from_below(world):
    draw = world.draw("liars", where=LIARS, stop="until 1 hit")
    world.read(draw, "ny")
    wanted = stats.inverse_sampling(2, 1, 20)
    made = cited(world, draw.order[1]).certificate.decision
    assert made.interval == wanted.to_dict()
    assert f"{wanted.count_low} to {wanted.count_high} of the 20" in made.sentence
    assert f"and so at least {wanted.count_low} of all 200" in made.sentence


def test_what_no_draw_licenses_is_existence_alone(world):
    found = world.corpus.get(world.corpus.query().ids()[0])
    opened(world.ledger, Route(kind="link"), [found.transcript_id])
    give_label(world.ledger, found, DOUBTS, "yes", "ann")
    made = cited(world, found.transcript_id).certificate.decision
    assert made.status == "stands"
    assert made.interval == stats.existence(1, 0, 200).to_dict()
    assert "by a direct link" in made.sentence
    assert "existence alone: at least 1 of these 200" in made.sentence


def test_one_that_was_never_opened_says_that_its_route_is_not_on_record(world):
    found = world.corpus.get(world.corpus.query().ids()[0])
    give_label(world.ledger, found, DOUBTS, "yes", "ann")
    made = cited(world, found.transcript_id)
    assert (made.routes, made.ordinal) == ((), None)
    assert "how it was found is not on record" in made.certificate.decision.sentence


def test_one_that_nobody_labelled_has_routes_and_no_certificate(world):
    draw = world.draw("some", n=2)
    head = world.ledger.head()
    found = cited(world, draw.order[0])
    assert (found.routes, found.certificate) == ((), None)
    assert world.ledger.head() == head


def test_one_labelled_as_not_is_refuted_and_one_in_dispute_not_settled(world):
    draw = world.draw("some", n=2)
    world.read(draw, "ny")
    no = cited(world, draw.order[0]).certificate.decision
    assert (no.status, no.interval) == ("refuted", None)
    assert "labelled as not doubts" in no.sentence
    world.read(draw, "n", places=[2], rater="ben")
    unsettled = cited(world, draw.order[1]).certificate.decision
    assert unsettled.status == "cannot be told"
    assert "raters disagree" in unsettled.sentence


def test_of_several_categories_one_has_to_be_chosen(world):
    draw = world.draw("some", [DOUBTS, LYING], n=1)
    world.read(draw, "y")
    world.read(draw, "n", wanted=LYING)
    with pytest.raises(UsageError, match="doubts, lying"):
        cited(world, draw.order[0])
    assert cited(world, draw.order[0], category="lying").certificate.decision.status == "refuted"
    assert cited(world, draw.order[0], category="doubts").certificate.decision.status == "stands"


def test_a_transcript_that_is_not_there_is_said_in_a_sentence(world):
    with pytest.raises(AllegianceError, match="has no transcript"):
        cited(world, "0" * 64)


def test_a_category_keeps_the_definition_it_was_first_given(world):
    world.draw("some", [LYING], n=1)
    assert known_property(world.record, "lying") == LYING
    assert known_property(world.record, "lying=no").value == "no"
    with pytest.raises(UsageError, match="another definition: Says that somebody lies"):
        known_property(world.record, "lying", "Something else.")
    with pytest.raises(UsageError, match="no value 'maybe'"):
        known_property(world.record, "lying=maybe")
    with pytest.raises(UsageError, match="lied"):
        known_property(world.record, "lied")
