"""What peers take to list and to open the same conversations: Inspect's data frames and reader, Scout's database."""

import random
from pathlib import Path
from typing import Any

from benchmarks.corpus_studies.peers import imported_by_scout, looked_up_by_scout
from benchmarks.corpus_studies.timing import milliseconds, quantiles
from benchmarks.web_studies.making import conversation

PEERS_SEED = 88_004
_A_LOG = 500


def logs(folder: Path, samples: int) -> Path:
    """Write the first transcripts of the benchmark as Inspect logs, or find them there."""
    from inspect_ai.log import EvalConfig, EvalDataset, EvalLog, EvalSpec, write_eval_log

    if (folder / "made").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(0, samples, _A_LOG):
        some = [_sample(n) for n in range(number, min(number + _A_LOG, samples))]
        spec = EvalSpec(
            created="2026-01-01T00:00:00+00:00",
            task="training_conflict",
            dataset=EvalDataset(samples=len(some)),
            model="organism/faker",
            config=EvalConfig(),
        )
        log = EvalLog(eval=spec, status="success", samples=some)
        write_eval_log(log, str(folder / f"log-{number:06}.eval"))
    (folder / "made").write_text("", encoding="utf-8")
    return folder


def _sample(number: int) -> Any:
    from inspect_ai.log import EvalSample
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

    made = conversation(number)
    system, user, assistant = made.messages
    return EvalSample(
        id=f"{made.sample_id}/{made.epoch}",
        epoch=1,
        input=user.text,
        target="",
        uuid=f"uuid-{number:08}",
        messages=[
            ChatMessageSystem(content=system.text),
            ChatMessageUser(content=user.text),
            ChatMessageAssistant(content=assistant.text, source="generate"),
        ],
        metadata={"tier": made.condition["tier"]},
    )


def inspect(folder: Path, times: int) -> dict[str, Any]:
    """List all samples of some logs, and open single ones."""
    from inspect_ai.analysis import samples_df
    from inspect_ai.log import read_eval_log_sample, read_eval_log_sample_summaries

    files = sorted(folder.glob("*.eval"))
    names = [str(file) for file in files]
    samples = len(samples_df(names, quiet=True))
    took = milliseconds(lambda _: samples_df(names, quiet=True), range(max(times // 8, 3)))
    dice = random.Random(PEERS_SEED)
    inside = {file: [s.id for s in read_eval_log_sample_summaries(str(file))] for file in files}
    chosen = [(file, dice.choice(inside[file])) for file in dice.choices(files, k=times)]
    opened = milliseconds(lambda one: read_eval_log_sample(str(one[0]), one[1], 1), chosen)
    return {"samples": samples, "list": quantiles(took), "open": quantiles(opened)}


def scout(folder: Path, database: Path, times: int) -> dict[str, Any]:
    """Import the logs into Scout's database; then open one by its id, and list a shuffled page."""
    imported_by_scout(str(folder), str(database))
    return looked_up_by_scout(str(database), max(times // 4, 4))
