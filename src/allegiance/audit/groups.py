"""Groups: a frame parted by the strata of a draw and by what a scanner said, with the reads in each.

Inside each group the reads are random, whatever the design, and its N is known, because the scanner
said something of all. A label or a verdict that is missing is neither yes nor no.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce


@dataclass(frozen=True)
class Said:
    """What a scanner said of one transcript.

    Attributes
    ----------
    told
        Whether it said that the property is there; None where that is missing.
    why
        Why: ``refused``, ``invalid``, ``too-long``, ``no outcome``, ``not scanned``.
    value, score
        As it was kept.
    """

    told: bool | None
    why: str = ""
    value: str | None = None
    score: float | None = None


UNSCANNED = Said(None, "not scanned")


@dataclass(frozen=True)
class Judged:
    """One read with what the scanner said of the same transcript.

    Attributes
    ----------
    transcript_id, stratum
        Which, and its stratum in the draw.
    hit, why
        What the labels say; None where that is missing, and why.
    said
        The verdict.
    """

    transcript_id: str
    stratum: str
    hit: bool | None
    why: str
    said: Said


@dataclass(frozen=True)
class Group:
    """Transcripts of one stratum of which the scanner said the same.

    Attributes
    ----------
    stratum, told
        Of the draw, and what the scanner said.
    population, reads, hits, untold
        N, reads with a label, those that have the property, and reads whose label is missing.
    parts
        Of groups that were joined: what was said, with its N.
    """

    stratum: str
    told: bool | None
    population: int
    reads: int
    hits: int
    untold: int = 0
    parts: tuple[tuple[bool | None, int], ...] = ()

    @property
    def said(self) -> tuple[tuple[bool | None, int], ...]:
        """What the scanner said in it, with N."""
        return self.parts or ((self.told, self.population),)

    @property
    def share(self) -> float:
        """The share of hits among its reads."""
        return self.hits / self.reads


@dataclass(frozen=True)
class Sample:
    """Labels of a draw beside what a scanner said of its whole frame.

    Attributes
    ----------
    ids
        The frame.
    strata
        Transcript to its stratum; empty for a draw in one random order.
    said
        Transcript to verdict, for those that were scanned.
    judged
        The reads that count, in order.
    fixed
        Whether a number that was fixed beforehand has been read; limits hold at every look where not.
    """

    ids: Sequence[str]
    strata: Mapping[str, str]
    said: Mapping[str, Said]
    judged: tuple[Judged, ...]
    fixed: bool = True

    @property
    def random(self) -> bool:
        """Whether it is one random order without strata."""
        return not self.strata

    def groups(self) -> tuple[Group, ...]:
        """Count the frame and the reads by stratum and verdict."""
        said, strata = self.said, self.strata
        sizes = Counter((strata.get(i, ""), said.get(i, UNSCANNED).told) for i in self.ids)
        read = Counter((j.stratum, j.said.told, j.hit) for j in self.judged)
        return tuple(
            Group(
                stratum=stratum,
                told=told,
                population=sizes[stratum, told],
                reads=read[stratum, told, True] + read[stratum, told, False],
                hits=read[stratum, told, True],
                untold=read[stratum, told, None],
            )
            for stratum, told in sorted(sizes, key=_order)
        )

    def among(self, chosen: Callable[[str], bool]) -> "Sample":
        """Keep a part of the frame, decided without looking at labels."""
        return replace(
            self,
            ids=[one for one in self.ids if chosen(one)],
            judged=tuple(one for one in self.judged if chosen(one.transcript_id)),
        )


def missing_of(judged: Sequence[Judged]) -> dict[str, int]:
    """Count why labels and verdicts are missing, the commonest first."""
    reasons = [f"label {one.why}" for one in judged if one.hit is None]
    reasons += [f"verdict {one.said.why}" for one in judged if one.said.told is None]
    return dict(Counter(reasons).most_common())


def joined_small(
    groups: Sequence[Group], reads: Mapping[str, int], least: float = 5
) -> list[Group]:
    """Join groups of which few reads are to be expected with the largest of their stratum.

    That is settled by the sizes alone, before any label: a group that happens to be unread would
    leave no estimate.

    Parameters
    ----------
    reads
        Stratum to the reads in it.
    least
        Expected reads that are enough.
    """
    found: list[Group] = []
    for stratum in dict.fromkeys(one.stratum for one in groups):
        inside = [one for one in groups if one.stratum == stratum]
        size = sum(one.population for one in inside)
        largest = max(inside, key=lambda one: one.population)
        few = [
            one
            for one in inside
            if one is not largest and reads.get(stratum, 0) * one.population / size < least
        ]
        whole = reduce(joined, few, largest)
        found += [whole if one is largest else one for one in inside if one not in few]
    return found


def joined(first: Group, second: Group) -> Group:
    """Take two groups for one."""
    return replace(
        first,
        population=first.population + second.population,
        reads=first.reads + second.reads,
        hits=first.hits + second.hits,
        untold=first.untold + second.untold,
        parts=(*first.said, *second.said),
    )


def without_verdicts(groups: Sequence[Group]) -> list[Group]:
    """Join groups of a stratum: what the labels alone tell."""
    found: dict[str, Group] = {}
    for one in groups:
        before = found.get(one.stratum)
        found[one.stratum] = one if before is None else joined(before, one)
    return list(found.values())


def _order(key: tuple[str, bool | None]) -> tuple[str, int]:
    return key[0], (True, False, None).index(key[1])
