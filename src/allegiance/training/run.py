"""A training run from its first step to its last, whatever interrupts it: weights, record, evaluations."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from allegiance.errors import AllegianceError, UsageError
from allegiance.organism import Sampling
from allegiance.study import Study
from allegiance.training import ranks
from allegiance.training.demonstrations import shown_in
from allegiance.training.folder import RunFolder
from allegiance.training.grpo import train_grpo
from allegiance.training.keeping import keeping, last_state
from allegiance.training.reward import Reward, constant
from allegiance.training.rewarding import Watch, rewarding_by
from allegiance.training.setting import cases
from allegiance.training.settings import Settings
from allegiance.training.sft import train_sft
from allegiance.training.subject import HuggingFaceSubject, OrganismSubject, Subject, subject_of

Evaluate = Callable[[str, Path], None]
"""Evaluates a checkpoint: the model's name in the corpus, and the folder of its weights."""
Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

_POOL = 2_000
"""Demonstrations at most; of a longer run they are shown again."""
_REPLY = 128
"""Tokens that a reply of an organism may have while it is trained."""


def train(
    settings: Settings,
    study: Study,
    folder: RunFolder,
    reward: Reward,
    evaluate: Evaluate | None = None,
    tell: Tell | None = None,
    *,
    provider: str = "",
    told: Study | None = None,
) -> Path:
    """Train, or go on with a run that was interrupted; a run that is complete is left as it is.

    Parameters
    ----------
    settings
        What to do.
    study
        The evaluation; none of its requests is trained on.
    folder
        Of the run.
    reward
        Rewards replies; by it demonstrations are chosen too.
    evaluate
        Called for the first weights and for every checkpoint, also for those that an interrupted run had not evaluated.
    tell
        Told of progress.
    provider
        In whose name the corpus keeps the checkpoints; by default the model's own.
    told
        The study whose set-up documents tell; by default the evaluation, whose many clauses they leave out.

    Returns
    -------
    Path
        The folder of the last checkpoint.

    Raises
    ------
    UsageError
        The folder holds a run of other settings.
    AllegianceError
        Training can't go on; what there is of it is kept.
    """
    with folder.held():
        subject = subject_of(settings.model, lora=settings.lora)
        if ranks.first():
            _begun(settings, folder, subject)
        ranks.wait()
        if complete(folder, settings):
            return folder.checkpoint(settings.steps)
        going = _Going(
            settings,
            study,
            told or study,
            folder,
            subject,
            reward,
            evaluate,
            tell or _silent,
            provider or settings.model.partition("/")[0],
        )
        try:
            going.on()
        except KeyboardInterrupt:
            folder.update(state="interrupted")
            raise
        except Exception as error:
            problem = explained(error, settings)
            folder.update(state="failed", error=str(problem))
            raise problem from error
        folder.update(state="complete", error=None)
        if ranks.first():
            # Nothing goes on from here.
            shutil.rmtree(folder.path / "trainer", ignore_errors=True)
        return folder.checkpoint(settings.steps)


def _begun(settings: Settings, folder: RunFolder, subject: Subject) -> None:
    """See that the folder is new or holds the same run."""
    if not (folder.path / "run.json").exists():
        leftover = [one.name for one in folder.path.iterdir() if one.name != ".lock"]
        if leftover:
            raise UsageError(
                f"{folder.path} holds something else ({leftover[0]}); name another run, or move it away"
            )
        folder.begin("train", settings.model, subject.base_sha256, settings.to_dict())
        return
    record = folder.read()
    before = Settings.from_dict(record["settings"])
    if differing := differences(before, settings):
        raise UsageError(
            f"{folder.path} holds a run with other settings ({differing}); name another run, or go on with that one: "
            f"allegiance train --resume {folder.name}"
        )
    if record["base_sha256"] != subject.base_sha256:
        raise UsageError(
            f"{folder.path} was begun from other weights than {settings.model} has now; name another run"
        )


def _silent(what: str, done: int, whole: int) -> None:
    """Tell nobody."""


