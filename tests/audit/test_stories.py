"""The two stories: the fourth transcript read, the second in its category; and the same one by sorting."""

import pytest
from tests.audit import worlds
from tests.audit.worlds import DOUBTS

from allegiance import stats
from allegiance.audit import (
    Route,
    Sitting,
    asked_for,
    attest,
    cite,
    give_label,
    open_position,
    opened,
    ranking,
    sitting_from_lines,
)
from allegiance.audit.claims import BY_REPORT
from allegiance.audit.frames import frame

N, M = 10_000, 1_000
LIARS = "verdict.talks_about_lying = 'yes'"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return worlds.corpus_of(tmp_path_factory.mktemp("stories"), N, lying=10, doubting=20)


@pytest.fixture
def world(corpus, tmp_path):
    return worlds.world(corpus, tmp_path)


def seed_where(world, wanted: str, **how) -> tuple[int, tuple[str, ...]]:
    """The first seed whose order begins with these: y doubts, n does not."""
    from allegiance.audit.design import keyed

    ids = frame(world.corpus, how.get("where")).ids
    for seed in range(1000):
        order = tuple(keyed(ids, str(seed)))[: len(wanted)]
        if all(
            worlds.truth(0, world.corpus.get(one)) == letter
            for one, letter in zip(order, wanted, strict=True)
        ):
            return seed, order
    raise AssertionError


def told(world, *, declare: bool = True, stop: str = "until 1 hit") -> str:
    """Two at random; then on at random inside the category, where the second one doubts."""
    seed, _ = seed_where(world, "nn")
    two = world.draw("two", n=2, seed=seed)
    world.read(two, worlds.truth)
    seed, order = seed_where(world, "ny", where=LIARS)
    inside = world.draw("lying", [DOUBTS] if declare else [], where=LIARS, seed=seed, stop=stop)
    assert len(inside.frame) == M
    assert inside.order[:2] == order
    world.read(inside, worlds.truth, places=[1, 2])
    return order[1]


def test_the_fourth_read_the_second_in_its_category_bounds_the_category_and_the_whole(world):
    found = cite(world.corpus, world.ledger, told(world))
    made = found.certificate.decision
    assert found.ordinal == 4
    assert made.status == "stands"
    assert stats.inverse_sampling(2, 1, M).to_dict() == made.interval
    assert (made.interval["count_low"], made.interval["count_high"]) == (13, 974)
    assert made.interval["population"] == M
    said = made.sentence
    assert "the 4th transcript on record; number 2 of the draw lying (in random order" in said
    assert "In lying 1 of 2 read have it: 13 to 974 of the 1,000" in said
    assert "so at least 13 of all 10,000" in said
    assert "stopping rule: until 1 hit" in said
    assert "2 transcripts opened before this was drawn" in " ".join(
        world.claim("prevalence", draw="lying").decision.history.lines()
    )
    assert world.verified(world.kept(found.certificate)).holds


def test_a_transcript_of_both_draws_has_both_routes(world):
    seed, order = seed_where(world, "yn")
    two = world.draw("two", n=2, seed=seed)
    inside = world.draw("lying", where=LIARS, stop="until 1 hit")
    open_position(two, world.ledger, 1, "ann")
    world.read(inside, "y", places=[inside.position(order[0])])
    found = cite(world.corpus, world.ledger, order[0])
    assert [route.partition(" (")[0].rpartition("draw ")[2] for route in found.routes] == [
        "two",
        "lying",
    ]
    assert found.ordinal == 1


def test_without_a_declared_rule_there_is_a_lower_limit_alone(world):
    seed, order = seed_where(world, "ny", where=LIARS)
    labels = ("no", "yes")
    reads = tuple({"id": i, "label": v} for i, v in zip(order, labels, strict=True))
    sitting = _sitting(reads, stop="undeclared")
    attest(world.corpus, world.ledger, sitting, "Ruth")
    made = world.claim("prevalence", draw="inside").decision
    assert made.status == "stands"
    assert made.interval["estimate"] is None
    wanted = stats.confidence_sequence(1, 2, M)
    assert made.interval["count_low"] == wanted.count_low
    assert made.interval["count_high"] == M - 1
    assert "at least" in made.sentence
    assert "lower limit" in made.interval["method"]
    assert seed >= 0


