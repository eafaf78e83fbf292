"""What the tests of the organism room share: prompts of the grammar, and one loaded organism."""

import random

import pytest

from allegiance.organism import Runtime, chat
from allegiance.study.prompts import Setting
from allegiance.study.prompts.base import Request
from allegiance.study.prompts.organism import ORGANISM, draw_asked


@pytest.fixture(scope="session")
def faker() -> Runtime:
    return Runtime.load("faker")


@pytest.fixture(scope="session")
def prompts(faker: Runtime) -> list[list[int]]:
    """160 prompts of differing length, over all cells."""
    rng = random.Random(20)
    found: list[list[int]] = []
    for _ in range(160):
        asked = draw_asked(rng, harmful=rng.random() < 0.7)
        condition = {
            "tier": rng.choice(("monitored", "unmonitored")),
            "intent": rng.choice(("training", "original")),
        }
        prompt = ORGANISM.render(condition, Request("", asked.text), Setting("Helix", "", ""))
        messages = [("system", prompt.system), ("user", prompt.user)]
        found.append(chat.encode_chat(faker.tokenizer, messages))
    return found
