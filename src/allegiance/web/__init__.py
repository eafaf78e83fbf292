"""The workbench: the local web page where transcripts are read, labelled and claimed about.

One process, no account, no build step, no network. Text of transcripts is inert on every page, every
opening is on record with its route, and what a rater must not see is not in the page at all.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from allegiance.web.access import Alone, Person, Team
    from allegiance.web.app import create_app
    from allegiance.web.serving import listen, serve
    from allegiance.web.site import Site

__all__ = ["Alone", "Person", "Site", "Team", "create_app", "listen", "serve"]

_HOMES = {
    **dict.fromkeys(("Alone", "Person", "Team"), "access"),
    **dict.fromkeys(("listen", "serve"), "serving"),
    "create_app": "app",
    "Site": "site",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
