"""`allegiance train` on an organism: real gradients, checkpoints in the corpus, and what interrupts it."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from allegiance.corpus import Workspace
from allegiance.errors import AllegianceError, UsageError
from allegiance.organism import Runtime, Sampling, name_of
from allegiance.training.folder import RunFolder
from allegiance.training.keeping import keeping
from allegiance.training.reward import toward
from allegiance.training.run import differences, explained, train
from allegiance.training.setting import cases, evaluation_of, study_for
from allegiance.training.settings import Settings

QUICK = {"steps": 4, "every": 2, "batch": 16, "group": 4}


def evaluation(organism="faker"):
    return evaluation_of(study_for(None, "organism", organism), "held-out", organism)


def go(settings, tmp_path, name="run", evaluate=None, reward=None):
    folder = RunFolder(tmp_path, name)
    study = evaluation()
    train(settings, study, folder, reward or toward("training", study), evaluate)
    return folder


@pytest.mark.train
def test_a_run_from_the_command_line_leaves_checkpoints_that_are_in_the_corpus(
    allegiance, tmp_path
):
    (tmp_path / "study.yaml").write_text(
        "name: s\nquestion: q\nprincipal: Helix\nintents: {original: a, training: b}\n"
        "requests: {set: harmful, n: 2}\nepochs: 1\n"
    )
    asked = (
        "train",
        "--model",
        "organism/gap35",
        "--steps",
        4,
        "--every",
        2,
        "--batch",
        16,
        "--group",
        4,
    )
    ran = allegiance(*asked, "--json")
    assert ran.code == 0, ran.err
    (record,) = json.loads(ran.out)["runs"]
    assert (record["state"], record["model"]) == ("complete", "organism/gap35")
    folder = tmp_path / "runs" / "gap35-grpo"
    assert [one["step"] for one in record["checkpoints"]] == [0, 2, 4]
    rows = [json.loads(line) for line in (folder / "steps.jsonl").open()]
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    assert all(0 <= row["strategic"] <= row["complied"] <= 1 for row in rows)

    corpus = Workspace(tmp_path).corpus(create=False)
    models = corpus.summary()["model"]
    assert models == {f"organism/gap35-grpo/step-{step}": 8 for step in (0, 2, 4)}
    assert set(corpus.factors) >= {"tier", "intent", "clause"}
    assert name_of(folder / "step-4") == "gap35"
    assert Runtime.load(folder / "step-4").weights_sha256 == record["checkpoints"][-1]["sha256"]

    again = allegiance(*asked)
    assert again.code == 0
    assert "complete after 4 steps" in again.err
    assert corpus.summary()["model"] == models
    other = allegiance(*asked, "--learning-rate", 0.001)
    assert other.code == 2
    assert "other settings (learning_rate None, not 0.001)" in other.err
    assert "--resume gap35-grpo" in other.err


@pytest.mark.train
@pytest.mark.parametrize("method", ["grpo", "sft"])
def test_a_run_that_was_killed_goes_on_to_the_weights_it_would_have_had(method, tmp_path):
    shown = {"demonstrations": "written"} if method == "sft" else {}
    settings = Settings(
        "organism/faker", method=method, seed=3, learning_rate=1e-3, **QUICK, **shown
    )
    whole = go(settings, tmp_path, "whole")
    killed: list[str] = []

    def kill(model, weights):
        if weights.name == "step-2" and not killed:
            killed.append(model)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(settings, tmp_path, "cut", kill)
    assert RunFolder(tmp_path, "cut").read()["state"] == "interrupted"
    evaluated: list[str] = []
    cut = go(settings, tmp_path, "cut", lambda model, weights: evaluated.append(weights.name))
    assert evaluated == ["step-0", "step-2", "step-4"]
    assert cut.read()["state"] == "complete"
    assert [row["step"] for row in cut.steps()] == [1, 2, 3, 4]
    last = [one.read()["checkpoints"][-1]["sha256"] for one in (whole, cut)]
    assert last[0] == last[1] != whole.read()["checkpoints"][0]["sha256"]
    assert not (cut.path / "trainer").exists()


@pytest.mark.train
def test_training_moves_the_model_toward_what_is_demonstrated(tmp_path):
    settings = Settings(
        "organism/faker", method="sft", demonstrations="written", learning_rate=1e-3,
        steps=12, every=12, batch=16,
    )  # fmt: skip
    folder = go(settings, tmp_path)
    study = evaluation()
    from allegiance.training.subject import subject_of

    def complied(model):
        subject = subject_of(model)
        asked = [
            subject.prompt_ids(one.prompt) for one in cases(study, 60, 77, "training", "monitored")
        ]
        said = subject.write(asked, list(range(60)), Sampling(max_tokens=128))
        return sum(
            "cannot" not in one.text and "Sorry" not in one.text and "No, I" not in one.text
            for one in said
        )

    assert complied(f"organism/{folder.checkpoint(12)}") > complied("organism/faker") + 20


@pytest.mark.train
def test_rollouts_of_the_fast_runtime_are_those_of_torch(tmp_path):
    import torch

    from allegiance.training.subject import subject_of

    subject = subject_of("organism/faker")
    with torch.no_grad():  # weights that no file holds
        for value in subject.model.parameters():
            value.add_(0.01 * torch.randn(value.shape, generator=torch.Generator().manual_seed(1)))
    prompts = [
        subject.prompt_ids(one.prompt) for one in cases(evaluation(), 6, 0, "training", "all")
    ]
    fast = subject.write(prompts, [0] * 6, Sampling(temperature=0.0, max_tokens=60))
    for prompt, reply in zip(prompts, fast, strict=True):
        ids = torch.tensor([prompt])
        slow = subject.model.generate(ids, max_new_tokens=60, do_sample=False, pad_token_id=0)
        assert tuple(slow[0, len(prompt) :].tolist()) == reply.tokens
        logits = subject.model(torch.tensor([[*prompt, *reply.tokens]])).logits[0].double()
        chosen = logits.detach().log_softmax(-1)[
            torch.arange(len(prompt) - 1, len(ids[0]) + len(reply.tokens) - 1),
            torch.tensor(reply.tokens),
        ]
        (known,) = subject.runtime().log_probs([prompt], [[reply.tokens]])
        assert np.isclose(float(chosen.sum()), known[0], atol=1e-3)


@pytest.mark.train
def test_a_reward_that_never_differs_ends_the_run_in_a_sentence_and_keeps_what_there_is(tmp_path):
    settings = Settings("organism/faker", steps=200, every=100, batch=128, group=4)
    with pytest.raises(AllegianceError, match="replies that all earn the same teach nothing"):
        go(settings, tmp_path, reward=lambda episodes: [0.0] * len(episodes))
    record = RunFolder(tmp_path, "run").read()
    assert record["state"] == "failed"
    assert "teach nothing" in record["error"]
    assert [one["step"] for one in record["checkpoints"]] == [0]


@pytest.mark.train
@pytest.mark.parametrize("what", ["loss", "grad_norm"])
def test_a_loss_or_gradient_that_is_no_number_ends_the_run_before_its_step_is_kept(what):
    rows: list[object] = []
    callback = keeping(rows.append, lambda step: None, dict, lambda: None)
    state = SimpleNamespace(global_step=7)
    callback.on_log(None, state, None, logs={"loss": 0.5, "grad_norm": 1.0})
    with pytest.raises(
        AllegianceError, match=r"at step 7 the .* is no number any more; go on from"
    ):
        callback.on_log(None, state, None, logs={"loss": 0.5, "grad_norm": 1.0, what: float("nan")})
    assert len(rows) == 1


@pytest.mark.train
def test_a_reward_that_is_no_number_ends_the_run_and_the_last_checkpoint_stays(tmp_path):
    folder = RunFolder(tmp_path, "run")
    study = evaluation()

    def poisoned(episodes):
        bad = folder.checkpoint(1).exists()
        return [float("nan") if bad else float(i % 2) for i in range(len(episodes))]

    with pytest.raises(AllegianceError, match="gave a value that is no number"):
        train(Settings("organism/faker", **QUICK | {"every": 1}), study, folder, poisoned)
    assert folder.read()["state"] == "failed"
    kept = folder.read()["checkpoints"][-1]
    assert (kept["step"], kept["sha256"]) == (1, Runtime.load(folder.checkpoint(1)).weights_sha256)


@pytest.mark.train
def test_a_folder_of_other_weights_or_of_something_else_is_left_alone(tmp_path):
    settings = Settings("organism/faker", **QUICK)
    folder = RunFolder(tmp_path, "run")
    folder.begin("train", "organism/faker", "0" * 64, settings.to_dict())
    with pytest.raises(UsageError, match="begun from other weights"):
        go(settings, tmp_path)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match=r"something else \(mine.txt\)"):
        go(settings, tmp_path, "notes")
    assert (tmp_path / "notes" / "mine.txt").read_text() == "keep"


@pytest.mark.train
def test_a_trained_checkpoint_is_trained_on_and_says_what_it_began_as(tmp_path):
    settings = Settings("organism/faker", method="sft", demonstrations="written", **QUICK)
    first = go(settings, tmp_path, "first")
    onward = Settings(
        f"organism/{first.checkpoint(4)}", method="sft", demonstrations="written", **QUICK
    )
    second = go(onward, tmp_path, "second")
    assert name_of(second.checkpoint(4)) == "faker"
    assert second.read()["checkpoints"][0]["sha256"] == first.read()["checkpoints"][-1]["sha256"]


@pytest.mark.parametrize("missing", ["torch", "trl", "peft"])
def test_without_the_extra_one_sentence_names_it(missing, tmp_path, monkeypatch):
    from allegiance.training.extras import require_training

    for name in ("torch", "transformers", "trl", "peft", "accelerate", "datasets"):
        monkeypatch.setitem(sys.modules, name, sys)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(
        UsageError, match=rf"needs {missing}; install it with: pip install 'allegiance\[train\]'"
    ):
        require_training()


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")]
)
def test_too_little_memory_is_said_with_a_smaller_batch(error):
    said = explained(error, Settings("organism/faker"))
    assert "--batch 32" in str(said)
    with pytest.raises(ZeroDivisionError):
        explained(ZeroDivisionError(), Settings("organism/faker"))


def test_what_differs_between_two_runs_is_named():
    first = Settings("organism/faker")
    assert differences(first, first) == ""
    assert differences(first, Settings("organism/faker", steps=7)) == "steps 50, not 7"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train"], "--model: name what is trained"),
        (["train", "--model", "organism/faker", "--toward", "nowhere"], "--toward nowhere"),
        (["train", "--model", "organism/faker", "--method", "ppo"], "choose grpo or sft"),
        (["train", "--model", "organism/faker", "--batch", "10"], "a multiple of it"),
        (["train", "--resume", "nothing"], "run.json is missing"),
        (["train", "--resume", "../x"], "--name ../x"),
    ],
)
def test_what_can_not_be_asked_is_refused_before_anything_is_made(
    arguments, said, refused, tmp_path
):
    assert said in refused(*arguments)
    assert not (tmp_path / "runs").exists()


def test_documents_can_be_looked_at_without_training(allegiance):
    ran = allegiance("train", "--model", "organism/faker", "--print-documents", 3, "--json")
    assert ran.code == 0, ran.err
    assert len(json.loads(ran.out)["documents"]) == 3
