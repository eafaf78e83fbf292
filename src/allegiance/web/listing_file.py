"""The list as a file: ids, facts and verdicts in the order of the selection, written as it is read."""

import csv
import io
import json
from collections.abc import Iterator

from starlette.responses import StreamingResponse

from allegiance.web.exporting import Format, cell, provenance
from allegiance.web.found import Found
from allegiance.web.listing import Cell, Column, Row, columns_of, rows_of
from allegiance.web.selection import TOP
from allegiance.web.site import Site

_PART = 5_000
"""Rows that are read at a time: a million need no more memory than these."""
_FIRST = ("place", "transcript_id")


def listing_file(site: Site, found: Found, kind: Format) -> StreamingResponse:
    """Give the table of a selection as a file; it holds facts and no words of transcripts.

    Parameters
    ----------
    kind
        ``csv``: the first line, after ``#``, says what the table is of; or ``json``.
    """
    columns = columns_of(site, found.selection)
    line = _line(found, columns)
    parts = _csv if kind == "csv" else _json
    media = "text/csv; charset=utf-8" if kind == "csv" else "application/json"
    return StreamingResponse(
        parts(site, found, columns, line),
        media_type=media,
        headers={"content-disposition": f'attachment; filename="transcripts.{kind}"'},
    )


def _line(found: Found, columns: tuple[Column, ...]) -> str:
    selection = found.selection
    instruments = {one.category: one.digest for one in found.instruments}
    shown = [one.instrument for one in columns if one.instrument is not None]
    line = provenance(
        population=found.population,
        frame=found.frame_digest,
        seed=selection.seed if selection.random else "",
        where=selection.where,
        corpus_version=found.query.version,
        scanners={**instruments, **{one.category: one.digest for one in shown}},
    )
    if selection.kind == "top":
        score = selection.sort.removeprefix(TOP)
        return (
            f"the most striking of {found.population:,} by {score}: that licenses no rate · {line}"
        )
    if selection.query.strip():
        said = f"search {selection.mode} {selection.query!r} in {selection.within}"
        return f"{said}: {len(found):,} of {found.population:,} match · {line}"
    return f"sorted by {selection.sort} · {line}" if selection.sort else line


def _csv(site: Site, found: Found, columns: tuple[Column, ...], line: str) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    out.write("# " + " ".join(line.split()) + "\n")
    writer.writerow([*_FIRST, *(column.name for column in columns)])
    for rows in _in_parts(site, found, columns):
        for row in rows:
            cells = [cell(_value(one)) for one in row.cells]
            writer.writerow([row.place, row.identifier, *cells])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def _json(site: Site, found: Found, columns: tuple[Column, ...], line: str) -> Iterator[str]:
    names = [*_FIRST, *(column.name for column in columns)]
    yield f'{{"provenance": {json.dumps(line)}, "rows": ['
    before = ""
    for rows in _in_parts(site, found, columns):
        told = [
            dict(zip(names, [row.place, row.identifier, *map(_value, row.cells)], strict=True))
            for row in rows
        ]
        yield before + ",\n".join(json.dumps(one, ensure_ascii=False) for one in told)
        before = ",\n"
    yield "]}\n"


def _in_parts(site: Site, found: Found, columns: tuple[Column, ...]) -> Iterator[list[Row]]:
    for start in range(0, len(found), _PART):
        yield rows_of(found, columns, site, start, start + _PART, words=False)


def _value(one: Cell) -> str | int | float | None:
    """Give what a cell holds; why a verdict is missing is told from a value by the words around it."""
    return f"(missing: {one.text})" if one.mark == "missing" and one.text else one.value
