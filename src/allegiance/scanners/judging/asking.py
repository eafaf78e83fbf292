# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Scanning a corpus with a judge: many transcripts at once, verdicts kept as they come, nothing asked twice."""

import asyncio
import gc
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec

from allegiance.corpus import Corpus, Message, Verdict
from allegiance.corpus.filters import Where
from allegiance.errors import AllegianceError
from allegiance.scanners.judging.cost import Allowance, Estimate, Usage, estimate
from allegiance.scanners.judging.deciding import Case, Question, Reply
from allegiance.scanners.judging.journal import Journal, opened
from allegiance.scanners.judging.judge import JudgeScanner
from allegiance.scanners.judging.voice import HopelessError, NoAnswerError, Voice
from allegiance.scanners.scan import unseen

AT_ONCE = 100
"""Transcripts under way at once, unless fewer connections are wanted; Inspect lets through to the provider what it
bears."""
COMMIT_VERDICTS = 2000
COMMIT_SECONDS = 20.0
"""Verdicts are committed when so many have come, or so much time has gone by, and at the end, whatever ends it."""
HOPELESS = 20
"""So many requests that fail one after the other, with none between that is answered, end a scan."""
ESTIMATED = 1000
"""Transcripts that an estimate looks at."""

_READ = 256  # transcripts that are read from the store at once


@dataclass
class Asked:
    """What came of a scan.

    Attributes
    ----------
    transcripts
        How many were to be judged: those chosen without a verdict of this judge.
    verdicts
        How many were.
    statuses
        Verdicts by status.
    unanswered
        Transcripts on which the provider gave no answer. They have no verdict, and are asked again
        by the next scan.
    trouble
        The last thing that a provider said when it gave none.
    stopped
        Why the scan ended before its end; empty where it did not.
    usage
        Requests, tokens and money.
    served
        Answers by the model that the provider says to have served.
    """

    transcripts: int
    verdicts: int = 0
    statuses: Counter[str] = field(default_factory=Counter[str])
    unanswered: int = 0
    trouble: str = ""
    stopped: str = ""
    usage: Usage = field(default_factory=Usage)
    served: Counter[str] = field(default_factory=Counter[str])


def chosen(
    corpus: Corpus, scanner: JudgeScanner, where: Where | None = None, limit: int | None = None
) -> list[str]:
    """Choose the transcripts that are to be judged, in the order of their ids.

    Parameters
    ----------
    where
        A filter; all by default.
    limit
        Of those that match the first so many, whether they have a verdict already or not: the same
        command goes on with the same transcripts.

    Returns
    -------
    list of str
        Those without a verdict of this judge.
    """
    wanted = sorted(corpus.ids(where))[:limit]
    missing = unseen(corpus, scanner.category.name, scanner.digest)
    return [identifier for identifier in wanted if identifier in missing]


def estimated(
    corpus: Corpus, scanner: JudgeScanner, ids: Sequence[str], voice: Voice | None = None
) -> Estimate:
    """Estimate what it takes to judge transcripts, from the first thousand of them."""
    cases = (
        _case(scanner, identifier, messages)
        for identifier, messages in _read(corpus, ids[:ESTIMATED])
    )
    return estimate(cases, len(ids), voice.price if voice else None)


def ask(
    corpus: Corpus,
    scanner: JudgeScanner,
    voice: Voice,
    ids: Sequence[str],
    *,
    journal: Path | None = None,
    limit_cost: float | None = None,
    at_once: int = AT_ONCE,
    progress: Callable[[int], None] | None = None,
) -> Asked:
    """Ask a judge for its verdicts on transcripts, and keep them.

    Parameters
    ----------
    voice
        Who answers.
    ids
        From `chosen`.
    journal
        A file that keeps answers until their verdicts are committed; without one they are lost if
        the process is killed.
    limit_cost
        Dollars that this scan may spend; the voice has to know its price.
    at_once
        Transcripts under way at once.
    progress
        Called with the number of transcripts that are done.

    Returns
    -------
    Asked
        Also where it was stopped early: what had come is kept, and the same call goes on from there.

    Raises
    ------
    AllegianceError
        If verdicts or answers can't be kept, or another scan by the same judge is under way.
    """
    allowance = None
    if limit_cost is not None:
        guess = estimated(corpus, scanner, ids[:20], voice)
        each = (guess.dollars or 0.0) / max(1, guess.requests)
        allowance = Allowance(limit_cost, each)
    with opened(journal) as kept, fewer_collections():
        scan = _Scan(corpus, scanner, voice, kept, allowance, progress, Asked(len(ids)))
        try:
            asyncio.run(scan.run(ids, at_once))
        except KeyboardInterrupt:
            scan.asked.stopped = (
                "interrupted; what has come is kept, and the same command goes on from there"
            )
        kept.finished = scan.asked.verdicts == len(ids) and not _waiting(corpus, scanner, kept)
        return scan.asked


def _waiting(corpus: Corpus, scanner: JudgeScanner, journal: Journal) -> bool:
    """Whether answers are kept for transcripts that this scan left out and that have no verdict yet."""
    left = journal.transcripts
    return bool(left) and not left.isdisjoint(unseen(corpus, scanner.category.name, scanner.digest))


