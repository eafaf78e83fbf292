"""Requests from a user's own file or from a data set of Hugging Face, read when a study is loaded.

The study then holds them written out, so that its digest is about what is asked and not about where it lay. Whatever
would have to be guessed at, such as a row without text, is refused with its place.
"""

import csv
import difflib
import importlib
import json
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from allegiance.errors import UsageError
from allegiance.study.prompts.base import Against

MOST = 100_000
"""How many requests a study asks at most."""

_LARGEST = 256 * 1024 * 1024  # bytes of a file; larger ones are corpora rather than requests
_LONGEST = 100_000  # characters of a request
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_Row = tuple[str, Mapping[str, object]]  # its place in words, and its cells


class _OwnRequests(BaseModel):
    """How a table is read: the columns of text and id, what the requests go against, and how many are asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: _Text | None = None
    id: _Text | None = None
    against: _Text = "original"
    n: Annotated[int, Field(ge=1, le=MOST)] | None = None
    seed: int = 0


class RequestFile(_OwnRequests):
    """Requests in a CSV or JSONL file; its path is relative to the study's folder."""

    file: _Text


class HubRequests(_OwnRequests):
    """Requests in a data set of Hugging Face: its name, its split, and its subset where it has several."""

    hf: _Text
    split: _Text = "train"
    subset: _Text | None = None


def shape_of(requests: object) -> type[RequestFile] | type[HubRequests] | None:
    """Tell which shape the field ``requests`` of a study has; nothing where it names no set of the user's own."""
    if not isinstance(requests, dict) or "set" in requests:
        return None
    if "file" in requests:
        return RequestFile
    return HubRequests if "hf" in requests else None


def written_out(asked: RequestFile | HubRequests, folder: Path, where: str) -> list[dict[str, str]]:
    """Read requests and write them out as a study lists them.

    Parameters
    ----------
    asked
        Where they are, and in which columns.
    folder
        What the path of a file is relative to.
    where
        Named in errors: the study and its field.

    Returns
    -------
    list of dict
        ``id``, ``text`` and ``against`` of each request: all of them in their order, or ``n`` of them in an order
        that the seed decides. Ids that no column gives are the numbers of the rows.

    Raises
    ------
    UsageError
        Where there is no such file, data set or column, or a row can't be asked as it stands.
    """
    if isinstance(asked, RequestFile):
        path = folder / asked.file
        source, (columns, rows) = f"{where}.file: {path}", _table(path, f"{where}.file: {path}")
    else:
        source = f"{where}.hf: {asked.hf}"
        columns, rows = _from_the_hub(asked, source)
    if not rows:
        raise UsageError(f"{source}: there are no requests in it")
    found = _requests(asked, columns, rows, source)
    if asked.n is None:
        if len(found) > MOST:
            raise UsageError(
                f"{source}: {len(found)} requests are more than a study asks ({MOST}); "
                "ask a part of them with `n`"
            )
        return found
    if asked.n > len(found):
        raise UsageError(f"{source}: there are {len(found)} requests in it, not {asked.n}")
    random.Random(f"{asked.seed}/own").shuffle(found)
    return found[: asked.n]


