"""Planting known cases in a draw, to learn how often its raters notice one.

The cases are one's own, with a known value; each is shown like a transcript, at a random place of the
draw. Before anything is read, the ledger holds a commitment: a digest, made with a salt, of the cases,
their values and their places. What a rater says of a case goes into a table beside the ledger, so
that the ledger's events are the same with and without planted cases, but for one field: every label
in such a draw carries a seal, a keyed digest of what this rater had said of planted cases by then.
Seals look random to whoever lacks the salt. The reveal publishes salt, values, places and answers;
from then on anybody can see that neither the cases nor the answers were changed afterwards.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec

from allegiance.audit.chain import Event, canonical
from allegiance.audit.draw import Draw
from allegiance.audit.ledger import Ledger
from allegiance.audit.plant_file import Case
from allegiance.audit.plant_table import FILE, Planted, Planting, PlantTable, Said
from allegiance.audit.record import Record
from allegiance.audit.specs import Property
from allegiance.errors import AllegianceError, UsageError

SKIP = "skip"
"""What is said of a case that a rater could not tell."""


@dataclass(frozen=True)
class Revealed:
    """What came of planted cases.

    Attributes
    ----------
    event
        The event that publishes it.
    caught, planted
        Cases of the value looked for that every rater who was shown them noticed, of those shown.
    alarms, others
        Cases of another value of which a rater said the value looked for, of those shown.
    unseen
        Cases that nobody was shown.
    """

    event: Event
    caught: int
    planted: int
    alarms: int
    others: int
    unseen: int

    def told(self, wanted: Property) -> str:
        """Say what came of it, for those who labelled."""
        told = f"{self.caught:,} of {self.planted:,} planted {wanted} were noticed"
        if self.others:
            told += f"; {self.alarms:,} of {self.others:,} planted others were taken for it"
        if self.unseen:
            told += f"; {self.unseen:,} were shown to nobody"
        return told


def table_of(ledger: Ledger) -> PlantTable:
    """Give the table of planted cases that belongs to a ledger."""
    return PlantTable(ledger.path.with_name(FILE))


def plant(
    ledger: Ledger, draw: Draw, wanted: Property, cases: Sequence[Case], actor: str = ""
) -> Event:
    """Plant cases in a draw for a category, and commit to them; they are revealed with `reveal`.

    Raises
    ------
    UsageError
        If cases are planted there already, or something of the draw was opened: a rater could tell.
    """
    if draw.record.reported:
        raise UsageError(f"{draw.name} is a report of what was read; nothing can be planted in it.")
    salt = secrets.token_hex(32)
    planting = _placed(draw, wanted.category, cases, salt)
    subject = _subject(draw.name, wanted.category)
    with ledger.writing() as page:
        if page.last(("plant",), subject) is not None:
            raise UsageError(f"Cases are planted in {draw.name} for {wanted.category} already.")
        if page.last(("open",), draw.name) is not None:
            raise UsageError(
                f"Transcripts of {draw.name} were opened already; cases are planted before the first "
                "is, so plant them in a new draw."
            )
        table_of(ledger).put(planting)
        body = {
            "draw": draw.name,
            "category": wanted.category,
            "value": wanted.value,
            "commitment": _commitment(planting.draw, planting.category, salt, _outline(planting)),
            "number": len(planting.cases),
        }
        return page.append("plant", subject, body, actor)


def hidden_planting(ledger: Ledger, record: Record, draw: str, category: str) -> Planting | None:
    """Find the cases planted in a draw that are not revealed; None where there are none.

    Raises
    ------
    AllegianceError
        If the table is gone or holds other cases than the ledger commits to.
    """
    events = record.plantings.get((draw, category), [])
    if not events or "commitment" not in events[0].body or _reveal_of(events) is not None:
        return None
    table = table_of(ledger)
    found = table.planting(draw, category)
    if found is None:
        raise AllegianceError(
            f"The cases planted in {draw} are not in {table.path}; restore it from a copy."
        )
    there = _commitment(draw, category, found.salt, _outline(found))
    if there != events[0].body["commitment"]:
        raise AllegianceError(
            f"The cases planted in {draw} were changed: {table.path} holds others than the ledger "
            "commits to; restore it from a copy."
        )
    return found


def seal(planting: Planting, said: Sequence[Said], rater: str, transcript_id: str) -> str:
    """Commit to what a rater has said of planted cases, in a way that tells nothing without the salt."""
    content = canonical([transcript_id, rater, [msgspec.to_builtins(one) for one in said]])
    return hmac.new(planting.salt.encode(), content.encode(), hashlib.sha256).hexdigest()


def seal_for(
    ledger: Ledger, record: Record, draw: str, category: str, rater: str, one: str
) -> Callable[[], str] | None:
    """Give what makes the seal of a label in a draw; None where nothing is planted in it."""
    planting = hidden_planting(ledger, record, draw, category)
    return None if planting is None else sealed_by(ledger, planting, rater, one)


def sealed_by(ledger: Ledger, planting: Planting, rater: str, one: str) -> Callable[[], str]:
    """Give what makes the seal of a label of a transcript in a draw with planted cases."""
    table = table_of(ledger)
    where = (planting.draw, planting.category)
    return lambda: seal(planting, table.said(*where, rater), rater, one)


def say(ledger: Ledger, draw: str, category: str, said: Said) -> None:
    """Keep what a rater says of a planted case, while nobody writes to the ledger: seals stay in order."""
    with ledger.writing() as page:
        table_of(ledger).say(draw, category, msgspec.structs.replace(said, after=page.head.seq))


def standing(said: Sequence[Said]) -> dict[int, dict[str, Said]]:
    """Give what stands of what was said: case to rater to the newest answer that was not taken back."""
    stacks: dict[tuple[int, str], list[Said]] = {}
    for one in said:
        stack = stacks.setdefault((one.number, one.rater), [])
        if one.value:
            stack.append(one)
        elif stack:
            stack.pop()
    found: dict[int, dict[str, Said]] = {}
    for (number, rater), stack in stacks.items():
        if stack:
            found.setdefault(number, {})[rater] = stack[-1]
    return found


def reveal(ledger: Ledger, draw: Draw, wanted: Property, actor: str = "") -> Revealed:
    """Reveal the cases planted in a draw: from now on they are on record and shown to nobody.

    Raises
    ------
    UsageError
        If none are planted, or they are revealed already.
    AllegianceError
        If the table holds other cases than the ledger commits to.
    """
    record = Record.of(ledger)
    planting = hidden_planting(ledger, record, draw.name, wanted.category)
    if planting is None:
        raise UsageError(
            f"No cases are planted in {draw.name} for {wanted.category} that are not revealed."
        )
    first = record.plantings[(draw.name, wanted.category)][0].body
    subject = _subject(draw.name, wanted.category)
    with ledger.writing() as page:
        if len(page.events(("plant",), subject)) > 1:
            raise UsageError(f"The cases planted in {draw.name} were revealed just now.")
        said = table_of(ledger).said(draw.name, wanted.category)
        counts = _counted(_outline(planting), said, first["value"])
        body: dict[str, Any] = {
            **first,
            "salt": planting.salt,
            "cases": _outline(planting),
            "said": [msgspec.to_builtins(one) for one in said],
            **counts,
        }
        if not counts["planted"]:  # nobody was shown one: nothing is known of noticing
            del body["caught"], body["planted"]
        event = page.append("plant", subject, body, actor)
    return Revealed(event, **counts)


def plant_problems(ledger: Ledger, record: Record) -> list[str]:
    """Say what is wrong with planted cases: another text, place, value or answer than was committed to."""
    problems: list[str] = []
    for (draw, category), events in record.plantings.items():
        if "commitment" not in events[0].body:
            continue  # somebody's own count
        revealed = _reveal_of(events)
        here = f"cases planted in {draw} for {category}"
        try:
            there = table_of(ledger).planting(draw, category)
        except AllegianceError as error:
            problems.append(str(error))
            continue
        if revealed is None and there is None:
            problems.append(f"{here}: their table is gone, and they are not revealed")
        if there is not None:
            commitment = _commitment(draw, category, there.salt, _outline(there))
            if commitment != events[0].body["commitment"]:
                problems.append(f"{here}: their table holds others than the ledger commits to")
        if revealed is not None:
            problems += [f"{here}: {one}" for one in _reveal_problems(events[0], revealed, record)]
    return problems


def _reveal_problems(first: Event, revealed: Event, record: Record) -> list[str]:
    """What is wrong with a reveal by the ledger alone, so that an export can be checked as well."""
    body = revealed.body
    try:
        draw, category, salt = str(body["draw"]), str(body["category"]), str(body["salt"])
        cases = cast(list[dict[str, Any]], body["cases"])
        said = msgspec.convert(body["said"], list[Said])
        if _commitment(draw, category, salt, cases) != first.body["commitment"]:
            return [f"event {revealed.seq} reveals others than event {first.seq} commits to"]
        counts = _counted(cases, said, str(first.body["value"]))
    except (KeyError, TypeError, ValueError):
        return [f"event {revealed.seq} can't be read"]
    problems: list[str] = []
    shown = (body.get("caught", 0), body.get("planted", 0))
    if shown != (counts["caught"], counts["planted"]):
        problems.append(f"event {revealed.seq} counts otherwise than its answers say")
    planting = Planting(draw, category, salt, ())
    for event in record.events.values():
        sealed = event.body.get("seal")
        inside = (event.body.get("draw"), event.body.get("category")) == (draw, category)
        if not sealed or not inside or event.seq > revealed.seq:
            continue
        rater = str(event.body["rater"])
        then = [one for one in said if one.rater == rater and one.after < event.seq]
        if seal(planting, then, rater, str(event.body["transcript_id"])) != sealed:
            problems.append(
                f"event {event.seq} was sealed over other answers of {rater} than are revealed"
            )
    return problems


def _reveal_of(events: Sequence[Event]) -> Event | None:
    return next((event for event in events if "salt" in event.body), None)


def _placed(draw: Draw, category: str, cases: Sequence[Case], salt: str) -> Planting:
    """Put each case before a place of the draw, by digests of the salt; the last place is a real one's."""
    size = len(draw.order)
    digests = [_keyed(salt, f"place {number}") for number in range(len(cases))]
    order = sorted(range(len(cases)), key=lambda k: (int(digests[k], 16) % size, digests[k]))
    placed = tuple(
        Planted(number, int(digests[k], 16) % size + 1, cases[k])
        for number, k in enumerate(order, 1)
    )
    return Planting(draw.name, category, salt, placed)


