"""The directory of an organism: it is new, and is written whole or not at all."""

import os
import shutil
from pathlib import Path

from allegiance.errors import UsageError

NEEDED = ("model.safetensors", "config.json")
"""What the runtime reads."""


def require_empty(out: Path) -> None:
    """See that nothing would be overwritten.

    Raises
    ------
    UsageError
        The folder holds something, or is a file.
    """
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise UsageError(f"{out} is there already; name a new folder, and nothing is overwritten.")


def write_whole(place: Path, out: Path) -> None:
    """Put a finished directory where it is wanted.

    Raises
    ------
    UsageError
        Something has been written there since.
    """
    require_empty(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        shutil.copytree(place, beside)
        if out.is_dir():
            out.rmdir()
        beside.rename(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
