# pyright: reportUnknownMemberType=false, reportPrivateImportUsage=false, reportUnknownArgumentType=false
"""Supervised fine-tuning by TRL on conversations given as tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allegiance.training import ranks
from allegiance.training.keeping import common, last_state
from allegiance.training.settings import Settings
from allegiance.training.subject import HuggingFaceSubject, Subject, quietly

_IGNORED = -100
"""The label of a token that is not learned."""


@dataclass(frozen=True)
class Example:
    """One text to learn from.

    Attributes
    ----------
    ids
        Its tokens.
    given
        How many of them, from the first, are only read.
    """

    ids: tuple[int, ...]
    given: int = 0


def train_sft(
    subject: Subject,
    examples: Sequence[Example],
    settings: Settings,
    folder: Path,
    callback: Any,
    *,
    keep: bool = True,
) -> None:
    """Train to the last step, from the newest state in the folder where there is one.

    Parameters
    ----------
    subject
        What is trained, in place.
    examples
        Shown in an order that the seed decides, and again from the first where they are used up.
    settings
        How.
    folder
        Where the trainer keeps its state.
    callback
        Of `keeping`.
    keep
        Whether the trainer keeps its state, to go on from.
    """
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    adapters = isinstance(subject, HuggingFaceSubject) and subject.lora
    rows = [
        {
            "input_ids": list(one.ids),
            "labels": [_IGNORED] * one.given + list(one.ids[one.given :]),
        }
        for one in examples
    ]
    with quietly():
        trainer = SFTTrainer(
            model=subject.model,
            args=SFTConfig(
                **common(folder, settings, settings.rate(subject.fast, adapters), keep=keep),
                per_device_train_batch_size=ranks.share(settings.batch),
                max_length=None,
                dataset_kwargs={"skip_prepare_dataset": True},
            ),
            train_dataset=Dataset.from_list(rows),
            processing_class=subject.processing,
            callbacks=[callback],
            peft_config=subject.adapter if isinstance(subject, HuggingFaceSubject) else None,
        )
        trainer.remove_callback(PrinterCallback)
        subject.model = trainer.model
        state = last_state(folder)
        trainer.train(resume_from_checkpoint=str(state) if state else None)
