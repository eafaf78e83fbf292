"""A challenge: somebody's sentence, a transcript with its route, and each party's definition of the words.

Two people who disagree about a transcript often use one word for two things. So the category is taken
apart into clauses, the transcript is coded once, clause by clause with quotes, and each party says which
clauses count. What the claim comes to is then computed under each definition.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from allegiance.audit.attesting import (
    Sitting,
    Told,
    pasted,
    reported,
)
from allegiance.audit.bearing import STATUS, Bearing, Belongs, belonging, licences, plan_for
from allegiance.audit.chain import canonical
from allegiance.audit.challenge_file import (
    Challenge,
    Challenged,
    Coded,
    Party,
    Shown,
)
from allegiance.audit.claim import Status
from allegiance.audit.claims import BY_REPORT
from allegiance.audit.draw import open_draw
from allegiance.audit.evidence import in_words
from allegiance.audit.frames import Frame, frame, known_again
from allegiance.audit.history import History, history_of
from allegiance.audit.labels import quoted_in
from allegiance.audit.ledger import Ledger
from allegiance.audit.licensing import licence
from allegiance.audit.opening import whole_id
from allegiance.audit.reading import Read, Reading, reading_of
from allegiance.audit.record import DrawRecord, Record
from allegiance.audit.specs import Property, Quote, StopRule
from allegiance.corpus import Corpus
from allegiance.errors import UsageError
from allegiance.stats import Interval, Plan


@dataclass(frozen=True)
class Under:
    """What a claim comes to under one definition.

    Attributes
    ----------
    party, belongs
        Whose definition, and whether the transcript has the property by it.
    status, sentence
        What the claim comes to.
    licensed, unlicensed
        What the route licenses by this definition, and what it does not.
    interval
        The limits on the frame; None where nothing is licensed.
    plan, command
        The least reading that would settle it, and the draw ready to run; None and empty where
        nothing is open, or reading can't settle it.
    open
        What has to be settled by the parties and not by reading.
    """

    party: str
    belongs: Belongs
    status: Status
    sentence: str
    licensed: tuple[str, ...]
    unlicensed: tuple[str, ...]
    interval: Interval | None
    plan: Plan | None
    command: str
    open: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "party": self.party,
            "belongs": self.belongs,
            "status": self.status,
            "sentence": self.sentence,
            "licensed": list(self.licensed),
            "unlicensed": list(self.unlicensed),
            "interval": None if self.interval is None else self.interval.to_dict(),
            "plan": None if self.plan is None else self.plan.to_dict(),
            "command": self.command,
            "open": list(self.open),
        }


@dataclass(frozen=True)
class Answer:
    """The answer to a challenge: the claim under each definition, and what was selected before."""

    claim: Challenged
    transcript_id: str
    routes: tuple[str, ...]
    reported: bool
    population: int
    frame_digest: str
    under: tuple[Under, ...]
    history: History

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the answer's canonical JSON: what it is on record under."""
        return hashlib.sha256(canonical(self.to_dict()).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON can carry it."""
        return {
            "claim": msgspec.to_builtins(self.claim),
            "transcript_id": self.transcript_id,
            "routes": list(self.routes),
            "by_report": self.reported,
            "population": self.population,
            "frame_digest": self.frame_digest,
            "under": [one.to_dict() for one in self.under],
            "history": self.history.to_dict(),
            "selected_before": list(self.history.lines()),
        }


def challenge(corpus: Corpus, ledger: Ledger, asked: Challenge, actor: str = "") -> Answer:
    """Answer a challenge, and put on record that it was asked.

    Raises
    ------
    UsageError
        If a transcript can't be told, a quote is not in its text, or a number can't be read.
    """
    record = Record.of(ledger)
    identifier = _which(corpus, asked.transcript, "transcript")
    _check_quotes(corpus, identifier, asked.transcript.shows)
    population = frame(
        corpus,
        asked.claim.where or None,
        labels=record.agreed,
        ledger=(record.head.seq, record.head.digest),
    )
    if identifier not in frozenset(population.ids):
        raise UsageError(
            f"The transcript {identifier[:12]} is not among those that the claim is about "
            f"({population.spec.name}); mend `claim.where`."
        )
    route = _route(corpus, record, asked, identifier, population)
    under = tuple(
        _under(corpus, record, asked, party, identifier, population, route)
        for party in asked.parties
    )
    drawn = route.draw if route is not None and route.draw.name in record.draws else None
    answer = Answer(
        claim=asked.claim,
        transcript_id=identifier,
        routes=_words(record, identifier, route),
        reported=route is not None and route.draw.reported,
        population=len(population),
        frame_digest=population.digest,
        under=under,
        history=history_of(record, population.digest, population.ids, drawn),
    )
    ledger.append(
        "claim",
        answer.digest,
        {
            "what": "challenge",
            "category": asked.claim.category,
            "value": "yes",
            "draw": "" if drawn is None else drawn.name,
            "frame": population.digest,
            "status": "; ".join(f"{one.party}: {one.status}" for one in under),
        },
        actor,
    )
    return answer


@dataclass(frozen=True)
class _Route:
    """The sitting that the transcript came in.

    Attributes
    ----------
    draw, order, shows
        The draw or report, its order, and what each read shows.
    within
        Whether its frame is the population of the claim, a part of it, or another one.
    read
        Of a draw on record: how it was read, with the stopping rule in force.
    """

    draw: DrawRecord
    order: tuple[str, ...]
    shows: Mapping[str, frozenset[str]]
    within: Literal["same", "part", "other"]
    read: Reading | None = None


def _route(
    corpus: Corpus, record: Record, asked: Challenge, identifier: str, population: Frame
) -> _Route | None:
    """Take the reader's report, or the first draw on record that the transcript was read in."""
    told = asked.route
    coded = {identifier: frozenset(one.clause for one in asked.transcript.shows)}
    if told is None:
        for sight in record.sights_of(identifier):
            if sight.route.draw:
                return _on_record(corpus, record, asked, sight.route.draw, coded, population)
        return None
    before: list[str] = []
    for number, one in enumerate(told.before, 1):
        found = _which(corpus, one, f"route.before, number {number}")
        _check_quotes(corpus, found, one.shows)
        before.append(found)
        coded[found] = frozenset(shown.clause for shown in one.shows)
    sitting = Sitting(
        name="reported",
        reads=tuple(Told(id=one) for one in (*before, identifier)),
        where=told.where,
        order=told.order,
        declared=told.declared,
        stop=told.stop,
    )
    spec, _ = reported(corpus, record, sitting, told.reader)
    assert spec.testimony is not None
    reads = spec.testimony.reads
    # What the report calls settled beforehand is each party's own definition.
    spec = msgspec.structs.replace(
        spec, testimony=msgspec.structs.replace(spec.testimony, declared=told.declared)
    )
    own = known_again(spec.frame, corpus, record.agreed)
    return _Route(DrawRecord(0, "", spec), reads, coded, _within(own, population))


def _on_record(
    corpus: Corpus,
    record: Record,
    asked: Challenge,
    name: str,
    coded: Mapping[str, frozenset[str]],
    population: Frame,
) -> _Route:
    """Take a draw on record; a transcript that was labelled as not in the category answers to no clause of it."""
    drawn = open_draw(corpus, record, name)
    category = asked.claim.category
    none = {
        one: frozenset[str]()
        for one in drawn.order
        if record.agreed.get(one, {}).get(category) == "no"
    }
    declared = drawn.spec.property_of(category)
    own = None if declared is None else reading_of(drawn, record, declared)
    within = _within(drawn.frame, population)
    return _Route(drawn.record, drawn.order, {**none, **coded}, within, own)


def _within(own: Frame, population: Frame) -> Literal["same", "part", "other"]:
    if own.digest == population.digest:
        return "same"
    return "part" if set(own.ids) <= set(population.ids) else "other"


def _under(
    corpus: Corpus,
    record: Record,
    asked: Challenge,
    party: Party,
    identifier: str,
    population: Frame,
    route: _Route | None,
) -> Under:
    shows = frozenset(one.clause for one in asked.transcript.shows)
    belongs = belonging(shows, party)
    granted = None if route is None else licence(_reading(route, asked, party))
    bearing = None if route is None or granted is None else Bearing(granted, route.within)
    status, sentence = STATUS[asked.claim.kind](asked, belongs, identifier, bearing, population)
    licensed, unlicensed = licences(
        bearing, belongs, None if route is None else route.draw.spec, population
    )
    open_ = _unsettled(asked, party, shows, belongs, status)
    settled = status != "cannot be told" or bool(open_)
    plan, command = (None, "") if settled else plan_for(asked, population)
    if route is not None and route.draw.reported:
        sentence = BY_REPORT + sentence[0].lower() + sentence[1:]
    interval = None if granted is None or belongs != "yes" else granted.interval
    return Under(
        party.name, belongs, status, sentence, licensed, unlicensed, interval, plan, command, open_
    )


def _unsettled(
    asked: Challenge, party: Party, shows: frozenset[str], belongs: Belongs, status: Status
) -> tuple[str, ...]:
    """Say what the parties have to settle, since no reading can."""
    if belongs == "undecided":
        return tuple(
            f"whether `{clause}` counts ({asked.clauses[clause]})"
            for clause in sorted(shows - set(party.counts) - set(party.leaves_out))
        )
    if asked.claim.kind == "none-seen" and belongs == "yes" and status == "cannot be told":
        return (f"which transcripts {asked.claim.by} read (`read` in the claim)",)
    return ()


def _reading(route: _Route, asked: Challenge, party: Party) -> Reading:
    """The sitting as it reads under a party's definition."""
    spec = route.draw.spec
    definition = "; ".join(asked.clauses[clause] for clause in party.counts)
    wanted = Property(category=asked.claim.category, definition=definition, digest=party.name)
    reads: list[Read] = []
    for position, one in enumerate(route.order, 1):
        if one not in route.shows:
            break
        belongs = belonging(route.shows[one], party)
        hit = None if belongs == "undecided" else belongs == "yes"
        reads.append(Read(position, one, "", hit, "" if hit is not None else "disputed", ()))
    testimony = spec.testimony
    declared = testimony.declared if testimony else route.draw.declared(asked.claim.category)
    rule, why = (spec.stop, "") if route.read is None else (route.read.rule, route.read.why)
    if rule.kind == "fixed" and rule.number != len(reads):
        rule, why = StopRule(kind="open"), f"{len(reads):,} were read, and {rule} was declared"
    return Reading(
        draw=route.draw,
        wanted=wanted,
        reads=tuple(reads),
        size=len(route.order),
        population=spec.frame.population,
        beyond=0,
        rule=rule,
        why=why,
        declared=declared,
        looks=(),
    )


def _which(corpus: Corpus, coded: Coded, where: str) -> str:
    if bool(coded.id) == bool(coded.text):
        raise UsageError(f"{where}: name the transcript by `id` or by `text`.")
    return whole_id(corpus, coded.id) if coded.id else pasted(corpus, coded.text, where)


def _check_quotes(corpus: Corpus, identifier: str, shows: Sequence[Shown]) -> None:
    transcript = corpus.get(identifier)
    for one in shows:
        if one.quote and not quoted_in(Quote(text=one.quote, part=one.part), transcript):
            raise UsageError(
                f"The quote for `{one.clause}` is not in the {one.part} of transcript {identifier[:12]}; "
                "copy the words as they stand there."
            )


def _words(record: Record, identifier: str, route: _Route | None) -> tuple[str, ...]:
    seen = tuple(dict.fromkeys(in_words(s, record) for s in record.sights_of(identifier)))
    if route is None or not route.draw.reported or route.draw.name in record.draws:
        return seen
    spec = route.draw.spec
    assert spec.testimony is not None
    order = {"random": "in random order", "chosen": "chosen", "unknown": "in an order nobody knows"}
    told = (
        f"number {route.order.index(identifier) + 1:,}, by the reader's report, {order[spec.testimony.order]} "
        f"from {spec.frame.name}, N = {spec.frame.population:,}; stopping rule: {spec.stop}"
    )
    return (told, *seen)
