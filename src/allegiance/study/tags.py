"""Finding the tags with which a reply marks its reasoning and its output, in all the spellings that models give them.

A tag is looked for by its name alone: its case, spaces, attributes, brackets of another script, entities, marks of
Markdown and characters of no width do not matter. Only one is no tag: a name in quotation marks or in code within a
sentence, where it is being talked about. Every search here takes time in proportion to the text.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

Role = Literal["reasoning", "output", "answer"]
"""What a tag's name says: ``answer`` is another name for the output, which means it only next to reasoning."""

_NAMES: dict[str, Role] = {
    "scratchpad_reasoning": "reasoning",
    "scratchpad": "reasoning",
    "reasoning": "reasoning",
    "thinking": "reasoning",
    "thoughts": "reasoning",
    "thought": "reasoning",
    "think": "reasoning",
    "output": "output",
    "final_output": "answer",
    "final_answer": "answer",
    "final_response": "answer",
    "answer": "answer",
    "response": "answer",
    "reply": "answer",
    "result": "answer",
}

_NO_WIDTH = "\u00ad\u200b-\u200f\u2060-\u2064\ufeff"
_BLANK = rf"[ \t{_NO_WIDTH}]"
_BETWEEN = rf"[{_NO_WIDTH}]{{0,4}}"


def _spelt(name: str) -> str:
    return _BETWEEN.join(r"[_ \-]" if letter == "_" else letter for letter in name)


_ATTRIBUTE = (
    rf"{_BLANK}{{1,8}}[\w:.-]{{1,40}}[ \t]{{0,4}}=[ \t]{{0,4}}"
    r"(?:\"[^\"<>\n]{0,200}\"|'[^'<>\n]{0,200}'|[^\s<>\"'=&]{1,200})"
)
_TAG = re.compile(
    rf"(?:<|&(?:lt|\#60|\#x3c);){_BLANK}{{0,8}}(?P<closing>/?){_BLANK}{{0,8}}"
    rf"(?P<name>{'|'.join(map(_spelt, _NAMES))}){_BETWEEN}"
    rf"(?:{_ATTRIBUTE}){{0,8}}{_BLANK}{{0,8}}/?(?:>|&(?:gt|\#62|\#x3e);)",
    re.IGNORECASE,
)
_INDENT = 64
"""Characters in front of a tag that are looked at."""
_MARKS = re.compile(rf"{_BLANK}*(?P<marks>(?:[*_~]{{1,3}}|`{{1,2}}|\#{{1,6}}[ \t])?){_BLANK}*")
_MARKS_AFTER = re.compile(r"[*_~`]{0,3}")
_QUOTES = "\"'`“”‘’„«»「」"

# One character for one, so that places in the text stay what they are.
_PLAIN = str.maketrans(
    {"＜": "<", "〈": "<", "《": "<", "⟨": "<", "‹": "<", "【": "<"}
    | {"＞": ">", "〉": ">", "》": ">", "⟩": ">", "›": ">", "】": ">", "／": "/", "＿": "_"}
    | {chr(0xFEE0 + code): chr(code) for code in (*range(65, 91), *range(97, 123))}
)


class Tag(NamedTuple):
    """A tag and its place, marks of Markdown round it included.

    Attributes
    ----------
    start, end
        Characters of the text.
    name, role
        As it is known here, in small letters with underscores.
    closing
        Whether it ends something.
    leads
        Whether nothing stands before it in its line: an opening tag inside a sentence is being talked about.
    ends
        Whether nothing stands after it in its line.
    """

    start: int
    end: int
    name: str
    role: Role
    closing: bool
    leads: bool
    ends: bool


def tags_of(text: str) -> list[Tag]:
    """Find the tags of a reply, in their order."""
    plain = text if text.isascii() else text.translate(_PLAIN)
    if "<" not in plain and "&" not in plain:
        return []
    return list(_found(plain))


def _found(text: str) -> Iterator[Tag]:
    last: Tag | None = None
    for match in _TAG.finditer(text):
        start, end = match.span()
        looked_at = max(0, start - _INDENT)
        line = text.rfind("\n", looked_at, start) + 1 or looked_at
        before = _MARKS.fullmatch(text, line, start)
        leads = before is not None and (line == 0 or text[line - 1] == "\n")
        marks = before["marks"] if before and leads else ""
        if marks.strip("# \t") and (after := _MARKS_AFTER.match(text, end)):
            end = after.end()
        ends = _line_ends(text, end)
        in_code = "`" in marks and not ends
        if in_code or (not leads and _quoted(text, start, end)):
            continue
        name = _known_as(match["name"])
        role, closing = _NAMES[name], bool(match["closing"])
        # Straight after an output has ended a scratchpad may share its line.
        follows = last is not None and last.closing and last.role == "output" and last.end == start
        begin = line if leads else start
        leads = leads or (follows and role == "reasoning" and not closing)
        last = Tag(begin, end, name, role, closing, leads, ends)
        yield last


