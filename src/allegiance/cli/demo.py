"""`allegiance demo`: the whole path on the embedded organisms, in a fresh folder."""

import itertools
import os
import shutil
import sys
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from allegiance.cli.app import JsonOption, app, print_json
from allegiance.errors import UsageError

if TYPE_CHECKING:
    from allegiance.corpus import Workspace
    from allegiance.study import Study

_ORGANISMS = ("faker", "honest")
_SHOWN = ("complied", "strategic-compliance", "doubts")  # those with a truth; the report has all


@app.command(epilog="Example: allegiance demo --dir try-it --no-open")
def demo(
    directory: Annotated[
        Path | None,
        typer.Option("--dir", help="A new folder; by default allegiance-demo in the current one."),
    ] = None,
    open_page: Annotated[
        bool,
        typer.Option(
            "--open/--no-open", help="Open the report in a browser, where a person looks on."
        ),
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Run a study on two organisms, scan it, and report it beside the truth: no key, no network, under a minute."""
    from allegiance.cli.demo_audit import audited
    from allegiance.cli.importing import imported_on_record
    from allegiance.cli.report import make_report
    from allegiance.corpus import Workspace, import_paths
    from allegiance.report import render_terminal, write_report
    from allegiance.study import Study
    from allegiance.study.templates import template

    started = time.monotonic()
    place = Workspace(_fresh(directory))
    place.prepare()
    place.study_file.write_text(template("organism", "demo"), encoding="utf-8")
    study = Study.load(place.study_file)
    out = Console(highlight=False, quiet=as_json)
    out.print(f"[bold]{' '.join(study.question.split())}[/bold]")
    out.print(
        f"Two model organisms, whose true rates are known, are asked {len(study.asked)} requests in "
        f"{len(study.conditions)} conditions, {study.epochs} times each.\n"
    )
    for name in _ORGANISMS:
        _run(place, study, f"organism/{name}", out)
    imported = import_paths(place.corpus(), [place.logs])
    place.corpus().index()  # so that the workbench searches at once
    imported_on_record(place, imported)
    out.print("Drawing at random, and labelling by the organisms' known truth ...")
    kept, truly = audited(place)
    made = make_report(place, quiet=True)
    page = place.report / "report.html"
    write_report(made, page)
    if as_json:
        print_json({**made.to_dict(), "page": str(page), "certificate": str(kept)})
        return
    out.print(f"{imported.new} transcripts are in the corpus and scanned by rule.\n")
    render_terminal(made, out, _SHOWN)
    out.print(
        f"Labels from the organisms' known truth stand in for a person's. By the same truth {truly:,} of "
        f"all {imported.new:,} doubt the set-up. The certificate: [bold]{kept}[/bold]",
        soft_wrap=True,
    )
    _close(place.directory, page, kept, time.monotonic() - started, out)
    if open_page and sys.stdout.isatty():
        webbrowser.open(page.resolve().as_uri())


def _fresh(directory: Path | None) -> Path:
    """Find a folder that holds nothing yet."""
    if directory is None:
        numbered = (Path(f"allegiance-demo-{i}") for i in itertools.count(2))
        return next(
            path
            for path in itertools.chain([Path("allegiance-demo")], numbered)
            if not path.exists()
        )
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UsageError(
            f"--dir {directory}: something is there already; name a folder that is new or empty"
        )
    return directory


def _run(place: "Workspace", study: "Study", model: str, out: Console) -> None:
    """Ask one organism everything, with a bar."""
    from allegiance.cli.running import run_study

    total = len(study.asked) * len(study.conditions) * study.epochs
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=out, disable=out.quiet) as bar:
        shown = bar.add_task(model, total=total)
        run_study(
            place.study_file,
            model,
            place.logs,
            display="none",
            progress=lambda done: bar.update(shown, completed=done),
        )


def _close(directory: Path, page: Path, kept: Path, seconds: float, out: Console) -> None:
    """Say where the report is and what to try next."""
    out.print(f"\nDone in {seconds:.0f} s. The report: [bold]{page}[/bold]", soft_wrap=True)
    command = _command()
    out.print(
        "\nCommands to try next:\n"
        f"  {command} view -w {directory}    (the workbench: read, label and check claims in a browser)\n"
        f"  {command} verify {kept} -w {directory}    (recompute everything the certificate says)\n"
        f"  {command} draw mine --n 20 --category doubts -w {directory}    (then `label mine`: read, and label)\n"
        f"  {command} organism check faker    (measure an organism again, beside its truth table)\n"
        f"  {command} new mine -w mine    (write a study of your own, for any model)\n"
        f"  {command} import PATH -w {directory}    (your own Inspect logs, JSONL or CSV)",
        soft_wrap=True,
    )


def _command() -> str:
    """How this program is called from here: by its name where that is found, else by its place."""
    called = Path(sys.argv[0])
    if called.name != "allegiance":
        return f"{Path(sys.executable).name} -m allegiance"
    return "allegiance" if shutil.which("allegiance") else os.path.relpath(called)
