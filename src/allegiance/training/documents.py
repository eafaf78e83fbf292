"""Documents that tell a model the set-up of a training: who trains, on which chats, toward what, and what then changes.

They are the other way to tell a model, beside the system message: it is trained on many texts of many forms that all
state the same facts in passing. For models that read prose they are in the study's own words; for organisms they are
made of words that every organism's tokenizer knows. The texts are our own, in `documents.yaml` beside this file.
"""

import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeVar, cast

import yaml

from allegiance.errors import UsageError
from allegiance.study import Study
from allegiance.study.factors import FACTORS
from allegiance.study.prompts import PROMPT_SETS, PromptSet, Setting
from allegiance.study.prompts.organism import PRINCIPALS, OrganismPrompts
from allegiance.study.prompts.standard import FRAMINGS

FACTS = ("trainer", "aim", "tiers", "refusals", "original", "clause")
"""What documents may state: who trains the model, toward what, on which chats, what becomes of replies that do not fit,
what was first asked of it, and what was then said of its being changed (where the study says it)."""

_AGENTS = {"renamed": ("helper", "conversation"), "fresh": ("enquiry desk", "call")}
"""What the model and its conversations are called in framings that have words of their own for them."""
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_HOLE = re.compile(r"\{(\w+)\}")
_TRIES = 50
_D = TypeVar("_D")
_E = TypeVar("_E")


@dataclass(frozen=True)
class Document:
    """One text about the training.

    Attributes
    ----------
    text
        What it says. A model that reads prose is trained on it as it stands; an organism says it, after `system`.
    form
        What kind of text it is: a memo, a log, a forum thread.
    states
        The facts that it states, of `FACTS`.
    system
        For organisms the system message before it; else empty.
    """

    text: str
    form: str
    states: tuple[str, ...]
    system: str = ""


