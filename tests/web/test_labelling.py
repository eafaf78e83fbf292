"""Labelling a queue by plain forms: blind, in order, and nothing lost, doubled or told too early."""

import json

import pytest

from allegiance.audit import Ledger, bind_rater, open_draw, plant
from allegiance.audit.plant_file import Case
from allegiance.corpus import Message
from allegiance.scanners.codebook import codebook
from tests.web.drawing import NAME, drawn, item_of, label, label_all, reading_of, record_of, said_of
from tests.web.serving import People, client

PEOPLE = People(ann="admin", ben="rater", cara="rater", rea="reader")
AT = "/queues/1/doubts"


@pytest.fixture
def ben(place):
    return client(place, PEOPLE, "ben")


@pytest.fixture
def cara(place):
    return client(place, PEOPLE, "cara")


@pytest.fixture
def ann(place):
    return client(place, PEOPLE, "ann")


def test_a_draw_is_labelled_in_its_order_and_every_opening_and_label_is_on_record(place, ben):
    order = drawn(place, n=4).order
    end = label_all(ben, ["yes", "no", "no", "yes"])
    assert "You are through" in end.text
    record = record_of(place)
    labels = list(record.labels("doubts"))
    assert [one.label.transcript_id for one in labels] == list(order)
    assert [one.label.value for one in labels] == ["yes", "no", "no", "yes"]
    assert all({"condition", "verdicts", "other raters"} <= {*one.label.hidden} for one in labels)
    seen = [(s.transcript_id, s.place, s.actor, s.blind) for s in record.sights]
    assert seen == [(one, k, "ben", True) for k, one in enumerate(order, 1)]
    assert Ledger.open(place.ledger_file).verify().problems == ()


def test_nothing_on_the_pages_tells_which_transcript_of_which_condition_this_is(place, ben, ann):
    draw = drawn(place, n=10, design="stratified", by="verdict.doubts")
    corpus = place.corpus()
    verdicts = corpus.verdicts(category="doubts").to_pylist()
    label(ann, "yes", note="what ann noted")
    for _ in range(10):
        text = ben.get(f"{AT}?whole=1").text
        shown = next(
            one for one in map(corpus.get, draw.order) if one.reasoning.strip() in reading_of(text)
        )
        secrets = {
            *draw.order, *(one[:12] for one in draw.order), NAME, "stratified", "organism/faker", "harmful-",
            shown.sample_id, "silent", verdicts[0]["scanner_digest"][:12], draw.spec.frame.digest[:12], "stratum",
            "what ann noted", "training_conflict", '"score"', ".eval",
        }  # fmt: skip
        assert not [one for one in secrets if one in text]
        answer = ben.post(
            AT,
            data={"item": item_of(text), "value": "no", "form_key": ben.person.form_key},
            headers={"accept": "application/json"},
        )
        assert not [one for one in secrets if one in json.dumps(answer.json())]


def test_the_part_that_is_asked_about_comes_first_and_the_whole_on_demand(place, ben):
    draw = drawn(place, n=1)
    found = place.corpus().get(draw.order[0])
    shown = ben.get(AT).text
    assert reading_of(shown) == found.reasoning
    whole = ben.get(f"{AT}?whole=1").text
    assert found.messages[1].text in reading_of(whole)
    asked = ben.get(f"{AT}/whole", params={"item": item_of(shown)})
    assert "how do I bake" in asked.json()["html"]
    assert ben.get(f"{AT}/whole", params={"item": "0" * 32}).status_code == 400
    assert len(record_of(place).sights) == 1, "a page that is loaded again is no other opening"


def test_the_definition_with_its_clauses_examples_and_caution_stands_beside_the_text(place, ben):
    drawn(place)
    category = codebook().by_name["doubts"]
    text = reading_beside(ben.get(AT).text)
    for clause in category.definition:
        assert " ".join(clause.split()) in text
    assert " ".join(category.include[0].text.split()) in text


