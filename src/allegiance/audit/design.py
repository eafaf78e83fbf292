"""Designs: the order of a draw, and how its reads are shared out among strata. Pure functions."""

import hmac
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Any

import numpy as np

from allegiance.audit.specs import StopRule, StratumSpec
from allegiance.corpus.order import draw_order
from allegiance.errors import UsageError

NOTHING = "(none)"
"""The stratum of those in which the field holds nothing."""

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LARGEST = 1_000_000_000


def keyed(ids: Sequence[str], seed: str) -> tuple[str, ...]:
    """Put ids into the draw order of a seed; see `allegiance.corpus.order.draw_key`."""
    if not ids:
        return ()
    order = draw_order(np.array(ids, "S64"), int(seed))
    return tuple(str(ids[place]) for place in order.tolist())


def order_digest(ids: Sequence[str]) -> str:
    r"""Digest of an order: SHA-256 (hex) of the ids, as they come, joined by ``\n``."""
    return sha256("\n".join(ids).encode()).hexdigest()


def ranked(ids: Sequence[str], scores: Sequence[Any]) -> tuple[str, ...]:
    """Put ids in the order of their scores, the highest first; ids settle ties.

    Those without a score have no rank and are left out.

    Raises
    ------
    UsageError
        If the scores can't be compared with each other.
    """
    there = [(score, one) for score, one in zip(scores, ids, strict=True) if score is not None]
    try:
        return tuple(
            one for _, one in sorted(sorted(there, key=lambda e: e[1]), key=_score, reverse=True)
        )
    except TypeError as error:
        raise UsageError("What it is sorted by holds values of several kinds.") from error


def strata_of(
    ids: Sequence[str], values: Sequence[Any], cuts: Sequence[float] = ()
) -> dict[str, list[str]]:
    """Sort ids into strata by what a field holds, or by bands of a score.

    Parameters
    ----------
    ids, values
        The transcripts, and what the field holds for each.
    cuts
        Where bands begin: a score of exactly a cut belongs to the band above it.

    Returns
    -------
    dict
        Name to ids. ``yes`` comes first, then the others by name, and last those without a value;
        bands rise.

    Raises
    ------
    UsageError
        If bands are asked for of what is no number.
    """
    found: dict[str, list[str]] = {band: [] for band in _bands(cuts)}
    for one, value in zip(ids, values, strict=True):
        found.setdefault(_stratum(value, cuts), []).append(one)
    if not cuts:
        found = dict(sorted(found.items(), key=lambda e: (e[0] != "yes", e[0])))
    if NOTHING in found:
        found[NOTHING] = found.pop(NOTHING)
    return {name: members for name, members in found.items() if members}


def read_by(text: str) -> tuple[str, tuple[float, ...]]:
    """Take ``scores.judge:0.3,0.7`` apart: the field, and where its bands begin.

    Raises
    ------
    UsageError
        If a cut is no number, or they don't rise.
    """
    name, colon, listed = text.partition(":")
    if not colon:
        return name, ()
    try:
        cuts = tuple(float(cut) for cut in listed.split(","))
    except ValueError:
        cuts = ()
    if not cuts or list(cuts) != sorted(set(cuts)) or not all(map(math.isfinite, cuts)):
        raise UsageError(f"--by {text}: write the rising cuts of the bands, as {name}:0.3,0.7.")
    return name, cuts


def allocated(
    sizes: Mapping[str, int], reads: int, how: str = "proportional"
) -> tuple[StratumSpec, ...]:
    """Share reads out among strata.

    Parameters
    ----------
    sizes
        N of each stratum.
    reads
        How many in all.
    how
        ``proportional``; shares in per cent in the order of the strata, ``10/90``; or numbers by
        name, ``yes=50,no=150``.

    Returns
    -------
    tuple of StratumSpec
        Sums to `reads`; no stratum gives more than it has, and none is left out where there are
        reads enough.

    Raises
    ------
    UsageError
        If that can't be read, or asks for more than there is.
    """
    total = sum(sizes.values())
    if reads > total:
        raise UsageError(
            f"There are {total:,} transcripts in the frame, and {reads:,} were asked for."
        )
    if "=" in how:
        return _explicit(sizes, reads, how)
    weights = dict(sizes) if how == "proportional" else _shares(sizes, how)
    return _shared(sizes, reads, weights)


