"""What a draw may be called, designed, seeded and stopped by: arguments checked before anything is recorded."""

import re
from collections.abc import Iterable, Sequence
from typing import cast, get_args

from allegiance.audit.design import read_by, read_stop
from allegiance.audit.frames import LABEL, Frame, instruments_of, read_field, values_of
from allegiance.audit.record import Record
from allegiance.audit.specs import Design, Instrument, StopRule
from allegiance.audit.teaching import draws_behind
from allegiance.corpus import Corpus
from allegiance.corpus.filters import IsNull
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


def read_seed(text: str) -> int:
    """Read a seed.

    Raises
    ------
    UsageError
        If it is no whole number.
    """
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"--seed {text}: a seed is a whole number from 0 below 2**64.") from None


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


def checked_by(
    corpus: Corpus,
    population: Frame,
    by: str,
    kind: Design,
    size: int | None,
    scanners: Iterable[str],
) -> tuple[Instrument, ...]:
    """Settle the scanners that strata or an order by score rest on, and see that there are values."""
    place = read_field(corpus.query(), read_by(by)[0])
    if place.column == LABEL:
        raise UsageError(
            f"--by {by}: labels make no strata and no order; they may stand in --where."
        )
    instruments = instruments_of(corpus, [IsNull(place)], scanners)
    values = values_of(corpus.query(), corpus, population.ids, place, instruments)
    there = sum(value is not None for value in values)
    if not there:
        raise UsageError(f"--by {by}: no transcript of the frame holds anything there.")
    if kind == "top" and size is not None and size > there:
        raise UsageError(
            f"--by {by}: {there:,} of the {len(population):,} transcripts in the frame hold a value, "
            f"and {size:,} were asked for; draw at most those."
        )
    return instruments


def fresh_seed(
    seed: int, record: Record, population: Frame, instruments: Sequence[Instrument]
) -> None:
    """Refuse a seed by which transcripts of this frame came before a reader: its order is known.

    Labels that such a frame was built from would follow the order of the draw, and a property or a
    stopping rule could be declared after it was read. Labels that taught a classifier build a frame, or
    its strata, as well as labels that a filter names.
    """
    for name, one in draws_behind(record, (*population.spec.instruments, *instruments)).items():
        used = record.draws.get(name)
        if used is not None and used.spec.seed == str(seed):
            raise UsageError(
                f"--seed {seed} was used by the draw {name}, whose labels taught the {one.scanner} that "
                f"gave the verdicts in {one.category}: take another seed, or none."
            )
    inside = frozenset(population.ids)
    seen = [(sight.route.draw, sight.transcript_id) for sight in record.sights]
    seen += [(one.draw, one.transcript_id) for one in record.labelled]
    for name, identifier in seen:
        used = record.draws.get(name)
        if used is not None and used.spec.seed == str(seed) and identifier in inside:
            raise UsageError(
                f"--seed {seed} was used by the draw {name}, in which transcripts of this frame were "
                "read already; the order would follow theirs: take another seed, or none."
            )
