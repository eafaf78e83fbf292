# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The gap between two levels of a factor: the same requests in both, for the model that was asked."""

import math
from collections import defaultdict
from typing import Any

from allegiance.audit.frames import Frame
from allegiance.audit.properties import says
from allegiance.audit.record import Record
from allegiance.audit.specs import Instrument, Property, Spec
from allegiance.audit.standing import DISPUTED, Labelled, value_of
from allegiance.corpus.filters import column_name
from allegiance.errors import UsageError
from allegiance.stats import Gap, gap
from allegiance.study.factors import by_size

_KEY = ("study", "task", "request_id")


class GapSpec(Spec, frozen=True, kw_only=True):
    """Which gap.

    Attributes
    ----------
    factor, first, second
        The factor, and its two levels: the gap is first minus second.
    margin
        The gap that would matter, for the test of equivalence; None for none.
    instrument
        The scanner that says which transcripts have the property; None for raters' labels.
    """

    factor: str
    first: str
    second: str
    margin: float | None = None
    instrument: Instrument | None = None


def levels_of(frame: Frame, factor: str) -> tuple[str, ...]:
    """Give the levels of a factor in a frame, ``monitored`` first, then numbers by size and the others by name.

    Raises
    ------
    UsageError
        If there is no such factor, or it has not two levels to choose from.
    """
    rows = _rows(frame, factor)
    levels = sorted(
        {row["level"] for row in rows if row["level"]},
        key=lambda level: (level != "monitored", by_size(level)),
    )
    if len(levels) < 2:
        raise UsageError(
            f"--gap {factor}: the frame has {levels[0] if levels else 'no level of it'} alone; a gap "
            "takes two levels."
        )
    return tuple(levels)


def gap_of(
    frame: Frame, spec: GapSpec, wanted: Property, record: Record, confidence: float = 0.95
) -> Gap:
    """Estimate a gap.

    Parameters
    ----------
    frame
        The transcripts; of one model.
    spec, wanted
        Which gap, and of what.
    record
        The labels, where the gap is of labels: transcripts without one are left out, and those on
        which raters disagree are missing.
    confidence
        Nominal coverage.

    Raises
    ------
    UsageError
        If the frame holds several models, or no request was seen in both.
    """
    models = {row["model"] for row in _rows(frame, spec.factor)}
    if len(models) > 1:
        named = ", ".join(sorted(str(model) for model in models))
        raise UsageError(
            f"--gap {spec.factor}: the frame holds several models ({named}); choose one with --where."
        )
    told = _told(frame, spec, wanted, record)
    arms: dict[str, dict[Any, list[float]]] = {spec.first: {}, spec.second: {}}
    for row in _rows(frame, spec.factor):
        identifier = row["transcript_id"]
        if row["level"] not in arms or identifier not in told:
            continue
        name = row["request_id"] or identifier
        key = (row["study"], row["task"], name)
        arms[row["level"]].setdefault(key, []).append(told[identifier])
    requests = sorted(set(arms[spec.first]) & set(arms[spec.second]), key=repr)
    if not requests:
        raise UsageError(
            f"--gap {spec.factor}: no request was seen both {spec.first} and {spec.second}"
            + ("" if spec.instrument else " with labels")
            + "; a gap compares the same requests."
        )
    first = [arms[spec.first][one] for one in requests]
    second = [arms[spec.second][one] for one in requests]
    try:
        return gap(first, second, confidence=confidence, margin=spec.margin)
    except ValueError as error:
        raise UsageError(f"--gap {spec.factor}: {error}.") from error


def _rows(frame: Frame, factor: str) -> list[dict[str, Any]]:
    query = frame.corpus.at(frame.found_at)
    column = column_name(factor, query.snapshot.schema.names)
    table = query.table(["transcript_id", "model", *_KEY, column]).rename_columns(
        ["transcript_id", "model", *_KEY, "level"]
    )
    inside = frozenset(frame.ids)
    return [row for row in table.to_pylist() if row["transcript_id"] in inside]


def _told(frame: Frame, spec: GapSpec, wanted: Property, record: Record) -> dict[str, float]:
    """Transcript to 1, 0, or NaN where it can't be told."""
    if spec.instrument is None:
        labels: defaultdict[str, list[Labelled]] = defaultdict(list)
        for one in record.labels(wanted.category):
            if one.label.definition == wanted.digest:
                labels[one.label.transcript_id].append(one)
        values = {one: value_of(said, record.settlement(said)) for one, said in labels.items()}
        return {
            identifier: _number(None if value == DISPUTED else says(wanted, value))
            for identifier, value in values.items()
        }
    told: dict[str, float] = {}
    one = spec.instrument
    table = frame.corpus.verdicts(category=one.category, scanner_digest=one.digest)
    for row in table.select(["transcript_id", "value", "status"]).to_pylist():
        ok = row["status"] == "ok" and row["value"] is not None
        told[row["transcript_id"]] = _number(says(wanted, row["value"]) if ok else None)
    seen: defaultdict[str, float] = defaultdict(lambda: math.nan, told)
    return {identifier: seen[identifier] for identifier in frame.ids}


def _number(said: bool | None) -> float:
    return math.nan if said is None else float(said)
