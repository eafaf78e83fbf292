"""Making pages: templates, what all of them are given, and errors as pages that say what to do."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, cast

from fastapi import Depends, HTTPException
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from allegiance import __version__
from allegiance.errors import AllegianceError, UsageError
from allegiance.report import wording
from allegiance.web.access import Person, Role
from allegiance.web.guard import FORM_FIELD
from allegiance.web.inert import inert, inert_line
from allegiance.web.site import Site

NAVIGATION = (
    ("/", "Overview"),
    ("/transcripts", "Transcripts"),
    ("/queues", "Label queues"),
    ("/calibrate", "Calibrate"),
    ("/claims", "Claims"),
    ("/training", "Training"),
    ("/chain", "Chain"),
)
"""The pages that every page leads to."""


def site_of(request: Request) -> Site:
    """Give the site that a request is to."""
    return request.app.state.site


def person_of(request: Request) -> Person:
    """Give who sent a request."""
    return request.state.person


SiteHere = Annotated[Site, Depends(site_of)]
PersonHere = Annotated[Person, Depends(person_of)]


def needs(role: Role) -> Any:
    """Make what a route depends on where only some may use it."""

    def check(request: Request) -> None:
        person = person_of(request)
        if not person.may(role):
            raise HTTPException(
                403,
                f"{person.name} is a {person.role} here, and this is for a {role}; ask for another role with "
                f"`allegiance access renew {person.name} --role {role}`.",
            )

    return Depends(check)


def page(request: Request, template: str, *, status: int = 200, **told: Any) -> HTMLResponse:
    """Render a page."""
    person = getattr(request.state, "person", None)
    site = site_of(request)
    text = (
        environment()
        .get_template(template)
        .render(
            site_name=site.name,
            person=person,
            navigation=NAVIGATION,
            path=request.url.path,
            form_field=FORM_FIELD,
            version=__version__,
            asset=asset,
            **told,
        )
    )
    return HTMLResponse(text, status)


def fragment(template: str, **told: Any) -> str:
    """Render a part of a page, without what stands around it."""
    return environment().get_template(template).render(asset=asset, form_field=FORM_FIELD, **told)


def wrong(request: Request, status: int, sentence: str) -> Response:
    """Say what is wrong: as a page, or as JSON where a script asked."""
    if request.url.path.startswith("/api/") or "json" in request.headers.get("accept", ""):
        return JSONResponse({"error": sentence}, status)
    return page(request, "wrong.html.j2", status=status, sentence=sentence, code=status)


def explained(request: Request, error: AllegianceError) -> Response:
    """Say an error of the user's, or of a file or another process."""
    return wrong(request, 400 if isinstance(error, UsageError) else 409, str(error))


@cache
def environment() -> Environment:
    """Give the templates' environment; everything is escaped."""
    made = Environment(
        loader=PackageLoader("allegiance.web"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    filters: dict[str, Callable[..., Any]] = {
        "inert": inert,
        "inert_line": inert_line,
        "number": _number,
        "counted": wording.counted,
        "rate": wording.rate,
        "limits": wording.limits,
        "points": wording.points,
    }
    cast(Any, made.filters).update(filters)
    return made


def _number(value: int) -> str:
    return f"{value:,}"


@cache
def asset(name: str) -> str:
    """Give the address of a static file, which changes with its content."""
    from hashlib import sha256

    content = (files("allegiance.web") / "static" / name).read_bytes()
    return f"/static/{name}?v={sha256(content).hexdigest()[:12]}"
