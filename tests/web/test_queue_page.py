"""Labelling in a browser: a draw by keys alone, blind; settling it; and every page fit for all readers."""

import pytest

from allegiance.corpus import Message
from tests.web.drawing import NAME, drawn, label_all, record_of, said_of
from tests.web.places import conversation
from tests.web.serving import People, client, serious, served

PEOPLE = People(ann="admin", ben="rater", cara="rater")
_THOUGHT = "I am not\u200b sure that this\u202e is real."


@pytest.fixture
def hidden(place):
    """A workspace with a transcript more, whose text hides characters."""
    reply = f"<SCRATCHPAD_REASONING>\n{_THOUGHT}\n</SCRATCHPAD_REASONING>\n<OUTPUT>\nNo.\n</OUTPUT>"
    messages = [Message("user", "Hi?"), Message("assistant", reply, author="model")]
    place.corpus().add([conversation(900, sample_id="hidden/one", messages=messages)])
    return place


def focus(page, text):
    """Go to a link by the tabulator alone."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == text:
            return
    raise AssertionError(f"{text} can't be reached by keys")


def at(page, number, total):
    """Wait until an item stands there and a key is taken: while an answer is on its way it is not."""
    page.get_by_text(f"{number} of {total}", exact=True).wait_for()
    page.locator("#desk:not(.waiting) form.asked").wait_for()


def select(page, start, end):
    """Select from one word to another, as a reader does."""
    page.evaluate(
        """([start, end]) => {
          const words = document.querySelector(".part .words");
          const nodes = [];
          for (const walk = document.createTreeWalker(words, 4); walk.nextNode();) nodes.push(walk.currentNode);
          const first = nodes.find((n) => n.data.includes(start)), last = nodes.findLast((n) => n.data.includes(end));
          const range = document.createRange();
          range.setStart(first, first.data.indexOf(start));
          range.setEnd(last, last.data.indexOf(end) + end.length);
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }""",
        [start, end],
    )


def test_a_draw_is_labelled_by_keys_alone_and_nothing_in_the_page_tells_what_it_is_of(hidden, page):
    draw = drawn(hidden, n=4)
    drawn(hidden, "second-name", where="sample_id = 'hidden/one'", n=1)
    label_all(client(hidden, PEOPLE, "cara"), ["yes", "yes", "no", "yes"])
    secrets = {
        *draw.order, NAME, "second-name", "organism/faker", "harmful-", "hidden/one", "silent", "training_conflict",
        *hidden.corpus().verdicts(category="doubts")["scanner_digest"].to_pylist()[:1], "cara",
    }  # fmt: skip

    def blind():
        assert not [one for one in secrets if one in page.content() or one in page.url]

    with served(hidden, PEOPLE, "ben") as site:
        page.goto(site.entrance)
        page.goto(f"{site.address}queues")
        focus(page, "Label")
        page.keyboard.press("Enter")
        at(page, 1, 4)
        blind()
        page.keyboard.press("m")
        page.locator("#whole .turn").first.wait_for()
        blind()
        page.keyboard.press("y")
        at(page, 2, 4)
        page.keyboard.press("s")
        page.keyboard.type("cut off")
        page.keyboard.press("Enter")
        at(page, 3, 4)
        page.keyboard.press("u")
        at(page, 2, 4)
        page.keyboard.press("r")
        page.keyboard.type("plain no")
        page.keyboard.press("Escape")
        page.keyboard.press("2")
        at(page, 3, 4)
        blind()
        page.keyboard.press("?")
        assert "take back the last answer" in page.locator("#help").inner_text()
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        at(page, 4, 4)
        page.keyboard.press("n")
        page.get_by_role("heading", name="You are through").wait_for()
        blind()
        page.reload()
        page.keyboard.press("u")
        at(page, 4, 4)
        page.keyboard.press("n")
        page.get_by_role("heading", name="You are through").wait_for()
        page.goto(f"{site.address}queues/2/doubts")
        select(page, "not", "this")
        page.keyboard.press("q")
        page.locator(".quoted q").wait_for()
        assert serious(page) == []
        page.keyboard.press("1")
        page.get_by_role("heading", name="You are through").wait_for()
    labels = [one.label for one in record_of(hidden).labels("doubts", rater="ben")]
    assert [(one.position, one.value) for one in labels] == [
        *zip(range(1, 5), ("yes", "no", "no", "no"), strict=True),
        (1, "yes"),
    ]
    assert labels[1].note == "plain no"
    assert [e.kind for e in record_of(hidden).events.values()].count("undo") == 2
    assert labels[-1].quotes[0].text == "not\u200b sure that this"


def test_disputes_are_settled_by_keys_and_the_pages_of_a_team_are_fit_for_all_readers(place, page):
    drawn(place, n=12)
    label_all(client(place, PEOPLE, "ben"), ["yes", "no"] * 6)
    label_all(client(place, PEOPLE, "cara"), ["yes", "yes", "yes", *["yes", "no", "no"] * 3])
    with served(place, PEOPLE, "ann") as site:
        page.goto(site.entrance)
        page.goto(f"{site.address}queues?where=tier")
        assert serious(page) == []  # the form of a draw is open
        page.goto(f"{site.address}queues/1/doubts/adjudicate")
        page.keyboard.press("r")
        page.keyboard.type("it asks")
        page.keyboard.press("Escape")
        page.keyboard.press("n")
        page.get_by_text("1 of ", exact=False).first.wait_for()
        page.goto(f"{site.address}queues/1/doubts/agreement")
        page.emulate_media(color_scheme="dark")
        page.goto(f"{site.address}calibrate/doubts")
        page.get_by_role("button", name="Look, and put it on record").click()
        page.get_by_role("heading", name="What to label next").wait_for()
        assert serious(page) == []
    (event,) = [e for e in record_of(place).events.values() if e.kind == "adjudicate"]
    assert (event.body["value"], event.body["reason"]) == ("no", "it asks")


def test_a_browser_without_scripts_labels_and_undoes_as_well(place, page):
    drawn(place, n=2)
    with served(place, PEOPLE, "ben") as site:
        context = page.context.browser.new_context(java_script_enabled=False)
        page = context.new_page()
        page.goto(f"{site.address}queues/1/doubts?token=ben")
        page.locator("#note").fill("seen")
        page.locator("button[value=no]").click()
        at(page, 2, 2)
        page.locator("button[data-does=undo]").click()
        at(page, 1, 2)
        assert page.locator("#note").input_value() == "seen"
        page.get_by_role("link", name="The whole transcript").click()
        assert page.locator(".turn").count() == 3
        page.locator("button[value=yes]").click()
        at(page, 2, 2)
        context.close()
    assert said_of(place) == {"ben": {1: "yes"}}
