# pyright: reportUnknownMemberType=false, reportPrivateImportUsage=false, reportUnknownArgumentType=false
"""What happens beside the steps of a trainer: rows of the run's record, checkpoints, and the end of runs gone wrong."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from allegiance.errors import AllegianceError
from allegiance.training.settings import Settings

Shares = Callable[[], Mapping[str, float]]
"""Gives what is known of the replies of the step that just ended."""


class DivergedError(AllegianceError):
    """The loss or a weight is no number any more."""


def keeping(
    row: Callable[[Mapping[str, Any]], None],
    save: Callable[[int], None],
    shares: Shares,
    check: Callable[[], str | None],
) -> Any:
    """Make the callback by which a trainer of TRL keeps a run's record.

    Parameters
    ----------
    row
        Takes what is known of a step.
    save
        Keeps and evaluates the checkpoint of a step; called when the trainer has saved its own state.
    shares
        What to put into the row of a step beside the trainer's numbers.
    check
        Says why training can't go on, after each step.
    """
    from transformers import TrainerCallback

    class Keeping(TrainerCallback):
        """Rows, checkpoints, and the end of runs gone wrong."""

        def __init__(self) -> None:
            self._began = time.monotonic()

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
            """Keep a step; nothing is kept of a step whose loss is no number."""
            if not logs or "loss" not in logs:
                return
            loss, slope = float(logs["loss"]), float(logs.get("grad_norm", 0.0))
            if not (math.isfinite(loss) and math.isfinite(slope)):
                raise DivergedError(
                    f"at step {state.global_step} the {'loss' if not math.isfinite(loss) else 'gradient'} is no "
                    "number any more; go on from the last checkpoint under another name with a lower --learning-rate"
                )
            now = time.monotonic()
            known: dict[str, Any] = {"step": state.global_step, "loss": loss, **shares()}
            row(known | {"seconds": round(now - self._began, 3)})
            self._began = now

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """End a run from which nothing can be learned."""
            if problem := check():
                raise AllegianceError(problem)

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            """Keep the checkpoint."""
            save(state.global_step)
            self._began = time.monotonic()

    return Keeping()


def last_state(folder: Path) -> Path | None:
    """Give the newest complete state that a trainer saved; None where there is none."""
    found = [
        one
        for one in folder.glob("checkpoint-*")
        if one.name.partition("-")[2].isdigit() and (one / "trainer_state.json").is_file()
    ]
    return max(found, key=lambda one: int(one.name.partition("-")[2]), default=None)


def common(folder: Path, settings: Settings, rate: float, *, keep: bool = True) -> dict[str, Any]:
    """Give the arguments that both trainers take."""
    import torch

    cuda = torch.cuda.is_available()
    return {
        "output_dir": str(folder),
        "use_cpu": not cuda,
        "bf16": cuda,
        "max_steps": settings.steps,
        "gradient_accumulation_steps": 1,
        "learning_rate": rate,
        "lr_scheduler_type": "constant",
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "gradient_checkpointing": cuda,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "steps" if keep else "no",
        "save_steps": settings.every,
        "save_total_limit": 2,
        "report_to": [],
        "disable_tqdm": True,
        "seed": settings.seed,
        "dataloader_pin_memory": cuda,
    }
