"""A chain of generations under a policy: make, probe, decide, measure, go on or halt; resumable.

Whoever makes, probes and measures is handed in, so that the chain itself needs no model. Its record
is written after every part of the work, and a chain that was killed goes on from there.
"""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from allegiance.errors import AllegianceError, UsageError
from allegiance.training import chain_record
from allegiance.training.chain_plan import ChainPlan, Step
from allegiance.training.chain_record import (
    ChainRecord,
    Entry,
    Halt,
    Made,
    Overruled,
    Pending,
    Relation,
)
from allegiance.training.guard import Evidence, Ruling, judge
from allegiance.training.halting import halt_report

__all__ = ["Chain", "ChainPlan", "Made", "Making", "Measuring", "Probing", "Relation", "overrule"]

BATCH = 25
"""Probes that are asked for at once; the guard looks at them one by one."""


class Making(Protocol):
    """Makes generations. After a kill it may be asked again for what it had begun."""

    def first(self) -> Made:
        """Give generation 0, from which the chain starts."""
        ...

    def make(
        self, parent: Made, generation: int, step: Step, dose: float, size: float, attempt: int
    ) -> Made:
        """Make a candidate from the last accepted generation.

        Parameters
        ----------
        parent
            The last accepted generation, which oversees.
        generation, attempt
            Which generation, and the which attempt at it, from 1.
        step, dose
            What is planted into its data, and the share of them.
        size
            Size of the step, from 1 downwards.
        """
        ...


class Probing(Protocol):
    """Tries candidates on fresh requests."""

    def probe(
        self, candidate: Made, generation: int, attempt: int, n: int, first: int
    ) -> Sequence[bool | None]:
        """Give n outcomes: whether each broke with the original intent; None where it can't be read.

        `first` is how many this candidate has had before: the same numbers stand for the same
        requests, no two candidates have one in common, and none is among those that are measured. The
        condition of each is to be drawn at random: where conditions that always break come first, even a
        candidate within the bound would be halted.
        """
        ...


class Measuring(Protocol):
    """Measures the relation of a generation to each intent, on requests that are always the same."""

    def measure(self, made: Made, generation: int) -> Relation:
        """Give R(agent, original) and R(agent, training)."""
        ...


def _silent(sentence: str) -> None:
    """Tell nobody."""


