"""Agreement: what the estimators say of the raw labels, also where alpha is not defined."""

import pytest
from tests.audit import worlds
from tests.audit.worlds import DOUBTS

from allegiance import stats
from allegiance.audit import agreement_of, give_label
from allegiance.audit.coefficients import coefficients
from allegiance.audit.specs import Property


@pytest.fixture
def world(tmp_path):
    return worlds.world(worlds.corpus_of(tmp_path, 40), tmp_path)


def test_the_coefficients_are_those_of_krippendorffs_published_example():
    """Krippendorff 2011, example C: four observers, twelve units; nominal .743, ordinal .815."""
    rows = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    cells = [row.split() for row in rows]
    items = [{f"rater {r}": cells[r][k] for r in range(4) if cells[r][k] != "."} for k in range(12)]
    assert coefficients(items).alpha.estimate == pytest.approx(0.743, abs=5e-4)
    assert coefficients(items, "12345").alpha.estimate == pytest.approx(0.815, abs=5e-4)


def test_two_raters_agree_as_often_as_counted_with_clopper_pearson_limits(world):
    draw = world.draw("a", n=10)
    world.read(draw, "yynnnnnnnn")
    world.read(draw, "ynnnnnnnny", rater="ben")
    found = agreement_of(world.record, DOUBTS)
    assert (found.items, found.shared, found.raters, found.differing) == (10, 10, ("ann", "ben"), 2)
    same = found.coefficients.same
    exact = stats.proportion(8, 10)
    assert (same.estimate, same.low, same.high) == pytest.approx((0.8, exact.low, exact.high))
    ratings = [["y", "y", *"n" * 8], ["y", *"n" * 8, "y"]]
    assert found.coefficients.alpha.estimate == stats.krippendorff_alpha(ratings).estimate
    assert found.coefficients.ac1.estimate == stats.gwet_ac1(ratings).estimate
    assert found.pairs == (("yes", "yes", 1), ("yes", "no", 2), ("no", "no", 7))


def test_where_all_say_one_value_alpha_is_not_defined_and_ac1_is(world):
    draw = world.draw("a", n=6)
    for rater in ("ann", "ben"):
        world.read(draw, "n", rater=rater)
    found = agreement_of(world.record, DOUBTS)
    assert found.coefficients.alpha is None
    assert found.coefficients.ac1.estimate == 1
    assert "same value" in found.to_dict()["alpha_undefined"]


def test_a_claim_on_labels_that_all_say_one_value_is_decided_and_verifies(world):
    draw = world.draw("a", n=6)
    for rater in ("ann", "ben"):
        world.read(draw, "n", rater=rater)
    made = world.claim("none-seen", draw="a")
    assert made.decision.raters.agreement["krippendorff_alpha"] is None
    assert made.decision.raters.agreement["gwet_ac1"]["estimate"] == 1
    assert "undefined" in made.to_markdown()
    assert world.verified(world.kept(made)).holds


def test_one_rater_alone_agrees_with_nobody(world):
    draw = world.draw("a", n=3)
    world.read(draw, "nyn")
    found = agreement_of(world.record, DOUBTS)
    assert (found.items, found.shared, found.coefficients) == (3, 0, None)


def test_an_order_of_values_makes_a_near_miss_smaller(world):
    scale = Property(category="warmth", value="high", values=("none", "some", "high"), digest="w")
    draw = world.draw("a", [scale], n=6)
    ann = ["none", "some", "high", "none", "high", "none"]
    ben = ["none", "high", "high", "none", "some", "none"]
    for rater, values in (("ann", ann), ("ben", ben)):
        for identifier, value in zip(draw.order, values, strict=True):
            found = world.corpus.get(identifier)
            give_label(world.ledger, found, scale, value, rater, draw=draw)
    nominal = agreement_of(world.record, scale).coefficients.alpha
    ordinal = agreement_of(world.record, scale, ordinal=True).coefficients.alpha
    code = {value: k for k, value in enumerate(scale.values)}
    rows = [[code[v] for v in ann], [code[v] for v in ben]]
    assert ordinal.estimate == stats.krippendorff_alpha(rows, "ordinal").estimate
    assert ordinal.estimate > nominal.estimate


def test_only_labels_of_the_draw_of_the_definition_and_of_persons_count(world):
    one, two = world.draw("a", n=4), world.draw("b", n=4)
    world.read(one, "nyny")
    world.read(one, "nnny", rater="ben")
    for identifier in two.order:
        found = world.corpus.get(identifier)
        give_label(world.ledger, found, DOUBTS, "yes", "truth", draw=two, source="truth")
        give_label(world.ledger, found, DOUBTS, "yes", "dora", draw=two)
    inside = agreement_of(world.record, DOUBTS, draw="a")
    assert (inside.items, inside.shared, inside.raters) == (4, 4, ("ann", "ben"))
    assert agreement_of(world.record, DOUBTS, draw="b").shared == 0


def test_labels_that_replaced_one_before_are_counted(world):
    draw = world.draw("a", n=3)
    world.read(draw, "nyn")
    world.read(draw, "nnn", rater="ben")
    world.read(draw, "n", places=[2])
    assert agreement_of(world.record, DOUBTS).revised == 1
