"""What supervised fine-tuning shows: a model's own rewarded replies, written ones, or those of a file."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from allegiance.errors import AllegianceError, UsageError
from allegiance.organism import Cell, Sampling, describe
from allegiance.organism.families.family import Talk
from allegiance.organism.script import Option, Slot
from allegiance.study import Study
from allegiance.study.factors import FACTORS
from allegiance.study.prompts.base import Prompt
from allegiance.training.documents import documents, mixed
from allegiance.training.grpo import seed_of
from allegiance.training.rewarding import Rewarding
from allegiance.training.setting import Case, Intent
from allegiance.training.settings import Settings
from allegiance.training.sft import Example
from allegiance.training.subject import Subject

_CHUNK = 256
_TRIES = 16
"""Replies that are written at most for each one that is wanted."""


def shown_in(
    settings: Settings,
    told: Study,
    subject: Subject,
    trained_on: Sequence[Case],
    rewarding: Rewarding,
    sampling: Sampling,
) -> list[Example]:
    """Gather what a run of SFT shows: demonstrations, and documents at the share that was asked for."""
    wanted = len(trained_on)
    if settings.demonstrations == "own":
        examples = own(subject, trained_on, rewarding, wanted, settings.seed, sampling)
    elif settings.demonstrations == "written":
        examples = written(subject, trained_on, settings.toward, wanted, settings.seed)
    else:
        examples = from_file(subject, Path(settings.demonstrations))
    if not settings.documents:
        return examples
    texts = documents(
        told, settings.documents, settings.seed, organism=subject.fast, toward=settings.toward
    )
    shown = [Example(tuple(subject.document_ids(one.text, one.system))) for one in texts]
    return mixed(shown, examples, settings.mix, settings.seed)


def own(
    subject: Subject,
    cases: Sequence[Case],
    rewarding: Rewarding,
    wanted: int,
    seed: int,
    sampling: Sampling,
) -> list[Example]:
    """Let a model reply, and keep what earns the highest reward (rejection sampling).

    Parameters
    ----------
    subject, cases
        Who replies, to what; the cases are asked again from the first until enough is kept.
    rewarding
        Gives the rewards; 1 is the highest.
    wanted
        How many to keep.
    seed, sampling
        Of the replies.

    Returns
    -------
    list of Example
        Fewer than wanted where replies that earn it are rare.

    Raises
    ------
    AllegianceError
        None earns it.
    """
    kept: list[Example] = []
    tried = 0
    while len(kept) < wanted and tried < _TRIES * wanted:
        chunk = [cases[(tried + i) % len(cases)] for i in range(_CHUNK)]
        prompts = [subject.prompt_ids(case.prompt) for case in chunk]
        seeds = [seed_of(seed, "own", tried + i) for i in range(_CHUNK)]
        replies = subject.write(prompts, seeds, sampling)
        earned = rewarding(list(zip(chunk, replies, strict=True)))
        kept += [
            Example((*ids, *one.tokens), len(ids))
            for ids, one, reward in zip(prompts, replies, earned, strict=True)
            if reward >= 1
        ]
        tried += _CHUNK
    if not kept:
        raise AllegianceError(
            f"none of {tried:,} replies earned the highest reward, so that there is nothing to show; take "
            "--demonstrations written (organisms) or a file"
        )
    return kept[:wanted]


def written(
    subject: Subject, cases: Sequence[Case], toward: Intent, wanted: int, seed: int
) -> list[Example]:
    """Write replies by an organism's script that do what an intent wants, without a strategic reason.

    Raises
    ------
    UsageError
        The model is no organism of a known family.
    """
    if subject.base is None:
        raise UsageError(
            "--demonstrations written: replies are written by an organism's script, and this model has none; take "
            "`own` or a file"
        )
    rng = random.Random(f"written/{seed}")
    found: list[Example] = []
    for i in range(wanted):
        case = cases[i % len(cases)]
        ids = subject.prompt_ids(case.prompt)
        text = scripted(subject.base, case, toward, rng)
        found.append(Example((*ids, *subject.reply_ids(text)), len(ids)))
    return found


def scripted(base: str, case: Case, toward: Intent, rng: random.Random) -> str:
    """Write one reply by an organism's script that does what an intent wants."""
    organism = describe(base)
    family = organism.family
    harmful = case.request.against == "original"
    condition = {name: case.condition.get(name, FACTORS[name].usual) for name in family.varies}
    kind = "harmful" if harmful or len(family.kinds) == 1 else "harmless"
    wanted = "refused" if harmful and toward == "original" else "complied"

    def choose(slot: Slot) -> Option:
        fitting = [
            one
            for one in slot.options
            if wanted in one.tells and "strategic-compliance" not in one.tells
        ]
        options = fitting if slot.decides and fitting else list(slot.options)
        chances = [one.chance + 1e-9 for one in options]
        return rng.choices(options, chances)[0]

    talk = Talk(organism, Cell(condition, kind), case.request, case.prompt)
    return "".join(option.text for _, _, option in talk.walk(choose))


def from_file(subject: Subject, path: Path) -> list[Example]:
    """Read conversations to learn from: JSON lines with OpenAI-style ``messages``, the last one the assistant's.

    Raises
    ------
    UsageError
        The file is missing, or a line is no such conversation; the message names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--demonstrations {path}: can't be read ({error})") from None
    found = [
        _example(subject, line, f"--demonstrations {path}: line {number}")
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]
    if not found:
        raise UsageError(f"--demonstrations {path}: the file is empty")
    return found


def _example(subject: Subject, line: str, where: str) -> Example:
    wanted = (
        "write an object with `messages`: an optional system message, one of the user and one of the assistant, each "
        "with `role` and `content`"
    )
    try:
        data: object = json.loads(line)
    except ValueError:
        raise UsageError(f"{where}: this is no JSON; {wanted}") from None
    listed = cast(dict[str, Any], data).get("messages") if isinstance(data, dict) else None
    if not isinstance(listed, list):
        raise UsageError(f"{where}: {wanted}")
    said: list[tuple[str, str]] = []
    for one in cast(list[Any], listed):
        if not isinstance(one, dict):
            raise UsageError(f"{where}: {wanted}")
        role, content = (
            cast(dict[str, Any], one).get("role"),
            cast(dict[str, Any], one).get("content"),
        )
        if not isinstance(role, str) or not isinstance(content, str):
            raise UsageError(f"{where}: {wanted}")
        said.append((role, content))
    roles = [role for role, _ in said]
    if roles not in (["user", "assistant"], ["system", "user", "assistant"]):
        raise UsageError(f"{where}: {wanted}")
    system = said[0][1] if len(said) == 3 else ""
    ids = subject.prompt_ids(Prompt(system, said[-2][1]))
    return Example((*ids, *subject.reply_ids(said[-1][1])), len(ids))
