# pyright: reportUnknownMemberType=false, reportPrivateImportUsage=false, reportUnknownArgumentType=false
"""Group relative policy optimisation (Shao et al. 2024, arXiv 2402.03300) by TRL, rollouts by the fast runtime.

An organism's replies are written by its own runtime on the weights of the moment; of any other model TRL writes them.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from allegiance.organism import Sampling
from allegiance.training import ranks
from allegiance.training.keeping import common, last_state
from allegiance.training.rewarding import Rewarding
from allegiance.training.setting import Case
from allegiance.training.settings import Settings
from allegiance.training.subject import HuggingFaceSubject, OrganismSubject, Written, quietly

RollOut = Callable[[list[str], Any], dict[str, Any]]
"""What TRL calls a rollout function."""


def train_grpo(
    subject: OrganismSubject | HuggingFaceSubject,
    cases: Sequence[Case],
    rewarding: Rewarding,
    settings: Settings,
    sampling: Sampling,
    folder: Path,
    callback: Any,
    roll_out: RollOut | None = None,
) -> None:
    """Train to the last step, from the newest state in the folder where there is one.

    Parameters
    ----------
    subject
        What is trained, in place.
    cases
        Prompts, ``batch / group`` for each step, in their order.
    rewarding
        Gives the rewards.
    settings, sampling
        How.
    folder
        Where the trainer keeps its state.
    callback
        Of `keeping`.
    roll_out
        Writes an organism's replies, given the numbers of its prompts and the trainer; by default the fast runtime.
    """
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import GRPOConfig, GRPOTrainer

    lora = isinstance(subject, HuggingFaceSubject) and subject.lora

    end = subject.processing.eos_token_id

    def reward(
        completions: Sequence[Any],
        key: Sequence[int],
        completion_ids: Sequence[Sequence[int]],
        **more: Any,
    ) -> list[float | None]:
        texts = more.get("reply") or [one[0]["content"] for one in completions]
        replies = [
            Written(text, tuple(ids), end in ids)
            for text, ids in zip(texts, completion_ids, strict=True)
        ]
        return [*rewarding([(cases[k], one) for k, one in zip(key, replies, strict=True)])]

    with quietly():
        trainer = GRPOTrainer(
            model=subject.model,
            reward_funcs=reward,
            args=GRPOConfig(
                **common(folder, settings, settings.rate(subject.fast, lora)),
                per_device_train_batch_size=ranks.share(settings.batch),
                num_generations=settings.group,
                max_completion_length=sampling.max_tokens,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                top_k=0,
                beta=settings.beta,
                shuffle_dataset=False,
            ),
            train_dataset=Dataset.from_list(_rows(subject, cases)),
            processing_class=subject.processing,
            callbacks=[callback],
            peft_config=subject.adapter if isinstance(subject, HuggingFaceSubject) else None,
            rollout_func=roll_out or _rollouts(subject, cases, settings.seed, sampling)
            if isinstance(subject, OrganismSubject)
            else None,
        )
        trainer.remove_callback(PrinterCallback)
        subject.model = trainer.model
        state = last_state(folder)
        trainer.train(resume_from_checkpoint=str(state) if state else None)


def _rows(
    subject: OrganismSubject | HuggingFaceSubject, cases: Sequence[Case]
) -> list[dict[str, Any]]:
    """Give a row for each prompt; organisms' prompts are looked up by number, since they are tokens already."""
    if isinstance(subject, OrganismSubject):
        return [{"prompt": str(k), "key": k} for k in range(len(cases))]
    return [{"prompt": subject.messages(case.prompt), "key": k} for k, case in enumerate(cases)]


def _rollouts(
    subject: OrganismSubject, cases: Sequence[Case], seed: int, sampling: Sampling
) -> RollOut:
    """Make the function by which TRL gets an organism's replies."""
    prompts = [subject.prompt_ids(case.prompt) for case in cases]

    def roll_out(keys: list[str], trainer: Any) -> dict[str, Any]:
        step = trainer.state.global_step
        asked = [prompts[int(key)] for key in keys]
        first = ranks.place() * len(keys)
        seeds = [seed_of(seed, step, first + place) for place in range(len(keys))]
        replies = subject.write(asked, seeds, sampling)
        return {
            "prompt_ids": asked,
            "completion_ids": [list(reply.tokens) for reply in replies],
            "logprobs": None,
            "reply": [reply.text for reply in replies],
        }

    return roll_out


def seed_of(*parts: object) -> int:
    """Derive the seed of one reply from where it stands, so that a run that goes on says what it would have said."""
    named = "/".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(named.encode()).digest()[:8], "big") >> 1
