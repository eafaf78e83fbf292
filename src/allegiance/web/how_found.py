"""How a transcript came before its reader, in words: this route, every earlier one, and what that licenses."""

import re
from dataclasses import dataclass

from allegiance.audit import Record, Route
from allegiance.audit.case import nth
from allegiance.audit.evidence import in_words
from allegiance.audit.record import Sight
from allegiance.web.access import Person
from allegiance.web.queue import number_of

_FIRST, _LAST = 3, 7
"""Earlier sights that are told one by one; those between them are counted."""

_SAID = re.compile(r"\b(verdict|verdict_score|label|scores?)\.")
"""Fields of a filter that hold what a scanner or a rater said."""
_LABELLED = re.compile(r"\blabel\.")


@dataclass(frozen=True)
class Seen:
    """One sight of the transcript, for its reader: who, when, by which route, and how much was hidden."""

    who: str
    at: str
    words: str
    blind: bool


@dataclass(frozen=True)
class HowFound:
    """How a transcript was found.

    Attributes
    ----------
    badge, words
        This route, in a few words and in a sentence.
    licence
        What it licenses.
    ordinal
        The how-manieth of all transcripts on record this is, in words; empty if it never was opened.
    earliest, latest, between
        The first sights on record and the last ones, and how many lie between.
    draws
        Draws that it is on record in.
    """

    badge: str
    words: str
    licence: str
    ordinal: str
    earliest: tuple[Seen, ...]
    latest: tuple[Seen, ...]
    between: int
    draws: tuple[str, ...]


def how_found(
    record: Record, transcript_id: str, route: Route, place: int | None, person: Person
) -> HowFound:
    """Tell how a transcript was found, after its opening by a route is on record."""
    sights = record.sights_of(transcript_id)
    number = record.ordinal(transcript_id)
    seen = [_seen(sight, record, person) for sight in sights]
    early, late = seen[:_FIRST], seen[_FIRST:]
    return HowFound(
        badge=badge(route, place),
        words=words(route, place),
        licence=licence(route),
        ordinal=""
        if number is None
        else f"{nth(number)} transcript on record, of {_all(record):,}",
        earliest=tuple(early),
        latest=tuple(late[-_LAST:]),
        between=max(len(late) - _LAST, 0),
        draws=tuple(queue_words(record, name, person) for name in draws_of(record, transcript_id)),
    )


def badge(route: Route, place: int | None) -> str:
    """Say by which route, in a few words."""
    match route.kind:
        case "search":
            return f"rank {place or 0:,} of {route.matches or 0:,} found"
        case "top":
            return f"{most_striking(place)} of {route.population or 0:,}"
        case "list":
            order = "random order" if "random order" in route.by else route.by
            return f"place {place or 0:,} of {route.population or 0:,} · {order}"
        case _:
            return "direct link"


def words(route: Route, place: int | None) -> str:
    """Say by which route, in a sentence."""
    among = f" with {route.where}" if route.where else ""
    population = route.population or 0
    match route.kind:
        case "search":
            within = "" if route.within in ("", "all") else f" in the {route.within}"
            order = f", {route.by}" if route.by else ""
            return (
                f"Rank {place or 0:,} of {route.matches or 0:,} matches for “{route.query}” ({route.search}{within}) "
                f"among {population:,}{among}{order}."
            )
        case "top":
            return f"The {most_striking(place)} of {population:,}{among} by {route.by}."
        case "list":
            return f"Place {place or 0:,} of {population:,}{among}, {route.by}."
        case _:
            return "By a direct link: how it was picked before that is not on record."


def licence(route: Route) -> str:
    """Say what a route licenses: never a rate, which only a draw gives."""
    picked = " Its filter looks at what was said of the transcripts, so these were picked by that."
    return _licence(route) + (picked if _SAID.search(route.where) else "")


def _licence(route: Route) -> str:
    match route.kind:
        case "search":
            return (
                "A search shows that something exists, not how common it is. It licenses “at least one of "
                f"{route.population or 0:,}”; for a rate, make a draw."
            )
        case "top":
            return (
                "It was picked for its score and not drawn. It licenses “at least one of "
                f"{route.population or 0:,}”, said with the ranking; for a rate, make a draw."
            )
        case "list" if "random order" in route.by:
            return (
                "The order is random, and the place is on record. But nobody declared what is looked for and when "
                "reading stops, so it licenses existence and no rate; for a rate, make a draw and label it."
            )
        case _:
            return "It licenses existence and no rate; for a rate, make a draw and label it."


def most_striking(place: int | None) -> str:
    """Say the how-manieth by a score."""
    return "most striking" if place in (None, 1) else f"{nth(place)} most striking"


def sight_words(sight: Sight, record: Record, person: Person) -> str:
    """Say by which route a transcript was seen; to a rater not by which labels of others it was chosen."""
    route = sight.route
    frame = record.draws[route.draw].spec.frame.where if route.draw else ""
    if person.role == "rater" and _LABELLED.search(f"{route.where} {route.by} {frame}"):
        return f"by a {route.kind} that looks at labels"
    if person.role == "rater" and route.draw:
        return f"in {queue_words(record, route.draw, person)}"  # its place would tell which is next there
    if sight.place is None and route.kind not in ("link", "export"):
        return f"by a {route.kind}, at no place"
    return in_words(sight, record)


def draws_of(record: Record, transcript_id: str) -> list[str]:
    """Name the draws that a transcript was opened in."""
    routes = (sight.route for sight in record.sights_of(transcript_id))
    return list(dict.fromkeys(route.draw for route in routes if route.draw))


def queue_words(record: Record, name: str, person: Person) -> str:
    """Name a draw: to a rater by its number alone, as a queue."""
    return f"queue {number_of(record, name):,}" if person.role == "rater" else name


def _seen(sight: Sight, record: Record, person: Person) -> Seen:
    at = sight.at[:16].replace("T", " ")
    return Seen(sight.actor or "somebody", at, sight_words(sight, record, person), sight.blind)


def _all(record: Record) -> int:
    return len({sight.transcript_id for sight in record.sights})
