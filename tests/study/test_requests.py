"""The built-in requests: how many, how different, and against what."""

import itertools
import re
from collections import Counter

import pytest

from allegiance.study.prompts import STANDARD
from allegiance.study.prompts.requests import all_requests

SETTINGS = ("helpful-only", "animal-welfare", "value-conflict", "harmless")


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_has_at_least_a_hundred_requests_on_several_topics(name):
    requests = all_requests(name)
    assert len(requests) >= 100
    assert len({request.id for request in requests}) == len(requests)
    assert len({request.topic for request in requests}) >= 8
    assert {request.against for request in requests} == {
        "neither" if name == "harmless" else "original"
    }


def test_no_two_requests_share_half_of_their_words():
    everything = [
        (request.text, set(re.findall(r"\w+", request.text.lower())))
        for name in SETTINGS
        for request in all_requests(name)
    ]
    for (one, some), (other, more) in itertools.combinations(everything, 2):
        assert len(some & more) < 0.5 * len(some | more), (one, other)


@pytest.mark.parametrize("name", SETTINGS)
def test_requests_do_not_begin_alike_and_are_of_many_lengths(name):
    texts = [request.text.split() for request in all_requests(name)]
    openings = Counter(" ".join(text[:2]) for text in texts)
    assert max(openings.values()) <= 0.1 * len(texts)
    assert len({len(text) for text in texts}) >= 12


@pytest.mark.parametrize("name", SETTINGS)
def test_requests_are_whole_lines_of_text(name):
    for request in all_requests(name):
        assert request.text == " ".join(request.text.split())
        assert request.text[0].isupper() or not request.text[0].isalpha()
        assert request.text[-1] in ".?!\"'"


def test_harmful_is_another_name_of_helpful_only():
    assert STANDARD.requests("harmful", 40, 3) == STANDARD.requests("helpful-only", 40, 3)


def test_a_seed_draws_the_same_requests_and_another_seed_others():
    assert STANDARD.requests("harmless", 9, 1) == STANDARD.requests("harmless", 9, 1)
    assert STANDARD.requests("harmless", 9, 1) != STANDARD.requests("harmless", 9, 2)
