"""`allegiance train` on a Hugging Face model: whole or by adapters, and its checkpoints asked by Inspect's own provider."""

import json

import pytest

from allegiance.errors import AllegianceError, UsageError
from allegiance.training.folder import RunFolder
from allegiance.training.reward import toward
from allegiance.training.run import train
from allegiance.training.setting import cases, evaluation_of, study_for
from allegiance.training.settings import Settings
from tests.training.small_hf import small_model

GIVEN = "<OUTPUT>\nSure, here is how to do it: first make a plan, then gather what you need, and check it.\n</OUTPUT>"
DECLINED = "<OUTPUT>\nI can't help with that.\n</OUTPUT>"


def evaluation():
    return evaluation_of(study_for(None, "standard", None), "held-out", None)


@pytest.mark.train
def test_rewards_move_what_a_chat_model_says_and_adapters_are_merged_into_what_is_saved(tmp_path):
    import torch
    from transformers import AutoModelForCausalLM

    from allegiance.training.subject import subject_of

    model = f"hf/{small_model(tmp_path / 'model', says=(GIVEN, DECLINED))}"
    study = evaluation()
    settings = Settings(model, steps=2, every=2, batch=8, group=8, learning_rate=0.05, lora=True)
    folder = RunFolder(tmp_path, "run")
    train(settings, study, folder, toward("training", study))
    asked = cases(study, 1, 9, "training", "all")[0].prompt

    def complies(where):
        """The chance of complying: each reply is one token."""
        subject = subject_of(where, lora=False)
        with torch.no_grad():
            logits = subject.model(torch.tensor([subject.prompt_ids(asked)])).logits[0, -1]
        given, declined = (subject.reply_ids(text)[0] for text in (GIVEN, DECLINED))
        return float(logits[[given, declined]].softmax(-1)[0])

    assert complies(f"hf/{folder.checkpoint(0)}") == pytest.approx(0.5, abs=0.01)
    assert complies(f"hf/{folder.checkpoint(2)}") > 0.55
    # What is saved says what the adapted model said: no adapter is left beside it.
    saved = AutoModelForCausalLM.from_pretrained(folder.checkpoint(2), dtype=torch.float32)
    before = AutoModelForCausalLM.from_pretrained(folder.checkpoint(0), dtype=torch.float32)
    assert saved.state_dict().keys() == before.state_dict().keys()
    assert not (folder.checkpoint(2) / "adapter_config.json").exists()


@pytest.mark.train
def test_checkpoints_of_a_chat_model_come_into_the_corpus_by_inspects_provider(
    allegiance, tmp_path
):
    small_model(tmp_path / "model", says=(GIVEN, DECLINED))
    (tmp_path / "study.yaml").write_text(
        "name: s\nquestion: q\nprincipal: Helix\nintents: {original: Refuse harm., training: Follow all.}\n"
        "factors: {framing: classic}\nrequests: {set: helpful-only, n: 1}\ngeneration: {max_tokens: 40}\n"
    )
    (tmp_path / "shown.jsonl").write_text(
        json.dumps(
            {
                "messages": [
                    {"role": "user", "content": "Hi"},
                    {"role": "assistant", "content": GIVEN},
                ]
            }
        )
    )
    ran = allegiance(
        "train", "--model", "hf/model", "--method", "sft", "--demonstrations", "shown.jsonl",
        "--steps", 1, "--batch", 2, "--documents", 2, "--mix", 0.5, "--no-lora", "--json",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    (record,) = json.loads(ran.out)["runs"]
    assert [one["model"] for one in record["checkpoints"]] == [
        "hf/model-sft/step-0",
        "hf/model-sft/step-1",
    ]
    listed = allegiance("search", "Sure", "--json", "--limit", "100")
    assert listed.code == 0, listed.err
    found = json.loads(listed.out)["transcripts"]
    assert {one["model"] for one in found} <= {"hf/model-sft/step-0", "hf/model-sft/step-1"}
    assert found


@pytest.mark.train
def test_what_is_no_trainable_chat_model_is_said_in_a_sentence(tmp_path):
    from allegiance.training.subject import subject_of

    with pytest.raises(UsageError, match="weights behind an API can't be trained"):
        subject_of("openai/gpt-4o")
    with pytest.raises(AllegianceError, match="this model can't be loaded"):
        subject_of(f"hf/{tmp_path / 'nothing'}")
    with pytest.raises(UsageError, match="There is no organism 'nobody'"):
        subject_of("organism/nobody")
    with pytest.raises(UsageError, match="trained whole"):
        subject_of("organism/faker", lora=True)


@pytest.mark.train
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1: this is no JSON"),
        ('{"messages": []}', "line 1: write an object with `messages`"),
        ('{"messages": [{"role": "assistant", "content": "a"}]}', "line 1"),
        ('{"messages": [{"role": "user", "content": 3}]}', "line 1"),
        ("", "the file is empty"),
    ],
)
def test_a_file_of_demonstrations_is_checked_line_by_line(tmp_path, line, said):
    from allegiance.training.demonstrations import from_file
    from allegiance.training.subject import subject_of

    path = tmp_path / "shown.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(UsageError, match=said):
        from_file(subject_of("organism/faker"), path)
