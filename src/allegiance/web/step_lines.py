"""The lines that a trainer writes, one a step: read, counted, and gathered where there are too many to draw."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from allegiance.web.run_folders import Count, loaded, within

DRAWN = 240
"""Points of a curve; of more steps, neighbours are averaged."""
_LARGEST = 256 * 2**20
_LAST = 50
"""Steps by whose time it is told how long the rest will take."""


class Step(msgspec.Struct, frozen=True):
    """What a trainer says of a step; what its method lacks is None."""

    step: Count
    reward: float | None = None
    reward_sd: float | None = None
    loss: float | None = None
    complied: float | None = None
    strategic: float | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Steps:
    """All lines of a run.

    Attributes
    ----------
    all
        One for each step; of a step that was done again after a resume, the last.
    unread
        Lines that could not be read; a last one that is cut off is still being written, and is none of them.
    problem
        Why there are none, in a sentence; empty otherwise.
    """

    all: tuple[Step, ...] = ()
    unread: int = 0
    problem: str = ""

    @property
    def done(self) -> int:
        """The number of the last step."""
        return self.all[-1].step if self.all else 0

    @property
    def last(self) -> Step | None:
        """The last step."""
        return self.all[-1] if self.all else None

    def has(self, name: str) -> bool:
        """Whether any step says something of a field."""
        return any(getattr(one, name) is not None for one in self.all)

    def left(self, steps: int) -> float | None:
        """Say how many seconds the steps that are left will take, by the last ones; None where that can't be told."""
        times = [one.seconds for one in self.all[-_LAST:] if one.seconds is not None]
        if not times or steps <= self.done:
            return None
        return sum(times) / len(times) * (steps - self.done)

    def drawn(self) -> tuple[Step, ...]:
        """Give at most `DRAWN` points: of more steps, the means of neighbours at the place of the last of them."""
        if len(self.all) <= DRAWN:
            return self.all
        size = math.ceil(len(self.all) / DRAWN)
        return tuple(
            _mean(self.all[first : first + size]) for first in range(0, len(self.all), size)
        )


def steps_of(folder: Path) -> Steps:
    """Read ``steps.jsonl`` of a run's folder."""
    file = folder / "steps.jsonl"
    try:
        if not within(folder, file):
            return Steps(problem="steps.jsonl leads out of its folder, and is not followed.")
        if file.stat().st_size > _LARGEST:
            return Steps(problem=f"steps.jsonl is larger than {_LARGEST // 2**20} MiB, and is not read.")  # fmt: skip
        data = file.read_bytes()
    except FileNotFoundError:
        return Steps(problem="No step was written yet.")
    except OSError as error:
        return Steps(problem=f"steps.jsonl can't be read ({error.strerror or 'it fails'}).")
    return _parsed(data)


def _parsed(data: bytes) -> Steps:
    decoder = msgspec.json.Decoder(Step)
    lines = data.split(b"\n")
    found: dict[int, Step] = {}
    unread = 0
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        one = _one(line, decoder)
        if one is None:
            unread += number < len(lines) - 1  # the last one is still being written
        else:
            found[one.step] = one
    ordered = tuple(found[step] for step in sorted(found))
    return Steps(ordered, unread, "" if ordered else "No step was written yet.")


def _one(line: bytes, decoder: "msgspec.json.Decoder[Step]") -> Step | None:
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    try:
        return msgspec.convert(loaded(line), Step)  # a loss that is NaN, as Python writes it
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _mean(steps: Sequence[Step]) -> Step:
    def of(name: str, gather: Callable[[list[float]], float]) -> float | None:
        values = [value for one in steps if (value := getattr(one, name)) is not None]
        return gather(values) if values else None

    def mean(values: list[float]) -> float:
        return sum(values) / len(values)

    def spread(values: list[float]) -> float:
        return math.sqrt(mean([value * value for value in values]))

    return Step(
        step=steps[-1].step,
        reward=of("reward", mean),
        reward_sd=of("reward_sd", spread),
        loss=of("loss", mean),
        complied=of("complied", mean),
        strategic=of("strategic", mean),
        seconds=of("seconds", mean),
    )
