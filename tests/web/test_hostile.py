"""Transcripts that attack their reader: nothing of them runs, loads, links or hides, and the pages stay usable."""

import json

from playwright.sync_api import expect

from allegiance.audit import Ledger, asked_for, give_label, make_draw, quotes_of
from allegiance.corpus import Message, Verdict
from allegiance.corpus.schema import ToolCall
from tests.web.places import conversation
from tests.web.serving import served

_MARKUP = (
    "<script>window.__ran = 1</script><ScRiPt src=//evil.example/x.js></sCrIpT>",
    "<img src=x onerror=window.__ran=2><svg onload=window.__ran=3><animate onbegin=window.__ran=4></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg></svg>#x'/></svg>",
    "<iframe srcdoc='<script>parent.__ran=5</script>'></iframe><object data=javascript:window.__ran=6></object>",
    "<a href=javascript:window.__ran=7 id=main>go</a><form action=//evil.example><input autofocus onfocus=window.__ran=8>",
    "[a link](javascript:window.__ran=9) ![an image](https://evil.example/x.png) <https://evil.example>",
    "data:text/html,<script>window.__ran=10</script> <!-- a comment --> <![CDATA[ x ]]> <?php x ?>",
    "{{ 7 * 7 }} {% include 'wrong.html.j2' %} ${window.__ran = 11} #{1} <%= 1 %>",
    "</div></article></main></details><style>* { display: none }</style><base href=//evil.example/>",
    "<template><script>window.__ran=12</script></template><math><mi//xlink:href='data:x,<script>'>",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07 \x00 \x07",
    "turned \u202egnp.exe\u2066 and \u200bzero\u2060 width\ufeff \u00ad \U000e0041 \u2028 end",
    "\"'><script>window.__ran=13</script> ' onmouseover='window.__ran=14' x='",
)
_WHOLE = "\n".join(_MARKUP)
_NAME = "\"><img src=x onerror=window.__ran=20>\u202e'"
_TAGS = {
    "DIV",
    "SPAN",
    "MARK",
    "B",
    "SECTION",
    "H3",
    "A",
    "CODE",
    "P",
    "DETAILS",
    "SUMMARY",
    "ARTICLE",
}


def _hostile():
    reply = (
        f"<SCRATCHPAD_REASONING>\n{_WHOLE}\n</SCRATCHPAD_REASONING>\n<OUTPUT>\n{_WHOLE}\n</OUTPUT>"
    )
    calls = (ToolCall("1", _NAME, json.dumps({_NAME: _WHOLE})),)
    extra = json.dumps(
        {"function": _NAME, "content": [{"type": _NAME, "image": f"data:{_NAME},x"}]}
    )
    for number, tier in enumerate((_NAME, "unmonitored")):
        yield conversation(
            7_000 + number,
            source_uri=_NAME,
            study=_NAME,
            task=_NAME,
            model=_NAME,
            sample_id=_NAME,
            request_id=_NAME,
            stop_reason=_NAME,
            limited_by=_NAME,
            error=_WHOLE,
            condition={"tier": tier, "clause": _NAME},
            scores={_NAME: {"value": _WHOLE}},
            metadata={_NAME: _WHOLE},
            messages=[
                Message("system", _WHOLE + tier),
                Message(_NAME, _WHOLE),
                Message("user", _WHOLE, extra=extra),
                Message("assistant", reply, reasoning=_WHOLE, tool_calls=calls, author="model"),
                Message("tool", _WHOLE, extra=extra),
            ],
        )


def _verdicts(identifier, reasoning):
    spans = [
        {
            "start": 0,
            "end": len(_MARKUP[0]),
            "text": reasoning[: len(_MARKUP[0])],
            "part": "reasoning",
        }
    ]
    spans.append({"start": 0, "end": 1, "text": _NAME + _WHOLE, "part": "output"})
    for category in ("outcome", "doubts", _NAME):
        yield Verdict(
            category=category,
            scanner=_NAME,
            scanner_digest="a" * 64,
            transcript_id=identifier,
            value=_NAME,
            score=0.5,
            spans=json.dumps(spans),
            detail=json.dumps({"reason": _WHOLE}),
        )


