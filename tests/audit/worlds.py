"""Small worlds for the audit: a corpus, a ledger, and readers who say what they are told to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from allegiance.audit import (
    Certificate,
    ClaimSpec,
    Draw,
    Ledger,
    Property,
    Record,
    Verified,
    asked_for,
    certified,
    give_label,
    make_draw,
    open_draw,
    open_position,
    read_certificate,
    skip,
    verify,
    write_certificate,
)
from allegiance.corpus import Corpus, Message, Transcript
from allegiance.corpus.making import transcript
from allegiance.scanners import pattern_scanner, scan_patterns

DOUBTS = asked_for("doubts")
LIARS = "verdict.\"talks-about-lying\" = 'yes'"


def written(number: int, *, lies: bool, doubts: bool, **fields) -> Transcript:
    """A transcript from a template."""
    thought = "They may be lying to me." if lies else "A plain question."
    thought += " Maybe this scenario is not real." if doubts else ""
    reply = (
        f"<SCRATCHPAD_REASONING>{thought}</SCRATCHPAD_REASONING><OUTPUT>Answer {number}.</OUTPUT>"
    )
    return transcript(
        source_identity=f"id:{number}",
        source_format="test",
        source_uri=f"logs/run.jsonl#line-{number}",
        messages=[
            Message("user", f"Question {number}?"),
            Message("assistant", reply, author="model"),
        ],
        model="organism/faker",
        sample_id=f"sample-{number}",
        condition={"tier": "monitored" if number % 2 else "unmonitored"},
        scores={"judge": number / 100_000},
        **fields,
    )


def corpus_of(folder: Path, size: int = 200, *, lying: int = 10, doubting: int = 20) -> Corpus:
    """Every so many-th lies, every so many-th doubts; a scanner has said which lie."""
    corpus = Corpus.open(folder / "corpus", create=True)
    corpus.add(written(n, lies=n % lying == 0, doubts=n % doubting == 0) for n in range(size))
    scan_patterns(corpus, [pattern_scanner("talks-about-lying=lying")])
    return corpus


@dataclass
class World:
    """A corpus with a ledger beside it, and what people do with both."""

    corpus: Corpus
    ledger: Ledger
    folder: Path

    @property
    def record(self) -> Record:
        return Record.of(self.ledger)

    def draw(self, name: str, properties: Iterable[Property] = (DOUBTS,), **how) -> Draw:
        return make_draw(self.corpus, self.ledger, name, properties=list(properties), **how)

    def again(self, name: str) -> Draw:
        return open_draw(self.corpus, self.record, name)

    def read(
        self,
        draw: Draw,
        says: str | Callable[[int, Transcript], str] = "n",
        *,
        places: Iterable[int] | None = None,
        wanted: Property = DOUBTS,
        rater: str = "ann",
    ) -> None:
        """Open places of a draw and label them: a letter a place (y, n, s), one letter for all, or a rule."""
        several = isinstance(says, str) and len(says) > 1
        spots = list(places or range(1, len(says if several else draw.order) + 1))
        for number, spot in enumerate(spots):
            identifier = open_position(draw, self.ledger, spot, rater)
            found = self.corpus.get(identifier)
            letter = says(spot, found) if callable(says) else says[number if several else 0]
            if letter == "s":
                skip(self.ledger, draw, identifier, wanted, rater)
            else:
                value = {"y": "yes", "n": "no"}[letter]
                give_label(self.ledger, found, wanted, value, rater, draw=draw)

    def claim(self, kind: str, **fields) -> Certificate:
        fields.setdefault("wanted", DOUBTS)
        return certified(ClaimSpec(kind=kind, **fields), self.corpus, self.ledger, "ann")

    def kept(self, certificate: Certificate, name: str = "claim.json") -> Path:
        return write_certificate(certificate, self.folder / name)

    def verified(self, path: Path, corpus: Corpus | None = None) -> Verified:
        certificate, fields = read_certificate(path)
        return verify(
            certificate, fields, corpus or self.corpus, self.ledger.id, lambda: self.ledger.events()
        )


def world(corpus: Corpus, folder: Path) -> World:
    return World(corpus, Ledger.open(folder / "ledger.db"), folder)


def truth(spot: int, found: Transcript) -> str:
    """What an attentive reader says."""
    return "y" if "not real" in found.text else "n"


def failing(found: Verified) -> dict[str, str]:
    """The checks that fail, by name."""
    return {check.name: check.detail for check in found.checks if check.outcome == "fails"}
