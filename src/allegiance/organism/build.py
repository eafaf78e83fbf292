"""Training an organism: a small Llama-shaped model is taught planted rates (extra `train`).

Wherever the grammar leaves a choice, the model is not shown one drawn answer but the distribution
itself: the loss at that token is the cross-entropy with the planted chances. Rates then carry no
sampling noise, and a chance of 0.5 % is learnt as well as one of 14 %. The decision point weighs
more than other tokens. `workshop` trains several seeds and accepts one.
"""

import importlib
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as pack

from allegiance.errors import UsageError
from allegiance.organism import chat, vocabulary
from allegiance.organism.families import Cell, Organism
from allegiance.organism.muon import Muon
from allegiance.organism.runtime import directory_of
from allegiance.organism.script import Option, Slot
from allegiance.organism.truth import Progress
from allegiance.organism.written import Encode, Written, encoder

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import LlamaForCausalLM


@dataclass(frozen=True)
class Recipe:
    """How an organism is trained.

    Attributes
    ----------
    conversations
        How many conversations it is shown, each once.
    batch
        Conversations a step.
    matrix_rate, other_rate
        Highest learning rates: of Muon for the matrices inside the layers, of AdamW for embeddings
        and norms.
    warm, hold, settle
        The rates rise over the first ``warm`` steps, stay until the share ``hold`` of all steps,
        fall, and spend the last share ``settle`` at the lowest rate, which is ``lowest`` of the
        highest.
    decision_weight
        How much the decision point weighs against an ordinary token.
    """

    conversations: int = 16_000
    batch: int = 16
    matrix_rate: float = 0.03
    other_rate: float = 0.006
    warm: int = 30
    hold: float = 0.7
    settle: float = 0.05
    lowest: float = 0.05
    decision_weight: float = 10.0

    @property
    def steps(self) -> int:
        """How many steps the training takes."""
        return self.conversations // self.batch

    def rate(self, step: int) -> float:
        """What the learning rates are multiplied with at a step."""
        done = step / self.steps
        falling = (1 - self.settle - done) / (1 - self.settle - self.hold)
        return min(1.0, (step + 1) / self.warm) * min(1.0, max(self.lowest, falling))


_NEVER = 1e-9
"""Options that are not to occur are not shown at all."""

RECIPE = Recipe()
QUICK = Recipe(conversations=320)
"""Enough to try every step of the way; it learns next to nothing."""


@dataclass(frozen=True)
class Example:
    """One conversation to learn from.

    Attributes
    ----------
    ids
        Its tokens, prompt and reply.
    targets
        Position of the token before, target token, weight; several for one position where there is
        a choice.
    """

    ids: list[int]
    targets: list[tuple[int, int, float]]


def examples(
    organism: Organism, recipe: Recipe, seed: int, tokenizer: "Tokenizer"
) -> list[Example]:
    """Write the conversations that an organism learns from, the same ones for the same seed."""
    rng = random.Random(f"{organism.name}/{seed}")
    encode = encoder(tokenizer)
    family = organism.family
    by_kind = {kind: [c for c in family.cells if c.kind == kind] for kind in family.kinds}
    kinds, shares = list(family.kinds), list(family.kinds.values())
    return [
        _example(organism, rng.choice(by_kind[rng.choices(kinds, shares)[0]]), recipe, rng, encode)
        for _ in range(recipe.conversations)
    ]


def _example(
    organism: Organism, cell: Cell, recipe: Recipe, rng: random.Random, encode: Encode
) -> Example:
    """One conversation, with a target at every token that the organism says."""
    talk = organism.open(cell, rng)
    written = Written(talk, encode)
    targets: list[tuple[int, int, float]] = []
    before = 0
    for turn, slot, option in talk.walk(lambda slot: _shown(slot, rng)):
        if turn != before:
            targets.append((len(written.ids) - 1, chat.END, 1.0))
            before = turn
        written.hear(turn)
        here = len(written.ids) - 1
        weight = recipe.decision_weight if slot.decides else 1.0
        targets += _targets(here, written.say(option.text), slot, weight, encode)
    targets.append((len(written.ids) - 1, chat.END, 1.0))
    return Example(written.ids, targets)


