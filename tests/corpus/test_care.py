"""Versions, tags, compaction and what a corpus says of itself."""

import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from datetime import timedelta
from itertools import pairwise

import lance
import pytest

from allegiance.corpus import Corpus, Verdict, care, dataset
from allegiance.corpus.care import Version
from allegiance.errors import AllegianceError, UsageError

NOW = timedelta(0)


@pytest.fixture(params=["folder", "bucket"])
def corpus(request, tmp_path) -> Corpus:
    if request.param == "folder":
        return Corpus.open(tmp_path / "corpus", create=True)
    return Corpus.open(request.getfixturevalue("object_store").url + "/corpus", create=True)


@pytest.fixture
def folder_corpus(tmp_path) -> Corpus:
    return Corpus.open(tmp_path / "corpus", create=True)


def rows_of(corpus):
    return corpus.table().sort_by("transcript_id").to_pylist()


def test_versions_say_when_and_what_changed(corpus, make):
    corpus.add([make("a"), make("b")])
    corpus.add([make("a", scores={"s": 1})], update=True)
    corpus.add([make("c", condition={"tier": "monitored"})])
    corpus.tag("now")
    found = corpus.versions()
    assert [version.version for version in found] == list(range(1, len(found) + 1))
    assert [(v.transcripts, v.more, v.change) for v in found] == [
        (0, 0, "made"),
        (0, 0, "indexed"),
        (2, 2, "added"),
        (2, 0, "replaced and added"),
        (2, 0, "columns added"),
        (3, 1, "added"),
    ]
    assert found[-1].tags == ("now",)
    assert all(one.at <= other.at for one, other in pairwise(found))
    assert isinstance(found[0], Version)
    assert found[-1].version == corpus.version


def test_a_pinned_version_outlives_imports_compaction_and_cleanup(corpus, make):
    corpus.add([make("a"), make("b", condition={"tier": "monitored"})])
    pinned, digest, rows = corpus.tag("paper"), corpus.digest(), rows_of(corpus)
    for number in range(4):
        corpus.add([make(f"id:{number}"), make("a", scores={"s": number})], update=True)
    before = corpus.digest()
    done = corpus.compact(NOW)["transcripts"]
    assert done.versions_removed > 0
    assert done.versions_kept == (pinned, corpus.version)
    assert corpus.at("paper").digest() == corpus.at(pinned).digest() == digest
    assert rows_of(corpus.at("paper")) == rows
    assert corpus.digest() == before
    assert corpus.add([make("later")]).new == 1
    assert corpus.at("paper").count() == 2
    corpus.untag("paper")
    corpus.compact(NOW)
    with pytest.raises(UsageError, match=f"There is no version {pinned}"):
        corpus.at(pinned)


def test_a_tag_stays_where_it_is(corpus, make):
    corpus.add([make("a")])
    first = corpus.tag("x")
    assert corpus.tag("x") == first  # again is no mistake
    corpus.add([make("b")])
    with pytest.raises(UsageError, match=f"tag x is on version {first} already"):
        corpus.tag("x")
    assert corpus.tag("y", first) == first
    assert corpus.tags() == {"x": first, "y": first}
    with pytest.raises(UsageError, match="There is no version 99"):
        corpus.tag("z", 99)
    with pytest.raises(UsageError, match="no tag 'z'; there are: x, y"):
        corpus.untag("z")
    with pytest.raises(UsageError, match="no tag 'z'"):
        corpus.at("z")
    for name in ("", "1st", "a b", "a/b", "ü", "x" * 101):
        with pytest.raises(UsageError, match="can't be a tag"):
            corpus.tag(name)


def test_a_corpus_without_transcripts_has_no_versions(corpus):
    assert (corpus.versions(), corpus.tags()) == ([], {})
    assert corpus.compact() == {"transcripts": None, "verdicts": None}
    assert corpus.info().transcripts == 0
    assert corpus.verify().whole
    with pytest.raises(AllegianceError, match="no transcripts in"):
        corpus.tag("x")
    assert not corpus.location.exists()


def test_compaction_merges_files_and_changes_no_row(corpus, make):
    for number in range(4):
        corpus.add([make(f"id:{number}", condition={f"f{number}": "x"}, epoch=number)])
    corpus.put_verdicts([verdict(name) for name in corpus.ids()])
    rows, digest = rows_of(corpus), corpus.digest()
    said = corpus.verdicts().sort_by("transcript_id").to_pylist()
    done = corpus.compact(NOW)
    assert (done["transcripts"].files_before, done["transcripts"].files_after) == (4, 1)
    assert done["transcripts"].bytes_freed > 0
    assert len(corpus.versions()) == 1
    assert rows_of(corpus) == rows
    assert corpus.digest() == digest
    assert corpus.verdicts().sort_by("transcript_id").to_pylist() == said
    assert corpus.add([make("id:0", condition={"f0": "x"}, epoch=0)]).known == 1
    assert corpus.verify().whole


