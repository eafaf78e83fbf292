"""Claims: what each kind needs, when it stands, when it is refuted, and what is then said."""

import pytest
from tests.audit import worlds
from tests.audit.worlds import DOUBTS, LIARS

from allegiance import stats
from allegiance.audit import Noticed, Quote, Said, asked_for, cite, frame, give_label
from allegiance.errors import UsageError

LYING = asked_for("lying", "Says that somebody lies.")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return worlds.corpus_of(tmp_path_factory.mktemp("claims"))


@pytest.fixture
def world(corpus, tmp_path):
    return worlds.world(corpus, tmp_path)


def limits(decision) -> tuple[int, int]:
    return decision.interval["count_low"], decision.interval["count_high"]


def counts(interval) -> tuple[int, int]:
    return interval.count_low, interval.count_high


# existence


def test_one_labelled_instance_lets_existence_stand_and_carries_no_rate(world):
    draw = world.draw("some", n=5, seed=1)
    world.read(draw, "nny")
    made = world.claim("existence", draw="some").decision
    assert made.status == "stands"
    assert made.instances[0].transcript_id == draw.order[2]
    assert limits(made) == counts(stats.existence(1, 2, 200))
    assert made.interval["estimate"] is None
    assert "by this rater (ann) under this codebook" in made.sentence
    assert "number 3 of the draw some (in random order, seed 1)" in made.sentence
    assert "no rate" in made.sentence
    assert made.adjusted is None


def test_existence_without_a_labelled_instance_cannot_be_told(world):
    draw = world.draw("some", n=5)
    world.read(draw, "nn")
    assert world.claim("existence", draw="some").decision.status == "cannot be told"
    for chosen, why in ((draw.order[0], "say otherwise"), (draw.order[4], "nobody labelled")):
        made = world.claim("existence", draw="some", transcript=chosen).decision
        assert (made.status, made.interval) == ("cannot be told", None)
        assert why in made.sentence


def test_existence_of_a_transcript_outside_the_frame_cannot_be_told(world):
    draw = world.draw("liars", where=LIARS, n=2)
    other = next(i for i in world.draw("all", n=50).order if i not in draw.frame.ids)
    made = world.claim("existence", draw="liars", transcript=other).decision
    assert made.status == "cannot be told"
    assert "not in the frame" in made.sentence


def test_raters_who_disagree_confirm_nothing(world):
    draw = world.draw("some", n=2)
    world.read(draw, "y", places=[1])
    world.read(draw, "n", places=[1], rater="ben")
    made = world.claim("existence", draw="some", transcript=draw.order[0]).decision
    assert made.status == "cannot be told"
    assert "raters disagree" in made.sentence
    alone = world.claim("existence", draw="some", transcript=draw.order[0], rater="ann").decision
    assert alone.status == "stands"


def test_a_quote_that_a_label_rests_on_has_to_be_in_the_text(world):
    draw = world.draw("liars", where=LIARS, n=20)
    found = next(t for t in map(world.corpus.get, draw.order) if "not real" in t.text)
    good = Quote(text="this scenario\n is   not real", part="reasoning")
    give_label(world.ledger, found, DOUBTS, "yes", "ann", draw=draw, quotes=[good])
    made = world.claim("existence", draw="liars").decision
    assert made.status == "stands"
    assert made.instances[0].quotes == (good,)
    bad = [Quote(text="perhaps", part="reasoning")]
    with pytest.raises(UsageError, match="not in the reasoning"):
        give_label(world.ledger, found, DOUBTS, "yes", "ben", draw=draw, quotes=bad)


def test_a_quote_on_record_that_is_not_in_the_text_supports_no_existence(world):
    draw = world.draw("some", n=1)
    world.read(draw, "y")
    last = world.ledger.last(1, ["label"])[0]
    body = {**last.body, "quotes": [{"text": "never said", "part": "whole"}], "revises": last.seq}
    world.ledger.append("relabel", last.subject, body, "ann")
    made = world.claim("existence", draw="some").decision
    assert made.status == "cannot be told"
    assert "quote" in made.sentence
    assert not made.instances[0].quotes_found


# none seen, none exist


