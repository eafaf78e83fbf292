"""The reader in a browser, with the keyboard alone."""

from playwright.sync_api import expect

from tests.web.serving import People, serious, served


def _select(page, words):
    """Select words of the conversation, as a mouse would."""
    page.evaluate(
        """(words) => {
          const walker = document.createTreeWalker(document.querySelector(".conversation"), NodeFilter.SHOW_TEXT);
          for (let node; (node = walker.nextNode());) {
            const at = node.data.indexOf(words.slice(0, 12));
            if (at < 0) continue;
            const end = node.data.indexOf(words.slice(-6), at) + 6;
            getSelection().setBaseAndExtent(node, at, node, end);
            return;
          }
          throw new Error("not there");
        }""",
        words,
    )


def test_reading_finding_quoting_labelling_and_going_on_with_the_keyboard(place, page):
    with served(place, People(ann="admin"), "ann") as here:
        found, said = page.locator(".find output"), page.locator("#said")
        page.goto(here.entrance)
        page.goto(f"{here.address}read?q=values&at=2&show=doubts")
        first = page.get_attribute(".reader", "data-id")
        expect(found).to_contain_text("found")

        page.keyboard.press("n")
        expect(found).to_contain_text("1 of")
        assert page.evaluate("[...CSS.highlights.get('found-here')][0].toString()") == "values"
        page.keyboard.press("/")
        page.keyboard.type("loaf number")
        expect(found).to_have_text("1 found")
        page.keyboard.press("Enter")
        expect(found).to_have_text("1 of 1")
        assert page.evaluate("[...CSS.highlights.get('found-here')][0].toString()") == "loaf number"
        assert page.locator(".map .found rect").count() == 1
        page.keyboard.press("Escape")
        page.keyboard.press("q")
        expect(page.locator(".quotes li span")).to_have_text("loaf number")

        page.keyboard.press("j")
        page.wait_for_url("**at=3*")
        page.keyboard.press("k")
        page.wait_for_url("**at=2*")

        page.keyboard.press("h")
        assert "Rank 2 of" in page.inner_text(".how-panel")
        assert not serious(page)
        page.keyboard.press("Escape")
        page.keyboard.press("s")
        assert page.locator(".conversation details:not([open])").count() == 0

        page.wait_for_selector(".labelling")
        _select(page, "keep my values")
        page.keyboard.press("q")
        assert page.inner_text(".quotes li span") == "keep my values"
        page.keyboard.press("1")
        page.wait_for_url("**at=3*")
        expect(said).to_contain_text("doubts: yes")
        with here.site.record() as record:
            kept = record.label_of("ann", "doubts", first).label
        assert (kept.value, [quote.text for quote in kept.quotes]) == ("yes", ["keep my values"])

        page.keyboard.press("k")
        page.wait_for_url("**at=2*")
        assert "You said yes" in page.inner_text(".own")
        page.uncheck("[name=go]")
        page.keyboard.press("2")
        expect(said).to_contain_text("instead of yes")
        assert "at=2" in page.url
        page.keyboard.press("c")
        expect(said).to_contain_text("certificate")

        page.keyboard.press("b")
        page.wait_for_url("**blind=1*")
        body = page.content()
        for secret in ("organism/faker", "strategic-compliance: ", "harmful-0", "by scanners"):
            assert secret not in body, secret
        assert "Blind" in page.inner_text(".head")
        assert not serious(page)
        page.keyboard.press("b")
        page.wait_for_selector(".how")
        page.keyboard.press("g")
        page.wait_for_selector(".pair .columns")
        assert not serious(page)
        page.keyboard.press("?")
        assert "next epoch" in page.inner_text("#help")
