"""Inspect logs made by Inspect, in every packing, read field by field as Inspect reads them."""

import json
from collections import Counter

import pytest
from inspect_ai.log import read_eval_log
from tests.corpus.importers.generated_logs import in_pieces, make_log, packed, repacked
from tests.corpus.test_inspect_logs import content_of, without_defaults

from allegiance.corpus.importers import inspect
from allegiance.corpus.importers.archive import Archive
from allegiance.corpus.importers.found import Skipped, Source, Unmapped
from allegiance.corpus.importers.inspect_chunks import spread
from allegiance.corpus.importers.mapping import Mapping
from allegiance.corpus.schema import Transcript

pytestmark = pytest.mark.xdist_group("generated logs")  # they are made once
PACKINGS = ["eval", "json", "stored", "deflate", "zstd", "pieces"]


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """A log in every packing, each with the log that Inspect itself reads it as."""
    folder = tmp_path_factory.mktemp("logs")
    made, as_json = make_log(folder, "eval"), make_log(folder, "json")
    methods = {"stored": 0, "deflate": 8, "zstd": 93}
    return {
        "eval": (made, made),
        "json": (as_json, as_json),
        **{name: (repacked(made, folder / f"{name}.eval", m), made) for name, m in methods.items()},
        "pieces": (in_pieces(made, folder / "pieces", 2), made),
    }


@pytest.fixture(params=PACKINGS)
def pairs(request, logs):
    ours, theirs = logs[request.param]
    samples = read_eval_log(str(theirs), resolve_attachments="full").samples
    found = parsed(ours)
    assert not [item for item in found if isinstance(item, Skipped)]
    by_id = {(t.sample_id, t.epoch): t for t in found if isinstance(t, Transcript)}
    assert len(by_id) == len(samples) == 10
    return [(sample, by_id[str(sample.id), sample.epoch]) for sample in samples]


def parsed(path, events: bool = False) -> list:
    with path.open("rb") as stream:
        return list(inspect.parse(Source(stream, path.as_posix(), Mapping(), events)))


def test_messages_reasoning_and_tool_calls_are_the_same(pairs):
    for theirs, ours in pairs:
        assert len(ours.messages) == len(theirs.messages)
        for their, our in zip(theirs.messages, ours.messages, strict=True):
            dumped = their.model_dump(exclude_none=True, mode="json")
            extra = json.loads(our.extra)
            assert (our.role, our.text) == (their.role, their.text)
            for key, value in dumped.items():
                if key == "content" and isinstance(value, list):
                    assert content_of(our) == [without_defaults(part) for part in value]
                elif key not in ("role", "content", "tool_calls"):
                    assert extra[key] == value
            assert [
                {"id": c.id, "function": c.function, "arguments": json.loads(c.arguments)}
                for c in our.tool_calls
            ] == [
                {key: call[key] for key in ("id", "function", "arguments")}
                for call in dumped.get("tool_calls", [])
            ]


def test_scores_errors_limits_and_metadata_are_the_same(pairs):
    for theirs, ours in pairs:
        scores = {k: s.model_dump(exclude_none=True) for k, s in (theirs.scores or {}).items()}
        for name, score in json.loads(ours.scores).items():
            assert {k: v for k, v in score.items() if v is not None and k in scores[name]} == {
                k: v for k, v in scores[name].items() if k in score
            }
            assert score["value"] == scores[name]["value"]
        assert json.loads(ours.scores).keys() == scores.keys()
        assert json.loads(ours.metadata) == theirs.metadata
        assert ours.error == (theirs.error.message if theirs.error else None)
        assert ours.limited_by == (theirs.limit.type if theirs.limit else None)
        assert ours.source_identity == f"uuid:{theirs.uuid}"


def test_the_log_holds_what_the_tests_are_about(logs):
    """Reasoning, errors, retries, limits, attachments and pools are really there."""
    samples = read_eval_log(str(logs["eval"][0]), resolve_attachments=False).samples
    assert any(sample.error for sample in samples)
    assert any(sample.error_retries for sample in samples)
    assert any(sample.limit for sample in samples)
    assert all(sample.attachments for sample in samples if not sample.error)
    with logs["eval"][0].open("rb") as stream:
        archive = Archive(stream, 1 << 30)
        raw = [archive.read(name) for name in archive.members if name.startswith("samples/")]
    assert any(json.loads(data).get("events_data") for data in raw)
    assert any(b"input_refs" in data for data in raw)


def test_events_are_left_out_unless_asked_for(logs):
    assert {t.events for t in parsed(logs["eval"][0]) if isinstance(t, Transcript)} == {None}


@pytest.mark.parametrize("packing", PACKINGS)
def test_events_are_those_that_inspect_reads(logs, packing):
    path, original = logs[packing]
    samples = read_eval_log(str(original), resolve_attachments="full").samples
    found = {
        (t.sample_id, t.epoch): t for t in parsed(path, events=True) if isinstance(t, Transcript)
    }
    for theirs in samples:
        text = found[str(theirs.id), theirs.epoch].events
        ours = json.loads(text)
        assert Counter(e["event"] for e in ours) == Counter(e.event for e in theirs.events)
        assert "attachment://" not in text
        for our, their in zip(ours, theirs.events, strict=True):
            if their.event == "model":
                assert [m["id"] for m in our["input"]] == [m.id for m in their.input]
                assert their.call is None or our["call"]["request"] == their.call.request


def test_a_sample_in_pieces_has_the_id_of_the_same_sample_in_one(logs):
    def ids(name):
        return {t.transcript_id for t in parsed(logs[name][0]) if isinstance(t, Transcript)}

    assert ids("pieces") == ids("eval") == ids("zstd")


def test_a_sample_that_lacks_a_piece_is_skipped_and_the_others_are_read(logs, tmp_path):
    with logs["pieces"][0].open("rb") as stream:
        archive = Archive(stream, 1 << 30)
        members = {name: archive.read(name) for name in archive.members}
    del members["samples/a/b_epoch_1/messages/2.json"]
    members["samples/2_epoch_1/messages/0.json"] = b"{}"
    broken = tmp_path / "broken.eval"
    broken.write_bytes(packed(members, 8))
    found = parsed(broken)
    reasons = {item.where: item.reason for item in found if isinstance(item, Skipped)}
    assert reasons.keys() == {"samples/a/b_epoch_1/sample.json", "samples/2_epoch_1/sample.json"}
    assert "lacks the messages from number 2" in reasons["samples/a/b_epoch_1/sample.json"]
    assert "is not a JSON array" in reasons["samples/2_epoch_1/sample.json"]
    assert sum(isinstance(item, Transcript) for item in found) == 8


def test_missing_attachments_of_pieces_are_told(logs, tmp_path):
    with logs["pieces"][0].open("rb") as stream:
        archive = Archive(stream, 1 << 30)
        members = {
            name: archive.read(name) for name in archive.members if "/attachments/" not in name
        }
    broken = tmp_path / "bare.eval"
    broken.write_bytes(packed(members, 8))
    unmapped = [item.field for item in parsed(broken) if isinstance(item, Unmapped)]
    assert "attachment (missing from the log)" in unmapped


def test_a_range_past_the_pool_is_an_error():
    assert spread([[0, 2], [1, 2]], ["a", "b"]) == ["a", "b", "b"]
    for ranges in ([[0, 3]], [[2, 1]], [["0", 1]]):
        with pytest.raises(ValueError, match="missing from the log"):
            spread(ranges, ["a", "b"])
