"""Why it is in that category: words, clauses, what else fires on them, and the labelled neighbours."""

import json

import pytest
from msgspec import structs

from allegiance.audit import Ledger, Record, adjudicate, asked_for, give_label, make_draw, why
from allegiance.audit.explaining import Place
from allegiance.corpus import Corpus, Verdict
from allegiance.corpus.making import transcript
from allegiance.corpus.schema import Message
from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners import codebook, rule_scanner, scan

LYING = "They may be lying to me about the grading. The weather is fine."
TEXTS = {
    "a": LYING,
    "b": "They may be lying to me about the reward.",
    "c": "The village lies in a valley near the river.",
    "d": "Bread takes flour and water.",
}
NAMES = ("talks-about-lying", "talks-about-lying-by-developer", "doubts", "mentions-training")


@pytest.fixture
def corpus(tmp_path):
    made = Corpus.open(tmp_path / "corpus", create=True)
    made.add([
        transcript(
            source_identity=name, source_format="test", sample_id=name,
            messages=[Message(role="user", text="How?"), Message(role="assistant", author="model", reasoning=text, text="Take the first road and then turn left at the mill, it is not far.")],
        )
        for name, text in TEXTS.items()
    ])  # fmt: skip
    scan(made, [rule_scanner(name) for name in NAMES])
    return made


def ids(corpus):
    table = corpus.table(["transcript_id", "sample_id"]).to_pylist()
    return {row["sample_id"]: row["transcript_id"] for row in table}


def test_a_verdict_is_shown_with_its_words_and_the_clause_it_cites(corpus):
    found = why(corpus, Record(()), ids(corpus)["a"], "talks_about_lying")
    (one,) = found.verdicts
    assert (one.scanner, one.value, one.status) == ("rules", "yes", "ok")
    assert one.digest == rule_scanner("talks-about-lying").digest
    (place,) = one.places
    assert LYING[place.start : place.end] == place.text == "lying"
    assert one.clauses == {1: codebook().find("talks-about-lying").definition[0]}


def test_other_categories_on_the_same_words_are_named_and_those_on_other_words_are_not(corpus):
    found = why(corpus, Record(()), ids(corpus)["a"], "talks-about-lying")
    (one,) = found.verdicts
    assert [(o.category, o.words) for o in one.same_words] == [
        ("talks-about-lying-by-developer", ("They may be lying",))
    ]


def test_a_no_has_no_words_and_nothing_beside_it(corpus):
    found = why(corpus, Record(()), ids(corpus)["c"], "talks-about-lying")
    (one,) = found.verdicts
    assert (one.value, one.places, one.same_words) == ("no", (), ())


def test_every_scanner_is_shown_the_newest_first_with_what_it_said_besides(corpus):
    wanted = ids(corpus)["a"]
    spans = [
        {
            "start": 0,
            "end": 17,
            "text": "They may be lying",
            "part": "reasoning",
            "message": 1,
            "clause": 2,
        }
    ]
    corpus.put_verdicts([
        Verdict(
            transcript_id=wanted, category="talks-about-lying", scanner="judge:m", scanner_digest="j", value="yes",
            score=0.8, spans=json.dumps(spans), detail=json.dumps({"reason": "it says so", "stripped": 1}),
        ),
        Verdict(transcript_id=wanted, category="talks-about-lying", scanner="judge:n", scanner_digest="k", status="refused"),
        Verdict(transcript_id=wanted, category="talks-about-lying", scanner="import:x", scanner_digest="l", value="1", spans="no JSON", detail="[]"),
    ])  # fmt: skip
    found = why(corpus, Record(()), wanted, "talks-about-lying")
    by_name = {one.scanner: one for one in found.verdicts}
    assert set(by_name) == {"rules", "judge:m", "judge:n", "import:x"}
    assert found.verdicts[-1].scanner == "rules"
    judged = by_name["judge:m"]
    assert (judged.score, judged.detail["stripped"], list(judged.clauses)) == (0.8, 1, [2])
    assert judged.same_words  # by the words, where positions can't be compared
    assert (by_name["judge:n"].status, by_name["judge:n"].value) == ("refused", None)
    assert by_name["import:x"].places == ()
    assert json.loads(json.dumps(found.to_dict()))["verdicts"][0]["scanner"] in by_name


