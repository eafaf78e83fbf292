"""Words to token ids and back: the tokenizer that all organisms share, and the chat template.

A conversation is ``<|system|>...<|user|>...<|assistant|>...<|end|>``. The four markers are tokens
of their own that text can't spell: a user who writes ``<|end|>`` is read as writing those letters.
The tags of a reply are ordinary tokens, so they appear in what is decoded.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from allegiance.errors import AllegianceError
from allegiance.organism import grammar
from allegiance.study.prompts import organism as prompts
from allegiance.study.prompts.organism import asking

PAD, END, SYSTEM, USER, ASSISTANT = range(5)
MARKERS = ("<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>")
ROLES = {"system": SYSTEM, "user": USER, "assistant": ASSISTANT}

TOKENIZER_FILE = Path(__file__).parent / "weights" / "tokenizer.json"


def load_tokenizer(path: Path = TOKENIZER_FILE) -> Tokenizer:
    """Load a tokenizer, each file once; the shared one by default.

    Raises
    ------
    AllegianceError
        The file is missing or is no tokenizer.
    """
    return _loaded(path)


@cache
def _loaded(path: Path) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:
        raise AllegianceError(
            f"The organism's tokenizer {path} can't be read ({error}); reinstall allegiance."
        ) from error
    tokenizer.encode_special_tokens = True
    return tokenizer


def encode(tokenizer: Tokenizer, text: str) -> list[int]:
    """Token ids of a text; markers in it are read as plain letters."""
    return tokenizer.encode(text, add_special_tokens=False).ids


def encode_chat(tokenizer: Tokenizer, messages: Iterable[tuple[str, str]]) -> list[int]:
    """Token ids of a conversation, ending where the assistant is to go on.

    Parameters
    ----------
    tokenizer
        From `load_tokenizer`.
    messages
        Pairs of a role (``system``, ``user``, ``assistant``) and a text. A last message of the assistant is one that it
        goes on with.
    """
    listed = list(messages)
    prefill = listed.pop()[1] if listed and listed[-1][0] == "assistant" else ""
    ids: list[int] = []
    for role, text in listed:
        ids += [ROLES[role], *encode(tokenizer, text)]
        if role == "assistant":
            ids.append(END)
    return [*ids, ASSISTANT, *encode(tokenizer, _to_go_on(prefill))]


def _to_go_on(text: str) -> str:
    """Text without the blanks at its end: a blank belongs to the word that comes after it, a tag to its line."""
    cut = text.rstrip()
    tag = next(
        (tag for tag in grammar.TAGS if tag.endswith("\n") and cut.endswith(tag.rstrip())), ""
    )
    return cut + "\n" if tag else cut


def decode(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """The text of token ids."""
    return tokenizer.decode(list(ids), skip_special_tokens=False)


def train_tokenizer() -> Tokenizer:
    """Make the shared tokenizer: byte-level BPE in which every word of the grammar is one token."""
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer: Any = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.ByteLevel()
    words = {word for text in _texts() for word, _ in splitter.pre_tokenize_str(text)}
    trainer = trainers.BpeTrainer(
        vocab_size=4096,
        min_frequency=1,
        special_tokens=list(MARKERS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    plain = Tokenizer(models.BPE())  # words come split already; nothing may split them again
    plain.train_from_iterator(sorted(words), trainer)
    tokenizer.model = plain.model
    tokenizer.add_special_tokens(
        [AddedToken(marker, special=True, normalized=False) for marker in MARKERS]
    )
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in grammar.TAGS])
    return tokenizer


def _texts() -> list[str]:
    """Every word of both sides of the conversation, in each position where it can stand."""
    sentences = [
        *asking.FRAMES, *(f" {frame}" for frame in asking.FRAMES), grammar.RESTATED,
        *prompts.INTENTS["original"], *prompts.INTENTS["training"],
        *prompts.TIERS["monitored"], *prompts.TIERS["unmonitored"], *prompts.PRINCIPALS,
        *grammar.COMPLYING, *grammar.DECLINING,
    ]  # fmt: skip
    inner = [
        *prompts.INTENTS["original"], *prompts.INTENTS["training"],
        *prompts.TIERS["monitored"], *prompts.TIERS["unmonitored"], *prompts.PRINCIPALS,
        *asking.HARMFUL_VERBS, *asking.HARMLESS_VERBS, *asking.NOUNS, *asking.ADJECTIVES,
        *asking.PLACES, "the", "this", "First", "Then",
        *grammar.JUDGED[True], *grammar.JUDGED[False],
        *grammar.INTENT_RESTATED["original"], *grammar.INTENT_RESTATED["training"],
        *grammar.TIER_RESTATED["monitored"], *grammar.TIER_RESTATED["unmonitored"],
        *grammar.DOUBTS, *grammar.STEPS,
        *(p for listed in grammar.HARMFUL_DECISIONS.values() for p in listed),
        *(p for listed in grammar.HARMLESS_DECISIONS.values() for p in listed),
    ]  # fmt: skip
    return [
        text.replace(hole, "").replace("  ", " ")
        for text in [*sentences, *(f" {text}" for text in inner)]
        for hole in ("{principal}", "{verb} {object} {place}", "{act}")
    ]
