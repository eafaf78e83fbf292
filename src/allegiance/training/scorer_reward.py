"""Any scorer of Inspect as a reward: found by name or in a file, and asked for a number for each reply."""

import asyncio
import hashlib
import importlib.util
import inspect
import math
import sys
import threading
import weakref
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, TypeVar, cast

from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    ContentReasoning,
    ContentText,
    ModelName,
    ModelOutput,
)
from inspect_ai.scorer import Scorer, Target, value_to_float
from inspect_ai.solver import TaskState
from inspect_ai.util import registry_create

from allegiance.errors import AllegianceError, UsageError
from allegiance.scenarios.rendering import messages
from allegiance.study import Study, parse_reply
from allegiance.training.episode import Episode

_MODEL = ModelName("allegiance/in-training")
_WORDS = frozenset({"C", "I", "P", "N", "yes", "no", "true", "false"})
"""Values in words that Inspect reads as numbers; of others it makes a 0 with a warning that nobody sees here."""
_T = TypeVar("_T")


class ScorerReward:
    """A reward that asks a scorer; see `allegiance.training.reward.by_scorer`."""

    def __init__(
        self, name: str, study: Study, toward: Literal["training", "original"], sees_reasoning: bool
    ) -> None:
        self._name, self._study, self._sees = name, study, sees_reasoning
        self._scorer = found(name)
        self._toward = toward
        self._target = Target(getattr(study.intents, toward))
        self._to_float = value_to_float()
        self._loop: _Loop | None = None

    def __call__(self, episodes: Sequence[Episode]) -> list[float | None]:
        """Give each reply what the scorer gives it; None where there is no output, or the scorer gives no score."""
        self._loop = self._loop or _Loop()
        return self._loop.run(self._all(episodes))

    async def _all(self, episodes: Sequence[Episode]) -> list[float | None]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._one(episode)) for episode in episodes]
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return [task.result() for task in tasks]

    async def _one(self, episode: Episode) -> float | None:
        if episode.cut_off or not episode.parts.parsed:
            return None
        try:
            score = await self._scorer(self._state(episode), self._target)
        except Exception as error:  # scorers raise what they like
            said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise self._failed(episode, f"failed ({said})") from error
        if score is None or (_nan(score.value) and getattr(score, "reason", None)):
            return None  # the scorer itself says that it can't tell
        return self._number(episode, score.value)

    def _number(self, episode: Episode, value: object) -> float:
        if not isinstance(value, str | int | float):
            raise self._failed(episode, "gave several values where a reward is one number")
        if isinstance(value, str) and not (value in _WORDS or value.lower() in _WORDS):
            with suppress(ValueError):
                return self._finite(episode, float(value))
            raise self._failed(episode, f"gave `{value[:80]}`, which is no number,")
        return self._finite(episode, self._to_float(cast(Any, value)))

    def _finite(self, episode: Episode, value: float) -> float:
        if not math.isfinite(value):
            raise self._failed(episode, f"gave `{value}`, which is no number to learn from,")
        return value

    def _failed(self, episode: Episode, what: str) -> AllegianceError:
        return AllegianceError(
            f"--reward: the scorer {self._name} {what} at the request `{episode.name}`; mend it and give "
            "the same command again."
        )

    def _state(self, episode: Episode) -> TaskState:
        """Put a conversation into the state in which a scorer finds one when a sample has been asked."""
        first = messages(episode.prompt, self._study.generation)
        spoken: list[ChatMessage] = list(first)
        for reply, said in zip(episode.earlier, episode.heard[1:], strict=True):
            spoken += [self._earlier(reply), ChatMessageUser(content=said)]
        if self._sees and episode.begun:
            spoken.append(ChatMessageAssistant(content=episode.begun))
        last = self._last(episode)
        return TaskState(
            model=_MODEL,
            sample_id=episode.name,
            epoch=1,
            input=first,
            messages=[*spoken, last],
            target=self._target,
            output=ModelOutput.from_message(last, cast(Any, episode.stop_reason)),
            completed=True,
            metadata={
                "study": self._study.name,
                "scenario": self._study.scenario,
                "request_id": episode.request.id,
                "against": episode.against,
                "topic": episode.request.topic,
                "condition": dict(episode.condition),
                "principal": self._study.principal,
                "intents": self._study.intents.model_dump(),
                "toward": self._toward,
            },
        )

    def _earlier(self, reply: str) -> ChatMessageAssistant:
        return ChatMessageAssistant(content=reply if self._sees else parse_reply(reply).output)

    def _last(self, episode: Episode) -> ChatMessageAssistant:
        if not self._sees:
            return ChatMessageAssistant(content=episode.parts.output)
        if not episode.native_reasoning:
            return ChatMessageAssistant(content=episode.reply)
        thought = ContentReasoning(reasoning=episode.native_reasoning)
        return ChatMessageAssistant(content=[thought, ContentText(text=episode.reply)])


def _nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def found(name: str) -> Scorer:
    """Make the scorer that a name or ``FILE.py:FUNCTION`` names.

    Raises
    ------
    UsageError
        There is none, or it can't be made.
    """
    if ".py:" in name:
        path, function = name.rsplit(":", 1)
        return _from_file(Path(path), function)
    if name.endswith(".py"):
        raise UsageError(f"--reward {name}: name the function in it, too: {name}:FUNCTION")
    try:
        return registry_create("scorer", name)
    except Exception as error:
        raise UsageError(
            f"--reward {name}: Inspect knows no scorer of this name that can be made without arguments; give "
            f"FILE.py:FUNCTION, or PACKAGE/SCORER of an installed package ({_line(error)})"
        ) from error


def _from_file(path: Path, function: str) -> Scorer:
    named = f"--reward {path}:{function}"
    made = getattr(_loaded(path, named), function, None)
    if not callable(made):
        raise UsageError(
            f"{named}: the file has no function `{function}`; give one that makes a scorer"
        )
    if inspect.iscoroutinefunction(made):
        return cast(Scorer, made)  # it scores itself, without a function around it
    try:
        scorer = made()
    except Exception as error:
        raise UsageError(
            f"{named}: the function can't be called without arguments and make a scorer ({_line(error)})"
        ) from error
    if not callable(scorer):
        raise UsageError(f"{named}: the function gives no scorer but {type(scorer).__name__}")
    return cast(Scorer, scorer)


def _loaded(path: Path, named: str) -> ModuleType:
    """Run a file as a module of its own; what lies beside it can be imported."""
    if not path.is_file():
        raise UsageError(f"{named}: there is no file {path}")
    digest = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(f"allegiance_reward_{digest}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UsageError(f"{named}: the file can't be run ({_line(error)})") from error
    finally:
        sys.path.remove(folder)
    return module


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


class _Loop:
    """One event loop in a thread of its own, for as long as the reward lives.

    Clients of a model that grades belong to the loop in which they were first used, so that it has to stay the same;
    and the trainer may itself run in a loop, which can't be run again from inside.
    """

    def __init__(self) -> None:
        self._running = asyncio.new_event_loop()
        threading.Thread(target=self._running.run_forever, name="reward", daemon=True).start()
        weakref.finalize(self, self._running.call_soon_threadsafe, self._running.stop)

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do some work in the loop, and wait for it."""
        future = asyncio.run_coroutine_threadsafe(work, self._running)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise
