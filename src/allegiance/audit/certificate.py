"""The certificate: a decided claim with everything that someone else needs to decide it again.

It is JSON by a published schema (``certificate.schema.json`` beside this file), carries the digest of
its own content, and is named by it.
"""

import hashlib
import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec

from allegiance import __version__
from allegiance.audit.chain import canonical
from allegiance.audit.claim import UNKNOWN, ClaimSpec, Decision
from allegiance.audit.claims import decide
from allegiance.audit.ledger import Ledger
from allegiance.audit.record import Record
from allegiance.audit.specs import Spec
from allegiance.corpus import Corpus
from allegiance.errors import AllegianceError, UsageError

FORMAT = 1
"""The format that this version writes and the newest it reads."""
_LARGEST = 10**9


class LedgerHead(Spec, frozen=True, kw_only=True):
    """The point of a ledger up to which it was read."""

    id: str
    seq: int
    digest: str


class Certificate(Spec, frozen=True, kw_only=True):
    """A claim, what was decided, and what that rests on.

    Attributes
    ----------
    format, software, made_at
        The format, the version of this program, and when it was made (UTC).
    claim, decision
        What was claimed and what came out.
    ledger
        The ledger up to the event that counts.
    unknown
        What no certificate can know.
    digest
        SHA-256 (hex) of the canonical JSON of all the rest.
    """

    format: int
    software: str
    made_at: str
    claim: ClaimSpec
    decision: Decision
    ledger: LedgerHead
    unknown: str
    digest: str

    def to_json(self) -> str:
        """Write the certificate as JSON, readable line by line."""
        return json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False, indent=1) + "\n"

    def to_markdown(self) -> str:
        """Write the certificate as a page for people; see `allegiance.audit.pages`."""
        from allegiance.audit.pages import markdown

        return markdown(self)

    def sentence(self) -> str:
        """Write one sentence for a paper, with the certificate it is from."""
        return f"{self.decision.sentence} [certificate {self.digest[:12]}]"


def certified(claim: ClaimSpec, corpus: Corpus, ledger: Ledger, actor: str = "") -> Certificate:
    """Decide a claim, make its certificate, and put on record that it was seen.

    Raises
    ------
    UsageError
        If the claim lacks something that its kind needs; nothing is recorded then.
    """
    record = Record.of(ledger)
    made = _sealed(claim, decide(claim, corpus, record), record)
    body: dict[str, Any] = {
        "what": claim.kind,
        "category": claim.wanted.category,
        "value": claim.wanted.value,
        "draw": claim.draw,
        "draws": [shown.spec.name for shown in made.decision.draws],
        "frame": made.decision.frame.digest,
        "status": made.decision.status,
        "sentence": made.decision.sentence,
        "certificate": made.digest,
    }
    if claim.kind == "gap" and claim.gap is not None:
        body |= {"gap": claim.gap.to_dict(), "p_value": made.decision.beside["p_value"]}
    ledger.append("claim", made.digest, body, actor)
    return made


def digest_of(fields: dict[str, Any]) -> str:
    """Digest of a certificate's content: its canonical JSON without the digest itself."""
    content = {name: value for name, value in fields.items() if name != "digest"}
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def read_certificate(path: str | Path) -> tuple[Certificate, dict[str, Any]]:
    """Read a certificate from a file: as a record, and as the JSON that is there.

    Raises
    ------
    UsageError
        If there is no such file, or it is no certificate.
    AllegianceError
        If a newer version made it.
    """
    place = Path(path)
    try:
        if place.stat().st_size > _LARGEST:
            raise UsageError(f"{place} is larger than 1 GB, and no certificate is.")
        found: Any = json.loads(place.read_bytes())
        canonical(found).encode()  # which neither NaN nor half a character survives
    except OSError as error:
        raise UsageError(f"{place} can't be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{place} is no certificate: it is not whole JSON; ask for it anew."
        ) from error
    fields = cast(dict[str, Any], found) if isinstance(found, dict) else {}
    written = fields.get("format")
    if type(written) is not int or written < 1 or "decision" not in fields:
        raise UsageError(f"{place} is no certificate of allegiance; `allegiance claim` makes one.")
    if written > FORMAT:
        raise AllegianceError(
            f"{place} was made in certificate format {written} by allegiance "
            f"{str(fields.get('software', '?'))[:20]}; this is allegiance {__version__}, which reads "
            f"up to format {FORMAT}: upgrade it."
        )
    try:
        return msgspec.convert(fields, Certificate), fields
    except msgspec.ValidationError as error:
        raise UsageError(f"{place} is a damaged certificate: {error}.") from error


def write_certificate(certificate: Certificate, path: str | Path) -> Path:
    """Write a certificate, whole or not at all.

    Raises
    ------
    AllegianceError
        If the place can't be written.
    """
    place = Path(path)
    draft: Path | None = None
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place.parent, prefix=".certificate.", suffix=".part")
        draft = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(certificate.to_json())
        draft.chmod(0o644)
        draft.replace(place)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise AllegianceError(
            f"The certificate can't be written to {place} ({error.strerror}); name another place with "
            "--out."
        ) from error
    return place


def place_of(certificate: Certificate, folder: Path) -> Path:
    """Name the file of a certificate in a folder of them."""
    wanted = certificate.claim.wanted
    return folder / f"{certificate.claim.kind}-{wanted.category}-{certificate.digest[:8]}.json"


def schema() -> dict[str, Any]:
    """Give the JSON Schema of certificates."""
    made = msgspec.json.schema(Certificate)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Allegiance certificate, format {FORMAT}",
        **made,
    }


def _sealed(claim: ClaimSpec, decision: Decision, record: Record) -> Certificate:
    plain = {
        "format": FORMAT,
        "software": __version__,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "claim": claim.to_dict(),
        "decision": decision.to_dict(),
        "ledger": {"id": record.ledger_id, "seq": record.head.seq, "digest": record.head.digest},
        "unknown": UNKNOWN,
    }
    # By way of JSON, so that what is in memory is what a reader of the file gets.
    fields = json.loads(json.dumps(plain, allow_nan=False))
    fields["digest"] = digest_of(fields)
    return msgspec.convert(fields, Certificate)
