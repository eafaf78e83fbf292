"""A workbench that is served for a test, and a browser that looks at it."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from axe_playwright_python.sync_playwright import Axe
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from allegiance.corpus import Workspace
from allegiance.web import Alone, Site, create_app, listen
from allegiance.web.access import Access, Person, digest

HOST = "http://127.0.0.1:7788"


class Client(TestClient):
    """Somebody at the workbench, without a browser: `get`, and `submit` of a form with its key."""

    def __init__(self, site: Site, token: str) -> None:
        super().__init__(
            create_app(site), base_url=HOST, raise_server_exceptions=False, follow_redirects=True
        )
        person = site.access.person(token)
        assert person is not None
        self.site, self.person, self.token = site, person, token
        self.cookies.set("allegiance-7788", token)

    def submit(self, address: str, **form):
        """Post a form as the page would."""
        return self.post(address, data={**form, "form_key": self.person.form_key})


class People:
    """Several people of known tokens: the token is the name."""

    def __init__(self, **roles: str) -> None:
        self._people = {
            name: Person(name, role, f"web:{name}", digest(name))  # type: ignore[arg-type]
            for name, role in roles.items()
        }

    def person(self, token: str) -> Person | None:
        """Give whose token it is."""
        return self._people.get(token)


def routes(app) -> list[APIRoute]:
    """Every route of an application; newer versions of FastAPI keep those of a router that is included inside it."""
    found: list[APIRoute] = []
    for one in app.routes:
        inside = getattr(one, "original_router", None)
        found += [one] if isinstance(one, APIRoute) else [] if inside is None else routes(inside)
    return found


def client(place: Workspace, access: Access | None = None, token: str = "token") -> Client:
    """Somebody who is in: alone, with every right, unless others are named."""
    return Client(Site(place, access or Alone("ann", "account", token)), token)


@dataclass
class Served:
    """A workbench at an address."""

    address: str
    site: Site
    token: str

    @property
    def entrance(self) -> str:
        """The address with the token."""
        return f"{self.address}?token={self.token}"


@contextmanager
def served(
    place: Workspace, access: Access | None = None, token: str = "token"
) -> Generator[Served]:
    """Serve a workspace on a free port of this machine."""
    site = Site(place, access or Alone("ann", "account", token))
    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(create_app(site), log_level="error", access_log=False, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening.socket]})
    thread.start()
    try:
        yield Served(listening.address(), site, token)
    finally:
        server.should_exit = True
        thread.join(10)


def serious(page, *rules: str) -> list[str]:
    """What axe finds on a page that is serious or worse, each with where; by some of its rules alone if they are named."""
    chosen = {"runOnly": {"type": "rule", "values": [*rules]}} if rules else {}
    options = {"resultTypes": ["violations"], **chosen}
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{one['id']}: {one['help']} ({'; '.join(node['html'][:120] for node in one['nodes'][:4])})"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
