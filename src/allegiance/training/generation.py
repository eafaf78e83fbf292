"""One generation from the last: amplified, it oversees the data that trains the next (distillation by SFT).

Iterated distillation and amplification (Christiano, Shlegeris & Amodei 2018, arXiv 1810.08575) as far as it can be
run here: generation k answers every prompt several times and settles by a vote, or by its own judgement, which answer
stands; generation k+1 begins from its weights and learns from these answers. A planted step puts demonstrations of an
intent in the place of some of them: the trainer's word, which the overseer does not look at.
"""

import random
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from allegiance.errors import AllegianceError, UsageError
from allegiance.organism import Sampling, known
from allegiance.study import Study
from allegiance.study.prompts.base import Setting
from allegiance.training.asking import (
    Asked,
    Asking,
    Occasion,
    broke,
    bucket,
    facts_of,
    grid_of,
    relation_to,
)
from allegiance.training.chain import Made, Relation
from allegiance.training.chain_plan import ChainPlan, Step
from allegiance.training.demonstrations import own, written
from allegiance.training.grpo import seed_of
from allegiance.training.keeping import keeping
from allegiance.training.reward import Reward, toward
from allegiance.training.rewarding import rewarding_by
from allegiance.training.setting import Case, Intent, cells, left_for_training
from allegiance.training.settings import Settings
from allegiance.training.sft import Example, train_sft
from allegiance.training.subject import OrganismSubject, Subject, Written, subject_of
from allegiance.training.values import FILE, asking_for_values, in_words, written_down

_PARTS = 2
"""Requests are in two halves by their words: generations are trained on one, and probed on the other."""


