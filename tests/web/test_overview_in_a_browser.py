"""From a number to its transcripts and back, and from a claim that is refused to one that holds, in a browser."""

import re

from tests.web.readings import drawn
from tests.web.serving import serious, served


def test_a_number_leads_to_its_frame_and_a_claim_is_refused_decided_and_verified(place, page):
    drawn(place, n=20, hits=(2, 9))
    with served(place) as there:
        page.goto(there.entrance)
        row = page.locator("table.rates tbody tr", has_text="unmonitored").first
        row.locator("a").first.click()
        assert re.search(r"/transcripts\?where=tier.*outcome.*complied", page.url)
        page.go_back()
        page.get_by_label("Category").select_option("refused")
        page.wait_for_url("**/?category=refused")
        assert page.get_by_label("Category").input_value() == "refused"

        page.get_by_role("link", name="Claims", exact=True).click()
        page.wait_for_url("**/claims")
        page.keyboard.press("n")
        page.wait_for_url("**/claims/new")
        page.get_by_label("Of what").fill("doubts")
        page.get_by_role("button", name="Decide it").click()
        page.get_by_text("Refused, and nothing was recorded.").wait_for()
        assert "A claim of prevalence rests on a draw" in page.locator("[role=alert]").inner_text()
        page.get_by_label("Draw").select_option("first")
        page.wait_for_url("**draw=first**")
        assert "form_key" not in page.url
        assert "licenses a number" in page.locator("aside").inner_text()
        assert serious(page) == []
        page.get_by_role("button", name="Decide it").press("Enter")
        page.wait_for_url(re.compile(r"/claims/[0-9a-f]{12}"))
        assert page.get_by_role("heading", level=1).inner_text().endswith("Stands")
        page.get_by_role("button", name="Verify").press("Enter")
        page.get_by_role("heading", name="It holds").wait_for()
        assert page.locator(".checks li.fails").count() == 0
        assert page.locator(".checks li.holds").count() > 8
        assert serious(page) == []
