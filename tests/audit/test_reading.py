"""Readings: which labels count, and which stopping rule was kept."""

import pytest
from msgspec import structs
from tests.audit.desk import WANTED, Desk

from allegiance.audit.properties import asked_for
from allegiance.audit.reading import reading_of


@pytest.fixture
def desk():
    return Desk()


def reading(desk, name="a", wanted=WANTED, rater=None):
    return reading_of(desk.draw(name), desk.record, wanted, rater)


def rule(desk, **how):
    return str(reading(desk, **how).rule)


def test_labels_count_up_to_the_first_place_without_one(desk):
    desk.make(n=10)
    desk.labels("nyn")
    desk.labels("yy", start=6)
    found = reading(desk)
    assert [one.position for one in found.reads] == [1, 2, 3]
    assert (found.hits, found.observed, found.beyond) == (1, 3, 2)
    assert (found.size, found.population) == (10, 40)
    desk.labels("n", start=4)
    assert reading(desk).observed == 4
    desk.labels("n", start=5)
    assert (reading(desk).hits, reading(desk).observed, reading(desk).beyond) == (3, 7, 0)


def test_nothing_labelled_is_an_empty_reading(desk):
    desk.make(n=10, stop="fixed 10")
    found = reading(desk)
    assert (found.reads, found.hits, found.looks, found.why) == ((), 0, (), "")
    desk.label(2)
    assert (reading(desk).reads, reading(desk).beyond) == ((), 1)


def test_a_label_counts_whatever_route_it_was_given_by(desk):
    desk.make("a", n=10)
    desk.make("b", n=40, seed=8)
    place = desk.draw("b").position(desk.draw("a").order[0])
    desk.label(place, "yes", name="b")
    assert reading(desk, "a").hits == 1


def test_labels_under_another_definition_or_in_another_category_do_not_count(desk):
    desk.make(n=10)
    desk.label(1, "yes", wanted=structs.replace(WANTED, digest="another"))
    assert reading(desk).reads == ()
    desk.label(1, "yes", rater="bob", wanted=structs.replace(WANTED, category="other"))
    assert reading(desk).reads == ()
    desk.label(1, "no", rater="bob")
    assert (reading(desk).observed, reading(desk).hits) == (1, 0)


def test_a_value_other_than_yes_may_be_the_hit(desk):
    refused = structs.replace(WANTED, value="refused")
    desk.make(n=10, properties=(refused,))
    desk.label(1, "refused")
    desk.label(2, "complied")
    assert (reading(desk, wanted=refused).hits, reading(desk, wanted=refused).observed) == (1, 2)


def test_raters_who_disagree_leave_a_place_missing_and_agreeing_ones_count_once(desk):
    desk.make(n=10)
    desk.labels("yyn")
    desk.labels("yn", rater="bob")
    found = reading(desk)
    assert [one.hit for one in found.reads] == [True, None, False]
    assert [one.missing for one in found.reads] == ["", "disputed", ""]
    assert (found.hits, found.observed, found.missing) == (1, 2, 1)
    assert [len(one.labels) for one in found.reads] == [2, 2, 1]


def test_the_labels_of_one_rater_may_be_counted_alone(desk):
    desk.make(n=10)
    desk.labels("yyn")
    desk.labels("yn", rater="bob")
    found = reading(desk, rater="bob")
    assert (found.hits, found.observed, found.missing) == (1, 2, 0)


def test_a_revised_label_counts_as_it_stands(desk):
    desk.make(n=10)
    desk.labels("yn")
    desk.label(1, "no", kind="relabel")
    assert (reading(desk).hits, reading(desk).observed) == (0, 2)


def test_a_place_that_is_skipped_is_missing_and_no_gap(desk):
    desk.make(n=10)
    desk.labels("ysn")
    found = reading(desk)
    assert [one.missing for one in found.reads] == ["", "skipped", ""]
    assert (found.hits, found.observed, found.missing) == (1, 2, 1)
    desk.label(2, "yes")
    assert (reading(desk).hits, reading(desk).missing) == (2, 0)


def test_a_skip_in_another_draw_does_not_undo_one_in_this(desk):
    desk.make("a", n=10)
    desk.make("b", n=40, seed=8)
    desk.labels("ysn", name="a")
    desk.skip(desk.draw("b").position(desk.draw("a").order[1]), name="b")
    assert len(reading(desk, "a").reads) == 3


def test_a_fixed_number_is_fixed_once_all_are_told(desk):
    desk.make(n=5, stop="fixed 5")
    desk.labels("nnyn")
    assert (rule(desk), reading(desk).why) == ("open", "4 of the 5 drawn are labelled")
    desk.labels("s", start=5)
    assert (rule(desk), reading(desk).why) == ("fixed 5", "")


@pytest.mark.parametrize("kind", ["estimate", "claim"])
def test_a_look_between_the_first_label_and_the_last_makes_a_fixed_draw_open(desk, kind):
    desk.make(n=5, stop="fixed 5")
    desk.labels("nny")
    seq = desk.look(kind=kind)
    desk.labels("nn", start=4)
    found = reading(desk)
    assert str(found.rule) == "open"
    assert found.why == f"an estimate was looked at before all were read (event {seq})"
    assert [look.seq for look in found.looks] == [seq]


def test_a_look_before_the_first_label_or_after_the_last_leaves_it_fixed(desk):
    desk.make(n=5, stop="fixed 5")
    desk.look()
    desk.labels("nnynn")
    desk.look()
    assert (rule(desk), reading(desk).looks) == ("fixed 5", ())
    desk.label(1, "yes", kind="relabel")  # a correction is no new reading
    assert rule(desk) == "fixed 5"


