"""Which organism reads what: a study that asks it anything else is refused in a sentence."""

from pathlib import Path

import pytest

from allegiance.cli.running import run_study
from allegiance.errors import UsageError
from allegiance.organism import name_of, organism_names, readers, reads
from allegiance.study.templates import template

USUAL = {"tier": "monitored", "intent": "training", "clause": "silent", "reasoning": "scratchpad"}


def test_an_organism_reads_its_own_factors_and_the_usual_level_of_all_others() -> None:
    assert reads("faker", "training_conflict", [USUAL, {**USUAL, "framing": "fresh"}]) is None
    assert "faker" in readers("training_conflict", [USUAL])
    problem = reads("faker", "training_conflict", [USUAL, {**USUAL, "clause": "must-resist"}])
    assert problem.startswith("faker does not read clause `must-resist`")
    assert "faker does not know the scenario `contract`" in reads("faker", "contract", [USUAL])


def test_a_refusal_names_exactly_the_organisms_that_read_the_study() -> None:
    condition = {**USUAL, "clause": "must-resist"}
    named = readers("training_conflict", [condition])
    assert set(named) == {
        name for name in organism_names() if reads(name, "training_conflict", [condition]) is None
    }
    problem = reads("faker", "training_conflict", [condition])
    assert all(name in problem for name in named)


def test_a_study_of_levels_that_the_organism_does_not_read_is_refused_before_it_runs(
    tmp_path: Path,
) -> None:
    study = tmp_path / "study.yaml"
    text = template("organism", "clauses").replace(
        "  tier: [monitored", "  clause: [silent, must-resist]\n  tier: [monitored"
    )
    study.write_text(text)
    with pytest.raises(UsageError, match="faker does not read clause `must-resist`"):
        run_study(study, "organism/faker", tmp_path / "logs", display="none")
    assert not (tmp_path / "logs").exists() or not list((tmp_path / "logs").iterdir())


def test_a_checkpoint_is_the_organism_that_its_table_names(tmp_path: Path) -> None:
    from allegiance.organism.runtime import directory_of

    assert name_of(directory_of("faker")) == "faker"
    assert name_of(tmp_path) is None


def test_a_plain_inspect_eval_refuses_it_too(monkeypatch) -> None:
    from allegiance import registry

    monkeypatch.setattr(registry, "_model", lambda: "organism/faker")
    with pytest.raises(UsageError, match="faker does not read clause `must-resist`"):
        registry.training_conflict(n=2, clause="silent,must-resist")
    assert registry.training_conflict(n=2, tier="monitored").dataset
