# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Attesting: reading that the program did not see, entered afterwards as the reader reports it.

A report is one sitting or several, each with a frame, an order, a stopping rule and the transcripts
read. It counts as the reader says, and every sentence built on it says whose word it is.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args
from urllib.parse import unquote

import msgspec
import yaml

from allegiance.audit.design import order_digest, read_stop
from allegiance.audit.draw_rules import RESERVED
from allegiance.audit.frames import Frame, frame
from allegiance.audit.labels import quoted_in
from allegiance.audit.ledger import Ledger, Page
from allegiance.audit.opening import whole_id
from allegiance.audit.properties import asked_for
from allegiance.audit.record import DrawRecord, Record
from allegiance.audit.specs import DrawSpec, LabelSpec, Order, Property, Quote, Testimony
from allegiance.corpus import Corpus
from allegiance.errors import UsageError
from allegiance.scanners.codebook import Codebook

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TOKEN = re.compile(r"[A-Za-z0-9._-]{3,}")
_ID = re.compile(r"[0-9a-f]{12,64}")
_WORDS = 80
"""Words of a pasted text that are looked for; more make no difference."""
_LARGEST = 10_000_000


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One transcript of a report: by its id, by pasted words, or by an address of a browser history."""

    id: str = ""
    text: str = ""
    address: str = ""
    label: str | bool | None = None
    quote: str = ""


class Sitting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reader reports of one sitting.

    Attributes
    ----------
    name
        By which it is cited.
    reads
        The transcripts in the order in which they were read.
    where, scanners
        The frame that they are from.
    order
        ``random``, ``chosen`` or ``unknown``.
    category, define
        What was looked for, as `allegiance.audit.properties.asked_for` takes it.
    declared
        Whether that was settled before the first was opened.
    stop
        ``until 1 hit``, ``fixed 20``, ``open`` or ``undeclared``.
    """

    name: str
    reads: tuple[str | Told, ...]
    where: str = ""
    scanners: tuple[str, ...] = ()
    order: Order = "unknown"
    category: str = ""
    define: str | None = None
    declared: bool = False
    stop: str = "undeclared"


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reader's report: who reports, and the sittings in their order."""

    reader: str
    sittings: tuple[Sitting, ...]


def read_report(path: str | Path) -> Report:
    """Read a report from YAML: `reader` and `sittings`, or one sitting with `reader` beside its fields.

    Raises
    ------
    UsageError
        If there is no such file, or a field is wrong; the sentence names it.
    """
    data = read_yaml(path)
    if "sittings" not in data:
        data = {
            "reader": data.get("reader", ""),
            "sittings": [{k: v for k, v in data.items() if k != "reader"}],
        }
    return converted(data, Report, path)


def read_yaml(path: str | Path) -> dict[str, Any]:
    """Read a YAML file that holds named fields.

    Raises
    ------
    UsageError
        If there is no such file, or it holds anything else.
    """
    place = Path(path)
    try:
        if place.stat().st_size > _LARGEST:
            raise UsageError(f"{place} is larger than 10 MB; this takes a page or two.")
        text = place.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{place} can't be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{place} is not YAML; see the documentation for an example.") from error
    return yaml_fields(text, place)


def yaml_fields(text: str, place: str | Path) -> dict[str, Any]:
    """Read YAML that holds named fields.

    Parameters
    ----------
    place
        Where it is from, for errors.

    Raises
    ------
    UsageError
        If it holds anything else.
    """
    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = "" if line is None else f", line {line + 1}"
        raise UsageError(
            f"{place}{where} is not YAML; see the documentation for an example."
        ) from error
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise UsageError(f"{place} holds no named fields; see the documentation for an example.")
    return data


def converted(data: Any, kind: type[T], path: str | Path) -> T:
    """Turn what YAML held into a record.

    Raises
    ------
    UsageError
        If a field is missing, unknown or of another kind; the sentence names it.
    """
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {error}.") from error


def sitting_from_lines(lines: Iterable[str], **fields: Any) -> Sitting:
    """Make a sitting of a list: one transcript a line, by its id or by an address that names it."""
    told = tuple(
        Told(address=line.strip()) for line in lines if line.strip() and not line.startswith("#")
    )
    return Sitting(reads=told, **fields)


