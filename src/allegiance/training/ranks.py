"""Several processes of one training, as `accelerate launch` starts them: all of them train, the first keeps the record.

With one process, the usual case, nothing here does anything.
"""

import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from allegiance.errors import UsageError

_T = TypeVar("_T")

_PATIENCE = timedelta(days=7)
"""How long the others wait for the first one, which evaluates checkpoints alone."""


def count() -> int:
    """How many processes there are."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def place() -> int:
    """Which of them this is, from 0."""
    return int(os.environ.get("RANK", "0"))


def first() -> bool:
    """Whether this is the one that keeps the record."""
    return place() == 0


def share(batch: int) -> int:
    """Give each process's share of a batch.

    Raises
    ------
    UsageError
        It can't be shared evenly.
    """
    if batch % count():
        raise UsageError(
            f"--batch {batch}: {count()} processes share it, so it has to be a multiple of {count()}"
        )
    return batch // count()


def join() -> None:
    """Let the processes find each other, and take the GPU that is theirs; before any model is loaded."""
    if count() > 1:
        import torch
        from accelerate import PartialState

        PartialState(cpu=not torch.cuda.is_available(), timeout=_PATIENCE)


def wait() -> None:
    """Wait until all have come here."""
    if count() > 1:
        from accelerate import PartialState

        PartialState().wait_for_everyone()


def once(make: Callable[[], _T]) -> _T:
    """Let the first process make something, and give it to all."""
    if count() == 1:
        return make()
    made: list[Any] = [make() if first() else None]
    _between().broadcast_object_list(made)
    return made[0]


def gathered(values: Sequence[_T]) -> list[_T]:
    """Give what all of them have, in the order of the processes; all must call it."""
    if count() == 1:
        return list(values)
    return list(_between().gather_object(list(values)))


def _between() -> Any:
    """What accelerate has for objects that go from one process to another; its types are not known."""
    from accelerate import utils

    return utils
