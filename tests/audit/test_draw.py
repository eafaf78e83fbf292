"""Draws: what is put on record, found again, extended, and refused."""

import hmac
import math
from itertools import pairwise

import pytest

from allegiance.audit.design import order_digest
from allegiance.audit.draw import extend_draw, make_draw, open_draw, ranking
from allegiance.audit.frames import frame
from allegiance.audit.labels import give_label
from allegiance.audit.opening import open_position
from allegiance.audit.properties import asked_for
from allegiance.audit.record import Record
from allegiance.errors import UsageError

MONITORED = "tier = 'monitored'"


@pytest.fixture
def draw(corpus, ledger):
    return lambda name="one", **how: make_draw(corpus, ledger, name, **how)


@pytest.fixture
def label(corpus, ledger, doubts):
    """Label places of a draw by the words of the transcript."""

    def give(drawn, *positions, wanted=doubts, value=None):
        for position in positions:
            found = corpus.get(open_position(drawn, ledger, position, "ann"))
            said = value or ("yes" if "not real" in found.text else "no")
            give_label(ledger, found, wanted, said, "ann", draw=drawn)

    return give


def by_hmac(ids, key):
    return tuple(
        sorted(ids, key=lambda one: hmac.new(key.encode(), one.encode(), "sha256").digest())
    )


def again(corpus, ledger, name="one"):
    return open_draw(corpus, Record.of(ledger), name)


def test_a_random_draw_is_the_first_of_the_keyed_order_of_its_frame(corpus, ledger, draw):
    drawn = draw(n=20, where=MONITORED, seed=11)
    assert drawn.order == by_hmac(corpus.ids(MONITORED), "11")[:20]
    assert drawn.spec.order_digest == order_digest(drawn.order)
    found = again(corpus, ledger)
    assert (found.order, found.spec) == (drawn.order, drawn.spec)
    assert found.position(drawn.order[4]) == 5


def test_seed_0_is_a_seed(corpus, draw):
    drawn = draw(n=20, seed=0)
    assert drawn.order == by_hmac(corpus.ids(), "0")[:20]
    assert (drawn.spec.seed, drawn.spec.seed_given) == ("0", True)


def test_without_a_seed_random_bits_are_taken_and_recorded(corpus, ledger, draw):
    one, two = draw("one", n=20), draw("two", n=20)
    seeds = {int(one.spec.seed), int(two.spec.seed)}
    assert len(seeds) == 2
    assert all(0 <= seed < 2**64 for seed in seeds)
    assert not one.spec.seed_given
    assert again(corpus, ledger).order == by_hmac(corpus.ids(), one.spec.seed)[:20]


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(draw, seed):
    with pytest.raises(UsageError, match=f"--seed {seed}"):
        draw(n=3, seed=seed)


def test_a_draw_refused_is_not_on_record(ledger, draw):
    with pytest.raises(UsageError):
        draw(n=10_000)
    assert ledger.head().seq == 0


