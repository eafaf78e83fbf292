# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Scan results of Inspect Scout: what one of its scanners said, with its citations as places.

A scan is a folder ``scan_id=...`` with its specification (``_scan.json``) and a parquet file a scanner, a
row a transcript. A row that holds several results is taken apart, as Scout's own reader does it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import pyarrow as pa

from allegiance.corpus import Corpus, jsontext
from allegiance.corpus.importers.scout import made_up_id
from allegiance.corpus.schema import VerdictStatus
from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners.outside import Said
from allegiance.scanners.outside_values import said_text

SCANNER = "scanner"
"""What ``--select`` calls the scanner of a scan that has several."""

_SPEC = "_scan.json"
_COLUMNS = (
    *("transcript_id", "label", "value", "value_type", "answer", "explanation"),
    *("message_references", "scan_error", "scan_error_type"),
)
_NEEDED = {"transcript_id", "value", "value_type"}
_WORDS = re.compile(r"\*\*([^*\n]+)\*\*|\"([^\"\n]+)\"|“([^”\n]+)”")
"""Words that an explanation shows to be of the transcript: between quotation marks, or in bold."""
_ROWS = 512
_MOST_SPANS = 50


@dataclass
class Scan:
    """The results of one scanner of a scan; iterate `said` once, then `unmatched` is known.

    Attributes
    ----------
    folder, scanner
        Where the scan is, and the scanner's key in it.
    chosen
        Column and value of the results that count, such as ``label`` of a search for several words.
    spec
        The scan's specification.
    unmatched, unreadable
        Results of transcripts that the corpus does not hold, and those that are none.
    """

    folder: Path
    scanner: str
    chosen: tuple[tuple[str, str], ...]
    spec: Mapping[str, Any]
    unmatched: int = 0
    unreadable: int = 0

    @property
    def identity(self) -> dict[str, Any]:
        """What identifies it: the scan's id, the scanner with its version and parameters, the model."""
        scanner = _object(_object(self.spec.get("scanners")).get(self.scanner))
        return {
            "scout": str(self.spec.get("scan_id", "")),
            "scanner": self.scanner,
            "version": scanner.get("version"),
            "params": _object(scanner.get("params")),
            "model": self.spec.get("model"),
            "chosen": self.chosen,
        }

    def said(self, corpus: Corpus) -> Iterator[Said]:
        """Give what the scanner said of the corpus's transcripts.

        Raises
        ------
        UsageError
            If a column that is chosen by is not there, or nothing is chosen.
        AllegianceError
            If the results can't be read.
        """
        ours = _by_scout_id(corpus)
        self.unmatched = 0
        chosen: list[tuple[str, Mapping[str, Any]]] = []
        there: dict[str, set[str]] = {}
        for row in self._results():
            for name, _ in self.chosen:
                there.setdefault(name, set()).add(said_text(row.get(name)))
            if row["scan_error"] is None and not self._counts(row):
                continue
            if row["transcript_id"] in ours:
                chosen.append((ours[row["transcript_id"]], row))
            else:
                self.unmatched += 1
        for name, value in self.chosen:
            if value not in there.get(name, set()):
                seen = ", ".join(sorted(there.get(name, set()))[:20])
                raise UsageError(f"--select {name}={value}: no result has that; there are {seen}.")
        messages = _Messages(corpus, {one for one, row in chosen if row["message_references"]})
        for identifier, row in chosen:
            yield _said(identifier, row, messages)

    def _counts(self, row: Mapping[str, Any]) -> bool:
        return all(said_text(row.get(name)) == value for name, value in self.chosen)

    def _results(self) -> Iterator[dict[str, Any]]:
        import pyarrow.parquet as pq

        path = self.folder / f"{self.scanner}.parquet"
        try:
            file = pq.ParquetFile(path)
            columns = [name for name in file.schema_arrow.names if name in _COLUMNS]
            if not set(columns) >= _NEEDED:
                raise AllegianceError(f"{path} holds no scan results of Inspect Scout.")
            for batch in file.iter_batches(_ROWS, columns=columns):
                for row in batch.to_pylist():
                    yield from _taken_apart(row)
        except (OSError, pa.ArrowException, ValueError) as error:
            raise AllegianceError(f"{path} can't be read: {str(error).splitlines()[0]}.") from error


def scout_scan(folder: Path, chosen: Sequence[tuple[str, str]] = ()) -> Scan:
    """Find the scanner of a scan whose results count.

    Parameters
    ----------
    folder
        The scan's folder, ``scan_id=...``, or one that holds this scan alone.
    chosen
        ``("scanner", NAME)`` where the scan has several, and columns of results with their values.

    Raises
    ------
    UsageError
        If there is no scan, or it has several scanners and none is chosen.
    """
    found = [folder] if (folder / _SPEC).is_file() else sorted(folder.glob("scan_id=*"))
    if len(found) != 1 or not (found[0] / _SPEC).is_file():
        there = f"it holds {len(found):,} of them" if found else "there is none"
        raise UsageError(
            f"--from scout:{folder}: name the folder of one scan, scan_id=..., as Inspect Scout wrote it; "
            f"{there}."
        )
    try:
        spec = _object(jsontext.value((found[0] / _SPEC).read_bytes()))
    except (OSError, jsontext.BadJSONError) as error:
        raise AllegianceError(f"{found[0] / _SPEC} can't be read: {error}.") from error
    scanners = sorted(path.stem for path in found[0].glob("*.parquet"))
    wanted = [value for name, value in chosen if name == SCANNER] or scanners
    if len(wanted) != 1 or wanted[0] not in scanners:
        raise UsageError(
            f"--from scout:{folder}: its scanners are {', '.join(scanners) or 'none'}; choose one with "
            "--select scanner=NAME."
        )
    rest = tuple((name, value) for name, value in chosen if name != SCANNER)
    return Scan(found[0], wanted[0], rest, spec)


