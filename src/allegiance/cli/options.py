"""Options that several commands of the audit share, and how they are read."""

from typing import Annotated

import typer

from allegiance.errors import UsageError

ScannerOption = Annotated[
    list[str] | None,
    typer.Option("--scanner", help="CATEGORY=NAME or digest, where several gave verdicts."),
]
ConfidenceOption = Annotated[float, typer.Option("--confidence", help="Nominal coverage.")]


def share(option: str, text: str) -> float:
    """Read a share such as ``1%`` or ``0.01``.

    Raises
    ------
    UsageError
        If it is none.
    """
    from allegiance.audit import read_share

    found = read_share(text)
    if found is None:
        raise UsageError(f"{option} {text}: write a share such as 1% or 0.01.")
    return found


def check_confidence(confidence: float) -> None:
    """See that a confidence lies between 0 and 1.

    Raises
    ------
    UsageError
        If it does not.
    """
    if not 0 < confidence < 1:
        raise UsageError(f"--confidence {confidence}: it lies between 0 and 1.")
