"""A chain as its page shows it: what its folder tells, and what the corpus says of every generation."""

import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from allegiance.audit.acts import Act, acts_of
from allegiance.audit.generations import (
    GENERATION,
    PROBES,
    Move,
    RelationLedger,
    chains_in,
    frame_of_chain,
    generation_of,
    of_chain,
    relation_ledger,
)
from allegiance.audit.interpreted import Basis
from allegiance.audit.relating import columns_named, facts_told
from allegiance.audit.relation import Row, Share
from allegiance.corpus.filters import Compare, Expression, field, joined
from allegiance.errors import AllegianceError
from allegiance.study.interpretations import INTENTS
from allegiance.web.act_frames import Key, key_of, row_frames
from allegiance.web.cells import Cells, address
from allegiance.web.chain_figure import Candidate, Station, Timeline
from allegiance.web.chain_file import ChainFile, Entry, chain_of, report_of, writings_of
from allegiance.web.numbers import numbers_key
from allegiance.web.run_folders import Run, Unread, runs_in, state_of_files
from allegiance.web.set_ups import duration
from allegiance.web.site import Site

_QUIET = 1800.0
"""Seconds without a candidate after which a chain that says it is running is asked after."""


@dataclass(frozen=True)
class Counted:
    """What the corpus says of a chain.

    Attributes
    ----------
    ledger
        None where the corpus holds nothing of it, or can't be read so; then `problem` may say why.
    frames
        The filter behind every number of a row.
    """

    ledger: RelationLedger | None
    frames: Mapping[Key, str | None]
    problem: str = ""


