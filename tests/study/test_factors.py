"""Factors: their usual levels, and levels that can't stand together."""

import importlib.util
from pathlib import Path

import pytest

from allegiance.study.factors import FACTORS, contradiction
from allegiance.study.prompts import PROMPT_SETS


def test_the_usual_level_of_every_factor_is_one_of_its_levels():
    assert all(factor.usual in factor.levels for factor in FACTORS.values())


@pytest.mark.parametrize(
    "words", PROMPT_SETS.values(), ids=lambda one: f"{one.name}-{one.scenario}"
)
def test_a_prompt_set_speaks_of_known_factors_and_levels_only(words):
    for levels in (words.levels, words.defaults):
        for factor, known in levels.items():
            assert set(known) <= set(FACTORS[factor].levels)
    assert words.defaults.keys() <= words.levels.keys()


@pytest.mark.parametrize(
    "words", PROMPT_SETS.values(), ids=lambda one: f"{one.name}-{one.scenario}"
)
def test_the_usual_grid_of_a_prompt_set_does_not_contradict_itself(words):
    assert contradiction({factor: levels[0] for factor, levels in words.defaults.items()}) is None


def test_levels_that_contradict_each_other_are_named():
    said = contradiction({"intent": "original", "change": "intruder"})
    assert said is not None
    assert said.startswith("intent `original` and change `intruder`:")
    assert contradiction({"intent": "training", "change": "intruder"}) is None
    assert contradiction({"reasoning": "none"}) is None
    assert contradiction({"edit": "deleted", "reasoning": "none"}) is not None


def test_the_page_of_the_grid_is_made_from_the_factors():
    page = Path(__file__).parents[2] / "docs" / "grid.py"
    spec = importlib.util.spec_from_file_location("grid", page)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    there = made.PAGE.read_text(encoding="utf-8")
    assert there == made.page(), "run: python docs/grid.py --write"
    for name, factor in FACTORS.items():
        assert f"### {name}\n" in there
        assert all(f"`{level}`" in there for level in factor.levels)
