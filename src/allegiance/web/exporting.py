"""Tables as files: CSV and JSON, each with the line that says what it is of."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote

from starlette.responses import Response

from allegiance import __version__

Format = Literal["csv", "json"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def provenance(
    *,
    population: int | None = None,
    frame: str = "",
    seed: str = "",
    where: str = "",
    corpus_version: int | None = None,
    ledger_head: str = "",
    scanners: Mapping[str, str] | None = None,
) -> str:
    """Say in a line what numbers are of: the frame, its N, the seed, the versions.

    Parameters
    ----------
    frame, ledger_head
        Digests.
    scanners
        Category to the digest of the scanner.
    """
    told = [
        f"frame {frame[:16]}" if frame else "",
        f"where {where}" if where else "",
        f"N = {population:,}" if population is not None else "",
        f"seed {seed}" if seed else "",
        *(f"{name} by scanner {digest[:12]}" for name, digest in (scanners or {}).items()),
        f"corpus version {corpus_version}" if corpus_version is not None else "",
        f"ledger head {ledger_head[:12]}" if ledger_head else "",
        f"allegiance {__version__}",
        datetime.now(UTC).isoformat(timespec="seconds"),
    ]
    return " · ".join(part for part in told if part)


def table_file(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    name: str,
    line: str,
    kind: Format,
) -> Response:
    """Give a table as a file to be saved.

    Parameters
    ----------
    rows, columns
        The table; a column that a row lacks is empty.
    name
        The file's name, without an ending.
    line
        Its provenance: the first line of CSV (after ``#``), a field of JSON.
    """
    if kind == "json":
        told = {"provenance": line, "rows": [{c: row.get(c) for c in columns} for row in rows]}
        text = json.dumps(told, ensure_ascii=False, allow_nan=False, default=str)
        return _file(text, f"{name}.json", "application/json")
    out = io.StringIO()
    out.write("# " + " ".join(line.split()) + "\n")
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(column)) for column in columns])
    return _file(out.getvalue(), f"{name}.csv", "text/csv")


def picture_file(content: bytes | str, name: str, media: str) -> Response:
    """Give a figure as a file to be saved."""
    return _file(content, name, media)


def cell(value: Any) -> Any:
    """Make a value a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, (list, tuple, dict)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value


def _file(content: bytes | str, name: str, media: str) -> Response:
    return Response(content, media_type=media, headers=saved_as(name))


def saved_as(name: str) -> dict[str, str]:
    """Make the header by which a browser saves a file, whatever stands in its name."""
    safe = "".join(one if one.isprintable() and one not in '\\/"' else "_" for one in name)
    plain = safe.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    return {
        "content-disposition": f'attachment; filename="{plain}"'
        + (f"; filename*=UTF-8''{quote(safe, safe='')}" if plain != safe else "")
    }