class _Scan:
    """One scan: transcripts under way, verdicts that wait for the next commit."""

    def __init__(
        self,
        corpus: Corpus,
        scanner: JudgeScanner,
        voice: Voice,
        journal: Journal,
        allowance: Allowance | None,
        progress: Callable[[int], None] | None,
        asked: Asked,
    ) -> None:
        self.asked = asked
        self._corpus = corpus
        self._scanner = scanner
        self._voice = voice
        self._journal = journal
        self._allowance = allowance
        self._progress = progress
        self._ready: list[Verdict] = []
        self._committed_at = time.monotonic()
        self._failed_in_a_row = 0
        self._problem: AllegianceError | None = None

    async def run(self, ids: Sequence[str], at_once: int) -> None:
        """Judge transcripts; whatever ends it, the verdicts that have come are committed."""
        under_way: set[asyncio.Task[None]] = set()
        room = asyncio.Semaphore(at_once)
        try:
            async for identifier, messages in self._transcripts(ids, room):
                # A task of its own, so that what Inspect notes of its requests goes when it ends.
                task = asyncio.create_task(self._one(identifier, messages, room))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
                if self._due:
                    await self._commit()
            while under_way:
                await asyncio.wait(under_way, timeout=COMMIT_SECONDS)
                if self._due:
                    await self._commit()
        finally:
            for task in under_way:
                task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*under_way, return_exceptions=True)
            self._keep(list(self._ready))
        if self._problem is not None:
            raise self._problem

    async def _transcripts(
        self, ids: Sequence[str], room: asyncio.Semaphore
    ) -> AsyncIterator[tuple[str, tuple[Message, ...]]]:
        """Give transcripts as there is room for them, until the scan is stopped."""
        for found in _read(self._corpus, ids):
            await room.acquire()
            if self.asked.stopped or self._problem:
                return
            yield found

    async def _one(
        self, identifier: str, messages: tuple[Message, ...], room: asyncio.Semaphore
    ) -> None:
        try:
            case = _case(self._scanner, identifier, messages)
            came = await case.decide(self._say)
            self._ready.append(case.verdict(self._scanner.name, came))
            self.asked.statuses[came.said.status] += 1
        except _StoppedError:
            return
        except HopelessError as error:
            self.asked.stopped = self.asked.stopped or str(error)
        except NoAnswerError as error:
            self._unanswered(str(error))
        except AllegianceError as error:
            self._problem = error
        finally:
            room.release()
            self._tell()

    async def _say(self, question: Question) -> Reply:
        """Find the answer to a question that was asked before a kill, or ask it."""
        found = self._journal.find(question.key)
        if found is not None:
            self.asked.usage.found_again += 1
            return found
        if self.asked.stopped:
            raise _StoppedError
        if self._allowance is not None and not await self._allowance.ask():
            self.asked.stopped = self.asked.stopped or (
                f"the limit of ${self._allowance.dollars:g} is reached; what has come is kept, and the "
                "same command goes on from there with a new allowance"
            )
            raise _StoppedError
        reply = await self._paid(question)
        self._journal.add(question.key, reply)
        self.asked.usage.add(reply)
        self.asked.served[reply.model] += 1
        self._failed_in_a_row = 0
        return reply

    async def _paid(self, question: Question) -> Reply:
        """Ask, and count what it cost."""
        if self._allowance is None:
            return await self._voice.say(question)
        try:
            if self.asked.stopped:  # while this one waited for its allowance
                raise _StoppedError
            reply = await self._voice.say(question)
        except BaseException:
            await self._allowance.came(None)
            raise
        await self._allowance.came(reply.cost or 0.0)
        return reply

    def _unanswered(self, trouble: str) -> None:
        self.asked.unanswered += 1
        self.asked.trouble = trouble
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= HOPELESS and not self.asked.stopped:
            self.asked.stopped = (
                f"{HOPELESS} requests in a row got no answer from {self._voice.model}, the last one: "
                f"{trouble}"
            )

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.asked.statuses.total() + self.asked.unanswered)

    @property
    def _due(self) -> bool:
        waited = time.monotonic() - self._committed_at
        return len(self._ready) >= COMMIT_VERDICTS or (
            bool(self._ready) and waited >= COMMIT_SECONDS
        )

    async def _commit(self) -> None:
        """Commit what has come, in a thread: requests go on meanwhile.

        Where this is broken off, the end of the scan commits the same again, after the thread: what is
        there already stays as it is.
        """
        batch = list(self._ready)
        await asyncio.to_thread(self._corpus.put_verdicts, batch)
        self._kept(batch)

    def _keep(self, batch: list[Verdict]) -> None:
        if batch:
            self._corpus.put_verdicts(batch)
        self._kept(batch)

    def _kept(self, batch: list[Verdict]) -> None:
        del self._ready[: len(batch)]  # others may have come behind them
        self.asked.verdicts += len(batch)
        self._committed_at = time.monotonic()


class _StoppedError(Exception):
    """The scan is stopped; the transcript stays unasked."""


def _case(scanner: JudgeScanner, identifier: str, messages: Sequence[Message]) -> Case:
    return Case(scanner.category, scanner.settings, scanner.digest, identifier, messages)


def _read(corpus: Corpus, ids: Sequence[str]) -> Iterator[tuple[str, tuple[Message, ...]]]:
    """Read transcripts in the order of their ids, some at a time."""
    for start in range(0, len(ids), _READ):
        wanted = list(ids[start : start + _READ])
        found = corpus.table(["transcript_id", "messages"], where={"transcript_id": wanted})
        rows = {
            row["transcript_id"]: row["messages"]
            for row in cast(list[dict[str, Any]], found.to_pylist())
        }
        for identifier in wanted:
            if identifier in rows:
                yield identifier, msgspec.convert(rows[identifier] or (), tuple[Message, ...])


@contextmanager
def fewer_collections() -> Generator[None]:
    """Look for reference cycles less often: Inspect makes many small objects, and looking is a third of its time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)
