"""What acts are read by in `interpret`, in reports and in the workbench: the columns, and the scanners of the facts."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from allegiance.audit.own_interpretations import extrapolations_named, interpretations_named
from allegiance.errors import AllegianceError, UsageError

if TYPE_CHECKING:
    from allegiance.audit.acts import Act
    from allegiance.audit.interpreted import Interpreted
    from allegiance.audit.specs import Instrument
    from allegiance.corpus import Corpus, Workspace
    from allegiance.scanners import Codebook, Rules
    from allegiance.study.interpretations import Column, Extrapolation


def columns_named(
    place: "Workspace", interpretations: Sequence[str] = (), extrapolations: Sequence[str] = ()
) -> "tuple[tuple[Column, ...], Mapping[str, Extrapolation]]":
    """Find the columns, all that are shipped or on file where none are named, and all extrapolations on file.

    Raises
    ------
    UsageError
        Where there is none of a name, or an interpretation cites what is not on file.
    """
    from allegiance.study.interpretations import columns_of

    chosen, on_file = extrapolations_named(place, extrapolations)
    columns = columns_of(interpretations_named(interpretations), chosen)
    for one in columns:
        cited = one.interpretation.cites
        if cited and cited not in on_file:
            raise UsageError(
                f"The interpretation {one.interpretation.name} cites the extrapolation `{cited}`, which is not on "
                "file; write it into extrapolations.yaml."
            )
    return columns, on_file


def rules_among(instruments: "Mapping[str, Instrument]", book: "Codebook") -> "list[Rules]":
    """Give the rules among the scanners that facts rest on."""
    from allegiance.scanners import rule_scanner

    return [rule_scanner(name, book) for name, one in instruments.items() if one.scanner == "rules"]


def facts_told(corpus: "Corpus", book: "Codebook") -> "dict[str, Instrument]":
    """Settle by which scanners a report reads the facts; none where the corpus has neither tiers nor evenings."""
    from allegiance.audit.acts import instruments_for

    return instruments_for(corpus, book) if {"tier", "evening"} & set(corpus.factors) else {}


def reported_relation(
    place: "Workspace",
    corpus: "Corpus",
    instruments: "Mapping[str, Instrument]",
    note: Callable[[str], None],
) -> "Interpreted | None":
    """Read a whole corpus as `allegiance interpret` does with nothing named; None where that says nothing, or fails.

    A report must not fail for it: of an extrapolation that can't be read `note` is told.
    """
    found = relation_with_acts(place, corpus, instruments, note)
    return None if found is None else found[0]


def relation_with_acts(
    place: "Workspace",
    corpus: "Corpus",
    instruments: "Mapping[str, Instrument]",
    note: Callable[[str], None],
) -> "tuple[Interpreted, Sequence[Act]] | None":
    """Read a whole corpus as `reported_relation` does, and give the acts that it counts beside."""
    from allegiance.audit import frame
    from allegiance.audit.acts import acts_of
    from allegiance.audit.interpreted import Basis, interpreted

    if not instruments:
        return None
    try:
        columns, _ = columns_named(place)
        population = frame(corpus)
        acts = acts_of(population, instruments)
        found = interpreted(acts, Basis.of(population, instruments), columns)
    except AllegianceError as error:
        note(f"the report leaves out whose intent was kept: {error}")
        return None
    return (found, acts) if found.tells else None