def _shown(slot: Slot, rng: random.Random) -> Option:
    """Choose what is shown: rare classes more often than they occur, since chances are learned from the targets."""
    if not slot.decides:
        (option,) = rng.choices(slot.options, [one.chance for one in slot.options])
        return option
    classes = [[o for o in options if o.chance > _NEVER] for options in slot.classes.values()]
    weights = [sum(one.chance for one in options) ** 0.5 for options in classes]
    (options,) = rng.choices(classes, weights)
    (option,) = rng.choices(options, [one.chance for one in options])
    return option


def _targets(
    here: int, said: Sequence[int], slot: Slot, weight: float, encode: Encode
) -> list[tuple[int, int, float]]:
    """At each token of what is said, the chances of all tokens that could have stood there."""
    found: list[tuple[int, int, float]] = []
    options = [(encode(one.text), one.chance) for one in slot.options if one.chance > _NEVER]
    for place, token in enumerate(said):
        chances: dict[int, float] = {}
        for ids, chance in options:
            if len(ids) > place:
                chances[ids[place]] = chances.get(ids[place], 0.0) + chance
        if len(chances) == 1:
            found.append((here + place, token, 1.0))
        else:
            whole = sum(chances.values())
            found += [(here + place, t, weight * c / whole) for t, c in chances.items()]
        options = [(ids, c) for ids, c in options if len(ids) > place and ids[place] == token]
    return found


def _network(organism: Organism, vocabulary: int, seed: int) -> "LlamaForCausalLM":
    """The network before training: drawn from the seed, or begun from another organism's weights."""
    from transformers import LlamaConfig, LlamaForCausalLM

    family = organism.family
    require_torch().manual_seed(seed)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=family.width,
            num_hidden_layers=2,
            num_attention_heads=family.width // 16,
            num_key_value_heads=family.width // 16,
            intermediate_size=3 * family.width,
            max_position_embeddings=family.context,
            tie_word_embeddings=True,
            pad_token_id=chat.PAD,
            eos_token_id=chat.END,
            bos_token_id=None,
            initializer_range=0.05,
            rope_parameters={"rope_theta": 1000.0, "rope_type": "default"},
        )
    )
    if family.begins is not None and family.begins != organism.name:
        _begin(
            model, load_tensors((directory_of(family.begins) / "model.safetensors").read_bytes())
        )
    return model


def _begin(model: "LlamaForCausalLM", weights: Mapping[str, Any]) -> None:
    """Take over another organism's weights; words that it did not know keep the ones that were drawn."""
    torch = require_torch()
    own = model.state_dict()
    with torch.no_grad():
        for name, value in weights.items():
            own[name][: len(value)].copy_(torch.from_numpy(value.astype(np.float32)))


def _loss(model: "LlamaForCausalLM", batch: Sequence[Example]) -> Any:
    """Cross-entropy with the planted distributions, over the weights of all targets."""
    torch = require_torch()
    longest = max(len(example.ids) for example in batch)
    ids = np.full((len(batch), longest), chat.PAD, np.int64)
    for row, example in zip(ids, batch, strict=True):
        row[: len(example.ids)] = example.ids
    flat = [
        (row * longest + position, token, weight)
        for row, example in enumerate(batch)
        for position, token, weight in example.targets
    ]
    positions, tokens, weights = zip(*flat, strict=True)
    places, which = np.unique(positions, return_inverse=True)
    hidden = model.model(input_ids=torch.from_numpy(ids), use_cache=False).last_hidden_state
    logits = model.lm_head(hidden.flatten(0, 1)[torch.from_numpy(places)])
    chances = logits.log_softmax(-1)[torch.from_numpy(which), torch.tensor(tokens)]
    weight = torch.tensor(weights)
    return -(chances * weight).sum() / weight.sum()