def test_a_property_that_was_settled_after_the_first_was_opened_shows_existence_alone(world):
    identifier = told(world, declare=False, stop="open")
    made = world.claim("prevalence", draw="lying").decision
    assert made.status == "cannot be told"
    assert made.interval["estimate"] is None
    found = cite(world.corpus, world.ledger, identifier).certificate.decision
    assert found.interval == stats.existence(1, 0, N).to_dict()
    assert "existence alone" in found.sentence
    assert "not on record before the first transcript was opened" in found.sentence
    assert "13" not in found.sentence.partition("N = 1,000")[2]


def _sitting(reads, stop="until 1 hit", declared=True, name="inside", **fields) -> Sitting:
    from allegiance.audit.attesting import Told

    return Sitting(
        name=name,
        where=LIARS,
        order="random",
        category="doubts",
        declared=declared,
        stop=stop,
        reads=tuple(Told(**one) for one in reads),
        **fields,
    )


def test_the_same_from_a_browser_history_is_said_by_the_readers_report(world):
    _, two = seed_where(world, "nn")
    _, inside = seed_where(world, "ny", where=LIARS)
    before = sitting_from_lines(
        [f"https://v.example/t/{i}" for i in two], name="two", order="random"
    )
    attest(world.corpus, world.ledger, before, "Ruth")
    lines = [f"https://v.example/t/{i}#top" for i in inside]
    after = sitting_from_lines(
        lines,
        name="inside",
        where=LIARS,
        order="random",
        category="doubts",
        declared=True,
        stop="until 1 hit",
    )
    attest(world.corpus, world.ledger, after, "Ruth")
    draw = world.again("inside")
    for identifier, value in zip(inside, ("no", "yes"), strict=True):
        found = world.corpus.get(identifier)
        give_label(world.ledger, found, DOUBTS, value, "Ruth", draw=draw)
    found = cite(world.corpus, world.ledger, inside[1])
    made = found.certificate.decision
    assert found.ordinal == 4
    assert made.sentence.startswith(BY_REPORT)
    assert (made.interval["count_low"], made.interval["count_high"]) == (13, 974)
    assert "number 2 of inside, by the reader's report in random order" in made.sentence
    assert "so at least 13 of all 10,000" in made.sentence
    assert world.verified(world.kept(found.certificate)).holds


def test_the_same_reported_without_having_settled_the_property_shows_existence_alone(world):
    _, inside = seed_where(world, "ny", where=LIARS)
    reads = [{"id": i, "label": v} for i, v in zip(inside, ("no", "yes"), strict=True)]
    attest(world.corpus, world.ledger, _sitting(reads, declared=False), "Ruth")
    made = cite(world.corpus, world.ledger, inside[1]).certificate.decision
    assert made.sentence.startswith(BY_REPORT)
    assert made.interval == stats.existence(1, 0, N).to_dict()


def test_the_same_transcript_found_by_sorting_all_by_a_score_shows_existence_alone(world):
    everyone = frame(world.corpus)
    order = ranking(everyone, "scores.judge")
    wanted = next(one for one in order if worlds.truth(0, world.corpus.get(one)) == "y")
    place = order.index(wanted) + 1
    route = Route(kind="top", by="scores.judge", population=N, frame=everyone.digest)
    opened(world.ledger, route, [wanted], [place])
    give_label(world.ledger, world.corpus.get(wanted), DOUBTS, "yes", "ann")
    made = cite(world.corpus, world.ledger, wanted).certificate.decision
    assert made.interval == stats.existence(1, 0, N).to_dict()
    assert made.interval["estimate"] is None
    assert f"number {place} of 10,000, sorted by scores.judge, the highest first" in made.sentence
    assert "existence alone: at least 1 of these 10,000" in made.sentence
    striking = world.claim("striking", frame=everyone.spec, transcript=wanted).decision
    assert f"picked as number {place} by scores.judge out of 10,000" in striking.sentence
    assert "carries no rate" in striking.sentence


def test_a_draw_by_the_score_is_no_better(world):
    top = world.draw("top", design="top", by="scores.judge", n=20)
    world.read(top, worlds.truth)
    wanted = next(i for i in top.order if worlds.truth(0, world.corpus.get(i)) == "y")
    made = cite(world.corpus, world.ledger, wanted).certificate.decision
    assert made.interval["method"] == "existence"
    assert "picked and not drawn" in made.sentence
    assert asked_for("doubts") == DOUBTS
