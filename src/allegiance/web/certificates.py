"""The claims of a workspace: those on record, the certificates on file, and what a person may see of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allegiance.audit import Certificate, Record, read_certificate
from allegiance.audit.certificate import place_of, write_certificate
from allegiance.audit.record import Look
from allegiance.errors import AllegianceError, UsageError
from allegiance.web.access import Person
from allegiance.web.site import Site

_ID = re.compile(r"\b[0-9a-f]{12}\b")
_SHORTEST = 6
WITHHELD = "Withheld until you have labelled the transcript that it names."


@dataclass(frozen=True)
class Filed:
    """A certificate on file, and the JSON that is there."""

    file: Path
    certificate: Certificate
    fields: dict[str, Any]


@dataclass(frozen=True)
class Claimed:
    """A claim that was decided.

    Attributes
    ----------
    digest
        Of its certificate, or of the answer to a challenge.
    kind, category, value, status, sentence
        What was claimed, and what came out.
    at, actor, event
        When and by whom, and the event of the ledger; 0 for a certificate of which this ledger knows nothing.
    filed
        Its certificate, if it is on file.
    draws
        The draws that it rests on, as the ledger has it.
    """

    digest: str
    kind: str
    category: str
    value: str
    status: str
    sentence: str
    at: str
    actor: str
    event: int
    filed: Filed | None
    draws: tuple[str, ...] = ()

    @property
    def of(self) -> str:
        """What it is of, in a word."""
        return self.category if self.value in ("yes", "") else f"{self.category} = {self.value}"


def folder_of(site: Site) -> Path:
    """Name the folder of the certificates."""
    return site.workspace.report / "claims"


def file_certificate(site: Site, made: Certificate) -> Path:
    """Write a certificate where the command writes it."""
    return write_certificate(made, place_of(made, folder_of(site)))


def filed(site: Site) -> tuple[dict[str, Filed], list[str]]:
    """Read the certificates on file by digest, and say of each file that is none why."""
    found: dict[str, Filed] = {}
    wrong: list[str] = []
    for file in sorted(folder_of(site).glob("*.json")):
        try:
            one = _read(site, file)
        except AllegianceError as error:
            wrong.append(str(error))
            continue
        found[one.certificate.digest] = one
    return found, wrong


def claims_of(site: Site) -> tuple[list[Claimed], list[str]]:
    """Give every claim on record and on file, the newest first, and what can't be read."""
    on_file, wrong = filed(site)
    with site.record() as record:
        looks = [
            (look, record.events[look.seq].actor, record.events[look.seq].subject)
            for look in record.looks
            if look.kind == "claim"
        ]
    found = [_on_record(look, actor, subject, on_file) for look, actor, subject in looks]
    known = {one.digest for one in found}
    found += [_on_file(one) for digest, one in on_file.items() if digest not in known]
    return sorted(found, key=lambda one: (one.at, one.event), reverse=True), wrong


def claim_at(site: Site, prefix: str) -> Claimed:
    """Find a claim by the beginning of its digest.

    Raises
    ------
    UsageError
        If there is none, or several begin so.
    """
    start = prefix.lower()
    found = [one for one in claims_of(site)[0] if one.digest.startswith(start)]
    if len(start) < _SHORTEST or not found:
        raise UsageError(
            f"There is no claim {prefix[:64]} here; the list of claims has all that are on record or on file."
        )
    if len({one.digest for one in found}) > 1:
        raise UsageError(f"Several claims begin with {prefix}; give more of the digest.")
    return found[0]


def unlabelled(record: Record, person: Person) -> frozenset[str]:
    """Name, by the beginnings of ids, the transcripts that others labelled in a category and this person did not."""
    said: dict[tuple[str, str], set[str]] = {}
    for one in record.labels():
        if one.label.source == "person":
            key = (one.label.transcript_id, one.label.category)
            said.setdefault(key, set()).add(one.label.rater)
    return frozenset(key[0][:12] for key, raters in said.items() if person.name not in raters)


def to_be_labelled(record: Record, person: Person) -> frozenset[str]:
    """Name the transcripts of which this person may be told no label yet: only a rater has any."""
    return unlabelled(record, person) if person.role == "rater" else frozenset()


def seen(sentence: str, hidden: frozenset[str]) -> str:
    """Give a sentence, unless it names a transcript of which no label may be told yet."""
    return WITHHELD if hidden and hidden & set(_ID.findall(sentence)) else sentence


def withheld(certificate: Certificate, hidden: frozenset[str]) -> frozenset[str]:
    """Name the transcripts of a certificate of which no label may be told yet."""
    return frozenset(_shown_in(certificate)) & hidden


def _shown_in(certificate: Certificate) -> Iterator[str]:
    for draw in certificate.decision.draws:
        yield from (read.transcript_id[:12] for read in draw.reads)
    yield from (one.transcript_id[:12] for one in certificate.decision.instances)


def _read(site: Site, file: Path) -> Filed:
    """Read a certificate, or give it as it was read, if the file is still the same."""
    known: dict[Path, tuple[tuple[int, int], Filed]] = site.kept(
        "certificates", dict[Path, tuple[tuple[int, int], Filed]]
    )
    state = file.stat()
    seen_as = (state.st_mtime_ns, state.st_size)
    held = known.get(file)
    if held is None or held[0] != seen_as:
        held = known[file] = (seen_as, Filed(file, *read_certificate(file)))
    return held[1]


def _on_record(look: Look, actor: str, subject: str, on_file: dict[str, Filed]) -> Claimed:
    body = look.body
    digest = str(body.get("certificate") or subject)
    return Claimed(
        digest=digest,
        kind=str(body.get("what", "")),
        category=look.category,
        value=str(body.get("value", "")),
        status=str(body.get("status", "")),
        sentence=str(body.get("sentence", "")),
        at=look.at,
        actor=actor,
        event=look.seq,
        filed=on_file.get(digest),
        draws=look.draws,
    )


def _on_file(one: Filed) -> Claimed:
    made = one.certificate
    return Claimed(
        digest=made.digest,
        kind=made.claim.kind,
        category=made.claim.wanted.category,
        value=made.claim.wanted.value,
        status=made.decision.status,
        sentence=made.decision.sentence,
        at=made.made_at,
        actor="",
        event=0,
        filed=one,
    )
