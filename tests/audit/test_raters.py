"""Raters: one name, one account; and a draw shared out among several with an overlap."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.audit import worlds
from tests.audit.worlds import DOUBTS

from allegiance.audit import Labelling, bind_rater, places_of, reading_of, share_out
from allegiance.audit.ledger import Ledger
from allegiance.errors import UsageError


@pytest.fixture
def world(tmp_path):
    return worlds.world(worlds.corpus_of(tmp_path, 40), tmp_path)


def test_a_name_is_bound_to_the_account_of_its_first_use(world):
    assert bind_rater(world.ledger, "ann", "account-1").kind == "rater"
    assert bind_rater(world.ledger, "ann", "account-1") is None
    with pytest.raises(UsageError, match="first used by another account"):
        bind_rater(world.ledger, "ann", "account-2")
    assert bind_rater(world.ledger, "ann", "account-2", me=True) is not None
    assert bind_rater(world.ledger, "ann", "account-2") is None
    assert bind_rater(world.ledger, "ben", "account-2") is not None
    assert len(world.record.accounts["ann"]) == 2


def test_the_ledger_does_not_name_the_account_and_other_ledgers_digest_it_otherwise(
    world, tmp_path
):
    one = bind_rater(world.ledger, "ann", "secret-login")
    other = bind_rater(Ledger.open(tmp_path / "other.db"), "ann", "secret-login")
    assert "secret-login" not in str(one.to_dict())
    assert one.body["account"] != other.body["account"]


def test_of_two_accounts_that_take_a_name_at_once_one_has_it(world):
    def take(account):
        try:
            return bind_rater(Ledger.open(world.ledger.path), "ann", account) is not None
        except UsageError:
            return False

    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(take, [f"account-{k}" for k in range(6)]))
    assert sum(taken) == 1


@pytest.mark.parametrize(
    "name", ["", " ", "ann ", "a\nb", "\x1b]0;x\x07", "x" * 101, "a\u200bb\u202e"]
)
def test_a_name_that_cannot_be_printed_is_no_raters(world, name):
    with pytest.raises(UsageError, match="name of its rater"):
        bind_rater(world.ledger, name, "account")
    draw = world.draw("a", n=4)
    with pytest.raises(UsageError, match="name of its rater"):
        share_out(world.ledger, draw, 1, ["ann", name])


def test_the_first_places_are_everybodys_and_the_rest_is_shared_in_turn(world):
    draw = world.draw("a", n=10)
    share_out(world.ledger, draw, 3, ["ann", "ben", "carl"])
    record = world.record
    assert places_of(draw, record, "ann") == [1, 2, 3, 4, 7, 10]
    assert places_of(draw, record, "ben") == [1, 2, 3, 5, 8]
    assert places_of(draw, record, "carl") == [1, 2, 3, 6, 9]
    assert places_of(draw, record, "dora") == list(range(1, 11))
    for rater in ("ann", "ben", "carl"):
        own = [
            item.position
            for item in Labelling(world.corpus, world.ledger, draw, DOUBTS, rater).items()
        ]
        assert own == places_of(draw, record, rater)


def test_a_shared_draw_is_read_up_to_the_first_place_without_a_label(world):
    draw = world.draw("a", n=8)
    share_out(world.ledger, draw, 2, ["ann", "ben"])
    world.read(draw, "n", places=[1, 2, 3, 5, 7])
    world.read(draw, "n", places=[1, 2, 4], rater="ben")
    reading = reading_of(draw, world.record, DOUBTS)
    assert (len(reading.reads), reading.beyond) == (5, 1)
    world.read(draw, "n", places=[6, 8], rater="ben")
    reading = reading_of(draw, world.record, DOUBTS)
    assert (len(reading.reads), reading.rule.kind) == (8, "fixed")


@pytest.mark.parametrize(
    ("overlap", "raters", "said"),
    [
        (2, ["ann"], "two raters or more"),
        (2, ["ann", "ann"], "each once"),
        (5, ["ann", "ben"], "has 4 places"),
        (-1, ["ann", "ben"], "has 4 places"),
    ],
)
def test_a_share_that_is_none_is_refused(world, overlap, raters, said):
    draw = world.draw("a", n=4)
    before = world.ledger.head()
    with pytest.raises(UsageError, match=said):
        share_out(world.ledger, draw, overlap, raters)
    assert world.ledger.head() == before


def test_a_draw_that_is_labelled_cannot_be_shared_out_any_more(world):
    draw = world.draw("a", n=4)
    share_out(world.ledger, draw, 1, ["ann", "ben"])
    share_out(world.ledger, draw, 2, ["ann", "carl"])  # until then the last one counts
    assert world.record.shares["a"].raters == ("ann", "carl")
    world.read(draw, "n", places=[1])
    with pytest.raises(UsageError, match="before its first label"):
        share_out(world.ledger, draw, 3, ["ann", "ben"])
