"""What every request passes: whose it is, whether another site sent it, and the headers of every answer."""

import hmac
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from allegiance.web.access import Person
from allegiance.web.site import Site

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BYTES = 2_000_000
"""Of the body of a request: a form holds a label or a claim, and no transcripts."""

FORM_FIELD, FORM_HEADER = "form_key", "x-form-key"
"""Where a form, and a script, carry the key that no other site knows."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # with no-referrer the origin of a plain form would be null
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_LOCAL = re.compile(r"^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$", re.IGNORECASE)
_OPEN = ("/static/", "/favicon.ico")


class Guard:
    """Lets in who has a token, and refuses what another site sends in their name.

    Parameters
    ----------
    app
        What is guarded.
    site
        Whose people are let in.
    local
        Whether only requests to this machine's own names are answered: a page elsewhere whose name is
        made to mean this machine is refused.
    refused
        Makes the page that says why somebody is not let in.
    """

    def __init__(
        self, app: App, site: Site, local: bool, refused: Callable[[Request, int, str], Response]
    ) -> None:
        self._app, self._site, self._local, self._refused = app, site, local, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        headers = Headers(scope=scope)

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    answer.setdefault(name, value)
                if not scope["path"].startswith("/static/"):
                    answer.setdefault("cache-control", "no-store")
                elif not scope.get("query_string"):  # its address stays when its content changes
                    answer.setdefault("cache-control", "no-cache")
            await send(message)

        refusal, body = await self._checked(request, headers, receive)
        if refusal is not None:
            await refusal(scope, receive, sending)
            return
        await self._app(scope, receive if body is None else _again(body, receive), sending)

    async def _checked(
        self, request: Request, headers: Headers, receive: Receive
    ) -> tuple[Response | None, bytes | None]:
        if self._local and not _LOCAL.match(headers.get("host", "")):
            return PlainTextResponse("This server answers to its own machine only.", 421), None
        # As it is routed: the address that is put together from the host's name may say another path.
        if request.scope["path"].startswith(_OPEN):
            return None, None
        token = request.query_params.get("token")
        if token is not None and request.method == "GET":
            return self._entering(request, token), None
        person = self._site.access.person(request.cookies.get(cookie_of(request), ""))
        if person is None:
            return self._refused(request, 401, _NOBODY), None
        request.state.person = person
        if request.method in ("GET", "HEAD"):
            return None, None
        if _from_elsewhere(headers):
            return self._refused(request, 403, _ELSEWHERE), None
        body = await _whole_body(receive)
        if body is None:
            return self._refused(request, 413, _TOO_LONG), None
        if not _has_key(person, headers, body):
            return self._refused(request, 403, _STALE), None
        return None, body

    def _entering(self, request: Request, token: str) -> Response:
        """Take a token out of the address and into a cookie that scripts can't read."""
        if self._site.access.person(token) is None:
            return self._refused(request, 401, _NOBODY)
        rest = [(k, v) for k, v in parse_qsl(request.url.query, True) if k != "token"]
        path = "/" + request.url.path.lstrip("/")  # two slashes would begin another host
        answer = RedirectResponse(path + (f"?{urlencode(rest)}" if rest else ""), 303)
        answer.set_cookie(
            cookie_of(request),
            token,
            httponly=True,
            samesite="lax",
            secure=self._site.secure,
            max_age=None if self._local else 30 * 24 * 3600,
        )
        return answer


def cookie_of(request: Request) -> str:
    """Name the cookie: cookies don't tell ports apart, and two workspaces may be open at once."""
    return f"allegiance-{request.url.port or 'web'}"


def _from_elsewhere(headers: Headers) -> bool:
    """Whether a browser says that another site's page sent this."""
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return True
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")


def _has_key(person: Person, headers: Headers, body: bytes) -> bool:
    given = headers.get(FORM_HEADER, "")
    if not given and "urlencoded" in headers.get("content-type", ""):
        try:
            form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=1_000)
        except ValueError:
            return False
        given = form.get(FORM_FIELD, [""])[0]
    return hmac.compare_digest(given.encode(), person.form_key.encode())


async def _whole_body(receive: Receive) -> bytes | None:
    """Read the body; None where it is longer than any form."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(parts)
        part = message.get("body", b"")
        size += len(part)
        if size > MOST_BYTES:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read once more."""
    given = False

    async def again() -> MutableMapping[str, Any]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


_NOBODY = (
    "This page is opened with the whole address that `allegiance view` prints, its token included; the one "
    "you used is not known here (any more)."
)
_ELSEWHERE = (
    "Another site sent this, so nothing was done. Go back to the workbench and do it there."
)
_STALE = (
    "This form was made for another sitting, so nothing was saved. Go back, load the page again, and send it "
    "once more."
)
_TOO_LONG = "What was sent is longer than any form of the workbench; nothing was saved."
