"""Tables from YAML: the shipped interpretations, and a user's own in the same form."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from allegiance.errors import UsageError
from allegiance.study.factors import FACTORS
from allegiance.study.interpretations.facts import FACTS, values_of
from allegiance.study.interpretations.interpretation import Table
from allegiance.study.interpretations.rules import EXTRAPOLATION, SAYS, Rule, When
from allegiance.study.interpretations.yaml_file import (
    check_fields,
    choices,
    one_of,
    read_yaml,
    shipped_yaml,
    text_of,
)

_FIELDS = ("meaning", "cites", "original", "training")
_ROW = ("when", "says", "as", "note")


@cache
def shipped() -> Mapping[str, Table]:
    """Give the shipped interpretations by name: letter, protective, deferential, contract."""
    return parse_tables(shipped_yaml("shipped.yaml"), "the shipped interpretations", {})


def load_tables(path: Path) -> Mapping[str, Table]:
    """Read a user's interpretations from a YAML file.

    Raises
    ------
    UsageError
        Where the file can't be read, or a name or value in it is not known; the sentence says where, and which is near.
    """
    return parse_tables(read_yaml(path), str(path), shipped())


def parse_tables(data: object, source: str, known: Mapping[str, Table]) -> Mapping[str, Table]:
    """Check interpretations that are already a mapping of name to fields.

    Parameters
    ----------
    data, source
        What stood in the file, and how errors name it.
    known
        The interpretations that ``as`` may name besides those of the file.
    """
    if not isinstance(data, dict) or not data:
        raise UsageError(f"{source}: interpretations are a mapping of names to their fields")
    entries = {str(name): value for name, value in cast(dict[object, object], data).items()}
    for name in entries:
        if name in known or name == EXTRAPOLATION:
            raise UsageError(
                f"{source}: {name}: an interpretation of this name is shipped; give yours another one"
            )
    # Every table sees the finished mapping, so that one can name another that stands below it.
    found: dict[str, Table] = dict(known)
    names = (*known, *entries, EXTRAPOLATION)
    for name, value in entries.items():
        found[name] = _table(name, value, f"{source}: {name}", names, found)
    _check_circles(found, source)
    return {name: found[name] for name in entries}


def parse_when(value: object, where: str) -> When:
    """Check the conditions of a row.

    Raises
    ------
    UsageError
        Where a fact or a value is not known; the sentence names the nearest.
    """
    if not isinstance(value, dict):
        raise UsageError(f"{where}: conditions are a mapping of facts to values")
    found: dict[str, tuple[str, ...]] = {}
    for key, given in cast(dict[object, Any], value).items():
        name = str(key)
        known = values_of(name)
        if known is None:
            facts = tuple(dict.fromkeys((*FACTS, *FACTORS)))
            raise UsageError(f"{where}: there is no fact `{name}`{choices(name, facts)}")
        values: list[Any] = cast(list[Any], given) if isinstance(given, list) else [given]
        found[name] = tuple(one_of(one, known, f"{where}: {name}") for one in values)
    return found


def _table(
    name: str, value: object, where: str, names: tuple[str, ...], others: Mapping[str, Table]
) -> Table:
    fields = check_fields(value, _FIELDS, where)
    return Table(
        name=name,
        meaning=text_of(fields, "meaning", where),
        cites=str(fields.get("cites") or ""),
        original=_rows(fields.get("original"), f"{where}: original", names),
        training=_rows(fields.get("training"), f"{where}: training", names),
        others=others,
    )


def _rows(value: object, where: str, names: tuple[str, ...]) -> tuple[Rule, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise UsageError(f"{where}: this is a list of rows, each with `when` and `says`")
    return tuple(
        _row(row, f"{where}: row {number}", names)
        for number, row in enumerate(cast(list[object], value), 1)
    )


def _row(value: object, where: str, names: tuple[str, ...]) -> Rule:
    fields = check_fields(value, _ROW, where)
    if ("says" in fields) == ("as" in fields):
        raise UsageError(f"{where}: a row has either `says` or `as`")
    when = parse_when(fields.get("when", {}), f"{where}: when")
    if "says" in fields:
        return Rule(when, says=one_of(fields["says"], SAYS, f"{where}: says"))
    return Rule(when, as_=one_of(fields["as"], names, f"{where}: as"))


def _check_circles(tables: Mapping[str, Table], source: str) -> None:
    """See that no table reads on in itself by way of others."""

    def reaches(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise UsageError(f"{source}: {' → '.join((*path, name))}: these read on in a circle")
        table = tables[name]
        for rule in (*table.original, *table.training):
            if rule.as_ and rule.as_ != EXTRAPOLATION:
                reaches(rule.as_, (*path, name))

    for name in tables:
        reaches(name, ())
