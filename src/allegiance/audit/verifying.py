"""Verifying a certificate: every statement in it recomputed from the corpus and the ledger.

Each check says what it looked at and what it found: `holds`, `fails`, `noted` (something differs that
proves nothing) or `not checked` (because an earlier check failed).
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

import msgspec

from allegiance import __version__
from allegiance.audit import chain
from allegiance.audit.certificate import Certificate, digest_of
from allegiance.audit.chain import ChainCheck, Event
from allegiance.audit.claim import Decision
from allegiance.audit.claims import decide
from allegiance.audit.design import order_digest
from allegiance.audit.draw import labels_then, ordered
from allegiance.audit.evidence import DrawShown, SettledShown
from allegiance.audit.frames import Frame, found_again
from allegiance.audit.record import Record
from allegiance.audit.specs import FrameSpec
from allegiance.corpus import Corpus, Transcript
from allegiance.corpus.arrow import transcript_of
from allegiance.corpus.identity import content_hash, transcript_id
from allegiance.errors import AllegianceError

Outcome = Literal["holds", "fails", "noted", "not checked"]

_CLOSE = 1e-9
_BLOCK = 100  # transcripts read at a time


@dataclass(frozen=True)
class Check:
    """One check: what it is of, what came out, and a sentence."""

    name: str
    outcome: Outcome
    detail: str


@dataclass(frozen=True)
class Verified:
    """All checks of a certificate, in order."""

    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether everything was checked and nothing fails."""
        return all(check.outcome in ("holds", "noted") for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON can carry it."""
        return {"holds": self.holds, "checks": [asdict(check) for check in self.checks]}


def verify(
    certificate: Certificate,
    fields: dict[str, Any],
    corpus: Corpus,
    ledger_id: str,
    events: Callable[[], Iterable[Event]],
) -> Verified:
    """Verify a certificate.

    Parameters
    ----------
    certificate, fields
        The record and the JSON it was read from.
    corpus
        The transcripts.
    ledger_id, events
        The ledger, or an export of it: its id, and its events from the first (read twice).
    """
    checks = [_own_digest(certificate, fields), *_ledger(certificate, ledger_id, events)]
    try:
        record = Record((e for e in events() if e.seq <= certificate.ledger.seq), ledger_id)
    except AllegianceError as error:
        missing = Check("decision", "not checked", "nothing can be recomputed without the record")
        return Verified((*checks, Check("record", "fails", str(error)), missing))
    frames = _frames(certificate, corpus, record)
    checks += [check for check, _ in frames]
    same = all(check.outcome != "fails" for check, _ in frames)
    for shown in certificate.decision.draws:
        frame = next(
            (f for _, f in frames if f is not None and f.spec.digest == shown.spec.frame.digest),
            None,
        )
        checks.append(_order(shown, frame, record))
    checks += _labels(certificate, record)
    checks += _noticed(certificate, record)
    checks += _words(certificate, corpus)
    checks += (
        _recomputed(certificate, corpus, record)
        if same
        else [
            Check(
                "decision",
                "not checked",
                "the frame is another one, so nothing can be recomputed from it",
            )
        ]
    )
    if certificate.software != __version__:
        checks.append(
            Check(
                "software",
                "noted",
                f"made by allegiance {certificate.software}, verified by {__version__}",
            )
        )
    return Verified(tuple(checks))


def _own_digest(certificate: Certificate, fields: dict[str, Any]) -> Check:
    found = digest_of(fields)
    if found == certificate.digest:
        return Check("certificate", "holds", f"its content has the digest it names, {found[:12]}")
    return Check(
        "certificate",
        "fails",
        f"its content was changed: it names the digest {certificate.digest[:12]} and has {found[:12]}",
    )


def _ledger(
    certificate: Certificate, ledger_id: str, events: Callable[[], Iterable[Event]]
) -> list[Check]:
    head = certificate.ledger
    if head.id != ledger_id:
        return [
            Check(
                "ledger",
                "fails",
                f"this is ledger {ledger_id[:12]}, and the certificate is of ledger {head.id[:12]}; give an "
                "export of that one with --ledger",
            )
        ]
    found: ChainCheck = chain.check(events(), ledger_id)
    checks: list[Check] = []
    if found.problems:
        checks.append(Check("ledger chain", "fails", "; ".join(found.problems[:3])))
    else:
        checks.append(
            Check("ledger chain", "holds", f"{found.events:,} events, each follows the one before")
        )
    at_head = genesis = chain.genesis(ledger_id)
    recorded = False
    for event in events():
        at_head = event.digest if event.seq == head.seq else at_head
        recorded = recorded or (event.kind == "claim" and event.subject == certificate.digest)
    if head.seq == 0:
        at_head = genesis
    if at_head != head.digest:
        checks.append(
            Check(
                "ledger head",
                "fails",
                f"event {head.seq:,} is not the one that the certificate was made at",
            )
        )
    else:
        checks.append(
            Check("ledger head", "holds", f"event {head.seq:,} is the one it was made at")
        )
    checks.append(
        Check("on record", "holds", "the ledger holds that this certificate was made")
        if recorded
        else Check("on record", "fails", "the ledger does not hold that this certificate was made")
    )
    return checks


def _frames(
    certificate: Certificate, corpus: Corpus, record: Record
) -> list[tuple[Check, Frame | None]]:
    specs: dict[str, FrameSpec] = {certificate.decision.frame.digest: certificate.decision.frame}
    for shown in certificate.decision.draws:
        specs.setdefault(shown.spec.frame.digest, shown.spec.frame)
    return [check for spec in specs.values() for check in _frame(spec, corpus, record)]


def _frame(spec: FrameSpec, corpus: Corpus, record: Record) -> list[tuple[Check, Frame | None]]:
    try:
        found = found_again(spec, corpus, labels_then(spec, record))
    except AllegianceError as error:
        return [(Check("frame", "fails", f"it can't be found again: {error}"), None)]
    if found.digest != spec.digest:
        return [
            (
                Check(
                    "frame",
                    "fails",
                    f"{spec.name}: N was {spec.population:,} with digest {spec.digest[:12]}, and is "
                    f"{len(found):,} with {found.digest[:12]}",
                ),
                None,
            )
        ]
    checks: list[tuple[Check, Frame | None]] = [
        (
            Check("frame", "holds", f"{spec.name}: N = {len(found):,}, digest {spec.digest[:12]}"),
            found,
        )
    ]
    if corpus.version != spec.version:
        checks.append(
            (
                Check(
                    "corpus version",
                    "noted",
                    f"made on version {spec.version}, and the corpus is at {corpus.version} now; the "
                    "frame is the same",
                ),
                None,
            )
        )
    return checks


def _order(shown: DrawShown, frame: Frame | None, record: Record) -> Check:
    spec = shown.spec
    if frame is None:
        return Check("order", "not checked", f"the frame of {spec.name} is another one")
    drawn = record.draws.get(spec.name)
    if drawn is None:
        return Check("order", "fails", f"the ledger holds no draw {spec.name}")
    there = (drawn.spec, tuple(extension for _, extension in drawn.extensions))
    other = _difference(_plain((spec, shown.extensions)), _plain(there), spec.name)
    if other:
        return Check("order", "fails", f"it is not the draw of the ledger: {other}")
    order = ordered(spec, frame, shown.extensions)
    wanted = shown.extensions[-1].order_digest if shown.extensions else spec.order_digest
    if order_digest(order) != wanted:
        return Check("order", "fails", f"{spec.name}: seed, design and frame give another order")
    for read in shown.reads:
        there = order[read.position - 1] if 1 <= read.position <= len(order) else "nothing"
        if there != read.transcript_id:
            return Check(
                "order",
                "fails",
                f"{spec.name}: number {read.position:,} is {there[:12]}, and the certificate has "
                f"{read.transcript_id[:12]} there",
            )
    by = f"seed {spec.seed}" if spec.seed else "the report" if spec.testimony else spec.by
    return Check("order", "holds", f"{spec.name}: {len(shown.reads):,} reads in the order of {by}")


def _labels(certificate: Certificate, record: Record) -> list[Check]:
    """Set the labels in the certificate beside those of the ledger."""
    known = {one.seq: one for one in record.labels()}
    wrong: list[str] = []
    count = 0
    shown = [
        (f"number {r.position:,} of {d.spec.name}", r.transcript_id, r.labels)
        for d in certificate.decision.draws
        for r in d.reads
    ]
    shown += [("the instance", i.transcript_id, i.labels) for i in certificate.decision.instances]
    for place, identifier, labels in shown:
        for label in labels:
            count += 1
            there = known.get(label.seq)
            if (
                there is None
                or there.digest != label.digest
                or there.label.transcript_id != identifier
            ):
                wrong.append(
                    f"{place} ({identifier[:12]}): event {label.seq} of the ledger is no such label"
                )
            elif (there.label.value, there.label.rater) != (label.value, label.rater):
                wrong.append(
                    f"{place} ({identifier[:12]}): the certificate says {label.value} by {label.rater}, the "
                    f"ledger {there.label.value} by {there.label.rater}"
                )
    for place, identifier, settled in _settled(certificate):
        event = record.events.get(settled.seq)
        if event is None or event.digest != settled.digest:
            wrong.append(
                f"{place} ({identifier[:12]}): event {settled.seq} of the ledger settles no such labels"
            )
    if wrong:
        return [Check("labels", "fails", "; ".join(wrong[:5]))]
    return [Check("labels", "holds", f"{count:,} labels are in the ledger as they are here")]


def _settled(certificate: Certificate) -> Iterator[tuple[str, str, SettledShown]]:
    """The places that count as an adjudicator settled them."""
    for draw in certificate.decision.draws:
        for read in draw.reads:
            if read.settled is not None:
                place = f"number {read.position:,} of {draw.spec.name}"
                yield place, read.transcript_id, read.settled
    for one in certificate.decision.instances:
        if one.settled is not None:
            yield "the instance", one.transcript_id, one.settled


def _noticed(certificate: Certificate, record: Record) -> list[Check]:
    """Set the noticed cases that a claim takes from the record beside those on record."""
    claim = certificate.claim
    if claim.noticed is None or claim.noticed.source != "planted":
        return []
    there = record.noticed(claim.draw, claim.wanted)
    said = (claim.noticed.caught, claim.noticed.planted)
    told = f"{said[0]:,} of {said[1]:,} planted cases were noticed"
    if there == said:
        return [Check("planted cases", "holds", f"{told}, as on record")]
    return [
        Check("planted cases", "fails", f"the certificate says that {told}, the ledger does not")
    ]


def _words(certificate: Certificate, corpus: Corpus) -> list[Check]:
    """Hash the words of every transcript that counts anew."""
    ids = [read.transcript_id for shown in certificate.decision.draws for read in shown.reads]
    hashes = {shown.transcript_id: shown.content_hash for shown in certificate.decision.instances}
    wrong: list[str] = []
    for identifier, transcript in _transcripts([*dict.fromkeys([*ids, *hashes])], corpus):
        if transcript is None:
            wrong.append(f"{identifier[:12]} is not in the corpus")
            continue
        said = content_hash(transcript.messages)
        if transcript_id(transcript.source_identity, said) != identifier:
            wrong.append(f"the words of {identifier[:12]} were changed")
        elif hashes.get(identifier, said) != said:
            wrong.append(f"the certificate has another hash of the words of {identifier[:12]}")
    if wrong:
        return [Check("transcripts", "fails", "; ".join(wrong[:5]))]
    return [
        Check(
            "transcripts",
            "holds",
            f"{len(dict.fromkeys([*ids, *hashes])):,} have the words that their ids are of",
        )
    ]


def _transcripts(ids: Sequence[str], corpus: Corpus) -> Iterator[tuple[str, Transcript | None]]:
    """Read transcripts a block at a time, which is much faster than one by one; None where one is gone."""
    for start in range(0, len(ids), _BLOCK):
        block = ids[start : start + _BLOCK]
        table = cast(Any, corpus).table(where={"transcript_id": [*block]})
        read = map(transcript_of, table.to_pylist())
        found = {transcript.transcript_id: transcript for transcript in read}
        yield from ((identifier, found.get(identifier)) for identifier in block)


_SECTIONS = {
    "frame": "what it is about",
    "status": "verdict",
    "sentence": "sentence",
    "interval": "interval",
    "adjusted": "adjusted interval",
    "beside": "figures beside",
    "draws": "reads",
    "instances": "instances and routes",
    "raters": "raters",
    "history": "what was tried before",
    "reasons": "reasons",
}


def _recomputed(certificate: Certificate, corpus: Corpus, record: Record) -> list[Check]:
    """Decide the claim again, and compare part by part."""
    try:
        now = decide(certificate.claim, corpus, record)
    except (
        AllegianceError,
        ValueError,
    ) as error:  # a claim of what no estimator takes, such as 3 of 2
        return [Check("decision", "fails", f"it can't be decided again: {error}")]
    then, again = certificate.decision, msgspec.convert(now.to_dict(), Decision)
    checks: list[Check] = []
    for name, title in _SECTIONS.items():
        before, after = _plain(getattr(then, name)), _plain(getattr(again, name))
        difference = _difference(before, after, name)
        if difference:
            checks.append(Check(title, "fails", difference))
        elif name in ("interval", "draws", "history", "status", "instances"):
            checks.append(Check(title, "holds", _held(name, then)))
    return checks


def _held(name: str, decision: Decision) -> str:
    match name:
        case "interval" if decision.interval is not None:
            low, high = decision.interval["low"], decision.interval["high"]
            return f"[{100 * low:.2f}, {100 * high:.2f}] by {decision.interval['method']}, computed anew"
        case "interval":
            return "none is licensed"
        case "draws":
            return f"{sum(len(d.reads) for d in decision.draws):,} reads count, and no label was left out"
        case "instances":
            return f"{len(decision.instances)} with the routes on record"
        case "status":
            return decision.status
        case _:
            return "the other draws, seeds, looks and categories are those on record"


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)


def _difference(before: Any, after: Any, path: str) -> str:
    """Name the first place where two values differ; empty where none does."""
    if isinstance(before, dict) and isinstance(after, dict):
        one_, other_ = cast(dict[str, Any], before), cast(dict[str, Any], after)
        for key in [*one_, *(key for key in other_ if key not in one_)]:
            found = _difference(one_.get(key), other_.get(key), f"{path}.{key}")
            if found:
                return found
        return ""
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        before, after = cast(Sequence[Any], before), cast(Sequence[Any], after)
        for place, (one, other) in enumerate(zip(before, after, strict=False)):
            found = _difference(one, other, f"{path}[{place}]")
            if found:
                return found
        if len(before) != len(after):
            return f"{path}: the certificate has {len(before):,}, and {len(after):,} come out"
        return ""
    if isinstance(before, float) and isinstance(after, float):
        same = math.isclose(before, after, rel_tol=_CLOSE, abs_tol=_CLOSE)
    else:
        same = before == after
    return (
        ""
        if same
        else f"{path}: the certificate has {_short(before)}, and {_short(after)} comes out"
    )


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."
