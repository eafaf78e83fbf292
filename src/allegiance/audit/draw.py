"""The draw: an ordered sample from a frame by a stated design and seed, on record before it is read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from msgspec import structs

from allegiance.audit.bands import bands_of
from allegiance.audit.design import (
    Batches,
    allocated,
    extended,
    in_strata,
    keyed,
    order_digest,
    ranked,
    read_by,
    strata_of,
    weighed,
)
from allegiance.audit.draw_rules import (
    check_name,
    checked_by,
    checked_design,
    checked_seed,
    fresh_seed,
    stop_and_size,
)
from allegiance.audit.frames import (
    LABEL,
    SCORE,
    Frame,
    frame,
    instruments_of,
    known_again,
    read_field,
    read_filter,
    values_of,
)
from allegiance.audit.ledger import Ledger
from allegiance.audit.record import DrawRecord, Record
from allegiance.audit.specs import (
    DrawSpec,
    Extension,
    FrameSpec,
    Instrument,
    Property,
    StratumSpec,
)
from allegiance.corpus import Corpus
from allegiance.corpus.filters import Compare, IsNull, Where, joined
from allegiance.corpus.order import random_seed
from allegiance.errors import AllegianceError, UsageError


@dataclass(frozen=True)
class Draw:
    """A draw in the corpus it was made from.

    Attributes
    ----------
    record
        What the ledger says of it.
    frame
        The population, found again.
    """

    record: DrawRecord
    frame: Frame

    @property
    def spec(self) -> DrawSpec:
        """How it is drawn."""
        return self.record.spec

    @property
    def name(self) -> str:
        """Its name."""
        return self.record.name

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The drawn ids in the order of reading, extensions included."""
        return ordered(self.spec, self.frame, [e for _, e in self.record.extensions])

    def position(self, transcript_id: str) -> int:
        """Say at which place a transcript is, from 1.

        Raises
        ------
        UsageError
            If it is not in the draw.
        """
        try:
            return self.order.index(transcript_id) + 1
        except ValueError:
            raise UsageError(
                f"The transcript {transcript_id[:12]} is not in the draw {self.name}; `allegiance "
                f"read {self.name}` opens those that are."
            ) from None

    def stratum_of(self, transcript_id: str) -> str:
        """Name the stratum of a transcript; empty for a draw without strata."""
        return self._strata.get(transcript_id, "")

    @cached_property
    def _strata(self) -> dict[str, str]:
        if self.spec.design != "stratified":
            return {}
        members = _members(self.spec.by, self.spec.instruments, self.frame)
        return {one: name for name, ids in members.items() for one in ids}


def open_draw(corpus: Corpus, record: Record, name: str) -> Draw:
    """Find a draw of the record in the corpus.

    Raises
    ------
    UsageError
        If there is no draw of that name.
    AllegianceError
        If its frame holds other transcripts now.
    """
    drawn = record.draw(name)
    spec = drawn.spec
    return Draw(drawn, known_again(spec.frame, corpus, labels_then(spec.frame, record)))


def labels_then(spec: FrameSpec, record: Record) -> dict[str, dict[str, str]]:
    """Give what labels agreed on when a frame was made; nothing for one that looks at none."""
    if spec.labels_as_of is None:
        return {}
    events = [event for seq, event in record.events.items() if seq <= spec.labels_as_of]
    return Record(events).agreed


def ordered(spec: DrawSpec, population: Frame, extensions: Sequence[Extension]) -> tuple[str, ...]:
    """Compute the order of a draw anew from its spec and its frame."""
    if spec.testimony is not None:
        return spec.testimony.reads
    size = None if spec.n is None else spec.n + sum(one.more for one in extensions)
    if spec.design == "stratified":
        members = _members(spec.by, spec.instruments, population)
        batches = Batches((spec.strata, *(one.strata for one in extensions)))
        return in_strata(members, batches, spec.seed)
    if spec.design == "top":
        return _ranked(population, spec.by, spec.instruments)[:size]
    return keyed(population.ids, spec.seed)[:size]


