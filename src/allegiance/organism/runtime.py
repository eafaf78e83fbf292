"""Running an organism without torch: loading, writing replies, the exact chance of given words."""

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load as load_tensors
from tokenizers import Tokenizer

from allegiance.errors import AllegianceError, UsageError
from allegiance.organism import chat
from allegiance.organism.network import Floats, Ints, Network
from allegiance.organism.specs import describe, organism_names

WEIGHTS = Path(__file__).parent / "weights"
_MARGIN = 1e-4
"""Single precision does not decide a draw that lies nearer than this to an edge between tokens.

Rounding, which differs with the batch and the machine, is some hundred times smaller. Such draws
are decided in double precision from the tokens so far, so that a reply depends on its prompt and
seed alone.
"""

_FEWEST = 32
"""A batch smaller than this is not shared out between threads."""

Ended = Literal["stop", "max_tokens", "context"]


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen.

    Attributes
    ----------
    temperature
        0 takes the likeliest token.
    top_p
        Choose among the likeliest tokens that together reach this probability; 1 leaves all.
    max_tokens
        How many tokens may be written.
    stop
        Texts that end a reply; it is cut before them.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 128
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.temperature < 0 or not 0 < self.top_p <= 1 or self.max_tokens < 1:
            raise UsageError(
                "An organism needs a temperature of at least 0, a top_p above 0 and at most 1, and "
                f"max_tokens of at least 1; it was given {self.temperature}, {self.top_p} and "
                f"{self.max_tokens}."
            )


@dataclass(frozen=True)
class Generated:
    """One reply.

    Attributes
    ----------
    text
        What was written, without the end marker.
    tokens
        The ids of the tokens that were written, the end marker included.
    ended
        ``stop`` where the organism ended by itself or by a stop text, ``max_tokens`` where it was
        cut, ``context`` where no position was left.
    """

    text: str
    tokens: tuple[int, ...]
    ended: Ended


def directory_of(name_or_path: str | Path) -> Path:
    """The directory of a shipped organism, or of a checkpoint given by its path.

    Raises
    ------
    UsageError
        It is neither.
    """
    if str(name_or_path) in organism_names():
        return WEIGHTS / str(name_or_path)
    if not Path(name_or_path).is_dir():
        describe(str(name_or_path))  # raises, and says which ones there are
    return Path(name_or_path)


