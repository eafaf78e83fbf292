"""Counting a large corpus in a process of its own, so that pages are answered as fast meanwhile.

The process is begun as a program (`python -c`): neither by fork, which the store does not survive, nor by
multiprocessing, which would run a script without a main guard again. What comes back is pickled by our own
process alone; nothing of a transcript's is ever unpickled.
"""

import contextlib
import json
import os
import pickle
import subprocess
import sys
from typing import Any, Literal

from allegiance.errors import AllegianceError, UsageError
from allegiance.web.site import Site

What = Literal["numbers", "related"]

_START = "from allegiance.web.apart import answer; answer()"
_KINDFUL = 5  # so much nicer than the server


def apart(site: Site, what: What) -> Any:
    """Compute the numbers of a site's corpus, or whose intent was kept in it, in another process.

    Raises
    ------
    AllegianceError
        What went wrong there.
    """
    told = {
        "sys_path": [one for one in sys.path if os.fsencode(one)],
        "workspace": str(site.workspace.directory.resolve()),
        "what": what,
    }
    done = subprocess.run(
        [sys.executable, "-c", _START],
        input=json.dumps(told).encode(),
        stdout=subprocess.PIPE,
        check=False,
    )
    try:
        kind, found = pickle.loads(done.stdout)
    except (pickle.UnpicklingError, EOFError, ValueError) as error:
        raise AllegianceError(
            f"The numbers of this corpus could not be computed (the process ended with {done.returncode}); what "
            "it printed where the workbench was started tells more, and `allegiance report` tries the same."
        ) from error
    if kind == "found":
        return found
    raise (UsageError if kind == "usage" else AllegianceError)(found)


def answer() -> None:
    """Be the process: read what is wanted from standard input, and write it to standard output."""
    told = json.loads(sys.stdin.buffer.read())
    sys.path[:] = told["sys_path"]
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no part of the answer
    with contextlib.suppress(OSError):
        os.nice(_KINDFUL)
    with out:
        pickle.dump(_answered(told["workspace"], told["what"]), out, pickle.HIGHEST_PROTOCOL)


def _answered(folder: str, what: What) -> tuple[str, Any]:
    from allegiance.corpus import Workspace
    from allegiance.web import Alone
    from allegiance.web.numbers import count, relate

    try:
        site = Site(Workspace(folder), Alone("numbers", ""))
        return "found", (count if what == "numbers" else relate)(site)
    except UsageError as error:
        return "usage", str(error)
    except AllegianceError as error:
        return "error", str(error)
