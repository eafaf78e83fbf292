"""How far long work is: a bar on standard error, where a person looks on."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)


@contextmanager
def shown_progress(what: str, *, quiet: bool) -> Generator[Callable[[int, int], None]]:
    """Show a bar on standard error, where a person looks on."""
    errors = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    disable = quiet or not errors.is_terminal
    with Progress(*columns, console=errors, transient=True, disable=disable) as bar:
        shown = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(shown, completed=done, total=total)


@contextmanager
def shown_stages(what: str, *, quiet: bool) -> Generator[Callable[[str, int, int], None]]:
    """Show a bar whose label says what is being done at the moment, with the time left."""
    errors = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    disable = quiet or not errors.is_terminal
    with Progress(*columns, console=errors, transient=True, disable=disable) as bar:
        shown = bar.add_task(what, total=None)
        yield lambda label, done, total: bar.update(
            shown, description=label, completed=done, total=total
        )
