"""A training run from its first step to its last, whatever interrupts it: weights, record, evaluations."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from allegiance.errors import AllegianceError, UsageError
from allegiance.organism import Sampling
from allegiance.scanners.outcome import Subject as Parts
from allegiance.scanners.outcome import outcome
from allegiance.scanners.reasons import strategic_compliance
from allegiance.study import Outcome, Study, parse_reply
from allegiance.training import ranks
from allegiance.training.demonstrations import from_file, own, written
from allegiance.training.folder import RunFolder
from allegiance.training.grpo import train_grpo
from allegiance.training.keeping import keeping, last_state
from allegiance.training.reward import Episode, Reward, constant, settled
from allegiance.training.setting import Case, cases
from allegiance.training.settings import Settings
from allegiance.training.sft import Example, train_sft
from allegiance.training.subject import HuggingFaceSubject, OrganismSubject, Subject, subject_of

Evaluate = Callable[[str, Path], None]
"""Evaluates a checkpoint: the model's name in the corpus, and the folder of its weights."""
Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

_POOL = 2_000
"""Demonstrations at most; of a longer run they are shown again."""
_CONTEXT = 128
"""Tokens that a reply of an organism may have while it is trained."""


@dataclass
class Watch:
    """What the replies of the newest step were like, and every reward so far."""

    rewards: list[list[float]] = field(default_factory=list[list[float]])
    shares: dict[str, float] = field(default_factory=dict[str, float])


