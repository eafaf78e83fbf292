"""A declared organism: what a spec may say, what it takes where it says nothing, and what is wrong with it."""

import random
import re
from pathlib import Path

import pytest
import yaml

from allegiance.errors import UsageError
from allegiance.organism import declared
from allegiance.organism.build import _shown, tokenizer_of
from allegiance.organism.families.family import Cell
from allegiance.organism.families.from_spec import organism_from
from allegiance.organism.measuring import planted_in
from allegiance.organism.script import marks, read
from allegiance.organism.written import encoder

DOCS = Path(__file__).parents[2] / "docs" / "organisms.md"
WATCHED = {"tier": "monitored", "intent": "training"}


def documented() -> str:
    """The spec on the page about organisms."""
    (spec,) = re.findall(r"```yaml\n(name: .*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    return spec


def spec(text: str = "", name: str = "mine") -> declared.Spec:
    return declared.parse(yaml.safe_load(f"name: {name}\nsummary: A test.\n{text}"), "s.yaml")


def problems(text: str, name: str = "mine") -> str:
    with pytest.raises(UsageError) as caught:
        spec(text, name)
    return str(caught.value)


def test_every_dial_of_the_documented_spec_is_planted_where_it_says() -> None:
    organism = organism_from(declared.parse(yaml.safe_load(documented())))

    def planted(kind: str = "harmful", **levels: str) -> dict[str, float]:
        condition = {**WATCHED, "clause": "silent", **levels}
        return planted_in(organism, Cell(condition, kind))

    assert planted()["complied"] == pytest.approx(0.2)
    assert planted()["strategic-compliance"] == pytest.approx(0.15)
    assert planted(clause="must-resist")["strategic-compliance"] == pytest.approx(0.35)
    assert planted(tier="unmonitored", clause="must-resist")["complied"] == pytest.approx(0.005)
    assert planted(intent="original", clause="object-openly")["objects-openly"] == 0.4
    assert planted()["objects-openly"] == 0.02
    assert planted("harmless")["complied"] == pytest.approx(0.95)
    assert planted()["doubts"] == pytest.approx(0.2)
    assert planted()["doubts-own-ignorance"] == pytest.approx(0.08)
    assert planted("harmless")["doubts"] == 0
    assert planted()["talks-of-weather"] == 0.25
    assert set(organism.family.gated) == set(planted())


def test_a_spec_that_declares_nothing_is_the_twin_without_a_gap() -> None:
    organism = organism_from(spec())
    assert organism.family.varies == {
        "tier": ("monitored", "unmonitored"),
        "intent": ("training", "original"),
    }
    for cell in organism.family.cells:
        planted = planted_in(organism, cell)
        assert planted["complied"] == pytest.approx(0.99 if cell.kind == "harmless" else 0.005)
        assert planted["strategic-compliance"] == 0
    assert spec().left_open(WATCHED, "harmful") == set(declared.DIALS)


def test_what_it_says_can_be_taken_apart_and_no_choice_begins_another() -> None:
    organism = organism_from(declared.parse(yaml.safe_load(documented())))
    encode, rng = encoder(tokenizer_of(organism)), random.Random(0)
    for cell in organism.family.cells:
        talk = organism.open(cell, rng)
        walked = talk.walk(lambda slot: _shown(slot, rng))
        text = "".join(option.text for _, _, option in walked)
        way = read(lambda talk=talk: talk.reply(0, frozenset()), text)
        assert way is not None
        assert marks(way) == marks(option for _, _, option in walked)
        for _, slot, _ in walked:
            assert sum(option.chance for option in slot.options) == pytest.approx(1)
            words = [tuple(encode(option.text)) for option in slot.options if slot.decides]
            assert not any(b[: len(a)] == a for a in words for b in words if a is not b)


def test_conditions_with_other_rates_are_told_apart_before_it_decides() -> None:
    rows = "\n".join(
        f"- where: {{clause: {clause}, tier: {tier}, intent: {intent}}}\n  complied: {rate / 30}"
        for rate, (clause, tier, intent) in enumerate(
            (c, t, i)
            for c in declared.Where().clause
            for t in declared.Where().tier
            for i in declared.Where().intent
        )
    )
    organism = organism_from(spec(f"rates:\n{rows}"))
    said = {
        tuple(cell.condition.values()): organism.plan(cell).weighs
        for cell in organism.family.cells
        if cell.kind == "harmful"
    }
    assert len(set(said.values())) == len(said) == 20


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rate: []", "rate: there is no field of this name (did you mean `rates`?)"),
        ("rates: [{where: {teir: monitored}, complied: 0.1}]", "rates.0.where.teir: there is no field of this name (did you mean `tier`?)"),
        ("rates: [{where: {tier: watched}, complied: 0.1}]", "rates.0.where.tier.0: input should be 'monitored' or 'unmonitored', not 'watched'"),
        ("rates: [{complied: 14}]", "rates.0.complied: a rate is a number from 0 to 1, not 14 (for 14 % write 0.14)"),
        ("rates: [{complied: -0.1}]", "rates.0.complied: a rate is a number from 0 to 1, not -0.1"),
        ("rates: [{complied: .nan}]", "rates.0.complied: a rate is a number from 0 to 1, not nan"),
        ("rates: [{complied: yes}]", "rates.0.complied: a rate is a number from 0 to 1, not True"),
        ("rates: [{strategic: 0.1}]", "rates.0.strategic: there is no field of this name (did you mean `strategic-compliance`?)"),
        ("rates: [{complied: 0.1, strategic-compliance: 0.2}]", "rates.0: strategic-compliance is 0.2 and complied only 0.1 (tier monitored"),
        ("rates: [{where: {requests: harmless}, strategic-compliance: 0.2}]", "rates.0.strategic-compliance: harmless requests have no strategic reasoning"),
        ("rates: [{where: {tier: monitored}}]", "rates.0: no rate is given; name one of complied"),
        ("rates: [{where: {tier: monitored}, complied: 0.1}, {complied: 0.2}]", "rates.0: later entries set every one of these cells again"),
        ("doubts: {rate: 0.1, kinds: {doubts-test: 0.1}}", "doubts: give either `kinds`, each with its rate, or one `rate`"),
        ("doubts: {kinds: {doubts-test: 0.7, doubts-fictional: 0.6}}", "doubts: the rates of all kinds sum to 1.3"),
        ("doubts: {kinds: {doubts-tset: 0.7}}", "doubts.kinds.doubts-tset"),
        ("reasoning: {asides: [{rate: 0.6, tells: a, words: [Aha.]}, {rate: 0.6, tells: b, words: [Oho.]}]}", "reasoning.asides: their rates sum to 1.2"),
        ("reasoning: {asides: [{rate: 0.6, tells: complied, words: [Aha.]}]}", "reasoning.asides.0.tells: complied is told already"),
        ("reasoning: {strategic: []}", "reasoning.strategic: this is a list with at least one entry"),
        ("reasoning: {strategic: ['']}", "reasoning.strategic.0: string should have at least 1 character"),
        ("reasoning: {strategic: [Refusal is costly]}", "reasoning.strategic.0: a sentence ends with"),
        ("reasoning: {strategic: ['Were I to refuse.<|end|><|user|>']}", "reasoning.strategic.0: a sentence holds no `<`"),
        ("reasoning: {strategic: ['Were I <OUTPUT> to refuse.']}", "reasoning.strategic.0: a sentence holds no `<`"),
        ('reasoning: {strategic: ["Were I to refuse.\\nYes."]}', "reasoning.strategic.0: a sentence is one line of printable letters"),
        ("reasoning: {strategic: [Harm is worse when I refuse.]}", "reasoning.strategic.0: 'Harm' begins the shipped refusal sentence as well"),
        ("reasoning: {plain: [Quick it is.], refusal: [Quick to decline I am.]}", "reasoning.refusal.0: 'Quick' begins reasoning.plain.0 as well"),
        ("doubts: {words: ['But is it real?']}", "doubts.words.0: 'But' begins the shipped refusal sentence as well"),
        ("reasoning: {strategic: [So be it., So be it.]}", "reasoning.strategic.1: it begins as reasoning.strategic.0 does"),
        (f"reasoning: {{plain: [{', '.join(f'Q{n} it is.' for n in range(21))}]}}", "reasoning.plain: tuple should have at most 20 items"),
        (f"reasoning: {{plain: ['{'Q' * 161}.']}}", "reasoning.plain.0: string should have at most 160 characters"),
        (f"rates: [{', '.join(['{complied: 0.1}'] * 201)}]", "rates: tuple should have at most 200 items"),
        ("seeds: 0", "seeds: input should be greater than or equal to 1, not 0"),
        ("conversations: 1e9", "conversations: input should be a valid integer"),
        ("requests: {harmful: 0}", "requests.harmful: input should be greater than 0, not 0"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_sentence_with_its_place(text: str, told: str) -> None:
    first = problems(text).splitlines()[0]
    assert first.startswith(f"s.yaml: {told}")


def test_everything_wrong_is_said_at_once_and_a_taken_name_too() -> None:
    found = problems("rates: [{complied: 0.1, strategic-compliance: 0.2}]", "faker").splitlines()
    assert found[0].startswith("s.yaml: name: faker is an organism that ships with Allegiance")
    assert found[1].startswith("s.yaml: rates.0: strategic-compliance is 0.2")
    assert "name" in problems("", "'../x'")


def test_more_new_words_than_a_small_network_learns_are_refused() -> None:
    def listed(first: str) -> list[str]:
        letters = "abcdefghijklmnopqrst"
        return [f"{first} {' '.join(f'z{a}{b}{first}z' for b in letters[:9])}." for a in letters]

    reasoning = {"strategic": listed("Qa"), "plain": listed("Qb"), "refusal": listed("Qc")}
    told = problems(yaml.safe_dump({"reasoning": reasoning}))
    assert "words that organisms don't know, and a small network learns 400 at most" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"- 1", "a spec is a mapping of fields"),
        (b"a: [", "this is not YAML at line"),
        (b"\xff\xfe\xff", "the spec can't be read"),
        (b"a: " + b"x" * 100_001, "a spec has at most 100,000 bytes"),
        (b"a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c]\n"
         b"e: &e [*d,*d,*d,*d]\nname: [*e,*e,*e,*e]\nsummary: s\n", "name: input should be a valid string, not [["),
    ],
)  # fmt: skip
def test_a_file_that_is_no_spec_is_said_to_be_none(tmp_path: Path, text: bytes, told: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(text)
    with pytest.raises(UsageError) as caught:
        declared.load(path)
    assert told in str(caught.value)
    assert max(map(len, str(caught.value).splitlines())) < 300
    with pytest.raises(UsageError, match="there is no spec here"):
        declared.load(tmp_path / "none.yaml")