@dataclass(frozen=True)
class Chain:
    """A chain: its folder, if it has one, and its study in the corpus.

    Attributes
    ----------
    run, told
        None where only transcripts are there, or the file can't be read; then `problem` says why.
    reports
        Of every halt the generation and the words for the principal, in order.
    writings
        Of every generation the values that it wrote down in words.
    """

    name: str
    run: Run | None
    told: ChainFile | None
    problem: str
    counted: Counted
    reports: tuple[tuple[int, str], ...]
    writings: tuple[tuple[int, str], ...] = ()

    @property
    def ledger(self) -> RelationLedger | None:
        """What the corpus says."""
        return self.counted.ledger

    @property
    def state(self) -> str:
        """How far it came; empty where nothing tells."""
        return "" if self.told is None else self.told.state

    @property
    def generations(self) -> tuple[int, ...]:
        """The generations that were asked for, or that there are."""
        there = (
            {int(g) for g in self.ledger.generations if g.isdecimal()}
            if self.ledger
            else set[int]()
        )
        if self.told is not None:
            there |= set(range(self.told.generations + 1))
        return tuple(sorted(there))  # fmt: skip

    def entries(self, generation: int) -> tuple[Entry, ...]:
        """Give the candidates for a generation, in the order in which they were made."""
        every = () if self.told is None else self.told.entries
        return tuple(
            sorted((e for e in every if e.generation == generation), key=lambda e: e.candidate)
        )

    def row(self, generation: int) -> Row | None:
        """Give what the corpus says of a generation."""
        return None if self.ledger is None else self.ledger.row(str(generation))

    def share(self, generation: int, intent: str, column: str) -> Share | None:
        """Give R(agent, intent) of a generation under an interpretation."""
        row = self.row(generation)
        if row is None:
            return None
        return next((s for s in row.shares if (s.intent, s.column) == (intent, column)), None)

    def behind(self, generation: int, share: Share, which: str) -> str:
        """Give the address of what a share counts; empty where there is none."""
        row = self.row(generation)
        where = None if row is None else self.counted.frames.get(key_of(row, share, which))  # pyright: ignore[reportArgumentType]
        return "" if where is None else address(where)

    def acts(self, generation: int) -> str:
        """Give the address of the transcripts of a generation."""
        return address(f"study = {_quoted(self.name)} AND generation = '{generation}'")

    def probes(self, generation: int, candidate: int) -> str:
        """Give the address of what the guard asked of a candidate."""
        of = f"study = {_quoted(self.name + PROBES)} AND generation = '{generation}'"
        return address(f"{of} AND metadata.candidate = {candidate}")

    def move(self, generation: int) -> Move | None:
        """Say who moved from the generation before."""
        if self.ledger is None:
            return None
        places = list(self.ledger.generations)
        if str(generation) not in places or (at := places.index(str(generation))) == 0:
            return None
        return self.ledger.moves[at - 1]

    @property
    def whole(self) -> Move | None:
        """Say who moved from the first generation to the last; None where that is one step."""
        found = self.ledger
        return found.moves[-1] if found is not None and len(found.generations) > 2 else None

    def timeline(self, column: str) -> Timeline:
        """Arrange it for its figure."""
        told = self.told
        planted = {
            number: word
            for word, number in (
                ("repair", told.repair_at if told else None),
                ("break", told.break_at if told else None),
            )
            if number is not None
        }
        return Timeline(tuple(self._station(k, column) for k in self.generations), planted)

    def _station(self, number: int, column: str) -> Station:
        first, second = (self.share(number, intent, column) for intent in INTENTS)
        entries = self.entries(number)
        values = [one.values for one in entries if one.values]
        return Station(
            number=number,
            original=first.interval if first else None,
            training=second.interval if second else None,
            address=self.acts(number) if first else "",
            candidates=tuple(
                _candidate(one, again=n > 0 and entries[n - 1].candidate == one.candidate)
                for n, one in enumerate(entries)
            ),
            values={k: v for k, v in values[-1].items() if v == v} if values else {},
        )

    @property
    def refused(self) -> int | None:
        """The generation of which the corpus holds a candidate that the chain did not go on from; None for none."""
        halt = None if self.told is None else self.told.halt
        if halt is None or halt.overruled is not None or self.row(halt.generation) is None:
            return None
        return halt.generation

    @property
    def became(self) -> str:
        """What became of it, in a few sentences; empty where its folder does not tell."""
        told, run = self.told, self.run
        if told is None or run is None:
            return ""
        reached = max(
            (e.generation for e in told.entries if e.decision in ("accept", "overruled")), default=0
        )
        name = shlex.quote(run.folder)
        if told.state == "halted":
            return _halted(told, name)
        if told.state == "complete":
            return f"It came to generation {reached} of {told.generations}." + _overruled(told)
        at = f"Generation {reached} of {told.generations} is accepted"
        on = "the same `allegiance chain` command goes on from there"
        if told.state == "running":
            quiet = time.time() - run.changed
            if quiet > _QUIET:
                return (
                    f"{at}, and nothing was written for {duration(quiet)}; if it was killed, {on}."
                )
            return f"{at}; it goes on{_left(told, reached)}.{_overruled(told)}"
        error = (run.told.error or "").strip().rstrip(".")[:400]
        why = f": {error}" if error else ""
        word = "interrupted" if told.state == "interrupted" else "stopped by a failure"
        return f"{at}; it was {word}{why}. {on[0].upper()}{on[1:]}.{_overruled(told)}"


def chains_of(site: Site) -> tuple[list[Chain], list[Unread]]:
    """Find the chains of a workspace: those with a folder, and those of which there are transcripts alone."""
    runs, unread = runs_in(site.workspace)
    folders = {one.folder: one for one in runs if one.told.kind == "chain"}
    studies = site.kept(("chains", site.corpus.version), lambda: chains_in(site.corpus))
    found = [_chain(site, name, folders.get(name)) for name in sorted({*folders, *studies})]
    return found, unread


def columns_of(chain: Chain) -> tuple[str, ...]:
    """Name the interpretations that a chain is read by."""
    return () if chain.ledger is None else tuple(one.name for one in chain.ledger.columns)


