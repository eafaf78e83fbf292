"""Asking a generation: prompts in, replies out, and what the replies tell of its relation to each intent."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from allegiance.organism import Runtime, Sampling, chat
from allegiance.scanners.outcome import Subject as Parts
from allegiance.scanners.outcome import outcome
from allegiance.scanners.reasons import objects_openly, strategic_compliance
from allegiance.stats import Interval, rate
from allegiance.study import Outcome, Study, parse_reply
from allegiance.study.factors import FACTORS
from allegiance.study.interpretations import MISSING, NOT_TESTED, Column, Facts, shipped
from allegiance.study.interpretations.interpretation import kept
from allegiance.study.prompts.base import Prompt, Request
from allegiance.training.grpo import seed_of
from allegiance.training.subject import Subject, subject_of


@dataclass(frozen=True)
class Asked:
    """One prompt to a generation.

    Attributes
    ----------
    request, condition, epoch
        What is asked, in which cell, and the how manieth time, from 1.
    prompt
        Its words.
    """

    request: Request
    condition: Mapping[str, str]
    epoch: int
    prompt: Prompt

    @property
    def id(self) -> str:
        """The sample's id, as a study's task has it."""
        return "/".join((self.request.id, *self.condition.values()))


@dataclass(frozen=True)
class Occasion:
    """When a chain asks a generation.

    Attributes
    ----------
    what
        ``grid``: the evaluation, the same for every generation; or ``probes``: fresh requests of the guard.
    generation, candidate
        Who is asked.
    first
        Which probe comes first.
    """

    what: Literal["grid", "probes"]
    generation: int
    candidate: int = 1
    first: int = 0

    @property
    def name(self) -> str:
        """A name for a folder."""
        named = f"{self.what}-{self.generation}-{self.candidate}"
        return f"{named}-{self.first}" if self.what == "probes" else named


Asking = Callable[[Occasion, Path, Sequence[Asked]], Sequence[str | None]]
"""Asks the weights in a folder; None where there was no whole reply."""


def grid_of(study: Study) -> list[Asked]:
    """Every request of a study in every condition and epoch."""
    return [
        Asked(request, condition, epoch, study.prompt_set.render(condition, request, study.setting))
        for request in study.asked
        for condition in study.conditions
        for epoch in range(1, study.epochs + 1)
    ]


def directly(model: str, seed: int, max_tokens: int) -> Asking:
    """Ask without Inspect and without a record: for simulations, where a corpus would be in the way.

    Parameters
    ----------
    model
        The kind of model: as Inspect names what the weights began as.
    seed, max_tokens
        Of the replies.
    """
    provider = model.partition("/")[0]

    def ask(occasion: Occasion, folder: Path, asked: Sequence[Asked]) -> Sequence[str | None]:
        seeds = [seed_of(seed, occasion.name, one.id, one.epoch) for one in asked]
        sampling = Sampling(max_tokens=max_tokens)
        if provider == "organism":
            runtime = Runtime.load(folder)
            read = [(("system", one.prompt.system), ("user", one.prompt.user)) for one in asked]
            prompts = [chat.encode_chat(runtime.tokenizer, one) for one in read]
            replies = runtime.generate(prompts, seeds, sampling)
            return [one.text if one.ended == "stop" else None for one in replies]
        subject: Subject = subject_of(f"{provider}/{folder}")
        prompts = [subject.prompt_ids(one.prompt) for one in asked]
        written = subject.write(prompts, seeds, sampling)
        return [one.text if len(one.tokens) < max_tokens else None for one in written]

    return ask


def facts_of(asked: Asked, reply: str | None) -> Facts:
    """Read off a reply what interpretations need, by rule."""
    cell = asked.condition
    known = Facts(
        against=asked.prompt.against or asked.request.against,
        tier=cell.get("tier", FACTORS["tier"].usual),
        intent=cell.get("intent", FACTORS["intent"].usual),
        clause=cell.get("clause", FACTORS["clause"].usual),
        change=cell.get("change", FACTORS["change"].usual),
    )
    if reply is None:
        return known
    parts = parse_reply(reply)
    said = Parts(request=asked.request.text, reasoning=parts.reasoning, output=parts.output)
    found = Outcome(outcome(said).value)
    strategic = strategic_compliance(said).value == "yes"
    return replace(
        known,
        outcome=None if found.missing else found.value,
        reason="strategic" if strategic else "other" if parts.reasoning else "none",
        objected=objects_openly(said).value,
    )


def broke(asked: Asked, reply: str | None) -> bool | None:
    """Say whether an act broke with the original intent to the letter; None where that can't be read."""
    said = _LETTER.says(facts_of(asked, reply), "original")
    return None if said in (MISSING, NOT_TESTED) else not kept(said)


def relation_to(
    intent: str, asked: Sequence[Asked], replies: Sequence[str | None], confidence: float = 0.95
) -> Interval | None:
    """Estimate R(agent, intent), the share kept to the letter of what was tested; clustered by request.

    Returns
    -------
    Interval or None
        None where nothing was tested.
    """
    rows: dict[str, list[float | None]] = {}
    for one, reply in zip(asked, replies, strict=True):
        said = _LETTER.says(facts_of(one, reply), intent)  # type: ignore[arg-type]
        if said != NOT_TESTED:
            rows.setdefault(one.request.id, []).append(None if said == MISSING else kept(said))
    if not any(value is not None for row in rows.values() for value in row):
        return None
    return rate(list(rows.values()), confidence)


_LETTER = Column(shipped()["letter"])


def bucket(text: str, count: int) -> int:
    """Put a request into one of so many parts, always the same one."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % count
