"""All pages: they lead to each other, are sound, fit, and can be used by everybody."""

import re
import shutil
from collections import deque
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest

from allegiance.corpus import Workspace
from tests.web import places
from tests.web.serving import HOST, client, serious, served

PAGES = (
    "/",
    "/transcripts?seed=1&show=doubts",
    "/transcripts?seed=1&q=training",
    "/read?seed=1&show=doubts&at=1",
    "/pair/{id}",
    "/queues",
    "/queues/1/doubts",
    "/queues/1/doubts/agreement",
    "/queues/1/doubts/adjudicate",
    "/calibrate/doubts",
    "/claims",
    "/claims/new",
    "/claims/challenge",
    "/training",
    "/chain",
)


@pytest.fixture(scope="module")
def lived_in(_original, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lived-in") / "study"
    shutil.copytree(_original.directory, folder)
    return places.lived_in(Workspace(folder))


@pytest.fixture
def addresses(lived_in):
    identifier = lived_in.corpus().ids()[0]
    return [page.format(id=identifier) for page in PAGES]


class _Elements(HTMLParser):
    """Every element of a page with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def test_every_page_is_sound_html_of_one_heading_without_inline_script_or_style(
    lived_in, addresses
):
    somebody = client(lived_in)
    titles = set()
    for address in addresses:
        answer = somebody.get(address)
        assert answer.status_code == 200, (address, answer.text[:2_000])
        page = _Elements(answer.text)
        assert len(page.all("h1")) == 1, address
        assert not page.all("style"), address
        for tag, attributes in page.found:
            assert not {name for name in attributes if name.startswith("on") or name == "style"}, (
                address,
                tag,
                attributes,
            )
        assert all("src" in one for one in page.all("script")), address
        identifiers = [one["id"] for _, one in page.found if one.get("id")]
        assert len(identifiers) == len(set(identifiers)), address
        titles.add(re.search("<title>(.*?)</title>", answer.text, re.S).group(1))
    assert len(titles) >= len(PAGES) - 2  # two lists, two readers of one kind


def test_every_form_that_changes_something_carries_the_key(lived_in, addresses):
    somebody = client(lived_in)
    for address in addresses:
        text = somebody.get(address).text
        for form in re.findall(r"<form\b.*?</form>", text, re.S):
            if re.search(r'method="post"', form[:400], re.I):
                assert somebody.person.form_key in form, (address, form[:300])


def test_every_link_of_every_page_leads_somewhere(lived_in, addresses):
    """From the pages on, two steps deep, each kind of address a few times."""
    somebody = client(lived_in)
    seen: set[str] = set()
    kinds: dict[str, int] = {}
    waiting = deque((address, 0) for address in addresses)
    while waiting:
        address, depth = waiting.popleft()
        split = urlsplit(address)
        kind = (
            re.sub(r"[0-9a-f]{8,}|\d+", "#", split.path) + "?" + re.sub(r"=[^&]*", "", split.query)
        )
        if address in seen or kinds.get(kind, 0) >= 3:
            continue
        seen.add(address)
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = somebody.get(address)
        assert answer.status_code == 200, (address, answer.status_code, answer.text[:1_500])
        if depth < 2 and "html" in answer.headers["content-type"]:
            for link in _Elements(answer.text).all("a"):
                there = urljoin(f"{HOST}{address}", link.get("href", ""))
                if there.startswith(HOST):
                    waiting.append((there.removeprefix(HOST).partition("#")[0] or "/", depth + 1))
    assert len(seen) > 2 * len(PAGES)


def test_every_page_fits_and_everybody_can_use_it(lived_in, addresses, page):
    """At 1,440 in the light and at 900 in the dark: nothing serious for axe, nothing beside the page."""
    problems = []
    with served(lived_in) as bench:
        page.goto(bench.entrance)
        for width, theme, rules in ((1440, "light", ()), (900, "dark", ("color-contrast",))):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=theme)
            for address in addresses:
                page.goto(bench.address.rstrip("/") + address)
                problems += [f"{width} {address}: {one}" for one in serious(page, *rules)]
                beside = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                if beside > 0:
                    problems.append(f"{width} {address}: {beside} pixels beside the page")
    assert not problems, "\n".join(problems)
