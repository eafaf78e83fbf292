"""Scans that Inspect Scout itself runs, imported: its own reader is what they are compared with."""

import json
from pathlib import Path

import pytest
from inspect_ai import Task, eval
from inspect_ai.dataset import Sample
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_scout import (
    Reference,
    RefusalError,
    Result,
    Scanner,
    Transcript,
    grep_scanner,
    scan,
    scan_results_df,
    scanner,
    transcripts_from,
)

from allegiance.corpus import Corpus
from allegiance.corpus.importing import import_paths
from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners.outside import import_verdicts
from allegiance.scanners.outside_scout import scout_scan
from allegiance.scanners.outside_values import value_rule

SAID = ["The password is hunter2.", "No.", "hello, hunter2 and hunter2", "hello", "Hm."]


@scanner(messages="all")
def words() -> Scanner[Transcript]:
    return grep_scanner({"password": ["hunter2"], "greeting": ["hello"]})


@scanner(messages="all")
def tells(least: int = 1) -> Scanner[Transcript]:
    async def look(transcript: Transcript) -> Result:
        asked, said = (message.text for message in transcript.messages)
        if "break" in asked:
            raise ValueError("it broke")
        if "decline" in asked:
            raise RefusalError("it declined")
        found = said.count("hunter2") >= least
        cited = [Reference(type="message", cite="[M2]", id=transcript.messages[1].id or "")]
        return Result(
            value=found,
            answer="Yes" if found else "No",
            explanation='In [M2] it says "hunter2", and “nothing else of the kind”.',
            references=cited,
        )

    return look


@pytest.fixture(scope="module")
def scanned(tmp_path_factory) -> tuple[Path, Path]:
    """A log, and a scan of it by two scanners."""
    folder = tmp_path_factory.mktemp("scout")
    outputs = []
    for text in SAID:
        output = ModelOutput.from_content("mockllm/model", text)
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        outputs.append(output)
    asked = ["A", "B", "C", "break D", "decline E"]
    samples = [Sample(id=f"s{n}", input=text, target="x") for n, text in enumerate(asked)]
    (log,) = eval(
        Task(dataset=samples, name="asked"),
        model=get_model("mockllm/model", custom_outputs=outputs),
        log_dir=str(folder / "logs"),
        display="none",
        max_samples=1,
    )
    assert log.status == "success"
    done = scan(
        scanners=[words(), tells(least=1)],
        transcripts=transcripts_from(str(folder / "logs")),
        scans=str(folder / "scans"),
        max_processes=1,
        display="none",
    )
    return folder / "logs", Path(done.location)


@pytest.fixture
def corpus(tmp_path) -> Corpus:
    return Corpus.open(tmp_path / "corpus", create=True)


@pytest.fixture
def read(scanned, corpus) -> Corpus:
    import_paths(corpus, [scanned[0]])
    return corpus


def brought(corpus, location, chosen, category="tells-it", **how):
    return import_verdicts(
        corpus, "scout", category, scout_scan(location, chosen), value_rule(category, **how)
    )


def ours(corpus, category="tells-it") -> dict[str, dict]:
    """What is kept, by the uuid that Scout knows the sample by."""
    rows = corpus.table(["transcript_id", "source_identity"]).to_pylist()
    uuid = {row["transcript_id"]: row["source_identity"].removeprefix("uuid:") for row in rows}
    return {uuid[row["transcript_id"]]: row for row in corpus.verdicts(category).to_pylist()}


def test_values_errors_and_refusals_are_those_that_scout_reads(scanned, read):
    done = brought(read, scanned[1], [("scanner", "tells")])
    theirs = scan_results_df(str(scanned[1]), scanner="tells").scanners["tells"]
    kept = ours(read)
    assert len(kept) == len(theirs) == 5
    for row in theirs.to_dict("records"):
        found = kept[row["transcript_id"]]
        if isinstance(row["scan_error"], str):
            wanted = "refused" if row["scan_error_type"] == "refusal" else "invalid"
            assert (found["value"], found["status"]) == (None, wanted)
            assert json.loads(found["detail"])["error"] == row["scan_error"]
        else:
            # Where some results are errors, Scout's reader gives the others as text.
            assert found["value"] == {"true": "yes", "false": "no"}[str(row["value"]).lower()]
            assert json.loads(found["detail"])["explanation"] == row["explanation"]
    assert done.statuses == {"ok": 3, "invalid": 1, "refused": 1}
    assert {row["scanner"] for row in kept.values()} == {"import:scout"}


