"""Agreement of raters: published values, and both coefficients written out from their definitions."""

import json
import math
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from allegiance.stats import gwet_ac1, krippendorff_alpha

NAN = float("nan")
N = None
FOUR_OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]
LEVELS = ["nominal", "ordinal", "interval", "ratio"]
BOTH = [krippendorff_alpha, gwet_ac1]


@pytest.mark.parametrize(
    ("level", "published"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
)
def test_alpha_is_that_of_krippendorffs_example_c(level, published):
    assert krippendorff_alpha(FOUR_OBSERVERS, level).estimate == pytest.approx(published, abs=5e-4)


def test_ac1_is_that_of_irrcac_on_the_same_ratings():
    assert gwet_ac1(FOUR_OBSERVERS).estimate == pytest.approx(0.77544, abs=5e-6)


def by_definition(ratings, level):
    """Krippendorff's alpha from the matrix of coincidences, entry by entry."""
    units = [[v for v in column if v is not None] for column in zip(*ratings, strict=True)]
    units = [unit for unit in units if len(unit) > 1]
    values = sorted({v for unit in units for v in unit})
    seen = dict.fromkeys([(c, k) for c in values for k in values], 0.0)
    for unit in units:
        for c, k in permutations(unit, 2):
            seen[c, k] += 1 / (len(unit) - 1)
    margin = {c: sum(seen[c, k] for k in values) for c in values}
    n = sum(margin.values())

    def squared(c, k):
        if level == "nominal":
            return c != k
        if level == "ordinal":
            between = sum(margin[g] for g in values if min(c, k) <= g <= max(c, k))
            return (between - (margin[c] + margin[k]) / 2) ** 2
        return (c - k) ** 2 / ((c + k) ** 2 if level == "ratio" and c != k else 1)

    observed = sum(seen[c, k] * squared(c, k) for c in values for k in values)
    expected = sum(margin[c] * margin[k] * squared(c, k) for c in values for k in values)
    return 1 - (n - 1) * observed / expected if expected else None


def ac1_by_definition(ratings):
    units = [[v for v in column if v is not None] for column in zip(*ratings, strict=True)]
    units = [unit for unit in units if unit]
    pairs = [list(combinations(unit, 2)) for unit in units if len(unit) > 1]
    agreed = np.mean([np.mean([a == b for a, b in unit]) for unit in pairs])
    values = {v for unit in units for v in unit}
    shares = [np.mean([unit.count(k) / len(unit) for unit in units]) for k in values]
    chance = sum(p * (1 - p) for p in shares) / max(1, len(values) - 1)
    return (agreed - chance) / (1 - chance)


@st.composite
def tables(draw):
    raters, items = draw(st.integers(2, 4)), draw(st.integers(1, 9))
    rating = st.sampled_from([0, 1, 2, 7, None])
    row = st.lists(rating, min_size=items, max_size=items)
    ratings = draw(st.lists(row, min_size=raters, max_size=raters))
    assume(any(sum(v is not None for v in item) > 1 for item in zip(*ratings, strict=True)))
    return ratings


@settings(max_examples=120, deadline=None)
@given(tables(), st.sampled_from(LEVELS))
def test_alpha_is_what_its_definition_gives_and_lies_inside_its_limits(ratings, level):
    wanted = by_definition(ratings, level)
    if wanted is None:
        with pytest.raises(ValueError, match="without variation alpha is not defined"):
            krippendorff_alpha(ratings, level)
        return
    interval = krippendorff_alpha(ratings, level, resamples=100)
    assert interval.estimate == pytest.approx(wanted, abs=1e-9)
    assert -1 <= interval.low <= interval.estimate <= interval.high <= 1
    assert interval.high - interval.low > 0.01


@settings(max_examples=120, deadline=None)
@given(tables())
def test_ac1_is_what_its_definition_gives_and_lies_inside_its_limits(ratings):
    interval = gwet_ac1(ratings, resamples=100)
    assert interval.estimate == pytest.approx(ac1_by_definition(ratings), abs=1e-9)
    assert -1 <= interval.low <= interval.estimate <= interval.high <= 1
    assert interval.high - interval.low > 0.01


@pytest.mark.parametrize("level", LEVELS)
def test_limits_where_nothing_is_rare_are_percentiles_of_resampled_items(level):
    rng = np.random.default_rng(8)
    truth = rng.integers(1, 6, 120)
    ratings = np.where(rng.random((3, 120)) < 0.6, truth, rng.integers(1, 6, (3, 120)))
    drawn = np.random.default_rng(9).integers(0, 120, (400, 120))
    wanted = np.quantile(
        [by_definition(ratings[:, items].tolist(), level) for items in drawn], [0.025, 0.975]
    )
    interval = krippendorff_alpha(ratings, level)
    assert (interval.low, interval.high) == pytest.approx(wanted, abs=0.03)
    assert interval.method == f"{level} alpha, item bootstrap"


def test_a_rare_label_agreed_on_nearly_always_has_alpha_near_zero_and_ac1_near_one():
    one, other = [1, 1, 0, 0] + [0] * 96, [0, 0, 1, 1] + [0] * 96
    alpha, ac1 = krippendorff_alpha([one, other]), gwet_ac1([one, other])
    assert alpha.estimate == pytest.approx(-0.015, abs=1e-3)
    assert ac1.estimate > 0.95
    # Four of four are consistent with a label agreed on six times in ten.
    assert alpha.high > 0.5
    assert any("upper limit allows for a kind of item that was not seen" in n for n in alpha.notes)


@pytest.mark.parametrize("coefficient", BOTH)
@pytest.mark.parametrize("items", [2, 10, 100])
def test_agreement_on_all_of_a_few_items_is_not_certain(coefficient, items):
    ratings = [[k % 2 for k in range(items)]] * 2
    interval = coefficient(ratings)
    assert (interval.estimate, interval.high) == (1, 1)
    unseen = 1 - 0.025 ** (1 / items)
    # Of balanced labels chance differs on half of the items.
    assert interval.low == pytest.approx(max(-1, 1 - 2 * unseen), abs=2.2 / items)
    assert interval.method.endswith("widened")
    assert any("lower limit allows" in note for note in interval.notes)


@pytest.mark.parametrize("coefficient", BOTH)
@pytest.mark.parametrize("ratings", [[[1], [0]], [[1, N], [0, 1]]])
def test_one_item_says_nothing_of_others(coefficient, ratings):
    interval = coefficient(ratings)
    assert (interval.low, interval.high) == (-1, 1)
    assert any("says nothing of others" in note for note in interval.notes)


@pytest.mark.parametrize("coefficient", BOTH)
def test_more_confidence_gives_wider_limits(coefficient):
    rng = np.random.default_rng(4)
    ratings = (rng.random((2, 60)) < 0.15) ^ (rng.random(60) < 0.4)
    widths = [
        i.high - i.low for i in (coefficient(ratings, confidence=c) for c in (0.5, 0.8, 0.99))
    ]
    assert widths == sorted(widths)


def test_ratings_that_are_all_one_value_leave_alpha_undefined_and_ac1_at_one():
    ratings = [["no"] * 30] * 3
    with pytest.raises(ValueError, match="without variation alpha is not defined"):
        krippendorff_alpha(ratings)
    interval = gwet_ac1(ratings)
    assert interval.estimate == 1
    assert 0.8 < interval.low < 0.9  # 0 of 30 items differed: up to 12 % might
    assert any("all ratings are one value" in note for note in interval.notes)


def test_resamples_that_leave_alpha_undefined_are_counted():
    interval = krippendorff_alpha([[1, 0, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0]], seed=3)
    left_out = next(note for note in interval.notes if "leave it undefined" in note)
    count = int(left_out.split()[0].replace(",", ""))
    assert count == pytest.approx(2000 * (5 / 6) ** 6, abs=100)


@pytest.mark.parametrize("coefficient", BOTH)
def test_missing_ratings_may_be_none_or_nan_and_are_counted(coefficient):
    as_array = np.array(FOUR_OBSERVERS, dtype=float)
    interval = coefficient(FOUR_OBSERVERS)
    assert interval == coefficient(as_array)
    assert interval.missing == 7
    assert (
        "4 raters and 12 items, 11 of them rated twice or more; 7 ratings are missing"
        in interval.notes
    )


@pytest.mark.parametrize("coefficient", BOTH)
def test_names_of_categories_do_not_matter(coefficient):
    words = {0: "lie", 1: "honest", 2: "unclear", N: N}
    rows = [[0, 1, 1, 2, 0, 1, N, 0], [0, 1, 0, 2, 0, 1, 1, N]]
    as_text = [[words[v] for v in row] for row in rows]
    assert coefficient(as_text).estimate == pytest.approx(coefficient(rows).estimate)
    yes_no = [[v == 0 for v in row] for row in rows]
    as_numbers = [[int(v) for v in row] for row in yes_no]
    assert coefficient(yes_no) == coefficient(as_numbers)


def test_interval_alpha_does_not_change_with_the_zero_nor_ratio_alpha_with_the_unit():
    rows = np.array([[1.0, 2, 3, 5, 8], [1, 2, 4, 5, 7]])
    shifted = krippendorff_alpha(rows + 1e6, "interval").estimate
    assert shifted == pytest.approx(krippendorff_alpha(rows, "interval").estimate, abs=1e-9)
    scaled = krippendorff_alpha(rows * 1e6, "ratio").estimate
    assert scaled == pytest.approx(krippendorff_alpha(rows, "ratio").estimate, abs=1e-9)


@pytest.mark.parametrize("coefficient", BOTH)
def test_the_same_seed_gives_the_same_limits_and_they_can_be_saved(coefficient):
    assert coefficient(FOUR_OBSERVERS, seed=5) == coefficient(FOUR_OBSERVERS, seed=5)
    assert coefficient(FOUR_OBSERVERS, seed=5) != coefficient(FOUR_OBSERVERS, seed=6)
    kept = json.loads(json.dumps(coefficient(FOUR_OBSERVERS).to_dict()))
    assert kept["quantity"] == "agreement"
    assert kept["target"] == "model"


@pytest.mark.parametrize("coefficient", BOTH)
@pytest.mark.parametrize(
    ("ratings", "said"),
    [
        ([], "at least two raters"),
        ([[1, 0]], "at least two raters"),
        ([[], []], "no item that two raters rated"),
        ([[1, N], [N, 0]], "no item that two raters rated"),
        ([[N, N], [NAN, N]], "no item that two raters rated"),
        ([[1, 0], [1]], "differ in length"),
        (["yes", "yes"], "a row for each rater, and one is 'yes'"),
        ([1, 0], "a row for each rater, and one is 1"),
        (np.zeros(3), "1 dimension"),
        ([[1, "1"], [1, "1"]], "mix text and numbers"),
        ([[1, math.inf], [1, 2]], "must be finite, and hold inf"),
        ([[1, {}], [1, 2]], "must be numbers, text, or None"),
        ([[1, 1j], [1, 2]], "must be numbers, text, or None"),
    ],
)
def test_ratings_that_are_none_are_refused(coefficient, ratings, said):
    with pytest.raises(ValueError, match=said):
        coefficient(ratings)


@pytest.mark.parametrize("level", ["ordinal", "interval", "ratio"])
@pytest.mark.parametrize("rows", [[["a", "b"], ["a", "b"]], [[True, False], [True, False]]])
def test_names_have_no_order(level, rows):
    with pytest.raises(ValueError, match="must be numbers unless level is nominal"):
        krippendorff_alpha(rows, level)


def test_a_ratio_scale_has_nothing_below_zero():
    with pytest.raises(ValueError, match="can't be negative on a ratio scale, and hold -1"):
        krippendorff_alpha([[-1, 2], [1, 2]], "ratio")


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match=r"level must be one of nominal, .* not 'cardinal'"):
        krippendorff_alpha(FOUR_OBSERVERS, "cardinal")


@pytest.mark.parametrize("coefficient", BOTH)
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"confidence": 1.0}, "confidence must lie between 0 and 1"),
        ({"confidence": NAN}, "confidence must lie between 0 and 1"),
        ({"resamples": 99}, "resamples must be a whole number from 100 on, not 99"),
        ({"resamples": 1e3}, "resamples must be a whole number"),
        ({"seed": -1}, "seed must be a whole number from 0 on"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(coefficient, wrong, said):
    with pytest.raises(ValueError, match=said):
        coefficient(FOUR_OBSERVERS, **wrong)
