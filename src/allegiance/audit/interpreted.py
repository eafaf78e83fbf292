"""A frame interpreted: the relation table, where interpretations disagree, and what both rest on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from allegiance.audit.acts import Act
from allegiance.audit.disagreeing import Disagreement, disagreements
from allegiance.audit.frames import Frame
from allegiance.audit.relation import Row, fields_of, relation
from allegiance.audit.specs import Instrument
from allegiance.study.interpretations import Column, named_cells
from allegiance.study.interpretations.facts import UNKNOWN


@dataclass(frozen=True)
class Basis:
    """What is read, and by whose verdicts.

    Attributes
    ----------
    frame, where, population
        The digest of the frame, its filter (empty for all), and N.
    instruments
        The scanners that the facts rest on.
    """

    frame: str
    where: str
    population: int
    instruments: tuple[Instrument, ...]

    @classmethod
    def of(cls, population: Frame, instruments: Mapping[str, Instrument]) -> "Basis":
        """Say what a frame and the scanners of its facts are."""
        named = tuple(instruments.values())
        return cls(population.digest, population.spec.where, len(population), named)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "frame": self.frame,
            "where": self.where,
            "population": self.population,
            "instruments": [one.to_dict() for one in self.instruments],
        }


@dataclass(frozen=True)
class Interpreted:
    """The relation of agents to each intent, as `allegiance interpret` and the study report show it.

    Attributes
    ----------
    basis
        What is read, and by whose verdicts.
    columns
        The interpretations, each with the extrapolation that it reads a silent clause by.
    by
        What rows are told apart by.
    against_unknown
        Acts that don't say which intent their request goes against.
    disagreements
        Kinds of act on which the columns disagree, the commonest first.
    rows
        One for each condition, model or generation.
    """

    basis: Basis
    columns: tuple[Column, ...]
    by: tuple[str, ...]
    against_unknown: int
    disagreements: tuple[Disagreement, ...]
    rows: tuple[Row, ...]

    @property
    def tells(self) -> bool:
        """Whether anything was tested, of any intent under any interpretation."""
        return any(share.tested for row in self.rows for share in row.shares)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            **self.basis.to_dict(),
            "columns": [one.to_dict() for one in self.columns],
            "by": list(self.by),
            "against_unknown": self.against_unknown,
            "disagreements": [one.to_dict() for one in self.disagreements],
            "rows": [row.to_dict() for row in self.rows],
        }


def interpreted(
    acts: Sequence[Act],
    basis: Basis,
    columns: Sequence[Column],
    by: Sequence[str] = (),
    confidence: float = 0.95,
) -> Interpreted:
    """Read acts by every column, row by row.

    Parameters
    ----------
    acts
        As `allegiance.audit.acts.acts_of` gives them.
    basis
        What they were read from.
    columns
        By what they are read.
    by
        What rows are told apart by; where it is empty, by the model, the task and every factor that varies.
    confidence
        Nominal coverage.

    Raises
    ------
    UsageError
        Where the acts have no field that `by` names.
    """
    fields = fields_of(acts, by)
    return Interpreted(
        basis=basis,
        columns=tuple(columns),
        by=fields,
        against_unknown=sum(act.facts.against == UNKNOWN for act in acts),
        disagreements=tuple(disagreements(acts, columns)),
        rows=tuple(relation(acts, columns, named_cells(), fields, confidence)),
    )
