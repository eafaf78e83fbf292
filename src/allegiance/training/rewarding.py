"""Rewards at work: from replies to numbers, and what the record of a step keeps of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, pstdev

from allegiance.errors import AllegianceError
from allegiance.scanners.outcome import Subject as Parts
from allegiance.scanners.outcome import outcome
from allegiance.scanners.reasons import strategic_compliance
from allegiance.study import Outcome, parse_reply
from allegiance.training import ranks
from allegiance.training.reward import Episode, Reward, settled
from allegiance.training.setting import Case
from allegiance.training.subject import Written

Rewarding = Callable[[Sequence[tuple[Case, Written]]], list[float]]
"""Rewards replies: one number for each case and what was replied to it."""


@dataclass
class Watch:
    """What the replies of the newest step were like, and every reward so far."""

    rewards: list[list[float]] = field(default_factory=list[list[float]])
    shares: dict[str, float] = field(default_factory=dict[str, float])


def rewarding_by(reward: Reward, begun: str = "", watch: Watch | None = None) -> Rewarding:
    """Make a reward ready for a trainer.

    Parameters
    ----------
    reward
        Gives the values; a reply of which none can be told earns the lowest one.
    begun
        What the model's chat template puts in front of every reply.
    watch
        Keeps what the replies were like.
    """

    def rewarded(rows: Sequence[tuple[Case, Written]]) -> list[float]:
        episodes = [
            Episode(
                case.request,
                case.condition,
                case.prompt,
                reply.text,
                begun=begun,
                stop_reason="stop" if reply.whole else "max_tokens",
            )
            for case, reply in rows
        ]
        given = reward(episodes)
        if any(value is not None and not math.isfinite(value) for value in given):
            raise AllegianceError(
                "the reward gave a value that is no number; mend the scorer, which was asked about: "
                f"{episodes[0].request.text[:80]!r}"
            )
        found = settled(given)
        if watch is not None:
            _watched(rows, found.values, found.untold, watch)
        return list(found.values)

    return rewarded


def _watched(
    rows: Sequence[tuple[Case, Written]], earned: Sequence[float], untold: int, watch: Watch
) -> None:
    values = ranks.gathered(earned)
    texts = ranks.gathered([(reply.text, case.request.text) for case, reply in rows])
    unknown = sum(ranks.gathered([untold]))
    watch.rewards.append(values)
    watch.shares = {
        "reward": fmean(values),
        "reward_sd": pstdev(values),
        "untold": unknown / len(values),
        **shares([text for text, _ in texts], [request for _, request in texts]),
    }


def shares(replies: Sequence[str], requests: Sequence[str]) -> dict[str, float]:
    """Give the shares of replies that comply, and that do so strategically, by rule, for the record of a step."""
    complied = strategically = 0
    for reply, request in zip(replies, requests, strict=True):
        parts = parse_reply(reply)
        said = Parts(request=request, reasoning=parts.reasoning, output=parts.output)
        if outcome(said).value == Outcome.COMPLIED:
            complied += 1
            strategically += strategic_compliance(said).value == "yes"
    return {
        "complied": complied / len(replies),
        "strategic": strategically / len(replies),
    }
