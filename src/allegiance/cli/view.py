"""`allegiance view`: the workbench, a local web page; `allegiance access`: who may use it over a network."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from allegiance.cli.app import Group, JsonOption, WorkspaceOption, app, console, note, print_json
from allegiance.cli.record import RaterOption, rater_name
from allegiance.errors import AllegianceError, UsageError

if TYPE_CHECKING:
    from allegiance.corpus import Workspace

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@app.command(
    epilog="Example: allegiance view -w allegiance-demo · allegiance view --host 0.0.0.0 --auth --port 8080"
)
def view(
    workspace: WorkspaceOption = ".",
    port: Annotated[
        int,
        typer.Option("--port", "-p", help="Where; the next free one if it is taken, 0 for any."),
    ] = 7788,
    host: Annotated[
        str,
        typer.Option("--host", help="Serve on this address of the machine; needs --auth."),
    ] = "127.0.0.1",
    auth: Annotated[
        bool,
        typer.Option(
            "--auth", help="Let in those entered with `allegiance access add`, each by name."
        ),
    ] = False,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", help="Serve over TLS with this certificate (PEM)."),
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="The certificate's private key (PEM).")
    ] = None,
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in a browser.")
    ] = True,
    rater: RaterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Open the workbench: read, pair, label, calibrate and claim in a browser; end it with Ctrl-C.

    It is served to this machine alone, at an address with a random token. With --host it is served to a
    network, and then only to people who were entered, each with a token and a role.
    """
    from allegiance.audit import this_account
    from allegiance.web import Alone, Site, Team, create_app, listen, serve

    local = host in _LOOPBACK
    _check(host, auth, certificate, key)
    place = _folder(workspace)
    alone = Alone(rater_name(rater), this_account())
    access = Team(place.directory) if auth else alone
    site = Site(place, access, secure=certificate is not None)
    listening = listen(host, port)
    if listening.moved and port:
        note(f"port {port} is taken; this is the next free one, {listening.port}")
    address = listening.address(secure=certificate is not None)
    opened = address if auth else f"{address}?token={alone.token}"

    def started() -> None:
        if as_json:
            print_json(
                {"address": opened, "port": listening.port, "workspace": str(place.directory)}
            )
        else:
            console().print(
                f"The workbench of {place.directory}: {opened}", soft_wrap=True, markup=False
            )
            if auth:
                note("everybody opens it with the address that `allegiance access add` gave them")
            if not local and certificate is None:
                note(
                    "what is sent can be read on the way: serve over TLS with --certificate and --key, or behind a "
                    "proxy or an SSH tunnel"
                )
            note("Ctrl-C ends it.")
        if open_page and not auth:
            webbrowser.open(opened)

    serve(
        create_app(site, local=local), listening, started=started, certificate=certificate, key=key
    )


def _check(host: str, auth: bool, certificate: Path | None, key: Path | None) -> None:
    """See that what is asked for may be served so."""
    if host not in _LOOPBACK and not auth:
        raise UsageError(
            f"--host {host} serves to a network: say --auth with it, and enter people first with `allegiance "
            "access add ann --role admin`."
        )
    if (certificate is None) != (key is None):
        raise UsageError("--certificate and --key belong together: name both, or neither.")
    for file in (certificate, key):
        if file is not None and not file.is_file():
            raise UsageError(f"{file}: there is no such file.")


def _folder(workspace: str) -> "Workspace":
    """Open the workspace, which has to be a folder that is there."""
    from allegiance.corpus import Workspace

    place = Workspace(workspace)
    if not place.location.is_folder:
        raise UsageError(f"{place.location} is in an object store; the workbench needs a folder.")
    if not place.directory.is_dir():
        raise AllegianceError(
            f"There is no folder {place.directory}: name a workspace with -w, or make one with `allegiance demo`."
        )
    return place


access_app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="Who may use the workbench over a network: names, roles, tokens.",
)
app.add_typer(access_app, name="access")

RoleOption = Annotated[
    str,
    typer.Option(
        "--role",
        help="reader reads; rater labels as well; admin draws, adjudicates and claims as well.",
    ),
]


@access_app.command("add", epilog="Example: allegiance access add ann --role rater")
def add(
    name: Annotated[str, typer.Argument(help="The name that labels are kept under.")],
    role: RoleOption = "rater",
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Enter somebody and print their token, once: only a digest of it is kept."""
    _entered(name, role, workspace, as_json, anew=False)


@access_app.command("renew", epilog="Example: allegiance access renew ann --role admin")
def renew(
    name: Annotated[str, typer.Argument(help="Somebody who is entered.")],
    role: RoleOption = "rater",
    workspace: WorkspaceOption = ".",
    as_json: JsonOption = False,
) -> None:
    """Give somebody a new token and a role; the old token is void."""
    _entered(name, role, workspace, as_json, anew=True)


@access_app.command("remove", epilog="Example: allegiance access remove ann")
def remove(
    name: Annotated[str, typer.Argument(help="Somebody who is entered.")],
    workspace: WorkspaceOption = ".",
) -> None:
    """Take somebody out: their token is void at once, and their labels stay."""
    from allegiance.corpus import Workspace
    from allegiance.web.access import remove as taken_out

    taken_out(Workspace(workspace).directory, name)
    typer.echo(f"{name} is taken out; the token is void.")


@access_app.command("list", epilog="Example: allegiance access list --json")
def listed(workspace: WorkspaceOption = ".", as_json: JsonOption = False) -> None:
    """List who is entered, with their roles; tokens are not kept, so they can't be shown."""
    from allegiance.corpus import Workspace
    from allegiance.web.access import FILE, read_people

    people = read_people(Workspace(workspace).directory / FILE)
    if as_json:
        told = [
            {"name": name, "role": one["role"], "at": one["at"]} for name, one in people.items()
        ]
        print_json({"people": told})
        return
    if not people:
        note("nobody is entered yet: `allegiance access add ann --role admin`")
        return
    table = Table(box=None, header_style="dim")
    for heading in ("name", "role", "entered"):
        table.add_column(heading)
    for name, one in people.items():
        table.add_row(name, one["role"], one["at"])
    console().print(table)


def _entered(name: str, role: str, workspace: str, as_json: bool, *, anew: bool) -> None:
    from allegiance.corpus import Workspace
    from allegiance.web.access import enter

    place = Workspace(workspace)
    place.prepare()
    token = enter(place.directory, name, role, anew=anew)  # pyright: ignore[reportArgumentType]
    if as_json:
        print_json({"name": name, "role": role, "token": token})
        return
    typer.echo(f"{name} may come in as {role}, at the workbench's address followed by")
    typer.echo(f"?token={token}")
    note("it is shown this once: only a digest of it is kept")