def attest(
    corpus: Corpus, ledger: Ledger, sitting: Sitting, reader: str, actor: str = ""
) -> DrawRecord:
    """Enter a sitting, with its labels, as a reader reports it: all of it or nothing.

    Raises
    ------
    UsageError
        If a field is wrong, or a transcript can't be told or is not in the frame.
    """
    (entered,) = attest_all(corpus, ledger, Report(reader, (sitting,)), actor)
    return entered


def attest_all(
    corpus: Corpus, ledger: Ledger, report: Report, actor: str = "", book: Codebook | None = None
) -> list[DrawRecord]:
    """Enter every sitting of a report, in their order: all of them or nothing.

    `book` is the codebook that defines its categories, the shipped one by default.

    Raises
    ------
    UsageError
        As for `attest`.
    """
    if not report.sittings:
        raise UsageError("The report has no sittings; list them under `sittings`.")
    record = Record.of(ledger)
    made = [reported(corpus, record, sitting, report.reader, book) for sitting in report.sittings]
    with ledger.writing() as page:
        return [_entered(page, spec, labels, report.reader, actor) for spec, labels in made]


def _entered(
    page: Page, spec: DrawSpec, labels: Sequence[LabelSpec], reader: str, actor: str
) -> DrawRecord:
    if page.last(("draw", "attest"), spec.name) is not None:
        raise UsageError(f"There is a draw {spec.name} already; give this sitting another name.")
    event = page.append("attest", spec.name, spec.to_dict(), actor or reader)
    for label in labels:
        subject = f"{label.transcript_id} {label.category} {label.rater}"
        last = page.last(("label", "relabel"), subject)
        if last is None:
            page.append("label", subject, label.to_dict(), reader)
        elif last.body.get("value") != label.value:
            body = {**label.to_dict(), "revises": last.seq}
            page.append("relabel", subject, body, reader)
    return DrawRecord(event.seq, event.at, spec, first_opened=event.seq)


def reported(
    corpus: Corpus, record: Record, sitting: Sitting, reader: str, book: Codebook | None = None
) -> tuple[DrawSpec, list[LabelSpec]]:
    """Make of a sitting what the ledger holds of it; nothing is written.

    Raises
    ------
    UsageError
        As for `attest`.
    """
    name = sitting.name
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise UsageError(f"{name!r} can't name a sitting; use letters, digits, `.`, `_` and `-`.")
    if not reader.strip() or len(reader) > 100 or not reader.isprintable():
        raise UsageError("A report needs its reader: `reader: NAME`, up to 100 characters.")
    if sitting.order not in get_args(Order):
        raise UsageError(f"order {sitting.order!r}: there are {', '.join(get_args(Order))}.")
    if not sitting.reads:
        raise UsageError(f"The sitting {name} has no reads; list what was read, in its order.")
    wanted = asked_for(sitting.category, sitting.define, book) if sitting.category else None
    population = frame(
        corpus,
        sitting.where or None,
        scanners=sitting.scanners,
        labels=record.agreed,
        ledger=(record.head.seq, record.head.digest),
    )
    ids, entries, strange = _told(corpus, population, sitting)
    testimony = Testimony(
        reader=reader,
        order=sitting.order,
        reads=tuple(ids),
        declared=sitting.declared and wanted is not None,
        told=tuple(strange),
    )
    spec = DrawSpec(
        name=name,
        frame=population.spec,
        design="random",
        stop=read_stop(sitting.stop),
        properties=() if wanted is None else (wanted,),
        n=len(ids),
        order_digest=order_digest(ids),
        testimony=testimony,
    )
    return spec, _labels(corpus, spec, wanted, reader, list(zip(ids, entries, strict=True)))


def _told(
    corpus: Corpus, population: Frame, sitting: Sitting
) -> tuple[list[str], list[Told], list[str]]:
    """Find the transcripts of a sitting: ids, entries, and the lines that none answers to."""
    inside = frozenset(population.ids)
    addresses = (
        _Addresses(corpus)
        if any(isinstance(one, Told) and one.address for one in sitting.reads)
        else None
    )
    ids: list[str] = []
    entries: list[Told] = []
    strange: list[str] = []
    for number, one in enumerate(sitting.reads, 1):
        entry = Told(id=one) if isinstance(one, str) else one
        where = f"Read {number} of {sitting.name}"
        identifier = _found(corpus, entry, where, addresses)
        if identifier is None:
            strange.append(entry.address[:200])
            continue
        if identifier not in inside:
            raise UsageError(
                f"{where} ({identifier[:12]}) is not in the frame ({population.spec.name}); mend "
                "`where`, or leave it out."
            )
        if identifier not in ids:  # opening the same page twice is reading it once
            ids.append(identifier)
            entries.append(entry)
    if not ids:
        raise UsageError(f"No line of {sitting.name} names a transcript of this corpus.")
    return ids, entries, strange