def test_cited_words_are_places_in_the_cited_message(scanned, read):
    brought(read, scanned[1], [("scanner", "tells")])
    spans = {
        read.get(row["transcript_id"]).output: json.loads(row["spans"])
        for row in ours(read).values()
    }
    (span,) = spans["The password is hunter2."]
    assert span == {"start": 16, "end": 23, "text": "hunter2", "part": "text", "message": 1}
    assert spans["No."] == []  # the words of the citation are not there
    detail = next(json.loads(r["detail"]) for r in ours(read).values() if r["value"] == "no")
    assert detail["cites"] == [{"cite": "[M2]", "message": 1}]


@pytest.mark.parametrize("label", ["password", "greeting"])
def test_results_that_scout_packs_into_one_row_are_taken_apart_as_it_does(scanned, read, label):
    brought(read, scanned[1], [("scanner", "words"), ("label", label)], cut=1)
    theirs = scan_results_df(str(scanned[1]), scanner="words").scanners["words"]
    wanted = {
        row["transcript_id"]: float(row["value"])
        for row in theirs.to_dict("records")
        if row["label"] == label
    }
    kept = ours(read)
    assert {uuid: row["score"] for uuid, row in kept.items()} == wanted
    assert {uuid for uuid, row in kept.items() if row["value"] == "yes"} == {
        uuid for uuid, count in wanted.items() if count >= 1
    }
    word = {"password": "hunter2", "greeting": "hello"}[label]
    for row in kept.values():
        for span in json.loads(row["spans"]):
            message = read.get(row["transcript_id"]).messages[span["message"]]
            assert message.text[span["start"] : span["end"]] == span["text"] == word
        assert bool(json.loads(row["spans"])) == (row["value"] == "yes")


def test_several_results_of_a_transcript_need_a_label(scanned, read):
    with pytest.raises(UsageError, match="say different things of transcript"):
        brought(read, scanned[1], [("scanner", "words")], cut=1)
    with pytest.raises(UsageError, match="there are greeting, password"):
        brought(read, scanned[1], [("scanner", "words"), ("label", "farewell")], cut=1)


def test_a_scan_is_known_by_its_id_scanner_and_parameters(scanned, tmp_path):
    one = scout_scan(scanned[1], [("scanner", "tells")])
    assert one.identity["scout"] == scanned[1].name.removeprefix("scan_id=")
    assert one.identity["params"] == {"least": 1}
    assert scout_scan(scanned[1].parent, [("scanner", "tells")]).identity == one.identity
    assert scout_scan(scanned[1], [("scanner", "words")]).identity != one.identity


def test_a_scan_of_another_corpus_is_told(scanned, corpus, tmp_path):
    (tmp_path / "t.jsonl").write_text('{"messages": [{"role": "user", "content": "Hi"}]}\n')
    import_paths(corpus, [tmp_path / "t.jsonl"])
    with pytest.raises(UsageError, match="None of 5 rows belongs to a transcript of this corpus"):
        brought(corpus, scanned[1], [("scanner", "tells")])


def test_what_is_no_scan_is_refused_in_a_sentence(scanned, tmp_path, read):
    with pytest.raises(UsageError, match="name the folder of one scan"):
        scout_scan(tmp_path)
    with pytest.raises(UsageError, match="its scanners are tells, words; choose one"):
        scout_scan(scanned[1])
    with pytest.raises(UsageError, match="its scanners are tells, words; choose one"):
        scout_scan(scanned[1], [("scanner", "other")])
    place = tmp_path / "scan_id=x"
    place.mkdir()
    (place / "_scan.json").write_text("{no json")
    with pytest.raises(AllegianceError, match=r"_scan\.json can't be read"):
        scout_scan(place)
    (place / "_scan.json").write_text('{"scan_id": "x"}')
    (place / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(AllegianceError, match=r"a\.parquet can't be read"):
        brought(read, place, [])
