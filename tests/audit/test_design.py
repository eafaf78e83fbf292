"""Designs: known orders, orders that tell nothing, and shares that add up."""

import hashlib
import hmac
import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from allegiance.audit.design import (
    Batches,
    allocated,
    extended,
    in_strata,
    keyed,
    order_digest,
    ranked,
    read_by,
    read_stop,
    strata_of,
    weighed,
)
from allegiance.audit.specs import StratumSpec
from allegiance.errors import UsageError

IDS = tuple(hashlib.sha256(str(n).encode()).hexdigest() for n in range(500))


def by_hmac(ids, key: str):
    """The order as anyone can recompute it."""
    return tuple(
        sorted(ids, key=lambda one: hmac.new(key.encode(), one.encode(), "sha256").hexdigest())
    )


def counts(strata):
    return tuple(one.reads for one in strata)


def test_the_order_of_seed_7_is_the_one_written_down_here():
    ids = ["a" * 64, "b" * 64, "c" * 64, "d" * 64]
    assert [one[0] for one in keyed(ids, "7")] == ["b", "a", "c", "d"]  # by openssl dgst -hmac
    assert [one[0] for one in keyed(ids, "0")] != [one[0] for one in keyed(ids, "7")]


@pytest.mark.parametrize("seed", ["0", "7", "18446744073709551615"])
def test_the_order_is_ascending_hmac_of_the_id_with_the_seed_as_key(seed):
    assert keyed(IDS, seed) == by_hmac(IDS, seed)
    assert keyed((), seed) == ()


def test_the_order_does_not_depend_on_how_the_ids_came():
    assert keyed(IDS[::-1], "3") == keyed(IDS, "3")


def test_an_order_has_the_digest_of_its_ids_joined_by_newlines():
    assert order_digest(["x", "y"]) == hashlib.sha256(b"x\ny").hexdigest()
    assert order_digest(["x", "y"]) != order_digest(["y", "x"])


def drawn(sizes, reads, seed="5"):
    members, start = {}, 0
    for name, size in sizes.items():
        members[name] = IDS[start : start + size]
        start += size
    strata = tuple(
        StratumSpec(name=name, population=size, reads=reads[name]) for name, size in sizes.items()
    )
    return members, in_strata(members, Batches((strata,)), seed)


def test_each_stratum_gives_its_first_in_the_keyed_order():
    members, order = drawn({"yes": 20, "no": 480}, {"yes": 10, "no": 90})
    for name, n in (("yes", 10), ("no", 90)):
        assert {one for one in order if one in members[name]} == set(
            by_hmac(members[name], "5")[:n]
        )
    assert len(order) == len(set(order)) == 100


def test_strata_are_mixed_by_a_key_that_anyone_can_recompute():
    _, order = drawn({"yes": 20, "no": 480}, {"yes": 10, "no": 90})
    assert order == by_hmac(order, "5 strata")


def test_the_place_in_a_stratified_order_tells_nothing_of_the_stratum():
    """A stratum drawn whole and one of which little is drawn: both stand anywhere, over 200 seeds."""
    places: dict[str, list[int]] = {"yes": [], "no": []}
    firsts = 0
    for seed in range(200):
        members, order = drawn({"yes": 20, "no": 480}, {"yes": 20, "no": 20}, str(seed))
        inside = [one in members["yes"] for one in order]
        for place, yes in enumerate(inside):
            places["yes" if yes else "no"].append(place)
        firsts += sum(inside[:20])
    assert mannwhitneyu(places["yes"], places["no"]).pvalue > 1e-3
    assert abs(firsts - 2000) < 4 * math.sqrt(200 * 40 / 4 / 4)


def test_any_part_of_a_stratified_order_is_random_inside_each_stratum():
    """The first of a small stratum to be read is each of its members equally often."""
    seen = dict.fromkeys(IDS[:10], 0)
    for seed in range(1000):
        members, order = drawn({"yes": 10, "no": 200}, {"yes": 5, "no": 20}, str(seed))
        seen[next(one for one in order if one in members["yes"])] += 1
    assert sum((n - 100) ** 2 / 100 for n in seen.values()) < 27.9  # 99.9 % of chi-square, 9


def test_what_an_extension_adds_comes_after_what_was_there():
    members = {"yes": IDS[:50], "no": IDS[50:]}

    def batch(yes, no):
        return (
            StratumSpec(name="yes", population=50, reads=yes),
            StratumSpec(name="no", population=450, reads=no),
        )

    before = in_strata(members, Batches((batch(5, 15),)), "9")
    after = in_strata(members, Batches((batch(5, 15), batch(2, 8))), "9")
    assert after[:20] == before
    assert set(after) == {*by_hmac(IDS[:50], "9")[:7], *by_hmac(IDS[50:], "9")[:23]}


SIZES = st.lists(st.integers(1, 60), min_size=1, max_size=5).map(
    lambda sizes: {f"s{i}": size for i, size in enumerate(sizes)}
)


@st.composite
def shared_out(draw):
    sizes = draw(SIZES)
    return sizes, draw(st.integers(0, sum(sizes.values())))