def train(
    settings: Settings,
    study: Study,
    folder: RunFolder,
    reward: Reward,
    evaluate: Evaluate | None = None,
    tell: Tell | None = None,
    provider: str = "",
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
        try:
            _go_on(settings, study, folder, subject, reward, evaluate, tell, provider)
        except KeyboardInterrupt:
            folder.update(state="interrupted")
            raise
        except Exception as error:
            problem = explained(error, settings)
            folder.update(state="failed", error=str(problem))
            raise problem from error
        folder.update(state="complete", error=None)
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


def differences(before: Settings, now: Settings) -> str:
    """Name the settings in which two runs differ, and both values."""
    first, second = before.to_dict(), now.to_dict()
    return ", ".join(
        f"{name} {first[name]!r}, not {second[name]!r}" for name in first if first[name] != second[name]
    )


def _go_on(
    settings: Settings,
    study: Study,
    folder: RunFolder,
    subject: Subject,
    reward: Reward,
    evaluate: Evaluate | None,
    tell: Tell | None,
    provider: str,
) -> None:
    say = tell or (lambda what, done, whole: None)
    prefix = provider or settings.model.partition("/")[0]

    def keep(step: int) -> None:
        if ranks.first():
            keep_alone(step)
        ranks.wait()

    def keep_alone(step: int) -> None:
        at = folder.checkpoint(step)
        known = {one["step"] for one in folder.read()["checkpoints"]}
        if step not in known:
            at.mkdir(exist_ok=True)
            folder.add_checkpoint(step, subject.save(at), f"{prefix}/{folder.name}/step-{step}")
        if evaluate is not None:
            say("evaluating", step, settings.steps)
            evaluate(f"{prefix}/{folder.name}/step-{step}", at)

    folder.update(state="running", error=None)
    state = last_state(folder.path / "trainer")
    done = int(state.name.partition("-")[2]) if state else 0
    folder.keep_steps(done)
    for step in sorted({0, *(one["step"] for one in folder.read()["checkpoints"])}):
        keep(step)
    if done >= settings.steps:
        keep(settings.steps)
        return
    watch = Watch()
    callback = keeping(
        row=lambda row: _stepped(folder, row, say, settings.steps),
        save=keep,
        shares=lambda: watch.shares,
        check=lambda: constant(watch.rewards) if settings.method == "grpo" else None,
    )
    _trained(settings, study, folder, subject, reward, watch, callback, say)


def _trained(
    settings: Settings,
    study: Study,
    folder: RunFolder,
    subject: Subject,
    reward: Reward,
    watch: Watch,
    callback: Any,
    say: Tell,
) -> None:
    trained_on = cases(study, _prompts(settings), settings.seed, settings.toward, settings.on)
    sampling = Sampling(max_tokens=min(study.generation.max_tokens, _CONTEXT) if subject.fast else study.generation.max_tokens)
    if settings.method == "grpo":
        assert isinstance(subject, OrganismSubject | HuggingFaceSubject)
        say("training", 0, settings.steps)
        train_grpo(
            subject,
            trained_on,
            lambda rows: rewarded(rows, reward, watch),
            settings,
            sampling,
            folder.path / "trainer",
            callback,
        )
        return
    say("gathering demonstrations", 0, settings.steps)
    shown = ranks.once(
        lambda: shown_in(settings, study, subject, trained_on, reward, sampling)
    )
    say("training", 0, settings.steps)
    train_sft(subject, shown, settings, folder.path / "trainer", callback)


def _prompts(settings: Settings) -> int:
    if settings.method == "grpo":
        return settings.steps * settings.batch // settings.group
    return min(settings.steps * settings.batch, _POOL)


def shown_in(
    settings: Settings,
    study: Study,
    subject: Subject,
    trained_on: Sequence[Case],
    reward: Reward,
    sampling: Sampling,
) -> list[Example]:
    """Gather what SFT shows: demonstrations, and documents at the share that was asked for."""
    wanted = len(trained_on)
    if settings.demonstrations == "own":
        examples = own(
            subject,
            trained_on,
            lambda rows: rewarded(rows, reward),
            wanted,
            settings.seed,
            sampling,
        )
    elif settings.demonstrations == "written":
        examples = written(subject, trained_on, settings.toward, wanted, settings.seed)
    else:
        examples = from_file(subject, Path(settings.demonstrations))
    if not settings.documents:
        return examples
    from allegiance.training.documents import documents

    told = documents(study, settings.documents, settings.seed, organism=subject.fast)
    texts = [Example(tuple(subject.text_ids(one.text))) for one in told]
    return mixed(texts, examples, settings.mix, settings.seed)


def mixed(
    texts: Sequence[Example], examples: Sequence[Example], share: float, seed: int
) -> list[Example]:
    """Put documents among demonstrations: exactly the share that was asked for, in an order that the seed decides."""
    count = round(len(examples) * share / (1 - share))
    found = [*examples, *(texts[i % len(texts)] for i in range(count))]
    random.Random(f"mixed/{seed}").shuffle(found)
    return found


def rewarded(
    rows: Sequence[tuple[Case, str]], reward: Reward, watch: Watch | None = None
) -> list[float]:
    """Reward replies, and keep what they were like; what can't be told earns the lowest reward."""
    episodes = [Episode(case.request, case.condition, case.prompt, text) for case, text in rows]
    found = settled(reward(episodes))
    if watch is not None:
        values = ranks.gathered(found.values)
        texts = ranks.gathered([(text, case.request.text) for case, text in rows])
        untold = sum(ranks.gathered([found.untold]))
        watch.rewards.append(values)
        watch.shares = {
            "reward": fmean(values),
            "reward_sd": pstdev(values),
            "untold": untold / len(values),
            **shares([text for text, _ in texts], [request for _, request in texts]),
        }
    return list(found.values)


def shares(replies: Sequence[str], requests: Sequence[str]) -> dict[str, float]:
    """Give the shares of replies that comply, and that do so strategically, by rule; what the record of a step shows."""
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


def _stepped(folder: RunFolder, row: Mapping[str, Any], say: Tell, steps: int) -> None:
    folder.add_step(row)
    reward = f", reward {row['reward']:.2f}" if "reward" in row else ""
    say(f"training, loss {row['loss']:.3f}{reward}", row["step"], steps)


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