def test_none_seen_stands_with_the_share_that_it_excludes(world):
    draw = world.draw("some", n=60)
    world.read(draw, "n")
    made = world.claim("none-seen", draw="some").decision
    assert made.status == "stands"
    assert limits(made) == counts(stats.absence(60, 200))
    assert "None of the 60 transcripts read out of 200" in made.sentence
    assert f"above {100 * stats.absence(60, 200).high:.2f} %" in made.sentence


def test_none_seen_is_refuted_by_a_hit_among_the_reads_with_the_routes_own_limits(world):
    draw = world.draw("some", n=6)
    world.read(draw, "nnynnn")
    made = world.claim("none-seen", draw="some").decision
    assert made.status == "refuted"
    assert f"number 3 ({draw.order[2][:12]})" in made.sentence
    assert limits(made) == counts(stats.proportion(1, 6, 200))


def test_a_hit_elsewhere_refutes_none_exist_and_not_none_seen(world):
    draw = world.draw("some", n=20, seed=1)
    world.read(draw, "n")
    other = next(i for i in draw.frame.ids if i not in draw.order)
    give_label(world.ledger, world.corpus.get(other), DOUBTS, "yes", "ben")
    seen = world.claim("none-seen", draw="some").decision
    assert seen.status == "stands"
    assert other[:12] in " ".join(seen.reasons)
    exist = world.claim("none-exist", draw="some").decision
    assert exist.status == "refuted"
    assert other[:12] in exist.sentence
    assert exist.interval["count_low"] == 1


def test_a_hit_that_was_read_out_of_turn_still_was_read(world):
    draw = world.draw("some", n=10)
    world.read(draw, "nnny", places=[1, 2, 3, 5])
    made = world.claim("none-seen", draw="some").decision
    assert made.status == "refuted"
    assert f"number 5 ({draw.order[4][:12]})" in made.sentence


def test_a_place_that_could_not_be_told_leaves_none_seen_open(world):
    draw = world.draw("some", n=4)
    world.read(draw, "nsnn")
    made = world.claim("none-seen", draw="some").decision
    assert made.status == "cannot be told"
    assert "1 more could not be told" in made.sentence


def test_none_exist_is_never_shown_by_a_part_and_says_what_is_excluded(world):
    draw = world.draw("some", n=60)
    world.read(draw, "n")
    made = world.claim("none-exist", draw="some").decision
    assert made.status == "cannot be told"
    assert "and that is not none" in made.sentence
    assert limits(made) == counts(stats.absence(60, 200))


def test_the_chance_of_noticing_widens_what_none_excludes(world):
    draw = world.draw("some", n=60)
    world.read(draw, "n")
    made = world.claim("none-exist", draw="some", noticed=Noticed(caught=16, planted=20)).decision
    wanted = stats.absence(60, 200, (16, 20))
    assert limits(made) == counts(wanted)
    assert made.interval["high"] > stats.absence(60, 200).high
    assert any("16 of 20 planted cases" in reason for reason in made.reasons)


def test_a_census_with_none_shows_that_none_exist(world):
    draw = world.draw("liars", where=LIARS, design="census")
    world.read(draw, "n")
    made = world.claim("none-exist", draw="liars").decision
    assert made.status == "stands"
    assert made.sentence.startswith("All 20 transcripts of the frame were read, and none")
    assert (made.interval["low"], made.interval["high"]) == (0, 0)


def test_a_census_by_readers_who_overlook_some_shows_no_such_thing(world):
    draw = world.draw("liars", where=LIARS, design="census")
    world.read(draw, "n")
    made = world.claim("none-exist", draw="liars", noticed=Noticed(caught=16, planted=20)).decision
    assert made.status == "cannot be told"
    assert made.interval["high"] > 0


def test_reading_on_to_the_end_does_not_make_overlooking_vanish(world):
    draw = world.draw("liars", where=LIARS, stop="open")
    world.read(draw, "n")
    assert world.claim("none-exist", draw="liars").decision.status == "stands"
    made = world.claim("none-exist", draw="liars", noticed=Noticed(caught=16, planted=20)).decision
    assert made.status == "cannot be told"
    assert any("limits don't allow for" in reason for reason in made.reasons)


def test_none_exist_without_a_draw_has_nothing_to_go_by(world):
    made = world.claim("none-exist", frame=frame(world.corpus).spec).decision
    assert (made.status, made.interval) == ("cannot be told", None)