def sound(strata, sizes, reads, meant=None):
    meant = sizes if meant is None else meant
    assert [one.name for one in strata] == list(sizes)
    assert all(0 <= one.reads <= one.population == sizes[one.name] for one in strata)
    assert sum(counts(strata)) == reads
    if reads >= len(meant):
        assert all(one.reads for one in strata if one.name in meant)


@given(shared_out())
def test_proportional_shares_add_up_and_leave_no_stratum_out(case):
    sizes, reads = case
    strata = allocated(sizes, reads)
    sound(strata, sizes, reads)
    whole = sum(sizes.values())
    for one in strata:  # within one read, but for the one that each is given first
        assert one.reads <= max(math.ceil(reads * one.population / whole) + 1, 1)


@given(shared_out(), st.data())
def test_any_shares_add_up_and_never_ask_more_of_a_stratum_than_it_has(case, data):
    sizes, reads = case
    shares = data.draw(st.lists(st.integers(0, 100), min_size=len(sizes), max_size=len(sizes)))
    meant = {name: size for (name, size), share in zip(sizes.items(), shares, strict=True) if share}
    how = "/".join(map(str, shares))
    if not meant or sum(meant.values()) < reads:
        if reads or not meant:
            with pytest.raises(UsageError):
                allocated(sizes, reads, how)
        return
    strata = allocated(sizes, reads, how)
    sound(strata, sizes, reads, meant)
    assert all(not one.reads for one in strata if one.name not in meant)


@given(shared_out(), st.data())
def test_a_pilot_shares_out_what_adds_up_and_leaves_no_stratum_out(case, data):
    sizes, reads = case
    pilot = {}
    for name in sizes:
        seen = data.draw(st.integers(0, 20))
        pilot[name] = (data.draw(st.integers(0, seen)), seen)
    sound(weighed(sizes, reads, pilot), sizes, reads)


@pytest.mark.parametrize(
    ("how", "wanted"),
    [
        ("proportional", (10, 90)),
        ("10/90", (10, 90)),
        ("50/50", (50, 50)),
        ("25/75", (25, 75)),
        ("1/2", (33, 67)),
        ("100/0", (100, 0)),
        ("0/100", (0, 100)),
        ("yes=7,no=93", (7, 93)),
        ("no=93, yes=7", (7, 93)),
        ("no=100", (0, 100)),
    ],
)
def test_shares_come_out_as_they_are_written(how, wanted):
    assert counts(allocated({"yes": 1000, "no": 9000}, 100, how)) == wanted


def test_what_a_small_stratum_cannot_give_is_read_from_the_others():
    assert counts(allocated({"yes": 5, "no": 500}, 100, "50/50")) == (5, 95)
    assert counts(allocated({"a": 5, "b": 500, "c": 500}, 101, "50/25/25")) == (5, 48, 48)


@pytest.mark.parametrize(
    ("reads", "how", "named"),
    [
        (20_000, "proportional", "10,000 transcripts"),
        (100, "50", "one share for each"),
        (100, "10/20/70", "one share for each"),
        (100, "ten/ninety", "one share for each"),
        (100, "-10/110", "one share for each"),
        (100, "0/0", "above 0"),
        (100, "yes=50,no=60", "110 reads, and --n is 100"),
        (100, "yes=50,maybe=50", "the reads of each stratum"),
        (100, "yes=1.5,no=98.5", "the reads of each stratum"),
        (2000, "yes=1500,no=500", "holds 1,000, not 1,500"),
        (2000, "100/0", "hold 1,000 transcripts"),
    ],
)
def test_shares_that_cannot_be_are_refused(reads, how, named):
    with pytest.raises(UsageError, match=named):
        allocated({"yes": 1000, "no": 9000}, reads, how)


def test_a_pilot_gives_neymans_allocation():
    """N times the standard deviation: half of 1,000 against 1 % of 9,000."""
    strata = weighed({"yes": 1000, "no": 9000}, 100, {"yes": (50, 100), "no": (1, 100)})
    spread = [1000 * math.sqrt(0.5 * 0.5), 9000 * math.sqrt((1.5 / 101) * (1 - 1.5 / 101))]
    assert counts(strata)[0] == pytest.approx(100 * spread[0] / sum(spread), abs=1)


def test_a_stratum_in_which_the_pilot_saw_nothing_is_read_all_the_same():
    strata = weighed({"yes": 100, "no": 10_000}, 200, {"yes": (10, 20), "no": (0, 20)})
    assert counts(strata)[1] > 100
    unseen = weighed({"yes": 100, "no": 100}, 20, {"yes": (0, 20)})
    assert counts(unseen)[1] > counts(unseen)[0]


def strata_with(sizes, reads):
    return tuple(
        StratumSpec(name=name, population=size, reads=n)
        for (name, size), n in zip(sizes.items(), reads, strict=True)
    )


