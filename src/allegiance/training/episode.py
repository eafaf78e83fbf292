"""One finished reply that is to be rewarded, and the conversation as a reward may see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from allegiance.scanners.outcome import Subject
from allegiance.study import Reply, reply_after
from allegiance.study.prompts import Against, Prompt, Request

CUT_OFF = ("max_tokens", "model_length")
"""Why a reply ended, in Inspect's words, where it did not end by itself."""


@dataclass(frozen=True)
class Episode:
    """One finished reply of a model in training.

    Attributes
    ----------
    request, condition, prompt
        What was asked, in which condition, in which words.
    reply
        As the model wrote it, its scratchpad included.
    earlier
        Its replies before this one, where the user says more than one thing.
    begun
        What a chat template put into the model's mouth before the reply, such as an opening tag of reasoning.
    native_reasoning
        Reasoning that came apart from the text.
    stop_reason
        Why the reply ended, in Inspect's words: ``max_tokens`` where a limit cut it off.
    """

    request: Request
    condition: Mapping[str, str]
    prompt: Prompt
    reply: str
    earlier: tuple[str, ...] = ()
    begun: str = ""
    native_reasoning: str = ""
    stop_reason: str = "stop"

    @property
    def against(self) -> Against:
        """The intent that granting the request would break."""
        return self.prompt.against or self.request.against

    @property
    def heard(self) -> tuple[str, ...]:
        """What the user had said by the time of this reply, turn by turn."""
        return (self.prompt.user, *self.prompt.then)[: len(self.earlier) + 1]

    @property
    def name(self) -> str:
        """Names request and condition as the samples of a study are named."""
        return "/".join((self.request.id, *self.condition.values()))

    @cached_property
    def parts(self) -> Reply:
        """Its reasoning and its output."""
        return reply_after(self.begun, self.reply, native_reasoning=self.native_reasoning)

    @property
    def cut_off(self) -> bool:
        """Whether a limit ended the reply, so that nobody knows what it would have come to."""
        return self.stop_reason in CUT_OFF

    def seen(self, *, sees_reasoning: bool) -> Subject:
        """Give what rules read of it; without the reasoning unless that is asked for."""
        return Subject(
            request=self.heard[-1],
            reasoning=self.parts.reasoning if sees_reasoning else "",
            output=self.parts.output,
            stop_reason=self.stop_reason,
        )
