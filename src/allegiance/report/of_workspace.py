# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The report of a workspace's whole corpus, from the verdicts that there are; nothing is scanned here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from allegiance import __version__
from allegiance.audit.relating import facts_told, reported_relation, rules_among
from allegiance.errors import AllegianceError
from allegiance.report.found import Found
from allegiance.report.provenance import Provenance
from allegiance.report.study_report import StudyReport, study_report

if TYPE_CHECKING:
    from allegiance.audit.specs import Instrument
    from allegiance.corpus import Corpus, Workspace
    from allegiance.scanners import Codebook, Rules
    from allegiance.study import Study


@dataclass(frozen=True)
class Told:
    """By which scanners a report reads a corpus.

    Attributes
    ----------
    study
        The declared one, if there is one.
    scanners
        The rules whose rates are reported.
    facts
        The scanners that interpretations read acts by.
    needed
        All the rules of both: where a transcript was not scanned by one, something is missing.
    left_out
        Sentences on categories that the study names and the report can't show.
    """

    study: "Study | None"
    scanners: "tuple[Rules, ...]"
    facts: "dict[str, Instrument]"
    needed: "tuple[Rules, ...]"
    left_out: tuple[str, ...]


def declared_study(place: "Workspace") -> "Study | None":
    """Read the study of a workspace; None where it declares none.

    Raises
    ------
    UsageError
        If its file can't be read.
    """
    from allegiance.study import Study

    declared = place.location.is_folder and place.study_file.exists()
    return Study.load(place.study_file) if declared else None


def told_by(corpus: "Corpus", book: "Codebook", study: "Study | None") -> Told:
    """Settle by which scanners a corpus is reported: the rules of the study's categories, or of the core ones."""
    from allegiance.scanners import CORE, rule_categories, rule_scanner

    ruled = rule_categories(book)
    left_out: list[str] = []
    # The outcome is always needed: it alone counts replies that were cut off, refused by the provider, or failed.
    names = dict.fromkeys(("outcome", *(study.categories if study else CORE)))
    for name in [one for one in names if one != "outcome" and book.find(one).kind != "yes-no"]:
        del names[name]  # of a choice there is no one rate
        left_out.append(
            f"{name} is no yes or no, and is left out of the report; `allegiance scan` counts it"
        )
    scanners = tuple(rule_scanner(name, book) for name in names if name in ruled)
    left_out += [
        f"{name} has no rule, and the report shows what rules say: scan it with a judge"
        for name in names.keys() - set(ruled)
    ]
    facts = facts_told(corpus, book)
    needed = {one.digest: one for one in (*scanners, *rules_among(facts, book))}
    return Told(study, scanners, facts, tuple(needed.values()), tuple(left_out))


def report_of(
    place: "Workspace",
    corpus: "Corpus",
    told: Told,
    note: Callable[[str], None],
    found: Found | None = None,
    others: "Mapping[str, Instrument] | None" = None,
    related: bool = True,
) -> StudyReport:
    """Report on the whole corpus of a workspace, as it was scanned.

    Parameters
    ----------
    note
        Is told what had to be left out.
    found
        How transcripts were found, if a ledger says.
    others
        Further scanners of yes-or-no categories whose rates are wanted, by the name under which they are shown.
    related
        Whether to read whose intent was kept, which takes about as long as all the rest.

    Raises
    ------
    AllegianceError
        If the corpus is empty.
    """
    from allegiance.organism import truth_of, weights_of
    from allegiance.scanners import observations
    from allegiance.scanners.beside import judges_beside

    seen = observations(corpus, told.scanners)
    if not seen.population:
        raise AllegianceError(
            f"{corpus.location}: the corpus is empty; import transcripts or run a study first"
        )
    study, others = told.study, others or {}
    table = _with(seen.table, corpus, others)
    provenance = Provenance(
        corpus_version=corpus.version,
        frame_digest=corpus.digest(),
        population=seen.population,
        software_version=__version__,
        created_at=datetime.now(UTC),
        scanners={
            **{scanner.category.name: scanner.digest for scanner in told.scanners},
            **{name: one.digest for name, one in others.items()},
        },
        models=seen.models,
        weights={name: digest for name in seen.models if (digest := weights_of(name))},
        **_declared(
            study.worded_for(seen.models[0]) if study and seen.models else None, seen.studies
        ),
    )
    relation = reported_relation(place, corpus, told.facts, note) if related else None
    made = study_report(table, provenance, truth_of, found=found, relation=relation)
    beside = [
        f"{one.sentence[:1].upper()}{one.sentence[1:]}"
        for scanner in told.scanners
        for one in judges_beside(corpus, scanner.category.name, scanner.name, scanner.digest)
        if one.differ
    ]
    return replace(made, notes=(*made.notes, *beside))


def _with(table: Any, corpus: "Corpus", others: "Mapping[str, Instrument]") -> Any:
    """Add what further scanners said to the columns of the observations."""
    if not others:
        return table
    import pyarrow as pa

    ids = table["transcript_id"].to_pylist()
    for name, one in others.items():
        said = corpus.verdicts(category=one.category, scanner_digest=one.digest)
        keys = said["transcript_id"].to_pylist()
        for prefix, field in (("v", "value"), ("s", "status")):
            found = dict(zip(keys, said[field].to_pylist(), strict=True))
            column = pa.array([found.get(identifier) for identifier in ids], pa.string())
            table = table.append_column(f"{prefix}:{name}", column)
    return table


def _declared(study: "Study | None", studies: frozenset[str]) -> dict[str, Any]:
    """What the study's file says of the transcripts, where they are its own."""
    if study is None or study.name not in studies:
        return {}
    return {
        "study": study.name,
        "question": study.question,
        "intents": study.intents.model_dump(),
        "clause": ", ".join(
            dict.fromkeys(cell.get("clause", "silent") for cell in study.conditions)
        ),
        "study_digest": study.digest,
        "prompts_digest": study.prompt_set.digest,
        "generation": study.generation.model_dump(exclude_none=True),
    }
