"""The file of a challenge: a sentence, a transcript coded by clauses, its route, and who means what."""

from pathlib import Path
from typing import Literal

import msgspec

from allegiance.audit.attesting import converted, read_yaml
from allegiance.audit.claim import Said
from allegiance.audit.shares import read_share
from allegiance.errors import UsageError

Kind = Literal["existence", "none-seen", "none-exist", "prevalence"]


class Challenged(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """The sentence that is challenged.

    Attributes
    ----------
    says, by
        The sentence, and whose it is.
    kind, category
        What it claims, and of what.
    where
        The population that it is about; all transcripts by default.
    at_most, at_least, about
        The number that it claims, as a fraction or in per cent.
    share
        Of a sentence that there is none: the share that would have to be excluded for it to be fair.
    read
        The transcripts that its author read, by id, if the author says which.
    """

    kind: Kind
    category: str
    says: str = ""
    by: str = "somebody"
    where: str = ""
    at_most: str | float | None = None
    at_least: str | float | None = None
    about: str | float | None = None
    share: str | float = "1%"
    read: tuple[str, ...] | None = None


class Shown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A clause that a transcript answers to, and the words that show it."""

    clause: str
    quote: str = ""
    part: str = "whole"


class Coded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One transcript, coded by the clauses it answers to."""

    id: str = ""
    text: str = ""
    shows: tuple[Shown, ...] = ()


class ReportedRoute(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """The reader's report of how the transcript was come by; without one the ledger is asked.

    `before` are the transcripts read before it in the same sitting, in their order, each coded as the
    transcript itself is.
    """

    reader: str
    order: Literal["random", "chosen", "unknown"] = "unknown"
    where: str = ""
    stop: str = "undeclared"
    declared: bool = False
    before: tuple[Coded, ...] = ()


class Party(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A party's definition: the clauses that count, and those that don't."""

    name: str
    counts: tuple[str, ...] = ()
    leaves_out: tuple[str, ...] = ()


class Challenge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a challenge file holds."""

    claim: Challenged
    clauses: dict[str, str]
    transcript: Coded
    parties: tuple[Party, ...]
    route: ReportedRoute | None = None


def read_challenge(path: str | Path) -> Challenge:
    """Read a challenge from YAML.

    Raises
    ------
    UsageError
        If there is no such file, a field is wrong, or a clause is named that is not defined.
    """
    return challenge_from(read_yaml(path), path)


def challenge_from(data: object, path: str | Path = "the challenge") -> Challenge:
    """Read a challenge from named fields, as YAML holds them.

    Parameters
    ----------
    path
        Where they are from, for errors.

    Raises
    ------
    UsageError
        If a field is wrong, or a clause is named that is not defined.
    """
    found = converted(data, Challenge, path)
    if not found.parties:
        raise UsageError(f"{path}: `parties` names nobody; give each party's definition.")
    named = [(f"the transcript's `{s.clause}`", s.clause) for s in found.transcript.shows]
    named += [(f"{p.name}'s `{c}`", c) for p in found.parties for c in (*p.counts, *p.leaves_out)]
    before = () if found.route is None else found.route.before
    named += [(f"`{s.clause}` of {one.id[:12]}", s.clause) for one in before for s in one.shows]
    for whose, clause in named:
        if clause not in found.clauses:
            raise UsageError(
                f"{path}: {whose} is no clause; there are {', '.join(found.clauses) or 'none'}."
            )
    for party in found.parties:
        both = set(party.counts) & set(party.leaves_out)
        if both:
            raise UsageError(
                f"{path}: {party.name} both counts and leaves out `{sorted(both)[0]}`."
            )
    return found


def number_of(claim: Challenged) -> Said:
    """Read the number that a sentence claims.

    Raises
    ------
    UsageError
        If there is none, or several, or it is no share.
    """
    given = {
        how: text
        for how, text in (
            ("at-most", claim.at_most),
            ("at-least", claim.at_least),
            ("about", claim.about),
        )
        if text is not None
    }
    if len(given) != 1:
        raise UsageError(
            "claim: a prevalence takes one of at-most, at-least and about, such as `at-most: 1%`."
        )
    ((how, text),) = given.items()
    return Said(how=how, rate=fraction_of(how, text))  # pyright: ignore[reportArgumentType]


def fraction_of(name: str, value: str | float) -> float:
    """Read a share of the file, ``1%`` or 0.01.

    Raises
    ------
    UsageError
        If it is none.
    """
    found = read_share(value)
    if found is None:
        raise UsageError(f"claim.{name}: {str(value).strip()} is no share; write 1% or 0.01.")
    return found
