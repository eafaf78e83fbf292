"""Histories: what a number may have been selected from stays visible."""

import pytest
from msgspec import structs
from tests.audit.desk import WANTED, Desk

from allegiance import stats
from allegiance.audit.history import History, adjusted_confidence, history_of
from allegiance.corpus.identity import frame_digest

OTHER = structs.replace(WANTED, category="other", digest="d2")


@pytest.fixture
def desk():
    return Desk()


def history(desk, name="a"):
    draw = desk.record.draw(name) if name else None
    return history_of(desk.record, frame_digest(desk.ids), desk.ids, draw)


def test_a_single_draw_has_nothing_beside_it(desk):
    desk.make()
    desk.labels("nyn")
    found = history(desk)
    assert (found.draws, found.looks, found.tried, found.seen_before) == ((), 0, 1, 0)
    assert found.categories == ("doubts",)
    assert found.lines() == ()


def test_other_draws_of_the_frame_are_named_the_abandoned_ones_too(desk):
    desk.make("abandoned", seed=1, n=5)
    desk.open(1, "abandoned")
    desk.open(2, "abandoned")
    desk.label(1, name="abandoned")
    desk.make("a", seed=2, seed_given=True)
    desk.make("unread", seed=3)
    found = history(desk)
    one, two = found.draws
    assert (one.name, one.opened, one.labelled, one.categories) == ("abandoned", 2, 1, ("doubts",))
    assert (two.name, two.opened, two.labelled) == ("unread", 0, 0)
    assert (found.seeds, found.seed_given) == (3, True)
    assert (
        "drawn before or since as abandoned (random, a random seed; 2 opened, 1 labelled; doubts)"
        in found.lines()[0]
    )
    assert "The seed was chosen by whoever drew, and not taken at random." in found.lines()


def test_draws_of_other_frames_are_counted_and_not_named(desk):
    desk.make("a")
    ids = desk.ids
    desk.ids = ids[:10]
    desk.make("b", seed=8)
    desk.ids = ids
    found = history(desk)
    assert (found.draws, found.elsewhere) == ((), 1)
    assert found.lines() == ("1 draw on other frames.",)


def test_estimates_and_claims_on_the_frame_are_counted(desk):
    desk.make("a")
    desk.labels("n")
    desk.look("a")
    desk.look("a", kind="claim")
    assert history(desk).looks == 2
    assert "2 estimates or claims on this frame seen before." in history(desk).lines()
    other = history_of(desk.record, "another frame", (), desk.record.draw("a"))
    assert other.looks == 0


def test_each_category_that_was_labelled_is_one_more_number_that_was_tried(desk):
    desk.make("a", properties=(WANTED, OTHER))
    desk.labels("nyn")
    assert history(desk).tried == 1
    desk.label(1, "yes", wanted=OTHER)
    found = history(desk)
    assert (found.tried, found.categories) == (2, ("doubts", "other"))
    assert "Labelled for 2 categories: doubts, other." in found.lines()


def test_draws_that_were_read_are_more_numbers_and_tops_and_unread_ones_are_not(desk):
    desk.make("first", seed=1)
    desk.labels("n", name="first")
    desk.make("top", seed="", design="top", by="s", n=5)
    desk.label(2, name="top", rater="bob")
    desk.make("unread", seed=3)
    desk.make("a", seed=4)
    desk.label(3, name="a", rater="cem")
    assert history(desk).tried == 2
    assert history(desk, None).tried == 2
    assert [one.name for one in history(desk, None).draws] == ["first", "top", "unread", "a"]


def test_draws_that_were_only_looked_at_by_labels_from_elsewhere_are_more_numbers(desk):
    """Else one could label everything once, and draw until the number pleases."""
    desk.make("all", seed=1)
    desk.labels("ny" * 20, name="all")
    for seed in (2, 3, 4):
        desk.make(f"d{seed}", seed=seed, n=10, stop="fixed 10")
        desk.look(f"d{seed}")
    desk.look("d2", category="unlabelled")
    assert history(desk, "d4").tried == 4


def test_transcripts_opened_before_the_draw_are_counted_once(desk):
    desk.make("first", seed=1)
    desk.open(1, "first")
    desk.open(1, "first")
    desk.open(2, "first")
    desk.make("a", seed=4)
    desk.open(3, "a")
    assert history(desk).seen_before == 2
    assert "2 transcripts opened before this was drawn." in history(desk).lines()


def test_searches_and_lists_are_counted_and_openings_in_draws_are_not(desk):
    desk.make("a")
    desk.open(1)
    for kind in ("search", "list", "top", "link"):
        body = {
            "route": {"kind": kind},
            "transcripts": list(desk.ids[:3]),
            "places": [1, 2, 3],
        }
        desk.event("open", kind, body)
    assert history(desk).searches == 3
    assert "3 searches and lists in this workspace." in history(desk).lines()


def test_labels_changed_after_a_number_was_seen_are_counted(desk):
    desk.make("a")
    desk.labels("nn")
    desk.label(1, "yes", kind="relabel")
    assert history(desk).revised == 0
    desk.look("a")
    desk.label(2, "yes", kind="relabel")
    assert history(desk).revised == 1
    assert "1 label changed after a number had been seen." in history(desk).lines()


def test_all_numbers_that_were_tried_hold_together_at_the_confidence_that_is_left(desk):
    interval = stats.proportion(3, 30, 40)
    assert adjusted_confidence(interval, History()) is None
    assert adjusted_confidence(interval, History(tried=5)) == pytest.approx(0.99)
    assert adjusted_confidence(stats.existence(1, 0, 40), History(tried=5)) is None
