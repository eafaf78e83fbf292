"""Calibration: error rates with limits from labels of a draw, against counts by hand and by truth."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import binom, fisher_exact
from statsmodels.stats.proportion import proportion_confint

from allegiance import stats
from allegiance.audit.calibration import calibrated
from allegiance.audit.comparing import compared
from allegiance.audit.correction import carried_over, corrected, corrected_gap, naive_of
from allegiance.audit.groups import Judged, Said, Sample, joined_small, missing_of
from allegiance.audit.reliability import reliability_of
from allegiance.audit.uneven import by_factors, invented_gap, significant

YES, NO, GONE = Said(True, value="yes"), Said(False, value="no"), Said(None, "refused")
LETTERS = {"y": True, "n": False, "?": None}


def sample(cells: dict[str, int], unread: dict[str, int] | None = None, **how) -> Sample:
    """Make reads from cells such as `yn` (said yes, labelled no), and unread ones by what was said."""
    said: dict[str, Said] = {}
    judged: list[Judged] = []
    for key, number in cells.items():
        for _ in range(number):
            one = f"{len(said):064x}"
            said[one] = {"y": YES, "n": NO, "?": GONE}[key[0]]
            hit = LETTERS[key[1]]
            judged.append(Judged(one, "", hit, "" if hit is not None else "skipped", said[one]))
    for key, number in (unread or {}).items():
        for _ in range(number):
            said[f"{len(said):064x}"] = {"y": YES, "n": NO, "?": GONE}[key]
    return Sample(tuple(said), {}, said, tuple(judged), **how)


def strata_of(of: Sample) -> Sample:
    """Take the verdicts for the strata of the draw."""
    names = {True: "yes", False: "no", None: "(none)"}
    strata = {one: names[of.said[one].told] for one in of.ids}
    judged = tuple(
        Judged(j.transcript_id, strata[j.transcript_id], j.hit, j.why, j.said) for j in of.judged
    )
    return Sample(of.ids, strata, of.said, judged, of.fixed)


def test_a_random_draw_has_clopper_pearson_given_the_truth_and_exact_limits_given_the_verdict():
    of = sample({"yy": 18, "yn": 7, "ny": 4, "nn": 71}, {"y": 225, "n": 675})
    found = calibrated(of)
    assert found.table.to_dict() == {
        "true_positives": 18,
        "false_positives": 7,
        "false_negatives": 4,
        "true_negatives": 71,
    }
    for name, k, n in (("sensitivity", 18, 22), ("specificity", 71, 78)):
        interval = found.of(name).interval
        low, high = proportion_confint(k, n, method="beta")
        assert (interval.low, interval.high) == pytest.approx((low, high))
        assert (interval.hits, interval.reads, interval.target) == (k, n, "corpus")
        assert "clopper-pearson" in interval.method
    for name, k, n, size in (("PPV", 18, 25, 250), ("NPV", 71, 75, 750)):
        assert found.of(name).interval == stats.proportion(k, n, size)


def test_strata_by_the_verdict_have_sensitivity_from_their_limits_and_not_from_their_counts():
    of = strata_of(sample({"yy": 60, "yn": 15, "ny": 2, "nn": 223}, {"y": 825, "n": 8875}))
    found = calibrated(of)
    expected = stats.share_within([60, 2], [75, 225], [900, 9100], [True, False])
    interval = found.of("sensitivity").interval
    assert (interval.low, interval.estimate, interval.high) == pytest.approx(
        (expected.low, expected.estimate, expected.high)
    )
    assert interval.estimate < 60 / 62  # reads from the positives are many more than their share
    assert (interval.hits, interval.reads) == (60, 62)
    assert found.of("PPV").interval == stats.proportion(60, 75, 900)


def test_what_is_missing_is_counted_by_reason_and_is_never_a_no():
    of = sample({"yy": 9, "nn": 80, "?y": 3, "?n": 2, "y?": 1, "n?": 5}, {"y": 50, "n": 850})
    found = calibrated(of)
    assert found.missing == {"label skipped": 6, "verdict refused": 5}
    caught = found.of("sensitivity")
    assert (caught.hits, caught.reads) == (9, 9)
    worst = caught.interval.worst_case
    # At the worst three it said nothing of and five unread ones that it said no of are hits.
    assert worst.estimate_low == pytest.approx(9 / 17)
    assert worst.estimate_high == 1
    assert worst.missing == 9
    assert worst.low <= caught.interval.low
    cleared = found.of("specificity").interval.worst_case
    assert cleared.estimate_low == pytest.approx(80 / 83)
    assert missing_of(of.judged) == found.missing


def test_reading_that_could_stop_at_any_look_has_wider_limits_for_everything():
    cells, rest = {"yy": 18, "yn": 7, "ny": 4, "nn": 71}, {"y": 225, "n": 675}
    fixed, looked = calibrated(sample(cells, rest)), calibrated(sample(cells, rest, fixed=False))
    for name in ("sensitivity", "specificity", "PPV", "NPV"):
        one, other = fixed.of(name).interval, looked.of(name).interval
        assert other.low <= one.low
        assert other.high >= one.high
    assert looked.of("PPV").interval == stats.confidence_sequence(18, 25, 250)
    assert "looked at" in looked.of("sensitivity").interval.method


def test_a_census_is_certain():
    found = calibrated(sample({"yy": 6, "yn": 2, "ny": 3, "nn": 9}))
    for name, value in (("sensitivity", 6 / 9), ("specificity", 9 / 11), ("PPV", 6 / 8)):
        interval = found.of(name).interval
        assert (interval.low, interval.high) == pytest.approx((value, value))


def test_labels_that_all_say_the_same_leave_a_reason_and_no_number():
    found = calibrated(sample({"yn": 3, "nn": 27}, {"y": 30, "n": 270}))
    caught = found.of("sensitivity")
    assert caught.interval is None
    assert "no labelled transcript with the property" in caught.reason
    assert found.of("specificity").interval is not None
    silent = calibrated(sample({"ny": 3, "nn": 27}, {"n": 270}))
    assert silent.of("sensitivity").interval.estimate == 0
    assert silent.of("sensitivity").interval.high > 0.5
    assert silent.of("PPV").interval is None


def test_a_frame_cut_by_the_scanner_tells_nothing_of_what_it_did_not_say():
    of = sample({"yy": 9, "yn": 21}, {"y": 70})
    assert calibrated(of).of("sensitivity").interval.estimate == 1  # it says yes to all
    cut = calibrated(of, cut=True)
    assert cut.of("sensitivity").interval is None
    assert "draw on a frame with both" in cut.of("specificity").reason
    assert cut.of("PPV").interval is not None


def world(rng, size=2000, rate=0.1, sens=(0.8, 0.8), spec=(0.9, 0.9)):
    """A frame of two levels, with a scanner that errs as it is told to."""
    truth = rng.random(size) < rate
    level = np.arange(size) % 2
    caught = rng.random(size) < np.where(level, sens[1], sens[0])
    cleared = rng.random(size) < np.where(level, spec[1], spec[0])
    told = np.where(truth, caught, ~cleared)
    ids = [f"{k:064x}" for k in range(size)]
    said = {one: YES if t else NO for one, t in zip(ids, told.tolist(), strict=True)}
    return ids, truth, said, {one: "ab"[k % 2] for k, one in enumerate(ids)}


def drawn(rng, ids, truth, said, n, share=None) -> Sample:
    if share is None:
        read, strata = rng.choice(len(ids), n, replace=False).tolist(), {}
    else:
        strata = {one: "yes" if said[one].told else "no" for one in ids}
        yes = [k for k, one in enumerate(ids) if said[one].told]
        no = [k for k, one in enumerate(ids) if not said[one].told]
        first = round(share * n)
        read = [*rng.choice(yes, first, replace=False), *rng.choice(no, n - first, replace=False)]
    judged = tuple(
        Judged(ids[k], strata.get(ids[k], ""), bool(truth[k]), "", said[ids[k]]) for k in read
    )
    return Sample(ids, strata, said, judged)


@pytest.mark.parametrize("share", [None, 0.5])
def test_error_rates_cover_what_is_true_of_the_frame(share):
    rng = np.random.default_rng(30_001)
    ids, truth, said, _ = world(rng, 600)
    told = np.array([said[one].told for one in ids])
    true = {
        "sensitivity": told[truth].mean(),
        "specificity": (~told)[~truth].mean(),
        "PPV": truth[told].mean(),
        "NPV": (~truth)[~told].mean(),
    }
    held: Counter[str] = Counter()
    repeats = 400
    for _ in range(repeats):
        found = calibrated(drawn(rng, ids, truth, said, 120, share))
        rate = corrected(drawn(rng, ids, truth, said, 120, share), 0.95).interval
        held["rate"] += rate.low <= truth.mean() <= rate.high
        for name, value in true.items():
            interval = found.of(name).interval
            held[name] += interval.low - 1e-9 <= value <= interval.high + 1e-9
    least = binom.ppf(0.001 / 10, repeats, 0.95)
    assert all(number >= least for number in held.values()), held


def test_uneven_error_is_tested_by_fisher_given_the_truth_and_adjusted_over_all_tests():
    rng = np.random.default_rng(30_002)
    ids, truth, said, level = world(rng, spec=(0.98, 0.75), rate=0.3)
    of = drawn(rng, ids, truth, said, 400)
    third = {one: "xyz"[k % 3] for k, one in enumerate(ids)}
    found = by_factors(of, {"tier": level, "model": third}, 0.95, 0.3)
    tests = [one for factor in found for one in factor.tests]
    assert len(tests) == 2 * (1 + 3)
    (test,) = [t for t in tests if t.factor == "tier" and t.error == "specificity"]
    cells = Counter((level[j.transcript_id], j.said.told) for j in of.judged if not j.hit)
    table = [[cells["a", True], cells["a", False]], [cells["b", True], cells["b", False]]]
    assert test.p_value == pytest.approx(fisher_exact(table).pvalue)
    order = sorted(t.p_value for t in tests)
    holm = max(min(1, (8 - k) * p) for k, p in enumerate(order) if p <= test.p_value)
    assert test.adjusted == pytest.approx(holm)
    assert test in significant(found)


def test_the_gap_that_uneven_error_invents_is_that_of_the_formula():
    rng = np.random.default_rng(30_003)
    ids, truth, said, level = world(rng, spec=(0.98, 0.75), rate=0.3)
    (by,) = by_factors(drawn(rng, ids, truth, said, 500), {"tier": level}, 0.95, 0.2)
    first, second = by.levels
    gap = invented_gap(first, second, 0.2, 0.95)
    s_a, s_b = (one.of("sensitivity").interval.estimate for one in (first, second))
    f_a, f_b = (1 - one.of("specificity").interval.estimate for one in (first, second))
    assert gap.estimate == pytest.approx((s_a - s_b) * 0.2 + (f_a - f_b) * 0.8)
    assert by.invented[0].interval == gap
    # The scanner would show about this in the frame, if both levels had the property in 20 %.
    assert gap.low < (0.02 - 0.25) * 0.8 < gap.high


def test_even_error_is_not_called_uneven_more_often_than_promised():
    rng = np.random.default_rng(30_004)
    alarms = 0
    for _ in range(300):
        ids, truth, said, level = world(rng, 500, rate=0.3)
        found = by_factors(drawn(rng, ids, truth, said, 150), {"tier": level}, 0.95, None)
        alarms += bool(significant(found))
    assert alarms <= binom.ppf(0.999, 300, 0.05)


@pytest.mark.parametrize("share", [None, 0.5])
def test_strata_by_the_verdict_leave_the_test_of_equal_error_as_it_is(share):
    rng = np.random.default_rng(30_005)
    found = 0
    for _ in range(150):
        ids, truth, said, level = world(rng, 1000, rate=0.3, sens=(0.95, 0.55))
        by = by_factors(drawn(rng, ids, truth, said, 300, share), {"tier": level}, 0.95, None)
        found += bool(significant(by))
    assert found > 120


def test_a_level_with_one_label_has_no_test_that_could_tell_anything():
    of = sample({"yy": 10, "nn": 30}, {"y": 20, "n": 100})
    level = {one: "b" if k == 0 else "a" for k, one in enumerate(of.ids)}
    (by,) = by_factors(of, {"tier": level}, 0.95, 0.25)
    caught, cleared = by.tests
    assert caught.p_value == 1
    assert caught.smallest is None
    assert cleared.p_value is None  # no negative was labelled in the other
    assert by.invented[0].interval is None


def test_reads_that_could_stop_anywhere_are_given_no_test():
    of = sample({"yy": 10, "nn": 30}, {"y": 20, "n": 100}, fixed=False)
    level = {one: "ab"[k % 2] for k, one in enumerate(of.ids)}
    (by,) = by_factors(of, {"tier": level}, 0.95, 0.25)
    assert all(test.p_value is None for test in by.tests)
    assert "fixed beforehand" in by.reason


def test_strata_that_mix_verdicts_and_levels_are_given_no_test():
    of = sample({"yy": 20, "yn": 10, "ny": 6, "nn": 60}, {"y": 90, "n": 400})
    level = {one: "ab"[k % 2] for k, one in enumerate(of.ids)}
    mixed = {one: "xyz"[k % 3] for k, one in enumerate(of.ids)}
    for strata, tested in ((mixed, False), (level, True)):
        judged = tuple(
            Judged(j.transcript_id, strata[j.transcript_id], j.hit, j.why, j.said)
            for j in of.judged
        )
        by = by_factors(Sample(of.ids, strata, of.said, judged), {"tier": level}, 0.95, 0.2)
        assert (by[0].tests[0].p_value is not None) is tested
        assert bool(by[0].reason) is not tested


def with_scores(scores: dict[str, float | None], of: Sample) -> Sample:
    said = {
        one: Said(told.told, told.why, told.value, scores.get(one)) for one, told in of.said.items()
    }
    judged = tuple(
        Judged(j.transcript_id, j.stratum, j.hit, j.why, said[j.transcript_id]) for j in of.judged
    )
    return Sample(of.ids, of.strata, said, judged, of.fixed)


def test_bands_of_scores_hold_the_whole_frame_and_their_shares_are_exact():
    of = sample({"yy": 10, "yn": 5, "ny": 3, "nn": 42}, {"y": 60, "n": 180})
    scores = {one: (k % 10) / 10 for k, one in enumerate(of.ids)}
    scores[of.ids[0]] = None
    found = reliability_of(with_scores(scores, of), 0.95)
    assert found.edges == "fixed"
    assert sum(band.population for band in found.bins) + found.unscored == len(of.ids)
    band = found.bins[1]
    inside = [j for j in of.judged if scores[j.transcript_id] in (0.2, 0.3)]
    hits = sum(j.hit is True for j in inside)
    assert band.share == stats.proportion(hits, len(inside), band.population)
    assert found.area is not None
    wide = reliability_of(with_scores({one: 7.0 * k for k, one in enumerate(of.ids)}, of), 0.95)
    assert wide.edges == "quantiles"
    assert {band.population for band in wide.bins} <= {59, 60, 61}


def test_no_scores_no_bands_and_strata_no_area():
    of = sample({"yy": 10, "nn": 30}, {"y": 20, "n": 100})
    assert reliability_of(of, 0.95) is None
    scored = with_scores(dict.fromkeys(of.ids, 0.5), strata_of(of))
    assert reliability_of(scored, 0.95).area is None
    same = with_scores(dict.fromkeys(of.ids, 3.0), of)
    (band,) = reliability_of(same, 0.95).bins
    assert band.population == len(of.ids)


def test_scanners_are_compared_in_pairs_on_what_both_said():
    of = sample({"yy": 20, "yn": 10, "ny": 5, "nn": 65}, {"y": 60, "n": 340})
    other = dict.fromkeys(of.ids, NO) | {of.ids[0]: GONE}
    second = Sample(
        of.ids,
        {},
        other,
        tuple(Judged(j.transcript_id, "", j.hit, "", other[j.transcript_id]) for j in of.judged),
    )
    (pair,) = compared({"a": of, "b": second}, 0.95)
    # The second says no to all: it is right on the 75 without the property.
    assert (pair.both, pair.first_alone, pair.second_alone, pair.neither) == (65, 19, 10, 5)
    assert pair.missing == 1
    assert pair.p_value == pytest.approx(stats.mcnemar(19, 10))
    assert pair.adjusted == pair.p_value
    assert pair.sensitivity.estimate == pytest.approx(19 / 24)
    assert pair.specificity.estimate == pytest.approx(-10 / 75)
    (strata,) = compared({"a": strata_of(of), "b": strata_of(of)}, 0.95)
    assert strata.p_value is None
    assert "one random order" in strata.reason


def test_a_corrected_rate_is_the_strata_of_the_verdicts_and_its_terms_make_the_difference():
    of = sample({"yy": 18, "yn": 7, "ny": 4, "nn": 71}, {"y": 225, "n": 675})
    found = corrected(of, 0.95)
    assert found.naive.rate == 0.25
    assert found.interval == stats.stratified([18, 4], [25, 75], [250, 750])
    assert found.labels == stats.proportion(22, 100, 1000)
    terms = {one.name: one for one in found.terms}
    assert terms["said yes"].difference == pytest.approx(-0.25 * 7 / 25)
    assert terms["said no"].difference == pytest.approx(0.75 * 4 / 75)
    moved = sum(one.difference for one in found.terms)
    assert found.naive.rate + moved == pytest.approx(found.interval.estimate)
    assert sum(one.share for one in found.terms) == pytest.approx(1)


def test_missing_verdicts_are_a_group_of_their_own_and_bound_the_scanners_own_rate():
    of = sample({"yy": 18, "yn": 7, "nn": 60, "?y": 5, "?n": 10}, {"y": 225, "n": 540, "?": 135})
    found = corrected(of, 0.95)
    assert found.naive.to_dict() == {
        "positives": 250,
        "told": 850,
        "missing": 150,
        "rate": 250 / 850,
        "worst_case": {"low": 0.25, "high": 0.4},
    }
    assert {one.name for one in found.terms} == {"said yes", "said no", "no verdict"}
    moved = sum(one.difference for one in found.terms)
    assert found.naive.rate + moved == pytest.approx(found.interval.estimate)


def test_a_group_of_which_few_reads_are_to_be_expected_is_joined_before_any_label():
    of = sample({"yy": 20, "nn": 80}, {"y": 180, "n": 716, "?": 4})
    joined = joined_small(of.groups(), {"": 100})
    assert [one.population for one in joined] == [200, 796 + 4]
    found = corrected(of, 0.95)
    assert found.interval.estimate is not None
    assert {one.name for one in found.terms} == {"said no or no verdict", "said yes"}


def test_a_corrected_gap_is_the_difference_of_corrected_rates_and_covers_the_true_one():
    rng = np.random.default_rng(30_006)
    ids, truth, said, level = world(rng, 1200, rate=0.3, spec=(0.98, 0.7))
    true = truth[::2].mean() - truth[1::2].mean()
    naive = []
    held = 0
    for _ in range(200):
        of = drawn(rng, ids, truth, said, 300)
        parts = [(name, of.among(lambda one, n=name: level[one] == n)) for name in "ab"]
        found = corrected_gap(*parts, 0.95)
        held += found.interval.low <= true <= found.interval.high
        naive.append(found.naive)
        estimates = [made.interval.estimate for _, made in (found.first, found.second)]
        assert found.interval.estimate == pytest.approx(estimates[0] - estimates[1])
    assert held >= binom.ppf(0.001, 200, 0.95)
    assert max(naive) < -0.1  # what the scanner alone makes of it


def test_errors_carry_over_by_lang_and_reiczigel_alone_and_marked():
    known = calibrated(sample({"yy": 45, "yn": 30, "ny": 5, "nn": 70}, {"n": 500}))
    naive = naive_of(sample({}, {"y": 400, "n": 600}).groups())
    found = carried_over(naive, known, 0.95)
    assert found == stats.judge_adjusted(0.4, 1000, 0.7, 100, 0.9, 50)
    assert "approximate" in found.method
    strata = calibrated(strata_of(sample({"yy": 45, "nn": 70}, {"n": 500})))
    assert "random order" in carried_over(naive, strata, 0.95)
    one_sided = calibrated(sample({"nn": 70}, {"n": 500}))
    assert "all say the same" in carried_over(naive, one_sided, 0.95)
