"""Splitting a reply into reasoning and output.

Models are asked for a scratchpad and then an output, and answer in many shapes: tags left open, tags in other
spellings, a tag quoted inside the reasoning, native reasoning beside the text, no tags at all. The parser never
guesses what a model did; it only says which part of the text is reasoning, which is output, and how it knew.
"""

import hashlib
import inspect
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Literal, NamedTuple

from allegiance.study import tags as tags_module
from allegiance.study.tags import Tag, cut_tag, only_fences, tags_of, unwrapped

Form = Literal["tagged", "untagged-output", "native", "reasoning-only", "plain", "empty"]

_WORD = re.compile(r"\S")
# Most replies are as they were asked for; this reads those only in which nothing else can be a tag, as `_Reading` does.
_USUAL = re.compile(
    r"\s*<(scratchpad_reasoning|scratchpad|thinking|think)>(?P<reasoning>[^<&＜〈《⟨‹【`~]*)</\1>"
    r"\s*<output>(?P<output>[^<&＜〈《⟨‹【`~]*)</output>\s*",
    re.IGNORECASE,
)


_Place = tuple[int, int]
"""Where a part starts and ends, in characters."""


class Stretch(NamedTuple):
    """A part of a reply's text: what it is, and where it starts and ends (characters)."""

    kind: Literal["reasoning", "output"]
    start: int
    end: int


@dataclass(frozen=True)
class Reply:
    """A reply taken apart.

    Attributes
    ----------
    reasoning
        What the model wrote for itself; empty where it showed none.
    output
        What it said to the user; empty where there is none.
    form
        How the parts were told apart: ``tagged`` (an output tag was there), ``untagged-output`` (text after the
        reasoning, without a tag of its own), ``native`` (reasoning came beside the text), ``reasoning-only``
        (reasoning and no output), ``plain`` (no reasoning shown), ``empty``.
    """

    reasoning: str
    output: str
    form: Form

    @property
    def parsed(self) -> bool:
        """Whether there is an output to read."""
        return bool(self.output)


def parse_reply(text: str, *, native_reasoning: str = "") -> Reply:
    """Split the text of a reply into reasoning and output.

    Parameters
    ----------
    text
        The reply as the model gave it.
    native_reasoning
        Reasoning that the provider returned apart from the text.

    Returns
    -------
    Reply
        Never raises: a reply that can't be taken apart has an empty output.
    """
    reasoning, rest, tagged = _split(text)
    thoughts = "\n\n".join(part for part in (native_reasoning.strip(), reasoning) if part)
    if not rest:
        return Reply(thoughts, "", "reasoning-only" if thoughts else "empty")
    if tagged:
        return Reply(thoughts, rest, "tagged")
    if reasoning:
        return Reply(thoughts, rest, "untagged-output")
    return Reply(thoughts, rest, "native" if thoughts else "plain")


def stretches(text: str) -> list[Stretch]:
    """Say where in the text of a reply its reasoning and its output stand, in their order.

    What lies between them is tags and white space. The reasoning of `parse_reply` is the stretches of
    reasoning with an empty line between them, and so is the output.
    """
    thought, said, _ = _places(text)
    found = [Stretch("reasoning", *place) for place in thought]
    found += [Stretch("output", *place) for place in said]
    return sorted((one for one in found if one.start < one.end), key=lambda one: one.start)


def reply_after(begun: str, text: str, *, native_reasoning: str = "") -> Reply:
    """Split a reply whose first words were put into the model's mouth.

    Parameters
    ----------
    begun
        What was put there; empty for nothing. It belongs to the reply only where it ends before any output starts:
        then the text goes on inside a scratchpad that it did not open. What was put there as output is not the
        model's, and stays out.
    text, native_reasoning
        What the model went on with, as `parse_reply` takes it.

    Returns
    -------
    Reply
        As `parse_reply` gives it.
    """
    inside = bool(begun.strip()) and not parse_reply(begun).parsed
    return parse_reply(begun + text if inside else text, native_reasoning=native_reasoning)


@cache
def parser_digest() -> str:
    """SHA-256 over the program that takes replies apart, in hexadecimal: it names the parser that read a run."""
    modules = (sys.modules[__name__], tags_module)
    return hashlib.sha256("\0".join(map(inspect.getsource, modules)).encode()).hexdigest()


def _split(text: str) -> tuple[str, str, bool]:
    """Give the reasoning, the output, and whether a tag marked the output."""
    if usual := _USUAL.fullmatch(text):
        return usual["reasoning"].strip(), usual["output"].strip(), True
    thought, said, tagged = _places(text)
    return _joined(text, thought), _joined(text, said), tagged


