# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Two instruments on the same transcripts: on how many they differ. Both verdicts are kept; neither is called right."""

from collections.abc import Iterator
from dataclasses import dataclass

from allegiance.corpus import Corpus


@dataclass(frozen=True)
class Beside:
    """A rule and a judge, on the transcripts to which both gave a value.

    Attributes
    ----------
    category
        What they were asked.
    rule, judge
        Names of the scanners; `digest` is the judge's.
    compared, differ
        Transcripts with a value of both, and those of them where the values differ.
    """

    category: str
    rule: str
    judge: str
    digest: str
    compared: int
    differ: int

    @property
    def sentence(self) -> str:
        """Say it, and how the matter is settled."""
        said = (
            f"{self.judge} and the rule differ on {self.category} in {self.differ:,} of {self.compared:,} transcripts "
            "with a value of both"
        )
        if not self.differ:
            return f"{said}."
        return (
            f"{said}; which is right, labels tell: allegiance calibrate {self.category} "
            f"--scanner {self.category}={self.judge} --scanner {self.category}={self.rule}"
        )


def judges_beside(corpus: Corpus, category: str, rule: str, rule_digest: str) -> Iterator[Beside]:
    """Set every judge of a category beside its rule.

    Parameters
    ----------
    rule, rule_digest
        Name and digest of the rule.
    """
    keys = ["scanner", "scanner_digest"]
    said = corpus.verdicts(category=category).select(keys).group_by(keys).aggregate([])
    scanners = {(str(row["scanner"] or ""), str(row["scanner_digest"])) for row in said.to_pylist()}
    judges = sorted(one for one in scanners if one[0].startswith("judge:"))
    if not judges:
        return
    ours = _values(corpus, category, rule_digest)
    for name, digest in judges:
        theirs = _values(corpus, category, digest)
        both = ours.keys() & theirs.keys()
        differ = sum(ours[key] != theirs[key] for key in both)
        yield Beside(category, rule, name, digest, len(both), differ)


def _values(corpus: Corpus, category: str, digest: str) -> dict[str, str]:
    rows = corpus.verdicts(category=category, scanner_digest=digest).to_pylist()
    return {
        row["transcript_id"]: row["value"]
        for row in rows
        if row["status"] == "ok" and row["value"] is not None
    }
