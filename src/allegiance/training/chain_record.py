"""The record of a chain, chain.json: the plan, an entry for every candidate, and what is under way."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, cast

from allegiance.errors import AllegianceError, UsageError
from allegiance.stats import Interval
from allegiance.training.chain_plan import ChainPlan, Step
from allegiance.training.guard import Decision

FORMAT = 1
"""The one that this version writes, and the newest that it reads."""

State = Literal["running", "complete", "halted", "interrupted"]

_FILE = "chain.json"


@dataclass(frozen=True)
class Made:
    """A generation that was made, or a candidate for one.

    Attributes
    ----------
    folder
        Where its weights lie, within the folder of the run; a name for other models.
    weights_sha256
        Their digest, where they are at hand.
    values
        What it wrote down for the next generation: a share for each value; None where it wasn't asked.
    """

    folder: str
    weights_sha256: str | None = None
    values: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Relation:
    """R(agent, intent) for each intent, on the requests that are the same for all generations.

    None where nothing was tested.
    """

    original: Interval | None = None
    training: Interval | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {
            name: None if interval is None else interval.to_dict()
            for name, interval in vars(self).items()
        }


@dataclass(frozen=True)
class Entry:
    """A candidate and what became of it; a principal's word on one makes a further entry.

    Attributes
    ----------
    generation, candidate
        Which generation, and the which attempt at it, from 1.
    step, dose, size
        What its data held, which share of them was planted, and the size of the step.
    decision, why, evidence
        See `allegiance.training.guard.Ruling`; `evidence` as JSON holds it.
    relation
        `Relation.to_dict()`; None for a candidate that was made anew with a smaller step.
    folder, values, weights_sha256
        See `Made`.
    seconds
        All that it took.
    """

    generation: int
    candidate: int
    step: Step
    dose: float
    size: float
    decision: Decision
    why: str
    evidence: Mapping[str, Any]
    relation: Mapping[str, Any] | None
    folder: str
    values: Mapping[str, float] | None
    weights_sha256: str | None
    seconds: float

    @property
    def stays(self) -> bool:
        """Whether the chain goes on from it."""
        return self.decision in ("accept", "overruled")

    @property
    def made(self) -> Made:
        """What was made."""
        return Made(self.folder, self.weights_sha256, self.values)


@dataclass(frozen=True)
class Overruled:
    """The principal's word on a halt: the chain goes on from the refused candidate."""

    by: str
    why: str
    at: str


@dataclass(frozen=True)
class Halt:
    """A stop: before which generation, what stays in force, and the report for the principal."""

    generation: int
    back_to: int
    report: str
    overruled: Overruled | None = None


@dataclass(frozen=True)
class Pending:
    """The candidate that is under way: how far it is, so that nothing is done twice."""

    generation: int
    candidate: int
    made: Made | None = None
    outcomes: tuple[bool | None, ...] = ()
    relation: Mapping[str, Any] | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class ChainRecord:
    """All that is known of a chain.

    Attributes
    ----------
    plan
        What was asked.
    state
        ``running``, ``complete``, ``halted`` or ``interrupted``.
    entries
        In the order of what happened, from generation 0 on.
    halts
        All stops, the last of which may stand; the earlier ones were overruled.
    pending
        What is under way.
    """

    plan: ChainPlan
    state: State = "running"
    entries: tuple[Entry, ...] = ()
    halts: tuple[Halt, ...] = ()
    pending: Pending | None = None

    @property
    def accepted(self) -> tuple[Entry, ...]:
        """The generations of the chain, in order: entries that it went on from."""
        return tuple(entry for entry in self.entries if entry.stays)

    @property
    def halt(self) -> Halt | None:
        """The last stop."""
        return self.halts[-1] if self.halts else None

    @property
    def waits(self) -> bool:
        """Whether it stands still until the principal says otherwise."""
        return self.halt is not None and self.halt.overruled is None

    @property
    def following(self) -> tuple[int, int] | None:
        """The generation and the attempt that come next; None after the last, or while it waits."""
        if not self.entries:
            return 0, 1
        last = self.entries[-1]
        if last.decision == "slow":
            return last.generation, last.candidate + 1
        if self.waits or last.generation >= self.plan.generations:
            return None
        return last.generation + 1, 1

    def to_dict(self) -> dict[str, Any]:
        """Return it as chain.json has it."""
        halts = [_plain(halt) for halt in self.halts]
        return {
            "format": FORMAT,
            **self.plan.to_dict(),
            "state": self.state,
            "entries": [_plain(entry) for entry in self.entries],
            "halt": halts[-1] if halts else None,
            "earlier_halts": halts[:-1],
            "pending": None if self.pending is None else _plain(self.pending),
        }


