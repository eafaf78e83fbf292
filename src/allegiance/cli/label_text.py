"""A transcript as a rater sees it: the part that is asked about first, marked words, a page at a time."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment, Segments
from rich.text import Text

from allegiance.cli.transcripts import WHO, visible

if TYPE_CHECKING:
    from allegiance.corpus import Transcript

_MARKED = "reverse"
_LEFT = 8
"""Lines of the screen that a page leaves to the heading and the question."""
_LEAST = 10


def part_of(transcript: "Transcript", unit: str) -> Text | None:
    """Give the part that a category is a property of; None where that is the whole, or is empty."""
    part = {"reasoning": transcript.reasoning, "output": transcript.output}.get(unit)
    if not part or not part.strip():
        return None
    title = {"reasoning": "reasoning of the last reply", "output": "output of the last reply"}[unit]
    return Text.assemble((f"{title}\n", "bold"), visible(part))


def whole_of(transcript: "Transcript") -> Text:
    """Give all of a transcript: its messages with their roles."""
    shown = Text()
    for message in transcript.messages:
        who = WHO[message.author]
        shown.append(f"{visible(message.role)}{f' · {who}' if who else ''}\n", style="bold")
        if message.reasoning:
            shown.append("reasoning\n", style="dim italic")
            shown.append(f"{visible(message.reasoning)}\n", style="italic")
        if message.text:
            shown.append(f"{visible(message.text)}\n")
        for call in message.tool_calls:
            shown.append(f"{visible(f'→ {call.function} {call.arguments}')}\n", style="dim")
        shown.append("\n")
    shown.rstrip()
    return shown


def mark(shown: Text, quotes: Iterable[str]) -> Text:
    """Mark words that were quoted, wherever they stand; white space may differ."""
    for quote in quotes:
        words = visible(quote).split()
        if words:
            shown.highlight_regex(re.compile(r"\s+".join(map(re.escape, words))), _MARKED)
    return shown


class Pages:
    """A text on the screen, a page at a time; all of it at once where lines are read.

    Parameters
    ----------
    out
        Where it is printed.
    shown
        The text.
    whole
        Whether all of it is printed at once.
    """

    def __init__(self, out: Console, shown: Text, *, whole: bool) -> None:
        self._out = out
        self._lines: Sequence[Sequence[Segment]] = out.render_lines(shown, pad=False)
        self._size = len(self._lines) if whole else max(_LEAST, out.size.height - _LEFT)
        self._seen = 0

    @property
    def left(self) -> int:
        """How many lines were not shown yet."""
        return len(self._lines) - self._seen

    def more(self) -> None:
        """Print the next page; of a text that was shown to its end, the first again."""
        if not self.left:
            self._seen = 0
        page = self._lines[self._seen : self._seen + self._size]
        first, self._seen = self._seen + 1, self._seen + len(page)
        line = Segment.line()
        self._out.print(Segments([part for row in page for part in (*row, line)]), end="")
        if self.left or first > 1:
            rest = f"; space for the other {self.left:,}" if self.left else ""
            said = f"— lines {first:,} to {self._seen:,} of {len(self._lines):,}{rest} —"
            self._out.print(Text(said, style="dim"))