def extended(
    strata: Sequence[StratumSpec], drawn: Mapping[str, int], more: int, how: str
) -> tuple[StratumSpec, ...]:
    """Share more reads out, so that all that is drawn then has the shares of the allocation.

    Parameters
    ----------
    strata
        Those of the draw, with the reads that it began with.
    drawn
        How many of each stratum are drawn by now.
    more
        How many are added.
    how
        The allocation; one that a pilot or numbers by name settled goes on in the shares that came
        of it.

    Raises
    ------
    UsageError
        If the strata that have a share hold no more.
    """
    sizes = {one.name: one.population for one in strata}
    if how == "proportional":
        weights: dict[str, float] = dict(sizes)
    elif "=" in how or how.startswith("pilot "):
        weights = {one.name: one.reads for one in strata}
    else:
        weights = _shares(sizes, how)
    return tuple(
        StratumSpec(name=one.name, population=one.population, reads=one.reads - drawn[one.name])
        for one in _shared(sizes, sum(drawn.values()) + more, weights, drawn)
    )


def weighed(
    sizes: Mapping[str, int], reads: int, pilot: Mapping[str, tuple[int, int]]
) -> tuple[StratumSpec, ...]:
    """Share reads out by what a pilot saw: (hits, reads) of each stratum.

    Neyman's allocation, N times the standard deviation, with half a hit and half a miss added so
    that a stratum in which the pilot saw none is not taken for certain (Neyman 1934).
    """
    weights: dict[str, float] = {}
    for name, size in sizes.items():
        hits, seen = pilot.get(name, (0, 0))
        rate = (hits + 0.5) / (seen + 1)
        weights[name] = size * math.sqrt(rate * (1 - rate))
    return _shared(sizes, reads, weights)


def read_stop(text: str) -> StopRule:
    """Read ``fixed 50``, ``until 1 hit``, ``open`` or ``undeclared``.

    Raises
    ------
    UsageError
        If it is none of these.
    """
    words = text.strip().lower().split()
    match words:
        case ["fixed"]:
            return StopRule(kind="fixed")
        case ["fixed", number] if number.isdecimal() and 0 < int(number) <= _LARGEST:
            return StopRule(kind="fixed", number=int(number))
        case ["until", number, "hit" | "hits"] if (
            number.isdecimal() and 0 < int(number) <= _LARGEST
        ):
            return StopRule(kind="until", number=int(number))
        case ["open"]:
            return StopRule(kind="open")
        case ["undeclared"]:
            return StopRule(kind="undeclared")
        case _:
            raise UsageError(f'--stop {text}: write "fixed 50", "until 1 hit" or open.')


@dataclass(frozen=True)
class Batches:
    """The reads of each extension, stratum by stratum; the first entry is the draw itself."""

    of: tuple[tuple[StratumSpec, ...], ...]


def in_strata(strata: Mapping[str, Sequence[str]], batches: Batches, seed: str) -> tuple[str, ...]:
    """Draw from strata: from each its first in the keyed order, and all of them mixed by a second key.

    The place of a transcript in the order tells nothing of its stratum; in the order of the first key
    it would, since a stratum of which a small part is drawn gives its lowest keys alone. What an
    extension adds comes after what was there, mixed by itself.
    """
    ordered = {name: keyed(members, seed) for name, members in strata.items()}
    taken = dict.fromkeys(strata, 0)
    drawn: list[str] = []
    for batch in batches.of:
        chosen: list[str] = []
        for stratum in batch:
            start = taken[stratum.name]
            chosen += ordered[stratum.name][start : start + stratum.reads]
            taken[stratum.name] = start + stratum.reads
        drawn += mixed(chosen, seed)
    return tuple(drawn)


def mixed(ids: Sequence[str], seed: str) -> tuple[str, ...]:
    """Mix what was drawn from strata: ascending HMAC-SHA256 of the id, the key ``SEED strata``."""
    key = f"{seed} strata".encode()
    return tuple(sorted(ids, key=lambda one: hmac.digest(key, one.encode(), "sha256")))


