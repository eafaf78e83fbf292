"""One difference between two harnesses, and how its values are shortened."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal[
    "who is asked",
    "what the model reads",
    "what is read from it",
    "how it is sampled",
    "what is asked",
    "versions",
]
KINDS: tuple[Kind, ...] = (
    "who is asked",
    "what the model reads",
    "what is read from it",
    "how it is sampled",
    "what is asked",
    "versions",
)
"""In the order in which differences are told: those first that change results most surely."""

_VALUE = 90
_SIDE = 24


@dataclass(frozen=True)
class Difference:
    """Something in which two harnesses differ.

    Attributes
    ----------
    kind
        What it bears on.
    what
        Its name.
    first, second
        The values, shortened; texts of a log are untrusted.
    where
        In how much of it.
    """

    kind: Kind
    what: str
    first: str
    second: str
    where: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def quoted(text: str, *, head: bool = False, tail: bool = False) -> str:
    """Write a text in one line and short: what is left out is marked."""
    if tail:
        return f"…{_line(text[-_SIDE:])}" if text else ""
    if head:
        return f"{_line(text[:_SIDE])}…" if text else ""
    shown = _line(text[: 4 * _VALUE])
    return shown if len(shown) <= _VALUE else f"{shown[: _VALUE - 1]}…"


def _line(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"')


def valued(value: Any) -> str:
    """Write a setting in one line and short."""
    if value is None:
        return "not set"
    return quoted(
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    )