@pytest.mark.parametrize(
    ("how", "named"),
    [
        ({"n": 301}, "holds 300 transcripts, and 301"),
        ({"stop": "fixed 301"}, "301 were asked for"),
        ({"n": 20, "stop": "fixed 30"}, "two numbers"),
        ({"stop": "fixed"}, "say how many"),
        ({"n": 0}, "1 transcript or more"),
        ({"n": -3}, "1 transcript or more"),
        ({"stop": "undeclared"}, "declares its rule"),
        ({"stop": "soon"}, "--stop soon"),
        ({"n": 5, "where": "epoch > 100"}, "holds no transcript"),
        ({"n": 5, "design": "convenient"}, "--design convenient"),
        ({"n": 5, "design": "stratified"}, "needs --by"),
        ({"n": 5, "design": "top"}, "needs --by"),
        ({"n": 5, "by": "tier"}, "goes with --design"),
        ({"n": 5, "pilot": "p"}, "--pilot settles the allocation"),
        ({"design": "stratified", "by": "tier"}, "say with --n"),
        ({"design": "stratified", "by": "tier", "n": 9, "stop": "until 1 hit"}, "--stop until"),
        ({"design": "top", "by": "scores.judge", "n": 9, "stop": "until 1 hit"}, "--stop until"),
        ({"design": "stratified", "by": "nowhere", "n": 9}, "nowhere"),
        ({"design": "stratified", "by": "scores.jugde", "n": 9}, "no transcript of the frame"),
        ({"design": "top", "by": "scores.jugde", "n": 9}, "no transcript of the frame"),
        ({"design": "stratified", "by": "label.doubts", "n": 9}, "labels make no strata"),
        ({"design": "top", "by": "scores.judge", "n": 300}, "hold a value, and 300"),
        ({"design": "census", "n": 5}, "a census reads all 300"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_one_sentence(draw, how, named):
    with pytest.raises(UsageError, match=named) as refused:
        draw(**how)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["", "new", "list", "extend", "a b", "-a", "a/b", "x" * 65, "é"])
def test_names_that_the_command_line_could_not_take_are_refused(draw, name):
    with pytest.raises(UsageError, match="can't name a draw"):
        draw(name, n=3)


def test_a_second_draw_of_the_same_name_is_refused(draw):
    draw("one", n=3)
    with pytest.raises(UsageError, match="There is a draw one already"):
        draw("one", n=3)


def test_a_draw_that_is_not_there_is_named_with_those_that_are(corpus, ledger, draw):
    with pytest.raises(UsageError, match="none yet"):
        again(corpus, ledger, "other")
    draw("one", n=3)
    with pytest.raises(UsageError, match="no draw 'other'; there are: one"):
        again(corpus, ledger, "other")


@pytest.mark.parametrize(
    ("n", "stop", "rule", "size"),
    [
        (20, None, "fixed 20", 20),
        (None, None, "open", None),
        (None, "fixed 20", "fixed 20", 20),
        (20, "fixed", "fixed 20", 20),
        (20, "fixed 20", "fixed 20", 20),
        (20, "open", "open", 20),
        (None, "open", "open", None),
        (None, "until 2 hits", "until 2 hits", None),
        (20, "until 2 hits", "until 2 hits", 20),
    ],
)
def test_the_number_and_the_stopping_rule_stand_for_each_other(draw, n, stop, rule, size):
    drawn = draw(n=n, stop=stop)
    assert (str(drawn.spec.stop), drawn.spec.n) == (rule, size)
    assert len(drawn.order) == (size or 300)


def test_a_census_is_the_whole_frame_in_a_keyed_order(corpus, draw):
    drawn = draw(design="census", where="epoch = 1", seed=4)
    assert drawn.order == by_hmac(corpus.ids("epoch = 1"), "4")
    assert str(drawn.spec.stop) == "fixed 60"


def test_the_top_goes_by_score_with_ties_by_id_and_without_those_that_have_none(corpus, draw):
    drawn = draw(design="top", by="scores.judge", n=150)
    scores = {
        one: corpus.get(one).scores for one in corpus.ids()
    }  # JSON text, such as {"judge":{"value":0.5}}
    value = {
        one: float(s.split('"value":')[1].strip("}")) for one, s in scores.items() if s != "{}"
    }
    assert drawn.order == tuple(sorted(value, key=lambda one: (-value[one], one)))[:150]
    assert all(value[a] >= value[b] for a, b in pairwise(drawn.order))
    assert (drawn.spec.seed, drawn.spec.seed_given) == ("", False)
    assert ranking(frame(corpus), "scores.judge")[:150] == drawn.order
    assert len(ranking(frame(corpus), "scores.judge")) == len(value) < 300


def test_a_top_never_reaches_those_without_a_score_by_an_extension(corpus, ledger, draw):
    drawn = draw(design="top", by="scores.judge", n=150)
    there = len(ranking(frame(corpus), "scores.judge"))
    with pytest.raises(UsageError, match=f"holds {there - 150}"):
        extend_draw(corpus, ledger, "one", there - 149)
    assert len(extend_draw(corpus, ledger, "one", there - 150).order) == there > len(drawn.order)


def test_strata_are_read_in_one_mixed_order_and_each_gives_its_first(corpus, ledger, draw):
    drawn = draw(
        n=60, design="stratified", by="verdict.talks_about_lying", seed=3, allocation="10/90"
    )
    said = corpus.verdicts(category="talks-about-lying").to_pylist()
    value = {row["transcript_id"]: row["value"] for row in said}
    strata = {s.name: (s.population, s.reads) for s in drawn.spec.strata}
    for name in ("yes", "no"):
        members = [one for one in value if value[one] == name]
        n = {"yes": 6, "no": 54}[name]
        assert strata[name] == (len(members), n)
        assert {o for o in drawn.order if value[o] == name} == set(by_hmac(members, "3")[:n])
    assert drawn.order == by_hmac(drawn.order, "3 strata")
    assert all(drawn.stratum_of(one) == value[one] for one in drawn.order)
    assert again(corpus, ledger).order == drawn.order


def test_strata_may_be_bands_of_a_score_with_those_that_have_none_last(draw):
    drawn = draw(n=40, design="stratified", by="scores.judge:0.3,0.6")
    names = [stratum.name for stratum in drawn.spec.strata]
    assert names == ["below 0.3", "0.3 to 0.6", "0.6 and more", "(none)"]
    assert sum(stratum.population for stratum in drawn.spec.strata) == 300


def test_an_extension_appends_by_the_same_seed(corpus, ledger, draw):
    first = draw(n=20, seed=5)
    more = extend_draw(corpus, ledger, "one", 15)
    assert more.order == by_hmac(corpus.ids(), "5")[:35]
    assert more.order[:20] == first.order
    assert more.record.extensions[0][1].order_digest == order_digest(more.order)
    assert again(corpus, ledger).order == more.order
    assert len(extend_draw(corpus, ledger, "one", 265).order) == 300


def test_an_extension_of_strata_appends_in_the_same_shares(corpus, ledger, draw):
    first = draw(n=20, design="stratified", by="tier", seed=5, allocation="25/75")
    for _ in range(20):  # one at a time, none of which could keep the shares by itself
        more = extend_draw(corpus, ledger, "one", 1)
    assert more.order[:20] == first.order
    drawn = [more.stratum_of(one) for one in more.order]
    assert (drawn.count("monitored"), drawn.count("unmonitored")) == (10, 30)
    monitored = corpus.ids(MONITORED)
    assert {o for o in more.order if o in monitored} == set(by_hmac(monitored, "5")[:10])
    assert again(corpus, ledger).order == more.order


@pytest.mark.parametrize(("more", "named"), [(0, "1 or more"), (-1, "1 or more"), (281, "280")])
def test_an_extension_that_cannot_be_is_refused(corpus, ledger, draw, more, named):
    draw(n=20)
    with pytest.raises(UsageError, match=named):
        extend_draw(corpus, ledger, "one", more)


def test_a_draw_of_the_whole_frame_needs_no_extension(corpus, ledger, draw):
    draw(stop="open")
    with pytest.raises(UsageError, match="just read on"):
        extend_draw(corpus, ledger, "one", 1)


def test_a_pilot_sets_the_shares_and_is_left_out_of_the_frame(corpus, draw, label, doubts):
    pilot = draw("pilot", n=40, design="stratified", by="verdict.doubts", allocation="50/50")
    label(pilot, *range(1, 41))
    main = draw(
        "main", n=60, design="stratified", by="verdict.doubts", pilot="pilot", properties=[doubts]
    )
    assert not set(main.order) & set(pilot.order)
    assert len(main.frame) == 260
    assert "without those of the pilot pilot" in main.spec.frame.name
    assert (main.spec.allocation, main.spec.pilot) == ("pilot pilot", "pilot")
    sizes = {s.name: s.population for s in main.spec.strata}
    told = {name: [0, 0] for name in sizes}
    for one in pilot.order:
        told[pilot.stratum_of(one)][0] += "not real" in corpus.get(one).text
        told[pilot.stratum_of(one)][1] += 1
    rates = {name: (hits + 0.5) / (seen + 1) for name, (hits, seen) in told.items()}
    weight = {name: sizes[name] * math.sqrt(r * (1 - r)) for name, r in rates.items()}
    for stratum in main.spec.strata:
        wanted = 60 * weight[stratum.name] / sum(weight.values())
        assert stratum.reads == pytest.approx(wanted, abs=1)


def test_a_pilot_without_labels_or_without_a_category_is_refused(draw, doubts):
    draw("pilot", n=10)
    how = {"n": 20, "design": "stratified", "by": "tier", "pilot": "pilot"}
    with pytest.raises(UsageError, match="say with --category"):
        draw("main", **how)
    with pytest.raises(UsageError, match="nothing of it is labelled"):
        draw("main", **how, properties=[doubts])
    with pytest.raises(UsageError, match="no draw 'other'"):
        draw("main", **{**how, "pilot": "other"}, properties=[doubts])


def test_a_draw_among_confirmed_holds_what_labels_agree_on(corpus, ledger, draw, label, doubts):
    first = draw("first", n=30, properties=[doubts])
    label(first, *range(1, 31))
    confirmed = [one for one in first.order if "not real" in corpus.get(one).text]
    disputed, *stand = confirmed
    give_label(ledger, corpus.get(disputed), doubts, "no", "bob")
    among = draw("among", stop="open", among_confirmed="doubts")
    assert set(among.order) == set(stand)
    assert among.spec.frame.labels_as_of == Record.of(ledger).draw("among").seq - 1
    inside = draw(
        "inside", stop="open", among_confirmed="doubts", where=f"{MONITORED} OR epoch = 1"
    )
    wanted = set(corpus.ids(f"{MONITORED} OR epoch = 1"))
    assert set(inside.order) == set(stand) & wanted
    assert again(corpus, ledger, "inside").order == inside.order


def test_a_draw_among_confirmed_takes_a_filter_of_any_form_and_another_value(
    corpus, ledger, draw, label
):
    outcome = asked_for("outcome=refused")
    first = draw("first", n=30)
    label(first, *range(1, 11), wanted=outcome, value="refused")
    label(first, *range(11, 31), wanted=outcome, value="complied")
    among = draw(
        "among", stop="open", among_confirmed="outcome=refused", where={"tier": "monitored"}
    )
    assert set(among.order) == set(first.order[:10]) & set(corpus.ids(MONITORED))
    with pytest.raises(UsageError, match="holds no transcript"):
        draw("none", stop="open", among_confirmed="outcome=it's")


def test_a_seed_by_which_the_labels_of_a_frame_were_got_is_refused(corpus, ledger, draw, label):
    first = draw("first", n=60, seed=12)
    label(first, *range(1, 61))
    with pytest.raises(UsageError, match="--seed 12 was used by the draw first"):
        draw("among", stop="open", among_confirmed="doubts", seed=12)
    assert draw("among", stop="open", among_confirmed="doubts", seed=13).order


def test_a_seed_stays_refused_when_its_labels_were_changed_elsewhere(corpus, ledger, draw, doubts):
    first = draw("first", n=5, seed=12)
    for one in first.order:
        give_label(ledger, corpus.get(one), doubts, "no", "ann", draw=first)
        give_label(ledger, corpus.get(one), doubts, "yes", "ann")
    with pytest.raises(UsageError, match="--seed 12 was used"):
        draw("among", stop="open", among_confirmed="doubts", seed=12)


def test_a_property_cannot_be_declared_anew_over_an_order_that_was_read(
    corpus, ledger, draw, doubts
):
    """Else reading without a declared property, and drawing the same again, would license a rate."""
    first = draw("first", n=20, seed=12)
    open_position(first, ledger, 1)
    with pytest.raises(UsageError, match="read already"):
        draw("second", n=20, seed=12, properties=[doubts])
    tier = corpus.get(first.order[0]).condition["tier"]
    with pytest.raises(UsageError, match="read already"):  # a part of it is in the same order
        draw("part", n=5, seed=12, where=f"tier = '{tier}'", properties=[doubts])
    assert draw("fresh", n=20, properties=[doubts]).order != first.order


def test_a_seed_may_be_used_again_while_nothing_was_read_by_it(draw, doubts):
    assert draw("first", n=20, seed=12).order == draw("second", n=20, seed=12).order


def test_a_draw_opened_anew_is_what_everybody_else_draws(corpus, ledger, draw):
    drawn = draw(n=20, where="verdict.doubts = 'yes'", seed=2)
    assert again(corpus, ledger).frame.ids == drawn.frame.ids
    outside = next(one for one in corpus.ids() if one not in drawn.order)
    with pytest.raises(UsageError, match="is not in the draw one"):
        drawn.position(outside)


def test_an_opening_is_on_record_with_its_place(corpus, ledger, draw):
    drawn = draw(n=3)
    assert open_position(drawn, ledger, 2, "ann") == drawn.order[1]
    (sight,) = Record.of(ledger).sights
    assert (sight.transcript_id, sight.place, sight.actor) == (drawn.order[1], 2, "ann")
    assert (sight.route.kind, sight.route.draw, sight.route.population) == ("draw", "one", 300)
    for position in (0, 4, -1):
        with pytest.raises(UsageError, match="places 1 to 3"):
            open_position(drawn, ledger, position)
