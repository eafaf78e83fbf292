"""P-values adjusted for many tests, against statsmodels."""

import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from allegiance.stats import adjust

THEIRS = {"holm": "holm", "bh": "fdr_bh"}


@pytest.fixture(autouse=True, scope="module")
def little_to_collect():
    """Statsmodels collects garbage at every call, which takes long among all that tests have loaded."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("method", ["holm", "bh"])
@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_adjusted_p_values_equal_those_of_statsmodels_in_the_given_order(method, p_values):
    wanted = multipletests(p_values, method=THEIRS[method])[1]
    assert adjust(p_values, method) == pytest.approx(wanted, abs=1e-15)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_holm_is_never_below_benjamini_hochberg_nor_either_below_the_p_value(p_values):
    holm, bh = adjust(p_values), adjust(p_values, "bh")
    assert (np.asarray(p_values) <= bh + 1e-12).all()
    assert (bh <= holm + 1e-12).all()
    assert (holm <= 1).all()


def test_the_p_values_given_are_left_as_they_were():
    given_ = np.array([0.04, 0.01])
    adjust(given_)
    assert given_.tolist() == [0.04, 0.01]


@pytest.mark.parametrize(
    ("p_values", "said"),
    [
        ([], "p_values are empty"),
        ([0.1, float("nan")], "p_values must lie between 0 and 1, and hold nan"),
        ([0.1, -0.2], "hold -0.2"),
        ([1.5], "hold 1.5"),
        (["x"], "p_values must be numbers"),
        ([[0.1], [0.2]], "2 dimension"),
        (0.5, "0 dimension"),
    ],
)
def test_p_values_that_are_none_are_refused(p_values, said):
    with pytest.raises(ValueError, match=said):
        adjust(p_values)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="method must be one of holm, bh, not 'bonferroni'"):
        adjust([0.1], "bonferroni")
