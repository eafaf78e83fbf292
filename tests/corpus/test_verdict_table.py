"""The verdict table: one row a transcript, category and scanner."""

import multiprocessing

import pyarrow as pa
import pytest

from allegiance.corpus.arrow import verdicts_batch
from allegiance.corpus.schema import Verdict
from allegiance.corpus.store import Corpus


def verdict(transcript: str, category: str = "outcome", digest: str = "d1", **fields) -> Verdict:
    fields.setdefault("value", "refused")
    return Verdict(
        transcript_id=transcript,
        category=category,
        scanner="rules",
        scanner_digest=digest,
        **fields,
    )


def test_the_same_key_is_kept_once_and_first(corpus):
    assert corpus.put_verdicts([verdict("a"), verdict("a", value="complied")]) == 1
    assert corpus.put_verdicts([verdict("a", value="partial"), verdict("b")]) == 1
    rows = {row["transcript_id"]: row["value"] for row in corpus.verdicts().to_pylist()}
    assert rows == {"a": "refused", "b": "refused"}


def test_another_scanner_or_category_is_another_verdict(corpus):
    put = corpus.put_verdicts(
        [verdict("a"), verdict("a", digest="d2"), verdict("a", category="doubt")]
    )
    assert put == 3
    assert corpus.verdicts("outcome").num_rows == 2
    assert corpus.verdicts("outcome", "d2").num_rows == 1


def test_columns_are_kept_as_the_same_verdicts_one_by_one_would_be(corpus, tmp_path):
    one_by_one = Corpus.open(tmp_path / "other", create=True)
    first = [
        verdict("a", score=0.5, detail='{"reason":"x"}'),
        verdict("b", digest="d2", value=None),
    ]
    then = [
        verdict("a", value="complied"),
        verdict("b"),
        verdict("b", digest="d2"),
        verdict("c", "doubt"),
    ]
    for rows in (first, then, then):
        put = corpus.put_verdict_columns(pa.Table.from_batches([verdicts_batch(rows)]))
        assert put == one_by_one.put_verdicts(rows)

    def said(of):
        rows = of.verdicts().drop_columns(["created_at"]).to_pylist()
        return sorted(
            rows, key=lambda row: (row["transcript_id"], row["category"], row["scanner_digest"])
        )

    assert said(corpus) == said(one_by_one)
    assert said(corpus)[0]["value"] == "refused"


def test_verdicts_are_found_by_transcript(corpus):
    corpus.put_verdicts(verdict(f"t{n}") for n in range(50))
    found = corpus.verdicts("outcome", ids={"t3", "t49", "not there"})
    assert sorted(found["transcript_id"].to_pylist()) == ["t3", "t49"]
    assert corpus.verdicts(ids=[]).num_rows == 0


def test_a_missing_value_keeps_its_reason(corpus):
    corpus.put_verdicts([verdict("a", value=None, status="refused", spans='[{"start":0,"end":3}]')])
    (row,) = corpus.verdicts().to_pylist()
    assert (row["value"], row["status"], row["spans"]) == (None, "refused", '[{"start":0,"end":3}]')
    assert row["created_at"] is not None


def test_no_verdicts_are_an_empty_table(corpus):
    assert corpus.verdicts().num_rows == 0
    assert "scanner_digest" in corpus.verdicts().schema.names


def test_a_scan_that_fails_stores_nothing(corpus):
    def failing():
        yield verdict("a")
        raise RuntimeError("the judge went away")

    with pytest.raises(RuntimeError):
        corpus.put_verdicts(failing())
    assert corpus.verdicts().num_rows == 0


def test_scanners_at_the_same_time_lose_nothing(corpus):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        put = pool.starmap(_put, [(corpus.path, digest) for digest in ("d1", "d2", "d1", "d2")])
    assert sum(put) == corpus.verdicts().num_rows == 200


def _put(path, digest: str) -> int:
    return Corpus.open(path, create=True).put_verdicts(
        verdict(f"t{n}", digest=digest) for n in range(100)
    )
