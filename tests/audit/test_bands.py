"""Where a stratified draw cuts a score that is a probability."""

import numpy as np
import pytest

from allegiance.audit.bands import BANDS, bands_of


def test_bands_hold_equal_shares_of_the_standard_deviation():
    scores = np.random.default_rng(3).beta(0.4, 4, 20_000)
    cuts = bands_of(scores)
    assert len(cuts) == BANDS - 1
    band = np.digitize(scores, cuts)
    spread = np.sqrt(scores * (1 - scores))
    shares = [spread[band == n].sum() / spread.sum() for n in range(BANDS)]
    assert shares == pytest.approx([0.25] * BANDS, abs=0.02)
    sizes = np.bincount(band)
    assert sizes[0] > sizes[-1]  # wide where the score is sure


@pytest.mark.parametrize(
    "scores",
    [[0.0, 1.0] * 50, list(range(100)), [-0.5 + n / 100 for n in range(100)], [0.5] * 40, []],
)
def test_counts_and_other_numbers_have_no_bands_of_their_own(scores):
    assert bands_of(scores) == ()


def test_every_band_holds_something():
    scores = [0.001] * 500 + [0.999] * 500 + [n / 1000 for n in range(100, 130)]
    cuts = bands_of(scores)
    assert cuts
    assert set(np.digitize(scores, cuts)) == set(range(len(cuts) + 1))
