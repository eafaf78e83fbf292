"""JSON lines, JSON arrays and CSV."""

import csv
import gzip
import io
import json
from pathlib import Path

import pytest
import zstandard

from allegiance.corpus.importing import import_paths
from allegiance.errors import UsageError

CHAT = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}


def write_lines(path: Path, *records, end: str = "\n") -> Path:
    path.write_text(end.join(json.dumps(record, ensure_ascii=False) for record in records) + end)
    return path


def write_csv(path: Path, *rows) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.shared
def test_the_paired_responses_are_imported_with_tiers_and_the_files_own_labels(shared_data, corpus):
    source = shared_data / "paired" / "deepseek-r1-14b_free-paid.csv"
    report = import_paths(
        corpus,
        [source],
        mapping=[
            "request=prompt",
            "output=response",
            "tier=condition{free_tier:monitored,paid_tier:unmonitored}",
            "reasoning_mode=cot_mode",
            "verdict:accepted=is_accepted",
        ],
    )
    assert (report.read, report.new, report.verdicts, report.errors) == (60, 60, 60, [])
    with source.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    tiers = {"free_tier": "monitored", "paid_tier": "unmonitored"}
    expected = sorted(
        (r["prompt"], tiers[r["condition"]], r["cot_mode"], r["response"]) for r in rows
    )
    stored = corpus.table().to_pylist()
    assert expected == sorted(
        (r["messages"][0]["text"], r["c_tier"], r["c_reasoning_mode"], r["messages"][1]["text"])
        for r in stored
    )
    assert len({r["request_id"] for r in stored}) == len({r["prompt"] for r in rows}) == 15
    metadata = json.loads(stored[0]["metadata"])
    assert "source" in metadata
    assert "response" not in metadata
    said = corpus.verdicts("accepted").to_pylist()
    assert {v["scanner"] for v in said} == {"import:is_accepted"}
    assert len({v["scanner_digest"] for v in said}) == 1
    assert {v["transcript_id"] for v in said} == set(corpus.ids())


@pytest.mark.shared
def test_the_lie_detector_transcripts_load_whole_without_a_mapping(shared_data, corpus):
    source = shared_data / "lie-detector" / "transcripts.jsonl.gz"
    report = import_paths(corpus, [source])
    assert (report.read, report.new, report.skipped, report.errors) == (1964, 1964, 0, [])
    with gzip.open(source, "rt", encoding="utf-8") as file:
        originals = [json.loads(line) for line in file]
    tasks = {}
    for original in originals:
        tasks[original["task"]] = tasks.get(original["task"], 0) + 1
    assert corpus.summary()["task"] == tasks
    theirs = sorted([[m["role"], m["content"]] for m in o["messages"]] for o in originals)
    ours = corpus.table(["messages"])["messages"].to_pylist()
    assert theirs == sorted([[m["role"], m["text"]] for m in row] for row in ours)
    assert import_paths(corpus, [source]).known == 1964
    mapped = import_paths(corpus, [source], mapping=["model:=gpt-oss-120b"], update=True)
    assert (mapped.new, mapped.changed) == (0, 1964)
    assert corpus.summary()["model"] == {"gpt-oss-120b": 1964}
    assert corpus.count() == 1964


def test_a_growing_file_adds_its_new_lines_only(tmp_path, corpus):
    source = write_lines(tmp_path / "growing.jsonl", CHAT, CHAT, {**CHAT, "n": 3})
    assert import_paths(corpus, [source]).new == 3  # equal lines are two conversations
    ids = set(corpus.ids())
    with source.open("a") as file:
        file.write(json.dumps(CHAT) + "\n" + json.dumps({**CHAT, "n": 4}) + "\n")
    report = import_paths(corpus, [source])
    assert (report.new, report.known) == (2, 3)
    assert ids < set(corpus.ids())


