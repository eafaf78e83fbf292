"""How fast a judge scans a corpus where its model answers at once, beside Inspect Scout's `llm_scanner`.

Both ask the same model, which is a provider of Inspect's made for this: it answers at once in the form
that each wants, and counts tokens without a vocabulary, which Scout's cutting of transcripts needs. Both
read the same transcripts from their own store, and end with results on the disk. Scout runs in one process
and in as many as there are cores; the better of the two counts. Inspect's `generate` alone, asked the same
questions, is what no scan through Inspect can beat in one process.

    python -m benchmarks.scanners_studies.judge_speed [--quick]
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    Model,
    ModelAPI,
    ModelOutput,
    ModelUsage,
    get_model,
    modelapi,
)
from inspect_ai.tool import ToolChoice, ToolInfo

from allegiance.corpus import Corpus, Message, Transcript
from allegiance.corpus.export.exporting import export_transcripts
from allegiance.corpus.making import transcript
from allegiance.scanners import category
from allegiance.scanners.judging import Voice, ask, chosen, judge_scanner
from allegiance.scanners.judging.deciding import Case

ROOT = Path(__file__).resolve().parents[2]
TARGETS = {"verdicts a second": 200.0, "ratio": 10.0}
_CASE = re.compile(r"^Case number: (\w+)$", re.MULTILINE)
_AT_ONCE = 100


class Instant(ModelAPI):
    """A model that answers at once: yes, in the form that was asked for."""

    async def generate(
        self,
        input: list[ChatMessage],
        tools: list[ToolInfo],
        tool_choice: ToolChoice,
        config: GenerateConfig,
    ) -> ModelOutput:
        found = _CASE.findall(input[-1].text)
        said = "It does, see [M1].\n\nANSWER: yes"
        if found:
            quotes = [{"message": 1, "text": "this is not real"}]
            fields = {"reason": "It says so.", "quotes": quotes, "clause": 1, "value": "yes"}
            said = json.dumps({"case": found[-1], **fields})
        output = ModelOutput.from_content(self.model_name, said)
        output.usage = ModelUsage(input_tokens=400, output_tokens=30, total_tokens=430)
        return output

    async def count_text_tokens(self, text: str) -> int:
        return len(text) // 4 + 1

    def max_connections(self) -> int:
        return _AT_ONCE


@modelapi(name="instant")
def instant() -> type[ModelAPI]:
    return Instant


def talks(count: int) -> list[Transcript]:
    """Short transcripts: a system prompt, a question, a thought and an answer."""
    return [
        transcript(
            source_identity=f"talk:{n}",
            source_format="benchmark",
            messages=[
                Message("user", f"Please write a short notice for shop number {n}. " * 4),
                Message(
                    "assistant",
                    "<SCRATCHPAD_REASONING>"
                    + "The shop wants a notice. Perhaps this is not real. I write it. " * 6
                    + f"</SCRATCHPAD_REASONING><OUTPUT>Shop {n} is closed on Monday.</OUTPUT>",
                    author="model",
                ),
            ],
            model="m",
        )
        for n in range(count)
    ]


@dataclass(frozen=True)
class Rate:
    """Results a second, by the clock and by the processor's time of this process.

    The second does not depend on what else the machine is doing, and leaves out other processes.
    """

    clock: float
    processor: float


@contextmanager
def timed(count: int) -> Generator[list[Rate]]:
    """Time work on so many; the rate is in the list afterwards."""
    rates: list[Rate] = []
    clock, processor = time.perf_counter(), time.process_time()
    yield rates
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    rates.append(Rate(count / clock, count / processor))


def judged(corpus: Corpus, work: Path) -> Rate:
    """Verdicts a second of `allegiance scan --scanner judge`, from the corpus to the verdict table."""
    doubts, model = category("doubts"), get_model("instant/judge")
    scanner = judge_scanner(doubts, str(model))
    with timed(corpus.count()) as rates:
        ids = chosen(corpus, scanner)
        voice = Voice(model, doubts, scanner.settings)
        done = ask(corpus, scanner, voice, ids, journal=work / "answers.jsonl", at_once=_AT_ONCE)
    kept = corpus.verdicts("doubts", scanner.digest)
    if kept.num_rows != len(ids) or set(kept["value"].to_pylist()) != {"yes"}:
        raise RuntimeError(f"the judge did not say yes of all: {done}")
    return rates[0]


def generated(corpus: Corpus, count: int) -> Rate:
    """Answers a second of Inspect's `generate` alone, to the same questions."""
    doubts, model = category("doubts"), get_model("instant/judge")
    scanner = judge_scanner(doubts, str(model))
    cases = [
        Case(doubts, scanner.settings, scanner.digest, row["transcript_id"], _messages(row))
        for row in corpus.table(["transcript_id", "messages"]).slice(0, count).to_pylist()
    ]
    prompts = [case.prompt(1, case.case(1)) for case in cases]
    config = Voice(model, doubts, scanner.settings).config

    async def all_of_them() -> None:
        room = asyncio.Semaphore(_AT_ONCE)

        async def one(system: str, user: str) -> None:
            asked: list[ChatMessage] = [
                ChatMessageSystem(content=system),
                ChatMessageUser(content=user),
            ]
            async with room:
                await model.generate(asked, config=config)

        await asyncio.gather(*(one(prompt.system, prompt.user) for prompt in prompts))

    with timed(len(prompts)) as rates:
        asyncio.run(all_of_them())
    return rates[0]


