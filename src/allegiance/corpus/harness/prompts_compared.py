"""What two harnesses give the model to read: system text, turns put in front, the message round a request, tags."""

import re
from collections.abc import Callable, Iterator

from allegiance.corpus.harness.found import Difference, Kind, quoted
from allegiance.corpus.harness.kept import Asked, Harness
from allegiance.corpus.harness.pairing import Paired, normal
from allegiance.corpus.harness.wording import Hunk, shared_hunks

_READS: Kind = "what the model reads"
_TAG = re.compile(r"<[ \t]{0,4}/?[ \t]{0,4}([A-Za-z][\w-]{0,40})[ \t]{0,4}/?>")
_SHOWN = 6
"""Differences of one text that are shown, the commonest first."""


def prompts_compared(first: Harness, second: Harness, found: Paired) -> Iterator[Difference]:
    """Compare what the model is given to read."""
    yield from _tags(first, second)
    if not found.pairs:
        # Of two request sets with nothing in common the system texts can still be told apart, in their order.
        texts = [
            list(dict.fromkeys(o.system for o in h.asked if o.system)) for h in (first, second)
        ]
        both = tuple(
            (Asked("", "", system=a), Asked("", "", system=b)) for a, b in zip(*texts, strict=False)
        )
        yield from _wording("system prompt", Paired(both, (), ()), lambda one: one.system or "")
        return
    yield from _system(found)
    yield from _wording("system prompt", found, lambda one: one.system or "", both=True)
    yield from _shots(found)
    yield from _wording("user message", found, lambda one: one.user)
    yield from _later(found)


def _system(found: Paired) -> Iterator[Difference]:
    for at, name in ((0, "only A has one"), (1, "only B has one")):
        count = sum(
            pair[at].system is not None and pair[1 - at].system is None for pair in found.pairs
        )
        if count:
            values = ["there", "none"] if at == 0 else ["none", "there"]
            yield Difference(
                _READS, "system prompt", values[0], values[1], f"{name}, {_of(count, found)}"
            )


def _shots(found: Paired) -> Iterator[Difference]:
    counts = [(len(a.shots), len(b.shots)) for a, b in found.pairs]
    differing = [pair for pair in counts if pair[0] != pair[1]]
    if differing:
        a, b = differing[0]
        yield Difference(
            _READS,
            "turns put in front (few-shot)",
            f"{a} messages",
            f"{b} messages",
            _of(len(differing), found),
        )
        return
    yield from _wording("turns put in front", found, lambda one: "\n".join(t for _, t in one.shots))


def _later(found: Paired) -> Iterator[Difference]:
    counts = [(len(a.later), len(b.later)) for a, b in found.pairs]
    differing = [pair for pair in counts if pair[0] != pair[1]]
    if differing:
        a, b = differing[0]
        where = _of(len(differing), found)
        yield Difference(_READS, "later turns of the user", f"{a} turns", f"{b} turns", where)
        return
    yield from _wording("later turns", found, lambda one: "\n".join(one.later))


def _wording(
    what: str, found: Paired, text: Callable[[Asked], str], *, both: bool = False
) -> Iterator[Difference]:
    pairs = [(text(a), text(b)) for a, b in found.pairs if not both or (text(a) and text(b))]
    differing = [pair for pair in pairs if pair[0] != pair[1]]
    if not differing:
        return
    requests = {normal(a.request or "") for a, _ in found.pairs} - {""}
    shared = shared_hunks(differing)
    for hunk, count in shared[:_SHOWN]:
        where = ", ".join(part for part in (hunk.how, _of(count, found)) if part)
        name = f"{what}{_place(what, hunk, requests)}"
        yield Difference(_READS, name, _in_context(hunk, 0), _in_context(hunk, 1), where)
    if len(shared) > _SHOWN:
        rest = len(shared) - _SHOWN
        yield Difference(
            _READS, what, "", "", f"{rest:,} more stretches differ in {_of(len(differing), found)}"
        )


def _place(what: str, hunk: Hunk, requests: set[str]) -> str:
    """Say where in a user message it stands, seen from the request."""
    if what != "user message":
        return ""
    if normal(hunk.first) in requests:
        return ", the request itself"
    return {"begins": ", at its beginning", "ends": ", at its end"}.get(hunk.place, "")


def _in_context(hunk: Hunk, which: int) -> str:
    inside = (hunk.first, hunk.second)[which]
    return f"{quoted(hunk.before, tail=True)}⟦{quoted(inside)}⟧{quoted(hunk.after, head=True)}"


def _of(count: int, found: Paired) -> str:
    return f"in {count:,} of {len(found.pairs):,} prompts"


def tags_named(harness: Harness) -> dict[str, int]:
    """Count the prompts that name a tag, letter for letter."""
    counts: dict[str, int] = {}
    for text in (one.prompt for one in harness.asked):
        for name in {match[1] for match in _TAG.finditer(text)}:
            counts[name] = counts.get(name, 0) + 1
    return counts


def _tags(first: Harness, second: Harness) -> Iterator[Difference]:
    """Compare the tags that prompts name; one in another case is the same tag in another case."""
    a, b = tags_named(first), tags_named(second)
    only_a, only_b = [n for n in a if n not in b], [n for n in b if n not in a]
    for name in only_a[:_SHOWN]:
        other = next((n for n in only_b if n.casefold() == name.casefold()), None)
        where = f"in {a[name]:,} of {len(first.asked):,} prompts of A"
        if other:
            only_b.remove(other)
            yield Difference(_READS, "tag", f"<{name}>", f"<{other}>", f"in case only, {where}")
        else:
            yield Difference(_READS, "tag", f"<{name}>", "none such", where)
    for name in only_b[:_SHOWN]:
        where = f"in {b[name]:,} of {len(second.asked):,} prompts of B"
        yield Difference(_READS, "tag", "none such", f"<{name}>", where)
