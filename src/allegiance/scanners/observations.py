# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Observations: one row a transcript, with its condition and what each scanner said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from allegiance.corpus import Corpus
from allegiance.scanners.rules import Rules

_COLUMNS = (
    "transcript_id",
    "model",
    "study",
    "task",
    "request_id",
    "epoch",
    "source_format",
    "source_uri",
)


@dataclass(frozen=True)
class Observed:
    """Transcripts joined with their verdicts.

    Attributes
    ----------
    table
        A pyarrow Table, one row a transcript: ids and source, ``against`` (the intent that the request goes
        against), the factors ``c_*``, for each scanner ``v:CATEGORY`` (value) and ``s:CATEGORY`` (status), and
        ``i:CATEGORY:INSTRUMENT`` for each verdict that was imported from an outside instrument.
    population
        N, the number of rows.
    models, studies
        Which there are.
    """

    table: Any
    population: int
    models: tuple[str, ...]
    studies: frozenset[str]


class _Declared(msgspec.Struct):
    against: str | None = None


def observations(
    corpus: Corpus,
    scanners: Sequence[Rules],
    where: Mapping[str, str] | None = None,
) -> Observed:
    """Join transcripts with their verdicts.

    Parameters
    ----------
    corpus
        Must have been scanned; a transcript without a verdict has null in that column.
    scanners
        Each gives the columns ``v:CATEGORY`` and ``s:CATEGORY``.
    where
        Keep the transcripts with these values.
    """
    factors = [f"c_{factor}" for factor in corpus.factors]
    table = corpus.table(columns=[*_COLUMNS, *factors, "metadata"], where=dict(where or {}))
    ids = cast(list[str], table["transcript_id"].to_pylist())
    declared = msgspec.json.Decoder(_Declared)
    against = [
        _against(declared, text) for text in cast(list[str | None], table["metadata"].to_pylist())
    ]
    table = table.drop_columns(["metadata"]).append_column(
        "against", pa.array(against, pa.string())
    )
    for scanner in scanners:
        name = scanner.category.name
        found = _by_id(corpus.verdicts(category=name, scanner_digest=scanner.digest))
        for prefix, field in (("v", "value"), ("s", "status")):
            column = [found[i][field] if i in found else None for i in ids]
            table = table.append_column(f"{prefix}:{name}", pa.array(column, pa.string()))
    for (name, instrument), found in _imported(corpus).items():
        column = [found[i]["value"] if i in found else None for i in ids]
        table = table.append_column(f"i:{name}:{instrument}", pa.array(column, pa.string()))
    return Observed(
        table=table,
        population=table.num_rows,
        models=tuple(sorted(_values(table, "model"))),
        studies=_values(table, "study"),
    )


def _values(table: pa.Table, column: str) -> frozenset[str]:
    found = cast(list[str | None], table[column].to_pylist())
    return frozenset(value for value in found if value is not None)


def _against(decoder: "msgspec.json.Decoder[_Declared]", text: str | None) -> str | None:
    try:
        return decoder.decode(text or "{}").against
    except msgspec.MsgspecError:  # somebody else's metadata, with another meaning under this name
        return None


def _by_id(verdicts: pa.Table) -> dict[str, dict[str, Any]]:
    return {row["transcript_id"]: row for row in cast(list[dict[str, Any]], verdicts.to_pylist())}


def _imported(corpus: Corpus) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """Gather the verdicts of outside instruments by category and instrument."""
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    verdicts = corpus.verdicts()
    named = pc.starts_with(verdicts["scanner"], "import:")  # pyright: ignore[reportAttributeAccessIssue]
    outside = verdicts.filter(named)
    for row in cast(list[dict[str, Any]], outside.to_pylist()):
        key = (row["category"], str(row["scanner"]).removeprefix("import:"))
        found.setdefault(key, {})[row["transcript_id"]] = row
    return found
