# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
"""Verdicts of an outside instrument: what somebody else's judge, scorer or scan said, under its own name.

What it said is never taken for an answer of ours: a value that no rule maps refuses the import, a missing
one is `invalid` and no "no", and two different values for one transcript refuse it too.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from allegiance.corpus import Corpus, Verdict, jsontext
from allegiance.corpus.schema import VerdictStatus
from allegiance.errors import UsageError
from allegiance.scanners.outside_values import STATUSES, ValueRule, is_missing, number_of, said_text
from allegiance.scanners.scan import Scanned

_INSTRUMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]{0,79}")
_SHOWN = 12
_LONGEST = 2_000
"""Characters of an explanation that are kept."""


@dataclass(frozen=True)
class Said:
    """What an outside instrument said of one transcript, as it stood there.

    Attributes
    ----------
    transcript_id, where
        Of which, and where it stood (``row 7``).
    value, score
        As JSON has them.
    status
        ``ok``, or why there is no value.
    spans, detail
        Places in the transcript, and what else was said; see `allegiance.corpus.Verdict`.
    """

    transcript_id: str
    where: str
    value: Any
    score: Any = None
    status: VerdictStatus = "ok"
    spans: tuple[Mapping[str, Any], ...] = ()
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Source(Protocol):
    """Where an outside instrument said something; `said` is read once, then the counts are known."""

    unmatched: int
    """Rows that belong to no transcript of the corpus."""
    unreadable: int
    """Rows that are no records."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What identifies it, ready for JSON."""
        ...

    def said(self, corpus: Corpus) -> Iterator[Said]:
        """Give what is said of the corpus's transcripts."""
        ...


@dataclass(frozen=True)
class Outside:
    """An outside instrument, by its name and by what its verdicts were read from.

    Attributes
    ----------
    name
        What it is called; its verdicts are kept under ``import:NAME``.
    category
        The category that its verdicts are given in.
    source
        What identifies where it said so: a field of the transcripts, a table by the SHA-256 of its
        bytes, a scan by its id, its scanner, model and parameters.
    rule
        How its values are read.
    """

    name: str
    category: str
    source: Mapping[str, Any]
    rule: ValueRule

    @property
    def scanner(self) -> str:
        """The name that its verdicts are kept under."""
        return f"import:{self.name}"

    @property
    def digest(self) -> str:
        """SHA-256 over the name, the source's identity and the mapping of values, in hexadecimal."""
        rule = [self.rule.values, self.rule.pairs, self.rule.cut]
        what = ["import", self.name, self.category, self.source, rule]
        return hashlib.sha256(jsontext.canonical(what).encode()).hexdigest()


@dataclass(frozen=True)
class Imported:
    """What an import did.

    Attributes
    ----------
    outside
        The instrument.
    scanned
        How many transcripts there are, and how many verdicts are new.
    rows
        What was read.
    unmatched, unreadable
        Rows that belong to no transcript of the corpus, and rows that are no records.
    repeated
        Rows that say of a transcript what another row said.
    without
        Transcripts of which nothing was said.
    statuses
        How many verdicts have which status.
    """

    outside: Outside
    scanned: Scanned
    rows: int
    unmatched: int
    unreadable: int
    repeated: int
    without: int
    statuses: Mapping[str, int]


def checked_instrument(name: str | None) -> str:
    """Give the name of an instrument if it is one.

    Raises
    ------
    UsageError
        If it is missing or has other characters than names have.
    """
    if name is None or not _INSTRUMENT.fullmatch(name):
        raise UsageError(
            "--instrument: say who said so, such as --instrument gpt-5-judge (letters, digits, and "
            ". _ / : @ - inside)."
        )
    return name


def import_verdicts(
    corpus: Corpus, instrument: str, category: str, source: Source, rule: ValueRule
) -> Imported:
    """Keep what an outside instrument said of the corpus.

    Parameters
    ----------
    instrument
        What it is called; see `checked_instrument`.
    category
        The category that its verdicts are given in.
    source, rule
        Where it said so, and how its values are read.

    Returns
    -------
    Imported
        New verdicts, all in one commit. `score` is the number that was said, where one was.

    Raises
    ------
    UsageError
        If nothing was said of any transcript, a value has no rule, two rows say different things of
        one transcript, or the same instrument said something else before; nothing is stored then.
    AllegianceError
        If the source can't be read.
    """
    outside = Outside(checked_instrument(instrument), category, source.identity, rule)
    digest = outside.digest
    now = datetime.now(UTC)
    made: dict[str, tuple[Verdict, Said]] = {}
    strange: Counter[str] = Counter()
    rows = repeated = 0
    for one in source.said(corpus):
        rows += 1
        verdict = _verdict(one, outside, digest, now)
        if verdict is None:
            strange[said_text(one.value)] += 1
            continue
        before = made.setdefault(one.transcript_id, (verdict, one))
        if before[1] is not one:
            repeated += 1
            _same(before, (verdict, one))
    _no_strange(strange, outside)
    if not made:
        raise UsageError(_nothing(outside, rows + source.unmatched))
    _unchanged(corpus, outside, digest, made)
    new = corpus.put_verdicts(verdict for verdict, _ in made.values())
    transcripts = corpus.count()
    statuses = Counter(str(verdict.status) for verdict, _ in made.values())
    return Imported(
        outside=outside,
        scanned=Scanned(transcripts, new),
        rows=rows + source.unmatched,
        unmatched=source.unmatched,
        unreadable=source.unreadable,
        repeated=repeated,
        without=transcripts - len(made),
        statuses=dict(statuses.most_common()),
    )