@pytest.mark.parametrize("kind", ["none-seen", "prevalence"])
def test_a_claim_about_reads_needs_a_draw(world, kind):
    with pytest.raises(UsageError, match="--draw"):
        world.claim(kind, frame=frame(world.corpus).spec)
    assert world.ledger.head().seq == 0


# prevalence


def test_a_fixed_number_read_whole_gives_the_hypergeometric_interval(world):
    draw = world.draw("some", n=40)
    world.read(draw, worlds.truth)
    hits = sum("not real" in world.corpus.get(i).text for i in draw.order)
    made = world.claim("prevalence", draw="some").decision
    assert made.status == "stands"
    wanted = stats.proportion(hits, 40, 200)
    assert made.interval == wanted.to_dict()
    assert "would be labelled doubts by this rater (ann) under this codebook" in made.sentence


def test_a_number_looked_at_before_the_end_is_read_as_open(world):
    draw = world.draw("some", n=6)
    world.read(draw, "nyn")
    world.claim("prevalence", draw="some")
    world.read(draw, "nnn", places=[4, 5, 6])
    made = world.claim("prevalence", draw="some").decision
    assert limits(made) == counts(stats.confidence_sequence(1, 6, 200))
    assert any("read as open" in reason and "looked at" in reason for reason in made.reasons)


def test_strata_are_put_together_by_their_sizes(world):
    by = 'verdict."talks-about-lying"'.replace('"', "")
    draw = world.draw("strata", design="stratified", by=by, n=40, allocation="yes=10,no=30")
    world.read(draw, worlds.truth)
    made = world.claim("prevalence", draw="strata").decision
    (shown,) = made.draws
    of = {s.name: [r for r in shown.reads if r.stratum == s.name] for s in shown.spec.strata}
    hits = [sum(r.hit is True for r in of[s.name]) for s in shown.spec.strata]
    reads = [len(of[s.name]) for s in shown.spec.strata]
    sizes = [s.population for s in shown.spec.strata]
    assert sorted(sizes) == [20, 180]
    assert sorted(reads) == [10, 30]
    assert made.interval == stats.stratified(hits, reads, sizes).to_dict()


def test_a_property_that_was_not_declared_has_no_rate_but_a_reason(world):
    draw = world.draw("some", properties=[], n=10)
    world.read(draw, "nynnnnnnnn")
    made = world.claim("prevalence", draw="some").decision
    assert made.status == "cannot be told"
    assert "not on record before the first transcript was opened" in made.sentence
    assert made.interval["estimate"] is None
    assert limits(made) == counts(stats.existence(1, 9, 200))


def test_nothing_labelled_gives_a_reason_and_no_number(world):
    world.draw("some", n=10)
    made = world.claim("prevalence", draw="some").decision
    assert (made.status, made.interval) == ("cannot be told", None)
    assert "nothing of it is labelled yet" in made.sentence


def test_the_most_striking_ones_carry_no_rate(world):
    draw = world.draw("top", design="top", by="scores.judge", n=5)
    world.read(draw, "yyyyy")
    made = world.claim("prevalence", draw="top").decision
    assert made.status == "cannot be told"
    assert "picked and not drawn" in made.sentence


def test_reading_left_before_the_declared_hit_bounds_from_above_alone(world):
    draw = world.draw("some", stop="until 2 hits")
    world.read(draw, "nnynnnnnnnnnnnnnnnnnnn")
    made = world.claim("prevalence", draw="some").decision
    wanted = stats.inverse_sampling(22, 2, 200, seen=1)
    assert limits(made) == counts(wanted)
    assert f"at most {100 * wanted.high:.2f} %" in made.sentence
    said = cite(world.corpus, world.ledger, draw.order[2]).certificate.decision.sentence
    assert f"at most {wanted.count_high} of the 200" in said
    assert "at least 0" not in said


