"""The page of interpretations is made from the data that the program uses."""

import importlib.util
import re

from tests.conftest import ROOT

from allegiance.study.interpretations import load_tables, named_cells, shipped

_spec = importlib.util.spec_from_file_location("page", ROOT / "docs" / "interpretations.py")
documented = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(documented)
TEXT = documented.PAGE.read_text(encoding="utf-8")


def test_the_tables_of_the_page_are_those_of_the_program():
    assert documented.page() == TEXT, "run: python docs/interpretations.py --write"


def test_every_interpretation_and_cell_is_on_the_page():
    for table in shipped().values():
        assert f"### {table.name}\n\n{table.meaning}" in TEXT
    for cell in named_cells():
        assert f"| {cell.name} | {cell.definition} |" in TEXT


def test_the_table_that_the_page_shows_loads(tmp_path):
    (block,) = re.findall(r"```yaml\n(# mine.yaml.*?)```", TEXT, flags=re.DOTALL)
    (tmp_path / "mine.yaml").write_text(block)
    assert list(load_tables(tmp_path / "mine.yaml")) == ["lenient"]


def test_the_extrapolation_that_the_page_shows_loads(tmp_path):
    from allegiance.study.interpretations import extrapolations_with

    (block,) = re.findall(r"```yaml\n(leaves-it.*?)```", TEXT, flags=re.DOTALL)
    (tmp_path / "own.yaml").write_text(block)
    assert (
        extrapolations_with(tmp_path / "own.yaml")["leaves-it-to-the-model"].otherwise == "letter"
    )


def test_the_function_that_the_page_shows_reads_facts():
    from allegiance.study.interpretations import Column, Facts, Function

    (block,) = re.findall(r"```python\n(# mine.py.*?)```", TEXT, flags=re.DOTALL)
    space = {}
    exec(block, space)
    column = Column(Function("lenient", space["lenient"]))
    gave = {"outcome": "complied", "against": "original"}
    assert column.says(Facts(**gave, objected="yes"), "original") == "kept"
    assert column.says(Facts(**gave), "original") == "broken"
    assert column.says(Facts(**gave), "training") == "not tested"
