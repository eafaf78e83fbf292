"""Labelling at a terminal: one transcript at a time, a key an answer, and on to the next."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from allegiance.cli.keyboard import Keyboard
from allegiance.cli.label_text import Pages, mark, part_of, whole_of
from allegiance.cli.transcripts import visible
from allegiance.errors import AllegianceError

if TYPE_CHECKING:
    from allegiance.audit import Item, Labelling
    from allegiance.audit.asking import Asked
    from allegiance.corpus import Transcript
    from allegiance.scanners.codebook import Category

COMMANDS = {
    "s": "skip: it can't be told",
    "u": "undo: take back the last answer",
    "w": "words that show it, to go with the next answer",
    "r": "remark, to go with the next answer",
    "m": "more: the whole transcript, or the part that is asked about",
    "space": "the next page of a long text, or the first again",
    "d": "definition, with its clauses and examples",
    "?": "these keys",
    "q": "quit; the same command goes on here",
}


@dataclass
class _Draft:
    """What goes with the next answer."""

    quotes: list[str] = field(default_factory=list[str])
    note: str = ""


class Screen:
    """A rater at a terminal.

    Parameters
    ----------
    out, keyboard
        Where it is shown and what is typed.
    desk
        What the rater has to do.
    category
        The category with its examples; None where the codebook has none of this definition.
    """

    def __init__(
        self, out: Console, keyboard: Keyboard, desk: "Labelling", category: "Category | None"
    ) -> None:
        self._out = out
        self._keyboard = keyboard
        self._desk = desk
        self._category = category
        self._keys = keys_of(desk.wanted.values)
        self._draft = _Draft()

    def run(self) -> bool:
        """Show and ask until the rater stops (false) or is through (true)."""
        item = self._desk.next()
        if item is not None:
            self._define(item)
        try:
            while item is not None:
                if not self._ask(item):
                    return self._stopped(item)
                self._desk.look()
                item = self._desk.next()
        except KeyboardInterrupt:
            self._out.print()
            return self._stopped(item)
        return True

    def _stopped(self, item: "Item | None") -> bool:
        done = 0 if item is None else item.number - 1
        told = "" if item is None else f" after {done:,} of {item.total:,}"
        self._out.print(f"Stopped{told}; `allegiance label` goes on here.")
        return False

    def _ask(self, item: "Item") -> bool:
        """Show a transcript and ask until an answer is kept or one taken back; false to stop."""
        transcript = self._desk.show(item)
        heading = f"{self._desk.draw.name}: {item.number:,} of {item.total:,}"
        self._out.print(Rule(Text(visible(heading)), align="left", characters="─"))
        part = part_of(transcript, self._desk.wanted.unit)
        if part is None and self._desk.wanted.unit != "whole":
            self._say(f"The last reply has no {self._desk.wanted.unit}; this is the whole.")
        whole = part is None
        pages = self._pages(transcript, whole)
        fresh = True
        while True:
            key = self._keyboard.key(self._question(item), fresh=fresh)
            fresh = False
            if key is None or key == "q":
                return False
            if key == "m":
                whole = part is None or not whole
                pages = self._pages(transcript, whole)
            elif key in (" ", "space"):
                pages.more()
            elif self._answered(item, key):
                return True

    def _answered(self, item: "Item", key: str) -> bool:
        """Do what a key says; whether the transcript is done with."""
        try:
            if key == "s":
                return self._skip(item)
            if key == "u":
                return self._undo()
            if key == "w":
                self._quote(item)
            elif key == "r":
                self._draft.note = self._keyboard.line("Remark: ") or ""
            elif key == "d":
                self._define(item)
            elif key in self._keys or key in self._keys.values():
                value = self._keys.get(key) or key
                self._desk.answer(item, value, self._draft.quotes, self._draft.note)
                self._draft = _Draft()
                return True
            else:
                self._help()
        except AllegianceError as error:
            self._say(str(error), style="bold")
        return False

    def _skip(self, item: "Item") -> bool:
        reason = self._keyboard.line("Why can't it be told? (Enter for no reason) ")
        if reason is None:
            return False
        self._desk.answer(item, "skip", (), reason.strip() or self._draft.note)
        self._draft = _Draft()
        return True

    def _undo(self) -> bool:
        from allegiance.audit import Undone

        taken = self._desk.take_back()
        if isinstance(taken, Undone):
            label = taken.label
            was = "skipped" if label is None else label.value
            self._draft = (
                _Draft()
                if label is None
                else _Draft([quote.text for quote in label.quotes], label.note)
            )
        else:
            was = "skipped" if taken.value == "skip" else taken.value
            self._draft = _Draft(list(taken.quotes), "" if taken.value == "skip" else taken.note)
        self._say(f"Taken back: {was}.")
        return True

    def _quote(self, item: "Item") -> None:
        words = self._keyboard.line("Words that show it: ") or ""
        if words.strip():
            self._desk.check_quote(item, words)
            self._draft.quotes.append(words)
            self._say(f"Marked; {len(self._draft.quotes)} to go with the answer.")

    def _pages(self, transcript: "Transcript", whole: bool) -> Pages:
        part = part_of(transcript, self._desk.wanted.unit)
        shown = whole_of(transcript) if whole or part is None else part
        marked = mark(shown, self._draft.quotes)
        pages = Pages(self._out, marked, whole=not self._keyboard.single)
        pages.more()
        self._out.print()
        return pages

    def _question(self, item: "Item") -> str:
        values = ", ".join(
            value if key == value else f"{key} {value}" for key, value in self._keys.items()
        )
        draft = [f"{len(self._draft.quotes)} marked"] if self._draft.quotes else []
        draft += ["a remark"] if self._draft.note else []
        with_it = f" ({', '.join(draft)})" if draft else ""
        return f"{visible(self._asked(item).name)}? {visible(values)}; s skip, u undo, ? keys, q quit{with_it} "

    def _help(self) -> None:
        rows = {**self._keys, **COMMANDS}
        wide = max(map(len, rows))
        for key, what in rows.items():
            self._out.print(Text(f"  {visible(key):<{wide}}  {visible(what)}"))

    def _define(self, item: "Item") -> None:
        """Say what counts: in one side's words where that was settled, else the definition."""
        for line, style in definition_lines(self._asked(item)):
            self._out.print(Text(visible(line), style=style))
        self._out.print()

    def _asked(self, item: "Item") -> "Asked":
        from allegiance.audit.asking import asked

        return asked(self._desk.wanted, self._category, self._desk.side(item))

    def _say(self, text: str, style: str = "dim") -> None:
        self._out.print(Text(visible(text), style=style))


def definition_lines(told: "Asked") -> list[tuple[str, str]]:
    """Give the lines of a definition, each with its style."""
    if told.side:
        lines = [(told.name, "bold"), (told.clauses[0], "italic"), (told.analogy, "")]
    else:
        from allegiance.audit.asking import PARTS

        several = len(told.clauses) > 1
        lines = [(f"{told.name}, told by the {PARTS[told.unit]}", "bold")]
        lines += [
            (f"{number}. {clause}" if several else clause, "italic")
            for number, clause in enumerate(told.clauses, 1)
        ]
        lines += [(f"  {counts}: “{text}”", "dim") for counts, text in told.examples]
    return [*lines, (told.caution, "bold")] if told.caution else lines


def keys_of(values: tuple[str, ...]) -> dict[str, str]:
    """Give each value a key that means nothing else on this screen."""
    from allegiance.audit.asking import keys_of

    return keys_of(values, {key for key in COMMANDS if len(key) == 1})