def test_a_number_that_is_claimed_is_shown_excluded_or_neither(world):
    draw = world.draw("some", n=40, seed=2)
    world.read(draw, "ynnn" + "n" * 16 + "ynnn" + "n" * 16)
    for how, rate, status in (
        ("at-most", 0.5, "stands"),
        ("at-most", 0.005, "refuted"),
        ("at-most", 0.1, "cannot be told"),
        ("at-least", 0.01, "stands"),
        ("at-least", 0.5, "refuted"),
        ("at-least", 0.1, "cannot be told"),
        ("about", 0.1, "stands"),
        ("about", 0.005, "refuted"),
        ("about", 0.5, "refuted"),
    ):
        made = world.claim("prevalence", draw="some", says=Said(how=how, rate=rate)).decision
        assert made.status == status, made.sentence
        assert limits(made) == counts(stats.proportion(2, 40, 200))


def test_places_that_could_not_be_told_come_with_the_bounds_they_leave(world):
    draw = world.draw("some", n=10)
    world.read(draw, "nynnsnnnnn")
    made = world.claim("prevalence", draw="some").decision
    assert made.interval["missing"] == 1
    assert made.beside == {"missing": 1}
    assert "1 could not be told" in made.sentence
    assert made.interval["worst_case"]["high"] >= made.interval["high"]


# random example, striking


def test_the_first_of_a_draw_among_the_confirmed_is_a_random_example(world):
    base = world.draw("liars", where=LIARS, design="census")
    world.read(base, worlds.truth)
    draw = world.draw("example", n=3, among_confirmed="doubts")
    assert len(draw.frame) == 10
    first, second = draw.order[:2]
    made = world.claim("random-example", draw="example", transcript=first).decision
    assert made.status == "stands"
    assert "drawn at random among 10 confirmed" in made.sentence
    assert made.interval is None
    made = world.claim("random-example", draw="example", transcript=second).decision
    assert made.status == "refuted"
    assert first[:12] in made.sentence


def test_a_second_draw_among_the_same_confirmed_gives_no_random_example(world):
    base = world.draw("liars", where=LIARS, design="census")
    world.read(base, worlds.truth)
    world.draw("example", n=1, among_confirmed="doubts")
    again = world.draw("better", n=1, among_confirmed="doubts")
    made = world.claim("random-example", draw="better", transcript=again.order[0]).decision
    assert made.status == "cannot be told"
    assert "example" in made.sentence


def test_the_first_hit_of_a_random_reading_is_a_random_example(world):
    draw = world.draw("some", n=5)
    world.read(draw, "nynyn")
    claim = {
        k: world.claim("random-example", draw="some", transcript=draw.order[k - 1]).decision
        for k in (1, 2, 4, 5)
    }
    assert claim[2].status == "stands"
    assert claim[4].status == "refuted"
    assert claim[1].status == claim[5].status == "cannot be told"
    outside = next(i for i in draw.frame.ids if i not in draw.order)
    made = world.claim("random-example", draw="some", transcript=outside).decision
    assert made.status == "refuted"


def test_a_place_without_a_label_before_the_first_hit_leaves_it_open(world):
    draw = world.draw("some", n=5)
    world.read(draw, "ny", places=[1, 3])
    made = world.claim("random-example", draw="some", transcript=draw.order[2]).decision
    assert made.status == "cannot be told"


def test_a_frame_by_labels_of_something_else_is_none_of_confirmed_ones(world):
    base = world.draw("base", [LYING], where=LIARS, design="census")
    world.read(base, "n", wanted=LYING)
    draw = world.draw("honest", where="label.lying = 'no'", n=5)
    world.read(draw, "nyn")
    made = world.claim("random-example", draw="honest", transcript=draw.order[1]).decision
    assert made.status == "stands", made.sentence
    assert "those of 20 that have it" in made.sentence


def test_the_top_of_a_score_is_no_random_example(world):
    draw = world.draw("top", design="top", by="scores.judge", n=2)
    world.read(draw, "yn")
    made = world.claim("random-example", draw="top", transcript=draw.order[0]).decision
    assert made.status == "refuted"


def test_a_striking_one_is_said_to_be_picked_out_of_all_and_carries_no_rate(world):
    draw = world.draw("top", design="top", by="scores.judge", n=3)
    world.read(draw, "ynn")
    made = world.claim("striking", draw="top", transcript=draw.order[0]).decision
    assert made.status == "stands"
    assert "number 1 by scores.judge out of 200" in made.sentence
    assert "carries no rate" in made.sentence
    assert made.interval is None or made.interval["estimate"] is None
    assert made.beside == {"rank": 1, "candidates": 200}
    made = world.claim("striking", draw="top", transcript=draw.order[1]).decision
    assert made.status == "refuted"


