"""Worked examples of the estimators: every public name has one, and all of them come out."""

import doctest
import importlib
import inspect
import pkgutil

import pytest

from allegiance import stats

MODULES = [f"allegiance.stats.{module.name}" for module in pkgutil.iter_modules(stats.__path__)]
FUNCTIONS = [
    name for name in stats.__all__ if callable(getattr(stats, name)) and name != "Outcomes"
]
RESULTS = {
    name
    for name in FUNCTIONS
    if inspect.isclass(getattr(stats, name)) and not hasattr(getattr(stats, name), "update")
}


@pytest.mark.parametrize("name", MODULES)
def test_every_worked_example_comes_out(name):
    flags = doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(importlib.import_module(name), optionflags=flags).failed == 0


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - RESULTS))
def test_every_estimator_has_a_worked_example_its_errors_and_its_source(name):
    text = inspect.getdoc(getattr(stats, name))
    assert ">>>" in text
    for section in ("Parameters\n---", "Raises\n---", "Notes\n---", "Examples\n---"):
        assert section in text, section
