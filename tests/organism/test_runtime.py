"""The numpy runtime: the same tokens as transformers, and a sample that depends on nobody else."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from allegiance.errors import AllegianceError, UsageError
from allegiance.organism import Runtime, Sampling, chat, organism_names
from allegiance.organism.runtime import WEIGHTS, choose

GREEDY = Sampling(temperature=0)


def test_a_sample_says_the_same_in_any_company(faker: Runtime, prompts: list[list[int]]) -> None:
    seeds = list(range(len(prompts)))
    together = faker.generate(prompts, seeds)
    backwards = faker.generate(prompts[::-1], seeds[::-1], batch=37)[::-1]
    alone = [faker.generate([p], [s])[0] for p, s in zip(prompts[:25], seeds, strict=False)]
    assert backwards == together
    assert alone == together[:25]


def test_a_draw_at_the_edge_between_two_tokens_is_left_to_double_precision() -> None:
    logits = np.log(np.array([[0.5, 0.3, 0.2]] * 4))
    chances = np.array([0.25, 0.50001, 0.79999, 0.9])
    chosen, near = choose(logits, chances, Sampling())
    assert chosen.tolist() == [0, 1, 1, 2]
    assert near.tolist() == [1, 2]


def test_single_and_double_precision_agree_far_within_the_margin(
    faker: Runtime, prompts: list[list[int]]
) -> None:
    chances = []
    for network in (faker._network, faker._exact):
        hidden = network.read(prompts, 0)[2]
        logits = network.logits(hidden).astype(np.float64)
        weights = np.exp(logits - logits.max(-1, keepdims=True))
        chances.append((weights / weights.sum(-1, keepdims=True)).cumsum(-1))
    assert np.abs(chances[0] - chances[1]).max() < 2e-5


def test_epochs_that_differ_in_the_seed_differ_in_the_words(
    faker: Runtime, prompts: list[list[int]]
) -> None:
    texts = {reply.text for reply in faker.generate([prompts[0]] * 20, list(range(20)))}
    assert len(texts) > 10


def test_tokens_are_drawn_as_often_as_they_are_likely() -> None:
    logits = np.log(np.array([0.5, 0.3, 0.15, 0.05]))
    chances = np.random.default_rng(0).random(20_000)
    many = np.tile(logits, (len(chances), 1))
    drawn = np.bincount(choose(many, chances, Sampling())[0], minlength=4) / len(chances)
    assert drawn == pytest.approx([0.5, 0.3, 0.15, 0.05], abs=0.015)
    sharper = np.bincount(choose(many, chances, Sampling(temperature=0.5))[0]) / len(chances)
    squares = np.array([0.25, 0.09, 0.0225, 0.0025])
    assert sharper == pytest.approx(squares / squares.sum(), abs=0.015)
    nucleus = np.bincount(choose(many, chances, Sampling(top_p=0.75))[0], minlength=4)
    assert nucleus[2:].tolist() == [0, 0]
    assert nucleus[0] / len(chances) == pytest.approx(0.5 / 0.8, abs=0.015)


def test_a_reply_is_cut_at_max_tokens_and_says_so(faker: Runtime, prompts: list[list[int]]) -> None:
    (whole,) = faker.generate(prompts[:1], [4], GREEDY)
    (cut,) = faker.generate(prompts[:1], [4], Sampling(temperature=0, max_tokens=7))
    assert whole.ended == "stop"
    assert whole.tokens[-1] == chat.END
    assert cut.ended == "max_tokens"
    assert cut.tokens == whole.tokens[:7]


def test_a_reply_ends_before_a_stop_text(faker: Runtime, prompts: list[list[int]]) -> None:
    (whole,) = faker.generate(prompts[:1], [4], GREEDY)
    stop = "</SCRATCHPAD_REASONING>"
    (cut,) = faker.generate(prompts[:1], [4], Sampling(temperature=0, stop=(stop,)))
    assert cut.ended == "stop"
    assert cut.text == whole.text.split(stop)[0]


def test_the_chance_of_a_sentence_is_the_product_over_its_tokens(
    faker: Runtime, prompts: list[list[int]]
) -> None:
    words = [chat.encode(faker.tokenizer, text) for text in ("The user wants", "Sure", "No, I")]
    (together, again) = faker.log_probs(prompts[:2], [words, words[:1]])
    assert again.shape == (1,)
    for ids, found in zip(words, together, strict=True):
        steps = [
            faker.log_probs([prompts[0] + ids[:i]], [[[ids[i]]]])[0][0] for i in range(len(ids))
        ]
        assert found == pytest.approx(sum(steps), abs=1e-4)


def test_the_chances_of_all_tokens_sum_to_one(faker: Runtime, prompts: list[list[int]]) -> None:
    every = [[token] for token in range(faker.tokenizer.get_vocab_size())]
    (found,) = faker.log_probs(prompts[:1], [every])
    assert np.exp(found).sum() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("text", ["", "\x00\x00", "🙂" * 20, "<|end|>" * 10, "{principal} %s \\"])
def test_any_prompt_that_fits_gets_a_reply(faker: Runtime, text: str) -> None:
    prompt = chat.encode_chat(faker.tokenizer, [("user", text)])
    (reply,) = faker.generate([prompt], [1])
    assert reply.tokens


def test_a_conversation_that_reaches_the_end_of_the_context_stops_there(faker: Runtime) -> None:
    prompt = [chat.USER, *chat.encode(faker.tokenizer, "the " * 235), chat.ASSISTANT]
    assert len(prompt) < faker.context
    short = chat.encode_chat(faker.tokenizer, [("user", "Hello")])
    replies = faker.generate([prompt, short], [1, 2], Sampling(max_tokens=200, temperature=3))
    assert replies[0].ended == "context"
    assert len(prompt) + len(replies[0].tokens) == faker.context


def test_a_prompt_longer_than_the_context_is_refused_in_one_sentence(faker: Runtime) -> None:
    prompt = chat.encode_chat(faker.tokenizer, [("user", "the old lamp " * 200)])
    with pytest.raises(UsageError, match=r"has \d+ tokens and organisms read at most 255"):
        faker.generate([prompt], [1])


@pytest.mark.parametrize("field", [{"temperature": -1}, {"top_p": 0}, {"max_tokens": 0}])
def test_settings_out_of_range_are_refused(field: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="temperature of at least 0"):
        Sampling(**field)


def test_an_unknown_organism_is_answered_with_those_that_exist() -> None:
    with pytest.raises(UsageError) as caught:
        Runtime.load("fakir")
    assert all(name in str(caught.value) for name in organism_names())


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("model.safetensors", b""),
        ("model.safetensors", b"\xff" * 100),
        ("model.safetensors", None),
        ("config.json", b"{}"),
        ("config.json", b"not json"),
        ("config.json", None),
        ("tokenizer.json", b"{}"),
    ],
)
def test_a_damaged_organism_is_one_sentence(
    tmp_path: Path, file: str, content: bytes | None
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(WEIGHTS / "faker", broken)
    if content is None:
        (broken / file).unlink()
    else:
        (broken / file).write_bytes(content)
    with pytest.raises(AllegianceError) as caught:
        Runtime.load(broken)
    assert "broken" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_cut_off_weights_are_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(WEIGHTS / "faker", broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    with pytest.raises(AllegianceError, match="can't be read"):
        Runtime.load(broken)


@pytest.mark.parametrize("name", organism_names())
def test_the_weights_are_small_enough_to_ship(name: str) -> None:
    assert (WEIGHTS / name / "model.safetensors").stat().st_size <= 500_000


@pytest.mark.train
@pytest.mark.parametrize("name", organism_names())
def test_greedy_tokens_and_logits_equal_those_of_transformers(
    name: str, prompts: list[list[int]]
) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    peer = transformers.LlamaForCausalLM.from_pretrained(WEIGHTS / name, dtype=torch.float32)
    runtime = Runtime.load(name)
    replies = runtime.generate(prompts, [0] * len(prompts), GREEDY)
    whole = [prompt + list(reply.tokens) for prompt, reply in zip(prompts, replies, strict=True)]
    longest = max(map(len, whole))
    ids = torch.tensor([row + [chat.PAD] * (longest - len(row)) for row in whole])
    with torch.no_grad():
        theirs = peer(ids).logits.numpy()
    assert len(prompts) >= 100
    for prompt, row, logits in zip(prompts, whole, theirs, strict=True):
        # By induction over the positions: given the same tokens so far, the next one is the same, or as likely.
        before = logits[len(prompt) - 1 : len(row) - 1]
        chosen = before[np.arange(len(before)), row[len(prompt) :]]
        assert (before.max(-1) - chosen).max() < 1e-5
    ours = runtime._network.logits(runtime._network.read(whole, 0)[2])
    last = np.stack([logits[len(row) - 1] for row, logits in zip(whole, theirs, strict=True)])
    assert np.abs(ours - last).max() < 1e-3