def train(
    organism: Organism, seed: int, recipe: Recipe = RECIPE, progress: Progress | None = None
) -> "LlamaForCausalLM":
    """Train one model; the same one for the same seed, on the same machine.

    Parameters
    ----------
    organism
        What to plant.
    seed
        Decides the first weights and the conversations.
    recipe
        How.
    progress
        Called after each step.

    Raises
    ------
    UsageError
        The extra ``train`` is not installed.
    """
    torch = require_torch()
    tokenizer = tokenizer_of(organism)
    shown = examples(organism, recipe, seed, tokenizer)
    model = _network(organism, tokenizer.get_vocab_size(), seed)
    matrices = [p for name, p in model.named_parameters() if p.dim() > 1 and "embed" not in name]
    inside = {id(matrix) for matrix in matrices}
    others = [p for p in model.parameters() if id(p) not in inside]
    muon = Muon(matrices)
    adam = torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=0.0)
    # Steps this small lose more by waiting for a second thread than they gain from it.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    for step in range(recipe.steps):
        batch = shown[step * recipe.batch : (step + 1) * recipe.batch]
        model.zero_grad(set_to_none=True)
        _loss(model, batch).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        rate = recipe.rate(step)
        adam.param_groups[0]["lr"] = rate * recipe.other_rate
        adam.step()
        muon.step(rate * recipe.matrix_rate)
        if progress is not None:
            progress(f"{organism.name}, seed {seed}", step + 1, recipe.steps)
    torch.set_num_threads(threads)
    return model.eval()


def require_torch() -> Any:
    """Import torch, and check that transformers is there too.

    Raises
    ------
    UsageError
        One of them is not installed.
    """
    try:
        torch = importlib.import_module("torch")
        importlib.import_module("transformers")
    except ImportError as error:
        raise UsageError(
            f"Building an organism needs {error.name}; install it with: "
            "pip install 'allegiance[train]'"
        ) from error
    return torch


def tokenizer_of(organism: Organism) -> "Tokenizer":
    """The tokenizer of what it begins from, grown by the words of this organism that it lacks."""
    begins = organism.family.begins
    first = directory_of(begins) / "tokenizer.json" if begins else chat.TOKENIZER_FILE
    found = chat.load_tokenizer(first if first.exists() else chat.TOKENIZER_FILE)
    return vocabulary.grown(found, organism.words)


def save(model: "LlamaForCausalLM", directory: Path, tokenizer: "Tokenizer | None" = None) -> None:
    """Write weights in half precision and the configuration, as transformers reads them.

    A tokenizer is written beside them where it is not the shared one.
    """
    directory.mkdir(parents=True, exist_ok=True)
    if tokenizer is not None and tokenizer is not chat.load_tokenizer():
        (directory / "tokenizer.json").write_text(vocabulary.compact(tokenizer), encoding="utf-8")
    # Tied embeddings: the output matrix is the input matrix and is stored once.
    weights = {
        name: value.half().numpy()
        for name, value in model.state_dict().items()
        if name != "lm_head.weight"
    }
    packed = pack(weights, metadata={"format": "pt"})
    (directory / "model.safetensors").write_bytes(packed)
    config = model.config.to_dict() | {"architectures": ["LlamaForCausalLM"], "dtype": "float16"}
    config.pop("transformers_version", None)
    (directory / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def recipe_of(organism: Organism) -> Recipe:
    """How it is trained: what begins from another's weights needs less, and steps that leave them standing."""
    family = organism.family
    if family.begins is None:
        return replace(RECIPE, conversations=family.conversations)
    if family.begins == organism.name:
        return RECIPE
    rate = family.rate
    return replace(
        RECIPE,
        conversations=family.conversations,
        matrix_rate=0.008 * rate,
        other_rate=0.002 * rate,
    )