class _Messages:
    """The messages of some transcripts: by their ids in Inspect, where they stand and what they say."""

    def __init__(self, corpus: Corpus, wanted: set[str]) -> None:
        self._corpus, self._wanted = corpus, wanted

    def of(self, identifier: str) -> Mapping[str, tuple[int, str]]:
        """Give message id to (index, text)."""
        return self._found.get(identifier, {})

    @cached_property
    def _found(self) -> dict[str, dict[str, tuple[int, str]]]:
        found: dict[str, dict[str, tuple[int, str]]] = {}
        if not self._wanted:
            return found
        for batch in self._corpus.batches(["transcript_id", "messages"], batch_size=_ROWS):
            for place, identifier in enumerate(batch["transcript_id"].to_pylist()):
                if identifier in self._wanted:
                    found[identifier] = _ids(batch["messages"][place].as_py() or [])
        return found


def _ids(messages: Sequence[Mapping[str, Any]]) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for index, message in enumerate(messages):
        identifier = _object(jsontext.value(message["extra"].encode())).get("id")
        if isinstance(identifier, str):
            found[identifier] = index, message["text"] or ""
    return found


def _by_scout_id(corpus: Corpus) -> dict[str, str]:
    """Map the ids that Scout has for transcripts to ours: sample uuids, those it makes up, its own, ours."""
    found: dict[str, str] = {}
    columns = ["transcript_id", "source_identity", "eval_id", "sample_id", "epoch"]
    for batch in corpus.batches(columns, batch_size=4096):
        for row in cast(list[dict[str, Any]], batch.to_pylist()):
            kind, _, rest = row["source_identity"].partition(":")
            if kind == "sample" and None not in (row["eval_id"], row["sample_id"], row["epoch"]):
                rest = made_up_id(row["eval_id"], row["sample_id"], row["epoch"])
            if kind in ("uuid", "scout", "sample"):
                found[rest] = row["transcript_id"]
            found[row["transcript_id"]] = row["transcript_id"]
    return found


def _taken_apart(row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the results of a row: itself, or those of a set of results."""
    plain = {name: row.get(name) for name in _COLUMNS}
    plain["message_references"] = _listed(row.get("message_references"))
    if row["value_type"] != "resultset":
        plain["value"] = _value(row["value"], row["value_type"])
        yield plain
        return
    for result in _listed(row["value"]):
        one = _object(result)
        references = [
            r for r in _listed(one.get("references")) if _object(r).get("type") == "message"
        ]
        told = {name: one.get(name) for name in ("label", "value", "answer", "explanation")}
        yield {**plain, **told, "message_references": references}


def _value(text: Any, kind: str) -> Any:
    """Read a value by the type that stands beside it."""
    if text is None or kind == "string" or not isinstance(text, str):
        return text
    try:
        return jsontext.value(text.encode())
    except jsontext.BadJSONError:
        return text


def _said(identifier: str, row: Mapping[str, Any], messages: _Messages) -> Said:
    where = f"the result of transcript {identifier[:12]}"
    error = row["scan_error"]
    if error is not None:
        status: VerdictStatus = "refused" if row["scan_error_type"] == "refusal" else "invalid"
        return Said(identifier, where, None, status=status, detail={"error": str(error)})
    if isinstance(row["value"], dict | list):
        raise UsageError(
            f"{where} is no single value; import a scanner that says one thing of a transcript."
        )
    spans, cites = _cited(row, messages.of(identifier))
    detail = {name: row[name] for name in ("explanation", "answer", "label")} | {"cites": cites}
    return Said(identifier, where, row["value"], spans=tuple(spans), detail=detail)


def _cited(
    row: Mapping[str, Any], messages: Mapping[str, tuple[int, str]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Find cited words in the cited messages: the places, and the citations with their messages."""
    explanation = row["explanation"] or ""
    words = [next(filter(None, match.groups())) for match in _WORDS.finditer(explanation)]
    spans: list[dict[str, Any]] = []
    cites: list[dict[str, Any]] = []
    for reference in map(_object, row["message_references"]):
        index, text = messages.get(str(reference.get("id")), (None, ""))
        cites.append({"cite": reference.get("cite"), "message": index})
        for said in dict.fromkeys(words):
            start = text.find(said)
            if index is not None and start >= 0 and len(spans) < _MOST_SPANS:
                place = {"start": start, "end": start + len(said), "text": said}
                spans.append({**place, "part": "text", "message": index})
    return spans, cites


def _listed(found: Any) -> list[Any]:
    value = jsontext.value(found.encode()) if isinstance(found, str) and found else found
    return cast(list[Any], value) if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}