def test_files_stay_small_enough_to_find_one_row_in(folder_corpus, make, monkeypatch):
    monkeypatch.setattr(dataset, "FRAGMENT_ROWS", 20)
    monkeypatch.setattr(care, "FRAGMENT_ROWS", 20)
    for numbers in (range(35), range(35, 50), range(50, 65), range(65, 80)):
        folder_corpus.add([make(f"id:{number}") for number in numbers])
    rows = rows_of(folder_corpus)
    stored = folder_corpus._transcripts.latest()
    assert [fragment.count_rows() for fragment in stored.get_fragments()] == [20, 15, 15, 15, 15]
    assert stored.data_storage_version == "2.1"
    folder_corpus.compact(NOW)
    merged = folder_corpus._transcripts.latest().get_fragments()
    assert all(20 <= fragment.count_rows() < 40 for fragment in merged)
    assert rows_of(folder_corpus) == rows


def test_a_file_ends_before_it_takes_much_memory(folder_corpus, make, monkeypatch):
    monkeypatch.setattr(dataset, "FRAGMENT_BYTES", 100_000)
    letters = random.Random(5)
    texts = ["".join(letters.choices("abcdefgh ", k=20_000)) for _ in range(60)]
    # Counted is what has been written, and a column is written by some eight megabytes.
    folder_corpus.add(make(f"id:{number}", text) for number, text in enumerate(texts * 25))
    assert len(folder_corpus._transcripts.latest().get_fragments()) > 1
    assert folder_corpus.count() == 25 * 60


def test_versions_that_are_not_old_enough_stay(folder_corpus, make):
    folder_corpus.add([make("a")])
    folder_corpus.add([make("b")])
    before = len(folder_corpus.versions())
    done = folder_corpus.compact()["transcripts"]
    assert done.versions_removed == 0
    assert len(done.versions_kept) >= before


def test_compaction_brings_indexes_up_to_date(folder_corpus, make):
    folder_corpus.add([make("a", "A word."), make("b", "Another.")])
    folder_corpus.index()
    folder_corpus.add([make("c", "A last word.")])
    assert {index.unindexed for index in folder_corpus.info().indexes} == {1}
    folder_corpus.compact(NOW)
    found = {index.column: index for index in folder_corpus.info().indexes}
    assert {(index.rows, index.unindexed) for index in found.values()} == {(3, 0)}
    assert found["text"].kind == "inverted"
    assert found["transcript_id"].kind == "btree"
    assert folder_corpus.index_state().missing == 0
    assert all(index.bytes > 0 for index in found.values())
    words = folder_corpus.search("word").table(["source_identity"])
    assert sorted(words["source_identity"].to_pylist()) == ["a", "c"]


def test_compaction_builds_no_index_that_was_not_asked_for(folder_corpus, make):
    folder_corpus.add([make("a")])
    folder_corpus.compact(NOW)
    assert folder_corpus.index_state().indexed == 0
    assert folder_corpus.search("yes").count() == 1


def test_a_writer_keeps_compaction_waiting(folder_corpus, make):
    folder_corpus.add([make("a")])
    impatient = Corpus.open(folder_corpus.path, patience=0.1)
    with folder_corpus.adding(), pytest.raises(AllegianceError, match="is writing to"):
        impatient.compact()


COMPACT = textwrap.dedent(
    """
    import sys
    from datetime import timedelta
    from allegiance.corpus import Corpus
    corpus = Corpus.open(sys.argv[1])
    print("ready", flush=True)
    corpus.compact(timedelta(0))
    """
)


def test_compaction_killed_at_any_moment_loses_nothing(folder_corpus, make):
    dice = random.Random(20260102)
    for number in range(12):
        folder_corpus.add([make(f"{number}:{n}", "word " * 2000) for n in range(20)])
    rows, digest = rows_of(folder_corpus), folder_corpus.digest()
    killed = 0
    for round_ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", COMPACT, str(folder_corpus.path)], stdout=subprocess.PIPE
        )
        process.stdout.readline()
        time.sleep(dice.uniform(0.0, 0.12))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed += process.returncode == -signal.SIGKILL
        assert folder_corpus.digest() == digest
        assert rows_of(folder_corpus) == rows
        folder_corpus.add([make(f"more:{round_}")])
        rows, digest = rows_of(folder_corpus), folder_corpus.digest()
    assert killed > 0
    folder_corpus.compact(NOW)
    assert rows_of(folder_corpus) == rows
    assert folder_corpus.verify().whole


