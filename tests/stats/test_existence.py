"""What a search, a top-k list or the most striking of many licenses."""

import json
import math

import numpy as np
import pytest
from scipy.stats import binom, norm
from statsmodels.stats.proportion import proportion_confint

from allegiance.stats import existence, selection


def test_one_found_shows_that_one_exists_and_no_rate():
    interval = existence(1, 0, 10_000)
    assert (interval.low, interval.high, interval.estimate) == (0.0001, 1, None)
    assert (
        str(interval)
        == "1 of 1 read of 10,000: no rate [0.01, 100.00] (certain, corpus, existence)"
    )
    assert "licenses no rate" in interval.notes[0]
    with pytest.raises(ValueError, match="licenses no rate"):
        _ = interval.point


def test_what_was_refuted_lowers_the_upper_limit():
    interval = existence(3, 40, 100)
    assert (interval.count_low, interval.count_high) == (3, 60)
    assert "with certainty" in interval.sentence()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((-1, 0, 10), "confirmed can't be negative"),
        ((0, 1.5, 10), "refuted must be a whole number"),
        ((0, 0, 0), "population must be at least 1"),
        ((6, 5, 10), r"confirmed \+ refuted \(11\) can't be more than population \(10\)"),
    ],
)
def test_bad_counts_name_the_argument(arguments, named):
    with pytest.raises(ValueError, match=named):
        existence(*arguments)


@pytest.mark.parametrize(("rank", "candidates"), [(1, 10_000), (4, 10_000), (50, 200), (200, 200)])
def test_the_chance_of_an_extreme_is_the_binomial_tail_of_scipy(rank, candidates):
    found = selection(rank, candidates, 20_000, score=3.0, null=norm.sf)
    wanted = binom.sf(rank - 1, candidates, norm.sf(3.0))
    assert found.chance == pytest.approx(wanted, rel=1e-9)
    assert found.chance_high == found.chance


def test_the_chance_of_an_extreme_is_what_simulation_gives():
    rng = np.random.default_rng(11)
    best = rng.normal(size=(4000, 200)).max(axis=1)
    found = selection(1, 200, 200, score=3.0, null=norm.sf)
    assert abs(np.mean(best >= 3.0) - found.chance) < 4 * math.sqrt(found.chance / 4000)


def test_a_sample_of_null_scores_never_makes_a_chance_of_zero():
    null = np.linspace(-3, 3, 999)
    found = selection(1, 100, 1000, score=9.0, null=null)
    assert found.chance == pytest.approx(1 - (1 - 1 / 1000) ** 100)
    high = proportion_confint(0, 999, alpha=0.1, method="beta")[1]
    assert found.chance_high == pytest.approx(1 - (1 - high) ** 100)
    assert found.chance_high > found.chance


def test_the_sentence_says_what_is_licensed_and_what_is_not():
    bare = selection(1, 200, 10_000).sentence()
    assert "shows that such a transcript exists (at least 1 of 10,000" in bare
    assert "says nothing of how common they are" in bare
    assert "its score is no evidence" in bare
    places = {r: str(selection(r, 200, 200)) for r in (2, 11, 21, 103, 112)}
    for rank, ordinal in zip(places, ("2nd", "11th", "21st", "103rd", "112th"), strict=True):
        assert f"came {ordinal} of 200" in places[rank]
    sampled = selection(1, 5, 200, score=1.0, null=[0.5] * 99 + [2.0]).sentence()
    high = proportion_confint(1, 100, alpha=0.1, method="beta")[1]
    chances = [100 * (1 - (1 - one) ** 5) for one in (2 / 101, high)]
    assert sampled.endswith("a chance of {:.1f} % (at most {:.1f} %).".format(*chances))


def test_a_selection_can_be_written_as_json():
    plain = json.loads(json.dumps(selection(2, 20, 30, 1.0, [0.0, 2.0]).to_dict()))
    assert plain["licenses"]["estimate"] is None
    assert plain["rank"] == 2


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((0, 5, 10), "rank must be at least 1"),
        ((6, 5, 10), r"rank \(6\) can't be more than candidates \(5\)"),
        ((1, 11, 10), r"candidates \(11\) can't be more than population \(10\)"),
        ((1, 5, 10, 1.0), "null is needed with score"),
        ((1, 5, 10, None, [1.0]), "score is needed with null"),
        ((1, 5, 10, float("nan"), [1.0]), "score must be a number"),
        ((1, 5, 10, 1.0, []), "null must be a list"),
        ((1, 5, 10, 1.0, ["a"]), "null must be a list"),
        ((1, 5, 10, 1.0, [1.0, float("nan")]), "null must be a list"),
        ((1, 5, 10, 1.0, lambda x: 2.0), "null must give a chance"),
    ],
)
def test_a_bad_selection_names_the_argument(arguments, named):
    with pytest.raises(ValueError, match=named):
        selection(*arguments)