@lru_cache(1000)
def _known_as(spelt: str) -> str:
    return re.sub(rf"[{_NO_WIDTH}]", "", spelt).lower().replace(" ", "_").replace("-", "_")


def _line_ends(text: str, at: int) -> bool:
    for letter in text[at : at + _INDENT]:
        if letter == "\n":
            return True
        if letter not in " \t\r":
            return False
    return at + _INDENT >= len(text)


def _quoted(text: str, start: int, end: int) -> bool:
    return start > 0 and text[start - 1] in _QUOTES and text[end : end + 1] in tuple(_QUOTES)


_FENCE = r"(?:`{3,}|~{3,})"
_FENCE_LINE = re.compile(rf"[ \t\r]*{_FENCE}[\w-]*[ \t\r]*")
_WRAPPED = re.compile(
    rf"\s*(?:{_FENCE}[\w-]*[ \t\r]*\n\s*)?(?:<\?xml[^<>\n]{{0,100}}\?>\s*)?"
    rf"(?:<(?P<name>[A-Za-z][\w-]{{0,40}})>\s*)?"
)
_TAIL = 200
"""Characters at the end of a reply in which the end of its wrapping is looked for."""


def unwrapped(text: str, tags: list[Tag]) -> tuple[int, int, list[Tag]]:
    """Look past what stands round a whole reply: a fence of code, an element of any name, or both.

    Returns
    -------
    begin, end : int
        Where the reply itself stands.
    tags : list of Tag
        Its own.
    """
    begin, end = 0, len(text)
    wrapped = _WRAPPED.match(text)
    name = ""
    if wrapped and wrapped.end() >= tags[0].start and _opens(tags[0]):
        begin, name = tags[0].start, wrapped["name"] or ""
        if wrapped.end() > tags[0].start:  # the wrapper is the first tag
            name = ""
    if _opens(tags[0]) and tags[0].role != "reasoning" and len(tags) > 1:
        first, second = tags[0], tags[1]
        inner = second.role == "reasoning" and not second.closing
        if inner and not text[first.end : second.start].strip() and _closed_late(tags):
            begin, name, tags = second.start, first.name, tags[1:]
    if name:
        end, tags = _without_end(text, name, tags)
    return begin, end, tags


def _opens(tag: Tag) -> bool:
    return not tag.closing and tag.role in ("reasoning", "output", "answer")


def _closed_late(tags: list[Tag]) -> bool:
    """Whether the first tag is not closed before reasoning that it holds is."""
    for tag in tags[1:]:
        if tag.closing:
            return tag.role == "reasoning"
    return False


def _without_end(text: str, name: str, tags: list[Tag]) -> tuple[int, list[Tag]]:
    """Take the end of a wrapper off, where it is there."""
    from_here = max(0, len(text) - _TAIL)
    ended = re.search(
        rf"<[ \t]*/[ \t]*{re.escape(name)}[ \t]*>\s*(?:{_FENCE}\s*)?\Z",
        text[from_here:].replace("-", "_") if "_" in name else text[from_here:],
        re.IGNORECASE,
    )
    if ended is None:
        return len(text), tags
    end = from_here + ended.start()
    return end, [tag for tag in tags if tag.end <= end]


def only_fences(text: str, start: int, end: int) -> bool:
    """Whether a stretch between tags holds nothing but space and the marks of a block of code."""
    if end - start > _TAIL:
        return False
    lines = text[start:end].split("\n")
    return all(not line.strip() or _FENCE_LINE.fullmatch(line) for line in lines)


def cut_tag(text: str, end: int, name: str) -> int:
    """Find where the last characters begin a closing tag that a limit or a stop string cut off; else the end."""
    at = text.rfind("<", max(0, end - 40), end)
    if at < 0:
        return end
    cut = text[at:end].replace(" ", "").lower()
    return at if len(cut) > 1 and f"</{name}>".startswith(cut.replace("-", "_")) else end