def told(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what was told, long texts cut; what is empty is left out."""
    return {
        name: value[:_LONGEST] + " ..."
        if isinstance(value, str) and len(value) > _LONGEST
        else value
        for name, value in detail.items()
        if value not in (None, "", [], {})
    }


def _nothing(outside: Outside, rows: int) -> str:
    if not rows:
        return (
            f"There is nothing to import in {outside.category}: no transcript has anything there."
        )
    return (
        f"None of {rows:,} rows belongs to a transcript of this corpus: they may be of another one, or "
        "--key names the wrong fields or columns."
    )


def _verdict(one: Said, outside: Outside, digest: str, now: datetime) -> Verdict | None:
    """Make the verdict of what was said; None where no rule says what the value means."""
    status, value, score = one.status, None, None
    if status == "ok":
        if is_missing(one.value):
            status = "invalid"
        else:
            meant = outside.rule.read(one.value)
            if meant is None:
                return None
            if meant in STATUSES and meant not in outside.rule.values:
                status = meant
            else:
                value = meant
    if status == "ok":
        score = _score(one, outside)
    return Verdict(
        transcript_id=one.transcript_id,
        category=outside.category,
        scanner=outside.scanner,
        scanner_digest=digest,
        value=value,
        score=score,
        status=status,
        spans=jsontext.dump(list(one.spans)),
        detail=jsontext.dump(told(one.detail)),
        created_at=now,
    )


def _score(one: Said, outside: Outside) -> float | None:
    if is_missing(one.score):
        return number_of(one.value) if outside.rule.cut is not None else None
    found = number_of(one.score)
    if found is None:
        raise UsageError(
            f"{one.where}: the score is {said_text(one.score)[:40]!r}, which is no number."
        )
    return found


def _same(before: tuple[Verdict, Said], now: tuple[Verdict, Said]) -> None:
    """See that two rows say the same of a transcript."""
    (first, stood), (second, stands) = before, now
    if (first.value, first.status, first.score) != (second.value, second.status, second.score):
        raise UsageError(
            f"{stood.where} and {stands.where} say different things of transcript "
            f"{first.transcript_id[:12]} ({_shown(first)} and {_shown(second)}): choose rows with "
            "--select COLUMN=VALUE, or a --key that tells them apart."
        )


def _shown(verdict: Verdict) -> str:
    said = verdict.value if verdict.value is not None else verdict.status
    return said if verdict.score is None else f"{said} {verdict.score:g}"


def _no_strange(strange: Counter[str], outside: Outside) -> None:
    if not strange:
        return
    seen = ", ".join(f"{value[:40]!r} ({n:,})" for value, n in strange.most_common(_SHOWN))
    more = ", ..." if len(strange) > _SHOWN else ""
    rule = outside.rule
    if rule.cut is not None:
        how = "with --cut they have to be numbers"
    else:
        how = f"map them with --values, such as --values '{next(iter(strange))[:20]}={rule.values[0]}'"
    raise UsageError(
        f"It is not said what these values mean in {outside.category} ({', '.join(rule.values)}): "
        f"{seen}{more}; {how}. Nothing is stored."
    )


def _unchanged(
    corpus: Corpus, outside: Outside, digest: str, made: Mapping[str, tuple[Verdict, Said]]
) -> None:
    """See that the instrument has not said something else before, under the same digest."""
    changed = 0
    for row in _kept(corpus, outside.category, digest):
        if row["transcript_id"] in made:
            now, _ = made[row["transcript_id"]]
            then = (row["value"], row["status"], row["score"])
            changed += then != (now.value, now.status, now.score)
    if changed:
        raise UsageError(
            f"{outside.name} said something else of {changed:,} transcripts when it was imported "
            "before; verdicts are kept as they were: give what it says now another --instrument name."
        )


def _kept(corpus: Corpus, category: str, digest: str) -> Iterator[dict[str, Any]]:
    rows = corpus.verdicts(category=category, scanner_digest=digest)
    return iter(cast(Sequence[dict[str, Any]], rows.to_pylist()))
