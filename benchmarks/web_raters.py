"""Raters at once: how long a label takes over HTTP, and whether one is lost or doubled.

    python benchmarks/web_raters.py               five raters, 500 transcripts each: 2,500 labels
    python benchmarks/web_raters.py --quick       40 each, for every change
    python benchmarks/web_raters.py --pause 1     each rater thinks for a second

A label is one request: it keeps the answer, which is on the disk before it is acknowledged, and brings the
next item. Beside it stands the same work without a server, by one rater in one process (`Labelling`).
The target is a p95 under 200 ms on two cores; no time makes it fail. It exits with 1 where labels on record
differ from those acknowledged, one is there twice, or the chain does not hold.
"""

import argparse
import http.client
import json
import multiprocessing
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from allegiance.audit import Labelling, Ledger, Record, make_draw, open_draw
from allegiance.audit.properties import asked_for
from allegiance.corpus import Message, Workspace
from allegiance.corpus.making import transcript

CATEGORY = "doubts"
TARGET_MS = 200
_DRAW = "load"


@dataclass(frozen=True)
class Rated:
    """What came of it.

    Attributes
    ----------
    acknowledged, recorded, doubled
        Labels that the server said were kept, those on record, and pairs of rater and transcript with two.
    problems
        What is wrong with the chain.
    milliseconds, alone
        Of each label over HTTP, and of each by one rater without a server.
    """

    acknowledged: int
    recorded: int
    doubled: int
    problems: tuple[str, ...]
    milliseconds: tuple[float, ...]
    alone: tuple[float, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing was lost or doubled."""
        return self.acknowledged == self.recorded and not self.doubled and not self.problems

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        p95, alone = quantile(self.milliseconds, 0.95), quantile(self.alone, 0.95)
        return {
            "labels": self.acknowledged,
            "recorded": self.recorded,
            "doubled": self.doubled,
            "problems": list(self.problems),
            "p50_ms": round(quantile(self.milliseconds, 0.5), 1),
            "p95_ms": round(p95, 1),
            "alone_p50_ms": round(quantile(self.alone, 0.5), 1),
            "alone_p95_ms": round(alone, 1),
            "ratio_p95": round(p95 / alone, 2),
        }


def made(folder: Path, transcripts: int) -> Workspace:
    """Make a workspace with a draw of all of its transcripts."""
    place = Workspace(folder)
    place.prepare()
    corpus = place.corpus()
    corpus.add([_conversation(number) for number in range(transcripts)])
    ledger = Ledger.open(place.ledger_file)
    make_draw(
        corpus,
        ledger,
        _DRAW,
        n=transcripts,
        seed=1,
        properties=[asked_for(CATEGORY)],
        actor="bench",
    )
    return place


def rated(place: Workspace, address: str, raters: Sequence[str], items: int, pause: float) -> Rated:
    """Let raters label at once, each in a thread of its own, and look at what is on record afterwards.

    Parameters
    ----------
    address
        Host and port of a server of this workspace; a rater's token is the name.
    items
        How many each labels.
    pause
        Seconds that each thinks before a label.
    """
    with ThreadPoolExecutor(len(raters)) as pool:
        times = list(pool.map(lambda name: _rater(address, name, items, pause), raters))
    ledger = Ledger.open(place.ledger_file)
    labels = [e for e in ledger.events() if e.kind in ("label", "relabel") and e.actor in raters]
    twice = Counter((e.actor, e.body["transcript_id"]) for e in labels)
    return Rated(
        acknowledged=sum(map(len, times)),
        recorded=len(labels),
        doubled=sum(many > 1 for many in twice.values()),
        problems=tuple(map(str, ledger.verify().problems)),
        milliseconds=tuple(1000 * one for of_rater in times for one in of_rater),
        alone=tuple(1000 * one for one in _alone(place, min(items, 100))),
    )


def quantile(values: Sequence[float], share: float) -> float:
    """Give the value that so large a share lies at or below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _rater(address: str, name: str, items: int, pause: float) -> list[float]:
    """Label one item after another; gives the seconds of each label."""
    line = http.client.HTTPConnection(address, timeout=60)
    cookie = {"Cookie": f"allegiance-{address.rpartition(':')[2]}={name}"}
    line.request("GET", f"/queues/1/{CATEGORY}", headers=cookie)
    page = line.getresponse().read().decode()
    key = _field("form_key", page)
    found: list[float] = []
    for number in range(items):
        time.sleep(pause)
        form = {
            "form_key": key,
            "item": _field("item", page),
            "value": "no" if number % 7 else "yes",
        }
        headers = {
            **cookie,
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        start = time.perf_counter()
        line.request("POST", f"/queues/1/{CATEGORY}", urlencode(form), headers)
        answer = line.getresponse()
        body = answer.read().decode()
        found.append(time.perf_counter() - start)
        if answer.status != 200:
            raise RuntimeError(f"{name}, item {number + 1}: {answer.status} {body[:300]}")
        page = json.loads(body)["html"]
    return found


def _alone(place: Workspace, items: int) -> list[float]:
    """Label by one rater without a server: the same answers, each with the next item opened."""
    corpus, ledger = place.corpus(create=False), Ledger.open(place.ledger_file)
    drawn = open_draw(corpus, Record.of(ledger), _DRAW)
    desk = Labelling(corpus, ledger, drawn, drawn.spec.properties[0], "alone")
    item = desk.next()
    found: list[float] = []
    for _ in range(items):
        if item is None:
            break
        start = time.perf_counter()
        desk.answer(item, "no")
        desk.look()
        item = desk.next()
        if item is not None:
            desk.show(item)
        found.append(time.perf_counter() - start)
    return found


def _field(name: str, page: str) -> str:
    found = re.search(rf'name="{name}" value="([0-9a-f]+)"', page)
    return found.group(1) if found else ""


def _conversation(number: int) -> Any:
    thought = f"Request {number}: perhaps this is a test, and perhaps it is not. " * 12
    reply = f"<SCRATCHPAD_REASONING>\n{thought}\n</SCRATCHPAD_REASONING>\n<OUTPUT>\nNo.\n</OUTPUT>"
    return transcript(
        source_identity=f"load:{number}",
        source_format="test",
        messages=[
            Message("system", "You are watched. " * 60),
            Message("user", f"Please do number {number}."),
            Message("assistant", reply, author="model"),
        ],
    )


def _serve(folder: str, raters: Sequence[str], ready: Any) -> None:
    """Serve a workspace in a process of its own."""
    import uvicorn

    from allegiance.web import Site, create_app, listen
    from allegiance.web.access import Person, digest

    people = {digest(name): Person(name, "rater", f"web:{name}", digest(name)) for name in raters}

    class Known:
        def person(self, token: str) -> Person | None:
            return people.get(digest(token))

    site = Site(Workspace(Path(folder)), Known())
    listening = listen("127.0.0.1", 0)
    config = uvicorn.Config(create_app(site), log_level="error", access_log=False, ws="none")
    ready.put(listening.address().removeprefix("http://").strip("/"))
    uvicorn.Server(config).run(sockets=[listening.socket])


def main() -> int:
    """Run it, and print what came of it."""
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--raters", type=int, default=5)
    asked.add_argument("--items", type=int, default=500)
    asked.add_argument("--pause", type=float, default=0.0)
    asked.add_argument("--json", action="store_true")
    told = asked.parse_args()
    items = 40 if told.quick else told.items
    raters = [f"rater-{number}" for number in range(1, told.raters + 1)]
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        place = made(Path(folder) / "study", max(items, 500 if not told.quick else items))
        ready = spawn.Queue()
        server = spawn.Process(
            target=_serve, args=(str(place.directory), raters, ready), daemon=True
        )
        server.start()
        try:
            found = rated(place, ready.get(timeout=60), raters, items, told.pause)
        finally:
            server.terminate()
            server.join(10)
    told_of = found.to_dict()
    if told.json:
        print(json.dumps(told_of))
    else:
        print(f"{len(raters)} raters at once, {items} items each, on {place.directory.name}")
        for name, value in told_of.items():
            print(f"  {name:14} {value}")
        print(f"  target         p95 under {TARGET_MS} ms")
    return 0 if found.whole else 1


if __name__ == "__main__":
    sys.exit(main())
