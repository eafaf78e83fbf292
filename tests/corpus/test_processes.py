"""Reading in several processes: the same rows in the same order, and none left behind."""

import errno
import json
import os
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from allegiance.corpus import Corpus, import_paths, importing, processes, reading
from allegiance.corpus.processes import begin_reading
from allegiance.corpus.reading import Rows, Task, Told
from allegiance.errors import AllegianceError

NOW = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def files(tmp_path):
    """Seven files of very different length, one of them broken in its midst."""
    made = []
    for number, count in enumerate((3, 5000, 1, 700, 40, 2000, 9)):
        lines = [
            json.dumps({"messages": [{"role": "user", "content": f"{number}-{line} " + "x" * 300}]})
            for line in range(count)
        ]
        if number == 3:
            lines[350] = '{"messages": 3'
        made.append(tmp_path / f"{number}.jsonl")
        made[-1].write_text("\n".join(lines))
    return made


def tasks(files):
    return [Task(os.fsencode(file)) for file in files]


def children() -> set[str]:
    """Ids of the processes that this one began and that still run."""
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has ended since
            found |= set((task / "children").read_text().split())
    return found


def told_and_rows(tasks, processes):
    with begin_reading(tasks, NOW, processes) as pieces:
        return [
            (number, piece.batch.to_pylist() if isinstance(piece, Rows) else piece)
            for number, piece in pieces
        ]


def test_three_processes_give_what_one_gives_in_the_same_order(files):
    alone = told_and_rows(tasks(files), 1)
    together = told_and_rows(tasks(files), 3)
    assert together == alone
    assert [piece.skipped_count for _, piece in alone if isinstance(piece, Told)] == [
        *(0, 0, 0, 1, 0, 0, 0)
    ]


def test_what_is_read_ahead_of_its_turn_is_bounded_and_not_lost(files, monkeypatch):
    monkeypatch.setattr(processes, "_AHEAD_BYTES", 1)
    alone = told_and_rows(tasks(files), 1)
    assert told_and_rows(tasks(files), 3) == alone


def test_the_corpus_is_the_same_however_many_processes_read(shared_data, tmp_path):
    reports, digests = [], []
    for count in (1, 3):
        corpus = Corpus.open(tmp_path / str(count), create=True)
        reports.append(import_paths(corpus, [shared_data / "inspect-logs"], processes=count))
        digests.append(corpus.digest())
    assert digests[0] == digests[1]
    assert reports[0].to_dict() == reports[1].to_dict()


def test_an_archive_read_in_parts_gives_each_sample_once(shared_data, tmp_path, monkeypatch):
    log = shared_data / "inspect-logs" / "docent-sample.eval"
    whole = Corpus.open(tmp_path / "whole", create=True)
    report = import_paths(whole, [log], processes=1)
    monkeypatch.setattr(reading, "_PART_BYTES", log.stat().st_size // 5)
    assert len(reading.tasks_of(Task(os.fsencode(log)))) >= 5
    parts = Corpus.open(tmp_path / "parts", create=True)
    in_parts = import_paths(parts, [log], processes=2)
    assert report.new > 1
    assert parts.ids() == whole.ids()
    assert in_parts.to_dict() == report.to_dict()


def test_a_process_that_dies_costs_its_file_and_no_other(files, monkeypatch, tmp_path):
    deadly = (
        "import os; from allegiance.corpus import processes as p; read = p.read\n"
        "p.read = lambda task, at: os._exit(9) if task.file.name == '1.jsonl' else read(task, at)\n"
    )
    monkeypatch.setattr(processes, "_START", deadly + processes._START)
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    report = import_paths(corpus, files, processes=2)
    assert report.errors == [
        f"{files[1]} could not be read: the process that read it died (was there too little memory?)."
    ]
    assert corpus.count() == 3 + 1 + 699 + 40 + 2000 + 9


def test_a_process_that_answers_nonsense_is_not_waited_for(files, monkeypatch, tmp_path):
    nonsense = (
        "from allegiance.corpus import processes as p\n"
        "p._answer = lambda stream, piece: (p._send(stream, b'e', b'nonsense'), stream.flush())\n"
    )
    monkeypatch.setattr(processes, "_START", nonsense + processes._START)
    report = import_paths(Corpus.open(tmp_path / "corpus", create=True), files, processes=2)
    assert len(report.errors) == len(files)
    assert all("the process that read it died" in sentence for sentence in report.errors)


def test_a_machine_that_begins_no_process_is_told_of_and_not_waited_for(
    files, monkeypatch, tmp_path
):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    report = import_paths(corpus, files, processes=2)
    assert report.errors == [
        f"{file} could not be read: no process could be begun for it (No such file or directory)."
        for file in files
    ]
    assert corpus.count() == 0


def test_without_a_folder_for_temporary_files_nothing_is_imported(files, monkeypatch, tmp_path):
    def none_there():
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(importing, "TemporaryFile", none_there)
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    with pytest.raises(AllegianceError, match=r"^Nothing was imported: the folder for temporary"):
        import_paths(corpus, files)
    assert corpus.count() == 0


def test_what_an_importer_prints_does_not_get_among_the_rows(files, monkeypatch):
    chatty = (
        "import sys; from allegiance.corpus import processes as p; read = p.read\n"
        "p.read = lambda task, at: print('I read', task.file, flush=True) or read(task, at)\n"
    )
    alone = told_and_rows(tasks(files), 1)
    monkeypatch.setattr(processes, "_START", chatty + processes._START)
    assert told_and_rows(tasks(files), 2) == alone


def test_who_stops_listening_leaves_no_process_behind(files):
    before = children()
    with begin_reading(tasks(files), NOW, 3) as pieces:
        next(pieces)
        assert len(children() - before) > 1
    assert children() <= before


def test_a_script_without_a_main_guard_is_run_once(files, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from allegiance.corpus import Corpus, import_paths\n"
        f"corpus = Corpus.open({str(tmp_path / 'corpus')!r}, create=True)\n"
        f"print(import_paths(corpus, {[str(file) for file in files]!r}, processes=2).new)\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["7752"]


def test_ids_that_come_with_other_words_are_kept_apart_and_told(tmp_path):
    """The same source id twice in one file, and once more in a file that is imported later."""
    for name, answers in (("a", ["One.", "Two."]), ("b", ["Two.", "Three."])):
        lines = [json.dumps({"n": "7", "q": "Count.", "a": answer}) for answer in answers]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines))
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    mapping = ["id=n", "request=q", "output=a"]
    first = import_paths(corpus, [tmp_path / "a.jsonl"], mapping=mapping)
    assert (first.new, first.reused) == (2, 1)
    second = import_paths(corpus, [tmp_path / "b.jsonl"], mapping=mapping)
    assert (second.new, second.known, second.reused) == (1, 1, 1)
    assert sorted(corpus.table(["output"])["output"].to_pylist()) == ["One.", "Three.", "Two."]