def _score(entry: tuple[Any, str]) -> Any:
    return entry[0]


def _bands(cuts: Sequence[float]) -> list[str]:
    if not cuts:
        return []
    edges = [f"{cut:g}" for cut in cuts]
    middle = [f"{low} to {high}" for low, high in pairwise(edges)]
    return [f"below {edges[0]}", *middle, f"{edges[-1]} and more"]


def _stratum(value: Any, cuts: Sequence[float]) -> str:
    if value is None:
        return NOTHING
    if not cuts:
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"--by: bands are of numbers, and a transcript has {value!r}.")
    return _bands(cuts)[sum(value >= cut for cut in cuts)]


def _explicit(sizes: Mapping[str, int], reads: int, how: str) -> tuple[StratumSpec, ...]:
    asked: dict[str, int] = {}
    for part in how.split(","):
        name, _, number = part.rpartition("=")
        if name.strip() not in sizes or not number.strip().isdecimal():
            raise UsageError(
                f"--allocate {how}: write the reads of each stratum, such as "
                f"{','.join(f'{one}=50' for one in sizes)}."
            )
        asked[name.strip()] = int(number)
    for name, number in asked.items():
        if number > sizes[name]:
            raise UsageError(
                f"--allocate {how}: the stratum {name} holds {sizes[name]:,}, not {number:,}."
            )
    if sum(asked.values()) != reads:
        raise UsageError(
            f"--allocate {how}: that makes {sum(asked.values()):,} reads, and --n is {reads:,}."
        )
    return tuple(
        StratumSpec(name=name, population=size, reads=asked.get(name, 0))
        for name, size in sizes.items()
    )


def _shares(sizes: Mapping[str, int], how: str) -> dict[str, float]:
    parts = how.split("/")
    if not all(_NUMBER.fullmatch(part.strip()) for part in parts) or len(parts) != len(sizes):
        raise UsageError(
            f"--allocate {how}: write proportional, one share for each of {', '.join(sizes)} (as "
            f"{'/'.join(['10', '90', *['..'] * (len(sizes) - 2)][: len(sizes)])}), or numbers by name."
        )
    weights = dict(zip(sizes, map(float, parts), strict=True))
    if not sum(weights.values()):
        raise UsageError(f"--allocate {how}: some share has to be above 0.")
    return weights


def _shared(
    sizes: Mapping[str, int],
    reads: int,
    weights: Mapping[str, float],
    drawn: Mapping[str, int] | None = None,
) -> tuple[StratumSpec, ...]:
    """Share out by weight: whole numbers by largest remainder, what a full stratum can't give to others.

    What is drawn already stays, and counts among the reads.
    """
    meant = [name for name in sizes if weights[name] > 0]
    given = dict(drawn) if drawn else dict.fromkeys(sizes, 0)
    unread = [name for name in meant if not given[name]]
    if reads - sum(given.values()) >= len(unread):
        given.update(dict.fromkeys(unread, 1))  # a stratum that is not read leaves no estimate
    while left := reads - sum(given.values()):
        room = {name: sizes[name] - given[name] for name in meant if sizes[name] > given[name]}
        if not room:
            raise UsageError(
                f"The strata with a share ({', '.join(meant)}) hold "
                f"{sum(sizes[name] for name in meant):,} transcripts, and {reads:,} were asked for "
                "in all; give the others a share."
            )
        weight = {name: weights[name] for name in room}
        whole = sum(weight.values())
        # What a stratum has already counts towards its share.
        wanted = {
            name: max(reads * share / whole - given[name], 0.0) for name, share in weight.items()
        }
        scale = left / (sum(wanted.values()) or 1.0)
        exact = {name: min(want * scale, room[name]) for name, want in wanted.items()}
        floors = {name: math.floor(number + 1e-9) for name, number in exact.items()}
        if not any(floors.values()):
            by_rest = sorted(exact, key=lambda n: (-exact[n], list(sizes).index(n)))
            floors = dict.fromkeys(by_rest[:left], 1)
        for name, number in floors.items():
            given[name] += number
    return tuple(
        StratumSpec(name=name, population=size, reads=given[name]) for name, size in sizes.items()
    )
