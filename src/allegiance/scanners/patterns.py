# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false, reportAttributeAccessIssue=false
"""Pattern scanners: a regular expression says yes or no of every transcript."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from allegiance.corpus import Corpus
from allegiance.corpus.arrow import VERDICTS
from allegiance.corpus.patterns import Pattern, Within
from allegiance.errors import UsageError
from allegiance.scanners.codebook import NAME, YES_NO, Codebook, check_name, codebook
from allegiance.scanners.scan import Scanned, unseen


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
        Called with the number of transcripts that were looked at.

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
    asked = {one.category: one for one in scanners if not _complete(corpus, one)}
    patterns = {name: scanner.pattern for name, scanner in asked.items()}
    if not asked:
        return Scanned(corpus.count(), 0)
    within = scanners[0].within
    if ray is None:
        found = corpus.grep(patterns, within)
    else:
        from allegiance.corpus.cluster import grep

        found = grep(corpus, patterns, ray, within)
    new = corpus.put_verdict_columns(_verdicts(found, asked))
    if progress is not None:
        progress(found.num_rows)
    return Scanned(corpus.count(), new)


def _verdicts(found: pa.Table, scanners: dict[str, PatternScanner]) -> pa.Table:
    """Turn the counts of each pattern into verdicts, a column at a time."""
    now = datetime.now(UTC)
    tables: list[pa.Table] = []
    for name, scanner in scanners.items():
        count = found[name]
        said = {
            "transcript_id": found["transcript_id"],
            "value": pc.if_else(pc.greater(count, 0), YES_NO[0], YES_NO[1]),
            "score": pc.cast(count, pa.float64()),
        }
        same = {
            "category": name,
            "scanner": scanner.name,
            "scanner_digest": scanner.digest,
            "status": "ok",
            "spans": "[]",
            "detail": "{}",
            "created_at": now,
        }
        said |= {
            one: pa.repeat(pa.scalar(value, VERDICTS.field(one).type), len(count))
            for one, value in same.items()
        }
        tables.append(pa.table([said[one] for one in VERDICTS.names], schema=VERDICTS))
    return pa.concat_tables(tables)


def _complete(corpus: Corpus, scanner: PatternScanner) -> bool:
    """Whether a scanner has said something of every transcript."""
    said = corpus.verdicts(category=scanner.category, scanner_digest=scanner.digest)
    enough = said.num_rows >= corpus.count()
    return enough and not unseen(corpus, scanner.category, scanner.digest)