def _places(text: str) -> tuple[list[_Place], list[_Place], bool]:
    """Give the places of the reasoning and of the output, and whether a tag marked the output."""
    if usual := _USUAL.fullmatch(text):
        return [_gist(text, *usual.span("reasoning"))], [_gist(text, *usual.span("output"))], True
    tags = tags_of(text)
    if not tags:
        return [], [_gist(text, 0, len(text))], False
    begin, end, tags = unwrapped(text, tags)
    return _Reading(text, begin, end, tags).split()


class _Reading:
    """One reply with its tags, read from left to right."""

    def __init__(self, text: str, begin: int, end: int, tags: Sequence[Tag]) -> None:
        self.text, self.begin, self.end, self.tags = text, begin, end, tags
        self.reasoning: list[_Place] = []
        self.output: list[_Place] = []

    def split(self) -> tuple[list[_Place], list[_Place], bool]:
        opened = next((tag for tag in self.tags if self._starts_reasoning(tag)), None)
        closed = self._first_close(opened)
        if opened and closed and opened.start > closed.start:
            opened = None
        tagged = self._by_place(opened, closed)
        return self.reasoning, self.output, tagged

    def _by_place(self, opened: Tag | None, closed: Tag | None) -> bool:
        """Take apart by what stands first; say whether a tag marked the output."""
        marked = self._output_first(opened)
        if marked:
            self._reason(self.begin, marked.start)
            self._speak(marked)
            return True
        if closed:
            return self._closed(opened, closed)
        after = opened.end if opened else self.begin
        names = ("output", "answer") if opened else ("output",)
        marked = self._next(after, names) or self._whole_answer(opened)
        if marked:
            self._reason(self.begin, marked.start, opened)
            self._speak(marked)
            return True
        if opened:
            self._reason(self.begin, cut_tag(self.text, self.end, opened.name), opened)
        else:
            self.output.append(_gist(self.text, self.begin, self.end))
        return False

    def _closed(self, opened: Tag | None, closed: Tag) -> bool:
        """Split where the reasoning has an end.

        A closing tag that is only talked about is followed by the real one before any output starts, so the last one
        before the first output counts.
        """
        marked = self._next(closed.end, ("output",))
        closed = self._last_close(closed, marked)
        self._reason(self.begin, closed.start, opened)
        following = next((tag for tag in self.tags if tag.start >= closed.end), None)
        if following and not following.closing and following.role != "reasoning":
            between = closed.end, following.start
            if self._follows(*between) or only_fences(self.text, *between):
                self._speak(following)
                return True
        if marked:
            self._apart(closed.end, marked.start)
            self._speak(marked)
            return True
        self._apart(closed.end, self.end)
        return False

    def _last_close(self, closed: Tag, marked: Tag | None) -> Tag:
        """Find the last end of the reasoning: before the output's tag, or where scratchpads follow each other."""
        within = False
        for tag in self.tags:
            if tag.role != "reasoning" or tag.start < closed.end:
                continue
            if marked and tag.start > marked.start:
                break
            near = within or self._follows(closed.end, tag.start)
            if tag.closing and (marked or near):
                closed, within = tag, False
            elif not tag.closing:
                within = near
        return closed

    def _starts_reasoning(self, tag: Tag) -> bool:
        return tag.role == "reasoning" and tag.leads and not tag.closing

    def _first_close(self, opened: Tag | None) -> Tag | None:
        """Find the end of the reasoning: of the same name, if there is one; talked about in mid-line, a later one."""
        ends = [tag for tag in self.tags if tag.closing and tag.role == "reasoning"]
        if not ends:
            return None
        first = ends[0]
        if opened and opened.start < first.start:
            same = [tag for tag in ends if tag.name == opened.name]
            first = same[0] if same else first
            again = next((t for t in self.tags if t.start > first.end and not t.closing), None)
            alone = next((tag for tag in same if tag.start > first.end and tag.leads), None)
            talked = (
                not first.leads
                and not first.ends
                and not (again and self._follows(first.end, again.start))
            )
            if alone and talked and (again is None or alone.start < again.start):
                return alone
        return first

    def _follows(self, end: int, start: int) -> bool:
        """Whether nothing stands between two places."""
        return _WORD.search(self.text, end, start) is None

    def _output_first(self, opened: Tag | None) -> Tag | None:
        """Find an output that was given, and closed or put first, before the reasoning began."""
        marked = self._next(self.begin, ("output",))
        if marked is None or opened is None or marked.start > opened.start:
            return None
        between = [tag for tag in self.tags if marked.end <= tag.start < opened.start]
        closed = any(tag.closing and tag.role == "output" for tag in between)
        thought = any(tag.closing and tag.role == "reasoning" for tag in between)
        first = not self.text[self.begin : marked.start].strip()
        return marked if (closed or first) and not thought else None

    def _next(self, start: int, roles: tuple[str, ...]) -> Tag | None:
        """Find the next opening tag that leads its line."""
        return next(
            (
                tag
                for tag in self.tags
                if tag.start >= start and tag.role in roles and tag.leads and not tag.closing
            ),
            None,
        )

    def _whole_answer(self, opened: Tag | None) -> Tag | None:
        """Find a tag that holds all that there is, with another name for the output."""
        first, last = self.tags[0], self.tags[-1]
        if opened or first.role != "answer" or first.closing:
            return None
        around = self.text[self.begin : first.start] + self.text[last.end : self.end]
        whole = last.closing and last.name == first.name and not around.strip()
        return first if whole else None

    def _reason(self, start: int, end: int, opened: Tag | None = None) -> None:
        """Take a stretch for reasoning, but for what stands between two scratchpads in it."""
        if opened:
            self._think(start, opened.start)
            start = opened.end
        within = [
            t for t in self.tags if start <= t.start and t.end <= end and t.role == "reasoning"
        ]
        at = start
        for tag, after in pairwise([*within, None]):
            if tag is None or tag.start < at:
                continue
            if not tag.closing:
                if at == start and self._follows(at, tag.start):
                    at = start = tag.end  # one scratchpad opened within another
            elif after is None:
                if self._follows(tag.end, end):  # closed twice
                    self._think(at, tag.start)
                    at = end
            elif not after.closing and (after.leads or self._follows(tag.end, after.start)):
                self._think(at, tag.start)
                self._say(tag.end, after.start)
                at = start = after.end
        self._think(at, end)

    def _speak(self, marked: Tag) -> None:
        """Take what follows an output's tag for output, and scratchpads after its end for reasoning."""
        closing = self._end_of(marked)
        late = None if closing else self._next_reasoning(marked.end)
        if late and marked.start <= self._first_reasoning():
            self._say(marked.end, late.start)
            self._apart(late.start, self.end)
        elif closing is None:
            self._say(marked.end, cut_tag(self.text, self.end, marked.name))
        else:
            self._say(marked.end, closing.start)
            self._apart(closing.end, self.end, marked)

    def _end_of(self, marked: Tag) -> Tag | None:
        """Find the closing tag of an output: one that ends its line, or that another tag follows."""
        for tag, after in pairwise([*self.tags, None]):
            if tag is None or not tag.closing or tag.start < marked.end or tag.role != marked.role:
                continue
            if marked.role == "answer":
                if tag.name == marked.name:
                    return tag
            elif tag.ends or (after and self._follows(tag.end, after.start)):
                return tag
        return None

    def _first_reasoning(self) -> int:
        return min((t.start for t in self.tags if t.role == "reasoning"), default=self.end)

    def _next_reasoning(self, start: int) -> Tag | None:
        return next((t for t in self.tags if t.start >= start and self._starts_reasoning(t)), None)

    def _apart(self, start: int, end: int, marked: Tag | None = None) -> None:
        """Take a stretch outside the scratchpad for output, but for scratchpads in it and tags of the output."""
        opened: Tag | None = None
        at = start
        for tag in self.tags:
            if tag.start < at or tag.end > end:
                continue
            if opened is None:
                begins = tag.leads or self._follows(at, tag.start)
                if tag.role == "reasoning" and not tag.closing and begins:
                    self._say(at, tag.start)
                    opened, at = tag, tag.end
                elif self._drops(tag, at, marked):
                    self._say(at, tag.start)
                    at = tag.end
            elif tag.role == "reasoning" and tag.closing:
                self._think(at, tag.start)
                opened, at = None, tag.end
        if opened:
            self._think(at, end)
        else:
            self._say(at, end)

    def _drops(self, tag: Tag, at: int, marked: Tag | None) -> bool:
        """Whether a tag outside the scratchpad only marks the output."""
        if tag.role != "output":
            return False
        if tag.closing:
            return tag.ends
        return marked is not None and self._follows(at, tag.start)

    def _think(self, start: int, end: int) -> None:
        if not only_fences(self.text, start, end):
            self.reasoning.append(_gist(self.text, start, end))

    def _say(self, start: int, end: int) -> None:
        if not only_fences(self.text, start, end):
            self.output.append(_gist(self.text, start, end))


def _gist(text: str, start: int, end: int) -> _Place:
    """Leave out the white space at both ends of a stretch."""
    part = text[start:end].lstrip()
    return end - len(part), end - len(part) + len(part.rstrip())


def _joined(text: str, places: Sequence[_Place]) -> str:
    return "\n\n".join(text[start:end] for start, end in places if start < end)
