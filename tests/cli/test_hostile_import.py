"""What `allegiance import` says of bad input: a sentence, the rest, and the exit code."""

import gzip
import json
import os
import re
import subprocess
import sys
import zipfile

import pytest
from tests.corpus.specimens import eval_archive, zipped

GOOD = '{"messages": [{"role": "user", "content": "hi"}]}\n'
posix = pytest.mark.skipif(os.name != "posix", reason="there are no such files here")


@pytest.fixture
def good(tmp_path):
    path = tmp_path / "good.jsonl"
    path.write_text(GOOD)
    return path


def sentences(result):
    return [line.removeprefix("error: ") for line in result.err.splitlines() if "error: " in line]


@posix
def test_a_device_is_a_sentence_and_the_rest_is_imported(allegiance, good):
    result = allegiance("import", "/dev/zero", good, "--json", timeout=60)
    assert result.code == 1
    assert json.loads(result.out)["new"] == 1
    assert sentences(result) == [
        "/dev/zero is a device; save what it gives to a file, and import that."
    ]


@posix
def test_a_pipe_without_a_writer_is_not_waited_for(allegiance, good, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    result = allegiance("import", "pipe", good, timeout=60)
    assert result.code == 1
    assert sentences(result) == ["pipe is a pipe; save what it gives to a file, and import that."]


def test_damaged_text_is_skipped_line_by_line_with_its_place(allegiance, tmp_path):
    lines = [
        GOOD.encode(),
        b'{"messages": "\xff"}\n',
        b'{"messages": ' + b"[" * 20_000 + b"]" * 20_000 + b"}\n",
        b'{"messages": [{"role": "user", "content": "a\\ud800"}], "n": [NaN, -Infinity, 1e999, '
        + b"9" * 5000
        + b"]}\r\n",
        b'{"messages": [{"role": "us\n',
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + b"".join(lines))
    result = allegiance("import", "a.jsonl", "--json")
    assert result.code == 0, result.err
    told = json.loads(result.out)
    assert (told["new"], told["skipped"]) == (2, 3)
    assert [record["where"] for record in told["files"][0]["skipped_records"]] == [
        "line 2",
        "line 3",
        "line 5",
    ]
    assert [record["reason"].split(" (")[0] for record in told["files"][0]["skipped_records"]] == [
        "is not UTF-8 text",
        "is nested too deeply to be read",
        "is not JSON",
    ]


def test_a_text_that_would_steer_the_terminal_does_not_reach_it(allegiance, tmp_path):
    (tmp_path / "a.csv").write_text("\x1b[2Jx,y\n1,2\n")
    result = allegiance("import", "a.csv")
    assert result.code == 1
    assert "\x1b" not in result.err + result.out


def test_what_is_packed_in_a_way_that_is_not_read_says_what_to_do(allegiance, good, tmp_path):
    import tarfile

    with tarfile.open(tmp_path / "logs.tar.gz", "w:gz") as archive:
        archive.add(good, "good.jsonl")
    (tmp_path / "twice.jsonl.gz").write_bytes(gzip.compress(gzip.compress(GOOD.encode())))
    result = allegiance("import", "logs.tar.gz", "twice.jsonl.gz", good, "--json")
    assert result.code == 1
    assert json.loads(result.out)["new"] == 1
    assert sentences(result) == [
        "logs.tar.gz is a tar archive; unpack it first, and import what was in it.",
        "twice.jsonl.gz is packed twice; unpack it first, and import what was in it.",
    ]


def test_a_damaged_log_gives_what_is_whole_and_its_sentences(allegiance, good, tmp_path):
    whole = eval_archive(zipfile.ZIP_DEFLATED)
    (tmp_path / "cut.eval").write_bytes(whole[: whole.index(b"samples/sum-3")])
    (tmp_path / "stub.eval").write_bytes(whole[:40])
    (tmp_path / "bomb.eval").write_bytes(
        zipped(
            [("header.json", b'{"eval": {"model": "m"}}'), ("samples/1.json", b"0" * (130 << 20))],
            8,
        )
    )
    result = allegiance("import", "cut.eval", "stub.eval", "bomb.eval", good)
    assert result.code == 1
    assert sentences(result) == [
        "stub.eval is a zip archive that was cut off before its first sample."
    ]
    assert (
        "cut.eval: The file is cut off: its log has no header; the finished samples" in result.err
    )
    refused = (
        r"bomb.eval: samples/1.json skipped: unpacks from 1\d\d,\d{3} bytes to more than 1\d\d,"
    )
    assert re.search(refused, result.err)
    assert "3 read: 3 new" in result.out


@posix
def test_a_disk_too_full_to_unpack_an_archive_stops_nothing_else(allegiance, good, tmp_path):
    noise = [(f"samples/{n}.json", os.urandom(200_000)) for n in range(10)]
    (tmp_path / "a.eval.gz").write_bytes(gzip.compress(zipped(noise, 0)))
    (tmp_path / "sitecustomize.py").write_text(
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))"
    )
    result = allegiance("import", "a.eval.gz", good, "--json", env=with_path(tmp_path))
    assert result.code == 1
    assert json.loads(result.out)["new"] == 1
    (sentence,) = sentences(result)
    assert sentence.startswith("a.eval.gz can't be unpacked into /")
    assert sentence.endswith("(File too large); make room there, or unpack it yourself.")


@posix
def test_a_disk_too_full_for_verdicts_is_a_sentence_and_writes_nothing(allegiance, tmp_path):
    rows = "".join(f"why {n}?,because,{n}\n" for n in range(10_000))
    (tmp_path / "a.csv").write_text("q,a,v\n" + rows)
    (tmp_path / "sitecustomize.py").write_text(
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))"
    )
    rules = ("--map", "request=q", "--map", "output=a", "--map", "verdict:x=v")
    result = allegiance("import", "a.csv", *rules, env=with_path(tmp_path))
    assert result.code == 1
    (sentence,) = sentences(result)
    assert sentence == (
        "Nothing was imported: the folder for temporary files can't keep what waits there (File too "
        "large); make room in it, or name another in TMPDIR, and try again."
    )
    assert allegiance("import", "a.csv", "--map", "request=q", "--map", "output=a").code == 0


def with_path(folder):
    """The environment in which a folder's `sitecustomize` is run first."""
    return {"PYTHONPATH": os.pathsep.join((str(folder), os.environ.get("PYTHONPATH", "")))}


def test_two_imports_at_once_lose_nothing(tmp_path):
    for name in "ab":
        lines = [GOOD.replace("hi", f"{name} {n}") for n in range(300)]
        (tmp_path / f"{name}.jsonl").write_text("".join([GOOD, *lines]))
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "allegiance", "import", f"{name}.jsonl", "--json"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
        )
        for name in "ab"
    ]
    told = [json.loads(process.communicate()[0]) for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert sorted((one["new"], one["known"]) for one in told) == [(300, 1), (301, 0)]
    assert max(one["n_transcripts"] for one in told) == 601


def test_a_sample_of_200_megabytes_is_read(allegiance, tmp_path):
    text = os.urandom(10_000_000).hex() * 10
    said = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": text}]
    sample = json.dumps({"id": 1, "epoch": 1, "messages": said}).encode()
    header = b'{"version": 2, "eval": {"model": "m", "eval_id": "e"}}'
    (tmp_path / "large.eval").write_bytes(
        zipped([("header.json", header), ("samples/1_epoch_1.json", sample)], 93)
    )
    result = allegiance("import", "large.eval", "--json")
    assert (result.code, json.loads(result.out)["new"]) == (0, 1)
