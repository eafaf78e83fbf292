"""What a run keeps of its harness: digests of every prompt as it was rendered, settings, and versions."""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from inspect_ai.dataset import Sample
from inspect_ai.model import ChatMessage, ChatMessageSystem, ChatMessageUser

from allegiance import __version__
from allegiance.study import Study
from allegiance.study.fields import Generation
from allegiance.study.prompts import Prompt
from allegiance.study.reply import parser_digest

HARNESS = "harness"
"""Where a task's metadata keeps it."""
PROMPT_DIGEST = "prompt_digest"
"""Where a sample's metadata keeps the digest of its own prompt."""


def messages(prompt: Prompt, generation: Generation) -> list[ChatMessage]:
    """Give the first messages of a conversation, with the system text where the study wants it."""
    if generation.system == "user":
        return [ChatMessageUser(content=f"{prompt.system}\n\n{prompt.user}")]
    return [ChatMessageSystem(content=prompt.system), ChatMessageUser(content=prompt.user)]


def prompt_digest(prompt: Prompt) -> str:
    """SHA-256 over the words of one conversation that are not the model's, in hexadecimal."""
    words = [prompt.system, prompt.user, *prompt.then]
    return hashlib.sha256(json.dumps(words).encode()).hexdigest()


def harness(
    study: Study, samples: Iterable[Sample], instruments: Mapping[str, str]
) -> dict[str, Any]:
    """Describe what a run is made with, so that two runs can be told apart by what they are made with.

    Parameters
    ----------
    samples
        Of the task, in order.
    instruments
        Digests of what reads the replies besides the parser, by name.
    """
    digests = [str((sample.metadata or {}).get(PROMPT_DIGEST)) for sample in samples]
    generation = study.generation
    return {
        "rendered_prompts": {
            "n": len(digests),
            "digest": hashlib.sha256("\n".join(digests).encode()).hexdigest(),
        },
        "generation": generation.model_dump(mode="json"),
        "parser_digest": parser_digest(),
        "instruments": dict(instruments),
        "software": {
            "allegiance": __version__,
            "inspect_ai": version("inspect_ai"),
            "python": platform.python_version(),
        },
    }