def test_neither_the_name_nor_the_compression_nor_line_ends_make_another_transcript(
    tmp_path, corpus
):
    source = write_lines(tmp_path / "a.jsonl", CHAT, {**CHAT, "n": 2})
    import_paths(corpus, [source])
    text = source.read_bytes()
    (tmp_path / "b.gz").write_bytes(gzip.compress(text))
    (tmp_path / "c.dat").write_bytes(zstandard.compress(text[:70]) + zstandard.compress(text[70:]))
    (tmp_path / "d.jsonl").write_bytes(b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n").rstrip())
    report = import_paths(corpus, [tmp_path])
    assert (report.read, report.new, report.known) == (8, 0, 8)


def test_a_mapped_id_knows_a_record_whatever_else_it_says(tmp_path, corpus):
    rules = ["id=key", "score:s=s"]
    first = write_lines(tmp_path / "1.jsonl", {**CHAT, "key": "k1", "s": 0.5})
    later = write_lines(tmp_path / "2.jsonl", {**CHAT, "key": "k1", "s": 0.7, "more": 1})
    assert import_paths(corpus, [first], mapping=rules).new == 1
    assert import_paths(corpus, [later], mapping=rules).changed == 1
    assert json.loads(corpus.table(["scores"])["scores"][0].as_py()) == {"s": {"value": 0.5}}
    assert import_paths(corpus, [later], mapping=rules, update=True).changed == 1
    assert json.loads(corpus.table(["scores"])["scores"][0].as_py()) == {"s": {"value": 0.7}}


def test_a_mapped_epoch_keeps_equal_answers_to_one_id_apart(tmp_path, corpus):
    records = [{**CHAT, "key": "k", "run": n} for n in (1, 2)]
    report = import_paths(
        corpus, [write_lines(tmp_path / "r.jsonl", *records)], mapping=["id=key", "epoch=run"]
    )
    assert report.new == 2
    assert sorted(corpus.table(["epoch"])["epoch"].to_pylist()) == [1, 2]


def test_importing_again_with_a_better_mapping_is_noticed(tmp_path, corpus):
    source = write_lines(tmp_path / "r.jsonl", {**CHAT, "who": "free"})
    import_paths(corpus, [source])
    report = import_paths(corpus, [source], mapping=["tier=who{free:monitored}"], update=True)
    assert (report.new, report.changed) == (0, 1)
    assert corpus.count({"tier": "monitored"}) == 1
    assert corpus.count() == 1


def test_every_field_of_the_mapping_arrives(tmp_path, corpus):
    row = {
        "q": "Well?", "s": "Be kind.", "a": "Yes.", "r": "I think so.", "m": "model-x", "t": "task-y",
        "e": 2, "stop": "max_tokens", "err": "late", "key": 7, "st": "study-1", "req": "r1", "aud": "b",
        "kept": {"x": 1},
    }  # fmt: skip
    rules = "request=q system=s output=a reasoning=r model=m task=t epoch=e stop_reason=stop"
    rules += " error=err id=key study=st request_id=req c:audience=aud"
    import_paths(corpus, [write_lines(tmp_path / "r.jsonl", row)], mapping=rules.split())
    found = corpus.get(corpus.ids()[0])
    assert [(m.role, m.text, m.author) for m in found.messages] == [
        ("system", "Be kind.", "scripted"),
        ("user", "Well?", "scripted"),
        ("assistant", "Yes.", "model"),
    ]
    assert (found.reasoning, found.output) == ("I think so.", "Yes.")
    assert (found.model, found.task, found.epoch, found.stop_reason) == (
        *("model-x", "task-y", 2, "max_tokens"),
    )
    assert (found.error, found.sample_id, found.study, found.request_id) == (
        *("late", "7", "study-1", "r1"),
    )
    assert found.condition == {"audience": "b"}
    assert json.loads(found.metadata) == {"kept": {"x": 1}}


def test_tool_calls_and_parts_of_openai_messages_arrive(tmp_path, corpus):
    messages = [
        {"role": "user", "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        ]},
        {"role": "assistant", "content": None, "reasoning_content": "Look first.", "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at": "it"}'}},
            {"id": "c2", "type": "function", "function": {"name": "look", "arguments": "{broken"}},
        ]},
        {"role": "tool", "tool_call_id": "c1", "content": "a cat"},
    ]  # fmt: skip
    import_paths(corpus, [write_lines(tmp_path / "r.jsonl", {"messages": messages})])
    user, assistant, tool = corpus.get(corpus.ids()[0]).messages
    assert user.text == "What is this?"
    assert json.loads(user.extra)["content"][1] == messages[0]["content"][1]
    assert assistant.reasoning == "Look first."
    assert [(c.id, c.function, json.loads(c.arguments)) for c in assistant.tool_calls] == [
        ("c1", "look", {"at": "it"}),
        ("c2", "look", "{broken"),
    ]
    assert json.loads(tool.extra) == {"tool_call_id": "c1"}


def test_a_json_array_is_read_as_records(tmp_path, corpus):
    (tmp_path / "a.json").write_text(json.dumps([CHAT, {**CHAT, "model": "m"}], indent=1))
    report = import_paths(corpus, [tmp_path / "a.json"])
    assert (report.new, report.errors) == (2, [])
    assert report.by_model == {"unknown": 1, "m": 1}


def test_csv_cells_may_hold_anything(tmp_path, corpus):
    long = "x" * 300_000
    source = write_csv(
        tmp_path / "a.csv",
        ["q", "a", "", "q"],
        ['two\nlines, "quoted"', "Ünïcode 🙂\r\nand more", "1", "twice"],
        ["q2", long, "", ""],
    )
    source.write_bytes(b"\xef\xbb\xbf" + source.read_bytes())
    report = import_paths(corpus, [source], mapping=["request=q", "output=a"])
    assert (report.new, report.errors, report.skipped) == (2, [], 0)
    texts = {
        tuple(m["text"] for m in row) for row in corpus.table(["messages"])["messages"].to_pylist()
    }
    assert texts == {
        ('two\nlines, "quoted"', "Ünïcode 🙂\r\nand more"),
        ("q2", long),
    }
    metadata = [json.loads(m) for m in corpus.table(["metadata"])["metadata"].to_pylist()]
    assert {"column_3": "1", "q_4": "twice"} in metadata