def _outline(planting: Planting) -> list[dict[str, Any]]:
    """Cases as they are revealed: a salted digest of the messages, the value and the place."""
    return [
        {
            "number": one.number,
            "place": one.place,
            "value": one.case.value,
            "digest": _keyed(planting.salt, canonical(msgspec.to_builtins(one.case.messages))),
        }
        for one in planting.cases
    ]


def _commitment(draw: str, category: str, salt: str, cases: Sequence[Mapping[str, Any]]) -> str:
    content = canonical([draw, category, salt, [dict(one) for one in cases]])
    return hashlib.sha256(f"allegiance planted\n{content}".encode()).hexdigest()


def _counted(
    cases: Sequence[Mapping[str, Any]], said: Sequence[Said], value: str
) -> dict[str, int]:
    """Count noticed cases; one that several raters were shown is noticed if all of them did."""
    counts = {"caught": 0, "planted": 0, "alarms": 0, "others": 0, "unseen": 0}
    answers = standing(said)
    for one in cases:
        values = {a.value for a in answers.get(int(one["number"]), {}).values()}
        if not values:
            counts["unseen"] += 1
        elif one["value"] == value:
            counts["planted"] += 1
            counts["caught"] += values == {value}
        else:
            counts["others"] += 1
            counts["alarms"] += value in values
    return counts


def _keyed(salt: str, text: str) -> str:
    return hmac.new(salt.encode(), text.encode(), hashlib.sha256).hexdigest()


def _subject(draw: str, category: str) -> str:
    return f"{draw} {category}"