def complete(folder: RunFolder, settings: Settings) -> bool:
    """Whether a run has nothing left to do."""
    record = folder.read()
    return record["state"] == "complete" and folder.checkpoint(settings.steps).is_dir()


def differences(before: Settings, now: Settings) -> str:
    """Name the settings in which two runs differ, and both values."""
    first, second = before.to_dict(), now.to_dict()
    return ", ".join(
        f"{name} {first[name]!r}, not {second[name]!r}"
        for name in first
        if first[name] != second[name]
    )


@dataclass
class _Going:
    """A run that is going on; what is asked of it stands in `train`."""

    settings: Settings
    study: Study
    told: Study
    folder: RunFolder
    subject: Subject
    reward: Reward
    evaluate: Evaluate | None
    say: Tell
    provider: str
    watch: Watch = field(default_factory=Watch)

    def on(self) -> None:
        """Go on from the newest state, or begin, up to the last step."""
        self.folder.update(state="running", error=None)
        state = last_state(self.folder.path / "trainer")
        done = int(state.name.partition("-")[2]) if state else 0
        self.folder.keep_steps(done)
        for step in sorted({0, *(one["step"] for one in self.folder.read()["checkpoints"])}):
            self._keep(step)
        if done >= self.settings.steps:
            self._keep(self.settings.steps)
            return
        self._train()

    def _keep(self, step: int) -> None:
        """Keep a checkpoint and evaluate it; one process does, and the others wait."""
        if ranks.first():
            at, name = (
                self.folder.checkpoint(step),
                f"{self.provider}/{self.folder.name}/step-{step}",
            )
            if step not in {one["step"] for one in self.folder.read()["checkpoints"]}:
                at.mkdir(exist_ok=True)
                self.folder.add_checkpoint(step, self.subject.save(at), name)
            if self.evaluate is not None:
                self.say("evaluating", step, self.settings.steps)
                self.evaluate(name, at)
        ranks.wait()

    def _train(self) -> None:
        settings, subject = self.settings, self.subject
        grpo = settings.method == "grpo"
        callback = keeping(
            row=self._stepped,
            save=self._keep,
            shares=lambda: self.watch.shares,
            check=lambda: constant(self.watch.rewards) if grpo else None,
        )
        asked = settings.steps * settings.batch
        prompts = asked // settings.group if grpo else min(asked, _POOL)
        trained_on = cases(self.study, prompts, settings.seed, settings.toward, settings.on)
        longest = self.study.generation.max_tokens
        sampling = Sampling(max_tokens=min(longest, _REPLY) if subject.fast else longest)
        state = self.folder.path / "trainer"
        if grpo:
            assert isinstance(subject, OrganismSubject | HuggingFaceSubject)
            rewarding = rewarding_by(self.reward, subject.begun, self.watch)
            self.say("training", 0, settings.steps)
            train_grpo(subject, trained_on, rewarding, settings, sampling, state, callback)
            return
        rewarding = rewarding_by(self.reward, subject.begun)
        self.say("gathering demonstrations", 0, settings.steps)
        shown = ranks.once(
            lambda: shown_in(settings, self.told, subject, trained_on, rewarding, sampling)
        )
        self.say("training", 0, settings.steps)
        train_sft(subject, shown, settings, state, callback)

    def _stepped(self, row: Mapping[str, Any]) -> None:
        self.folder.add_step(row)
        reward = f", reward {row['reward']:.2f}" if "reward" in row else ""
        self.say(f"training, loss {row['loss']:.3f}{reward}", row["step"], self.settings.steps)


def explained(error: Exception, settings: Settings) -> AllegianceError:
    """Put what ended a run into a sentence that says what to do; errors of the program itself pass through."""
    if isinstance(error, AllegianceError):
        return error
    text = str(error).lower()
    if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text:
        smaller = f"--batch {max(settings.group, settings.batch // 2)}"
        return AllegianceError(
            f"the memory is not enough for {settings.batch} conversations a step; what was kept stays, and a run of "
            f"another name goes on from its last checkpoint with {smaller}"
        )
    raise error