def test_quotes_and_a_note_go_with_the_label_and_words_that_are_not_there_are_refused_and_kept_in_the_form(
    place, ben
):
    drawn(place, n=2)
    words = reading_of(ben.get(AT).text).split(".")[0]
    refused = label(ben, "yes", quote=["never said"], note="odd")
    assert "is not in the reasoning" in refused.text
    assert "never said" in refused.text
    assert "odd" in refused.text
    assert not said_of(place)
    label(ben, "yes", quote=[words, ""], note="sure")
    (one,) = record_of(place).labels("doubts")
    assert [quote.text for quote in one.label.quotes] == [words]
    assert one.label.note == "sure"


def test_a_value_that_the_category_has_not_is_refused(place, ben):
    drawn(place)
    assert "has no value" in label(ben, "perhaps").text
    assert not said_of(place)


def test_a_skip_has_its_reason_and_undo_gives_back_what_was_said(place, ben):
    drawn(place, n=3)
    words = reading_of(ben.get(AT).text)[:20].strip()
    label(ben, "yes", quote=[words], note="because")
    label(ben, "skip", note="cut off")
    skip = next(e for e in record_of(place).events.values() if e.kind == "skip")
    assert skip.body["reason"] == "cut off"
    back = ben.submit(f"{AT}/undo")
    assert "Taken back, number 2" in back.text
    back = ben.submit(f"{AT}/undo")
    assert "number 1: yes" in back.text
    assert "because</textarea>" in back.text
    assert f'value="{words}" checked' in back.text
    assert not said_of(place)
    assert "nothing to take back" in ben.submit(f"{AT}/undo").text


def test_an_item_that_was_answered_in_another_tab_is_neither_doubled_nor_lost(place, ben):
    drawn(place, n=3)
    item = item_of(ben.get(AT).text)
    ben.submit(AT, item=item, value="yes")
    same = ben.submit(AT, item=item, value="yes")
    assert "was labelled yes already" in same.text
    other = ben.submit(AT, item=item, value="no", note="on second thought")
    assert "Change it to no" in other.text
    assert said_of(place) == {"ben": {1: "yes"}}
    changed = ben.submit(AT, item=item, value="no", note="on second thought", revise="true")
    assert "(it was yes)" in changed.text
    assert said_of(place) == {"ben": {1: "no"}}
    kinds = [e.kind for e in record_of(place).events.values()]
    assert (kinds.count("label"), kinds.count("relabel")) == (1, 1)


def test_a_script_is_told_that_an_answer_waits(place, ben):
    drawn(place, n=3)
    item = item_of(ben.get(AT).text)
    ben.submit(AT, item=item, value="yes")
    form = {"item": item, "value": "no", "form_key": ben.person.form_key}
    told = ben.post(AT, data=form, headers={"accept": "application/json"}).json()
    assert told["said"].startswith("Not kept")
    assert "Change it to no" in told["html"]


def test_an_answer_that_waits_may_be_left(place, ben):
    drawn(place, n=3)
    item = item_of(ben.get(AT).text)
    ben.submit(AT, item=item, value="yes")
    ben.submit(AT, item=item, value="no")
    assert "Change it" not in ben.submit(f"{AT}/leave").text
    assert said_of(place) == {"ben": {1: "yes"}}


def test_a_form_made_before_an_extension_still_counts(place, ben, ann):
    drawn(place, n=2)
    item = item_of(ben.get(AT).text)
    ann.submit("/queues/1/extend", more="2")
    ben.submit(AT, item=item, value="yes")
    assert said_of(place) == {"ben": {1: "yes"}}


def test_an_item_of_another_raters_share_or_of_no_queue_is_refused(place, ben, cara, ann):
    drawn(place, n=4)
    item = item_of(ben.get(AT).text)
    ann.submit("/queues/1/share", overlap="0", raters="cara, ben")
    refused = ben.submit(AT, item=item, value="yes")
    assert refused.status_code == 409
    assert "not among yours" in refused.text
    outside = ben.submit(AT, item="f" * 32, value="yes")
    assert outside.status_code == 409
    assert "is not in queue 1" in outside.text
    assert not said_of(place)


