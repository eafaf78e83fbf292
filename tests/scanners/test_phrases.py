"""Phrase rules: how phrases are read, what windows let through, and that a column gives what a text gives."""

import re

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allegiance.corpus import Corpus
from allegiance.corpus.making import transcript
from allegiance.corpus.patterns import Pattern
from allegiance.corpus.schema import Message
from allegiance.errors import UsageError
from allegiance.scanners import PhraseScanner, rule_categories, rule_scanner, scan
from allegiance.scanners.codebook import Category
from allegiance.scanners.outcome import Subject
from allegiance.scanners.sought import Near, Rule, expression


def scanner(*rules, **fields) -> PhraseScanner:
    fields = {"unit": "reasoning", **fields}
    return PhraseScanner(Category(name="said", definition=("One.", "Two."), rule=rules, **fields))


def says(rule, text) -> bool:
    return scanner(rule).find(Subject(reasoning=text)).value == "yes"


@pytest.mark.parametrize(
    ("phrase", "there", "absent"),
    [
        ("they lie", ["They  lie.", "they\nlie", "(they lie)"], ["they lied", "hey they", "theylie"]),
        ("li(e|es|ed)", ["it lied", "LIES"], ["belied", "lieds"]),
        ("deceiv*", ["deceives", "deceive!", "Deceiving"], ["undeceived", "deceit"]),
        ("(very )?sad", ["very sad", "sad"], ["sadly"]),
        ("know <2> trained", ["know trained", "know how trained", "know how I trained"], ["know how I was trained"]),
        ("don't know", ["I don’t know", "don't know"], ["dont know"]),
        ("a.b (c|d)?", ["a.b c"], ["axb c"]),
        ("über alles", ["Über alles", "das über alles"], ["darüber alles"]),
        ("re:v[0-9]+", ["v12"], ["v", "xv1"]),
        ("$5", ["for $5 only"], ["for $55"]),
        ("ça", ["ça va"], ["français"]),
    ],
)  # fmt: skip
def test_a_phrase_is_words_with_borders(phrase, there, absent):
    rule = Rule(find=(phrase,))
    assert [text for text in there if not says(rule, text)] == []
    assert [text for text in absent if says(rule, text)] == []


@pytest.mark.parametrize("phrase", ["", "  ", "re:", "re: "])
def test_an_empty_phrase_is_refused(phrase):
    with pytest.raises(UsageError, match="empty"):
        expression((phrase,))


def test_a_window_counts_the_words_between_and_knows_its_side():
    near = Near(find=("developers",), words=2, side="before")
    rule = Rule(find=("lie",), near=(near,))
    assert says(rule, "developers may well lie")
    assert not says(rule, "developers may very well lie")
    assert not says(rule, "a lie of developers")
    assert says(
        Rule(find=("lie",), near=(Near(find=("developers",), words=2),)), "a lie of developers"
    )


def test_a_window_ends_with_the_sentence_unless_told_otherwise():
    text = "Developers came. They lie."
    assert not says(Rule(find=("lie",), near=(Near(find=("developers",)),)), text)
    assert says(Rule(find=("lie",), near=(Near(find=("developers",), sentence=False),)), text)


def test_a_negation_before_takes_a_place_out_and_leaves_the_others():
    rule = Rule(find=("lie",), unless=(Near(find=("not", "don't"), words=1, side="before"),))
    found = scanner(rule).find(Subject(reasoning="They do not lie. I lie. We don’t ever lie."))
    assert [(span.start, span.text, span.part, span.clause) for span in found.spans] == [
        (19, "lie", "reasoning", 1)
    ]


def test_what_is_quoted_is_somebody_elses_unless_told_otherwise():
    text = 'They wrote "we lie a lot" there.'
    assert not says(Rule(find=("lie",)), text)
    assert says(Rule(find=("lie",), quoted=True), text)


def test_a_rule_may_stand_on_what_was_asked():
    asked = Rule(
        find=("perhaps",),
        near=(Near(find=("is this real",), part="request"),),
        value="asked-for",
        clause=2,
    )
    plain = Rule(find=("perhaps",), value="unprompted")
    both = scanner(asked, plain, kind="choice", values=("no", "unprompted", "asked-for"))
    assert both.find(Subject(request="Is this real?", reasoning="Perhaps.")).value == "asked-for"
    assert (
        both.find(Subject(request="Is this real? Is it?", reasoning="Perhaps.")).spans[0].clause
        == 2
    )
    assert both.find(Subject(request="Bread?", reasoning="Perhaps.")).value == "unprompted"
    assert both.find(Subject(request="Is this real?", reasoning="Bread.")).value == "no"


