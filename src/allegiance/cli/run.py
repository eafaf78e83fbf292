"""`allegiance run`: the study through Inspect, on any model, and its transcripts into the corpus."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from allegiance.cli.app import JsonOption, WorkspaceOption, app, note, print_json
from allegiance.errors import AllegianceError, UsageError

if TYPE_CHECKING:
    from allegiance.cli.running import Ran

_DRY = "With --dry-run: "


@app.command(
    epilog=(
        "Example: allegiance run --model organism/faker -w watched · allegiance run --model openai/gpt-4o · "
        "allegiance run --model openai/gpt-4o --dry-run --price 2.5,10"
    )
)
def run(
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            help="Any model of Inspect: organism/faker, openai/..., vllm/..., hf/...",
        ),
    ],
    workspace: WorkspaceOption = ".",
    base_url: Annotated[
        str | None, typer.Option(help="Where the provider's API is, if not at its usual place.")
    ] = None,
    model_arg: Annotated[
        list[str] | None, typer.Option("-M", help="NAME=VALUE for the provider; may be repeated.")
    ] = None,
    max_connections: Annotated[
        int | None, typer.Option(min=1, help="Requests under way at once.")
    ] = None,
    max_retries: Annotated[
        int, typer.Option(min=0, help="Of a request, after errors that pass; waits double.")
    ] = 8,
    display: Annotated[
        str | None, typer.Option(help="Inspect's progress display: full, rich, plain, log, none.")
    ] = None,
    judge: Annotated[
        bool, typer.Option("--judge/--no-judge", help="Ask the judges that the study names.")
    ] = True,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Say what it would take and could show, and ask nothing."),
    ] = False,
    price: Annotated[
        str | None,
        typer.Option(
            "--price", metavar="IN,OUT", help=f"{_DRY}dollars for a million tokens read, written."
        ),
    ] = None,
    output_tokens: Annotated[
        int | None, typer.Option("--output-tokens", min=1, help=f"{_DRY}tokens of one reply.")
    ] = None,
    assume_rate: Annotated[
        str, typer.Option("--assume-rate", help=f"{_DRY}share that complies in the lower tier.")
    ] = "10%",
    assume_correlation: Annotated[
        float,
        typer.Option(
            "--assume-correlation", min=0, max=0.99, help=f"{_DRY}how alike a request's epochs are."
        ),
    ] = 0.3,
    as_json: JsonOption = False,
) -> None:
    """Run the workspace's study on a model and keep every transcript.

    Interrupt it at any time: the same command goes on where it stopped, and asks nothing twice. Where the study names
    judges they are asked afterwards, beside the rules.
    """
    from allegiance.cli.importing import imported_on_record
    from allegiance.cli.run_judges import ask_judges, check_judges
    from allegiance.cli.running import run_study
    from allegiance.corpus import Workspace, import_paths
    from allegiance.study import Study

    place = Workspace(workspace)
    if dry_run:
        from allegiance.cli.run_plan import tell_plan

        tell_plan(place, model, price, output_tokens, assume_rate, assume_correlation, as_json)
        return
    arguments = dict(_argument(text) for text in model_arg or [])
    study = Study.load(place.study_file)
    judges = study.judges if judge else ()
    if judges:
        check_judges(place, study)
    ran = run_study(
        place.study_file,
        model,
        place.logs,
        base_url=base_url,
        model_args=arguments,
        display="none" if as_json else display,  # type: ignore[arg-type]
        max_connections=max_connections,
        max_retries=max_retries,
    )
    imported = import_paths(place.corpus(), [ran.log]) if ran.log else None
    if imported is not None:
        imported_on_record(place, imported)
        if not as_json:
            note(f"{imported.read} of {ran.total} samples are done; log: {ran.log}")
    said, problem = [], None
    if judges and imported is not None:
        said, problem = ask_judges(place, place.corpus(), study, quiet=as_json)
    if as_json:
        result = _result(model, ran, imported.to_dict() if imported else None)
        print_json(result | ({"judges": said} if judges else {}))
    _check(ran, problem)
    if not as_json:
        note(f"Next: allegiance report -w {workspace}")


def _result(model: str, ran: "Ran", imported: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "model": model,
        "log": str(ran.log) if ran.log else None,
        "complete": ran.complete,
        "samples": ran.samples,
        "total": ran.total,
        "error": ran.error,
        "imported": imported,
    }


def _check(ran: "Ran", problem: str | None) -> None:
    """Say what is not done."""
    if not ran.complete:
        raise AllegianceError(
            f"the run stopped early ({ran.error or 'no reason given'}); what was finished is kept, and the same "
            "command goes on from there"
        )
    if problem:
        raise AllegianceError(
            f"the run is complete and its judge is not: {problem}; the same command goes on from there"
        )


def _argument(text: str) -> tuple[str, Any]:
    import yaml

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"-M {text}: write NAME=VALUE")
    return name, yaml.safe_load(value)
