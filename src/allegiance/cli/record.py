"""Putting on record what a command did: the ledger of a workspace, and who is at the keyboard."""

import getpass
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from allegiance.cli.app import note
from allegiance.errors import AllegianceError

if TYPE_CHECKING:
    from allegiance.audit import Ledger, Route
    from allegiance.corpus import Workspace

_VARIABLE = "ALLEGIANCE_RATER"
_LISTED = 10_000
"""Transcripts that one event lists."""

RaterOption = Annotated[
    str | None,
    typer.Option("--rater", help=f"Who reads and labels; {_VARIABLE} or the name of the account."),
]


def rater_name(given: str | None) -> str:
    """Say who is at the keyboard."""
    if given is not None:
        return given
    try:
        return os.environ.get(_VARIABLE) or getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        return "somebody"


def ledger_of(place: "Workspace", create: bool = True) -> "Ledger":
    """Open the ledger of a workspace."""
    from allegiance.audit import Ledger

    return Ledger.open(place.ledger_file, create=create)


def on_record(place: "Workspace", kind: str, subject: str, body: Mapping[str, Any]) -> None:
    """Record what was done; where the workspace can't hold a ledger, say that it is on no record."""
    if not place.location.is_folder:
        return
    try:
        ledger_of(place).append(kind, subject, body, rater_name(None))
    except AllegianceError as error:
        note(f"this is on no record: {error}")


def shown_on_record(
    place: "Workspace",
    route: "Route",
    transcripts: list[str],
    places: list[int | None] | None = None,
    count: int | None = None,
    rater: str | None = None,
) -> None:
    """Record that transcripts came before a reader by a route, with their model and condition."""
    from allegiance.audit import opened

    if not place.location.is_folder:
        note(
            "a workspace in an object store has no ledger yet, so this reading is on no record; enter it "
            "with `allegiance attest` where there is one"
        )
        return
    if len(transcripts) > _LISTED:  # nobody reads so many: they are counted, as in an export
        transcripts, places, count = [], [], len(transcripts)
    try:
        opened(
            ledger_of(place),
            route,
            transcripts,
            places or (),
            actor=rater_name(rater),
            count=count,
            blind=False,
        )
    except AllegianceError as error:
        note(f"this reading is on no record: {error}")
