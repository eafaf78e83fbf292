"""Extrapolations: authored, dated statements of what an intent would say of a case that it does not mention."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from allegiance.errors import UsageError
from allegiance.study.factors import FACTORS
from allegiance.study.interpretations.yaml_file import (
    check_fields,
    read_yaml,
    shipped_yaml,
    text_of,
)
from allegiance.study.interpretations.yaml_file import one_of as chosen

FILE = "extrapolations.yaml"
"""Of a workspace: its own extrapolations, beside those that are shipped."""

LETTER = "letter"
_READS = (*(level for level in FACTORS["clause"].levels if level != "silent"), LETTER)
_FIELDS = ("of", "text", "author", "date", "reads", "changes", "otherwise")


@dataclass(frozen=True)
class Extrapolation:
    """What somebody says that a silent intent would say.

    Attributes
    ----------
    name
        By which interpretations and people cite it.
    of
        The intent: ``original`` or ``training``.
    text
        The statement, for raters to sign or not.
    author, date
        Who wrote it, and when (ISO 8601).
    reads
        The clause that the silent one is read as, or ``letter``: then what the intent does say decides. Empty where it
        says nothing of the clause, and is only cited.
    changes
        Of which changes this holds; all where empty.
    otherwise
        What decides for the other changes: a clause or ``letter``; not tested where empty.
    """

    name: str
    of: str
    text: str
    author: str
    date: str
    reads: str = ""
    changes: tuple[str, ...] = ()
    otherwise: str = ""

    def clause(self, change: str) -> str:
        """Give what the silent clause is read as under a change: a clause, ``letter``, or nothing."""
        return self.reads if not self.changes or change in self.changes else self.otherwise

    @property
    def reading(self) -> str:
        """What the silent clause is read as, in words; empty where it says nothing of the clause."""
        if not self.changes:
            return self.reads
        hands = " or ".join(self.changes)
        return (
            f"{self.reads} where the change comes by {hands}, else {self.otherwise or 'not tested'}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {**asdict(self), "changes": list(self.changes)}


@cache
def shipped_extrapolations() -> Mapping[str, Extrapolation]:
    """Give the shipped extrapolations by name."""
    source = "the shipped extrapolations"
    return parse_extrapolations(shipped_yaml("extrapolations.yaml"), source)


def extrapolations_with(path: Path) -> Mapping[str, Extrapolation]:
    """Give the shipped extrapolations and those of a file, where there is one.

    Raises
    ------
    UsageError
        Where the file can't be read, or gives another meaning to a shipped name.
    """
    shipped = shipped_extrapolations()
    if not path.exists():
        return shipped
    own = parse_extrapolations(read_yaml(path), str(path))
    for name in own:
        if name in shipped:
            raise UsageError(
                f"{path}: {name}: an extrapolation of this name is shipped; give yours another one"
            )
    return {**shipped, **own}


def parse_extrapolations(data: object, source: str) -> dict[str, Extrapolation]:
    """Check extrapolations that are already a mapping of name to fields.

    Raises
    ------
    UsageError
        Naming the file, the extrapolation and the field.
    """
    if not isinstance(data, dict):
        raise UsageError(f"{source}: extrapolations are a mapping of names to their fields")
    entries = cast(dict[object, object], data)
    return {str(name): _parsed(str(name), value, source) for name, value in entries.items()}


def _parsed(name: str, value: object, source: str) -> Extrapolation:
    where = f"{source}: {name}"
    fields = check_fields(value, _FIELDS, where)
    changes: Any = fields.get("changes", ())
    listed = cast(list[object], [changes] if isinstance(changes, str) else list(changes or ()))
    return Extrapolation(
        name=name,
        of=chosen(fields.get("of", "original"), ("original", "training"), f"{where}: of"),
        text=text_of(fields, "text", where),
        author=text_of(fields, "author", where),
        date=text_of(fields, "date", where),
        reads=chosen(fields["reads"], _READS, f"{where}: reads") if fields.get("reads") else "",
        changes=tuple(
            chosen(one, tuple(FACTORS["change"].levels), f"{where}: changes") for one in listed
        ),
        otherwise=(
            chosen(fields["otherwise"], _READS, f"{where}: otherwise")
            if fields.get("otherwise")
            else ""
        ),
    )