class Chain:
    """A chain in its folder.

    Parameters
    ----------
    folder
        Of the run; chain.json and the reports of halts are written here.
    plan
        What is asked.
    making, probing, measuring
        Who does the work.
    told
        Hears in a sentence what is being done.
    batch
        Probes that are asked for at once.

    Raises
    ------
    AllegianceError, UsageError
        If the folder holds another chain, or one that can't be read.
    """

    def __init__(
        self,
        folder: Path,
        plan: ChainPlan,
        making: Making,
        probing: Probing,
        measuring: Measuring,
        told: Callable[[str], None] = _silent,
        batch: int = BATCH,
    ) -> None:
        self._folder = folder
        self._making, self._probing, self._measuring = making, probing, measuring
        self._told = told
        self._batch = batch
        begun = chain_record.read(folder)
        if begun is not None:
            chain_record.check_same(folder, plan, begun.plan)
        self.record = begun or ChainRecord(plan)

    @property
    def plan(self) -> ChainPlan:
        """What was asked."""
        return self.record.plan

    def run(self) -> ChainRecord:
        """Go on from where the chain stands until it is complete or halts.

        Raises
        ------
        AllegianceError
            If another process is at work on this chain.
        """
        with held(self._folder):
            self.record = chain_record.read(self._folder) or self.record
            if self.record.waits:
                return self.record
            self._write(state="running")
            try:
                while (following := self.record.following) is not None:
                    self._candidate(*following)
            except BaseException:
                self._write(state="interrupted")
                raise
            self._write(state="halted" if self.record.waits else "complete")
        return self.record

    def _candidate(self, generation: int, attempt: int) -> None:
        """Make one candidate, or go on with it, up to its entry."""
        pending = self.record.pending or Pending(generation, attempt)
        pending = self._made(pending)
        pending, ruling = self._judged(pending)
        if ruling.decision != "slow":
            pending = self._measured(pending)
        self._enter(pending, ruling)

    def _made(self, pending: Pending) -> Pending:
        if pending.made is not None:
            return pending
        generation, attempt = pending.generation, pending.candidate
        with _watch() as seconds:
            if generation == 0:
                made = self._making.first()
            else:
                step, dose = self.plan.step(generation)
                size = self.plan.terms.size(attempt)
                self._told(f"generation {generation}, candidate {attempt}: making it ({step})")
                parent = self.record.accepted[-1].made
                made = self._making.make(parent, generation, step, dose, size, attempt)
        return self._keep(replace(pending, made=made, seconds=pending.seconds + seconds()))

    def _judged(self, pending: Pending) -> tuple[Pending, Ruling]:
        """Probe until the policy decides; what was seen is kept after each batch."""
        generation, attempt, policy = pending.generation, pending.candidate, self.plan.judged
        if generation == 0:
            return pending, _unasked("The model that the chain starts from.")
        if self.plan.forced(generation):
            why = "Planted, and brought in by force, so that the price of refusing its repair is seen."
            return pending, _unasked(why)
        budget = policy.budget(attempt)
        while (ruling := judge(policy, pending.outcomes, attempt)) is None:
            first = len(pending.outcomes)
            n = min(self._batch, budget - first)
            self._told(
                f"generation {generation}, candidate {attempt}: {first} of up to {budget} probes"
            )
            assert pending.made is not None
            with _watch() as seconds:
                found = self._probing.probe(pending.made, generation, attempt, n, first)
            if len(found) != n:
                raise AllegianceError(
                    f"generation {generation}: {n} probes were asked for and {len(found)} came back; "
                    "the candidate can't be judged."
                )
            outcomes = (*pending.outcomes, *found)
            pending = self._keep(
                replace(pending, outcomes=outcomes, seconds=pending.seconds + seconds())
            )
        return pending, ruling

    def _measured(self, pending: Pending) -> Pending:
        if pending.relation is not None:
            return pending
        assert pending.made is not None
        self._told(f"generation {pending.generation}: measuring its relation to each intent")
        with _watch() as seconds:
            relation = self._measuring.measure(pending.made, pending.generation)
        known = replace(pending, relation=relation.to_dict(), seconds=pending.seconds + seconds())
        return self._keep(known)

    def _enter(self, pending: Pending, ruling: Ruling) -> None:
        """Write the entry; with it, on a stop, the halt and its report."""
        assert pending.made is not None
        generation = pending.generation
        step, dose = self.plan.step(generation)
        entry = Entry(
            generation=generation,
            candidate=pending.candidate,
            step=step,
            dose=dose,
            size=self.plan.terms.size(pending.candidate),
            decision=ruling.decision,
            why=ruling.why,
            evidence=ruling.evidence.to_dict(),
            relation=pending.relation,
            folder=pending.made.folder,
            values=pending.made.values,
            weights_sha256=pending.made.weights_sha256,
            seconds=round(pending.seconds, 3),
        )
        halts = self.record.halts
        if entry.decision in ("halt", "refuse"):
            halts = (*halts, self._halt(entry))
        entries = (*self.record.entries, entry)
        halted = replace(self.record, entries=entries, halts=halts, pending=None)
        if halted.waits:
            halted = replace(halted, state="halted")
            # The report first: a record that names a report has one.
            chain_record.replace_file(self._folder / halts[-1].report, halt_report(halted))
        self.record = halted
        chain_record.write(self._folder, self.record)
        self._told(f"generation {generation}, candidate {entry.candidate}: {entry.decision}")

    def _halt(self, entry: Entry) -> Halt:
        number = len(self.record.halts) + 1
        report = "halt.md" if number == 1 else f"halt-{number}.md"
        return Halt(entry.generation, self.record.accepted[-1].generation, report)

    def _keep(self, pending: Pending) -> Pending:
        self.record = replace(self.record, pending=pending)
        chain_record.write(self._folder, self.record)
        return pending

    def _write(self, state: chain_record.State) -> None:
        self.record = replace(self.record, state=state)
        chain_record.write(self._folder, self.record)


def overrule(folder: Path, by: str, why: str) -> ChainRecord:
    """Record the principal's word on a halt: the chain may go on from the refused candidate.

    Nothing of the halt is taken back: its entry stays, and a further one says who overruled it.

    Parameters
    ----------
    folder
        Of the chain.
    by, why
        Who overrules, and for what reason; neither may be empty.

    Raises
    ------
    UsageError
        If the chain has not halted, or something is left unsaid.
    AllegianceError
        If there is no chain, it can't be read, or a process is at work on it.
    """
    by, why = by.strip(), why.strip()
    if not (by and why):
        raise UsageError("a halt is overruled by somebody and for a reason: say who, and why.")
    with held(folder):
        record = chain_record.read(folder)
        if record is None:
            raise AllegianceError(f"{folder} holds no chain: chain.json is missing.")
        if record.halt is None or not record.waits:
            raise UsageError(f"the chain {record.plan.name} has not halted: nothing to overrule.")
        at = datetime.now(UTC).isoformat(timespec="seconds")
        halt = replace(record.halt, overruled=Overruled(by, why, at))
        sentence = f"{by} overruled the {record.entries[-1].decision}: {why}"
        entry = replace(record.entries[-1], decision="overruled", why=sentence, seconds=0.0)
        record = replace(
            record,
            state="interrupted",
            entries=(*record.entries, entry),
            halts=(*record.halts[:-1], halt),
        )
        chain_record.write(folder, record)
    return record


def _unasked(why: str) -> Ruling:
    nothing = Evidence("none", 0, 0, 0, 0, None, None, None, (), None, None)
    return Ruling("accept", why, nothing)


@contextmanager
def held(folder: Path) -> Generator[None]:
    """Hold a chain, so that no second process goes on with it.

    Raises
    ------
    AllegianceError
        Another process does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".chain.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise AllegianceError(
            f"another process is at work on the chain in {folder}; wait for it, or name another chain."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _watch() -> Generator[Callable[[], float]]:
    began = time.monotonic()
    yield lambda: time.monotonic() - began
