# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Pairs: the transcripts of one request that differ in one factor alone, and the requests beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from allegiance.corpus import Corpus, Transcript
from allegiance.corpus.arrow import FACTOR_PREFIX
from allegiance.errors import UsageError
from allegiance.study.factors import FACTORS

_OPPOSITE = {"monitored": "unmonitored", "unmonitored": "monitored"}
_Row = Mapping[str, Any]


@dataclass(frozen=True)
class Member:
    """A transcript of the request: its level of the factor, and its epoch."""

    transcript_id: str
    level: str
    epoch: int | None


@dataclass(frozen=True)
class Family:
    """Everything by one model in conditions that differ in one factor alone, by request.

    Attributes
    ----------
    factor
        The factor.
    requests
        Request to its transcripts, by level and epoch.
    """

    factor: str
    requests: Mapping[str, tuple[Member, ...]]

    def beside(self, request: str, own: Member, by: int) -> str:
        """Give a transcript of the request before (-1) or after (1), like this one; empty where there is none."""
        names = [*self.requests]
        at = names.index(request) + by
        if not 0 <= at < len(names):
            return ""
        there = self.requests[names[at]]
        alike = [one for one in there if one.level == own.level] or [*there]
        return nearest(alike, own.epoch).transcript_id


@dataclass(frozen=True)
class Pairing:
    """A pair, and all epochs of both its sides.

    Attributes
    ----------
    levels
        Levels of the factor that this request has, in their order.
    left, right
        The two transcripts; the right one is None where there is no other level.
    lefts, rights
        All epochs of either side.
    own
        The transcript that was asked for.
    """

    family: Family
    request: str
    levels: tuple[str, ...]
    own: Member
    left: Member
    right: Member | None
    lefts: tuple[Member, ...]
    rights: tuple[Member, ...]

    @property
    def same_epoch(self) -> bool:
        """Whether both are of one epoch."""
        return self.right is not None and self.left.epoch == self.right.epoch

    def step(self, by: int) -> str:
        """Give the transcript of the epoch before or after, on the side that was asked for; empty for none."""
        side = self.lefts if self.own in self.lefts else self.rights
        at = side.index(self.own) + by
        return side[at].transcript_id if 0 <= at < len(side) else ""


def family_of(corpus: Corpus, transcript: Transcript, factor: str) -> Family:
    """Find everything that a transcript can be compared with in a factor.

    Raises
    ------
    UsageError
        If it has no request, or no level of the factor.
    """
    identifier = transcript.transcript_id[:12]
    if not transcript.request_id:
        raise UsageError(
            f"Transcript {identifier} has no request id, and pairs are made by request: import it with "
            "`--map request_id=FIELD`."
        )
    if factor not in transcript.condition:
        told = ", ".join(transcript.condition) or "none"
        raise UsageError(f"Transcript {identifier} has no {factor[:60]}; its factors are: {told}.")
    column = FACTOR_PREFIX + factor
    rest = {
        FACTOR_PREFIX + name: transcript.condition.get(name)
        for name in corpus.factors
        if name != factor
    }
    where = {name: getattr(transcript, name) for name in ("model", "task", "study")}
    columns = ["transcript_id", "request_id", "epoch", column]
    rows = cast(list[_Row], corpus.table(columns, where={**where, **rest}).to_pylist())
    requests: dict[str, list[Member]] = {}
    for row in rows:
        if row["request_id"] and row[column]:
            member = Member(row["transcript_id"], row[column], row["epoch"])
            requests.setdefault(row["request_id"], []).append(member)
    return Family(
        factor, {name: tuple(sorted(requests[name], key=_in_order)) for name in sorted(requests)}
    )


def pairing(family: Family, transcript: Transcript, against: str = "") -> Pairing:
    """Pair a transcript with one of another level: of the same epoch, if there is one.

    Parameters
    ----------
    against
        The other level; by default monitored is set against unmonitored, and anything else against
        the first level there is.

    Raises
    ------
    UsageError
        If the request has no such level.
    """
    request = transcript.request_id or ""
    members = family.requests[request]
    own = next(one for one in members if one.transcript_id == transcript.transcript_id)
    levels = tuple(
        sorted({one.level for one in members}, key=lambda level: _rank(family.factor, level))
    )
    others = [level for level in levels if level != own.level]
    if against and against not in others:
        told = ", ".join(others) or "none"
        raise UsageError(
            f"against={against[:60]}: the other levels of {family.factor} that this request has are: {told}."
        )
    usual = _OPPOSITE.get(own.level, "monitored")
    other = against or (usual if usual in others else next(iter(others), ""))
    sides = [level for level in levels if level in (own.level, other)]
    by_level = {level: tuple(one for one in members if one.level == level) for level in sides}
    if len(sides) < 2:
        return Pairing(family, request, levels, own, own, None, by_level[own.level], ())
    partner = nearest(by_level[other], own.epoch)
    left, right = (own, partner) if sides[0] == own.level else (partner, own)
    return Pairing(
        family, request, levels, own, left, right, by_level[left.level], by_level[right.level]
    )


def nearest(members: Sequence[Member], epoch: int | None) -> Member:
    """Give the one of an epoch, else the first."""
    return next((one for one in members if one.epoch == epoch), members[0])


def _in_order(one: Member) -> tuple[str, int, str]:
    return one.level, one.epoch if one.epoch is not None else -1, one.transcript_id


def _rank(factor: str, level: str) -> tuple[int, str]:
    known: Iterable[str] = FACTORS[factor].levels if factor in FACTORS else ()
    order = [*known]
    return (order.index(level), "") if level in order else (len(order), level)
