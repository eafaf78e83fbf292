"""The application: every page of the workbench behind one guard."""

from importlib import import_module
from importlib.resources import files
from typing import Any, cast

from fastapi import FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from allegiance.corpus.location import from_store, reading_problem
from allegiance.errors import AllegianceError
from allegiance.web.guard import Guard
from allegiance.web.page import explained, wrong
from allegiance.web.site import Site

_PAGES = (
    "overview",
    "transcripts",
    "reader",
    "pair",
    "queues",
    "agreement",
    "calibrate",
    "claims",
    "training",
    "chain",
    "curves_shown",
)


def create_app(site: Site, *, local: bool = True) -> FastAPI:
    """Make the application of a site.

    Parameters
    ----------
    site
        What it shows.
    local
        Whether it answers to this machine's own names only.
    """
    app = FastAPI(title="Allegiance", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.site = site
    for name in _PAGES:
        app.include_router(import_module(f"allegiance.web.{name}").router)
    app.mount("/static", StaticFiles(directory=str(files("allegiance.web") / "static")))
    app.add_exception_handler(AllegianceError, _said)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(404, _not_there)
    app.add_exception_handler(405, _not_there)
    app.add_exception_handler(RequestValidationError, _unreadable)
    for kind in (OSError, RuntimeError, ValueError):
        app.add_exception_handler(kind, _not_read)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(Guard, site=site, local=local, refused=wrong)  # pyright: ignore
    return app


def _said(request: Request, error: Exception) -> Response:
    assert isinstance(error, AllegianceError)
    return explained(request, error)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return wrong(request, error.status_code, str(error.detail))


def _not_there(request: Request, error: Exception) -> Response:
    detail = str(getattr(error, "detail", ""))
    told = detail if detail not in ("", "Not Found", "Method Not Allowed") else _NO_PAGE
    return wrong(request, getattr(error, "status_code", 404), told)


def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = cast(list[dict[str, Any]], error.errors())
    first: dict[str, Any] = told[0] if told else {}
    place = cast(tuple[object, ...], first.get("loc", ()))
    where = ".".join(map(str, place[1:])) or "the address"
    return wrong(
        request, 400, f"{where} can't be read: {str(first.get('msg', 'it is malformed'))[:200]}."
    )


def _not_read(request: Request, error: Exception) -> Response:
    """Say that the store can't be read, as the commands do; what is ours fails as it is."""
    if not from_store(error):
        raise error
    return wrong(request, 409, reading_problem(error))


def _failed(request: Request, error: Exception) -> Response:
    return wrong(
        request,
        500,
        f"The workbench failed here ({type(error).__name__}); nothing that was acknowledged is lost. What it "
        "printed where it was started tells more: please report it.",
    )


_NO_PAGE = "There is no such page; the menu leads to all there are."
