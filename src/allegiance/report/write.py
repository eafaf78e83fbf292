"""A report onto the disk: whole or not at all."""

import json
import os
import tempfile
from pathlib import Path

from allegiance.errors import AllegianceError
from allegiance.report.html import render_html
from allegiance.report.study_report import StudyReport


def write_report(report: StudyReport, path: Path | str) -> Path:
    """Write a report: JSON where the path ends in ``.json``, else the HTML page.

    The file is written beside its place and renamed, so that a reader never finds half of it and an
    older report survives a failure.

    Raises
    ------
    AllegianceError
        If the folder can't be made or written to.
    """
    path = Path(path)
    if path.suffix == ".json":
        text = json.dumps(report.to_dict(), ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    else:
        text = render_html(report)
    return write_whole(path, text)


def write_whole(path: Path | str, text: str) -> Path:
    """Write a file beside its place and rename it; see `write_report`."""
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text)
    except OSError as error:
        raise AllegianceError(
            f"the report could not be written to {path}: {error.strerror or error}; "
            "free some space or name another file"
        ) from error
    return path


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.", suffix=".part")
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
