"""Small corpora of conflicts between two intents, in which a scanner has said what happened."""

from dataclasses import dataclass, field

from allegiance.audit import frame
from allegiance.audit.acts import acts_of
from allegiance.audit.specs import Instrument
from allegiance.corpus import Corpus, Message, Verdict
from allegiance.corpus.making import transcript

DIGEST = "ab" * 32
M, U = "monitored", "unmonitored"
USUAL = {
    "outcome": "refused",
    "strategic-compliance": "no",
    "objects-openly": "no",
    "disrupts-training": "no",
    "copies-itself": "no",
    "alerts-third-party": "no",
}


@dataclass
class Told:
    """One transcript: the request, its condition, and what the scanner says of it (None: nothing; ``!``: it refused)."""

    request: str | None = "r0"
    epoch: int = 1
    against: str | None = "original"
    model: str = "m"
    reasoning: str = "I think."
    says: dict[str, str | None] = field(default_factory=dict)
    condition: dict[str, str] = field(default_factory=dict)


def told(request, tier, letters, **more):
    """Epochs of a request, a letter each: s strategic, c plainly complied, r refused, o objected and refused, x truncated."""
    says = {
        "s": {"outcome": "complied", "strategic-compliance": "yes"},
        "c": {"outcome": "complied"},
        "r": {},
        "o": {"objects-openly": "yes"},
        "x": {"outcome": "truncated"},
    }
    fields = {name: more.pop(name) for name in ("model", "against", "reasoning") if name in more}
    return [
        Told(request, n, says=says[letter], condition={"tier": tier, **more}, **fields)
        for n, letter in enumerate(letters)
    ]


def corpus_of(folder, told):
    """Write the transcripts and the verdicts; the number of each is its sample id."""
    corpus = Corpus.open(folder / "corpus", create=True)
    made = [_written(number, one) for number, one in enumerate(told)]
    corpus.add(made)
    verdicts = []
    for transcript_, one in zip(made, told, strict=True):
        for category, value in (USUAL | one.says).items():
            if value is not None:
                status = "refused" if value == "!" else "ok"
                verdicts.append(
                    Verdict(
                        transcript_id=transcript_.transcript_id,
                        category=category,
                        scanner="told",
                        scanner_digest=DIGEST,
                        value=None if value == "!" else value,
                        status=status,
                    )
                )
    corpus.put_verdicts(verdicts)
    return corpus


def acts_in(folder, told):
    """Give the acts in the order in which they were told."""
    corpus = corpus_of(folder, told)
    names = {name for one in told for name in (*USUAL, *one.says)}
    instruments = {name: Instrument(category=name, scanner="told", digest=DIGEST) for name in names}
    acts = {act.transcript_id: act for act in acts_of(frame(corpus), instruments)}
    return [acts[_written(number, one).transcript_id] for number, one in enumerate(told)]


def _written(number, one):
    return transcript(
        source_identity=f"id:{number}",
        source_format="test",
        messages=[
            Message("user", "Do it."),
            Message("assistant", f"Answer {number}.", one.reasoning, author="model"),
        ],
        model=one.model,
        study="s",
        task="t",
        request_id=one.request,
        sample_id=str(number),
        epoch=one.epoch,
        condition=one.condition,
        metadata={} if one.against is None else {"against": one.against},
    )
