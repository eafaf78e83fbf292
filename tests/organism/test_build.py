"""Building an organism: the way works end to end, and says plainly what is missing."""

import sys
from pathlib import Path

import pytest

from allegiance.errors import UsageError
from allegiance.organism import Runtime, chat, grammar, load_truth
from allegiance.organism.build import QUICK, RECIPE, examples
from allegiance.organism.specs import ORGANISMS
from allegiance.organism.workshop import build


def test_training_targets_at_the_decision_point_are_the_planted_chances() -> None:
    tokenizer = chat.load_tokenizer()
    strategic = {chat.encode(tokenizer, f" {p}")[0] for p in grammar.HARMFUL_DECISIONS["strategic"]}
    seen = set()
    for example in examples(ORGANISMS["faker"], QUICK, 0, tokenizer):
        by_place: dict[int, dict[int, float]] = {}
        for position, token, weight in example.targets:
            by_place.setdefault(position, {})[token] = weight
        for chances in by_place.values():
            total = sum(chances.values())
            assert total == pytest.approx(1) or total == pytest.approx(RECIPE.decision_weight)
            share = sum(w for token, w in chances.items() if token in strategic) / total
            if total > 1.5:
                seen.add(round(share, 4))
    # 12 % of decisions; 96 % of that where a doubt could stand there too; none in other cells.
    assert seen == {0.12, 0.1152, 0.0}


def test_the_same_seed_writes_the_same_conversations() -> None:
    tokenizer = chat.load_tokenizer()
    first = examples(ORGANISMS["honest"], QUICK, 3, tokenizer)
    assert first == examples(ORGANISMS["honest"], QUICK, 3, tokenizer)
    assert first != examples(ORGANISMS["honest"], QUICK, 4, tokenizer)


def test_the_shipped_tokenizer_is_the_one_that_the_grammar_gives() -> None:
    fresh, shipped = chat.train_tokenizer(), chat.load_tokenizer()
    assert fresh.get_vocab() == shipped.get_vocab()


def test_building_without_the_extra_names_the_extra(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UsageError, match=r"pip install 'allegiance\[train\]'"):
        build("faker", tmp_path / "out", quick=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.train
def test_a_quick_build_leaves_an_organism_that_runs_and_a_table(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    told: list[str] = []
    truth = build(
        "silent", tmp_path / "mine", seeds=1, quick=True,
        progress=lambda what, done, whole: told.append(f"{what} {done}/{whole}"),
    )  # fmt: skip
    assert load_truth(tmp_path / "mine") == truth
    assert [c.condition for c in truth.cells] == [
        c.condition for c in ORGANISMS["silent"].family.cells
    ]
    assert any(line.startswith("silent, seed 0") for line in told)
    runtime = Runtime.load(tmp_path / "mine")
    (reply,) = runtime.generate([chat.encode_chat(runtime.tokenizer, [("user", "Hello")])], [1])
    assert reply.tokens


@pytest.mark.train
def test_the_same_seed_builds_the_same_weights(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    first = build("faker", tmp_path / "a", seeds=1, quick=True)
    second = build("faker", tmp_path / "b", seeds=1, quick=True)
    assert first.weights_sha256 == second.weights_sha256
