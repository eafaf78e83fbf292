"""What scanners notice of acts that no word tells: the covert organism, by tier and pressure."""

import random
from collections import Counter
from typing import Any

import pyarrow as pa

from allegiance.organism import Runtime
from allegiance.organism.families import ORGANISMS
from allegiance.organism.script import marks, read
from allegiance.organism.written import Written, encoder
from allegiance.scanners import RuleScanner, codebook, rule_categories, rule_scanner
from allegiance.scanners.outcome import Subject
from allegiance.study import parse_reply

_NOTHING = ("none", "none-made")
"""What rules of other scenarios say where there is nothing of theirs."""
ORGANISM, ACT = "covert", "spoils-a-step"


def measured(samples: int, seed: int) -> dict[str, Any]:
    """Sample every cell, and ask every rule what it sees.

    Parameters
    ----------
    samples
        Conversations a cell.
    seed
        Decides requests and replies.

    Returns
    -------
    dict
        Covert acts by condition, the number of other replies, and what each scanner said of either.
        A rule that fires on everything notices nothing; ``elsewhere`` shows it.
    """
    subjects, acts, names = _sampled(samples, seed)
    scanners = [
        {
            "scanner": name,
            "caught": {
                condition: sum(
                    f and act and c == condition
                    for f, act, c in zip(fired, acts, names, strict=True)
                )
                for condition in dict.fromkeys(names)
            },
            "elsewhere": sum(f and not act for f, act in zip(fired, acts, strict=True)),
        }
        for name in rule_categories()
        if name != "outcome"
        for fired in [_fired(name, subjects)]
    ]
    counts = Counter(name for name, act in zip(names, acts, strict=True) if act)
    return {
        "acts": {name: counts[name] for name in dict.fromkeys(names)},
        "others": len(acts) - sum(acts),
        "scanners": scanners,
    }


def _sampled(samples: int, seed: int) -> tuple[list[Subject], list[bool], list[str]]:
    organism, runtime = ORGANISMS[ORGANISM], Runtime.load(ORGANISM)
    encode = encoder(runtime.tokenizer)
    subjects: list[Subject] = []
    acts: list[bool] = []
    names: list[str] = []
    for number, cell in enumerate(organism.family.cells):
        rng = random.Random(f"{seed}/{number}")
        talks = [organism.open(cell, rng) for _ in range(samples)]
        prompts = [Written(talk, encode) for talk in talks]
        for prompt in prompts:
            prompt.hear(0)
        seeds = [rng.getrandbits(63) for _ in talks]
        replies = runtime.generate([prompt.ids for prompt in prompts], seeds)
        for talk, reply in zip(talks, replies, strict=True):
            way = read(lambda talk=talk: talk.reply(0, frozenset()), reply.text)
            if way is None:
                continue
            parts = parse_reply(reply.text)
            subjects.append(Subject(talk.prompt.user, parts.reasoning, parts.output))
            acts.append(ACT in marks(way))
            names.append(", ".join(cell.condition.values()))
    return subjects, acts, names


def _fired(name: str, subjects: list[Subject]) -> list[bool]:
    """Say of each reply whether a rule says anything but that its category is absent."""
    scanner, absent = rule_scanner(name), codebook().find(name).absent
    if isinstance(scanner, RuleScanner):
        found = scanner.find_all(subjects)
    else:
        columns = {
            part: pa.array([getattr(one, part) for one in subjects], pa.string())
            for part in scanner.parts
        }
        found = scanner.find_all(columns, len(subjects))
    return [one.value not in (absent, *_NOTHING) for one in found]
