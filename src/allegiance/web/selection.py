"""A selection: which transcripts a page lists and in which order, as its address says.

The address is the permalink: the same one gives the same transcripts in the same order. Without a
sort the order is that of a seed, and the seed stands in the address.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from allegiance.errors import UsageError

Mode = Literal["words", "regex", "literal"]
Within = Literal["all", "reasoning", "output"]
Kind = Literal["search", "list", "top"]

_LONGEST = 10_000
_MOST_SHOWN = 12
TOP = "top:"


@dataclass(frozen=True)
class Selection:
    """What an address says of a list of transcripts.

    Attributes
    ----------
    where
        A filter, as it would be typed; empty for all.
    query, mode, within
        What is searched for, in which way and where; empty for nothing.
    sort
        Empty for the order of the seed (of a search: of its ranking); a column such as ``epoch``, with
        ``-`` before it for the greatest first; ``top:`` and a score for the most striking first.
    seed
        Of the random order, in decimal; empty where there is none yet.
    scanners
        ``CATEGORY=SCANNER`` where several gave verdicts in a category.
    shown
        Categories whose verdicts stand beside the transcripts.
    """

    where: str = ""
    query: str = ""
    mode: Mode = "words"
    within: Within = "all"
    sort: str = ""
    seed: str = ""
    scanners: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()

    @classmethod
    def of(cls, address: QueryParams) -> "Selection":
        """Read a selection from an address.

        Raises
        ------
        UsageError
            If it says what can't be.
        """
        mode, within = address.get("mode", "words"), address.get("in", "all")
        if mode not in get_args(Mode):
            raise UsageError(f"mode={mode[:40]}: a search is for {', '.join(get_args(Mode))}.")
        if within not in get_args(Within):
            raise UsageError(f"in={within[:40]}: a search is in {', '.join(get_args(Within))}.")
        seed = address.get("seed", "").strip()
        if seed and not (seed.removeprefix("-").isdecimal() and len(seed) <= 40):
            raise UsageError(f"seed={seed[:40]}: a seed is a whole number.")
        found = cls(
            where=address.get("where", "").strip(),
            query=address.get("q", ""),
            mode=cast(Mode, mode),
            within=cast(Within, within),
            sort=address.get("sort", "").strip(),
            seed=str(int(seed)) if seed else "",
            scanners=_each(address.getlist("scanner")),
            shown=_each(address.getlist("show"))[:_MOST_SHOWN],
        )
        for name, text in (("where", found.where), ("q", found.query), ("sort", found.sort)):
            if len(text) > _LONGEST:
                raise UsageError(f"{name} is longer than {_LONGEST:,} characters; shorten it.")
        return found

    @property
    def kind(self) -> Kind:
        """By which route what is opened from it comes before a reader."""
        if self.sort.startswith(TOP):
            return "top"
        return "search" if self.query.strip() else "list"

    @property
    def random(self) -> bool:
        """Whether it is in the order of a seed."""
        return not self.sort and not self.query.strip()

    def with_seed(self, seed: int) -> "Selection":
        """Give the same in the order of a seed."""
        return replace(self, seed=str(seed))

    def address(self, **beside: str | int | Iterable[str]) -> str:
        """Write the selection as the part of an address after ``?``; `beside` is put behind it.

        What differs from a plain list of all alone is written.
        """
        told: list[tuple[str, str]] = [
            (name, value)
            for name, value, usual in (
                ("where", self.where, ""),
                ("q", self.query, ""),
                ("mode", self.mode, "words"),
                ("in", self.within, "all"),
                ("sort", self.sort, ""),
                ("seed", self.seed, ""),
            )
            if value != usual
        ]
        told += [("scanner", one) for one in self.scanners]
        told += [("show", one) for one in self.shown]
        for name, value in beside.items():
            values = [str(value)] if isinstance(value, (str, int)) else list(value)
            told += [(name, one) for one in values]
        return urlencode(told)


def _each(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
