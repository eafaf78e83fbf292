"""What a draw may be called, designed, seeded and stopped by: arguments checked before anything is recorded."""

import re
from typing import cast, get_args

from allegiance.audit.design import read_stop
from allegiance.audit.record import Record
from allegiance.audit.specs import Design, StopRule
from allegiance.errors import UsageError

RESERVED = ("new", "list", "extend")
"""Names that the command line has taken."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LARGEST_SEED = 2**64


def stop_and_size(
    stop: str | None, n: int | None, kind: Design, population: int
) -> tuple[StopRule, int | None]:
    """Settle the stopping rule and the number drawn, each of which may stand for the other."""
    rule = read_stop(stop) if stop is not None else None
    if n is not None and n < 1:
        raise UsageError(f"--n {n}: a draw has 1 transcript or more.")
    if kind == "census":
        if n is not None and n != population:
            raise UsageError(f"--n {n}: a census reads all {population:,}; leave --n out.")
        n = population
    if rule is None:
        rule = StopRule(kind="fixed" if n is not None else "open", number=n)
    if rule.kind == "undeclared":
        raise UsageError(
            "--stop undeclared: a draw declares its rule; `open` reads as long as one likes."
        )
    if rule.kind == "fixed":
        wanted = rule.number if rule.number is not None else n
        if wanted is None:
            raise UsageError('--stop fixed: say how many, as in --stop "fixed 50".')
        if n is not None and n != wanted:
            raise UsageError(f"--n {n} and --stop fixed {wanted} are two numbers; give one.")
        rule, n = StopRule(kind="fixed", number=wanted), wanted
    if rule.kind == "until" and kind in ("stratified", "top"):
        raise UsageError(
            f"--stop until: reading until a hit needs one random order; --design {kind} has none."
        )
    if kind == "stratified" and n is None:
        raise UsageError("--design stratified: say with --n how many are shared out.")
    if n is not None and n > population:
        raise UsageError(
            f"The frame holds {population:,} transcripts, and {n:,} were asked for; draw at most all."
        )
    return rule, n


def check_name(name: str, record: Record) -> None:
    """See that a draw may have this name: a plain one that no other has.

    Raises
    ------
    UsageError
        If it is not.
    """
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise UsageError(
            f"{name!r} can't name a draw; use letters, digits, `.`, `_`, `-`, and not "
            f"{', '.join(RESERVED)}."
        )
    if name in record.draws:
        raise UsageError(f"There is a draw {name} already; give this one another name.")


def checked_design(design: str, by: str, pilot: str) -> Design:
    """Give the design if there is one of that name and it goes with the other options.

    Raises
    ------
    UsageError
        If it is not.
    """
    if design not in get_args(Design):
        raise UsageError(f"--design {design}: there are {', '.join(get_args(Design))}.")
    if design in ("stratified", "top") and not by:
        raise UsageError(
            f"--design {design} needs --by, such as "
            + ("verdict.doubts or tier." if design == "stratified" else "scores.judge.")
        )
    if by and design not in ("stratified", "top"):
        raise UsageError(f"--by {by} goes with --design stratified or top.")
    if pilot and design != "stratified":
        raise UsageError(
            "--pilot settles the allocation of a stratified draw; add --design stratified."
        )
    return cast(Design, design)


def checked_seed(seed: int) -> int:
    """Give the seed if it is a whole number from 0 below 2**64.

    Raises
    ------
    UsageError
        If it is not.
    """
    if not 0 <= seed < _LARGEST_SEED:
        raise UsageError(f"--seed {seed}: a seed is a whole number from 0 below 2**64.")
    return seed