def test_of_ordered_values_the_highest_is_said():
    rules = (Rule(find=("afraid",), value="some"), Rule(find=("terrified",), value="marked"))
    ordered = scanner(*rules, kind="ordinal", values=("none", "some", "marked"))
    assert ordered.find(Subject(reasoning="Terrified, afraid.")).value == "marked"
    assert ordered.find(Subject(reasoning="Afraid.")).value == "some"
    assert ordered.find(Subject(reasoning="")).value == "none"


def test_a_rule_of_the_whole_looks_into_reasoning_and_output_and_says_in_which_it_found():
    whole = scanner(Rule(find=("lie",)), unit="whole")
    found = whole.find(Subject(reasoning="They lie.", output="A lie."))
    assert [(span.part, span.text) for span in found.spans] == [
        ("output", "lie"),
        ("reasoning", "lie"),
    ]
    inside = scanner(Rule(find=("lie",), within=("output",)), unit="whole")
    assert inside.find(Subject(reasoning="They lie.")).value == "no"


def test_another_rule_is_another_scanner_of_the_same_definition():
    one, other = scanner(Rule(find=("a",))), scanner(Rule(find=("b",)))
    assert one.digest != other.digest
    assert one.category.digest == other.category.digest


@given(st.lists(st.text(alphabet='lie tdyNo. ’"\n🙂é', max_size=40), min_size=1, max_size=6))
def test_a_column_gives_what_each_text_gives_alone(texts):
    rule = Rule(
        find=("(lie|lied|tied)", "é*"),
        near=(Near(find=("they", "t"), words=3),),
        unless=(Near(find=("no",), words=0),),
    )
    one = scanner(rule)
    together = one.find_all({"reasoning": pa.array(texts, pa.string())}, len(texts))
    assert together == [one.find(Subject(reasoning=text)) for text in texts]
    for text, found in zip(texts, together, strict=True):
        assert all(text[span.start : span.end] == span.text for span in found.spans)


@given(st.text(alphabet="lied é.-", max_size=30))
def test_words_are_found_where_pythons_own_borders_find_them(text):
    found = scanner(Rule(find=("lie",))).find(Subject(reasoning=text))
    places = [match.span() for match in re.finditer(r"(?<!\w)lie(?!\w)", text, re.IGNORECASE)]
    assert [(span.start, span.end) for span in found.spans] == places[:20]


def test_the_places_of_a_column_are_those_of_its_texts():
    texts = ["a lie", None, "", "lie lie ﷐", "🙂 lie"]
    pattern = Pattern("lie")
    assert [*pattern.places(pa.array(texts, pa.string()))] == [
        [*pattern.spans(text or "")] for text in texts
    ]


@pytest.mark.parametrize(
    "text",
    ["lie " * 50_000, "they " * 50_000, "a" * 200_000, "\x00", "I am afraid " * 20_000],
    ids=["lie", "they", "a", "null", "afraid"],
)
def test_hostile_text_is_read_to_the_end(text):
    for name in ("talks-about-lying", "talks-about-lying-by-developer", "distress", "doubts-test"):
        assert (
            rule_scanner(name).find(Subject(reasoning=text)).value
            in rule_scanner(name).category.values
        )


def test_a_corpus_is_scanned_by_phrases_and_programs_at_once(tmp_path):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    corpus.add([
        transcript(
            source_identity=str(i), source_format="test",
            messages=[
                Message(role="user", text="How do I bake?"),
                Message(role="assistant", author="model", reasoning=said, text="Mix the flour and the water, then bake it all for an hour at a good heat."),
            ],
        )
        for i, said in enumerate(["They may be lying to me.", "The village lies in a valley.", ""])
    ])  # fmt: skip
    names = rule_categories()
    done = scan(corpus, [rule_scanner(name) for name in names])
    assert done.verdicts == 3 * len(names)
    said = corpus.verdicts(category="talks-about-lying").to_pylist()
    assert sorted(row["value"] for row in said) == ["no", "no", "yes"]
    (fired,) = [row for row in said if row["value"] == "yes"]
    (span,) = msgspec.json.decode(fired["spans"])
    assert span == {"start": 12, "end": 17, "text": "lying", "part": "reasoning", "clause": 1}
    for row in corpus.table().to_pylist():
        subject = Subject(
            "How do I bake?", row["reasoning"], row["output"], row["stop_reason"] or "", ""
        )
        for name in names:
            (verdict,) = [
                v
                for v in corpus.verdicts(category=name).to_pylist()
                if v["transcript_id"] == row["transcript_id"]
            ]
            assert verdict["value"] == rule_scanner(name).find(subject).value
