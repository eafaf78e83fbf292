"""The corpus benchmark: it measures what it says, compares what is found, and its page is its record."""

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from tests.conftest import ROOT

from allegiance.corpus import Corpus, import_paths
from benchmarks import corpus as benchmark
from benchmarks.corpus_studies import figure, importing, logs, page, process, short
from benchmarks.corpus_studies.rows import Findings, Row

SCRIPT = ROOT / "benchmarks" / "corpus.py"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with one log of five samples by Inspect."""

    def answers() -> Iterator[ModelOutput]:
        for number in range(5):
            output = ModelOutput.from_content("mockllm/model", f"Answer {number}: naïve ☂.")
            output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
            yield output

    target = tmp_path_factory.mktemp("made") / "logs"
    samples = [Sample(id=number, input=f"Request {number}") for number in range(5)]
    model = get_model("mockllm/model", custom_outputs=answers())
    (log,) = eval(
        Task(dataset=MemoryDataset(samples)),
        model=model,
        log_dir=str(target),
        display="none",
        log_format="eval",
    )
    assert log.status == "success"
    return target


def read(file: Path):
    return read_eval_log(str(file)).samples or []


def run_script(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=900)


def test_the_quick_run_of_short_transcripts_finds_equal_results(tmp_path):
    written = tmp_path / "found.json"
    done = run_script("--quick", "--only", "short", "--work", tmp_path / "work", "--json", written)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(written.read_text(encoding="utf-8"))
    rows = {row["key"]: row for row in found["rows"]}
    assert rows["short-import"]["ratio"] > 0
    assert all(check["equal"] for check in found["checks"])
    assert found["machine"]["processors"] >= 1


def test_imports_by_this_program_inspect_and_scout_hold_the_same(folder, tmp_path):
    places = importing.Places(tmp_path / "corpus", tmp_path / "scout")
    many = logs.multiplied(folder, 2)
    found = importing.measure(importing.Logs(folder, folder, many), places, 1, weigh_peers=False)
    assert [check for check in found.checks if not check.equal] == []
    rows = {row.key: row for row in found.rows}
    assert rows["import-inspect"].more["peer_samples"] == 5
    assert rows["memory"].ours > 50  # Python and pyarrow alone take more
    assert rows["memory-growth"].what.startswith("the same at 10 samples")


def test_without_a_generator_the_logs_are_left_out_and_that_is_said(tmp_path):
    found = benchmark.measure(
        benchmark.QUICK, tmp_path / "work", tmp_path / "none.py", ("import", "search")
    )
    assert found.rows == []
    assert "none.py is not there" in found.left_out[0]


def test_a_generator_that_fails_leaves_no_logs_that_the_next_run_would_take(tmp_path):
    generator = tmp_path / "generator.py"
    generator.write_text("raise SystemExit(3)")
    with pytest.raises(subprocess.CalledProcessError):
        logs.made(tmp_path, generator, 2, 3)
    assert not logs.there(tmp_path, 2, 3)


def test_too_few_logs_are_refused_with_the_folder_to_delete(tmp_path):
    generator = tmp_path / "generator.py"
    generator.write_text("")
    with pytest.raises(RuntimeError, match=r"logs-2x3 holds 0 logs and not 2; delete it"):
        logs.made(tmp_path, generator, 2, 3)


def test_a_log_written_ten_times_says_the_same_each_time_under_other_ids(folder):
    (log,) = folder.glob("*.eval")
    copies = sorted(logs.multiplied(folder, 3).glob("*.eval"))
    words = [[m.text for sample in read(copy) for m in sample.messages] for copy in copies]
    assert words == [[m.text for sample in read(log) for m in sample.messages]] * 3
    uuids = {sample.uuid for copy in copies for sample in read(copy)}
    assert len(uuids) == 15
    assert len({read_eval_log(str(copy), header_only=True).eval.eval_id for copy in copies}) == 3


def test_copies_under_other_ids_are_other_transcripts_to_an_import(folder, tmp_path):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    report = import_paths(corpus, [logs.multiplied(folder, 3)])
    assert (report.new, report.known, report.superseded) == (15, 0, 0)


def test_a_log_cut_short_is_a_whole_log_of_fewer_samples(folder):
    (log,) = folder.glob("*.eval")
    (cut,) = logs.shortened(folder, 2).glob("*.eval")
    assert [s.uuid for s in read(cut)] == [s.uuid for s in read(log)][:2]
    assert read_eval_log(str(cut)).status == "success"


def test_memory_of_a_process_that_a_job_starts_is_counted():
    held = "import time; held = bytearray(b'x') * 150_000_000; time.sleep(1)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {held!r}])"
    peak, measure = process.weight(subprocess.Popen([sys.executable, "-c", parent]))
    assert 150 < peak < 300
    assert measure == ("PSS" if sys.platform == "linux" else "RSS")


def test_a_job_that_fails_is_told_with_its_last_lines(tmp_path):
    with pytest.raises(RuntimeError, match=r"(?s)ours:read_back ended with 1.*no corpus"):
        process.run("ours:read_back", corpus=tmp_path / "nowhere")


def test_a_ratio_says_how_many_times_as_good_whichever_way_the_figure_goes():
    assert Row("k", "w", 2, "s", "peer", 8).ratio == 4
    assert Row("k", "w", 8, "MB/s", "peer", 2, better="more").ratio == 4
    assert Row("k", "w", 8, "MB/s").ratio is None


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (Row("k", "w", 2, "s", "peer", 16, aim=8), True),
        (Row("k", "w", 2, "s", "peer", 15, aim=8), False),
        (Row("k", "w", 2, "s", "", None, aim=8), False),
        (Row("k", "w", 400, "MB", aim=400, aim_of="figure"), True),
        (Row("k", "w", 401, "MB", "peer", 1, aim=400, aim_of="figure"), False),
        (Row("k", "w", 10, "MB/s", better="more", aim=10, aim_of="figure"), True),
        (Row("k", "w", 9, "MB/s", better="more", aim=10, aim_of="figure"), False),
        (Row("k", "w", 9, "MB/s"), None),
    ],
)
def test_an_aim_is_met_by_the_ratio_or_by_the_figure_itself(row, met):
    assert row.met is met


def test_unequal_results_are_named_and_end_the_run_with_1_whatever_the_times(record, tmp_path):
    findings = Findings()
    findings.check("matches", ["a", "b"], ["a"])
    broken = tmp_path / "found.json"
    broken.write_text(json.dumps(record | {"checks": findings.to_dict()["checks"]}))
    done = run_script("--from", broken)
    assert done.returncode == 1
    assert "NOT EQUAL, matches: ['a', 'b'] against ['a']" in done.stdout


def test_a_missed_aim_is_shown_and_fails_nothing(record, tmp_path):
    slow = Row("k", "slow", 9, "s", "a peer", 9, aim=8).to_dict()
    missed = tmp_path / "found.json"
    missed.write_text(json.dumps(record | {"rows": [slow]}))
    done = run_script("--from", missed)
    assert done.returncode == 0, done.stderr
    assert "0 of 1 aims met" in done.stdout


def test_the_page_takes_the_full_run_only():
    done = run_script("--quick", "--write-docs")
    assert done.returncode == 2
    assert "full run" in done.stderr


def test_a_file_of_short_transcripts_is_the_same_from_the_same_seed(tmp_path):
    first, second = (short.written(tmp_path / name, 50).read_bytes() for name in ("a", "b"))
    assert first == second
    assert first.count(b"\n") == 50


def test_words_of_short_transcripts_come_as_often_as_their_rank_says():
    count = 4_000
    said = " ".join(f"{a} {b}" for a, b in islice(short.texts(count), count)).split()
    total = sum(1 / rank for rank in range(1, short.VOCABULARY + 1))
    for rank, word in list(enumerate(short.vocabulary(), 1))[:5]:
        assert said.count(word) / len(said) == pytest.approx(1 / rank / total, rel=0.05)


def test_words_to_search_for_are_in_the_vocabulary_and_both_frequent_and_rare():
    place = {word: number for number, word in enumerate(short.vocabulary())}
    places = [place[word] for word in short.queries(200)]
    assert min(places) >= short.SOUGHT - 1
    assert min(places) < 50
    assert max(places) > 10_000


@pytest.fixture
def record():
    return json.loads(page.RECORD.read_text(encoding="utf-8"))


def test_the_page_holds_the_tables_of_the_recorded_run(record):
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(text, record) == text


def test_the_page_is_written_from_the_digits_that_are_recorded(record, tmp_path, monkeypatch):
    for name in ("PAGE", "FIGURE", "RECORD"):
        copy = tmp_path / getattr(page, name).name
        copy.write_bytes(getattr(page, name).read_bytes())
        monkeypatch.setattr(page, name, copy)
    record["rows"][0]["ours"] = 12345.678
    page.write(record)
    written = json.loads(page.RECORD.read_text(encoding="utf-8"))
    assert written["rows"][0]["ours"] == 12350
    text = page.PAGE.read_text(encoding="utf-8")
    assert page.filled(text, written) == text
    assert "12,350" in text


def test_the_figure_carries_the_provenance_of_the_recorded_run(record):
    assert figure.provenance(record) in page.FIGURE.read_text(encoding="utf-8")


def test_the_recorded_run_is_a_full_one_that_found_equal_results_and_the_page_says_so(record):
    assert record["size"] == vars(benchmark.FULL)
    assert not record["left_out"]
    assert record["checks"]
    assert all(check["equal"] for check in record["checks"])
    assert {row["key"] for row in record["rows"]} >= {"import-inspect", "memory", "short-import"}
    size = record["size"]
    text = page.PAGE.read_text(encoding="utf-8")
    assert f"| logs | {size['logs']} of {size['samples']} samples" in text
    assert f"| short transcripts | {size['short']:,} |" in text


def test_a_page_without_a_place_for_a_table_is_refused(record):
    with pytest.raises(ValueError, match="places"):
        page.filled("<!-- table: run -->\n<!-- end -->\n", record)
