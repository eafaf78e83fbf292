"""`allegiance run`: the study through Inspect, on any model, and its transcripts into the corpus."""

from typing import Annotated, Any

import typer

from allegiance.cli.app import JsonOption, WorkspaceOption, app, note, print_json
from allegiance.errors import AllegianceError, UsageError


@app.command(
    epilog="Example: allegiance run --model organism/faker -w watched · allegiance run --model openai/gpt-4o"
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
    display: Annotated[
        str | None, typer.Option(help="Inspect's progress display: full, rich, plain, log, none.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the workspace's study on a model and keep every transcript.

    Interrupt it at any time: the same command goes on where it stopped, and asks nothing twice.
    """
    from allegiance.cli.importing import imported_on_record
    from allegiance.cli.running import run_study
    from allegiance.corpus import Workspace, import_paths

    place = Workspace(workspace)
    arguments = dict(_argument(text) for text in model_arg or [])
    ran = run_study(
        place.study_file,
        model,
        place.logs,
        base_url=base_url,
        model_args=arguments,
        display="none" if as_json else display,  # type: ignore[arg-type]
        max_connections=max_connections,
    )
    imported = import_paths(place.corpus(), [ran.log]) if ran.log else None
    if imported is not None:
        imported_on_record(place, imported)
    if as_json:
        print_json(
            {
                "model": model,
                "log": str(ran.log) if ran.log else None,
                "complete": ran.complete,
                "samples": ran.samples,
                "total": ran.total,
                "error": ran.error,
                "imported": imported.to_dict() if imported else None,
            }
        )
    elif imported:
        note(f"{imported.read} of {ran.total} samples are done; log: {ran.log}")
    if not ran.complete:
        raise AllegianceError(
            f"the run stopped early ({ran.error or 'no reason given'}); what was finished is kept, and the same "
            "command goes on from there"
        )
    if not as_json:
        note(f"Next: allegiance report -w {workspace}")


def _argument(text: str) -> tuple[str, Any]:
    import yaml

    name, equals, value = text.partition("=")
    if not equals or not name:
        raise UsageError(f"-M {text}: write NAME=VALUE")
    return name, yaml.safe_load(value)