@settings(max_examples=50)
@given(st.integers(1, 40), st.integers(1, 60), st.sampled_from(["10/90", "proportional", "1/1"]))
def test_many_small_extensions_keep_the_shares_of_one_large_draw(step, times, how):
    sizes = {"yes": 3000, "no": 7000}
    strata = allocated(sizes, 20, how)
    reads = {one.name: one.reads for one in strata}
    for _ in range(times):
        for one in extended(strata, reads, step, how):
            reads[one.name] += one.reads
    total = 20 + step * times
    assert sum(reads.values()) == total
    share = {"10/90": 0.1, "proportional": 0.3, "1/1": 0.5}[how]
    assert abs(reads["yes"] - share * total) <= 1


def test_a_stratum_that_the_first_draw_had_no_room_for_is_read_once_there_is():
    sizes = {"a": 100, "b": 100, "c": 10}
    strata = allocated(sizes, 2)
    assert counts(strata) == (1, 1, 0)
    assert counts(extended(strata, {"a": 1, "b": 1, "c": 0}, 4, "proportional"))[2] == 1


def test_an_extension_keeps_a_share_of_nothing_at_nothing():
    strata = allocated({"yes": 30, "no": 100}, 10, "100/0")
    assert counts(extended(strata, {"yes": 10, "no": 0}, 20, "100/0")) == (20, 0)
    with pytest.raises(UsageError, match="hold 30 transcripts"):
        extended(strata, {"yes": 10, "no": 0}, 21, "100/0")


@pytest.mark.parametrize("how", ["yes=10,no=30", "pilot first"])
def test_an_extension_goes_on_in_the_shares_that_numbers_or_a_pilot_settled(how):
    strata = strata_with({"yes": 100, "no": 500}, (10, 30))
    assert counts(extended(strata, {"yes": 10, "no": 30}, 20, how)) == (5, 15)


def test_strata_begin_with_yes_and_end_with_those_without_a_value():
    found = strata_of("abcde", [None, "no", "yes", "maybe", "no"])
    assert list(found) == ["yes", "maybe", "no", "(none)"]
    assert found["no"] == ["b", "e"]
    assert found["(none)"] == ["a"]


def test_bands_take_a_score_at_a_cut_into_the_band_above():
    found = strata_of("abcdef", [0.3, 0.1, 0.7, None, 0.69, 1], (0.3, 0.7))
    assert found == {
        "below 0.3": ["b"],
        "0.3 to 0.7": ["a", "e"],
        "0.7 and more": ["c", "f"],
        "(none)": ["d"],
    }


@pytest.mark.parametrize("value", ["high", True, [1]])
def test_bands_of_what_is_no_number_are_refused(value):
    with pytest.raises(UsageError, match="bands are of numbers"):
        strata_of("a", [value], (0.5,))


def test_bands_are_read_with_their_field():
    assert read_by("scores.judge:0.3,0.7") == ("scores.judge", (0.3, 0.7))
    assert read_by("tier") == ("tier", ())


@pytest.mark.parametrize("text", ["s:", "s:a", "s:0.7,0.3", "s:0.3,0.3", "s:nan", "s:inf", "s:1,"])
def test_cuts_that_do_not_rise_are_refused(text):
    with pytest.raises(UsageError, match="rising cuts"):
        read_by(text)


def test_a_ranking_goes_from_the_highest_down_with_ties_by_id_and_leaves_out_what_has_no_score():
    assert ranked("dbacf", [1, 2, 2, None, 0.5]) == ("a", "b", "d", "f")
    assert ranked("ab", ["C", "I"]) == ("b", "a")


def test_scores_of_several_kinds_have_no_order():
    with pytest.raises(UsageError, match="several kinds"):
        ranked("ab", [1, "high"])


@pytest.mark.parametrize(
    ("text", "kind", "number", "said"),
    [
        ("fixed 50", "fixed", 50, "fixed 50"),
        ("FIXED", "fixed", None, "fixed"),
        (" until  1 hit ", "until", 1, "until 1 hit"),
        ("until 3 hits", "until", 3, "until 3 hits"),
        ("open", "open", None, "open"),
        ("undeclared", "undeclared", None, "undeclared"),
    ],
)
def test_stopping_rules_are_read_and_written(text, kind, number, said):
    rule = read_stop(text)
    assert (rule.kind, rule.number, str(rule)) == (kind, number, said)


@pytest.mark.parametrize(
    "text", ["", "fixed 0", "fixed -1", "fixed 1.5", "until", "until 1", "until 0 hits", "soon"]
)
def test_what_is_no_stopping_rule_is_refused(text):
    with pytest.raises(UsageError, match="--stop"):
        read_stop(text)


def test_small_allocations_agree_with_the_best_of_all_that_there_are():
    """Largest remainders: no other whole numbers lie nearer to the shares."""
    for sizes in product((40, 50), (30, 60), (70,)):
        named = dict(zip("abc", sizes, strict=True))
        for reads in (10, 11, 12, 13):
            exact = np.array(sizes) * reads / sum(sizes)
            every = [(a, b, reads - a - b) for a in range(1, reads) for b in range(1, reads - a)]
            best = min(np.abs(np.array(one) - exact).max() for one in every)
            mine = np.array(counts(allocated(named, reads)))
            assert np.abs(mine - exact).max() == pytest.approx(best)
