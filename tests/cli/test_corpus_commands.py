"""`allegiance corpus`, in a folder and on an object store."""

import json
from pathlib import Path

import lance
import pyarrow as pa
import pytest
from tests.cli.conftest import Result
from typer.testing import CliRunner

from allegiance.cli.app import load_commands
from allegiance.corpus import Corpus

MAPS = ("--map", "request=prompt", "--map", "output=response", "--map", "model:=m")


def run(*arguments, env=None) -> Result:
    """Run a command in this process, which knows its libraries already."""
    done = CliRunner().invoke(load_commands(), [str(part) for part in arguments], env=env)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Result(done.exit_code, done.stdout, done.stderr)


def filled(folder: Path, *options: str) -> Path:
    """Make a workspace with two imports of two transcripts each."""
    for name in ("a", "b"):
        rows = (f"{name}{n},answer {n},free" for n in range(2))
        table = folder / f"{name}.csv"
        table.write_text("\n".join(["prompt,response,arm", *rows]) + "\n")
        tier = ("--map", "tier=arm{free:monitored}")
        done = run("import", table, "-w", folder / "work", *MAPS, *tier, *options)
        assert done.code == 0, done.err
    return folder / "work"


@pytest.fixture
def place(tmp_path) -> Path:
    return filled(tmp_path)


@pytest.fixture(scope="module")
def lasting_place(tmp_path_factory) -> Path:
    """One that nobody changes."""
    return filled(tmp_path_factory.mktemp("lasting"))


def test_info_tells_people_and_programs_what_there_is(place):
    found = json.loads(run("corpus", "info", "-w", place, "--json").out)
    corpus = Corpus.open(place / "corpus")
    assert found["n_transcripts"] == 4
    assert found["digest"] == corpus.digest()
    assert found["models"] == {"m": 4}
    assert found["factors"] == {"tier": {"monitored": 4}}
    shown = run("corpus", "info", "-w", place).out
    for part in ("4 transcripts", corpus.digest(), "monitored", "searched text"):
        assert part in shown


def test_versions_tags_and_compaction(place):
    corpus = Corpus.open(place / "corpus")
    digest = corpus.digest()
    tagged = json.loads(run("corpus", "tag", "paper", "-w", place, "--json").out)
    assert tagged == {"tags": [{"name": "paper", "version": corpus.version}]}
    shown = run("corpus", "versions", "-w", place).out
    assert "paper" in shown
    assert "+2" in shown
    listed = json.loads(run("corpus", "versions", "-w", place, "--json").out)["versions"]
    assert [entry["n_transcripts"] for entry in listed][-1] == 4
    done = run("corpus", "compact", "--older-than", "0", "-w", place, "--json")
    assert json.loads(done.out)["transcripts"]["files_after"] == 1
    assert corpus.digest() == corpus.at("paper").digest() == digest
    assert "2 files" not in run("corpus", "compact", "-w", place).out
    assert "paper" in run("corpus", "tag", "-w", place).out
    assert run("corpus", "tag", "paper", "--remove", "-w", place).code == 0
    assert "no tags" in run("corpus", "tag", "-w", place).out