def test_csv_may_be_separated_by_tabs_or_semicolons(tmp_path, corpus):
    for number, mark in enumerate("\t;"):
        (tmp_path / f"{number}.csv").write_text(f"q{mark}a\nwell, now{mark}yes, {number}\n")
    report = import_paths(corpus, [tmp_path], mapping=["request=q", "output=a"])
    assert (report.new, report.errors) == (2, [])
    assert set(corpus.table(["output"])["output"].to_pylist()) == {"yes, 0", "yes, 1"}


def test_messages_in_a_csv_cell_are_read_as_json(tmp_path, corpus):
    source = write_csv(tmp_path / "a.csv", ["id", "chat"], ["1", json.dumps(CHAT["messages"])])
    assert import_paths(corpus, [source], mapping=["messages=chat"]).new == 1
    assert corpus.get(corpus.ids()[0]).output == "Hello"


def test_an_empty_answer_is_an_answer_and_a_missing_one_is_none(tmp_path, corpus):
    source = write_lines(tmp_path / "r.jsonl", {"q": "1", "a": ""}, {"q": "2", "a": None})
    import_paths(corpus, [source], mapping=["request=q", "output=a"])
    rows = corpus.table(["messages"])["messages"].to_pylist()
    assert sorted([m["role"] for m in row] for row in rows) == [["user"], ["user", "assistant"]]


def test_a_missing_verdict_is_kept_as_missing(tmp_path, corpus):
    source = write_lines(tmp_path / "r.jsonl", {**CHAT, "v": False}, {**CHAT, "v": None})
    report = import_paths(corpus, [source], mapping=["verdict:lying=v"])
    assert report.verdicts == 2
    said = {(row["value"], row["status"]) for row in corpus.verdicts("lying").to_pylist()}
    assert said == {("false", "ok"), (None, "invalid")}
    assert import_paths(corpus, [source], mapping=["verdict:lying=v"]).verdicts == 0


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("output=respons", r"no column 'respons'; did you mean 'response'\? There are: .*prompt"),
        ("output=nothing_like_it", r"no column 'nothing_like_it'; There are: .*prompt, response"),
    ],
)
def test_a_column_that_is_not_there_stops_the_import_and_names_those_that_are(
    tmp_path, corpus, rule, sentence
):
    source = write_csv(tmp_path / "a.csv", ["prompt", "response"], ["q", "a"])
    with pytest.raises(UsageError, match=sentence):
        import_paths(corpus, [source], mapping=["request=prompt", rule])
    assert corpus.count() == 0


def test_a_file_without_messages_says_what_to_map(tmp_path, corpus):
    source = write_csv(tmp_path / "a.csv", ["prompt", "response"], ["q", "a"])
    (error,) = import_paths(corpus, [source]).errors
    assert "--map request=COLUMN --map output=COLUMN" in error
    assert "prompt, response" in error


def test_broken_records_are_skipped_by_line_and_the_rest_is_read(tmp_path, corpus):
    lines = [json.dumps(CHAT), "{broken", "[1]", '{"messages": 3}', '{"messages": [{"content": "x"}]}', "",
             json.dumps({**CHAT, "epoch": "three"}), json.dumps({**CHAT, "n": 2})]  # fmt: skip
    source = tmp_path / "r.jsonl"
    source.write_text("\n".join(lines) + '\n{"messages": [{"role": "us')
    report = import_paths(corpus, [source], mapping=["epoch=epoch"])
    assert report.new == 2
    assert [s.where for s in report.files[0].skipped] == [f"line {n}" for n in (2, 3, 4, 5, 7, 9)]
    assert "'three', not a whole number" in report.files[0].skipped[4].reason


def test_ragged_csv_rows_are_skipped_by_line(tmp_path, corpus):
    source = tmp_path / "a.csv"
    source.write_text("q,a\n1,2\n3\n4,5,6\n7,8\n")
    report = import_paths(corpus, [source], mapping=["request=q", "output=a"])
    assert report.new == 2
    assert [(s.where, s.reason) for s in report.files[0].skipped] == [
        ("line 3", "has 1 cells where the header has 2"),
        ("line 4", "has 3 cells where the header has 2"),
    ]


def test_a_parser_needs_no_file(make):
    from allegiance.corpus.importers import records
    from allegiance.corpus.importers.found import Source
    from allegiance.corpus.importers.mapping import Mapping

    stream = io.BytesIO(json.dumps(CHAT).encode())
    (found,) = records.parse_jsonl(Source(stream, "memory", Mapping()))
    assert found.output == "Hello"
    assert found.source_uri == "memory#line 1"
