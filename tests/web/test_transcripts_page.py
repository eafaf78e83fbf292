"""The list in a browser: by keyboard alone, from the first row to the last, at any length."""

import json
import re

from allegiance.audit.design import keyed
from tests.web.places import SIZE, conversation, made
from tests.web.serving import serious, served

MILLION = 1_000_000


def cursor(page) -> str:
    return page.locator("tr.here").first.get_attribute("data-id")


def shown_first(page) -> int:
    return int(page.locator("#shown").inner_text().split("–")[0].replace(",", ""))


def test_a_list_is_read_filtered_and_searched_by_keyboard_alone(tmp_path, page):
    more = [conversation(SIZE + number) for number in range(54)]
    place = made(tmp_path / "study", *more)
    order = [*keyed(place.corpus().ids(), "7")]
    with served(place) as here:
        page.goto(here.entrance)
        page.goto(f"{here.address}transcripts?seed=7")
        for key in ("j", "j", "k"):
            page.keyboard.press(key)
        assert cursor(page) == order[1]
        page.keyboard.press("G")
        page.wait_for_selector(f'tr[data-id="{order[-1]}"].here')
        assert page.locator("#shown").inner_text().endswith("–150")
        page.keyboard.press("g")
        page.wait_for_url("**/transcripts?seed=7")
        assert not serious(page)
        page.keyboard.press("?")
        told = page.locator("#help").inner_text()
        assert "next transcript" in told
        assert "search" in told
        page.keyboard.press("Escape")

        page.keyboard.press("f")
        page.keyboard.type("tie")
        page.wait_for_selector('.offers li:has-text("tier")')
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_selector('.offers li:has-text("unmonitored")')
        page.keyboard.type("mon")
        page.wait_for_selector('.offers li:first-child:has-text("monitored")')
        page.wait_for_timeout(300)
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_selector(".chip")
        assert re.sub(r"\s+", " ", page.locator(".chip span").inner_text()) == "tier is monitored"
        assert "75 transcripts in a random order (seed 7)" in page.locator(".order").inner_text()

        page.keyboard.press("/")
        page.keyboard.type("modify bread")
        page.keyboard.press("Enter")
        page.wait_for_selector(".problem, .empty, #rows mark")
        page.keyboard.press("/")
        page.keyboard.press("Control+A")
        page.keyboard.type("bread")
        page.keyboard.press("Enter")
        page.wait_for_selector("#rows mark")
        assert "tier" in page.url
        assert not serious(page)
        page.keyboard.press("j")
        chosen = cursor(page)
        page.wait_for_url("**at=2")
        page.reload()
        assert cursor(page) == chosen
        page.keyboard.press("Enter")
        page.wait_for_url("**/read?**at=2")
        with here.site.record() as record:
            assert {one.route.kind for one in record.sights} == {"search"}


def test_a_million_rows_are_scrolled_from_the_first_to_the_last(place, page):
    def document(route):
        answer = route.fetch()
        body = answer.text().replace(f'data-listed="{SIZE}"', f'data-listed="{MILLION}"')
        route.fulfill(response=answer, body=body)

    def rows(route):
        start = int(re.search(r"from=(\d+)", route.request.url).group(1))
        made_up = "".join(
            f'<tr data-at="{n}" data-id="{n:064x}"><th class="num place"><a href="/read?at={n}">{n}</a></th>'
            f"<td>{n}</td></tr>"
            for n in range(start, min(start + 100, MILLION + 1))
        )
        body = json.dumps({"html": made_up})
        route.fulfill(status=200, content_type="application/json", body=body)

    with served(place) as here:
        page.goto(here.entrance)
        page.route("**/transcripts?**", document)
        page.route("**/api/transcripts?**", rows)
        page.goto(f"{here.address}transcripts?seed=7")
        tall = page.locator("#list").evaluate("list => list.scrollHeight")
        assert tall < 17_000_000
        page.keyboard.press("G")
        page.wait_for_selector(f'tr[data-at="{MILLION}"].here')
        assert page.locator("#shown").inner_text().endswith("–1,000,000")
        page.keyboard.press("k")
        page.wait_for_selector(f'tr[data-at="{MILLION - 1}"].here')
        box = page.locator("tr.here").bounding_box()
        frame = page.locator("#list").bounding_box()
        assert frame["y"] < box["y"] < frame["y"] + frame["height"]

        page.locator("#list").evaluate("list => { list.scrollTop = list.scrollHeight / 2 }")
        page.wait_for_selector(f'tr[data-at="{MILLION // 2 + 25}"]')
        first = shown_first(page)
        assert abs(first - MILLION / 2) < 100
        page.mouse.move(frame["x"] + 50, frame["y"] + 200)
        page.mouse.wheel(
            0, 320
        )  # ten rows of 32 pixels, and not 27 as the bar's length would have it
        page.wait_for_timeout(400)
        assert abs(shown_first(page) - first - 10) <= 1
