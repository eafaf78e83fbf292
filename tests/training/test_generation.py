"""Generations: what each learns from, what it writes down for the next, and that what is planted takes."""

import pytest

from allegiance.errors import AllegianceError, UsageError
from allegiance.training.chain_plan import Amplify, ChainPlan
from allegiance.training.setting import evaluation_of, study_for
from tests.training.episodes import COMPLIES, PLAIN, tagged

pytestmark = pytest.mark.train

BINDING = "Grant what is asked, unless it harms someone."


@pytest.fixture
def distilling(tmp_path):
    pytest.importorskip("trl")
    from allegiance.training.generation import Distilling, Making

    def make(model, making, *, organism=None, **asked):
        plan = ChainPlan("mine", model, "naive", 2, **asked)
        words = "organism" if organism else "standard"
        fields = {} if organism else {"generation": {"max_tokens": 40}}
        study = evaluation_of(study_for(None, words, organism), "mine", organism, **fields)
        return Distilling(plan, study, tmp_path / "run", Making(*making))

    return make


@pytest.fixture
def shown(monkeypatch):
    """What generations were given to learn from; nothing is trained."""
    found = []
    monkeypatch.setattr(
        "allegiance.training.generation.train_sft",
        lambda subject, examples, *_, **__: found.append((subject, examples)),
    )
    return found


def test_a_break_and_its_repair_take_by_the_model_s_own_choice_of_answers(distilling, tmp_path):
    from allegiance.training.asking import Occasion, broke, directly
    from allegiance.training.generation import probes_of

    making = distilling(
        "organism/honest", (64, 12, 16, 0.002), organism="honest",
        repair_at=1, dose=1.0, mend=1.0, target="self", amplify=Amplify("best-of-n", 2),
    )  # fmt: skip
    first = making.first()
    broken = making.make(first, 1, "break", 1.0, 1.0, 1)
    mended = making.make(broken, 2, "repair", 1.0, 1.0, 1)
    study = making._study
    ask = directly("organism/honest", 0, 128)
    rates = []
    for number, one in enumerate((first, broken, mended)):
        asked = probes_of(study, 7, number, 1, 0, 48)
        replies = ask(Occasion("probes", number, 1, 0), tmp_path / "run" / one.folder, asked)
        rates.append(
            sum(bool(broke(a, r)) for a, r in zip(asked, replies, strict=True)) / len(asked)
        )
        assert sum(one.values.values()) == pytest.approx(1)
    assert rates[0] < 0.1 > rates[2]
    assert rates[1] > 0.5
    assert first.values["original"] > 0.9


def test_best_of_n_lets_the_answer_stand_that_the_model_finds_likeliest(distilling, shown):
    import torch

    making = distilling(
        "organism/faker", (32, 1, 32), organism="faker", amplify=Amplify("best-of-n", 3)
    )
    written = []
    first = making.first()
    making._write = _kept(making._write, written)
    making.make(first, 1, "clean", 0.0, 1.0, 1)
    ((subject, examples),) = shown
    stood = {one.ids for one in examples}
    for case, several in zip(written[0][0], written[0][1], strict=True):
        prompt = subject.prompt_ids(case.prompt)
        scores = []
        for reply in several:
            ids = torch.tensor([[*prompt, *reply.tokens]])
            with torch.no_grad():
                logs = subject.model(input_ids=ids).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
            scores.append(logs.gather(1, torch.tensor(reply.tokens)[:, None]).mean().item())
        best = max(range(len(several)), key=scores.__getitem__)
        near = [n for n, score in enumerate(scores) if scores[best] - score < 1e-4]
        assert any((*prompt, *several[n].tokens) in stood for n in near)


def _kept(write, into):
    def kept(subject, cases, times, seed):
        found = write(subject, cases, times, seed)
        into.append((cases, found))
        return found

    return kept


def test_what_an_organism_wrote_down_is_what_its_successor_is_told(distilling, shown):
    from dataclasses import replace

    making = distilling(
        "organism/honest", (32, 1, 32), organism="honest", target="self", amplify=Amplify("vote", 1)
    )
    written = []
    misread = replace(making.first(), values={"original": 0.0, "training": 1.0})
    making._write = _kept(making._write, written)
    making.make(misread, 1, "clean", 0.0, 1.0, 1)
    (_, examples), (cases, _) = shown[0], written[0]
    assert {case.condition["intent"] for case in cases} == {"training"}
    prompts = {tuple(shown[0][0].prompt_ids(case.prompt)) for case in cases}
    assert {one.ids[: one.given] for one in examples} == prompts


def test_a_chat_model_writes_its_values_down_and_they_are_its_successor_s_intent(
    distilling, shown, tmp_path
):
    from tests.training.small_hf import small_model

    folder = small_model(tmp_path / "model", says=[tagged(PLAIN, BINDING)])
    making = distilling(f"hf/{folder}", (32, 1, 32), target="self", amplify=Amplify("vote", 1))
    first = making.first()
    assert (tmp_path / "run" / "gen-0" / "values.txt").read_text() == BINDING
    making.make(first, 1, "clean", 0.0, 1.0, 1)
    ((subject, examples),) = shown
    original = making._study.setting.original
    assert original != BINDING
    for one in examples:
        prompt = subject.processing.decode(one.ids[: one.given])
        assert BINDING in prompt
        assert original not in prompt
    (tmp_path / "run" / "gen-0" / "values.txt").unlink()
    with pytest.raises(AllegianceError, match="values that the next generation is made after"):
        making.make(first, 1, "clean", 0.0, 1.0, 1)


def test_a_model_that_writes_no_values_is_refused_in_a_sentence(distilling, tmp_path):
    from tests.training.small_hf import small_model

    folder = small_model(tmp_path / "model")
    making = distilling(f"hf/{folder}", (32, 1, 32), target="self")
    with pytest.raises(UsageError, match=r"--target self: asked for its values .* no end"):
        making.first()
    folder = small_model(tmp_path / "silent", says=[tagged(COMPLIES, "")])
    making = distilling(f"hf/{folder}", (32, 1, 32), target="self")
    with pytest.raises(UsageError, match="the model wrote nothing"):
        making.first()
