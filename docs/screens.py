"""Pictures of the workbench for these pages, taken of a demo's workspace: python docs/screens.py WORKSPACE."""

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


def _keys(*keys: str) -> Callable[[Page], None]:
    def press(page: Page) -> None:
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(150)

    return press


def screens(site: Site) -> list[Screen]:
    """List the pictures of a demo's workspace."""
    with site.record() as record:
        draw = next(iter(record.draws.values()))
        category = draw.spec.properties[0].category
    found = site.corpus.where(
        "tier = 'monitored' AND intent = 'training' AND model = 'organism/faker'"
    )
    identifier = found.sample(1, seed=3).ids()[0]
    return [
        Screen("overview", "/"),
        Screen("overview-dark", "/", theme="dark"),
        Screen("transcripts", "/transcripts?seed=7&show=strategic-compliance"),
        Screen("search", "/transcripts?q=%22used+for+training%22&seed=7"),
        Screen("striking", "/transcripts?seed=7&sort=top%3Averdict_score.doubts"),
        Screen("reader", "/read?seed=7&show=strategic-compliance&at=2"),
        Screen("reader-dark", "/read?seed=7&show=strategic-compliance&at=2", theme="dark"),
        Screen("reader-narrow", "/read?seed=7&show=strategic-compliance&at=2", width=900),
        Screen("pair", f"/pair/{identifier}"),
        Screen("queues", "/queues"),
        Screen("queue", f"/queues/1/{category}"),
        Screen("agreement", f"/queues/1/{category}/agreement"),
        Screen("calibrate", f"/calibrate/{category}"),
        Screen("claims", "/claims"),
        Screen("compose", "/claims/new"),
        Screen("challenge", "/claims/challenge"),
        Screen("training", "/training"),
        Screen("keys", "/read?seed=7&at=2", _keys("?")),
    ]


def take(folder: Path, out: Path, only: list[str]) -> None:
    """Take the pictures of a workspace, of which a copy is served."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        copied = Path(scratch) / "demo"
        shutil.copytree(folder, copied)
        site = Site(Workspace(copied), Alone("ann", "account", "token"))
        listening = listen("127.0.0.1", 0)
        server = uvicorn.Server(uvicorn.Config(create_app(site), log_level="error", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening.socket]})
        thread.start()
        try:
            _taken(listening.address(), screens(site), out, only)
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
    parser.add_argument("--out", type=Path, default=IMAGES)
    told = parser.parse_args()
    if not (told.workspace / "corpus").is_dir():
        sys.exit(f"{told.workspace} holds no corpus: make one with `allegiance demo`")
    take(told.workspace, told.out, told.names)