def _found(corpus: Corpus, entry: Told, where: str, addresses: "_Addresses | None") -> str | None:
    given = [bool(entry.id), bool(entry.text), bool(entry.address)]
    if sum(given) != 1:
        raise UsageError(
            f"{where}: name the transcript by id, by text or by address, and by one of them."
        )
    if entry.id:
        return whole_id(corpus, entry.id)
    if entry.address:
        assert addresses is not None
        return addresses.find(entry.address)
    return pasted(corpus, entry.text, where)


def pasted(corpus: Corpus, text: str, where: str) -> str:
    """Find the one transcript in which a pasted text stands; white space may differ.

    Raises
    ------
    UsageError
        If it stands in none, or in several.
    """
    words = text.split()[:_WORDS]
    if not words:
        raise UsageError(f"{where}: the pasted text is empty.")
    found = corpus.regex(r"\s+".join(re.escape(word) for word in words)).limit(3).ids()
    if not found:
        raise UsageError(f"{where}: no transcript holds the pasted text {_short(text)!r}.")
    if len(found) > 1:
        raise UsageError(
            f"{where}: several transcripts hold the pasted text {_short(text)!r}; paste more, or give the id."
        )
    return found[0]


class _Addresses:
    """Finds the transcript that an address names: by its id, its sample id, or the end of its source."""

    def __init__(self, corpus: Corpus) -> None:
        table = corpus.table(["transcript_id", "sample_id", "source_uri"])
        self._ids = sorted(table["transcript_id"].to_pylist())
        self._named: dict[str, set[str]] = {}
        for row in table.to_pylist():
            ends = re.split(r"[/\\#]", row["source_uri"] or "")
            for name in {row["sample_id"], *ends[-2:]} - {None, ""}:
                self._named.setdefault(name, set()).add(row["transcript_id"])

    def find(self, address: str) -> str | None:
        """Give the transcript, or None where the address names none, or several."""
        found: set[str] | None = None
        for token in _TOKEN.findall(unquote(address)):
            named = set(self._named.get(token, ()))
            if _ID.fullmatch(token.lower()):
                named.update(i for i in self._ids if i.startswith(token.lower()))
            if named:  # a file names many, and the sample beside it one of them
                found = named if found is None else found & named
        return next(iter(found)) if found and len(found) == 1 else None


def _labels(
    corpus: Corpus,
    spec: DrawSpec,
    wanted: Property | None,
    reader: str,
    reads: Sequence[tuple[str, Told]],
) -> list[LabelSpec]:
    labels: list[LabelSpec] = []
    for position, (identifier, entry) in enumerate(reads, 1):
        if entry.label is None:
            continue
        if wanted is None:
            raise UsageError(f"{spec.name}: labels need a category; say what was looked for.")
        # YAML takes a bare yes for true.
        value = {True: "yes", False: "no"}.get(entry.label, entry.label)  # pyright: ignore
        if value not in wanted.values:
            raise UsageError(
                f"Read {position} of {spec.name}: {wanted.category} has no value {value!r}; it has "
                f"{', '.join(wanted.values)}."
            )
        quotes = (Quote(text=entry.quote, part=wanted.unit),) if entry.quote else ()
        for quote in quotes:
            if not quoted_in(quote, corpus.get(identifier)):
                raise UsageError(
                    f"Read {position} of {spec.name}: the quote {_short(quote.text)!r} is not in the "
                    f"{quote.part} of {identifier[:12]}."
                )
        labels.append(
            LabelSpec(
                rater=reader,
                category=wanted.category,
                value=str(value),
                transcript_id=identifier,
                definition=wanted.digest,
                draw=spec.name,
                position=position,
                quotes=quotes,
            )
        )
    return labels


def _short(text: str) -> str:
    one = " ".join(text.split())
    return one if len(one) <= 60 else one[:57] + "..."
