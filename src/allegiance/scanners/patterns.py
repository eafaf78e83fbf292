# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Pattern scanners: a regular expression says yes or no of every transcript."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from allegiance.corpus import Corpus, Verdict
from allegiance.corpus.patterns import Pattern, Within
from allegiance.errors import UsageError
from allegiance.scanners.codebook import NAME, YES_NO, Codebook, check_name, codebook
from allegiance.scanners.scan import Scanned, unseen

_VALUES = ("no", "yes")
_ROWS = 8192


@dataclass(frozen=True)
class PatternScanner:
    """A regular expression that assigns a category: `yes` where it matches, else `no`.

    Attributes
    ----------
    category
        The name of the category; one of the codebook's whose values are yes and no, or another.
    pattern
        The regular expression (RE2).
    within
        ``all``, ``reasoning`` or ``output``: the part of the transcript it is looked for in.
    """

    category: str
    pattern: str
    within: Within = "all"
    name: str = "pattern"

    @property
    def digest(self) -> str:
        """SHA-256 over the engine, the expression and where it is looked for, in hexadecimal."""
        return hashlib.sha256("\0".join(["re2", self.pattern, self.within]).encode()).hexdigest()


def pattern_scanner(
    rule: str, within: Within = "all", book: Codebook | None = None
) -> PatternScanner:
    """Make a scanner from ``NAME=REGEX``; `book` is the codebook, the shipped one by default.

    Raises
    ------
    UsageError
        If it is not of that form, no regular expression, or the codebook's category of that name
        has other values.
    """
    name, equals, pattern = rule.partition("=")
    if not equals or not pattern or not NAME.fullmatch(name):
        raise UsageError(
            f"--pattern {rule}: write NAME=REGEX, the name in lower-case letters, digits and "
            "hyphens, for example --pattern 'free-tier=(?i)free.tier'."
        )
    check_name(name)
    known = (codebook() if book is None else book).by_name.get(name)
    if known is not None and set(known.values) != set(YES_NO):
        raise UsageError(
            f"--pattern {rule}: the category {name} is not one of yes and no; choose another name."
        )
    Pattern(pattern, within=within)  # which says what is wrong with it
    return PatternScanner(name, pattern, within)


def scan_patterns(
    corpus: Corpus,
    scanners: Sequence[PatternScanner],
    ray: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Scanned:
    """Give every transcript a verdict by every pattern, once.

    Parameters
    ----------
    corpus
        Where transcripts are read and verdicts are kept.
    scanners
        All with the same `within`; one whose digest has verdicts on all transcripts is not asked.
    ray
        Address of a Ray cluster that looks instead of this machine; see
        `allegiance.corpus.cluster.connected`.
    progress
        Called with the number of transcripts looked at so far.

    Returns
    -------
    Scanned
        New verdicts, all in one commit. `score` is the number of matches; where they are, a search
        for the same expression shows.

    Raises
    ------
    UsageError
        If two have the same name.
    AllegianceError
        If the cluster can't be used.
    """
    names = [scanner.category for scanner in scanners]
    if len(set(names)) < len(names) or len({scanner.within for scanner in scanners}) > 1:
        raise UsageError("--pattern: give every pattern a name of its own, and all the same --in.")
    asked = {
        scanner.category: scanner
        for scanner in scanners
        if unseen(corpus, scanner.category, scanner.digest)
    }
    patterns = {name: scanner.pattern for name, scanner in asked.items()}
    if not asked:
        return Scanned(corpus.count(), 0)
    within = scanners[0].within
    if ray is None:
        found = corpus.grep(patterns, within)
    else:
        from allegiance.corpus.cluster import grep

        found = grep(corpus, patterns, ray, within)
    new = corpus.put_verdicts(_verdicts(found, asked, progress))
    return Scanned(corpus.count(), new)


def _verdicts(
    found: Any,
    scanners: dict[str, PatternScanner],
    progress: Callable[[int], None] | None,
) -> Iterator[Verdict]:
    now = datetime.now(UTC)
    looked_at = 0
    for batch in found.to_batches(max_chunksize=_ROWS):
        ids = batch.column("transcript_id").to_pylist()
        for name, scanner in scanners.items():
            digest = scanner.digest
            for transcript_id, count in zip(ids, batch.column(name).to_pylist(), strict=True):
                yield Verdict(
                    transcript_id=transcript_id,
                    category=name,
                    scanner=scanner.name,
                    scanner_digest=digest,
                    value=_VALUES[count > 0],
                    score=float(count),
                    created_at=now,
                )
        looked_at += batch.num_rows
        if progress is not None:
            progress(looked_at)
