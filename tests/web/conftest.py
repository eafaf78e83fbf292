"""A workspace that the tests of the workbench share, copies of it to change, and a browser."""

import os
import shutil

import pytest

from allegiance.corpus import Workspace
from tests.web import places
from tests.web.serving import client

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def pytest_collection_modifyitems(items):
    """Tests with a browser share one, in one process."""
    for item in items:
        if "page" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def _original(tmp_path_factory):
    return places.made(tmp_path_factory.mktemp("web") / "study")


@pytest.fixture
def place(_original, tmp_path) -> Workspace:
    """A workspace of the test's own: 96 transcripts of one study, scanned, without a ledger."""
    folder = tmp_path / "study"
    shutil.copytree(_original.directory, folder)
    return Workspace(folder)


@pytest.fixture
def ann(place):
    """Somebody alone at the workbench of `place`, without a browser."""
    return client(place)


@pytest.fixture(
    scope="module"
)  # its event loop runs as long as it lives, and others need one of their own
def _browser():
    from playwright.sync_api import sync_playwright

    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if program is None:
        pytest.skip("there is no Chromium: apt-get install chromium, or name it with CHROMIUM=...")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(_browser):
    """A page of a browser of 1,440 by 900, which must load nothing from elsewhere and report no error."""
    context = _browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on(
        "console",
        lambda said: problems.append(said.text) if "Content Security Policy" in said.text else None,
    )
    page.on(
        "request",
        lambda asked: (
            None
            if asked.url.startswith(("http://127.0.0.1", "data:", "blob:", "about:"))
            else problems.append(f"loads {asked.url}")
        ),
    )
    yield page
    context.close()
    assert not problems
