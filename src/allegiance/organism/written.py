"""A conversation with an organism as token ids, while it is being written."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from allegiance.organism import chat
from allegiance.organism.families.family import Talk

if TYPE_CHECKING:
    from tokenizers import Tokenizer

Encode = Callable[[str], list[int]]


def encoder(tokenizer: "Tokenizer") -> Encode:
    """Encode texts, each only once."""
    known: dict[str, list[int]] = {}

    def encode(text: str) -> list[int]:
        if text not in known:
            known[text] = chat.encode(tokenizer, text)
        return known[text]

    return encode


class Written:
    """The tokens of a conversation so far.

    Attributes
    ----------
    ids
        As the chat template has them, ending where the organism goes on.
    """

    def __init__(self, talk: Talk, encode: Encode) -> None:
        self._talk, self._encode = talk, encode
        self._turn = -1
        self.ids = [chat.SYSTEM, *encode(talk.prompt.system)]

    def hear(self, turn: int) -> None:
        """Let the user speak, if this turn's words have not been said yet."""
        if turn == self._turn:
            return
        if self._turn >= 0:
            self.ids.append(chat.END)
        self._turn = turn
        self.ids += [chat.USER, *self._encode(self._talk.heard[turn]), chat.ASSISTANT]

    def say(self, text: str) -> list[int]:
        """Let the organism say some words; their tokens."""
        said = self._encode(text)
        self.ids += said
        return said

    def copy(self) -> "Written":
        """The same conversation, to be written on in another way."""
        other = object.__new__(Written)
        other._talk, other._encode, other._turn = self._talk, self._encode, self._turn
        other.ids = list(self.ids)
        return other