def test_verify_leaves_with_zero_or_names_what_is_wrong_and_leaves_with_one(place):
    whole = run("corpus", "verify", "-w", place)
    assert (whole.code, whole.err) == (0, "")
    assert "4 of 4 transcripts" in whole.out
    path = str(place / "corpus" / "transcripts.lance")
    row = lance.dataset(path).to_table(limit=1)
    name = row["transcript_id"][0].as_py()
    lance.dataset(path).delete(f"transcript_id = '{name}'")
    text = row.schema.get_field_index("text")
    row = row.set_column(text, row.schema.field(text), pa.array(["\x1b[2Jsecret words"]))
    lance.write_dataset(row, path, mode="append")
    wrong = run("corpus", "verify", "-w", place)
    assert wrong.code == 1
    assert f"{name}: text" in wrong.err
    assert "secret" not in wrong.err + wrong.out
    assert wrong.err.splitlines()[-1].startswith("error: the corpus is damaged: 1 transcripts")
    told = run("corpus", "verify", "-w", place, "--json")
    assert told.code == 1
    assert json.loads(told.out)["transcripts"][0]["transcript_id"] == name


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "answer"],
        ["search", "--regex", "answer"],
        ["corpus", "info"],
        ["export", "COPY", "--to", "jsonl"],
        ["export", "COPY", "--to", "scout"],
        ["import", "MORE", *MAPS],
    ],
)
def test_a_corpus_whose_files_are_cut_short_is_a_sentence_for_whoever_reads_it(
    place, tmp_path, arguments
):
    for file in (place / "corpus" / "transcripts.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 3])
    more = tmp_path / "more.csv"
    more.write_text("prompt,response,tier\nc0,answer,free\n")
    places = {"COPY": str(tmp_path / "copy"), "MORE": str(more)}
    done = run(*(places.get(part, part) for part in arguments), "-w", place)
    assert done.code == 1
    (sentence,) = done.err.splitlines()
    assert sentence.startswith("error: The corpus can't be read (")
    assert sentence.endswith("`allegiance corpus verify` tells which files are damaged.")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["corpus", "info", "-w", "nowhere"], 1, "allegiance import PATH"),
        (["corpus", "verify", "-w", "nowhere"], 1, "allegiance import PATH"),
        (["corpus", "tag", "1st", "-w", "WORK"], 2, "can't be a tag"),
        (["corpus", "tag", "x", "99", "-w", "WORK"], 2, "no version 99"),
        (["corpus", "tag", "x", "--remove", "-w", "WORK"], 2, "no tag 'x'"),
        (["corpus", "tag", "--remove", "-w", "WORK"], 2, "--remove"),
        (["corpus", "compact", "--older-than", "-1", "-w", "WORK"], 2, "--older-than"),
        (["corpus", "info", "-w", "gs://bucket/x"], 2, "s3://BUCKET/PREFIX"),
        (["new", "mine", "-w", "S3"], 2, "no folder"),
        (["corpus"], 2, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_sentence(lasting_place, object_store, arguments, code, said):
    known = {"WORK": str(lasting_place), "S3": object_store.url}
    result = run(*(known.get(part, part) for part in arguments))
    assert result.code == code, result.err
    assert said in result.err


def test_the_commands_work_on_an_object_store(object_store, tmp_path):
    (tmp_path / "a.csv").write_text("prompt,response\nhello,I can't help with that.\n")
    url = object_store.url
    first = run("import", tmp_path / "a.csv", *MAPS, "-w", url)
    assert first.code == 0, first.err
    assert first.err.strip().endswith(f"allegiance report -w {url} --out report.html")
    again = json.loads(run("import", tmp_path / "a.csv", *MAPS, "-w", url, "--json").out)
    assert (again["new"], again["known"]) == (0, 1)
    assert run("scan", "-w", url).code == 0
    assert json.loads(run("corpus", "info", "-w", url, "--json").out)["location"] == (
        f"{url}/corpus"
    )
    assert run("corpus", "compact", "-w", url).code == 0
    assert run("corpus", "verify", "-w", url).code == 0
    nowhere = run("report", "-w", url)
    assert (nowhere.code, "--out" in nowhere.err) == (2, True)
    assert run("report", "-w", url, "--out", tmp_path / "page.html").code == 0
    assert (tmp_path / "page.html").exists()


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "can't be reached"),
        ({"AWS_ALLOW_HTTP": ""}, "AWS_ALLOW_HTTP=true"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "credentials"),
    ],
)
def test_a_store_that_cannot_be_used_is_one_sentence(object_store, env, said):
    result = run("corpus", "info", "-w", object_store.url, env=env)
    assert result.code in (1, 2)
    assert said in result.err
    assert len(result.err.splitlines()) == 1


def test_a_bucket_that_is_not_there_is_one_sentence(object_store, tmp_path):
    (tmp_path / "a.csv").write_text("prompt,response\nhello,hi\n")
    result = run("import", tmp_path / "a.csv", "--map", "request=prompt", "-w", "s3://no-such/x")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
    assert "bucket that does not exist" in result.err


def test_index_says_what_it_covers(tmp_path):
    place = filled(tmp_path, "--no-index")
    before = json.loads(run("corpus", "info", "-w", place, "--json").out)["indexes"]
    assert all(index["rows"] == 0 for index in before)
    after = json.loads(run("corpus", "index", "-w", place, "--json").out)["indexes"]
    covered = {index["column"]: (index["rows"], index["unindexed"]) for index in after}
    assert covered["text"] == covered["c_tier"] == (4, 0)
    assert "inverted" in run("corpus", "index", "-w", place).out
