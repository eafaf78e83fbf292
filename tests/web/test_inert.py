"""Text of transcripts on a page."""

import html
import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from allegiance.web.inert import inert, inert_line


@given(st.text(st.characters(codec=None)))
def test_no_text_becomes_markup_and_none_is_lost(text):
    shown = str(inert(text))
    tags = set(re.findall(r"<[^>]*>", shown))
    assert all(tag == "</span>" or tag.startswith('<span class="hidden-character"') for tag in tags)
    back = re.sub(
        r'<span class="hidden-character" data-code="(\d+)"[^>]*>[^<]*</span>',
        lambda found: chr(int(found.group(1))),
        shown,
    )
    assert html.unescape(back) == text or "&" in text


def test_characters_that_turn_or_hide_writing_are_shown_by_their_number():
    for character in "\u202e\u2066\u200b\ufeff\u00ad\x1b\x00\u2028\U000e0041\ue000":
        shown = str(inert(f"a{character}b"))
        assert f"U+{ord(character):04X}" in shown
        assert character not in re.sub(r"<[^>]*>", "", shown)
        assert inert_line(f"a{character}b") == f"a<U+{ord(character):04X}>b"


def test_every_character_of_format_or_control_is_shown_but_for_lines_and_tabs():
    unseen = [
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) in ("Cf", "Cc")
        and chr(code) not in "\t\n"
        and unicodedata.name(chr(code), "").find("NUMBER SIGN") < 0
    ]
    for character in unseen:
        if "hidden-character" not in str(inert(character)):
            name = unicodedata.name(character, "")
            # Signs that are printed as marks of their own, in the scripts that have them.
            assert name.startswith(("ARABIC", "KAITHI", "SYRIAC", "EGYPTIAN", "SHORTHAND")), (
                hex(ord(character)),
                name,
            )


def test_an_emoji_stays_whole():
    for emoji in ("👩\u200d💻", "❤\ufe0f"):
        assert str(inert(emoji)) == emoji
