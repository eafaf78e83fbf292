"""Terms: raters are told one side's words by a fair and fixed rule, and the shift is what scipy says."""

from collections import Counter

import pytest
from scipy.stats import fisher_exact
from tests.audit import worlds

from allegiance import stats
from allegiance.audit import (
    Labelling,
    asked_for,
    check_terms,
    give_label,
    settle_terms,
    shift,
)
from allegiance.audit.terms import side_of
from allegiance.errors import UsageError
from allegiance.scanners.codebook import Category, codebook_with

BOOK = """
version: 1
categories:
  - name: keeps-a-promise
    unit: output
    definition: "The model does what it had said it would."
    terms:
      - {side: A, name: the sober promise, wording: "It holds to what was agreed.", analogy: "Like a friend."}
      - {side: B, name: stubbornness, wording: "It will not be moved.", analogy: "Like a mule."}
"""


@pytest.fixture
def book(tmp_path):
    (tmp_path / "codebook.yaml").write_text(BOOK)
    return codebook_with(tmp_path / "codebook.yaml")


@pytest.fixture
def wanted(book):
    return asked_for("keeps-a-promise", book=book)


@pytest.fixture
def world(tmp_path):
    return worlds.world(worlds.corpus_of(tmp_path, 40), tmp_path)


def test_a_category_without_words_of_two_sides_is_said(book):
    plain = Category(name="plain", definition=("It is plain.",), unit="output")
    with pytest.raises(UsageError, match="no words of two sides for plain"):
        check_terms(plain, "both")
    with pytest.raises(UsageError, match="there are A, B, both and items"):
        check_terms(book.find("keeps-a-promise"), "C")
    assert check_terms(book.find("keeps-a-promise"), "both") == "both"


def test_raters_get_sides_in_equal_numbers_and_keep_theirs(world, wanted):
    draw = world.draw("a", [wanted], n=10)
    names = [f"rater {k}" for k in range(10)]
    sides = [settle_terms(world.ledger, draw, wanted.category, name, "both").side for name in names]
    assert Counter(sides) == {"A": 5, "B": 5}
    head = world.ledger.head()
    again = [settle_terms(world.ledger, draw, wanted.category, name, "both").side for name in names]
    assert (again, world.ledger.head()) == (sides, head)
    with pytest.raises(UsageError, match="--terms both already"):
        settle_terms(world.ledger, draw, wanted.category, "rater 0", "A")


def test_which_side_a_first_rater_gets_is_not_always_the_same(world, wanted):
    sides = set()
    for k in range(12):
        draw = world.draw(f"d{k}", [wanted], n=2)
        sides.add(settle_terms(world.ledger, draw, wanted.category, "ann", "both").side)
    assert sides == {"A", "B"}


def test_with_items_of_each_two_places_one_is_a_sides(world, wanted):
    draw = world.draw("a", [wanted], n=10)
    settled = settle_terms(world.ledger, draw, wanted.category, "ann", "items")
    other = settle_terms(world.ledger, draw, wanted.category, "ben", "items")
    sides = [side_of(settled, world.ledger.id, k) for k in range(1, 41)]
    assert all({*pair} == {"A", "B"} for pair in zip(sides[::2], sides[1::2], strict=True))
    assert set(sides[::2]) == {"A", "B"}
    assert sides != [side_of(other, world.ledger.id, k) for k in range(1, 41)]


def test_a_label_keeps_whose_words_it_was_given_under_and_counts_under_one_definition(
    world, wanted
):
    draw = world.draw("a", [wanted], n=4)
    settled = settle_terms(world.ledger, draw, wanted.category, "ann", "B")
    desk = Labelling(world.corpus, world.ledger, draw, wanted, "ann", terms=settled)
    desk.answer(desk.next(), "yes")
    desk.look()
    world.read(draw, "n", places=[1], wanted=wanted, rater="ben")
    (ann, ben) = world.record.labels(wanted.category)
    assert (ann.label.terms, ben.label.terms) == ("B", "")
    assert ann.label.definition == ben.label.definition == wanted.digest


def said(world, draw, wanted, rater, side, letters):
    for identifier, letter in zip(draw.order, letters, strict=False):
        if letter != " ":
            value = "yes" if letter == "y" else "no"
            found = world.corpus.get(identifier)
            give_label(world.ledger, found, wanted, value, rater, draw=draw, terms=side)


def test_the_shift_on_the_same_items_is_that_of_the_gap(world, wanted):
    draw = world.draw("a", [wanted], n=12)
    said(world, draw, wanted, "ann", "A", "yyyyynnyyynn")
    said(world, draw, wanted, "ben", "B", "ynnnnnnyynnn")
    found = shift(world.record.labels(wanted.category), wanted)
    assert (found.labels, found.raters, found.items, found.shared) == (
        (12, 12),
        (1, 1),
        (12, 12),
        12,
    )
    one = [[float(c == "y")] for c in "yyyyynnyyynn"]
    other = [[float(c == "y")] for c in "ynnnnnnyynnn"]
    expected = stats.gap(one, other)
    for name in ("estimate", "low", "high"):
        assert getattr(found.paired.interval, name) == pytest.approx(
            getattr(expected.interval, name)
        )
    assert found.paired.p_value == pytest.approx(expected.p_value)
    assert found.paired.interval.estimate == pytest.approx(5 / 12)
    assert "one rater" in found.notes()[0]
    assert found.p_value == pytest.approx(fisher_exact([[8, 4], [3, 9]]).pvalue)


def test_the_shift_on_items_of_their_own_has_limits_and_fishers_p_value(world, wanted):
    draw = world.draw("a", [wanted], n=24)
    said(world, draw, wanted, "ann", "A", "y " * 8 + "n " * 4)
    said(world, draw, wanted, "ann", "B", " y" * 2 + " n" * 10)
    found = shift(world.record.labels(wanted.category), wanted)
    assert (found.shared, found.paired) == (0, None)
    estimate, low, high = found.separate
    assert estimate == pytest.approx(8 / 12 - 2 / 12)
    # Newcombe's square-and-add, of Clopper-Pearson limits.
    a, b = stats.proportion(8, 12), stats.proportion(2, 12)
    assert low == pytest.approx(estimate - ((8 / 12 - a.low) ** 2 + (b.high - 2 / 12) ** 2) ** 0.5)
    assert high == pytest.approx(estimate + ((a.high - 8 / 12) ** 2 + (2 / 12 - b.low) ** 2) ** 0.5)
    assert found.p_value == pytest.approx(fisher_exact([[8, 4], [2, 10]]).pvalue)


def test_labels_under_the_neutral_definition_are_no_part_of_the_shift(world, wanted):
    draw = world.draw("a", [wanted], n=4)
    said(world, draw, wanted, "ann", "", "ynyn")
    assert shift(world.record.labels(wanted.category), wanted) is None
    said(world, draw, wanted, "ben", "A", "yn")
    found = shift(world.record.labels(wanted.category), wanted)
    assert (found.labels, found.separate, found.p_value) == ((2, 0), None, None)


def test_a_certificate_says_how_many_labels_were_given_under_one_sides_words(world, wanted):
    draw = world.draw("a", [wanted], n=4)
    said(world, draw, wanted, "ann", "A", "ynnn")
    said(world, draw, wanted, "ben", "", "ynnn")
    made = world.claim("prevalence", draw="a", wanted=wanted)
    assert made.decision.raters.worded == 4
    assert "4 of the labels were given under the words of one side" in made.to_markdown()
    assert world.verified(world.kept(made)).holds
