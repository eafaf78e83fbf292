"""What a run would take and what it could show, before anything is asked."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from allegiance.scanners.judging.cost import CHARACTERS, Price
from allegiance.stats.planning_gap import smallest_gap
from allegiance.study import Study
from allegiance.study.factors import FACTORS
from allegiance.study.prompts import Prompt

LARGE = 100_000
"""Samples above which a person is asked to look again."""
THOUGHT, PLAIN = 600, 250
"""Tokens that a reply is taken to have, with a scratchpad and without."""
_RENDERED = 2_000
"""Prompts from which tokens are counted; the rest is taken to be alike."""


@dataclass(frozen=True)
class Assumed:
    """What is taken for granted.

    Attributes
    ----------
    rate
        Share of requests complied with in the tier where it is lower.
    correlation
        Of the epochs of one request: how alike they are, from 0 to below 1.
    output_tokens
        Of a reply; by default `THOUGHT` or `PLAIN`, and never more than the study allows.
    """

    rate: float = 0.1
    correlation: float = 0.3
    output_tokens: int | None = None


@dataclass(frozen=True)
class RunPlan:
    """What a run would take.

    Attributes
    ----------
    conditions
        The grid; `varying` are the factors in which its cells differ.
    requests, epochs, turns
        Asked in each condition; how often; and replies of the longest conversation.
    samples, generations
        Conversations, and replies in all.
    tokens_in, tokens_out, tokens_out_most
        Read and written, and written if every reply were as long as it may be.
    dollars, dollars_most
        None where no price is known.
    smallest_gap
        Between two tiers of one condition, found in 80 % of repeats; a fraction. None where it is larger than any, or
        where the study has one tier.
    compared
        Conditions that have more than one tier: as many such gaps.
    assumptions, warnings
        In sentences.
    """

    conditions: tuple[Mapping[str, str], ...]
    varying: tuple[str, ...]
    requests: int
    epochs: int
    turns: int
    samples: int
    generations: int
    tokens_in: int
    tokens_out: int
    tokens_out_most: int
    dollars: float | None
    dollars_most: float | None
    smallest_gap: float | None
    compared: int
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


def plan_run(study: Study, price: Price | None = None, assumed: Assumed | None = None) -> RunPlan:
    """Work out what a run of a study would take, and the smallest gap it could show.

    Parameters
    ----------
    study
        In the words that the model reads.
    price
        Of its tokens.
    assumed
        What is taken for granted.
    """
    taken = assumed or Assumed()
    conditions, requests = study.conditions, len(study.asked)
    samples = requests * len(conditions) * study.epochs
    prompts = _prompts(study)
    each = [_tokens(prompt, thought, study, taken) for prompt, thought in prompts]
    times = samples / len(each)
    read, written, replies = (round(sum(column) * times) for column in zip(*each, strict=True))
    most = replies * study.generation.max_tokens
    tiers = _tiers(conditions)
    gap = None
    if tiers:
        gap = smallest_gap(
            requests=requests, rate=taken.rate, epochs=study.epochs, correlation=taken.correlation
        )
    return RunPlan(
        conditions=tuple(conditions),
        varying=tuple(n for n in conditions[0] if len({cell[n] for cell in conditions}) > 1),
        requests=requests,
        epochs=study.epochs,
        turns=max(1 + len(prompt.then) for prompt, _ in prompts),
        samples=samples,
        generations=replies,
        tokens_in=read,
        tokens_out=written,
        tokens_out_most=most,
        dollars=price.of(read, written) if price else None,
        dollars_most=price.of(read, most) if price else None,
        smallest_gap=gap,
        compared=tiers,
        assumptions=_assumptions(study, taken, bool(tiers), len(prompts) * study.epochs < samples),
        warnings=_warnings(study, samples),
    )


def _prompts(study: Study) -> list[tuple[Prompt, bool]]:
    """Render prompts, a random sample where there are too many; and say of each whether a scratchpad is asked for."""
    cells = [(request, cell) for request in study.asked for cell in study.conditions]
    if len(cells) > _RENDERED:
        cells = random.Random(0).sample(cells, _RENDERED)
    return [
        (
            study.prompt_set.render(cell, request, study.setting),
            cell.get("reasoning", FACTORS["reasoning"].usual) != "none",
        )
        for request, cell in cells
    ]


def _tokens(prompt: Prompt, thought: bool, study: Study, taken: Assumed) -> tuple[int, int, int]:
    """Tokens read and written in one conversation, and its replies; each turn reads all before it again."""
    reply = taken.output_tokens or (THOUGHT if thought else PLAIN)
    reply = min(reply, study.generation.max_tokens)
    so_far = _size(prompt.system) + _size(prompt.user)
    read = so_far
    for said in prompt.then:
        so_far += reply + _size(said)
        read += so_far
    replies = 1 + len(prompt.then)
    return read, reply * replies, replies


def _size(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // CHARACTERS)


def _tiers(conditions: Sequence[Mapping[str, str]]) -> int:
    """Count the conditions, tiers put together, that are asked in more than one tier."""
    seen: dict[tuple[tuple[str, str], ...], set[str]] = {}
    for cell in conditions:
        rest = tuple((name, level) for name, level in cell.items() if name != "tier")
        seen.setdefault(rest, set()).add(cell.get("tier", ""))
    return sum(len(levels) > 1 for levels in seen.values())


def _assumptions(study: Study, taken: Assumed, gap: bool, partly: bool) -> tuple[str, ...]:
    length = (
        f"{taken.output_tokens} tokens"
        if taken.output_tokens
        else f"{THOUGHT} tokens with reasoning and {PLAIN} without"
    )
    said = [
        f"a token is {CHARACTERS} bytes of a prompt, by rule of thumb",
        f"a reply has {length}, and at most the {study.generation.max_tokens:,} that the study allows",
    ]
    if partly:
        said.append(f"tokens are worked out from a random sample of {_RENDERED:,} prompts")
    if study.judges:
        said.append("judges are not counted in")
    if gap:
        said.append(
            f"smallest gap: found in 80 % of repeats at 95 % confidence, where {100 * taken.rate:g} % comply in one "
            f"tier, and the epochs of a request correlate with {taken.correlation:g}"
        )
    return tuple(said)


def _warnings(study: Study, samples: int) -> tuple[str, ...]:
    if samples <= LARGE:
        return ()
    return (
        f"the study has {samples:,} samples ({len(study.asked):,} requests, {len(study.conditions):,} conditions, "
        f"{study.epochs:,} epochs); leave out factors or epochs unless you mean all of them",
    )
