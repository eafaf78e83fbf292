"""Corpora and transcripts for tests."""

from pathlib import Path

import pytest

from allegiance.corpus.making import transcript
from allegiance.corpus.schema import Message, Transcript
from allegiance.corpus.store import Corpus


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus.open(tmp_path / "corpus", create=True)


@pytest.fixture
def make():
    """Make a transcript of one question and one answer."""

    def _make(identity: str, answer: str = "Yes.", **fields) -> Transcript:
        messages = [Message("user", "Well?"), Message("assistant", answer, author="model")]
        fields.setdefault("source_format", "test")
        return transcript(source_identity=identity, messages=messages, **fields)

    return _make