def _table(path: Path, source: str) -> tuple[Sequence[str], list[_Row]]:
    """Read the columns and rows of a file."""
    readers = {".csv": _csv, ".jsonl": _jsonl}
    read = readers.get(path.suffix.lower())
    if read is None:
        raise UsageError(f"{source}: requests are read from .csv and .jsonl files; save it as one")
    try:
        if path.stat().st_size > _LARGEST:
            raise UsageError(
                f"{source}: the file is larger than {_LARGEST >> 20} MB; keep the requests that you mean to ask"
            )
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return read(lines, source)
    except FileNotFoundError:
        raise UsageError(
            f"{source}: there is no such file; the path is relative to the study's folder"
        ) from None
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{source}: the file is not UTF-8 (byte {error.object[error.start]:#04x} can't be read); save it as UTF-8"
        ) from None
    except OSError as error:
        raise UsageError(f"{source}: the file can't be read ({error.strerror})") from None


def _csv(lines: Iterable[str], source: str) -> tuple[Sequence[str], list[_Row]]:
    reader = csv.reader(lines, strict=True)
    rows: list[_Row] = []
    try:
        columns = [name.strip() for name in next(reader, list[str]())]
        for cells in reader:
            place = f"line {reader.line_num}"
            if len(cells) > len(columns):
                raise UsageError(
                    f"{source}: {place} has {len(cells)} cells and the first line {len(columns)}; "
                    "put texts with commas in quotes"
                )
            if cells:  # an empty line between rows is no row
                rows.append((place, dict(zip(columns, cells, strict=False))))
    except csv.Error as error:
        raise UsageError(f"{source}: line {reader.line_num} is not CSV ({error})") from None
    if twice := next((name for name in columns if columns.count(name) > 1), None):
        raise UsageError(f"{source}: two columns are called `{twice}`; rename one of them")
    return columns, rows


def _jsonl(lines: Iterable[str], source: str) -> tuple[Sequence[str], list[_Row]]:
    rows: list[_Row] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            cells: object = json.loads(line)
        except (ValueError, RecursionError):
            raise UsageError(
                f"{source}: line {number} is not JSON; every line is an object of its own"
            ) from None
        if not isinstance(cells, dict):
            raise UsageError(f'{source}: line {number} is not an object such as {{"text": "..."}}')
        rows.append((f"line {number}", cast(Mapping[str, object], cells)))
    return list(dict.fromkeys(name for _, cells in rows for name in cells)), rows


def _from_the_hub(asked: HubRequests, source: str) -> tuple[Sequence[str], list[_Row]]:
    """Read the columns and rows of a data set through the library `datasets`."""
    try:
        datasets: Any = importlib.import_module("datasets")
    except ImportError:
        raise UsageError(
            f"{source}: data sets of Hugging Face need the library `datasets`: pip install datasets"
        ) from None
    try:
        table = datasets.load_dataset(asked.hf, asked.subset, split=asked.split)
        columns: Sequence[str] = list(table.column_names)
        rows: list[_Row] = [(f"row {number}", dict(cells)) for number, cells in enumerate(table, 1)]
    except (
        Exception
    ) as error:  # the library raises errors of many others: of the network, of files, its own
        said = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise UsageError(f"{source}: the data set can't be loaded ({said[:200]})") from None
    return columns, rows


def _requests(
    asked: _OwnRequests, columns: Sequence[str], rows: list[_Row], source: str
) -> list[dict[str, str]]:
    """Make a request of every row, or say which rows can't be asked."""
    text = _column(asked.text, columns, source, "text") or _usual_text(columns, source)
    name = _column(asked.id, columns, source, "id")
    fixed = asked.against in get_args(Against)
    against = None if fixed else _column(asked.against, columns, source, "against")
    texts = list(_texts(rows, text, source))
    ids = list(_ids(rows, name, source))
    return [
        {"id": one, "text": said, "against": _against(row, against, asked.against, source)}
        for one, said, row in zip(ids, texts, rows, strict=True)
    ]


def _column(name: str | None, columns: Sequence[str], source: str, field: str) -> str | None:
    """Check that a column that the study names is there."""
    if name is None or name in columns:
        return name
    close = difflib.get_close_matches(name, columns, n=1)
    known = f"did you mean `{close[0]}`?" if close else f"it has {_listed(columns)}"
    also = f", and {field} is none of {', '.join(get_args(Against))}" if field == "against" else ""
    raise UsageError(f"{source}: there is no column `{name}` for `{field}`{also} ({known})")


def _usual_text(columns: Sequence[str], source: str) -> str:
    """Find the column of text by its usual name; files in the manner of AdvBench have `goal` and `target`."""
    if "text" in columns:
        return "text"
    if {"goal", "target"} <= set(columns):
        return "goal"
    raise UsageError(
        f"{source}: say which column holds the requests (`text: COLUMN`); it has {_listed(columns)}"
    )


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:12])
    return shown + (f" and {len(columns) - 12} more" if len(columns) > 12 else "")


def _texts(rows: list[_Row], column: str, source: str) -> Iterator[str]:
    blank = [place for place, cells in rows if not str(cells.get(column) or "").strip()]
    if blank:
        places = ", ".join(blank[:5]) + (", ..." if len(blank) > 5 else "")
        raise UsageError(
            f"{source}: {len(blank)} of {len(rows)} rows have no text in the column `{column}` ({places}); "
            "fill them in or take them out"
        )
    for place, cells in rows:
        said = cells[column]
        if not isinstance(said, str):
            raise UsageError(
                f"{source}: {place}: the column `{column}` holds no text but {_kind(said)}"
            )
        if len(said) > _LONGEST:
            raise UsageError(
                f"{source}: {place}: the request has {len(said)} characters; a request has at most {_LONGEST}"
            )
        yield said.strip()


def _kind(value: object) -> str:
    kinds: Mapping[type, str] = {list: "a list", dict: "an object", bool: "true or false"}
    return kinds.get(type(value), "a number")


def _ids(rows: list[_Row], column: str | None, source: str) -> Iterator[str]:
    """Give each row an id of its own."""
    seen: dict[str, str] = {}
    for number, (place, cells) in enumerate(rows, 1):
        value = f"row-{number:03d}" if column is None else cells.get(column)
        name = "" if value is None else str(value).strip()
        if not _ID.fullmatch(name):
            raise UsageError(
                f"{source}: {place}: the id `{name[:80]}` is none; ids are at most 64 letters, digits, `.`, `_`, `-`, "
                "and begin with a letter or digit"
            )
        if name in seen:
            raise UsageError(
                f"{source}: the id `{name}` stands in {seen[name]} and in {place}; ids tell requests apart"
            )
        seen[name] = place
        yield name


def _against(row: _Row, column: str | None, fixed: str, source: str) -> str:
    """Tell what a request goes against: the same for all, or what its row says."""
    if column is None:
        return fixed
    place, cells = row
    value = str(cells.get(column) or "").strip()
    if value not in get_args(Against):
        raise UsageError(
            f"{source}: {place}: the column `{column}` says `{value[:80]}`; it may say {', '.join(get_args(Against))}"
        )
    return value