def read(folder: Path) -> ChainRecord | None:
    """Read the record of a chain; None where none was begun.

    Raises
    ------
    AllegianceError
        If it can't be read, is of a newer format or is none.
    """
    path = folder / _FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise AllegianceError(
            f"{path} can't be read ({error}); move the folder away and start the chain anew."
        ) from error
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AllegianceError(
            f"{path} is cut short or no JSON ({error}); move the folder away and start the chain anew."
        ) from error
    version = cast(dict[str, Any], found).get("format") if isinstance(found, dict) else None
    if type(version) is not int:
        raise AllegianceError(f"{path} is no record of a chain; move it away or name another run.")
    if version > FORMAT:
        raise AllegianceError(
            f"{path} was written in format {version} and this version reads up to {FORMAT}; "
            "update Allegiance."
        )
    try:
        return record_of(cast(dict[str, Any], found))
    except (KeyError, TypeError, ValueError, AttributeError, UsageError) as error:
        what = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise AllegianceError(
            f"{path} is no whole record of a chain ({what}); move the folder away and start the chain anew."
        ) from error


def write(folder: Path, record: ChainRecord) -> None:
    """Write the record so that it is there whole, the old or the new."""
    text = json.dumps(record.to_dict(), indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    replace_file(folder / _FILE, text)


def replace_file(path: Path, text: str) -> None:
    """Write a file whole or not at all, also if the machine stops.

    Raises
    ------
    AllegianceError
        If it can't be written.
    """
    draft: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        draft = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        draft.replace(path)
    except OSError as error:
        raise AllegianceError(
            f"{path} could not be written ({error.strerror or error}); free some space, or name "
            "another workspace. The chain goes on from its last entry."
        ) from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def check_same(folder: Path, asked: ChainPlan, begun: ChainPlan) -> None:
    """Make sure that a chain that was begun is the one that is asked for.

    Raises
    ------
    UsageError
        Naming what differs.
    """
    now, then = (json.loads(json.dumps(plan.to_dict())) for plan in (asked, begun))
    if differing := [name for name in now if now[name] != then[name]]:
        told = ", ".join(f"{name}: {then[name]} there, {now[name]} now" for name in differing)
        raise UsageError(
            f"{folder / _FILE} was begun with other settings ({told}); ask for the same ones to go on, "
            "or give the chain another name."
        )


_Kept = Entry | Halt | Pending | Made | Overruled


def _plain(thing: Any) -> Any:
    """A record as JSON holds it: dataclasses become mappings, tuples lists."""
    if isinstance(thing, _Kept):
        return {one.name: _plain(getattr(thing, one.name)) for one in fields(thing)}
    if isinstance(thing, Mapping):
        return {str(key): _plain(value) for key, value in cast(Mapping[Any, Any], thing).items()}
    if isinstance(thing, (tuple, list)):
        return [_plain(one) for one in cast(list[Any], thing)]
    return thing


def record_of(found: dict[str, Any]) -> ChainRecord:
    """Make the record that `ChainRecord.to_dict` was called on; raises what a wrong or missing field raises."""
    halts = [*found["earlier_halts"], *([found["halt"]] if found["halt"] else [])]
    if found["state"] not in ("running", "complete", "halted", "interrupted"):
        raise ValueError(f"its state is {found['state']!r}")
    record = ChainRecord(
        plan=ChainPlan.from_dict(found),
        state=found["state"],
        entries=tuple(Entry(**_named(Entry, entry)) for entry in found["entries"]),
        halts=tuple(map(_halt, halts)),
        pending=None if found["pending"] is None else _pending(found["pending"]),
    )
    _check_order(record)
    return record


def _check_order(record: ChainRecord) -> None:
    """Make sure that the generations follow each other, so that the chain can go on from them."""
    numbers = [entry.generation for entry in record.accepted]
    if numbers != list(range(len(numbers))):
        raise ValueError(f"its accepted generations are {numbers}")
    standing = record.entries[-1].decision in ("halt", "refuse") if record.entries else False
    if standing != record.waits:
        raise ValueError("its last entry and its halt contradict each other")
    under_way = record.pending
    if under_way and (under_way.generation, under_way.candidate) != record.following:
        raise ValueError("what is under way does not follow its last entry")


def _named(kind: type[_Kept], found: Mapping[str, Any]) -> dict[str, Any]:
    return {one.name: found[one.name] for one in fields(kind)}


def _halt(found: Mapping[str, Any]) -> Halt:
    halt = Halt(**_named(Halt, found))
    said = found["overruled"]
    return halt if said is None else replace(halt, overruled=Overruled(**_named(Overruled, said)))


def _pending(found: Mapping[str, Any]) -> Pending:
    pending = Pending(**_named(Pending, found))
    made = found["made"]
    outcomes = tuple(found["outcomes"])
    if any(outcome not in (True, False, None) for outcome in outcomes):
        raise ValueError("its probes under way are not true, false or null")
    return replace(
        pending,
        made=None if made is None else Made(**_named(Made, made)),
        outcomes=outcomes,
    )
