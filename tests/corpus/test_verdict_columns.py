"""Verdicts as columns beside the transcripts, and those of one transcript: the same as the table has."""

import math
import random

import numpy as np
import pytest

from allegiance.corpus import Corpus, Message, Verdict
from allegiance.corpus.arrow_ids import arrow_ids
from allegiance.corpus.making import transcript

CATEGORIES = ("doubts", "objects-openly")


def conversation(number: int):
    return transcript(
        source_identity=f"id:{number}",
        source_format="test",
        messages=[Message("user", f"Request {number}")],
        epoch=number % 3 or None,
    )


def verdict(identifier: str, category: str, dice: random.Random, scanner: str = "rules"):
    refused = dice.random() < 0.2
    return Verdict(
        transcript_id=identifier,
        category=category,
        scanner=scanner,
        scanner_digest=("ab" if scanner == "rules" else "cd") * 32,
        value=None if refused else dice.choice(("yes", "no")),
        score=None if refused else round(dice.random(), 2),
        status="refused" if refused else "ok",
        spans='[{"start": 0, "end": 3}]',
    )


@pytest.fixture
def corpus(tmp_path) -> Corpus:
    """60 transcripts, two scanners, and a verdict on one that is not there."""
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    corpus.add(conversation(number) for number in range(60))
    dice = random.Random(1)
    ids = corpus.ids()
    for category in CATEGORIES:  # two commits, two files
        corpus.put_verdicts(verdict(one, category, dice) for one in dice.sample(ids, 40))
    corpus.put_verdicts(
        [*(verdict(one, "doubts", dice, "judge") for one in ids), verdict("gone", "doubts", dice)]
    )
    return corpus


def test_columns_hold_what_the_table_says_at_the_place_of_each_transcript(corpus):
    columns = corpus.verdict_columns()
    ids = [one.decode() for one in corpus.query().snapshot.ids.tolist()]
    everywhere = np.arange(len(ids))
    assert len(columns.scanners) == 3
    for one in columns.scanners:
        rows = corpus.verdicts(category=one.category, scanner_digest=one.digest).to_pylist()
        assert one.verdicts == len(rows)
        said = {row["transcript_id"]: row for row in rows}
        column = columns.column(one.category, one.digest)
        for name, found in (("value", column.values), ("status", column.statuses)):
            assert found.at(everywhere) == [said.get(i, {}).get(name) for i in ids]
        scores = [None if math.isnan(score) else score for score in column.scores.tolist()]
        assert scores == [said.get(i, {}).get("score") for i in ids]
        assert column.looked.tolist() == [i in said for i in ids]


def test_a_scanner_that_said_nothing_has_a_column_of_nothing(corpus):
    column = corpus.verdict_columns().column("doubts", "00" * 32)
    assert column.values.counts() == {None: 60}
    assert not column.looked.any()


def test_columns_are_read_anew_when_verdicts_or_transcripts_are_added(corpus):
    before = corpus.verdict_columns()
    assert corpus.verdict_columns() is before
    known = {*corpus.ids()}
    corpus.add([conversation(60)])
    (new,) = {*corpus.ids()} - known
    assert len(corpus.verdict_columns().column("doubts", "ab" * 32).looked) == 61
    corpus.put_verdicts([verdict(new, "new", random.Random(2))])
    column = corpus.verdict_columns().column("new", "ab" * 32)
    assert np.flatnonzero(column.looked).tolist() == corpus.query().snapshot.places([new]).tolist()


def test_the_verdicts_of_a_few_transcripts_are_those_of_the_table(corpus):
    every = corpus.verdicts().to_pylist()
    for wanted in ([corpus.ids()[7]], corpus.ids()[:5], ["gone"], ["nobody"], []):
        found = corpus.verdicts(ids=wanted).to_pylist()
        assert _sorted(found) == _sorted(row for row in every if row["transcript_id"] in wanted)
    of_one = corpus.verdicts(category="doubts", scanner_digest="cd" * 32, ids=corpus.ids()[:1])
    assert len(of_one) == 1


def test_ids_that_begin_alike_are_not_taken_for_each_other(tmp_path):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    corpus.add([conversation(0)])
    dice = random.Random(3)
    for name in ("abcdefgh1", "abcdefgh2", "abcdefgh", "naïveté-of-an-id"):
        corpus.put_verdicts([verdict(name, "doubts", dice)])
    for name in ("abcdefgh1", "abcdefgh", "naïveté-of-an-id"):
        assert corpus.verdicts(ids=[name])["transcript_id"].to_pylist() == [name]


def test_a_verdict_that_is_added_is_found_at_once(corpus):
    one = corpus.ids()[0]
    before = len(corpus.verdicts(ids=[one]))
    corpus.put_verdicts([verdict(one, "another", random.Random(4))])
    assert len(corpus.verdicts(ids=[one])) == before + 1


def test_places_are_where_the_ids_lie(corpus):
    snapshot = corpus.query().snapshot
    ids = [one.decode() for one in snapshot.ids.tolist()]
    for wanted in (ids[::-1], ids[3:5], [ids[9], "nobody"], [*ids, "nobody"], []):
        expected = [ids.index(one) if one in ids else -1 for one in wanted]
        assert snapshot.places(wanted).tolist() == expected


def test_a_column_is_counted_by_value_and_what_is_missing_is_counted_too(corpus):
    epochs = corpus.query().snapshot.coded("epoch")
    assert epochs.counts() == {1: 20, 2: 20, None: 20}
    few = np.array([0, 1, 2])
    assert epochs.at(few) == corpus.query().snapshot.take(few, ["epoch"])["epoch"].to_pylist()


def test_ids_of_any_length_go_to_arrow_and_back():
    for ids in ([b"a" * 64, b"b" * 64], [b"a" * 64, b"short"], [b"short"], []):
        assert arrow_ids(np.array(ids, "S")).to_pylist() == [one.decode() for one in ids]


def _sorted(rows):
    return sorted(map(repr, rows))