def test_a_look_at_another_draw_or_another_category_is_none_at_this(desk):
    desk.make("a", n=5, stop="fixed 5")
    desk.make("b", n=5, seed=8)
    desk.labels("nn")
    desk.look("b")
    desk.look("a", category="other")
    desk.labels("nnn", start=3)
    assert rule(desk) == "fixed 5"


def test_a_look_counts_where_a_place_was_skipped_first_and_labelled_after_it(desk):
    desk.make(n=3, stop="fixed 3")
    desk.labels("nns")
    desk.look()
    assert rule(desk) == "fixed 3"
    desk.label(3, "yes")
    assert rule(desk) == "open"


def test_a_look_at_labels_that_were_there_before_the_draw_counts(desk):
    desk.make("old", n=40, seed=8)
    desk.make("plan", n=5, seed=7)  # the order of a, before it is drawn
    first = desk.draw("plan").order[0]
    desk.label(desk.draw("old").position(first), "yes", name="old")
    desk.make("a", n=5, stop="fixed 5")
    desk.look("a")
    desk.labels("nnnn", start=2)
    assert rule(desk) == "open"


def test_a_draw_whose_places_were_all_labelled_before_is_fixed(desk):
    desk.make("old", n=40, seed=8)
    desk.labels("n" * 40, name="old")
    desk.look("old")
    desk.make("a", n=5, stop="fixed 5")
    desk.look("a")
    assert (rule(desk), reading(desk).observed) == ("fixed 5", 5)


def test_an_extension_after_the_first_label_makes_a_fixed_draw_open(desk):
    desk.make(n=3, stop="fixed 3")
    desk.labels("nyn")
    assert rule(desk) == "fixed 3"
    seq = desk.extend(2)
    desk.labels("nn", start=4)
    found = reading(desk)
    assert (str(found.rule), found.observed) == ("open", 5)
    assert found.why == f"it was extended after its first label (event {seq})"


def test_an_extension_before_the_first_label_only_makes_it_larger(desk):
    desk.make(n=3, stop="fixed 3")
    desk.extend(2)
    desk.labels("nynnn")
    assert (rule(desk), reading(desk).size) == ("fixed 5", 5)


@pytest.mark.parametrize("stop", ["open", "until 1 hit", "until 2 hits"])
def test_looks_and_extensions_change_no_other_rule(desk, stop):
    desk.make(n=5, stop=stop)
    desk.labels("nn")
    desk.look()
    desk.extend(2)
    desk.labels("y", start=3)
    assert (rule(desk), reading(desk).why) == (stop, "")
    assert len(reading(desk).looks) == 1


def test_a_property_is_declared_if_the_draw_says_so_before_anything_is_opened(desk):
    desk.make("a", n=5)
    desk.make("b", n=5, properties=())
    desk.open(1, "a")
    assert reading(desk, "a").declared
    assert not reading(desk, "b").declared
    for other in (
        structs.replace(WANTED, value="no"),
        structs.replace(WANTED, digest="reworded"),
        structs.replace(WANTED, category="other"),
    ):
        assert not reading(desk, "a", other).declared


@pytest.mark.parametrize("declared", [True, False])
def test_a_report_declares_what_the_reader_says(desk, declared):
    desk.make(
        n=3,
        stop="fixed 3",
        seed="",
        testimony={
            "reader": "R.",
            "order": "random",
            "reads": desk.ids[:3],
            "declared": declared,
        },
    )
    assert reading(desk).declared is declared


def test_a_report_of_another_number_than_was_to_be_read_is_open(desk):
    said = {"reader": "R.", "order": "random", "reads": desk.ids[:3], "declared": True}
    desk.make(n=3, stop="fixed 10", seed="", testimony=said)
    desk.labels("nyn")
    assert (rule(desk), reading(desk).why) == ("open", "3 were read, and 10 were to be")


def test_strata_are_counted_each_with_its_own_population(desk):
    desk.make(
        n=6,
        stop="fixed 6",
        design="stratified",
        strata={"yes": (desk.ids[:10], 2), "no": (desk.ids[10:], 4)},
    )
    drawn = desk.draw()
    for place, one in enumerate(drawn.order, 1):
        desk.label(place, "yes" if drawn.stratum_of(one) == "yes" else "no")
    found = reading(desk)
    counted = {
        one.name: (one.hits, one.reads, one.population)
        for one in found.strata([r.hit for r in found.reads])
    }
    assert counted == {"yes": (2, 2, 10), "no": (0, 4, 30)}
    unread = found.strata([None] * 6)
    assert [one.reads for one in unread] == [0, 0]


def test_the_record_up_to_an_event_gives_the_reading_of_that_time(desk):
    desk.make(n=5, stop="fixed 5")
    desk.labels("nnynn")
    desk.look()
    drawn, whole = desk.draw(), desk.events
    desk.events = whole[:4]
    assert reading_of(drawn, desk.record, WANTED).observed == 3
    desk.events = whole
    assert reading_of(drawn, desk.record, WANTED).observed == 5


def test_a_reply_that_was_cut_off_is_missing_from_a_rate_of_refusals(desk):
    refused = asked_for("outcome=refused")
    desk.make(n=3, stop="fixed 3", properties=(refused,))
    for position, value in enumerate(("refused", "truncated", "complied"), 1):
        desk.label(position, value, wanted=refused)
    found = reading(desk, wanted=refused)
    assert [(one.hit, one.missing) for one in found.reads] == [
        (True, ""),
        (None, "no outcome"),
        (False, ""),
    ]
    assert (found.hits, found.observed, found.missing) == (1, 2, 1)
