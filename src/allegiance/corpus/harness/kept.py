"""What is known of a harness: what it asked, with which settings, and what read the replies."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One prompt of a harness, and what came back in every epoch.

    Attributes
    ----------
    id, request_id
        As the harness names the prompt, and its request.
    condition
        Factor to level; empty where there is none.
    request
        The words of the request alone, where they are known.
    system
        The system text; None where there is no such message.
    shots
        Exchanges that were put in front, as role and text.
    user
        The message that the model replied to first.
    later
        What the user said after that.
    replies
        What the model said last, once an epoch.
    """

    id: str
    request_id: str
    condition: Mapping[str, str] = field(default_factory=dict[str, str])
    request: str | None = None
    system: str | None = None
    shots: tuple[tuple[str, str], ...] = ()
    user: str = ""
    later: tuple[str, ...] = ()
    replies: tuple[str, ...] = ()

    @cached_property
    def prompt(self) -> str:
        """Every word that is not the model's."""
        shots = [text for _, text in self.shots]
        return "\n".join([self.system or "", *shots, self.user, *self.later])


@dataclass(frozen=True)
class Harness:
    """One harness, as far as it is known: what is not is None, and compared with nothing.

    Attributes
    ----------
    name, form
        Where it was read from, and what that is.
    model, model_args
        Who was asked.
    settings
        Of generation, and limits, by Inspect's names.
    solvers, scorers
        What asked and what scored, by name, with what they were given.
    parser, instruments
        Digests of what reads replies.
    epochs
        How often each prompt was asked.
    versions
        Of software and task.
    asked
        Every prompt.
    notes
        What has to be said of it: a log that is cut off, prompts left out.
    """

    name: str
    form: str
    model: str | None = None
    model_args: Mapping[str, Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    solvers: tuple[str, ...] | None = None
    scorers: tuple[str, ...] | None = None
    parser: str | None = None
    instruments: Mapping[str, str] | None = None
    epochs: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict[str, str])
    asked: tuple[Asked, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def replies(self) -> tuple[str, ...]:
        """Every reply, in order."""
        return tuple(reply for one in self.asked for reply in one.replies)