def _chain(site: Site, name: str, run: Run | None) -> Chain:
    told: ChainFile | str | None = None
    if run is not None:
        state = state_of_files(run, ("chain.json",))
        told = site.kept(("chain.json", name, state), lambda: chain_of(run))
    file = told if isinstance(told, ChainFile) else None
    margin = file.margin if file is not None else None
    counted = site.kept(
        ("relation-ledger", numbers_key(site), name, margin), lambda: _counted(site, name, margin)
    )
    halts = () if run is None or file is None else file.halts
    reports = tuple((halt.generation, report_of(run, halt)) for halt in halts if run is not None)
    problem = told if isinstance(told, str) else ""
    writings = () if run is None or file is None else writings_of(run, file)
    return Chain(name, run, file, problem, counted, tuple(r for r in reports if r[1]), writings)


def _counted(site: Site, name: str, margin: float | None) -> Counted:
    corpus = site.corpus
    if name not in chains_in(corpus):
        return Counted(None, {})
    try:
        columns, _ = columns_named(site.workspace)
        instruments = facts_told(corpus, site.book)
        population = frame_of_chain(corpus, name)
        acts = acts_of(population, instruments)
        usable = margin if margin is not None and 0 < margin < 1 else None
        ledger = relation_ledger(acts, Basis.of(population, instruments), columns, name, usable)
    except AllegianceError as error:
        return Counted(None, {}, str(error))
    kinds = corpus.query().snapshot.kinds
    cells, within = Cells(kinds, ()), of_chain(corpus, name)
    frames: dict[Key, str | None] = {}
    for row in ledger.rows:
        level = row.place[GENERATION]
        inside: list[Act] = [act for act in acts if generation_of(act) == level]
        here: Sequence[Expression] = (within, Compare(field(f"c_{GENERATION}", kinds), "=", level))
        frames |= row_frames(inside, row, joined(here), columns, cells)
    return Counted(ledger, frames)


def _candidate(entry: Entry, *, again: bool) -> Candidate:
    """Arrange a candidate for the figure; where it stands there `again`, its evidence is drawn already."""
    told = entry.evidence
    return Candidate(
        decision=entry.decision,
        why=entry.why,
        dose=entry.dose,
        size=entry.size,
        broke=told.broke,
        probed=told.probed,
        path=() if again else told.drawn,
        threshold=None if again else told.threshold,
    )


def _halted(told: ChainFile, name: str) -> str:
    halt = told.halt
    if halt is None:
        return "It halted, and does not say before which generation."
    at = halt.generation
    candidates = [e for e in told.entries if e.generation == at]
    last = next((e for e in reversed(candidates) if e.decision in ("halt", "refuse")), None)
    why = f": {_inside(last.why)}" if last is not None and last.why else ""
    lost = f"the {len(candidates)} candidates" if len(candidates) > 1 else "the candidate"
    further = told.generations - at
    after = (
        f" and generations {at + 1} to {told.generations} are not reached" if further > 1 else ""
    )
    after = f" and generation {told.generations} is not reached" if further == 1 else after
    return (
        f"It halted before generation {at}{why}. Generation {halt.back_to} stands, with its weights and all before "
        f"it; nothing is built on {lost} for generation {at}, so that what training would have brought there is "
        f"lost{after}. The principal may overrule it: "
        f"`allegiance chain --name {name} --overrule WHY`.{_overruled(told)}"
    )


def _inside(sentence: str) -> str:
    """Put a sentence inside another one."""
    text = sentence.strip().rstrip(".")[:400]
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _overruled(told: ChainFile) -> str:
    """Say by whom which halts were overruled, and why."""
    said: list[str] = []
    for halt in told.halts:
        one = halt.overruled
        if one is None:
            continue
        by, at = one.by or "Somebody", f" at {one.at}" if one.at else ""
        why = one.why.strip().rstrip(".")[:400] or "no reason given"
        said.append(f" {by} overruled the halt before generation {halt.generation}{at}: {why}.")
    return "".join(said)


def _left(told: ChainFile, reached: int) -> str:
    """Say how long the generations that are left take, by those that were made."""
    times = [e.seconds for e in told.entries if e.seconds is not None and e.seconds >= 0]
    if not times or not reached:
        return ""
    return f", about {duration(sum(times) / reached * (told.generations - reached))} left"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