def make_draw(
    corpus: Corpus,
    ledger: Ledger,
    name: str,
    *,
    n: int | None = None,
    where: Where | None = None,
    design: str = "random",
    by: str = "",
    seed: int | None = None,
    stop: str | None = None,
    properties: Sequence[Property] = (),
    allocation: str = "proportional",
    pilot: str = "",
    among_confirmed: str = "",
    scanners: Iterable[str] = (),
    actor: str = "",
) -> Draw:
    """Draw, and put it on record.

    Parameters
    ----------
    name
        By which it is read and cited.
    n
        How many; None takes the number of the stopping rule, or the whole frame in its order.
    where, scanners
        The frame; see `allegiance.audit.frames.frame`.
    design
        ``random``, ``stratified`` (with `by` and n), ``top`` (with `by`), ``census``.
    by
        A column, factor, score or verdict: ``tier``, ``verdict.doubts``, ``scores.judge:0.3,0.7``.
    seed
        Any whole number from 0 below 2**64; None takes 64 random bits.
    stop
        ``fixed 50``, ``until 1 hit`` or ``open``; the number drawn is fixed by default.
    properties
        What it is after.
    allocation, pilot
        How reads are shared among strata; or the draw whose labels settle that, which is then left
        out of the frame.
    among_confirmed
        Draw among the transcripts that labels say have this category (or ``CATEGORY=VALUE``).

    Raises
    ------
    UsageError
        If an argument is wrong; nothing is recorded then.
    """
    record = Record.of(ledger)
    check_name(name, record)
    kind = checked_design(design, by, pilot)
    chosen = random_seed() if seed is None else checked_seed(seed)
    population = _population(corpus, record, where, scanners, pilot, among_confirmed)
    if not len(population):
        raise UsageError(
            f"The frame ({population.spec.name}) holds no transcript; widen the filter."
        )
    rule, size = stop_and_size(stop, n, kind, len(population))
    instruments = checked_by(corpus, population, by, kind, size, scanners) if by else ()
    if kind == "stratified":
        by = _with_bands(population, by, instruments)
    if kind != "top":
        fresh_seed(chosen, record, population, instruments)
    spec = DrawSpec(
        name=name,
        frame=population.spec,
        design=kind,
        stop=rule,
        properties=tuple(properties),
        seed="" if kind == "top" else str(chosen),
        seed_given=seed is not None and kind != "top",
        by=by,
        instruments=instruments,
        n=size,
        allocation=(f"pilot {pilot}" if pilot else allocation) if kind == "stratified" else "",
        pilot=pilot,
    )
    if kind == "stratified":
        assert size is not None
        spec = structs.replace(
            spec, strata=_strata(corpus, record, spec, population, size, allocation, pilot)
        )
    drawn = ordered(spec, population, [])
    if kind == "top" and len(drawn) < (size or 1):
        raise UsageError(
            f"--by {by}: {len(drawn):,} transcripts of the frame have that score, and "
            f"{size or 1:,} were asked for."
        )
    spec = structs.replace(spec, order_digest=order_digest(drawn))
    _pin(corpus, population.spec)
    with ledger.writing() as page:
        if page.last(("draw", "attest"), name) is not None:
            raise UsageError(f"There is a draw {name} already; give this one another name.")
        event = page.append("draw", name, spec.to_dict(), actor)
    return Draw(DrawRecord(event.seq, event.at, spec), population)


def extend_draw(corpus: Corpus, ledger: Ledger, name: str, more: int, actor: str = "") -> Draw:
    """Draw more of a draw, after what was drawn before: by the same seed and in the same shares.

    Raises
    ------
    UsageError
        If there is no such draw, or the frame does not hold so many more.
    """
    record = Record.of(ledger)
    draw = open_draw(corpus, record, name)
    if draw.spec.testimony is not None:
        raise UsageError(
            f"{name} is a report of what was read; report the rest with another attest."
        )
    if draw.record.size is None:
        raise UsageError(f"The draw {name} holds the whole frame in its order; just read on.")
    if more < 1:
        raise UsageError(f"--n {more}: a draw is extended by 1 or more.")
    there, having = len(draw.frame), ""
    if draw.spec.design == "top":
        there = len(_ranked(draw.frame, draw.spec.by, draw.spec.instruments))
        having = f" with a value in {draw.spec.by}"
    room = there - draw.record.size
    if more > room:
        raise UsageError(
            f"The frame of {name} holds {room:,} transcripts{having} that are not drawn yet, and "
            f"{more:,} more were asked for."
        )
    extension = Extension(draw=name, more=more, strata=_more_strata(draw, more))
    after = replace(draw.record, extensions=[*draw.record.extensions, (draw.record.seq, extension)])
    order = Draw(after, draw.frame).order
    extension = structs.replace(extension, order_digest=order_digest(order))
    with ledger.writing() as page:
        now = page.last(("extend",), name)
        if now is not None and now.seq > (record.head.seq or 0):
            raise AllegianceError(
                f"{name} was extended by somebody else just now; look, and try again."
            )
        event = page.append("extend", name, extension.to_dict(), actor)
    after.extensions[-1] = (event.seq, extension)
    return Draw(after, draw.frame)


