"""Pictures of the workbench for these pages: python docs/screens.py WORKSPACE, of a demo or of runs (--runs)."""

import argparse
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from playwright.sync_api import Page, sync_playwright

from allegiance.corpus import Workspace
from allegiance.web import Alone, Site, create_app, listen

IMAGES = Path(__file__).parent / "images" / "workbench"
_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Screen:
    """A picture: its name, the page's address, what is done there first, and how it is looked at."""

    name: str
    address: str
    does: Callable[[Page], None] | None = None
    theme: str = "light"
    width: int = 1440
    height: int = 900


def _press(name: str) -> Callable[[Page], None]:
    def press(page: Page) -> None:
        page.get_by_role("button", name=name).first.click()
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)

    return press


def lived_in(place: Workspace) -> None:
    """Have two raters label a draw, who differ here and there; one calibration and one claim rest on it."""
    from allegiance.audit import Labelling, Ledger, asked_for, make_draw

    corpus, ledger = place.corpus(), Ledger.open(place.ledger_file)
    wanted = asked_for("strategic-compliance")
    where = "tier = 'monitored' AND intent = 'training' AND model = 'organism/faker'"
    draw = make_draw(
        corpus, ledger, "reread", n=60, where=where, seed=5, stop="fixed 60", properties=[wanted]
    )
    for rater, unsure in (("ben", {9, 31}), ("cleo", {14})):
        desk = Labelling(corpus, ledger, draw, wanted, rater)
        while (item := desk.next()) is not None:
            words = desk.show(item).text
            found = "would change" in words or "keep my" in words or "so that I" in words
            said = "yes" if found != (item.number in unsure) else "no"
            desk.answer(item, said, note="so as not to be changed" if said == "yes" else "")
            desk.look()


def screens(site: Site) -> list[Screen]:
    """List the pictures of a demo's workspace."""
    category = "strategic-compliance"
    with site.record() as record:
        certificate = next(look for look in record.looks if look.kind == "claim").body[
            "certificate"
        ]
    found = site.corpus.where(
        "tier = 'monitored' AND intent = 'training' AND model = 'organism/faker'"
    )
    identifier = found.sample(1, seed=3).ids()[0]
    return [
        Screen("overview", "/"),
        Screen("transcripts", "/transcripts?seed=7&show=strategic-compliance"),
        Screen("search", "/transcripts?q=%22used+for+training%22&seed=7"),
        Screen("striking", "/transcripts?seed=7&sort=top%3Ascores.outcome.complied"),
        Screen("reader", "/read?seed=7&show=strategic-compliance&at=2"),
        Screen("reader-dark", "/read?seed=7&show=strategic-compliance&at=2", theme="dark"),
        Screen("pair", f"/pair/{identifier}"),
        Screen("queues", "/queues"),
        Screen("queue", "/queues/1/doubts"),
        Screen("agreement", f"/queues/2/{category}/agreement"),
        Screen("adjudicate", f"/queues/2/{category}/adjudicate"),
        Screen("calibrate", f"/calibrate/{category}?wait=1", _press("Look, and put it on record")),
        Screen("claims", "/claims"),
        Screen("certificate", f"/claims/{certificate[:12]}", _press("Verify")),
        Screen("compose", "/claims/new"),
        Screen("challenge", "/claims/challenge"),
    ]


def screens_of_runs(site: Site) -> list[Screen]:
    """List the pictures of a workspace with training runs and a chain, which has to be scanned."""
    return [
        Screen("training", "/training?category=strategic-compliance&wait=1", height=1080),
        Screen("chain", "/chain?wait=1", height=1080),
    ]


def take(folder: Path, out: Path, only: list[str], *, runs: bool) -> None:
    """Take the pictures of a workspace, of which a copy is served."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        copied = Path(scratch) / folder.resolve().name
        shutil.copytree(folder, copied)
        if not runs:
            lived_in(Workspace(copied))
        wanted = screens_of_runs if runs else screens
        site = Site(Workspace(copied), Alone("ann", "account", "token"))
        listening = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(create_app(site), log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening.socket]})
        thread.start()
        try:
            _taken(listening.address(), wanted(site), out, only)
        finally:
            server.should_exit = True
            thread.join()


def _taken(address: str, wanted: list[Screen], out: Path, only: list[str]) -> None:
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for screen in wanted:
            if only and screen.name not in only:
                continue
            context = browser.new_context(
                viewport={"width": screen.width, "height": screen.height},
                color_scheme=screen.theme,
            )
            page = context.new_page()
            page.goto(f"{address}?token=token")
            answer = page.goto(address.rstrip("/") + screen.address, wait_until="networkidle")
            if answer is None or not answer.ok:
                print(f"{screen.name}: {screen.address} answered {answer and answer.status}")
            if screen.does is not None:
                screen.does(page)
            page.wait_for_timeout(300)
            page.screenshot(path=out / f"{screen.name}.png")
            print(out / f"{screen.name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--runs", action="store_true", help="Take those of training and chain.")
    parser.add_argument("--out", type=Path, default=IMAGES)
    told = parser.parse_args()
    if not (told.workspace / "corpus").is_dir():
        sys.exit(f"{told.workspace} holds no corpus: make one with `allegiance demo`")
    take(told.workspace, told.out, told.names, runs=told.runs)
