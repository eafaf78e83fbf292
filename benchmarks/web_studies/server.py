"""The workbench of a folder, served in a process of its own: says where, and when its libraries were loaded."""

import json
import sys
import time
from pathlib import Path

import uvicorn

from allegiance.corpus import Workspace
from allegiance.web import Alone, Site, create_app, listen

TOKEN = "benchmark"


def main(folder: str) -> None:
    """Serve until killed; the first line that is printed says the port and the clock after all imports."""
    import lance  # noqa: F401  (what the first page would load)

    imported = time.monotonic()
    app = create_app(Site(Workspace(Path(folder)), Alone("ann", "account", TOKEN)))
    listening = listen("127.0.0.1", 0)
    print(json.dumps({"port": listening.port, "imported": imported}), flush=True)
    config = uvicorn.Config(app, log_level="error", access_log=False, ws="none")
    uvicorn.Server(config).run(sockets=[listening.socket])


if __name__ == "__main__":
    main(sys.argv[1])
