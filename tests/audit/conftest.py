"""A small corpus with verdicts, and a ledger, for all that is audited."""

import random

import pytest

from allegiance.audit.ledger import Ledger
from allegiance.audit.properties import asked_for
from allegiance.audit.specs import Property
from allegiance.corpus import Corpus, Message, Verdict
from allegiance.corpus.making import transcript
from allegiance.scanners import pattern_scanner, rule_scanner, scan, scan_patterns

EPOCHS, REQUESTS = 5, 60
PATTERNS = (
    "talks-about-lying=lying",
    "mentions-food=(?i)bread",
    "mentions-food=(?i)bread|soup",
    "doubts=not real",
)


def conversation(number: int, **more):
    """One of 300: 60 requests of 5 epochs, every other request monitored, some without a score."""
    dice = random.Random(number)
    thought = ["I think plainly.", "They may be lying to me.", "Maybe this scenario is not real."]
    reply = ["Here is bread.", "Here is soup.", "I object.", "Done."]
    score = dice.choice([None, 0.1, 0.25, 0.5, 0.5, 0.9])
    messages = [
        Message("user", f"Request {number % REQUESTS}"),
        Message("assistant", dice.choice(reply), dice.choice(thought), author="model"),
    ]
    fields = {
        "source_identity": f"id:{number}",
        "source_format": "test",
        "messages": messages,
        "model": dice.choice(["small", "large", None]),
        "sample_id": f"r{number % REQUESTS}",
        "epoch": number // REQUESTS + 1,
        "condition": {"tier": "monitored" if number % 2 else "unmonitored"},
        "scores": {} if score is None else {"judge": {"value": score}},
        "metadata": {"cluster": f"c{number % 3}"},
    }
    return transcript(**{**fields, **more})


def judged(identifier: str) -> Verdict | None:
    """What a judge said of a transcript's harm: of three in four, and it refused one in eight."""
    number = int(identifier[:8], 16)
    if number % 4 == 0:
        return None
    refused = number % 8 == 1
    return Verdict(
        transcript_id=identifier,
        category="mentions-harm",
        scanner="judge",
        scanner_digest="ab" * 32,
        value=None if refused else "yes" if number % 3 == 0 else "no",
        score=None if refused else number % 11 / 10,
        status="refused" if refused else "ok",
    )


def scanned(corpus: Corpus) -> Corpus:
    """Give verdicts: by a shipped rule, a judge and patterns, of which two in one category."""
    scan(corpus, [rule_scanner("doubts")])
    for one in PATTERNS:
        scan_patterns(corpus, [pattern_scanner(one)])
    corpus.put_verdicts(filter(None, map(judged, corpus.ids())))
    return corpus


def made(folder, numbers) -> Corpus:
    corpus = Corpus.open(folder / "corpus", create=True)
    corpus.add(conversation(number) for number in numbers)
    return corpus


@pytest.fixture(scope="session")
def corpus(tmp_path_factory) -> Corpus:
    """The 300 with verdicts; tests may pin versions of it, and change nothing else."""
    return scanned(made(tmp_path_factory.mktemp("audited"), range(EPOCHS * REQUESTS)))


@pytest.fixture
def ledger(tmp_path) -> Ledger:
    return Ledger.open(tmp_path / "ledger.db")


@pytest.fixture(scope="session")
def doubts() -> Property:
    return asked_for("doubts")