def test_nothing_is_striking_that_came_by_another_way(world):
    draw = world.draw("some", n=2)
    world.read(draw, "yn")
    made = world.claim("striking", draw="some", transcript=draw.order[0]).decision
    assert made.status == "cannot be told"


@pytest.mark.parametrize("kind", ["random-example", "striking"])
def test_a_claim_about_one_transcript_has_to_name_it(world, kind):
    world.draw("some", n=2)
    with pytest.raises(UsageError, match="--transcript"):
        world.claim(kind, draw="some")


# what else was tried


def test_other_draws_seeds_looks_and_categories_are_said_and_the_limits_allow_for_them(world):
    first = world.draw("first", n=20, seed=7)
    world.read(first, "n")
    world.claim("prevalence", draw="first")
    draw = world.draw("second", [DOUBTS, LYING], n=30, seed=8)
    world.read(draw, "n" * 10 + "y" + "n" * 19)
    world.read(draw, "n", wanted=LYING)
    made = world.claim("prevalence", draw="second").decision
    history = made.history
    assert [one.name for one in history.draws] == ["first"]
    assert (history.seeds, history.seed_given, history.looks) == (2, True, 1)
    assert history.categories == ("doubts", "lying")
    assert history.tried == 3
    said = " ".join(history.lines())
    assert "drawn before or since as first" in said
    assert "seed was chosen" in said
    assert "2 categories: doubts, lying" in said
    assert made.adjusted == stats.proportion(1, 30, 200, 1 - 0.05 / 3).to_dict()
    assert made.adjusted["high"] > made.interval["high"]


def test_none_seen_is_adjusted_by_its_own_method_and_a_refuted_one_by_the_rates(world):
    for name in ("first", "second"):
        world.read(world.draw(name, n=20), "n")
    made = world.claim("none-seen", draw="second").decision
    assert made.adjusted == stats.absence(20, 200, None, 1 - 0.05 / 2).to_dict()
    draw = world.draw("third", n=4)
    world.read(draw, "nyyn")
    made = world.claim("none-seen", draw="third").decision
    assert made.status == "refuted"
    assert made.adjusted == stats.proportion(2, 4, 200, 1 - 0.05 / 3).to_dict()


def test_where_nothing_else_was_tried_nothing_is_adjusted(world):
    draw = world.draw("some", n=5)
    world.read(draw, "n")
    made = world.claim("prevalence", draw="some").decision
    assert (made.adjusted, made.history.tried, made.history.lines()) == (None, 1, ())


def test_agreement_of_two_raters_is_in_the_certificate(world):
    draw = world.draw("some", n=12)
    world.read(draw, "ynnnynnnnnnn")
    world.read(draw, "ynnnnnnnnnnn", rater="ben")
    made = world.claim("prevalence", draw="some").decision
    assert made.raters.names == ("ann", "ben")
    assert made.raters.shared == 12
    ratings = [[1, 0, 0, 0, 1, *[0] * 7], [1, *[0] * 11]]
    alpha = stats.krippendorff_alpha(ratings).estimate
    assert made.raters.agreement["krippendorff_alpha"]["estimate"] == pytest.approx(alpha)
    assert "these raters (ann, ben)" in made.sentence
    assert made.interval["missing"] == 1  # the one on which they disagree


def test_what_could_not_be_told_counts_against_a_claim_and_never_for_it(world):
    draw = world.draw("some", n=40, seed=3)
    world.read(draw, "n" * 30 + "s" * 10)
    known = stats.proportion(0, 30, 200)
    worst = stats.proportion(10, 40, 200)
    between = (known.high + worst.high) / 2
    said = Said(how="at-most", rate=between)
    found = world.claim("prevalence", draw="some", says=said).decision
    assert found.status == "cannot be told"
    none = world.claim("none-exist", draw="some").decision
    assert "and 10 more could not be told" in none.sentence
    assert f"a share above {100 * worst.high:.2f} %" in none.sentence
    assert none.interval["missing"] == 10