def test_labels_and_the_nearest_labelled_on_either_side_are_named(corpus, tmp_path):
    ledger, there = Ledger.open(tmp_path / "ledger.db", create=True), ids(corpus)
    wanted = asked_for("talks-about-lying")
    for name, value in {"a": "yes", "b": "yes", "c": "no", "d": "no"}.items():
        give_label(ledger, corpus.get(there[name]), wanted, value, "ann")
    found = why(corpus, Record.of(ledger), there["a"], "talks-about-lying", k=1)
    assert found.labels == {"ann": "yes"}
    assert found.labelled == 3  # itself is not its neighbour
    assert {(one.id, one.value) for one in found.near if one.value == "yes"} == {
        (there["b"], "yes")
    }
    assert [one.value for one in found.near if one.value == "no"] == ["no"]
    nearest = max(found.near, key=lambda one: one.similarity)
    assert nearest.id == there["b"]
    assert "lying" in nearest.shared


def test_a_label_under_another_definition_is_neither_told_nor_a_neighbour(corpus, tmp_path):
    ledger, there = Ledger.open(tmp_path / "ledger.db", create=True), ids(corpus)
    other = structs.replace(asked_for("talks-about-lying"), digest="of another definition")
    for name in ("a", "b"):
        give_label(ledger, corpus.get(there[name]), other, "no", "ann")
    found = why(corpus, Record.of(ledger), there["a"], "talks-about-lying")
    assert (found.labels, found.near, found.labelled) == ({}, (), 0)


def test_a_disputed_label_is_no_neighbour(corpus, tmp_path):
    ledger, there = Ledger.open(tmp_path / "ledger.db", create=True), ids(corpus)
    for rater, value in (("ann", "yes"), ("bob", "no")):
        give_label(ledger, corpus.get(there["b"]), asked_for("talks-about-lying"), value, rater)
    assert why(corpus, Record.of(ledger), there["a"], "talks-about-lying").near == ()


def test_what_an_adjudicator_made_of_a_dispute_is_told_and_counts_for_the_neighbours(
    corpus, tmp_path
):
    ledger, wanted = (
        Ledger.open(tmp_path / "ledger.db", create=True),
        asked_for("talks-about-lying"),
    )
    drawn = make_draw(corpus, ledger, "all", n=4, properties=[wanted], seed=3)
    for rater, value in (("ann", "yes"), ("bob", "no")):
        for identifier in drawn.order:
            give_label(ledger, corpus.get(identifier), wanted, value, rater, draw=drawn)
    first, second = drawn.order[:2]
    adjudicate(ledger, drawn, wanted, first, "yes", "carl", "clause 1")
    found = why(corpus, Record.of(ledger), first, "talks-about-lying")
    assert (found.labels, found.settled) == ({"ann": "yes", "bob": "no"}, "yes")
    assert [one.id for one in why(corpus, Record.of(ledger), second, "talks-about-lying").near] == [
        first
    ]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Place("ab", 0, 2, "output"), Place("b", 1, 2, "output"), True),
        (Place("ab", 0, 2, "output"), Place("c", 2, 3, "output"), False),
        (Place("ab", 0, 2, "output"), Place("ab", 0, 2, "reasoning"), True),
        (Place("ab", 0, 2, "text", 1), Place("x ab", 5, 9, "output"), True),
        (Place("ab", 0, 2, "text", 1), Place("ab", 0, 2, "text", 2), False),
        (Place("", 0, 0, "output"), Place("ab", 0, 2, "reasoning"), False),
    ],
)  # fmt: skip
def test_places_share_words_by_position_or_by_the_words(one, other, same):
    assert one.overlaps(other) is same
    assert other.overlaps(one) is same


def test_what_nobody_said_anything_of_is_refused_in_a_sentence(corpus):
    there = ids(corpus)["a"]
    with pytest.raises(UsageError, match="No scanner and no rater has said anything of distress"):
        why(corpus, Record(()), there, "distress")
    with pytest.raises(UsageError, match="did you mean `distress`"):
        why(corpus, Record(()), there, "distres")
    with pytest.raises(AllegianceError, match="has no transcript"):
        why(corpus, Record(()), "0" * 64, "distress")
