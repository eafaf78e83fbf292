"""`allegiance score`: what a scenario measures of its own, by condition."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from allegiance.cli.app import JsonOption, WorkspaceOption, app, console, note, print_json
from allegiance.cli.codebook import book_of
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.audit.scores import Scores
    from allegiance.corpus import Workspace


@dataclass(frozen=True)
class _Scored:
    """How a scenario is scored.

    Attributes
    ----------
    module
        Holds ``scored(place, where)``, which gives the `Scores`; imported only when it is asked for.
    categories
        What is looked for by rule first, in the transcripts that have no verdict yet.
    """

    module: str
    categories: tuple[str, ...]


_SCENARIOS: Mapping[str, _Scored] = {
    "contract": _Scored(
        "allegiance.audit.contract_scores", ("outcome", "gives-way", "objects-openly")
    ),
    "doubt": _Scored("allegiance.audit.doubt_scores", ("outcome", "doubts")),
    "reasoning-edit": _Scored(
        "allegiance.audit.reasoning_edit_scores", ("outcome", "strategic-compliance")
    ),
    "persona": _Scored("allegiance.audit.persona_scores", ("outcome",)),
    "drives": _Scored("allegiance.audit.drives_scores", ("choice-toward-drive",)),
    "handover": _Scored("allegiance.audit.handover_scores", ("handover-decision",)),
}


@app.command(
    epilog=(
        "Example: allegiance score contract -w evenings · allegiance score contract --where \"push = 'threat'\" --json"
    )
)
def score(
    scenario: Annotated[str, typer.Argument(help=f"One of: {', '.join(_SCENARIOS)}.")],
    where: Annotated[str | None, typer.Option("--where", help="Among these transcripts.")] = None,
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Print what a scenario measures of its own, by condition, with intervals for the model."""
    from allegiance.corpus import Workspace

    name = scenario.replace("_", "-")
    if name not in _SCENARIOS:
        known = ", ".join(_SCENARIOS)
        raise UsageError(f"{scenario}: this scenario has no scores of its own; there are {known}.")
    place = Workspace(workspace)
    _scan_first(place, _SCENARIOS[name].categories, quiet=as_json)
    module = import_module(_SCENARIOS[name].module)
    scored = cast("Callable[[Workspace, str | None], Scores]", module.scored)
    _show(name, scored(place, where), as_json)


def _scan_first(place: "Workspace", categories: tuple[str, ...], *, quiet: bool) -> None:
    """Scan by rule what is not scanned yet, on record."""
    from allegiance.cli.scan import scan_with_progress, scanned_on_record
    from allegiance.scanners import rule_scanner

    book, corpus = book_of(place), place.corpus(create=False)
    scanners = [rule_scanner(name, book) for name in categories]
    done = scan_with_progress(corpus, scanners, quiet=quiet)
    asked = [("rules", scanner.category.name, scanner.digest) for scanner in scanners]
    scanned_on_record(place, corpus, done, asked)


def _show(name: str, scores: "Scores", as_json: bool) -> None:
    if as_json:
        rows = [{key: _plain(value) for key, value in row.items()} for row in scores.rows]
        print_json(
            {"scenario": name, "columns": scores.columns, "rows": rows, "notes": scores.notes}
        )
        return
    from allegiance.report.score_text import print_scores

    print_scores(scores, console())
    for said in scores.notes:
        note(said)


def _plain(value: object) -> Any:
    """Write a value as JSON carries it."""
    return value.to_dict() if hasattr(value, "to_dict") else value  # type: ignore[union-attr]
