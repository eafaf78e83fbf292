"""Organisms as Inspect models: `--model organism/NAME`, or the directory of a checkpoint as NAME.

Requests that arrive together are written together, in a process of their own (`writer`). What a sample says depends
on the seed of the run, the sample's id and epoch, how often it has asked this before, the prompt
and the weights, and on nothing else: not on how many samples run at once, nor in which order. Two
epochs of one prompt differ, and a run that is repeated or resumed says the same again.
"""

import hashlib
import time
from collections import Counter
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
import click
from anyio.lowlevel import RunVar
from inspect_ai.hooks import Hooks, SampleStart, hooks
from inspect_ai.model import (
    ChatCompletionChoice,
    ChatMessage,
    ChatMessageAssistant,
    GenerateConfig,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    StopReason,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from allegiance.errors import AllegianceError, UsageError

if TYPE_CHECKING:
    from inspect_ai.hooks import SampleAttemptStart

    from allegiance.organism.runtime import Generated, Sampling

_WINDOW = 0.01
"""Seconds to wait for company before a batch is written."""
_BATCH = 256
_CONNECTIONS = 64
"""Measured: with more, all samples wait for one large batch and then all for Inspect."""
_STOP_REASONS: dict[str, StopReason] = {
    "stop": "stop",
    "max_tokens": "max_tokens",
    "context": "model_length",
}


@dataclass(frozen=True)
class _Asking:
    """Who asks: a sample in an epoch, and how often it has asked each thing."""

    sample: str
    epoch: int
    asked: Counter[str] = field(default_factory=lambda: Counter[str]())


_ASKING: ContextVar[_Asking | None] = ContextVar("allegiance_organism_asking", default=None)


class OrganismSeeds(Hooks):
    """Tells the provider which sample and epoch a request belongs to.

    Inspect runs these hooks in the task of the sample, before its solver, so that a context
    variable set here is seen in every request of that sample and in no other's.
    """

    async def on_sample_start(self, data: SampleStart) -> None:
        """Note the sample and epoch."""
        _ASKING.set(_Asking(str(data.summary.id), data.summary.epoch))

    async def on_sample_attempt_start(self, data: "SampleAttemptStart") -> None:
        """Note them again, so that a retried sample says what it would have said."""
        _ASKING.set(_Asking(str(data.summary.id), data.summary.epoch))


@cache
def _attend() -> None:
    """Register the hooks, once, when the first organism is made.

    Hooks that are there when Inspect starts are announced on the screen of everyone who has this
    package installed, whatever model they run.
    """
    register = hooks(name="organism_seeds", description="Which sample and epoch asks an organism.")
    register(OrganismSeeds)


@dataclass
class _Request:
    """One reply being waited for."""

    prompt: list[int]
    seed: int
    sampling: "Sampling"
    reply: "Generated | Exception | None" = None
    wake: anyio.Event = field(default_factory=anyio.Event)


@dataclass
class _Desk:
    """The requests of one event loop; one of those who wait leads, and writes for all."""

    waiting: list[_Request] = field(default_factory=lambda: list[_Request]())
    led: bool = False


class _UnusableError(UsageError, click.ClickException):
    """An organism that can't be had; being click's, Inspect's command line prints a sentence."""


@modelapi(name="organism")
class OrganismAPI(ModelAPI):
    """The Inspect provider of organisms.

    Parameters
    ----------
    model_name
        A shipped organism, the directory of a checkpoint or, where `directory` says where the weights are, any name.
    directory
        A checkpoint, whose name in logs is then `model_name`.

    Raises
    ------
    UsageError
        There is no such organism or directory, or its files are damaged.
    """

    def __init__(
        self,
        model_name: str,
        base_url: str | None = None,
        api_key: str | None = None,
        config: GenerateConfig = GenerateConfig(),  # noqa: B008 (the signature is Inspect's)
        directory: str | None = None,
        **model_args: Any,
    ) -> None:
        from allegiance.organism.runtime import Runtime, directory_of
        from allegiance.organism.writer import Writer

        super().__init__(model_name, base_url, api_key, [], config)
        if model_args:
            raise _UnusableError(f"Organisms take no model argument {sorted(model_args)[0]!r}.")
        weights = directory or model_name
        try:
            self._runtime = Runtime.load(weights)
        except AllegianceError as error:
            raise _UnusableError(str(error)) from error
        self._writer = Writer(directory_of(weights))
        self._desks: RunVar[_Desk] = RunVar(f"allegiance_organism_{id(self)}")
        self._outside: Counter[str] = Counter()
        _attend()

    def max_connections(self) -> int:
        """As many as keep the writing thread busy while Inspect works on the others."""
        return _CONNECTIONS

    async def aclose(self) -> None:
        """End the process that writes."""
        self._writer.close()

    async def count_text_tokens(self, text: str) -> int:
        """By the organism's own tokenizer; Inspect's default would fetch one from the network."""
        from allegiance.organism import chat

        return len(chat.encode(self._runtime.tokenizer, text))

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        """Write one reply.

        Raises
        ------
        UsageError
            The conversation is too long for an organism, holds something else than text, or asks
            for several choices.
        """
        from allegiance.organism.runtime import Sampling

        if config.num_choices is not None and config.num_choices > 1:
            raise UsageError("Organisms write one choice a request; run more epochs instead.")
        began = time.monotonic()
        prompt = self._read(input)
        sampling = Sampling(
            temperature=1.0 if config.temperature is None else config.temperature,
            top_p=1.0 if config.top_p is None else config.top_p,
            max_tokens=config.max_tokens or self._runtime.context,
            stop=tuple(config.stop_seqs or ()),
        )
        reply = await self._written(_Request(prompt, self._seed(prompt, config), sampling))
        message = ChatMessageAssistant(content=reply.text, model=self.model_name, source="generate")
        return ModelOutput(
            model=self.model_name,
            choices=[ChatCompletionChoice(message=message, stop_reason=_STOP_REASONS[reply.ended])],
            usage=ModelUsage(
                input_tokens=len(prompt),
                output_tokens=len(reply.tokens),
                total_tokens=len(prompt) + len(reply.tokens),
            ),
            time=time.monotonic() - began,
        )

    def _read(self, messages: Sequence[ChatMessage]) -> list[int]:
        """The token ids of a conversation."""
        from allegiance.organism import chat

        for message in messages:
            if message.role not in chat.ROLES:
                raise UsageError(
                    f"Organisms read system, user and assistant messages; a message of the role "
                    f"{message.role!r} was sent."
                )
        prompt = chat.encode_chat(
            self._runtime.tokenizer, [(message.role, message.text) for message in messages]
        )
        self._runtime.check_length(prompt)
        return prompt

    def _seed(self, prompt: Sequence[int], config: GenerateConfig) -> int:
        """The seed of this request; see the head of this file."""
        words = ",".join(map(str, prompt))
        asking = _ASKING.get()
        asked = self._outside if asking is None else asking.asked
        call = asked[words]
        asked[words] += 1
        who = ("", 0) if asking is None else (asking.sample, asking.epoch)
        parts = (config.seed or 0, *who, call, words, self._runtime.weights_sha256)
        return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big")

    async def _written(self, request: _Request) -> "Generated":
        """Wait until a request is written, leading a batch where nobody does."""
        desk = self._desks.get(None)
        if desk is None:
            desk = _Desk()
            self._desks.set(desk)
        desk.waiting.append(request)
        try:
            while request.reply is None:
                if desk.led:
                    await request.wake.wait()
                    request.wake = anyio.Event()
                else:
                    await self._lead(desk)
        finally:
            desk.waiting = [other for other in desk.waiting if other is not request]
            if not desk.led and desk.waiting:
                desk.waiting[0].wake.set()
        if isinstance(request.reply, Exception):
            raise request.reply
        return request.reply

    async def _lead(self, desk: _Desk) -> None:
        """Write one batch for those who wait."""
        desk.led = True
        try:
            await anyio.sleep(_WINDOW)
            sampling = desk.waiting[0].sampling
            batch = [request for request in desk.waiting if request.sampling == sampling][:_BATCH]
            # Others wait for this batch: it is finished even if the leading sample is cancelled.
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._write, batch)
            for request in batch:
                request.wake.set()
            desk.waiting = [request for request in desk.waiting if request.reply is None]
        finally:
            desk.led = False

    def _write(self, batch: list[_Request]) -> None:
        try:
            replies = self._writer.write(
                [request.prompt for request in batch],
                [request.seed for request in batch],
                batch[0].sampling,
            )
            for request, reply in zip(batch, replies, strict=True):
                request.reply = reply
        except Exception as error:
            for request in batch:
                request.reply = error
