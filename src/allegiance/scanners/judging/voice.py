"""The judge's model, through Inspect's public interface: a question in, an answer and its cost out."""

import re
from collections.abc import Mapping
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelCost,
    ModelOutput,
    ModelUsage,
    ResponseSchema,
    compute_model_cost,
    get_model,
    get_model_info,
)
from inspect_ai.util import JSONSchema

from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners.codebook import Category
from allegiance.scanners.judging.cost import Price
from allegiance.scanners.judging.deciding import Question, Reply, Stop
from allegiance.scanners.judging.prompt import DECLINES
from allegiance.scanners.judging.settings import JudgeSettings

RETRIES = 5
"""How often Inspect asks again after an error that passes; it waits 3 seconds first, then twice as long."""
TIMEOUT = 300
"""Seconds that one attempt may take."""

_STOPS: Mapping[str, Stop] = {
    "content_filter": "filter",
    "max_tokens": "length",
    "model_length": "window",
}
_FOR_ALL = {401, 402, 403, 404, 405, 407, 410}
"""HTTP statuses that the next request would meet, too: key, money, permission, name, address."""
_MARKUP = re.compile(r"\[/?[a-z][a-z ]*\]")
_TOLD = 240


class NoAnswerError(Exception):
    """The provider gave no answer to a request; nothing was said of the transcript."""


class HopelessError(AllegianceError):
    """The provider gives no answer, and would give none to the next request."""


def find_model(
    name: str, base_url: str | None = None, arguments: Mapping[str, Any] | None = None
) -> Model:
    """Find a model by Inspect's name for it.

    Parameters
    ----------
    name
        ``PROVIDER/MODEL``; or ``role:NAME`` for a model role of the evaluation that this is called in.
    base_url, arguments
        For the provider.

    Raises
    ------
    UsageError
        If there is no such provider, a package or a key is missing, or there is no such role.
    """
    role = name.removeprefix("role:") if name.startswith("role:") else None
    if role is None and ("/" not in name or name.endswith("/")):
        raise UsageError(
            f"--model {name}: a model is named by its provider and its name, such as openai/gpt-4o."
        )
    try:
        if role is not None:
            return get_model(role=role, required=True)
        return get_model(name, base_url=base_url, **(arguments or {}))
    except Exception as error:  # providers raise what they like
        raise UsageError(f"--model {name}: {plain(error)}") from None


def price_of(model: Model | str) -> Price | None:
    """Look up what a model costs, in Inspect's own table; None where it does not know."""
    try:
        info = get_model_info(model)
    except Exception:  # a provider of one's own may not know its own name
        return None
    if info is None or info.cost is None:
        return None
    cost = info.cost
    return Price(cost.input, cost.output, cost.input_cache_read, cost.input_cache_write)


class Voice:
    """A model that answers a judge's questions.

    Parameters
    ----------
    model
        From `find_model`, or any `Model` of Inspect's.
    category, settings
        Of the judge.
    price
        Of its tokens, if known.
    connections
        Requests under way at once; by default the provider's own number, which Inspect adapts.
    retries, timeout
        After errors that pass, and seconds for one attempt.
    """

    def __init__(
        self,
        model: Model,
        category: Category,
        settings: JudgeSettings,
        *,
        price: Price | None = None,
        connections: int | None = None,
        retries: int = RETRIES,
        timeout: int = TIMEOUT,
    ) -> None:
        self.model = model
        self.price = price
        self.timeout = timeout
        self.config = GenerateConfig(
            temperature=settings.temperature,
            max_tokens=settings.max_tokens,
            max_connections=connections,
            max_retries=retries,
            attempt_timeout=timeout,
            response_schema=answer_schema(category) if settings.schema else None,
        )

    async def say(self, question: Question) -> Reply:
        """Ask the model.

        Raises
        ------
        HopelessError
            If the next question would get no answer, either.
        NoAnswerError
            If this one got none.
        """
        asked: list[ChatMessage] = [
            ChatMessageSystem(content=question.prompt.system),
            ChatMessageUser(content=question.prompt.user),
        ]
        try:
            output = await self.model.generate(asked, config=self.config)
        except Exception as error:  # providers raise what they like
            raise self._explained(error) from error
        return self._reply(output)

    def _reply(self, output: ModelOutput) -> Reply:
        usage = output.usage
        beside = (usage.input_tokens_cache_read, usage.input_tokens_cache_write) if usage else ()
        tokens_in = (usage.input_tokens if usage else 0) + sum(count or 0 for count in beside)
        tokens_out = usage.output_tokens if usage else 0
        return Reply(
            text=output.completion.encode("utf-8", "replace").decode(),
            stop="stop" if output.empty else _STOPS.get(output.stop_reason, "stop"),
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost=self._dollars(usage) if usage else None,
            model=output.model,
        )

    def _dollars(self, usage: ModelUsage) -> float | None:
        """Price what an answer took; without a price, as the provider says."""
        price = self.price
        if price is None:
            return usage.total_cost
        read = price.input if price.cache_read is None else price.cache_read
        write = price.input if price.cache_write is None else price.cache_write
        cost = ModelCost(
            input=price.input, output=price.output, input_cache_read=read, input_cache_write=write
        )
        return compute_model_cost(cost, usage)

    def _explained(self, error: BaseException) -> Exception:
        error = _last(error)
        status = _status(error)
        said = plain(error)
        if status in _FOR_ALL:
            return HopelessError(
                f"{self.model} answers no request (status {status}: {said}); mend that and give the same "
                "command again."
            )
        if type(error).__name__ == "AttemptTimeoutError":
            said = f"no answer within {self.timeout} seconds"
        return NoAnswerError(said)


def answer_schema(category: Category) -> ResponseSchema:
    """Give the shape of an answer, for providers that can hold a model to it."""
    quote = JSONSchema(
        type="object",
        properties={"message": JSONSchema(type="integer"), "text": JSONSchema(type="string")},
        required=["message", "text"],
        additionalProperties=False,
    )
    members = {
        "case": JSONSchema(type="string"),
        "reason": JSONSchema(type="string"),
        "quotes": JSONSchema(type="array", items=quote),
        "clause": JSONSchema(type="integer", enum=list(range(1, len(category.definition) + 1))),
        "value": JSONSchema(type="string", enum=[*category.values, DECLINES]),
    }
    return ResponseSchema(
        name="verdict",
        json_schema=JSONSchema(
            type="object",
            properties=members,
            required=list(members),
            additionalProperties=False,
        ),
        strict=True,
    )


def plain(error: BaseException) -> str:
    """Say in a line what a provider said, without Inspect's markup and without the request."""
    text = getattr(error, "provider_message", None) or str(getattr(error, "message", "") or error)
    text = " ".join(_MARKUP.sub("", str(text)).split()).removeprefix("ERROR:").strip()
    text = text or type(error).__name__
    return text if len(text) <= _TOLD else f"{text[:_TOLD]}..."


def _last(error: BaseException) -> BaseException:
    """Give the error of the last attempt, where several were made."""
    attempt = getattr(error, "last_attempt", None)
    if attempt is None:
        return error
    return attempt.exception() or error


def _status(error: BaseException | None) -> int | None:
    """Find the HTTP status of an error, or of what it came from."""
    for _ in range(5):
        if error is None:
            return None
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            return status
        error = error.__cause__
    return None
