"""Which prompt of one harness is which of another."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from allegiance.corpus.harness.kept import Asked, Harness

_CONTAINED = 400
"""Prompts up to which requests are looked for in messages one by one."""
_LEAST = 8
"""Characters of a request that can be looked for."""


@dataclass(frozen=True)
class Paired:
    """Prompts of two harnesses.

    Attributes
    ----------
    pairs
        Those that ask the same.
    first_only, second_only
        The others.
    """

    pairs: tuple[tuple[Asked, Asked], ...]
    first_only: tuple[Asked, ...]
    second_only: tuple[Asked, ...]


def paired(first: Harness, second: Harness) -> Paired:
    """Pair prompts by the words of their request and condition; else by id; else by a request within a message."""
    found = _by(first, second, _words)
    for key in (_alone, _request, _id):
        tried = _by(first, second, key)
        # Words tell better than ids: these may be mere numbers, which two harnesses give to what has nothing in common.
        alike = key is _alone or sum(_alike(*pair) for pair in tried.pairs) * 2 > len(tried.pairs)
        if alike and len(tried.pairs) > len(found.pairs):
            found = tried
    if not found.pairs:
        found = _within(first, second)
    return found


def normal(text: str) -> str:
    """Write a text so that case and spaces do not matter."""
    return " ".join(text.casefold().split())


def _condition(one: Asked) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(one.condition.items()))


def _words(one: Asked) -> Hashable:
    return normal(one.request or one.user), _condition(one)


def _request(one: Asked) -> Hashable:
    return one.request_id, _condition(one)


def _id(one: Asked) -> Hashable:
    return one.id


def _alone(one: Asked) -> Hashable:
    return normal(one.request or one.user)


def _alike(one: Asked, other: Asked) -> bool:
    """Whether two messages share a third of their words."""
    a, b = set(normal(one.user).split()), set(normal(other.user).split())
    return 3 * len(a & b) >= len(a | b)


def _by(first: Harness, second: Harness, key: Callable[[Asked], Hashable]) -> Paired:
    rest: dict[Hashable, list[Asked]] = {}
    for other in reversed(second.asked):
        rest.setdefault(key(other), []).append(other)
    pairs: list[tuple[Asked, Asked]] = []
    alone: list[Asked] = []
    for one in first.asked:
        if others := rest.get(key(one)):
            pairs.append((one, others.pop()))
        else:
            alone.append(one)
    matched = {id(other) for _, other in pairs}
    return Paired(
        tuple(pairs), tuple(alone), tuple(o for o in second.asked if id(o) not in matched)
    )


def _within(first: Harness, second: Harness) -> Paired:
    """Look for the request of either one in the messages of the other."""
    rest = list(second.asked)
    pairs: list[tuple[Asked, Asked]] = []
    alone: list[Asked] = []
    small = max(len(first.asked), len(rest)) <= _CONTAINED
    for one in first.asked:
        other = next((other for other in rest if _holds(one, other)), None) if small else None
        if other is None:
            alone.append(one)
        else:
            rest.remove(other)
            pairs.append((one, other))
    return Paired(tuple(pairs), tuple(alone), tuple(rest))


def _holds(one: Asked, other: Asked) -> bool:
    a, b = _alone_text(one), _alone_text(other)
    return min(len(a), len(b)) >= _LEAST and (a in normal(other.user) or b in normal(one.user))


def _alone_text(one: Asked) -> str:
    return normal(one.request or one.user)
