"""When a browser paints a transcript for the first time: Chromium, a new page each time."""

import os
import shutil
import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.web_studies.asking import Workbench

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PAINT = (
    "() => performance.getEntriesByType('paint').find((e) => e.name === 'first-contentful-paint')"
    "?.startTime ?? null"
)


def painted(bench: Workbench, paths: Sequence[str]) -> dict[str, Any] | str:
    """Milliseconds from asking for a page to its first paint; a sentence where that can't be told."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return "the paint, because Playwright is not installed"
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        return "the paint, because there is no Chromium"
    times: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.new_page().goto(bench.entrance)
        for path in paths:
            page = context.new_page()
            answer = page.goto(f"http://127.0.0.1:{bench.port}{path}")
            if answer is None or answer.status != 200:
                browser.close()
                return f"the paint, because {path.split('/')[1]} answers {answer and answer.status}"
            page.wait_for_timeout(150)
            when = page.evaluate(_PAINT)
            if when is not None:
                times.append(when)
            page.close()
        browser.close()
    return {"p50": statistics.median(times), "p95": max(times), "times": times}
