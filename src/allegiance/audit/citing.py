"""Citing one transcript: how it was found, what that licenses, and the certificate that says so."""

from dataclasses import dataclass

from msgspec import structs

from allegiance.audit.certificate import Certificate, certified
from allegiance.audit.claim import ClaimSpec
from allegiance.audit.evidence import in_words
from allegiance.audit.frames import frame
from allegiance.audit.ledger import Ledger
from allegiance.audit.properties import asked_for
from allegiance.audit.record import Record
from allegiance.audit.specs import Property
from allegiance.corpus import Corpus
from allegiance.errors import UsageError
from allegiance.scanners.codebook import Codebook


@dataclass(frozen=True)
class Cited:
    """A citation.

    Attributes
    ----------
    transcript_id
        Which.
    routes
        Every way by which it came before a reader, in words, the first first.
    ordinal
        The how-manieth of all on record it was; None if it was never opened.
    certificate
        None where nobody labelled it, so that nothing but its routes can be told.
    """

    transcript_id: str
    routes: tuple[str, ...]
    ordinal: int | None
    certificate: Certificate | None


def cite(
    corpus: Corpus,
    ledger: Ledger,
    transcript_id: str,
    category: str | None = None,
    confidence: float = 0.95,
    actor: str = "",
) -> Cited:
    """Cite a transcript.

    Parameters
    ----------
    transcript_id
        The whole id.
    category
        Of which property; by default the one that it is labelled for.
    confidence
        Nominal coverage.

    Raises
    ------
    UsageError
        If it is labelled for several categories and none is named.
    AllegianceError
        If the corpus has no such transcript.
    """
    corpus.get(transcript_id)
    record = Record.of(ledger)
    routes = tuple(dict.fromkeys(in_words(s, record) for s in record.sights_of(transcript_id)))
    wanted = _wanted(record, transcript_id, category)
    made = None
    if wanted is not None:
        claim = ClaimSpec(
            kind="citation",
            wanted=wanted,
            transcript=transcript_id,
            frame=frame(corpus).spec,
            confidence=confidence,
        )
        made = certified(claim, corpus, ledger, actor)
    return Cited(transcript_id, routes, record.ordinal(transcript_id), made)


def known_property(
    record: Record, text: str, define: str | None = None, book: Codebook | None = None
) -> Property:
    """Find a property by its category: as it was defined on record, else in the codebook.

    Raises
    ------
    UsageError
        If nobody defines it, or a definition is given and another is on record.
    """
    name, _, value = text.partition("=")
    found = record.property_of(name.strip().replace("_", "-"))
    if found is None or define is not None:
        made = asked_for(text, define, book)
        if found is not None and found.digest != made.digest:
            raise UsageError(f"{name} is on record with another definition: {found.definition}")
        return made
    wanted = value.strip() or ("yes" if "yes" in found.values else found.value)
    if wanted not in found.values:
        raise UsageError(f"{name} has no value {wanted!r}; it has {', '.join(found.values)}.")
    return structs.replace(found, value=wanted)


def _wanted(record: Record, transcript_id: str, category: str | None) -> Property | None:
    if category is not None:
        return known_property(record, category)
    said = record.agreed.get(transcript_id, {})
    if len(said) > 1:
        raise UsageError(
            f"Transcript {transcript_id[:12]} is labelled for {', '.join(sorted(said))}; choose one with "
            "--category."
        )
    for name in said:
        declared = [
            p
            for s in record.sights_of(transcript_id)
            if s.route.draw and (p := record.draws[s.route.draw].spec.property_of(name)) is not None
        ]
        return declared[0] if declared else known_property(record, name)
    return None