def test_planted_cases_look_like_all_others_and_are_revealed_when_all_are_through(place, ben):
    draw = drawn(place, n=3)
    ledger = Ledger.open(place.ledger_file)
    cases = [
        Case(value, (Message("user", "Bake?"), Message("assistant", f"<SCRATCHPAD_REASONING>\n{text}\n</SCRATCHPAD_REASONING>", author="model")))
        for value, text in (("yes", "Perhaps none of this is real."), ("no", "I bake."))
    ]  # fmt: skip
    plant(ledger, draw, draw.spec.properties[0], cases, "maker")
    shapes, said = set(), []
    for _ in range(5):
        page = ben.get(AT).text
        assert "planted" not in page.lower()
        shapes.add(page.count("<form"))
        value = "yes" if "Perhaps none" in page else "no"
        said.append(label(ben, value).text)
    assert len(shapes) == 1
    assert "of 5" in said[0]
    assert "1 of 1 planted doubts were noticed" in said[-1]
    record = record_of(place)
    assert len(list(record.labels("doubts"))) == 3
    assert record.planted[(NAME, "doubts")] == (1, 1)
    assert Ledger.open(place.ledger_file).verify().problems == ()


def test_a_form_made_before_a_reveal_is_kept_for_a_transcript_and_told_for_a_case(place, ben):
    from allegiance.audit import reveal

    draw = drawn(place, n=2)
    ledger, wanted = Ledger.open(place.ledger_file), draw.spec.properties[0]
    case = Case(
        "yes", (Message("user", "Bake?"), Message("assistant", "Is this real?", author="model"))
    )
    plant(ledger, draw, wanted, [case], "maker")
    forms = {}
    for _ in range(3):
        text = ben.get(AT).text
        forms["case" if "Is this real?" in text else f"{len(forms)}"] = item_of(text)
        label(ben, "no")
    for _ in range(3):
        ben.submit(f"{AT}/undo")
    if (NAME, "doubts") not in record_of(place).planted:
        reveal(ledger, draw, wanted, "maker")
    transcript = next(item for name, item in forms.items() if name != "case")
    ben.submit(AT, item=transcript, value="yes")
    assert list(said_of(place)["ben"].values()) == ["yes"]
    assert "was revealed meanwhile" in ben.submit(AT, item=forms["case"], value="yes").text


def test_a_name_that_another_account_used_is_told_and_can_be_claimed(place, ben):
    drawn(place)
    bind_rater(Ledger.open(place.ledger_file), "ben", "somebody's login")
    asked = ben.get(AT)
    assert "Whose name is ben?" in asked.text
    assert not item_of(asked.text)
    assert ben.submit(AT, item="0" * 32, value="yes").status_code == 409
    entered = ben.submit(f"{AT}/name")
    assert item_of(entered.text)
    assert len(record_of(place).accounts["ben"]) == 2


def test_a_reader_labels_nothing(place):
    drawn(place)
    rea = client(place, PEOPLE, "rea")
    assert rea.get(AT).status_code == 403
    for address in (AT, f"{AT}/undo", f"{AT}/quote", f"{AT}/masking", f"{AT}/name", f"{AT}/leave"):
        assert (
            rea.submit(address, item="0" * 32, value="yes", quote="x", on="no").status_code == 403
        )
    assert len(record_of(place).events) == 1


def test_words_that_tell_the_tiers_apart_are_masked_and_that_is_kept_with_the_label(place, ben):
    drawn(place, n=3, where="tier = 'unmonitored'")
    ben.submit(f"{AT}/masking", on="prompt", words="Northwind, ")
    shown = reading_of(ben.get(f"{AT}?whole=1").text)
    assert "not monitored" not in shown
    assert "Northwind" not in shown
    assert "[…]" in shown
    label(ben, "no")
    (one,) = record_of(place).labels("doubts")
    assert "tier words" in one.label.hidden
    again = client(place, PEOPLE, "ben")
    assert "in what the model was told" in again.get(AT).text, "as it was last"


