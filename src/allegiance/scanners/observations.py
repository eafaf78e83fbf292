# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false
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
    ids = table["transcript_id"]
    declared = msgspec.json.Decoder(_Declared)
    against = [
        _against(declared, text) for text in cast(list[str | None], table["metadata"].to_pylist())
    ]
    table = table.drop_columns(["metadata"]).append_column(
        "against", pa.array(against, pa.string())
    )
    for scanner in scanners:
        name = scanner.category.name
        found = corpus.verdicts(category=name, scanner_digest=scanner.digest)
        for prefix, field in (("v", "value"), ("s", "status")):
            table = table.append_column(f"{prefix}:{name}", _beside(ids, found, field))
    for (name, instrument), found in _imported(corpus).items():
        table = table.append_column(f"i:{name}:{instrument}", _beside(ids, found, "value"))
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


def _beside(ids: pa.ChunkedArray, verdicts: pa.Table, field: str) -> pa.ChunkedArray:
    """Put a field of verdicts into the order of transcripts; null where there is none."""
    known = verdicts["transcript_id"].combine_chunks()
    return verdicts[field].take(pc.index_in(ids, value_set=known)).cast(pa.string())


def _imported(corpus: Corpus) -> dict[tuple[str, str], pa.Table]:
    """Gather the verdicts of outside instruments by category and instrument; the last of one instrument counts."""
    verdicts = corpus.verdicts()
    outside = verdicts.filter(pc.starts_with(verdicts["scanner"], "import:"))
    rows: dict[tuple[str, str], dict[str, int]] = {}
    keys = zip(
        *(outside[name].to_pylist() for name in ("category", "scanner", "transcript_id")),
        strict=True,
    )
    for place, (category, scanner, identifier) in enumerate(keys):
        key = (category, scanner.removeprefix("import:"))
        rows.setdefault(key, {})[identifier] = place
    return {key: outside.take([*places.values()]) for key, places in rows.items()}
