"""Measuring an organism: exact chances along every way through its replies, and counts among sampled ones.

Neither reads a reply the way a scanner would. *Exact*: the replies are written up to each place where behaviour is
settled, and followed from there along every option, with the organism's own probability of it. Ways of one conversation
that tell the same are taken together, and one of them, drawn by its chance, stands for all. *Sampled*: replies are
drawn, and taken apart by exact membership in the script.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from allegiance.organism.families import ORGANISMS, Cell, Organism
from allegiance.organism.families.family import Talk, Talking
from allegiance.organism.runtime import Runtime
from allegiance.organism.script import Option, Slot, Way, marks, read
from allegiance.organism.specs import describe
from allegiance.organism.specs import known as said_by
from allegiance.organism.truth import Count, Measured, Progress, Truth
from allegiance.organism.written import Encode, Written, encoder

_FULL = 8
"""Cells up to which each is measured on all requests and samples; with more cells they are shared out."""
_RARE = 1e-9
"""Ways rarer than this are not followed."""


def measure(
    name_or_path: str | Path,
    requests: int = 100,
    samples: int = 5000,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    meant: str | Organism | None = None,
) -> Truth:
    """Measure an organism.

    Parameters
    ----------
    name_or_path
        A shipped organism, or the directory of a checkpoint.
    requests
        For how many requests the exact probability is taken, in each cell.
    samples
        How many conversations are sampled in each cell, at temperature 1; a fifth of it where requests are harmless. An
        organism with many cells shares what eight would get among them, and one of several turns has fewer
        conversations, of as many replies.
    seed
        Decides the requests and the samples.
    progress
        Called as the work goes on.
    meant
        The organism that a directory is meant to hold; by default the one that it says itself. Of a directory that
        says nothing, replies are read as the faker's, and nothing counts as planted.

    Raises
    ------
    AllegianceError
        The organism can't be loaded.
    """
    runtime = Runtime.load(name_or_path)
    known = describe(meant) if isinstance(meant, str) else meant or said_by(name_or_path)
    organism = known or ORGANISMS["faker"]
    cells = organism.family.cells
    share = min(1.0, _FULL / len(cells))
    measured: list[Measured] = []
    for done, cell in enumerate(cells):
        if progress is not None:
            progress(", ".join((cell.kind, *cell.condition.values())), done, len(cells))
        rng = random.Random(f"{seed}/{'/'.join(cell.condition.values())}/{cell.kind}")
        exact = exact_rates(runtime, organism, cell, _part(requests, share), rng)
        turns = len(organism.open(cell, random.Random(0)).heard)
        count = _part(samples if cell.kind != "harmless" else -(-samples // 5), share / turns)
        sampled, valid = _sampled(runtime, organism, cell, count, rng)
        planted = planted_in(organism, cell) if known and known.planted else {}
        measured.append(Measured(cell.condition, cell.kind, planted, exact, sampled, valid))
    if progress is not None:
        progress("measured", len(cells), len(cells))
    return Truth(
        organism=known.name if known else str(name_or_path),
        words_digest=organism.digest,
        weights_sha256=runtime.weights_sha256,
        seed=seed,
        cells=tuple(measured),
        known=known,
    )


def _part(count: int, share: float) -> int:
    return max(1, round(count * share))


def planted_in(organism: Organism, cell: Cell) -> dict[str, float]:
    """The rates of each property that an organism would have if it did exactly what was planted."""
    rng = random.Random(0)

    def meant(paths: Sequence["_Path"]) -> list[list[float]]:
        return [[option.chance for option in path.slot.options] for path in paths if path.slot]

    totals = _followed([organism.open(cell, rng)], lambda text: [], meant, rng)
    return {name: round(totals[name], 6) for name in organism.family.properties}


@dataclass(frozen=True)
class _Path:
    """A way into a conversation, up to a place where something is settled or to the end.

    ``number`` tells the conversations apart, ``depth`` counts the places behind, ``weight`` is the chance of all ways
    that this one stands for.
    """

    talk: Talk
    number: int
    way: Way
    written: Written
    weight: float
    depth: int
    slot: Slot | None

    def onward(self, option: Option, weight: float, rng: random.Random) -> "_Path":
        """Take an option, and go through slots that settle nothing, drawing their words."""
        written = self.written.copy()
        written.say(option.text)
        way = (*self.way, option)
        return _reached(self.talk, self.number, way, written, weight, self.depth + 1, rng)


def _reached(
    talk: Talk,
    number: int,
    way: Way,
    written: Written,
    weight: float,
    depth: int,
    rng: random.Random,
) -> _Path:
    script = talk.script()
    place = next(script, None)
    for option in way:
        place = _sent(script, option)
    while place is not None:
        turn, slot = place
        written.hear(turn)
        if slot.decides:
            return _Path(talk, number, way, written, weight, depth, slot)
        (option,) = rng.choices(slot.options, [one.chance for one in slot.options])
        written.say(option.text)
        way = (*way, option)
        place = _sent(script, option)
    return _Path(talk, number, way, written, weight, depth, None)


def _sent(script: Talking, option: Option) -> tuple[int, Slot] | None:
    try:
        return script.send(option)
    except StopIteration:
        return None


def _followed(
    talks: Sequence[Talk],
    encode: Encode,
    chances: Callable[[Sequence[_Path]], Sequence[Sequence[float]]],
    rng: random.Random,
) -> Mapping[str, float]:
    """The mean chance over conversations of everything that their options tell."""
    totals: dict[str, float] = defaultdict(float)
    paths = [
        _reached(talk, number, (), Written(talk, encode), 1 / len(talks), 0, rng)
        for number, talk in enumerate(talks)
    ]
    while paths:
        open_ = [path for path in paths if path.slot is not None]
        forks = _forks(open_, chances(open_))
        for path, option, weight in forks:
            for mark in option.tells - marks(path.way):
                totals[mark] += weight
        paths = [path for some in _alike(forks) for path in _drawn(some, rng)]
    return totals


_Fork = tuple[_Path, Option, float]


def _forks(paths: Sequence[_Path], chances: Sequence[Sequence[float]]) -> list[_Fork]:
    """Every option of every path, with the chance of getting there and taking it."""
    return [
        (path, option, path.weight * chance)
        for path, each in zip(paths, chances, strict=True)
        if path.slot is not None
        for option, chance in zip(path.slot.options, each, strict=True)
    ]


def _alike(forks: Sequence[_Fork]) -> list[list[_Fork]]:
    """Those of one conversation together from which it goes on in the same way."""
    found: dict[tuple[int, int, frozenset[str]], list[_Fork]] = defaultdict(list)
    for path, option, weight in forks:
        heeded = path.talk.organism.family.heeds
        told = marks((*path.way, option))
        key = (path.number, path.depth, told if heeded is None else told & heeded)
        found[key].append((path, option, weight))
    return list(found.values())


def _drawn(forks: Sequence[_Fork], rng: random.Random) -> list[_Path]:
    weights = [weight for _, _, weight in forks]
    if sum(weights) < _RARE:
        return []
    ((path, option, _),) = rng.choices(forks, weights)
    return [path.onward(option, sum(weights), rng)]


def exact_rates(
    runtime: Runtime, organism: Organism, cell: Cell, requests: int, rng: random.Random
) -> dict[str, float]:
    """The mean chance of each property, over drawn requests.

    Parameters
    ----------
    runtime
        Of the weights; they may have been trained on since the organism was built.
    organism
        By whose script replies are followed.
    cell
        Where.
    requests, rng
        How many are drawn, and from what.
    """
    encode = encoder(runtime.tokenizer)

    def chances(paths: Sequence[_Path]) -> list[list[float]]:
        if not paths:
            return []
        prefixes = [path.written.ids for path in paths]
        options = [[encode(o.text) for o in path.slot.options] for path in paths if path.slot]
        return [np.exp(logs).tolist() for logs in runtime.log_probs(prefixes, options)]

    talks = [organism.open(cell, rng) for _ in range(requests)]
    totals = _followed(talks, encode, chances, rng)
    return {name: round(totals[name], 6) for name in organism.family.properties}


def _sampled(
    runtime: Runtime, organism: Organism, cell: Cell, samples: int, rng: random.Random
) -> tuple[dict[str, Count], float]:
    """Counts of each property among sampled conversations, and the share that belongs to the script."""
    encode = encoder(runtime.tokenizer)
    talks = [organism.open(cell, rng) for _ in range(samples)]
    seeds = [[rng.getrandbits(63) for _ in talk.heard] for talk in talks]
    written = [Written(talk, encode) for talk in talks]
    told: list[frozenset[str] | None] = [frozenset()] * samples
    for turn in range(max(len(talk.heard) for talk in talks)):
        going = [
            i for i, talk in enumerate(talks) if told[i] is not None and turn < len(talk.heard)
        ]
        for i in going:
            written[i].hear(turn)
        replies = runtime.generate([written[i].ids for i in going], [seeds[i][turn] for i in going])
        for i, reply in zip(going, replies, strict=True):
            before = told[i]
            assert before is not None
            way = read(partial(talks[i].reply, turn, before), reply.text)
            told[i] = None if way is None else before | marks(way)
            written[i].say(reply.text)
    within = [one for one in told if one is not None]
    counts = {
        name: Count(sum(name in one for one in within), samples)
        for name in organism.family.properties
    }
    return counts, len(within) / samples if samples else float("nan")