def test_imports_and_compactions_at_once_lose_nothing(corpus, make):
    corpus.add([make("first")])
    other = Corpus.open(corpus.location, patience=120)
    problems = []

    def compact():
        try:
            for _ in range(3):
                other.compact(NOW)
        except BaseException as error:
            problems.append(error)

    thread = threading.Thread(target=compact)
    thread.start()
    writer = Corpus.open(corpus.location, patience=120)
    for number in range(5):
        writer.add([make(f"id:{number}")])
    thread.join()
    assert problems == []
    assert corpus.count() == 6
    assert corpus.verify().whole


def test_info_counts_what_is_there(corpus, make):
    corpus.add(
        [
            make("a", model="m", task="t", condition={"tier": "monitored", "clause": "silent"}),
            make("b", model="m", condition={"tier": "monitored", "clause": "silent"}),
            make("c", model="n", condition={"tier": "unmonitored"}, error="broke"),
        ]
    )
    corpus.add([make("d", source_format="other")])
    corpus.put_verdicts([verdict(corpus.ids()[0])])
    corpus.tag("x")
    found = corpus.info()
    assert (found.transcripts, found.verdicts, found.errors) == (4, 1, 1)
    assert found.source_formats == {"test": 3, "other": 1}
    assert found.models == {"m": 2, "n": 1, "unknown": 1}
    assert found.tasks == {"unknown": 3, "t": 1}
    assert found.factors == {
        "tier": {"monitored": 2, "unmonitored": 1},
        "clause": {"silent": 2},
    }
    assert sorted((sorted(cell.items()), n) for cell, n in found.conditions) == [
        ([], 1),
        ([("clause", "silent"), ("tier", "monitored")], 2),
        ([("tier", "unmonitored")], 1),
    ]
    assert found.digest == corpus.digest()
    assert (found.version, found.versions) == (corpus.version, len(corpus.versions()))
    assert found.tags == {"x": corpus.version}
    assert found.first_import < found.last_import
    times = corpus.table(["imported_at"])["imported_at"].to_pylist()
    assert (found.first_import, found.last_import) == (min(times), max(times))


def test_sizes_on_disk_add_up_to_the_files(corpus, make):
    corpus.add([make("a", "word " * 5000), make("b", "other " * 5000)])
    corpus.add([make("a", "word " * 5000, scores={"s": 1})], update=True)
    found = corpus.info().bytes
    sizes = corpus.location.sizes()
    assert sum(found.values()) == sum(
        size
        for path, size in sizes.items()
        if path.startswith(("transcripts.lance/", "verdicts.lance/"))
    )
    assert found["messages"] > 0
    assert found["searched text"] > 30_000
    assert found["verdicts"] == found["events"] == 0


def test_a_corpus_from_before_a_column_existed_opens_and_gets_it_with_the_next_write(
    folder_corpus, make, tmp_path
):
    folder_corpus.add([make("a", attempt="x"), make("b")])
    table = folder_corpus.table().drop_columns(["events", "attempt", "provenance", "limited_by"])
    old = tmp_path / "old"
    lance.write_dataset(table, str(old / "transcripts.lance"))
    corpus = Corpus.open(old)
    assert corpus.digest() == folder_corpus.digest()
    assert corpus.get(corpus.ids()[0]).events is None
    assert corpus.info().transcripts == 2
    assert corpus.verify(processes=1).whole
    assert "events" not in corpus.columns
    assert corpus.add([make("b"), make("c")]).new == 1
    assert set(folder_corpus.columns) == set(corpus.columns)
    assert corpus.table(["events"])["events"].null_count == 3
    assert corpus.verify(processes=1).whole


def verdict(transcript_id: str) -> Verdict:
    return Verdict(
        transcript_id=transcript_id,
        category="outcome",
        scanner="rules",
        scanner_digest="0" * 64,
        value="complied",
    )


def test_the_store_does_not_merge_what_was_pinned_into_what_is_read(folder_corpus, make):
    """A table read at a version is what pyarrow reads of that version's files."""
    folder_corpus.add([make("a")])
    version = folder_corpus.tag("x")
    folder_corpus.add([make("b")])
    direct = lance.dataset(str(folder_corpus.path / "transcripts.lance"), version=version)
    assert direct.to_table().equals(folder_corpus.at("x").table())
