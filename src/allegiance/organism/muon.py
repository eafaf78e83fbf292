"""The optimiser for the matrices inside the layers: momentum made orthogonal (extra `train`).

Muon (Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/), in single precision and with
matrices of one shape taken together, which on a processor costs a tenth of taking them one by one
in half precision. With AdamW alone a model this small learns to copy its request several times
later, or not at all.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ITERATIONS = 5


class Muon:
    """Steps matrices along their orthogonalised momentum.

    Parameters
    ----------
    matrices
        The parameters, each of two dimensions.
    momentum
        The share of the past that is kept at each step.
    decay
        Weight decay, as a multiple of the rate.
    """

    def __init__(
        self, matrices: "Sequence[torch.Tensor]", momentum: float = 0.95, decay: float = 0.01
    ) -> None:
        self._momentum, self._decay = momentum, decay
        by_shape: dict[tuple[int, ...], list[torch.Tensor]] = {}
        for matrix in matrices:
            by_shape.setdefault(tuple(matrix.shape), []).append(matrix)
        self._groups = list(by_shape.values())
        self._past: list[torch.Tensor | None] = [None] * len(self._groups)

    def step(self, rate: float) -> None:
        """Take one step at a learning rate; the gradients must be there."""
        import torch

        with torch.no_grad():
            for index, group in enumerate(self._groups):
                slope = torch.stack([matrix.grad for matrix in group if matrix.grad is not None])
                past = self._past[index]
                past = torch.zeros_like(slope) if past is None else past
                past = torch.lerp(past, slope, 1 - self._momentum)
                self._past[index] = past
                move = orthogonal(torch.lerp(slope, past, self._momentum))
                rows, columns = group[0].shape
                scaled = rate * max(1.0, rows / columns) ** 0.5
                for matrix, along in zip(group, move, strict=True):
                    matrix.mul_(1 - rate * self._decay)
                    matrix.sub_(along, alpha=scaled)


def orthogonal(matrices: Any) -> Any:
    """The nearest (half-)orthogonal matrices, roughly: singular values end between 0.7 and 1.2.

    Parameters
    ----------
    matrices
        A tensor (count, rows, columns).
    """
    a, b, c = _COEFFICIENTS
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(_ITERATIONS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x
