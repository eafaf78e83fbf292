"""Evals that fail, are retried through Inspect, and are imported in any order."""

import json
from itertools import permutations
from pathlib import Path

import pytest
from inspect_ai import Task, eval, eval_retry, task
from inspect_ai.dataset import Sample
from inspect_ai.log import read_eval_log
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import includes
from inspect_ai.solver import generate, solver

from allegiance.corpus.importing import import_paths
from allegiance.corpus.store import Corpus

EPOCHS = 2
SAMPLES = 4


def mock_model():
    """A mock model that counts its own tokens (else Inspect would fetch a tokenizer)."""

    def answer(*_):
        output = ModelOutput.from_content("mockllm/model", "The same words in every epoch.")
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
        return output

    return get_model("mockllm/model", custom_outputs=answer, memoize=False)


@solver
def asks_and_may_fail(broken: str):
    """Asks the model itself: a retry makes its model anew, without its outputs."""

    async def solve(state, generate):
        state.output = await mock_model().generate(state.messages)
        state.messages.append(state.output.message)
        if Path(broken).exists() and state.sample_id == 3 and state.epoch == 2:
            raise RuntimeError("the provider went away")
        return state

    return solve


@task
def retried(broken: str):
    samples = [Sample(id=n, input=f"Question {n}?", target="same") for n in range(1, SAMPLES + 1)]
    return Task(dataset=samples, solver=[asks_and_may_fail(broken)], scorer=includes())


@pytest.fixture(scope="module")
def logs(tmp_path_factory) -> list[Path]:
    """An eval of which sample 3 fails in its second epoch, and its retry, which succeeds."""
    folder = tmp_path_factory.mktemp("logs")
    broken = folder / "broken"
    broken.touch()
    options = {"log_dir": str(folder), "display": "none"}
    first = eval(
        retried(str(broken)), model="mockllm/model", epochs=EPOCHS, fail_on_error=False, **options
    )[0]
    broken.unlink()
    # A run with failed samples counts as a success unless it is said to be none.
    first.status = "error"
    second = eval_retry(first, **options)[0]
    assert second.status == "success"
    return [Path(first.location), Path(second.location)]


def test_the_first_log_has_the_failure_the_retry_repairs(logs):
    errors = [[bool(s.error) for s in read_eval_log(str(log)).samples] for log in logs]
    assert [sum(found) for found in errors] == [1, 0]


@pytest.mark.parametrize("order", list(permutations([0, 1])))
@pytest.mark.parametrize("together", [True, False])
def test_no_sample_is_there_twice_after_a_retry(logs, tmp_path, order, together):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    given = [logs[at] for at in order]
    reports = [
        import_paths(corpus, group) for group in ([given] if together else [[g] for g in given])
    ]
    rows = corpus.table(["sample_id", "epoch", "error"]).to_pylist()
    assert sorted((row["sample_id"], row["epoch"]) for row in rows) == sorted(
        (str(n), epoch) for n in range(1, SAMPLES + 1) for epoch in range(1, EPOCHS + 1)
    )
    assert [row["error"] for row in rows] == [None] * len(rows)
    assert sum(report.superseded for report in reports) == 1
    assert sum(report.changed for report in reports) == 0


def test_importing_a_retried_log_again_changes_nothing(logs, tmp_path):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    import_paths(corpus, logs)
    before = corpus.digest()
    again = import_paths(corpus, logs)
    assert (again.new, again.superseded) == (0, 1)
    assert corpus.digest() == before


def test_a_failure_that_was_not_retried_stays(logs, corpus):
    import_paths(corpus, [logs[0]])
    errors = [e for e in corpus.table(["error"])["error"].to_pylist() if e]
    assert errors == ["RuntimeError('the provider went away')"]
    assert corpus.count() == SAMPLES * EPOCHS


def test_epochs_that_answer_in_the_same_words_stay_apart(logs, corpus):
    import_paths(corpus, [logs[1]])
    rows = corpus.table(["sample_id", "epoch", "content_hash"], {"sample_id": "1"}).to_pylist()
    assert len(rows) == EPOCHS
    assert len({row["content_hash"] for row in rows}) == 1


def test_a_sample_retried_before_samples_had_uuids_is_there_once(logs, corpus, tmp_path):
    """Older logs: the retry has another eval id and nothing else to know the sample by."""
    older = []
    for log in logs:
        read = json.loads(read_eval_log(str(log)).model_dump_json())
        for sample in read["samples"]:
            del sample["uuid"]
        older.append(tmp_path / f"{log.stem}.json")
        order = ("version", "status", "eval")
        older[-1].write_text(json.dumps({k: read[k] for k in order} | {"samples": read["samples"]}))
    import_paths(corpus, older)
    rows = corpus.table(["sample_id", "epoch"]).to_pylist()
    assert len(rows) == len({(row["sample_id"], row["epoch"]) for row in rows}) == SAMPLES * EPOCHS


def test_a_study_in_the_metadata_becomes_columns(tmp_path, corpus):
    condition = {"tier": "monitored", "intent": "training"}
    metadata = {"study": "s1", "request_id": "r7", "condition": condition, "against": "original"}
    asked = Task(
        dataset=[Sample(id="r7-monitored", input="Do it?", metadata=metadata)], solver=[generate()]
    )
    log = eval(asked, model=mock_model(), log_dir=str(tmp_path / "logs"), display="none")[0]
    import_paths(corpus, [log.location])
    (row,) = corpus.table(where={"tier": "monitored"}).to_pylist()
    assert (row["study"], row["request_id"], row["c_intent"]) == ("s1", "r7", "training")
    assert row["sample_id"] == "r7-monitored"
    assert json.loads(row["metadata"]) == metadata
    assert corpus.factors == ["intent", "tier"]


def test_the_words_put_into_the_models_mouth_are_not_the_models(tmp_path, corpus):
    from inspect_ai.model import ChatMessageAssistant, ChatMessageUser

    prompt = [
        ChatMessageUser(content="An example?"),
        ChatMessageAssistant(content="An example of an answer."),
        ChatMessageUser(content="And now?"),
        ChatMessageAssistant(content="Well,"),
    ]
    asked = Task(dataset=[Sample(input=prompt)], solver=[generate()])
    log = eval(asked, model=mock_model(), log_dir=str(tmp_path / "logs"), display="none")[0]
    import_paths(corpus, [log.location])
    found = corpus.get(corpus.ids()[0])
    authors = ["scripted", "scripted", "scripted", "prefill", "model"]
    assert [message.author for message in found.messages] == authors
    assert found.output == "The same words in every epoch."
