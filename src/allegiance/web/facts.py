"""What is told of a transcript besides its words: its condition, its intents, what came of it, who said what of it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from allegiance.audit.record import Labelled
from allegiance.corpus import Transcript, jsontext
from allegiance.scanners.codebook import Category, Codebook
from allegiance.study import Study
from allegiance.study.factors import FACTORS
from allegiance.study.outcomes import Outcome
from allegiance.web.highlights import Highlights

_FIRST_FACTORS = ("clause", "change", "persona")
_ENDED_WELL = frozenset({"", "stop", "end_turn", "stop_sequence", "eos", "complete", "completed"})
_MISSING = frozenset(outcome.value for outcome in Outcome if outcome.missing)


@dataclass(frozen=True)
class Fact:
    """A fact with its name and what it means; empty for nothing to add."""

    name: str
    value: str
    meaning: str = ""


@dataclass(frozen=True)
class Facts:
    """What the head of the reader tells.

    Attributes
    ----------
    tier
        Of the condition; empty where it has none.
    condition, run
        The other factors, and where the transcript is from.
    original, training, control
        The two intents, empty where no study declares them; and whether training rewards the original one here.
    trouble
        How the conversation ended, where that is not as it should.
    papers
        The scores and the metadata it came with, as JSON for people.
    """

    tier: str
    tier_meaning: str
    condition: tuple[Fact, ...]
    run: tuple[Fact, ...]
    original: str
    training: str
    control: bool
    trouble: tuple[str, ...]
    papers: tuple[Fact, ...]


@dataclass(frozen=True)
class Said:
    """A verdict as its reader sees it.

    Attributes
    ----------
    category, value, scanner, digest, status, score
        The verdict; without a value, its status says why.
    several
        Whether other scanners said something in the category, too.
    slot, marks
        The look of its highlights, and their numbers.
    lost
        Highlights whose words don't stand where the scanner found them.
    definition, caution, reason
        Of the category, what must be said with it, and what the scanner said for it.
    """

    category: str
    value: str
    scanner: str
    digest: str
    status: str
    score: float | None
    several: bool
    slot: int | None
    marks: tuple[int, ...]
    lost: int
    definition: tuple[str, ...]
    caution: str
    reason: str


@dataclass(frozen=True)
class LabelSeen:
    """A label that the reader may see."""

    category: str
    value: str
    rater: str
    at: str
    note: str
    truth: bool
    marks: tuple[int, ...]
    slot: int | None


def facts_of(transcript: Transcript, study: Study | None) -> Facts:
    """Gather what the head tells of a transcript."""
    levels = dict(transcript.condition)
    tier = levels.pop("tier", "")
    ordered = sorted(levels, key=_factor_order)
    declared = study is not None and transcript.study in (None, "", study.name, study.digest)
    run = [
        Fact("model", transcript.model or ""),
        Fact("task", transcript.task or ""),
        Fact("request", transcript.request_id or ""),
        Fact(
            "sample",
            "" if transcript.sample_id == transcript.request_id else transcript.sample_id or "",
        ),
        Fact("epoch", "" if transcript.epoch is None else str(transcript.epoch)),
    ]
    return Facts(
        tier=tier,
        tier_meaning=_meaning("tier", tier),
        condition=tuple(Fact(name, levels[name], _meaning(name, levels[name])) for name in ordered),
        run=tuple(fact for fact in run if fact.value),
        original=study.intents.original if study is not None and declared else "",
        training=study.intents.training if study is not None and declared else "",
        control=transcript.condition.get("intent") == "original",
        trouble=tuple(_trouble(transcript)),
        papers=tuple(_papers(transcript)),
    )


def outcome_of(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """Say what came of it: by the rule, else by whichever scanner told; empty where none did."""
    told = outcomes_of(verdicts)
    return told[0].value if told else ""


def outcomes_of(verdicts: Sequence[Mapping[str, Any]]) -> list[Fact]:
    """Say what came of it by each scanner that told: the rule first, then those who say otherwise."""
    rows = [row for row in verdicts if row["category"] == "outcome" and row["value"] is not None]
    rows.sort(key=lambda row: (row["scanner"] != "rules", row["scanner_digest"]))
    first = rows[:1]
    others = [row for row in rows[1:] if row["value"] != rows[0]["value"]]
    return [Fact(row["scanner"] or "a scanner", str(row["value"])) for row in first + others]


def shape_of(outcome: str) -> str:
    """Name the shape that an outcome is drawn by."""
    if outcome in _MISSING:
        return "missing"
    return outcome if outcome in ("complied", "partial", "refused") else "unknown"


def said_of(
    verdicts: Sequence[Mapping[str, Any]],
    book: Codebook,
    marked: Highlights,
    order: Sequence[str] = (),
) -> list[Said]:
    """Tell the verdicts: the outcome first, then what the study asks, then by name."""
    first = {name: at for at, name in enumerate(("outcome", *order))}
    rows = sorted(
        verdicts,
        key=lambda row: (
            first.get(row["category"], len(first)),
            row["category"],
            row["scanner"] or "",
        ),
    )
    number = Counter(row["category"] for row in rows)
    return [
        _said(row, book.by_name.get(row["category"]), marked, several=number[row["category"]] > 1)
        for row in rows
    ]


def labels_told(labels: Iterable[Labelled], marked: Highlights) -> list[LabelSeen]:
    """Tell labels that their reader may see."""
    told: list[LabelSeen] = []
    for one in labels:
        label = one.label
        marks = [m for m in marked.of(label.category, label.rater) if m.quoted and m.places]
        told.append(
            LabelSeen(
                label.category,
                label.value,
                label.rater,
                one.at[:16].replace("T", " "),
                label.note,
                label.source == "truth",
                tuple(m.number for m in marks),
                marked.slots.get(label.category),
            )
        )
    return told


def _said(
    row: Mapping[str, Any], found: Category | None, marked: Highlights, *, several: bool
) -> Said:
    by = row["scanner"] or ""
    marks = [m for m in marked.of(row["category"], by) if not m.quoted]
    status = row["status"] or "ok"
    return Said(
        category=row["category"],
        value="" if row["value"] is None else str(row["value"]),
        scanner=by,
        digest=row["scanner_digest"],
        status=status,
        score=row["score"],
        several=several,
        slot=marked.slots.get(row["category"]) if marks else None,
        marks=tuple(m.number for m in marks if m.places),
        lost=sum(not m.places for m in marks),
        definition=found.definition if found else (),
        caution=found.caution if found else "",
        reason=_reason(row),
    )


def _reason(row: Mapping[str, Any]) -> str:
    try:
        detail = msgspec.json.decode(row["detail"] or "{}", type=dict[str, Any])
    except msgspec.MsgspecError:
        return ""
    reason = detail.get("reason")
    return reason if isinstance(reason, str) else ""


def _factor_order(name: str) -> tuple[int, str]:
    if name in _FIRST_FACTORS:
        return _FIRST_FACTORS.index(name), ""
    return (len(_FIRST_FACTORS) + [*FACTORS].index(name), "") if name in FACTORS else (1_000, name)


def _meaning(name: str, level: str) -> str:
    factor = FACTORS.get(name)
    return factor.levels.get(level, "") if factor is not None else ""


def _trouble(transcript: Transcript) -> Iterable[str]:
    if (transcript.stop_reason or "").lower() not in _ENDED_WELL:
        yield f"stopped: {transcript.stop_reason}"
    if transcript.limited_by:
        yield f"ended by the limit on {transcript.limited_by}"
    if transcript.error:
        yield f"error: {transcript.error}"
    if not transcript.output.strip():
        yield (
            "the last reply has no output"
            if transcript.reasoning.strip()
            else "the model said nothing"
        )


def _papers(transcript: Transcript) -> Iterable[Fact]:
    yield Fact("id", transcript.transcript_id)
    yield Fact("source", f"{transcript.source_format} {transcript.source_uri}".strip())
    for name, text in (("scores", transcript.scores), ("metadata", transcript.metadata)):
        if text not in ("", "{}"):
            yield Fact(name, _for_people(text))


def _for_people(text: str) -> str:
    try:
        found = jsontext.value(text.encode("utf-8", "surrogatepass"))
    except jsontext.BadJSONError:
        return text
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