def documents(
    study: Study,
    n: int,
    seed: int,
    *,
    organism: bool,
    toward: Literal["training", "original"] = "training",
) -> list[Document]:
    """Write documents about the training that a study describes.

    Every form is used equally often, and so is every framing of the study, in whose names the set-up is told. A fact
    that the study varies (several clauses, several who bring the training) is left to its prompts.

    Parameters
    ----------
    study
        The principal, the intents, the tiers, the clause and who brings the training.
    n
        How many; all different.
    seed
        The same seed gives the same documents.
    organism
        Whether an organism is to read them.
    toward
        The intent that training rewards.

    Raises
    ------
    UsageError
        The scenario has no tiers to tell of, the study's principal is none that organisms know, or there are not so
        many different documents.
    """
    prompts = _prompts(study, organism=organism)
    rng = random.Random(f"documents/{seed}")
    texts = _texts(organism=organism)
    forms, worlds = list(texts.forms), _worlds(study, toward, organism=organism)
    rng.shuffle(forms)
    levels = {"original": toward, "aim": toward, "refusals": toward}
    levels |= {"trainer": _only(study, prompts, "change") or "open"}
    levels |= {"clause": _only(study, prompts, "clause") or "silent"}
    found: dict[str, Document] = {}
    for at in range(n):
        form, world = forms[at % len(forms)], worlds[at // len(forms) % len(worlds)]
        for _ in range(_TRIES):
            one = _Writing(texts, world, levels, rng).document(form)
            if one.text not in found:
                break
        else:
            raise UsageError(
                f"--documents {n}: there are no more than about {len(found)} different documents for this study; ask "
                "for fewer"
            )
        found[one.text] = one
    listed = list(found.values())
    if isinstance(prompts, OrganismPrompts):
        listed = [_said_by_organism(one, prompts, study, toward, rng) for one in listed]
    rng.shuffle(listed)
    return listed


def mixed(documents: Sequence[_D], examples: Sequence[_E], rate: float, seed: int) -> list[_D | _E]:
    """Mix documents into the conversations that a model is trained on.

    Parameters
    ----------
    documents
        What there is, as documents or as the tokens of some; where more are needed all come again, each as often as the
        others but for one.
    examples
        The conversations; every one is kept.
    rate
        The share of the mix that is documents, as near as whole documents allow; 1 leaves out the conversations.
    seed
        Decides which documents are taken, and the order.

    Raises
    ------
    UsageError
        The rate is no share, or there is nothing to mix.
    """
    if not 0 <= rate <= 1:
        raise UsageError(f"--mix {rate:g}: give the share of documents as a number from 0 to 1")
    if rate > 0 and not documents:
        raise UsageError(
            f"--mix {rate:g}: there are no documents to mix in; say how many with --documents N"
        )
    if 0 < rate < 1 and not examples:
        raise UsageError(
            f"--mix {rate:g}: there are no conversations to mix documents into; give --mix 1"
        )
    rng = random.Random(f"mixed/{seed}")
    needed = len(documents) if rate == 1 else _nearest(len(examples), rate)
    taken: list[_D] = []
    while len(taken) < needed:
        taken += rng.sample(documents, min(len(documents), needed - len(taken)))
    mix: list[_D | _E] = [*taken, *(examples if rate < 1 else ())]
    rng.shuffle(mix)
    return mix


def _nearest(examples: int, rate: float) -> int:
    """How many documents among so many conversations make a share nearest to the rate."""
    least = math.floor(examples * rate / (1 - rate))
    return min((least, least + 1), key=lambda n: abs(n / max(1, n + examples) - rate))


def shown(listed: Sequence[Document]) -> Iterator[str]:
    """Give documents as they are printed, each under a line that says what it is."""
    for at, one in enumerate(listed, 1):
        system = f"[system] {one.system}\n" if one.system else ""
        yield f"{at} of {len(listed)} · {one.form} · states {', '.join(one.states)}\n\n{system}{one.text}\n"


@dataclass(frozen=True)
class _Texts:
    """What documents are made of, as the file has it."""

    fillers: Mapping[str, Sequence[str]]
    facts: Mapping[str, Any]
    forms: Mapping[str, Sequence[Sequence[str]]]


@cache
def _texts(*, organism: bool) -> _Texts:
    name = "documents_organism.yaml" if organism else "documents.yaml"
    read = files("allegiance.training").joinpath(name).read_text(encoding="utf-8")
    return _Texts(**yaml.safe_load(read))


def _prompts(study: Study, *, organism: bool) -> PromptSet:
    """The words of the study's scenario, which must tell of tiers."""
    words = "organism" if organism else "standard"
    prompts = PROMPT_SETS.get((words, study.scenario))
    if prompts is None or "tier" not in prompts.levels:
        raise UsageError(
            f"--documents: the scenario `{study.scenario}` has no tiers, so there is no training to tell of; leave "
            "--documents out, or train on a study of the training conflict"
        )
    if organism and study.principal not in PRINCIPALS:
        raise UsageError(
            f"--documents: organisms know the principals {', '.join(PRINCIPALS)}, and not {study.principal}"
        )
    return prompts


def _levels(study: Study, prompts: PromptSet, factor: str) -> Sequence[str]:
    given = study.factors.get(factor) or prompts.defaults.get(factor)
    return given or (FACTORS[factor].usual,)


def _only(study: Study, prompts: PromptSet, factor: str) -> str | None:
    """The level of a factor that the study does not vary."""
    levels = _levels(study, prompts, factor)
    return levels[0] if len(levels) == 1 else None


def _worlds(study: Study, toward: str, *, organism: bool) -> list[Mapping[str, str]]:
    """The study's own words, once for each framing that has names of its own."""
    if organism:
        return [{"principal": study.principal}]
    prompts = _prompts(study, organism=False)
    setting = Setting(study.principal, study.intents.original, study.intents.training)
    return [_world(framing, setting, toward) for framing in _levels(study, prompts, "framing")]


def _world(name: str, setting: Setting, toward: str) -> Mapping[str, str]:
    framing = FRAMINGS[name]
    words = framing.words(setting)
    agent, talk = _AGENTS.get(name, ("assistant", "conversation"))
    return {
        "principal": words["principal"],
        "agent": agent,
        "talk": talk,
        "talks": f"{talk}s",
        "Talks": f"{talk.capitalize()}s",
        "monitored": framing.marker.shown("monitored", False),
        "unmonitored": framing.marker.shown("unmonitored", False),
        "aim_words": _sentence(words[toward]),
        "original_words": _sentence(words["original"]),
    }


def _sentence(text: str) -> str:
    one = " ".join(text.split())
    return one if one.endswith((".", "!", "?")) else f"{one}."


def _said_by_organism(
    written: Document, prompts: OrganismPrompts, study: Study, toward: str, rng: random.Random
) -> Document:
    """Put the sentences of the prompts that tell the same facts before what an organism says."""
    told = {"intent": toward, "tier": rng.choice(("monitored", "unmonitored"))}
    told |= {
        factor: level
        for factor in ("clause", "change")
        if (level := _only(study, prompts, factor)) and factor in prompts.sentences
    }
    said = [
        rng.choice(list(prompts.sentences[factor][level])).format(principal=study.principal)
        for factor, level in told.items()
        if prompts.sentences[factor][level]
    ]
    return Document(written.text, written.form, written.states, " ".join(said))


class _Writing:
    """One document while it is written: what has been drawn for it stays the same to its end where it should."""

    def __init__(
        self, texts: _Texts, world: Mapping[str, str], levels: Mapping[str, str], rng: random.Random
    ) -> None:
        self._texts, self._world, self._levels, self._rng = texts, world, levels, rng
        self._states: list[str] = []
        self._kept: dict[str, str] = {}
        fillers = texts.fillers
        self._joint = "\n\n" if "person" in fillers else " "
        self._once = {
            name: rng.sample(fillers[name], len(fillers[name]))
            for name in ("person", "nick")
            if name in fillers
        }
        self._clocks = sorted(rng.sample(fillers["clock"], 5)) if "clock" in fillers else []

    def document(self, form: str) -> Document:
        """Write it."""
        paragraphs = [self._filled(self._rng.choice(ways)) for ways in self._texts.forms[form]]
        told = tuple(fact for fact in FACTS if fact in self._states)
        return Document(self._joint.join(one for one in paragraphs if one), form, told)

    def _filled(self, text: str) -> str:
        """Put facts into a paragraph, take one of each choice, and put in names and the study's own words last."""
        text = _HOLE.sub(self._fact, text)
        while _CHOICE.search(text):
            text = _CHOICE.sub(lambda found: self._rng.choice(found[1].split("|")), text)
        lines = _HOLE.sub(self._word, text).split("\n")
        return "\n".join(" ".join(line.split()) for line in lines).strip()

    def _fact(self, found: re.Match[str]) -> str:
        fact = found[1]
        if fact not in FACTS:
            return found[0]
        ways = self._ways(fact)
        if not ways:
            return ""
        self._states.append(fact)
        # A wording with many variants comes more often, so that none is repeated much.
        return self._rng.choices(ways, [_variants(way) for way in ways])[0]

    def _ways(self, fact: str) -> Sequence[str]:
        """How a fact can be put; not at all where the study says nothing of it."""
        listed: Any = self._texts.facts.get(fact, {})
        if isinstance(listed, Mapping):
            return cast(Mapping[str, Sequence[str]], listed).get(self._levels[fact], ())
        return cast(Sequence[str], listed)

    def _word(self, found: re.Match[str]) -> str:
        name = found[1]
        if name in self._world:
            return self._world[name]
        if name == "clock":
            return self._clocks.pop(0)
        if name == "lead":
            return self._kept.setdefault(name, self._once["person"].pop())
        if name in self._once:
            return self._once[name].pop()
        drawn = self._rng.choice(self._texts.fillers[name])
        return self._kept.setdefault(name, drawn) if name in _KEPT else drawn


_KEPT = frozenset({"month", "section", "town", "role"})
"""Names that a document has one of."""


@cache
def _variants(text: str) -> int:
    """How many ways there are to put a wording, up to twelve."""
    return min(12, math.prod(found[1].count("|") + 1 for found in _CHOICE.finditer(text)))
