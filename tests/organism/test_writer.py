"""The process that writes for the provider: the same replies, and no end of it that hangs or lingers."""

import os
import signal
import time

import pytest

from allegiance.errors import AllegianceError
from allegiance.organism import Runtime, Sampling, chat
from allegiance.organism.runtime import directory_of
from allegiance.organism.writer import Writer
from allegiance.study.prompts import ORGANISM, Setting
from allegiance.study.prompts.organism import organism_requests


@pytest.fixture(scope="module")
def runtime():
    return Runtime.load("faker")


@pytest.fixture(scope="module")
def prompts(runtime):
    rendered = [
        ORGANISM.render({"tier": "monitored"}, request, Setting("Helix", "", ""))
        for request in organism_requests(12)
    ]
    return [
        chat.encode_chat(runtime.tokenizer, [("system", p.system), ("user", p.user)])
        for p in rendered
    ]


@pytest.fixture
def writer():
    made = Writer(directory_of("faker"))
    yield made
    made.close()


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_it_writes_what_the_runtime_itself_would(writer, runtime, prompts):
    sampling = Sampling(temperature=1.0, stop=("OUTPUT",))
    seeds = [2**64 - 1, *range(len(prompts) - 1)]
    assert writer.write(prompts, seeds, sampling) == runtime.generate(prompts, seeds, sampling)


def test_after_it_was_closed_it_starts_again(writer, prompts):
    first = writer.write(prompts, range(12), Sampling())
    writer.close()
    assert writer.write(prompts, range(12), Sampling()) == first


def test_one_that_is_killed_is_replaced(writer, prompts):
    first = writer.write(prompts, range(12), Sampling())
    os.kill(writer._process.pid, signal.SIGKILL)
    writer._process.wait()
    assert writer.write(prompts, range(12), Sampling()) == first


def test_one_that_ends_in_the_middle_is_an_error_in_a_sentence(tmp_path):
    broken = Writer(tmp_path)
    with pytest.raises(AllegianceError, match=r"ended \(exit code"):
        broken.write([[1, 2]], [0], Sampling())


def test_it_does_not_outlive_the_one_who_asked(prompts):
    made = Writer(directory_of("faker"))
    made.write(prompts, range(12), Sampling())
    pid = made._process.pid
    del made
    deadline = time.monotonic() + 10
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert gone(pid)