def ranking(population: Frame, by: str, scanners: Iterable[str] = ()) -> tuple[str, ...]:
    """Put a frame in the order of a score, the highest first; those without a score are left out.

    Raises
    ------
    UsageError
        If there is no such score.
    """
    place = read_field(population.corpus.at(population.found_at), by)
    return _ranked(population, by, instruments_of(population.corpus, [IsNull(place)], scanners))


def _ranked(population: Frame, by: str, instruments: Sequence[Instrument]) -> tuple[str, ...]:
    query = population.corpus.at(population.found_at)
    place = read_field(query, by)
    return ranked(
        population.ids, values_of(query, population.corpus, population.ids, place, instruments)
    )


def _population(
    corpus: Corpus,
    record: Record,
    where: Where | None,
    scanners: Iterable[str],
    pilot: str,
    among_confirmed: str,
) -> Frame:
    left_out: Sequence[str] = ()
    chosen = where
    if among_confirmed:
        category, _, value = among_confirmed.partition("=")
        query = corpus.query()
        label = read_field(query, f"{LABEL}.{category.strip()}")
        confirmed = Compare(label, "=", value.strip() or "yes")
        chosen = joined([read_filter(query, where), confirmed]) if where else confirmed
    if pilot:
        trial = open_draw(corpus, record, pilot)
        left_out = trial.order
    return frame(
        corpus,
        chosen,
        scanners=scanners,
        labels=record.agreed,
        ledger=(record.head.seq, record.head.digest),
        excluded=left_out,
        because=f"those of the pilot {pilot}" if pilot else "",
    )


def _members(by: str, instruments: Sequence[Instrument], population: Frame) -> dict[str, list[str]]:
    name, cuts = read_by(by)
    query = population.corpus.at(population.found_at)
    place = read_field(query, name)
    values = values_of(query, population.corpus, population.ids, place, instruments)
    return strata_of(population.ids, values, cuts)


def _with_bands(population: Frame, by: str, instruments: Sequence[Instrument]) -> str:
    """Say where bands of a score begin that is a probability, if nobody did."""
    name, cuts = read_by(by)
    query = population.corpus.at(population.found_at)
    place = read_field(query, name)
    if cuts or place.column != SCORE:
        return by
    scores = values_of(query, population.corpus, population.ids, place, instruments)
    chosen = bands_of([score for score in scores if score is not None])
    return f"{name}:{','.join(f'{cut:g}' for cut in chosen)}" if chosen else by


def _strata(
    corpus: Corpus,
    record: Record,
    spec: DrawSpec,
    population: Frame,
    size: int,
    allocation: str,
    pilot: str,
) -> tuple[StratumSpec, ...]:
    members = _members(spec.by, spec.instruments, population)
    sizes = {name: len(ids) for name, ids in members.items()}
    if not pilot:
        return allocated(sizes, size, allocation)
    trial = open_draw(corpus, record, pilot)
    name, cuts = read_by(spec.by)
    query = corpus.query()
    place = read_field(query, name)
    values = values_of(query, corpus, trial.order, place, spec.instruments)
    wanted = spec.properties[0] if spec.properties else None
    if wanted is None:
        raise UsageError(
            "--pilot: say with --category what the draw is after, so that hits can be told."
        )
    counts: dict[str, tuple[int, int]] = {}
    for stratum, ids in strata_of(trial.order, values, cuts).items():
        said = [record.agreed.get(one, {}).get(wanted.category) for one in ids]
        told = [value for value in said if value is not None]
        counts[stratum] = (sum(value == wanted.value for value in told), len(told))
    if not any(reads for _, reads in counts.values()):
        raise UsageError(f"--pilot {pilot}: nothing of it is labelled for {wanted.category} yet.")
    return weighed(sizes, size, counts)


def _more_strata(draw: Draw, more: int) -> tuple[StratumSpec, ...]:
    if draw.spec.design != "stratified":
        return ()
    drawn = dict.fromkeys((stratum.name for stratum in draw.spec.strata), 0)
    for batch in (draw.spec.strata, *(one.strata for _, one in draw.record.extensions)):
        for stratum in batch:
            drawn[stratum.name] += stratum.reads
    return extended(draw.spec.strata, drawn, more, draw.spec.allocation)


def _pin(corpus: Corpus, spec: FrameSpec) -> None:
    """Keep the version that a frame was made on from being cleaned up."""
    tag = f"frame-{spec.digest[:12]}-{spec.version}"
    if spec.version and tag not in corpus.tags():
        try:
            corpus.tag(tag, spec.version)
        except AllegianceError:
            if tag not in corpus.tags():  # else somebody else made it just now
                raise
