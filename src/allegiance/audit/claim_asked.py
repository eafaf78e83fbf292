"""A claim as somebody asks for it, in words and options, read into one that can be decided."""

from dataclasses import dataclass
from typing import cast

from allegiance.audit.citing import known_property
from allegiance.audit.claim import KINDS, ClaimSpec, Kind, Noticed, Said
from allegiance.audit.frames import Frame, frame, instruments_of, read_filter
from allegiance.audit.gaps import GapSpec, levels_of
from allegiance.audit.opening import whole_id
from allegiance.audit.record import Record
from allegiance.audit.shares import read_share
from allegiance.audit.specs import Property
from allegiance.corpus import Corpus
from allegiance.errors import UsageError
from allegiance.scanners.codebook import Codebook


@dataclass(frozen=True)
class Asked:
    """What somebody says of a claim; names are those of the options of `allegiance claim`.

    Attributes
    ----------
    kind, category
        What is claimed, and of what: a category, or ``CATEGORY=VALUE``.
    draw, transcript, where
        What it rests on: a draw, a transcript by its id or the beginning of it, or a frame.
    at_most, at_least, about
        The number claimed, such as ``5%``; one of them.
    noticed
        ``CAUGHT/PLANTED``; None takes what is on record of planted cases.
    gap, levels, margin, labels
        Of a gap: the factor, ``FIRST,SECOND``, the gap that would matter, and whether it is one of labels.
    scanners
        ``CATEGORY=SCANNER``, where several gave verdicts.
    rater, method, confidence, words
        The labels of one rater alone, another method, the confidence, and the sentence as somebody said it.
    """

    kind: str
    category: str
    draw: str = ""
    transcript: str = ""
    where: str | None = None
    at_most: str | None = None
    at_least: str | None = None
    about: str | None = None
    noticed: str | None = None
    gap: str | None = None
    levels: str | None = None
    margin: str | None = None
    labels: bool = False
    scanners: tuple[str, ...] = ()
    rater: str = ""
    method: str = ""
    confidence: float = 0.95
    words: str = ""


def claim_of(asked: Asked, corpus: Corpus, record: Record, book: Codebook) -> ClaimSpec:
    """Read what is asked into a claim that can be decided; no number is computed.

    Raises
    ------
    UsageError
        If there is no such claim, or something it names can't be told.
    """
    kind = _kind(asked)
    if not 0 < asked.confidence < 1:
        raise UsageError(f"--confidence {asked.confidence}: it lies between 0 and 1.")
    wanted = property_asked(record, asked.draw, asked.category, book)
    if asked.draw and asked.where:
        raise UsageError("--where is the frame of a claim without a draw; the draw has its own.")
    gap, population = None, None
    if asked.gap is not None:
        population, gap = gap_asked(
            corpus,
            record,
            wanted,
            asked.gap,
            levels=asked.levels,
            margin=asked.margin,
            labels=asked.labels,
            where=asked.where,
            scanners=asked.scanners,
        )
    elif not asked.draw:
        head = (record.head.seq, record.head.digest)
        population = frame(
            corpus, asked.where, scanners=asked.scanners, labels=record.agreed, ledger=head
        )
    return ClaimSpec(
        kind=kind,
        wanted=wanted,
        draw=asked.draw,
        transcript=whole_id(corpus, asked.transcript) if asked.transcript else "",
        frame=None if population is None else population.spec,
        says=_said(asked),
        noticed=_noticed(asked.noticed, record, asked.draw, wanted),
        gap=gap,
        rater=asked.rater,
        method=asked.method,
        confidence=asked.confidence,
        words=asked.words,
    )


def gap_asked(
    corpus: Corpus,
    record: Record,
    wanted: Property,
    factor: str,
    *,
    levels: str | None = None,
    margin: str | None = None,
    labels: bool = False,
    where: str | None = None,
    scanners: tuple[str, ...] = (),
) -> tuple[Frame, GapSpec]:
    """Read what is said of a gap: its frame and what is compared.

    Raises
    ------
    UsageError
        If the frame is empty, or the levels or the scanner can't be told.
    """
    head = (record.head.seq, record.head.digest)
    population = frame(corpus, where, scanners=scanners, labels=record.agreed, ledger=head)
    if not len(population):
        raise UsageError(
            f"The frame ({population.spec.name}) holds no transcript; widen the filter."
        )
    there = levels_of(population, factor)
    chosen = tuple(one.strip() for one in levels.split(",")) if levels else there
    unknown = [one for one in chosen if one not in there]
    if len(chosen) != 2 or unknown:
        raise UsageError(
            f"--gap {factor}: choose two of {', '.join(there)} with --levels FIRST,SECOND."
        )
    instrument = None
    if not labels:
        looked = read_filter(corpus.query(), f'verdict."{wanted.category}" IS NOT NULL')
        (instrument,) = instruments_of(corpus, [looked], scanners)
    return population, GapSpec(
        factor=factor,
        first=chosen[0],
        second=chosen[1],
        margin=None if margin is None else _share("--margin", margin),
        instrument=instrument,
    )


def _kind(asked: Asked) -> Kind:
    kind = cast(Kind, asked.kind)
    if kind not in KINDS:
        raise UsageError(f"There is no claim {asked.kind!r}; there are {', '.join(KINDS)}.")
    if kind == "gap" and asked.gap is None:
        raise UsageError("A gap is between two levels of a factor: name it with --gap tier.")
    if kind != "gap" and (asked.gap or asked.levels or asked.margin or asked.labels):
        raise UsageError("--gap, --levels, --margin and --labels belong to a claim of a gap.")
    return kind


def property_asked(record: Record, draw: str, category: str, book: Codebook) -> Property:
    """Find the property that is meant: as the draw declares it, else as it is known.

    Raises
    ------
    UsageError
        If nobody defines it.
    """
    declared = record.draw(draw).spec.property_of(category.replace("_", "-")) if draw else None
    return declared or known_property(record, category, book=book)


def _said(asked: Asked) -> Said | None:
    given = [
        (option, how, text)
        for option, how, text in (
            ("--at-most", "at-most", asked.at_most),
            ("--at-least", "at-least", asked.at_least),
            ("--about", "about", asked.about),
        )
        if text is not None
    ]
    if len(given) > 1:
        raise UsageError("--at-most, --at-least and --about are three claims; make one at a time.")
    for option, how, text in given:
        return Said(how=how, rate=_share(option, text))  # pyright: ignore[reportArgumentType]
    return None


def _share(option: str, text: str) -> float:
    found = read_share(text)
    if found is None:
        raise UsageError(f"{option} {text}: write a share such as 1% or 0.01.")
    return found


def _noticed(text: str | None, record: Record, draw: str, wanted: Property) -> Noticed | None:
    """Read CAUGHT/PLANTED, or take what is on record of planted cases."""
    if text is None:
        found = record.noticed(draw, wanted)
        if found is None:
            return None
        return Noticed(caught=found[0], planted=found[1], source="planted")
    caught, _, planted = text.partition("/")
    if (
        not (caught.strip().isdecimal() and planted.strip().isdecimal())
        or int(caught) > int(planted)
        or int(planted) == 0
    ):
        raise UsageError(f"--noticed {text}: write CAUGHT/PLANTED, such as 16/20.")
    return Noticed(caught=int(caught), planted=int(planted))