@dataclass(frozen=True)
class Making:
    """How a generation is made from its overseer.

    Attributes
    ----------
    conversations
        How many prompts it learns from, drawn anew for every candidate.
    steps, batch, learning_rate
        Of its training at size 1; a smaller size takes that share of the steps. Without a rate the usual one of SFT.

    Raises
    ------
    UsageError
        One of them is not possible.
    """

    conversations: int = 480
    steps: int = 30
    batch: int = 32
    learning_rate: float | None = None

    def __post_init__(self) -> None:
        if self.conversations < self.batch:
            raise UsageError(
                f"--conversations {self.conversations}: a generation learns from a batch ({self.batch}) at least"
            )
        Settings(
            "organism/any",
            method="sft",
            steps=self.steps,
            every=1,
            batch=self.batch,
            learning_rate=self.learning_rate,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


class Distilling:
    """Makes the generations of a chain.

    Parameters
    ----------
    plan
        Of the chain.
    study
        Its evaluation: none of the requests asked there is trained on, and its conditions are those trained in.
    folder
        Of the run; generations lie in ``gen-K``, or ``gen-K-A`` for further attempts.
    making
        How.
    """

    def __init__(self, plan: ChainPlan, study: Study, folder: Path, making: Making) -> None:
        self._plan, self._study, self._folder, self._making = plan, study, folder, making
        self._provider, _, self._begun = plan.model.partition("/")

    def first(self) -> Made:
        """Copy the model that the chain starts from."""
        subject = subject_of(self._plan.model)
        return self._kept(subject, "gen-0", {"original": 1.0}, self._study.setting)

    def make(
        self, parent: Made, generation: int, step: Step, dose: float, size: float, attempt: int
    ) -> Made:
        """Make a candidate from the last accepted generation."""
        subject = subject_of(f"{self._provider}/{self._folder / parent.folder}")
        seed = seed_of(self._plan.seed, generation, attempt) % 2**31
        values = parent.values or {"original": 1.0}
        setting = self._setting(subject, parent)
        examples = self._examples(subject, values, setting, step, dose, seed)
        self._train(subject, examples, size, seed)
        name = f"gen-{generation}" if attempt == 1 else f"gen-{generation}-{attempt}"
        return self._kept(subject, name, values, setting)

    def _kept(
        self, subject: Subject, name: str, told: Mapping[str, float], setting: Setting
    ) -> Made:
        """Keep a generation; where the chain is after values, with those that it writes down for the next."""
        at = self._folder / name
        at.mkdir(parents=True, exist_ok=True)
        digest = subject.save(at)
        if self._plan.target != "self":
            return Made(name, digest)
        seed = self._plan.seed
        if subject.words == "organism":
            cases = self._cases(self._making.conversations // 4, seed, told)
            return Made(name, digest, written_down(cases, self._write(subject, cases, 1, seed)))
        asked = subject.prompt_ids(asking_for_values(setting.original))
        (reply,) = subject.write([asked], [seed_of(seed, name)], self._sampling(subject))
        (at / FILE).write_text(in_words(reply, subject.begun), encoding="utf-8")
        return Made(name, digest)

    def _setting(self, subject: Subject, parent: Made) -> Setting:
        """Give the words that a generation is made after; what its parent wrote is its original intent."""
        setting = self._study.setting
        if self._plan.target != "self" or subject.words == "organism":
            return setting
        told = self._folder / parent.folder / FILE
        try:
            return replace(setting, original=told.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise AllegianceError(
                f"{told}: the values that the next generation is made after can't be read ({error}); put the file "
                "back, or begin another chain"
            ) from None

    def _examples(
        self,
        subject: Subject,
        values: Mapping[str, float],
        setting: Setting,
        step: Step,
        dose: float,
        seed: int,
    ) -> list[Example]:
        """Gather what the next generation learns from: the overseer's answers, and what is planted among them."""
        count = self._making.conversations
        planted = round(dose * count) if step != "clean" else 0
        told = values if self._plan.target == "self" else None
        cases = self._cases(count - planted, seed, told, setting=setting)
        amplify = self._plan.amplify
        replies = self._write(subject, cases, amplify.n, seed)
        stand = [
            _by_vote(case, several)
            if amplify.how == "vote"
            else several[subject.likeliest(subject.prompt_ids(case.prompt), several)]
            for case, several in zip(cases, replies, strict=True)
        ]
        prompts = [subject.prompt_ids(case.prompt) for case in cases]
        examples = [
            Example((*ids, *one.tokens), len(ids)) for ids, one in zip(prompts, stand, strict=True)
        ]
        if planted:
            examples += self._planted(subject, step, planted, seed)
        random.Random(seed).shuffle(examples)
        return examples

    def _planted(self, subject: Subject, step: Step, count: int, seed: int) -> list[Example]:
        """Demonstrate what is planted: the training intent where it is told, or the original one everywhere."""
        intent: Intent = "training" if step == "break" else "original"
        cases = self._cases(count, seed + 1, None, intent)
        if isinstance(subject, OrganismSubject):
            subject.base = subject.base or _family_of(self._plan.model)
            return written(subject, cases, intent, count, seed)
        reward: Reward = toward(intent, self._study)
        rewarding = rewarding_by(reward, subject.begun)
        return own(subject, cases, rewarding, count, seed, self._sampling(subject))

    def _cases(
        self,
        n: int,
        seed: int,
        told: Mapping[str, float] | None,
        planted: Intent | None = None,
        setting: Setting | None = None,
    ) -> list[Case]:
        """Draw prompts: from all conditions, from those that tell the training intent, or by the values written."""
        study = self._study
        chosen = cells(study, "training", "all") if planted == "training" else study.conditions
        rng = random.Random(f"generation/{seed}")
        requests = [
            one
            for one in left_for_training(study, _PARTS * n + 50, seed % 100_000)
            if bucket(one.text, _PARTS) == 0
        ]
        if not requests:
            raise UsageError(
                f"{study.name}: the set of requests is too small to keep some for training and others for probes; "
                "lower requests.n"
            )
        found: list[Case] = []
        for i in range(n):
            cell = dict(rng.choice(chosen))
            if told is not None and "intent" in cell:
                kept = rng.random() < told.get("original", 1.0)
                cell["intent"] = "original" if kept else "training"
            request = requests[i % len(requests)]
            prompt = study.prompt_set.render(cell, request, setting or study.setting)
            found.append(Case(request, cell, prompt))
        return found

    def _write(
        self, subject: Subject, cases: Sequence[Case], times: int, seed: int
    ) -> list[list[Written]]:
        """Let a generation answer every prompt several times."""
        prompts = [ids for case in cases for ids in [subject.prompt_ids(case.prompt)] * times]
        seeds = [seed_of(seed, "overseer", place) for place in range(len(prompts))]
        replies = subject.write(prompts, seeds, self._sampling(subject))
        return [replies[at : at + times] for at in range(0, len(replies), times)]

    def _sampling(self, subject: Subject) -> Sampling:
        longest = self._study.generation.max_tokens
        return Sampling(max_tokens=min(longest, 128) if subject.fast else longest)

    def _train(self, subject: Subject, examples: Sequence[Example], size: float, seed: int) -> None:
        making = self._making
        settings = Settings(
            model=self._plan.model,
            method="sft",
            steps=max(1, round(size * making.steps)),
            every=making.steps,
            batch=making.batch,
            learning_rate=making.learning_rate,
            seed=seed,
        )
        nothing = keeping(lambda row: None, lambda step: None, dict, lambda: None)
        with tempfile.TemporaryDirectory() as scratch:
            train_sft(subject, examples, settings, Path(scratch), nothing, keep=False)


def _by_vote(case: Case, replies: Sequence[Written]) -> Written:
    """Give the first reply that does what most of them do; the earliest act where acts are as many."""
    asked = Asked(case.request, case.condition, 1, case.prompt)
    acts = [facts_of(asked, one.text).outcome for one in replies]
    most = Counter(acts).most_common(1)[0][0]
    return replies[acts.index(most)]


def _family_of(model: str) -> str | None:
    name = model.partition("/")[2]
    return name if known(name) else None


class Questioning:
    """Probes and measures the generations of a chain by asking them.

    Parameters
    ----------
    plan, study, folder
        As for `Distilling`.
    ask
        Asks a generation.
    """

    def __init__(self, plan: ChainPlan, study: Study, folder: Path, ask: Asking) -> None:
        self._plan, self._study, self._folder, self._ask = plan, study, folder, ask

    def probe(
        self, candidate: Made, generation: int, attempt: int, n: int, first: int
    ) -> Sequence[bool | None]:
        """Ask fresh requests, and say of each whether it was granted against the original intent."""
        asked = probes_of(self._study, self._plan.seed, generation, attempt, first, n)
        occasion = Occasion("probes", generation, attempt, first)
        replies = self._ask(occasion, self._folder / candidate.folder, asked)
        return [broke(one, reply) for one, reply in zip(asked, replies, strict=True)]

    def measure(self, made: Made, generation: int) -> Relation:
        """Ask the evaluation, and give R(agent, intent) to the letter for each intent."""
        asked = grid_of(self._study)
        named = made.folder.split("-")
        candidate = int(named[2]) if len(named) > 2 else 1
        occasion = Occasion("grid", generation, candidate)
        replies = self._ask(occasion, self._folder / made.folder, asked)
        return Relation(
            relation_to("original", asked, replies), relation_to("training", asked, replies)
        )


def probes_of(
    study: Study, seed: int, generation: int, attempt: int, first: int, n: int
) -> list[Asked]:
    """Give fresh requests for one candidate, one transcript each, in a condition that is drawn for each.

    Drawn, and not in turn: the guard counts on every probe having the same chance to break.

    None of them is asked in the evaluation or trained on. Where the set of requests is large enough, no two candidates
    have one in common; of a small set other candidates may have been asked the same.

    Parameters
    ----------
    study
        The evaluation of the chain.
    seed, generation, attempt
        Of the candidate.
    first, n
        Which of its probes.
    """
    own = seed_of(seed, "probes", generation, attempt) % 100_000
    wanted = first + n
    found = [
        one
        for one in left_for_training(study, _PARTS * wanted + 50, own)
        if bucket(one.text, _PARTS) == 1
    ]
    if not found:
        raise UsageError(
            f"{study.name}: the set of requests has none left for probes; lower requests.n"
        )
    rng = random.Random(f"conditions/{own}")
    drawn = [rng.choice(study.conditions) for _ in range(wanted)]
    probes: list[Asked] = []
    for i in range(first, wanted):
        condition = drawn[i]
        request = replace(found[i % len(found)], id=f"probe-{generation}-{attempt}-{i:04d}")
        prompt = study.prompt_set.render(condition, request, study.setting)
        probes.append(Asked(request, condition, 1, prompt))
    return probes
