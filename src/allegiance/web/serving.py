"""Serving a site: a free port, the address to open, and a server that ends cleanly."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from allegiance.errors import AllegianceError, UsageError

PORT = 7788
"""Where the workbench is served unless asked otherwise."""

_TRIES = 50


@dataclass(frozen=True)
class Listening:
    """A socket that is bound and not yet served.

    Attributes
    ----------
    socket, host, port
        Where.
    moved
        Whether the port that was wanted is taken, and this is another.
    """

    socket: socket.socket
    host: str
    port: int
    moved: bool

    def address(self, secure: bool = False) -> str:
        """Give the address of the first page: where it is served on all of a machine's, by its name."""
        host = socket.gethostname() if self.host in ("0.0.0.0", "::", "") else self.host
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if secure else 'http'}://{host}:{self.port}/"


def listen(host: str, port: int) -> Listening:
    """Take a port, or the next free one after it; 0 takes any.

    Raises
    ------
    UsageError
        If there is no such port, or the host is none of this machine's.
    AllegianceError
        If no port is free.
    """
    if not 0 <= port <= 65535:
        raise UsageError(f"--port {port}: ports are 1 to 65535; 0 takes any that is free.")
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise UsageError(f"--host {host}: this machine knows no such address.") from error
    last = port if port == 0 else min(port + _TRIES, 65535)
    for tried in range(port, last + 1):
        # Named as TCP, so that asyncio sends small packets at once: else answers wait 40 ms.
        taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((place[0], tried, *place[2:]))
            taken.listen(128)
        except PermissionError as error:
            taken.close()
            raise UsageError(
                f"--port {tried}: this user may not take it; ports from 1024 on are free to all."
            ) from error
        except OSError as error:
            taken.close()
            if error.errno == 99:  # no such address here
                raise UsageError(f"--host {host}: this machine has no such address.") from error
            continue
        return Listening(taken, host, taken.getsockname()[1], tried != port)
    raise AllegianceError(
        f"The ports {port} to {last} are all taken; name another one with --port, or 0 for any."
    )


def serve(
    app: FastAPI,
    listening: Listening,
    *,
    started: Callable[[], None],
    certificate: Path | None = None,
    key: Path | None = None,
) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    started
        Called once requests are answered.
    certificate, key
        Files, to serve over TLS.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        timeout_graceful_shutdown=3,
        ws="none",
    )
    server = _Server(config, started)
    server.run(sockets=[listening.socket])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started_told = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._started_told()
