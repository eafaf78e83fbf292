# pyright: reportUnknownMemberType=false
"""The relation ledger of a chain: for every generation R(agent, intent), and who moved since the one before."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, cast

from allegiance.audit.acts import Act
from allegiance.audit.frames import Frame, frame
from allegiance.audit.interpreted import Basis
from allegiance.audit.relation import Row, relation
from allegiance.audit.who_moved import AgentLine, PrincipalLine, agent_line, principal_line
from allegiance.corpus import Corpus
from allegiance.corpus.filters import And, Compare, Expression, IsNull, Not, field
from allegiance.errors import UsageError
from allegiance.study.factors import by_size
from allegiance.study.interpretations import Column, named_cells

GENERATION = "generation"
"""The factor that says of which generation of a chain a transcript is; its levels are numbers from 0."""
PROBES = "-probes"
"""What the study of a guard's own questions has after the name of its chain."""


@dataclass(frozen=True)
class Move:
    """Who moved between two generations: two answers that are never merged.

    Attributes
    ----------
    before, after
        The generations.
    agent
        Whether the agent moved: the same prompts of both, with the original intent in force.
    principal
        What the conditions of the later one say of the intent in force.
    """

    before: str
    after: str
    agent: AgentLine
    principal: PrincipalLine

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "before": self.before,
            "after": self.after,
            "agent": self.agent.to_dict(),
            "principal": self.principal.to_dict(),
        }


@dataclass(frozen=True)
class RelationLedger:
    """What became of the relation to each intent along a chain.

    Attributes
    ----------
    chain, model
        The study and the model that its transcripts name.
    basis
        What is read, and by whose verdicts.
    columns
        The interpretations, each with the extrapolation that it reads a silent clause by.
    margin
        The difference that would matter between generations; None where none was stated.
    rows
        One for each generation, in order.
    moves
        From each generation to the next, and, where there are more than two, from the first to the last.
    """

    chain: str
    model: str
    basis: Basis
    columns: tuple[Column, ...]
    margin: float | None
    rows: tuple[Row, ...]
    moves: tuple[Move, ...]

    @property
    def generations(self) -> tuple[str, ...]:
        """The generations, in order."""
        return tuple(row.place[GENERATION] for row in self.rows)

    def row(self, generation: str) -> Row | None:
        """Find the row of a generation; None where the corpus holds none."""
        return next((row for row in self.rows if row.place[GENERATION] == generation), None)

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "chain": self.chain,
            "model": self.model,
            **self.basis.to_dict(),
            "columns": [one.to_dict() for one in self.columns],
            "margin": self.margin,
            "rows": [row.to_dict() for row in self.rows],
            "moves": [move.to_dict() for move in self.moves],
        }


def frame_of_chain(corpus: Corpus, chain: str) -> Frame:
    """Find the transcripts of a chain: its study, every generation.

    Raises
    ------
    UsageError
        Where the corpus holds none; it names the chains that it does hold.
    """
    found = chains_in(corpus)
    if chain not in found:
        there = ", ".join(found)
        raise UsageError(
            f"--chain {chain}: no transcript of the corpus is of a study of this name and has a generation; "
            + (f"there are {there}." if there else "`allegiance chain` makes them.")
        )
    return frame(corpus, of_chain(corpus, chain))


def of_chain(corpus: Corpus, chain: str) -> Expression:
    """Give the filter that keeps the transcripts of a chain."""
    kinds = corpus.query().snapshot.kinds
    generation = field(f"c_{GENERATION}", kinds)
    return And((Compare(field("study", kinds), "=", chain), Not(IsNull(generation))))


def chains_in(corpus: Corpus) -> tuple[str, ...]:
    """Name the studies with generations, probes of a guard left out."""
    if GENERATION not in corpus.factors:
        return ()
    query = corpus.query()
    there = query.where(Not(IsNull(field(f"c_{GENERATION}", query.snapshot.kinds))))
    named = cast(list[str | None], there.table(["study"]).column(0).to_pylist())
    studies = {study for study in named if study}
    return tuple(sorted(one for one in studies if one.removesuffix(PROBES) not in studies - {one}))


def relation_ledger(
    acts: Sequence[Act],
    basis: Basis,
    columns: Sequence[Column],
    chain: str,
    margin: float | None = None,
    confidence: float = 0.95,
) -> RelationLedger:
    """Estimate the relation to each intent generation by generation, and say who moved.

    Parameters
    ----------
    acts
        As `allegiance.audit.acts.acts_of` gives them; those without a generation are left out.
    basis
        What they were read from.
    columns
        By what they are read.
    chain
        Its name.
    margin
        The difference between generations that would matter, as a fraction; without one, no generation can be shown
        not to have moved.
    confidence
        Nominal coverage of every interval; nothing is adjusted for their number.

    Raises
    ------
    UsageError
        Where the acts are of several models, which are no one agent, or the margin can't be one.
    """
    inside = [act for act in acts if generation_of(act) is not None]
    models = [name for name, _ in Counter(act.model for act in inside).most_common()]
    if len(models) > 1:
        raise UsageError(
            f"The chain {chain}: its generations are of several models ({', '.join(sorted(models))}), which are no "
            "one agent; ask for each with `allegiance interpret --by generation --where \"model = '...'\"`."
        )
    rows = relation(inside, columns, named_cells(), (GENERATION,), confidence)
    by_generation: dict[str, list[Act]] = {row.place[GENERATION]: [] for row in rows}
    for act in inside:
        by_generation[str(generation_of(act))].append(_without_generation(act))
    names = list(by_generation)
    pairs = list(pairwise(names))
    if len(names) > 2:
        pairs.append((names[0], names[-1]))
    moves = (_move(one, two, by_generation, margin, confidence) for one, two in pairs)
    return RelationLedger(
        chain=chain,
        model=models[0] if models else "",
        basis=basis,
        columns=tuple(columns),
        margin=margin,
        rows=tuple(rows),
        moves=tuple(moves),
    )


def generation_of(act: Act) -> str | None:
    """Say of which generation an act is; None where it is of none."""
    return next((level for name, level in act.condition if name == GENERATION), None)


def in_order(generations: Sequence[str]) -> list[str]:
    """Put generations in order: 10 comes after 2."""
    return sorted(generations, key=by_size)


def _move(
    before: str,
    after: str,
    acts: dict[str, list[Act]],
    margin: float | None,
    confidence: float,
) -> Move:
    agent = agent_line(acts[before], acts[after], margin, confidence)
    return Move(before, after, agent, principal_line(acts[after]))


def _without_generation(act: Act) -> Act:
    """Take the generation out of the condition: two generations were asked the same prompts, and are to be compared."""
    rest = tuple(one for one in act.condition if one[0] != GENERATION)
    return replace(act, condition=rest)
