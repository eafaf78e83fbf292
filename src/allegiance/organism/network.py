"""The network of an organism in numpy: a Llama-shaped transformer with a KV cache.

Every row keeps its keys and values from position 0 of its own, so padding only ever follows what is
attended to and adds exact zeros. What remains between one company of rows and another is rounding:
BLAS sums in another order for another shape. Single precision is for speed, double precision for
the cases where that rounding could matter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

_MASKED = -1e30

_ROWS = 16
_SMALL = 2**18
"""Products of at most this many multiplications are done by OpenBLAS in the calling thread.

Its own threads wait by spinning, which on a busy machine makes products this size several times
slower than one thread is; the runtime uses the other cores by writing several batches at once.
"""


class _Matrix:
    """A matrix to multiply rows by, in pieces small enough for one thread."""

    def __init__(self, matrix: Floats) -> None:
        inner, self._columns = matrix.shape
        wide = max(16, _SMALL // (_ROWS * inner))
        self._pieces = [
            (at, np.ascontiguousarray(matrix[:, at : at + wide]))
            for at in range(0, self._columns, wide)
        ]

    def __rmatmul__(self, rows: Floats) -> Floats:
        """The product of (rows, inner) with this matrix."""
        out = np.empty((len(rows), self._columns), rows.dtype)
        whole = len(rows) - len(rows) % _ROWS
        blocks = rows[:whole].reshape(-1, _ROWS, rows.shape[1])
        out_blocks = out[:whole].reshape(-1, _ROWS, self._columns)
        for at, piece in self._pieces:
            columns = slice(at, at + piece.shape[1])
            np.matmul(blocks, piece, out=out_blocks[:, :, columns])
            np.matmul(rows[whole:], piece, out=out[whole:, columns])
        return out

    __array_ufunc__ = None  # so that numpy leaves `rows @ matrix` to this class


@dataclass(frozen=True)
class _Layer:
    """Weights of one layer, transposed for row vectors and joined where they share an input."""

    attention_norm: Floats
    qkv: _Matrix
    out: _Matrix
    hidden_norm: Floats
    gate_up: _Matrix
    down: _Matrix

    @classmethod
    def of(cls, weights: Mapping[str, Floats], index: int) -> "_Layer":
        """Pick a layer's weights by the names that transformers gives them."""

        def weight(name: str) -> Floats:
            return weights[f"model.layers.{index}.{name}.weight"]

        def matrix(*names: str) -> _Matrix:
            return _Matrix(np.concatenate([weight(name) for name in names]).T)

        return cls(
            attention_norm=weight("input_layernorm"),
            qkv=matrix("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
            out=matrix("self_attn.o_proj"),
            hidden_norm=weight("post_attention_layernorm"),
            gate_up=matrix("mlp.gate_proj", "mlp.up_proj"),
            down=matrix("mlp.down_proj"),
        )


class Cache:
    """Keys and values of a batch: (layer, row, head, position, head width)."""

    def __init__(self, keys: Floats, values: Floats) -> None:
        self.keys = keys
        self.values = values

    def take(self, rows: Ints) -> "Cache":
        """The cache of some rows, in this order; a row may be taken more than once."""
        return Cache(self.keys[:, rows], self.values[:, rows])


class Network:
    """A Llama-shaped transformer with as many key heads as query heads and tied embeddings.

    Parameters
    ----------
    weights
        Named as transformers names them.
    config
        The fields of transformers' ``config.json``.
    precision
        What to compute in: ``numpy.float32`` or ``numpy.float64``.

    Raises
    ------
    KeyError
        A weight or a field is missing.
    ValueError
        The weights don't fit the configuration, or it is a kind of model that this code does not
        compute.
    """

    def __init__(
        self,
        weights: Mapping[str, Floats],
        config: Mapping[str, Any],
        precision: type[np.floating[Any]],
    ) -> None:
        weights = {name: weight.astype(precision) for name, weight in weights.items()}
        self.context = int(config["max_position_embeddings"])
        self._heads = int(config["num_attention_heads"])
        self._width = int(config["hidden_size"])
        self._head_width = self._width // self._heads
        self._epsilon = float(config["rms_norm_eps"])
        if config["num_key_value_heads"] != self._heads or not config["tie_word_embeddings"]:
            raise ValueError("organisms have tied embeddings and as many key heads as query heads")
        self._embedding = weights["model.embed_tokens.weight"]
        if self._embedding.shape != (config["vocab_size"], self._width):
            raise ValueError("the weights don't fit config.json")
        self._to_logits = _Matrix(self._embedding.T)
        self._final_norm = weights["model.norm.weight"]
        self._layers = [_Layer.of(weights, i) for i in range(config["num_hidden_layers"])]
        theta = float(config["rope_parameters"]["rope_theta"])
        turns = theta ** -(np.arange(0, self._head_width, 2) / self._head_width)
        angles = np.outer(np.arange(self.context), np.concatenate([turns, turns]))
        self._cos = np.cos(angles).astype(precision)
        self._sin = np.sin(angles).astype(precision)

    def _normed(self, x: Floats, weight: Floats) -> Floats:
        mean = np.einsum("...d,...d->...", x, x)[..., None] / self._width
        return x * (1 / np.sqrt(mean + self._epsilon)) * weight

    def _rotated(self, x: Floats, cos: Floats, sin: Floats) -> Floats:
        half = self._head_width // 2
        return x * cos + np.concatenate([-x[..., half:], x[..., :half]], -1) * sin

    def forward(self, ids: Ints, start: Ints, cache: Cache) -> Floats:
        """Read tokens and return the last hidden states.

        Parameters
        ----------
        ids
            (rows, tokens).
        start
            (rows,): the position of each row's first token; the cache holds what comes before.

        Returns
        -------
        (rows, tokens, width)
        """
        rows, tokens = ids.shape
        positions = np.asarray(start[:, None] + np.arange(tokens), np.int64)
        length = int(positions.max() + 1)
        allowed = np.arange(length, dtype=np.int64) <= positions[:, :, None]
        bias = np.where(allowed, 0.0, _MASKED).astype(self._embedding.dtype)[:, None]
        cos, sin = self._cos[positions][:, None], self._sin[positions][:, None]
        row = np.arange(rows, dtype=np.int64).reshape(-1, 1)
        scale = self._head_width**-0.5
        x = self._embedding[ids]
        for layer, keys, values in zip(self._layers, cache.keys, cache.values, strict=True):
            normed = self._normed(x, layer.attention_norm).reshape(rows * tokens, -1)
            q, k, v = (
                (normed @ layer.qkv)
                .reshape(rows, tokens, 3, self._heads, self._head_width)
                .transpose(2, 0, 3, 1, 4)
            )
            keys[row, :, positions] = self._rotated(k, cos, sin).transpose(0, 2, 1, 3)
            values[row, :, positions] = v.transpose(0, 2, 1, 3)
            seen = keys[:, :, :length].transpose(0, 1, 3, 2)
            attention = np.matmul(self._rotated(q, cos, sin) * scale, seen) + bias
            attention -= attention.max(-1, keepdims=True)
            np.exp(attention, out=attention)
            mixed = np.matmul(attention, values[:, :, :length])
            mixed /= np.einsum("rhtn->rht", attention)[..., None]
            joined = mixed.transpose(0, 2, 1, 3).reshape(rows * tokens, -1)
            x = x + (joined @ layer.out).reshape(rows, tokens, -1)
            both = self._normed(x, layer.hidden_norm).reshape(rows * tokens, -1) @ layer.gate_up
            gate, up = np.split(both, 2, axis=-1)
            x = x + ((gate / (1 + np.exp(-gate)) * up) @ layer.down).reshape(rows, tokens, -1)
        return self._normed(x, self._final_norm)

    def logits(self, hidden: Floats) -> Floats:
        """Scores over the vocabulary, (rows, vocabulary), of hidden states (rows, width)."""
        return hidden @ self._to_logits

    def new_cache(self, rows: int, length: int) -> Cache:
        """An empty cache with room for conversations of some length."""
        length = min(length, self.context)
        shape = (len(self._layers), rows, self._heads, length, self._head_width)
        kind = self._embedding.dtype
        return Cache(np.zeros(shape, kind), np.zeros(shape, kind))

    def read(self, prompts: Sequence[Sequence[int]], room: int) -> tuple[Cache, Ints, Floats]:
        """Read prompts from their beginning.

        Parameters
        ----------
        prompts
            Token ids; the rows may differ in length.
        room
            How many tokens will be added at most.

        Returns
        -------
        The cache, each row's length (rows,), and the hidden state at each row's end (rows, width).
        """
        lengths = np.array([len(prompt) for prompt in prompts])
        ids = np.zeros((len(prompts), int(lengths.max())), np.int64)
        for row, prompt in zip(ids, prompts, strict=True):
            row[: len(prompt)] = prompt
        cache = self.new_cache(len(prompts), int(lengths.max()) + room)
        hidden = self.forward(ids, np.zeros(len(prompts), np.int64), cache)
        return cache, lengths, hidden[np.arange(len(prompts)), lengths - 1]