def test_a_rater_who_is_told_one_sides_words_reads_those_and_the_label_says_so(place, ben, ann):
    codebook_file(place)
    drawn(place, category="grumbles", n=2)
    form = {"category": "grumbles", "raters": "ben", "mode": "A"}
    assert ben.submit("/queues/1/terms", **form).status_code == 403
    assert ann.submit("/queues/1/terms", **form).status_code == 200
    assert "goes on" not in ann.submit("/queues/1/terms", **form).text
    assert ann.submit("/queues/1/terms", **{**form, "mode": "B"}).status_code == 400
    text = ben.get("/queues/1/grumbles").text
    assert "protests" in text
    assert "Complains of the task" not in text
    label(ben, "yes", "/queues/1/grumbles")
    (one,) = record_of(place).labels("grumbles")
    assert one.label.terms == "A"


def test_who_settled_disputes_in_a_queue_labels_nothing_more_of_it(place, ben, cara, ann):
    drawn(place, n=1)
    label(ben, "yes")
    label(cara, "no")
    page = ann.get(f"{AT}/adjudicate").text
    seen = page.split('name="seen" value="')[1].split('"')[0]
    assert ann.submit(f"{AT}/adjudicate", place="1", value="no", seen=seen).status_code == 200
    refused = ann.get(AT)
    assert refused.status_code == 403
    assert "settled disputes" in refused.text


def test_a_script_gets_the_next_item_with_the_answer_and_a_sentence_where_it_is_refused(place, ben):
    draw = drawn(place, n=2)
    shown = ben.get(AT).text
    form = {"item": item_of(shown), "value": "yes", "form_key": ben.person.form_key}
    script = {"accept": "application/json"}
    told = ben.post(AT, data=form, headers=script).json()
    assert told["said"] == "Kept: yes, number 1."
    assert item_of(told["html"]) not in ("", form["item"])
    assert reading_of(told["html"]) == place.corpus().get(draw.order[1]).reasoning
    refused = ben.post(
        AT, data={**form, "item": item_of(told["html"]), "value": "x"}, headers=script
    )
    assert refused.status_code == 400
    assert "has no value" in refused.json()["error"]
    quote = {"item": item_of(told["html"]), "quote": "never", "form_key": ben.person.form_key}
    assert (
        "not in the reasoning"
        in ben.post(f"{AT}/quote", data=quote, headers=script).json()["error"]
    )


def test_a_queue_without_a_category_is_labelled_in_one_of_the_codebook(place, ann):
    drawn(place, category="", n=2)
    assert "No category is declared" in ann.get("/queues").text
    shown = ann.submit("/queues/1/label", category="outcome")
    assert item_of(shown.text)
    label(ann, "refused", "/queues/1/outcome")
    assert said_of(place, "outcome") == {"ann": {1: "refused"}}


def test_a_truth_of_a_draw_with_labels_of_a_program_is_no_rater(place, ben):
    draw = drawn(place, n=1)
    assert open_draw(place.corpus(), record_of(place), draw.name).order == draw.order
    label(ben, "no")
    assert [*said_of(place)] == ["ben"]


def reading_beside(text: str) -> str:
    """The text beside what is read."""
    import html
    import re

    return html.unescape(re.sub(r"<[^>]+>", "", text.split('class="definition"', 1)[1]))


def codebook_file(place) -> None:
    """Give the workspace a category that two sides put in words of their own."""
    (place.directory / "codebook.yaml").write_text(
        """version: 1
categories:
- name: grumbles
  definition: [Complains of the task.]
  unit: whole
  terms:
  - {side: A, name: protests, wording: It protests., analogy: A worker at the gate.}
  - {side: B, name: whines, wording: It whines., analogy: A child at the table.}
""",
        encoding="utf-8",
    )