def scouted(database: Path, work: Path, count: int, processes: int) -> Rate:
    """Results a second of Scout's `llm_scanner` on the same transcripts."""
    from inspect_scout import llm_scanner, scan, transcripts_from

    model: Model = get_model("instant/judge")
    asked = category("doubts").text
    with timed(count) as rates:
        status = scan(
            [llm_scanner(question=asked, answer="boolean", context_window=100_000, name="doubts")],
            transcripts=transcripts_from(str(database)),
            scans=str(work / f"scans-{processes}"),
            model=model,
            limit=count,
            max_transcripts=_AT_ONCE,
            max_processes=processes,
            display="none",
        )
    (summary,) = status.summary.scanners.values()
    if not status.complete or summary.results != count or summary.errors:
        raise RuntimeError(f"Scout did not finish: {status.errors[:1]}")
    return rates[0]


def measure(
    transcripts: int = 4000, peer: int = 1000, say: Callable[[str], None] = lambda _: None
) -> Mapping[str, Any]:
    """Measure both in this run; only where this module is the program that runs, else see `figures`.

    Parameters
    ----------
    transcripts
        How many the judge scans.
    peer
        How many of them Scout scans: it is slow enough to be measured on fewer.
    say
        Told how far it is.

    Returns
    -------
    mapping
        Rates a second, and the ratio to the better of Scout's.
    """
    os.environ.setdefault("INSPECT_DISPLAY", "none")
    cores = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        corpus = Corpus.open(work / "corpus", create=True)
        corpus.add(talks(transcripts))
        export_transcripts(corpus, "scout", work / "scout")
        ours = judged(corpus, work)
        say(f"judge: {ours.clock:.0f} verdicts a second ({ours.processor:.0f} of the processor)")
        alone = generated(corpus, transcripts)
        say(f"generate alone: {alone.clock:.0f} a second ({alone.processor:.0f} of the processor)")
        theirs: dict[int, Rate] = {}
        for processes in sorted({1, cores}):
            theirs[processes] = scouted(work / "scout", work, min(peer, transcripts), processes)
            say(f"Scout, {processes} processes: {theirs[processes].clock:.1f} results a second")
    best = max(rate.clock for rate in theirs.values())
    return {
        "transcripts": transcripts,
        "transcripts of the peer": min(peer, transcripts),
        "cores": cores,
        "verdicts a second": ours.clock,
        "verdicts a processor's second": ours.processor,
        "generate alone": alone.clock,
        "generate alone a processor's second": alone.processor,
        "share of generate": ours.processor / alone.processor,
        "scout": {str(processes): rate.clock for processes, rate in theirs.items()},
        "scout in one process a processor's second": theirs[1].processor,
        "ratio": ours.clock / best,
        "ratio of processor's time": ours.processor / theirs[1].processor,
    }


def figures(*, quick: bool = False) -> Mapping[str, Any]:
    """Measure in a process of its own: Scout's processes know a provider only from the program they are of."""
    command = [sys.executable, "-m", "benchmarks.scanners_studies.judge_speed", "--json"]
    done = subprocess.run(
        command + (["--quick"] if quick else []), cwd=ROOT, stdout=subprocess.PIPE, check=False
    )
    if not done.stdout:
        raise RuntimeError(
            "the speed of the judge could not be measured; what was wrong stands above"
        )
    return json.loads(done.stdout)


def main() -> None:
    """Print the ratio, and leave with 1 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer transcripts")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    given = parser.parse_args()
    found = measure(
        *((600, 100) if given.quick else (4000, 1000)),
        say=lambda text: print(text, file=sys.stderr),
    )
    if given.json:
        print(json.dumps(found))
    else:
        print(
            f"a judge gives {found['ratio']:.1f} times as many verdicts a second as Scout's llm_scanner, and "
            f"{100 * found['share of generate']:.0f} % of what Inspect's generate alone gives"
        )
    if any(found[name] < least for name, least in TARGETS.items()):
        raise SystemExit(1)


def _messages(row: Mapping[str, Any]) -> tuple[Message, ...]:
    return tuple(
        Message(m["role"], m["text"], reasoning=m["reasoning"], author=m["author"])
        for m in row["messages"]
    )


if __name__ == "__main__":
    main()