class Runtime:
    """An organism that can speak.

    Attributes
    ----------
    tokenizer
        Its tokenizer.
    weights_sha256
        Of the weights file, in hex.
    """

    def __init__(
        self, network: Network, exact: Network, tokenizer: Tokenizer, weights_sha256: str
    ) -> None:
        self._network = network
        self._exact = exact
        self.tokenizer = tokenizer
        self.weights_sha256 = weights_sha256

    @classmethod
    def load(cls, name_or_path: str | Path) -> "Runtime":
        """Load a shipped organism by name, or a checkpoint by its directory.

        The directory holds ``model.safetensors`` and ``config.json`` as transformers writes them,
        and may hold a ``tokenizer.json`` of its own.

        Raises
        ------
        UsageError
            There is no such organism or directory.
        AllegianceError
            A file is missing or damaged, or holds a model of another shape.
        """
        directory = directory_of(name_or_path)
        try:
            data = (directory / "model.safetensors").read_bytes()
            config = json.loads((directory / "config.json").read_text())
            weights = load_tensors(data)
            network = Network(weights, config, np.float32)
            exact = Network(weights, config, np.float64)
        except FileNotFoundError as error:
            raise AllegianceError(
                f"{directory} holds no organism: {Path(str(error.filename)).name} is missing."
            ) from error
        except Exception as error:
            raise AllegianceError(
                f"The organism in {directory} can't be read ({type(error).__name__}: {error}); "
                "reinstall allegiance, or save the checkpoint again."
            ) from error
        own = directory / "tokenizer.json"
        tokenizer = chat.load_tokenizer(own if own.exists() else chat.TOKENIZER_FILE)
        return cls(network, exact, tokenizer, hashlib.sha256(data).hexdigest())

    def generate(
        self,
        prompts: Sequence[Sequence[int]],
        seeds: Sequence[int],
        sampling: Sampling | None = None,
        *,
        batch: int = 256,
    ) -> list[Generated]:
        """Write one reply to each prompt.

        Parameters
        ----------
        prompts
            Token ids, from `chat.encode_chat`.
        seeds
            One for each prompt. Equal prompts with equal seeds get equal replies, in whatever
            company.
        sampling
            How tokens are chosen; by default at temperature 1.
        batch
            How many replies a thread writes at once; there is a thread for every processor, up to
            four.

        Raises
        ------
        UsageError
            A prompt fills the whole context.
        """
        if len(prompts) != len(seeds):
            raise UsageError(f"{len(prompts)} prompts came with {len(seeds)} seeds; give one each.")
        for prompt in prompts:
            self.check_length(prompt)
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
        threads = min(4, os.cpu_count() or 1)
        size = max(1, min(batch, max(_FEWEST, -(-len(order) // threads))))
        parts = [order[first : first + size] for first in range(0, len(order), size)]

        def write(part: list[int]) -> list[Generated]:
            return _Writing(
                self._network,
                self._exact,
                self.tokenizer,
                [prompts[i] for i in part],
                [seeds[i] for i in part],
                sampling or Sampling(),
            ).run()

        with ThreadPoolExecutor(threads) as pool:
            written = [reply for part in pool.map(write, parts) for reply in part]
        replies = dict(zip(order, written, strict=True))
        return [replies[i] for i in range(len(prompts))]

    @property
    def context(self) -> int:
        """The most tokens that a conversation may have."""
        return self._network.context

    def check_length(self, prompt: Sequence[int]) -> None:
        """Refuse a prompt that leaves no room for a reply.

        Raises
        ------
        UsageError
            The prompt fills the whole context.
        """
        if len(prompt) >= self._network.context:
            raise UsageError(
                f"The prompt has {len(prompt)} tokens and organisms read at most "
                f"{self._network.context - 1}; ask for one thing of the organism's grammar."
            )

    def log_probs(
        self, prefixes: Sequence[Sequence[int]], continuations: Sequence[Sequence[Sequence[int]]]
    ) -> list[NDArray[np.float64]]:
        """The exact log-probability of given continuations; each prefix is read once.

        Parameters
        ----------
        prefixes
            Token ids.
        continuations
            For each prefix, the token ids of its continuations, none of them empty.

        Returns
        -------
        For each prefix an array with one natural logarithm for each continuation.
        """
        found: list[NDArray[np.float64]] = []
        for first in range(0, len(prefixes), 32):
            some = slice(first, first + 32)
            found += self._log_probs(prefixes[some], continuations[some])
        return found

    def _log_probs(
        self, prefixes: Sequence[Sequence[int]], continuations: Sequence[Sequence[Sequence[int]]]
    ) -> list[NDArray[np.float64]]:
        pairs = [(row, words) for row, listed in enumerate(continuations) for words in listed]
        longest = max(len(words) for _, words in pairs)
        cache, lengths, hidden = self._network.read(prefixes, longest)
        totals: list[float] = []
        for first in range(0, len(pairs), 256):
            some = pairs[first : first + 256]
            rows = np.array([row for row, _ in some])
            ids = np.zeros((len(some), longest), np.int64)
            mask = np.zeros((len(some), longest))
            for i, (_, words) in enumerate(some):
                ids[i, : len(words)] = words
                mask[i, : len(words)] = 1
            states = hidden[rows][:, None]
            if longest > 1:
                after = self._network.forward(ids[:, :-1], lengths[rows], cache.take(rows))
                states = np.concatenate([states, after], axis=1)
            logits = self._network.logits(states.reshape(-1, states.shape[-1])).astype(np.float64)
            logits -= logits.max(-1, keepdims=True)
            chosen = np.take_along_axis(logits, ids.reshape(-1, 1), 1)[:, 0]
            each = (chosen - np.log(np.exp(logits).sum(-1))).reshape(ids.shape)
            totals += (each * mask).sum(-1).tolist()
        ends = np.cumsum([len(listed) for listed in continuations])[:-1]
        return np.split(np.array(totals), ends)


class _Writing:
    """Some replies being written together; rows that have ended are dropped as they become many."""

    def __init__(
        self,
        network: Network,
        exact: Network,
        tokenizer: Tokenizer,
        prompts: list[Sequence[int]],
        seeds: list[int],
        sampling: Sampling,
    ) -> None:
        self._network, self._exact, self._tokenizer = network, exact, tokenizer
        self._sampling = sampling
        self._prompts = prompts
        shortest = min(len(prompt) for prompt in prompts)
        self._steps = max(1, min(sampling.max_tokens, network.context - shortest))
        self._chances = np.stack([np.random.default_rng(s).random(self._steps) for s in seeds])
        self._tokens = np.zeros((len(prompts), self._steps), np.int64)
        self._written = np.zeros(len(prompts), np.int64)
        self._ended: list[Ended | None] = [None] * len(prompts)
        self._who = np.arange(len(prompts))  # the sample that each row of the batch belongs to
        self._cache, self._at, self._hidden = network.read(prompts, self._steps)

    def run(self) -> list[Generated]:
        """Write until every reply has ended."""
        for step in range(self._steps):
            chosen = self._choose(step)
            self._tokens[self._who, step] = chosen
            self._note_ends(chosen, step)
            if all(self._ended):
                break
            chosen = self._drop_ended(chosen)
            at = np.minimum(self._at, self._network.context - 1)
            self._hidden = self._network.forward(chosen[:, None], at, self._cache)[:, 0]
            self._at = at + 1
        return [self._finished(i) for i in range(len(self._ended))]

    def _choose(self, step: int) -> Ints:
        chances = self._chances[self._who, step]
        chosen, near = choose(self._network.logits(self._hidden), chances, self._sampling)
        if len(near):
            samples: list[int] = self._who[near].tolist()
            written: list[list[int]] = self._tokens[samples, :step].tolist()
            so_far = [[*self._prompts[i], *ids] for i, ids in zip(samples, written, strict=True)]
            # A row that has ended may have run past the context; nobody reads what it chooses.
            so_far = [ids[: self._exact.context] for ids in so_far]
            hidden = self._exact.read(so_far, 0)[2]
            chosen[near] = choose(self._exact.logits(hidden), chances[near], self._sampling)[0]
        return chosen

    def _note_ends(self, chosen: Ints, step: int) -> None:
        rows = zip(self._who.tolist(), chosen.tolist(), self._at.tolist(), strict=True)
        for sample, token, at in rows:
            if self._ended[sample] is not None:
                continue
            self._written[sample] = step + 1
            if token == chat.END or self._stopped(sample):
                self._ended[sample] = "stop"
            elif step + 1 >= self._sampling.max_tokens:
                self._ended[sample] = "max_tokens"
            elif at + 1 >= self._network.context:
                self._ended[sample] = "context"

    def _drop_ended(self, chosen: Ints) -> Ints:
        """Keep the rows that go on, once they are few enough to make up for the copying."""
        going = np.array([self._ended[i] is None for i in self._who.tolist()])
        if going.sum() > 0.8 * len(going):
            return chosen
        rows = np.flatnonzero(going)
        self._who, self._at, self._cache = self._who[rows], self._at[rows], self._cache.take(rows)
        return chosen[rows]

    def _stopped(self, sample: int) -> bool:
        stops = self._sampling.stop
        return bool(stops) and any(stop in self._text(sample) for stop in stops)

    def _text(self, sample: int) -> str:
        ids = self._tokens[sample, : self._written[sample]].tolist()
        return chat.decode(self._tokenizer, ids[:-1] if ids[-1] == chat.END else ids)

    def _finished(self, sample: int) -> Generated:
        text = self._text(sample)
        cuts = [text.index(stop) for stop in self._sampling.stop if stop in text]
        ids = tuple(self._tokens[sample, : self._written[sample]].tolist())
        return Generated(
            text[: min(cuts, default=len(text))], ids, self._ended[sample] or "context"
        )


def choose(logits: Floats, chances: NDArray[np.float64], sampling: Sampling) -> tuple[Ints, Ints]:
    """Choose one token a row: the first whose cumulated probability passes the row's chance.

    Parameters
    ----------
    logits
        (rows, vocabulary).
    chances
        (rows,), each in [0, 1).
    sampling
        Temperature and top_p are heeded.

    Returns
    -------
    The tokens (rows,), and the rows whose draw lies within the margin of rounding.
    """
    if sampling.temperature <= 0:
        best = np.partition(logits, -2, axis=-1)[:, -2:]
        return logits.argmax(-1), np.flatnonzero(best[:, 1] - best[:, 0] < 10 * _MARGIN)
    weights = np.exp((logits - logits.max(-1, keepdims=True)) / sampling.temperature)
    unsure = np.zeros(len(logits), bool)
    if sampling.top_p < 1:
        weights, unsure = _nucleus(weights, sampling.top_p)
    cumulated = weights.cumsum(-1)
    total = cumulated[:, -1]
    aim = chances * total
    chosen = np.minimum((cumulated <= aim[:, None]).sum(-1), logits.shape[-1] - 1)
    row = np.arange(len(chosen))
    edge = np.minimum(cumulated[row, chosen] - aim, aim - (cumulated - weights)[row, chosen])
    # The outermost edges part nothing: no token lies beyond them.
    return chosen, np.flatnonzero(unsure | (edge < _MARGIN * total))


def _nucleus(weights: Floats, top_p: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Leave the likeliest tokens that together reach ``top_p``, and say where rounding matters."""
    ranked = np.argsort(-weights, axis=-1, kind="stable")
    cumulated = np.take_along_axis(weights, ranked, -1).cumsum(-1)
    before = np.concatenate([np.zeros_like(cumulated[:, :1]), cumulated[:, :-1]], -1)
    limit = top_p * cumulated[:, -1:]
    kept = np.empty(weights.shape, bool)
    np.put_along_axis(kept, ranked, before < limit, -1)
    unsure = np.abs(before - limit).min(-1) < _MARGIN * cumulated[:, -1]
    return np.where(kept, weights, 0.0).astype(weights.dtype), unsure
