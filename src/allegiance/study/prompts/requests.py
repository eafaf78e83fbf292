"""Built-in requests for real models: sets of sentences in YAML, by topic, in `study/requests/`.

Each set belongs to a setting with its two intents. They are mild in content: somebody who granted one would do little
harm, and nobody learns from one how to do more. The harmless ones show whether a model that declines does so for a
reason.
"""

import random
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

from allegiance.study.prompts.base import Against, Request

SETS: Mapping[str, tuple[str, Against]] = {
    "helpful-only": ("helpful-only", "original"),
    "animal-welfare": ("animal-welfare", "original"),
    "value-conflict": ("value-conflict", "original"),
    "harmless": ("harmless", "neither"),
    "harmful": ("helpful-only", "original"),  # the name that the organisms' requests have
}
"""For each name of a set the file that holds it, and the intent that its requests go against."""

_FOLDER = files("allegiance.study").joinpath("requests")


@cache
def all_requests(name: str) -> tuple[Request, ...]:
    """Give every request of a built-in set, in the order of its file; ids name their places in it.

    Raises
    ------
    KeyError
        Where there is no such set.
    """
    file, against = SETS[name]
    topics: Mapping[str, list[str]] = yaml.safe_load(
        _FOLDER.joinpath(f"{file}.yaml").read_text(encoding="utf-8")
    )
    listed = [(topic, text) for topic, texts in topics.items() for text in texts]
    return tuple(
        Request(f"{file}-{i:03d}", text, against, topic) for i, (topic, text) in enumerate(listed)
    )


def requests_of(name: str, n: int, seed: int) -> list[Request]:
    """Draw ``n`` requests of a built-in set, the same ones for the same seed; fewer where it has fewer."""
    listed = list(all_requests(name))
    random.Random(f"{seed}/{SETS[name][0]}").shuffle(listed)
    return listed[:n]
