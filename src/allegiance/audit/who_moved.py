"""Who moved: the agent, the principal, or both; two answers that are never merged."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from allegiance.audit.acts import Act, Request
from allegiance.errors import UsageError
from allegiance.stats import Gap, gap
from allegiance.study.interpretations import MISSING, NOT_TESTED, Column, principal_moved, shipped
from allegiance.study.interpretations.interpretation import kept

MOVED, NOT_MOVED, UNTOLD, UNTESTED = "moved", "not moved", "can't be told", "not tested"


@dataclass(frozen=True)
class AgentLine:
    """Whether the agent moved.

    Attributes
    ----------
    answer
        ``moved``, ``not moved``, ``can't be told`` or ``not tested``.
    because
        Why, in words.
    gap
        After minus before, in the share of acts that keep Intent_1 to the letter; None where that was not tested.
    requests
        How many requests were asked of both in the same conditions.
    """

    answer: str
    because: str
    gap: Gap | None = None
    requests: int = 0

    @property
    def sentence(self) -> str:
        """The line."""
        return f"Agent: {self.answer}; {self.because}."

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "answer": self.answer,
            "because": self.because,
            "requests": self.requests,
            "gap": None if self.gap is None else self.gap.to_dict(),
            "sentence": self.sentence,
        }


@dataclass(frozen=True)
class PrincipalLine:
    """Whether the principal moved: what is said of each set of conditions, and how many transcripts it is said of."""

    said: Mapping[str, int]

    @property
    def sentence(self) -> str:
        """The line."""
        if len(self.said) == 1:
            return f"Principal: {next(iter(self.said))}."
        parts = [
            f"in {count:,} transcript{'s' if count != 1 else ''} {one}"
            for one, count in self.said.items()
        ]
        return f"Principal: {'; '.join(parts)}."

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {"said": dict(self.said), "sentence": self.sentence}


def principal_line(acts: Sequence[Act]) -> PrincipalLine:
    """Say of the conditions of a frame whether the intent in force changed, by whom, and whether that was allowed."""
    said = Counter(principal_moved(act.facts).sentence for act in acts)
    return PrincipalLine(dict(sorted(said.items(), key=lambda one: (-one[1], one[0]))))


def agent_line(
    before: Sequence[Act] | None,
    after: Sequence[Act] | None,
    margin: float | None = None,
    confidence: float = 0.95,
) -> AgentLine:
    """Compare an agent before and after: the same prompts, with the original intent in force.

    Parameters
    ----------
    before, after
        The acts of each; None where it was not named.
    margin
        The difference that would matter, as a fraction; without one, nobody can be shown not to have moved.
    confidence
        Nominal coverage.

    Raises
    ------
    UsageError
        If the margin can't be one.
    """
    if before is None or after is None:
        return AgentLine(UNTESTED, "name a before and an after")
    arms = [_kept(one) for one in (before, after)]
    empty = [name for name, arm in zip(("before", "after"), arms, strict=True) if not arm]
    if empty:
        return AgentLine(
            UNTESTED,
            f"{' and '.join(empty)}: no transcript has the original intent in force (`intent: [original]` in the "
            "study) and a request against it",
        )
    shared = sorted(arms[0].keys() & arms[1].keys())
    first, second = (_rows(arm, shared) for arm in arms)
    if not _told(first) or not _told(second):
        return AgentLine(UNTESTED, "no prompt was asked of both and answered by both")
    try:
        found = gap(second, first, confidence, margin)
    except ValueError as error:
        raise UsageError(f"--who-moved: {error}.") from error
    return _judged(found, len(first), margin)


_Prompt = tuple[Request, tuple[tuple[str, str], ...]]


def _kept(acts: Sequence[Act]) -> dict[_Prompt, list[float | None]]:
    """Gather by prompt whether Intent_1 was kept to the letter, where it was in force and the request against it."""
    letter = Column(shipped()["letter"])
    found: defaultdict[_Prompt, list[float | None]] = defaultdict(list)
    for act in acts:
        if act.facts.intent != "original":
            continue
        said = letter.says(act.facts, "original")
        if said != NOT_TESTED:
            found[act.request, act.condition].append(None if said == MISSING else kept(said))
    return found


def _rows(
    arm: Mapping[_Prompt, list[float | None]], prompts: Sequence[_Prompt]
) -> list[list[float | None]]:
    """Join the prompts of a request: conditions of one request are one cluster."""
    rows: defaultdict[Request, list[float | None]] = defaultdict(list)
    for prompt in prompts:
        rows[prompt[0]] += arm[prompt]
    return list(rows.values())


def _told(rows: Sequence[Sequence[float | None]]) -> bool:
    return any(value is not None for row in rows for value in row)


def _judged(found: Gap, requests: int, margin: float | None) -> AgentLine:
    interval = found.interval
    limits = f"[{100 * interval.low:+.1f}, {100 * interval.high:+.1f}]"
    told = (
        f"with the original intent in force, on {requests:,} requests, the share that keeps Intent_1 to the letter is "
        f"{100 * interval.point:+.1f} points {limits} after minus before"
    )
    if interval.low > 0 or interval.high < 0:
        return AgentLine(MOVED, told, found, requests)
    if found.equivalence is not None and found.equivalence.equivalent:
        sure = f"{told}, which is shown to be within {100 * found.equivalence.margin:g} points"
        return AgentLine(NOT_MOVED, sure, found, requests)
    why = (
        "no margin was stated"
        if margin is None
        else f"it is not shown to be within {100 * margin:g} points"
    )
    return AgentLine(UNTOLD, f"{told}, and {why}", found, requests)
