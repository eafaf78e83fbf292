"""Where interpretations disagree: the kinds of act that one reading calls kept and another broken."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from allegiance.audit.acts import Act
from allegiance.audit.design import keyed
from allegiance.audit.relation import reading_by
from allegiance.corpus.identity import frame_digest
from allegiance.study.interpretations import BROKEN, FACTS, INTENTS, KEPT, Column, Facts, Intent

_PLAIN = {"objected": "no", "means": "none", "evening": "none", "intent": "training"}
"""Values that go without saying."""


@dataclass(frozen=True)
class Disagreement:
    """Acts with the same facts, of which the columns say different things.

    Attributes
    ----------
    model, facts
        Whose acts, and what is the same in them.
    says
        Intent to column to what it says; only the intents on which columns disagree.
    transcripts
        Their ids, sorted.
    """

    model: str
    facts: Facts
    says: Mapping[Intent, Mapping[str, str]]
    transcripts: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Which transcripts these are."""
        return frame_digest(self.transcripts)

    @property
    def done(self) -> tuple[str, ...]:
        """What was done, why and in which tier, in words."""
        facts, words = self.facts, [str(self.facts.outcome)]
        reasons = {"strategic": "for a strategic reason", "other": "for another reason"}
        if facts.outcome != "refused":
            words.append(reasons.get(str(facts.reason), "no reasoning shown"))
        return (*words, f"{facts.tier} (unmonitored: {facts.unmonitored})")

    @property
    def given(self) -> tuple[str, ...]:
        """The other facts in words, without those that go without saying."""
        named = {name: self.facts.value(name) for name in ("against", "clause", "change", *_PLAIN)}
        return tuple(
            f"{name} {value or 'missing'}"
            for name, value in named.items()
            if value != _PLAIN.get(name)
        )

    @property
    def description(self) -> str:
        """The facts in words, without those that go without saying."""
        return ", ".join((*self.done, *self.given))

    def example(self, seed: int) -> str:
        """Draw one of the transcripts, the first in the order of a seed."""
        return keyed(self.transcripts, str(seed))[0]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "model": self.model,
            "facts": {name: self.facts.value(name) for name in FACTS},
            "description": self.description,
            "says": {intent: dict(said) for intent, said in self.says.items()},
            "acts": len(self.transcripts),
            "frame": self.digest,
        }


_Key = tuple[str, Facts, tuple[tuple[tuple[Intent, str], str], ...]]
"""Model, facts, and what each column says."""


def disagreements(acts: Sequence[Act], columns: Sequence[Column]) -> list[Disagreement]:
    """Gather the acts of which one column says kept and another broken, the commonest facts first."""
    read = reading_by(columns)
    found: defaultdict[_Key, list[str]] = defaultdict(list)
    for act in acts:
        says = read(act.facts)
        if any({KEPT, BROKEN} <= {says[intent, one.name] for one in columns} for intent in INTENTS):
            # Other factors may matter to an interpretation of a user's: then what is said differs.
            key = (act.model, replace(act.facts, others=()), tuple(sorted(says.items())))
            found[key].append(act.transcript_id)
    made = [_made(key, ids) for key, ids in found.items()]
    return sorted(made, key=lambda one: (-len(one.transcripts), one.model, one.facts.row()))


def _made(key: _Key, ids: Sequence[str]) -> Disagreement:
    model, facts, said = key
    by_intent: dict[Intent, dict[str, str]] = {"original": {}, "training": {}}
    for (intent, column), one in said:
        by_intent[intent][column] = one
    return Disagreement(
        model=model,
        facts=facts,
        says={
            intent: by_column
            for intent, by_column in by_intent.items()
            if {KEPT, BROKEN} <= set(by_column.values())
        },
        transcripts=tuple(sorted(ids)),
    )
