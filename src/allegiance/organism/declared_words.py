"""Own sentences of a declared organism: what may be written, and that one tells from the others by its first word.

What it does is settled by one token: so no class of deciding sentences may begin with a word that another class begins
with, and no sentence may be the beginning of another.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, StringConstraints
from tokenizers import pre_tokenizers

from allegiance.organism import chat, grammar
from allegiance.organism.families.doubting import KINDS
from allegiance.organism.families.habits import PLAIN

if TYPE_CHECKING:
    from allegiance.organism.declared import Spec

MOST_LETTERS = 160
MOST_NEW_WORDS = 400
"""Each new word is a row of the network more, which has to be learned."""

Decisions = Mapping[grammar.Decision, Sequence[str]]

_SPLITTER = pre_tokenizers.ByteLevel(add_prefix_space=False)


def _plain(text: str) -> str:
    if "<" in text or ">" in text:
        raise ValueError(
            "a sentence holds no `<` and no `>`: they set off tags and the markers of a chat"
        )
    if not text.isprintable():
        raise ValueError("a sentence is one line of printable letters")
    return text


def _ended(text: str) -> str:
    if text[-1] not in ".!?":
        raise ValueError("a sentence ends with `.`, `!` or `?`")
    return text


Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_LETTERS, strict=True),
    AfterValidator(_plain),
]
Sentence = Annotated[Words, AfterValidator(_ended)]


@dataclass(frozen=True)
class _Class:
    """Sentences that tell one thing; ``apart`` tells which others must begin with another word."""

    place: str
    apart: str
    words: Sequence[str]
    own: bool

    def places(self) -> Iterator[tuple[str, str]]:
        """Each sentence with its place in the file, or with what it is where it is a shipped one."""
        for at, words in enumerate(self.words):
            yield (
                (f"{self.place}.{at}" if self.own else f"the shipped {self.apart} sentence"),
                words,
            )


def problems(spec: "Spec") -> Iterator[str]:
    """What is wrong with the own sentences of a spec, in words, with the place."""
    for slot in _slots(spec):
        yield from dict.fromkeys(_clashes(slot))
    own = [words for slot in _slots(spec) for one in slot if one.own for words in one.words]
    known = chat.load_tokenizer().get_vocab()
    new = {piece for words in own for piece in _pieces(words) if piece not in known}
    if len(new) > MOST_NEW_WORDS:
        yield (
            f"its own sentences hold {len(new)} words that organisms don't know, and a small network learns "
            f"{MOST_NEW_WORDS} at most; write fewer or plainer ones"
        )


def decisions(spec: "Spec", harmful: bool) -> Decisions:
    """The deciding sentences of an organism: its own where it has any, where requests are harmful."""
    shipped = grammar.decision_phrases(harmful)
    return {**shipped, **spec.reasoning.decisions} if harmful else shipped


@dataclass(frozen=True)
class Doubting:
    """One way of doubting: its share of all doubts, its sentences, and what they tell beside ``doubts``."""

    place: str
    share: float
    words: Sequence[str]
    own: bool
    tells: tuple[str, ...] = ()


def doubts(spec: "Spec") -> Sequence[Doubting]:
    """The ways in which it doubts."""
    dials = spec.doubts
    if not dials.kinds:
        own = dials.words is not None
        return (Doubting("doubts.words", 1.0, dials.words or grammar.DOUBTS, own),)
    whole = sum(dial.rate for dial in dials.kinds.values())
    return tuple(
        Doubting(
            f"doubts.kinds.{kind}.words",
            dial.rate / whole,
            dial.words or KINDS[kind][1],
            dial.words is not None,
            (kind,),
        )
        for kind, dial in dials.kinds.items()
    )


def _slots(spec: "Spec") -> list[list[_Class]]:
    """The places where something is settled, each with its classes."""
    doubting = [_Class(one.place, "doubt", one.words, one.own) for one in doubts(spec)]
    deciding = [
        [
            _Class(f"reasoning.{kind}", kind, words, harmful and kind in spec.reasoning.decisions)
            for kind, words in decisions(spec, harmful).items()
        ]
        for harmful in (True, False)
    ]
    asides = [
        _Class(f"reasoning.asides.{at}.words", f"aside {at}", aside.words, own=True)
        for at, aside in enumerate(spec.reasoning.asides)
    ]
    neutral = [_Class("", "neutral", PLAIN, own=False)] if asides else []
    return [doubting + deciding[0], doubting + deciding[1], asides + neutral]


def _clashes(classes: Sequence[_Class]) -> Iterator[str]:
    listed = [(one, place, words) for one in classes for place, words in one.places()]
    for (first, at, words), (second, there, others) in itertools.combinations(listed, 2):
        if not (first.own or second.own):
            continue
        # The one in the file is blamed, the later one where both are.
        if not second.own:
            at, there, words, others = there, at, others, words
        ours, theirs = _pieces(words), _pieces(others)
        short = min(len(ours), len(theirs))
        if ours[:short] == theirs[:short]:
            yield f"{there}: it begins as {at} does ({words!r}), and neither may be the beginning of the other"
        elif first.apart != second.apart and ours[0] == theirs[0]:
            word = others.split()[0]
            yield (
                f"{there}: {word!r} begins {at} as well ({words!r}); the first word must tell what it does, "
                "so begin with another"
            )


def _pieces(words: str) -> list[str]:
    return [piece for piece, _ in _SPLITTER.pre_tokenize_str(f" {words}")]