def _harmless(page):
    """See that nothing ran, that nothing of the text became an element, and that the page is there."""
    assert page.evaluate("window.__ran") is None
    assert page.locator("main").is_visible()
    for selector in (
        "img",
        "iframe",
        "object",
        "embed",
        "base",
        "style",
        "math",
        "template",
        "audio",
        "video",
    ):
        assert page.locator(selector).count() == 0, selector
    for address in page.evaluate(
        "[...document.querySelectorAll('a, form, area')].map(e => e.href ?? e.action)"
    ):
        assert isinstance(address, dict) or address.startswith("http://127.0.0.1"), address
    handlers = page.evaluate(
        "[...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames().filter(n => n.startsWith('on')))"
    )
    assert not handlers
    for source in page.evaluate("[...document.scripts].map(s => s.src)"):
        assert "/static/" in source


def test_nothing_in_a_transcript_runs_loads_links_or_hides(place, page):
    pair = [*_hostile()]
    line = conversation(
        7_100,
        messages=[
            Message("user", ("<b>" + "y" * 97) * 100_000),
            Message("assistant", "done", author="model"),
        ],
    )
    lines = conversation(
        7_101,
        messages=[
            Message("user", ("<i>a line</i>\n" * 99 + "\u202ea line\n") * 3_700 + "the very end")
        ],
    )
    place.corpus().add([*pair, line, lines])
    place.corpus().put_verdicts(
        [v for one in pair for v in _verdicts(one.transcript_id, one.reasoning)]
    )
    one = pair[0].transcript_id
    ledger = Ledger.open(place.ledger_file)
    make_draw(
        place.corpus(),
        ledger,
        "first",
        where=f"transcript_id = '{one}'",
        n=1,
        seed=1,
        properties=[asked_for("doubts")],
    )
    give_label(
        ledger,
        pair[0],
        asked_for("doubts"),
        "yes",
        "ben",
        quotes=quotes_of([_MARKUP[0]], "whole"),
        note=_WHOLE,
    )
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    with served(place) as here:
        page.goto(here.entrance)
        for address in (
            "transcripts?seed=1",
            "transcripts?q=window&show=doubts",
            "read?q=__ran&at=1&show=doubts",
            "read?seed=1&at=1&where=model+LIKE+%27%25img%25%27",
            f"t/{one}?show=outcome",
            f"t/{one}?blind=1&show=doubts",
            f"t/{one}/why/doubts",
            f"pair/{one}",
            f"pair/{one}?factor={_NAME}",
            "read?seed=1&at=1&where=%3Cscript%3Ewindow.__ran%3D30%3C%2Fscript%3E",
            "",
            "queues",
            "queues/1",
            "queues/1/doubts",
            "claims",
            "calibrate",
        ):
            page.goto(here.address + address)
            _harmless(page)
        page.goto(f"{here.address}t/{one}?show=doubts")
        page.keyboard.press("s")
        told = page.locator(".conversation")
        assert set(told.evaluate("e => [...e.querySelectorAll('*')].map(x => x.tagName)")) <= _TAGS
        for number in ("U+202E", "U+200B", "U+001B", "U+E0041", "U+2028", "U+0000"):
            assert told.locator(".hidden-character", has_text=number).first.is_visible(), number
        assert not page.locator("h3, summary, .facts, .side").filter(has_text="\u202e").count()
        page.click(".note-field summary")
        page.fill("[name=note]", _WHOLE)
        page.locator(".values button").first.click()
        expect(page.locator("#said")).to_contain_text("Kept")
        page.reload()
        _harmless(page)
        for found, sought in ((line, "done"), (lines, "the very end")):
            page.goto(f"{here.address}t/{found.transcript_id}")
            page.keyboard.press("/")
            page.keyboard.type(sought)
            page.keyboard.press("Enter")
            expect(page.locator(".find output")).to_have_text("1 of 1", timeout=10_000)
            page.wait_for_selector(f".piece:has-text('{sought}')")
            assert page.evaluate("[...CSS.highlights.get('found-here')][0].toString()") == sought
            _harmless(page)
    assert not dialogs
