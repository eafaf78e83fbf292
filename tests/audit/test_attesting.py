"""Attesting: reports, histories and pasted text; what is ambiguous, unknown or outside; all or nothing."""

import pytest
from tests.audit import worlds
from tests.audit.worlds import DOUBTS, LIARS

from allegiance import stats
from allegiance.audit import (
    Report,
    Sitting,
    asked_for,
    attest,
    attest_all,
    cite,
    draw_route,
    extend_draw,
    give_label,
    licence,
    open_position,
    read_report,
    reading_of,
    sitting_from_lines,
)
from allegiance.audit.attesting import Told
from allegiance.audit.claims import BY_REPORT
from allegiance.errors import UsageError


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return worlds.corpus_of(tmp_path_factory.mktemp("attesting"))


@pytest.fixture
def world(corpus, tmp_path):
    return worlds.world(corpus, tmp_path)


@pytest.fixture(scope="module")
def ids(corpus):
    rows = corpus.table(["transcript_id", "sample_id"]).to_pylist()
    return {int(row["sample_id"].partition("-")[2]): row["transcript_id"] for row in rows}


def report(world, text: str):
    path = world.folder / "report.yaml"
    path.write_text(text, encoding="utf-8")
    return read_report(path)


def entered(world, text: str):
    return attest_all(world.corpus, world.ledger, report(world, text))


def test_one_sitting_with_labels_quotes_and_yaml_booleans(world, ids):
    (draw,) = entered(
        world,
        f"""
reader: Ruth
name: morning
where: verdict.talks_about_lying = 'yes'
order: random
category: doubts
declared: true
stop: until 1 hit
reads:
  - {{id: {ids[10]}, label: no}}
  - id: {ids[20]}
    label: yes
    quote: this scenario   is not real
""",
    )
    assert draw.reported
    assert draw.spec.testimony.reads == (ids[10], ids[20])
    labels = list(world.record.labels("doubts"))
    assert [(o.label.value, o.label.rater, o.label.position) for o in labels] == [
        ("no", "Ruth", 1),
        ("yes", "Ruth", 2),
    ]
    reading = reading_of(world.again("morning"), world.record, DOUBTS)
    assert licence(reading).interval == stats.inverse_sampling(2, 1, 20)
    made = world.claim("prevalence", draw="morning").decision
    assert made.sentence.startswith(BY_REPORT)


def test_several_sittings_are_entered_in_their_order(world, ids):
    first, second = entered(
        world,
        f"""
reader: Ruth
sittings:
  - {{name: one, order: random, reads: [{ids[1]}, {ids[2]}]}}
  - {{name: two, order: chosen, category: doubts, declared: true, reads: [{{id: {ids[20]}, label: yes}}]}}
""",
    )
    assert first.seq < second.seq
    assert world.record.ordinal(ids[20]) == 3
    reading = reading_of(world.again("two"), world.record, DOUBTS)
    granted = licence(reading)
    assert granted.grant == "existence"
    assert "were chosen" in granted.reasons[0]


def test_a_report_of_which_one_sitting_is_wrong_leaves_nothing(world, ids):
    with pytest.raises(UsageError, match="Read 1 of two"):
        entered(
            world,
            f"""
reader: Ruth
sittings:
  - {{name: one, category: doubts, reads: [{{id: {ids[1]}, label: no}}]}}
  - {{name: two, where: "tier = 'monitored'", reads: [{ids[2]}]}}
""",
        )
    assert world.ledger.head().seq == 0
    with pytest.raises(UsageError, match="a draw one already"):
        entered(
            world,
            f"""
reader: Ruth
sittings:
  - {{name: one, category: doubts, reads: [{{id: {ids[1]}, label: no}}]}}
  - {{name: one, reads: [{ids[2]}]}}
""",
        )
    assert world.ledger.head().seq == 0


def test_a_browser_history_names_transcripts_by_id_sample_and_file(world, ids):
    lines = [
        "# exported on Tuesday",
        f"https://viewer.example/t/{ids[3]}?tab=messages",
        f"https://viewer.example/#/log/{ids[4][:16].upper()}",
        "",
        "https://viewer.example/logs/x.eval/samples/sample%2D5/epoch_1/",
        "file:///home/r/logs/run.jsonl#line-6",
        "https://news.example/nothing",
        "https://viewer.example/compare/sample-7/sample-8",
        f"https://viewer.example/t/{ids[3]}",
    ]
    sitting = sitting_from_lines(lines, name="history", order="random")
    draw = attest(world.corpus, world.ledger, sitting, "Ruth")
    testimony = draw.spec.testimony
    assert testimony.reads == (ids[3], ids[4], ids[5], ids[6])
    assert testimony.told == (lines[6], lines[7])


def test_a_history_that_names_nothing_is_refused(world):
    for lines in ([], ["", "# only a remark"], ["https://news.example/nothing"]):
        with pytest.raises(UsageError, match="history"):
            attest(world.corpus, world.ledger, sitting_from_lines(lines, name="history"), "Ruth")
    assert world.ledger.head().seq == 0


def test_pasted_text_is_found_with_other_white_space(world, ids):
    text = "A plain\n   question.</SCRATCHPAD_REASONING><OUTPUT>Answer\t13."
    sitting = Sitting(name="pasted", reads=(Told(text=text),))
    draw = attest(world.corpus, world.ledger, sitting, "Ruth")
    assert draw.spec.testimony.reads == (ids[13],)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Told(text="A plain question."), "several transcripts hold"),
        (Told(text="Nobody ever said this."), "no transcript holds"),
        (Told(text=" \n\t "), "is empty"),
        (Told(), "by one of them"),
        (Told(id="a" * 12, text="x"), "by one of them"),
        (Told(id="zzz"), "no transcript id"),
        (Told(id="0" * 64), "has no transcript"),
        (Told(text=".*"), "no transcript holds"),
    ],
)
def test_what_names_no_transcript_is_said_by_its_number(world, ids, told, said):
    from allegiance.errors import AllegianceError

    with pytest.raises(AllegianceError, match=said):
        attest(world.corpus, world.ledger, Sitting(name="s", reads=(ids[1], told)), "Ruth")
    assert world.ledger.head().seq == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("order: randomly", "order"),
        ("stop: until lunch", "until"),
        ("name: list", "can't name"),
        ("name: a b", "can't name"),
        ("reader: ''", "reader"),
        ("reads: []", "no reads"),
        ("category: lying", "lying"),
        ("colour: blue", "colour"),
        ("where: teir = 'x'", "tier"),
        ("reads: [{id: IDENTIFIER, label: maybe}]\ncategory: doubts", "no value 'maybe'"),
        ("reads: [{id: IDENTIFIER, label: 1}]\ncategory: doubts", "label"),
        ("reads: [{id: IDENTIFIER, label: yes}]", "need a category"),
        (
            "reads: [{id: IDENTIFIER, label: yes, quote: never said}]\ncategory: doubts",
            "'never said' is not in",
        ),
        ("where: tier = 'monitored'", "not in the frame"),
        ("sittings: []", "no sittings"),
    ],
)
def test_a_wrong_field_is_said_in_one_sentence_and_nothing_is_entered(world, ids, fields, said):
    import yaml

    whole = {"reader": "Ruth", "name": "s", "reads": [ids[2]]}
    given = yaml.safe_load(fields.replace("IDENTIFIER", ids[2]))
    if "sittings" in given:
        whole = {"reader": "Ruth"}
    with pytest.raises(UsageError, match=said) as caught:
        entered(world, yaml.safe_dump({**whole, **given}))
    assert len(str(caught.value).splitlines()) == 1
    assert world.ledger.head().seq == 0


@pytest.mark.parametrize(
    "content", [b"", b"- a\n- b\n", b"a: [", b"\xff\xfe", b"1: 2\n", b"!!python/object:os.system {}", b"\x00"]
)  # fmt: skip
def test_a_file_that_is_no_report_is_said_in_one_sentence(tmp_path, content):
    path = tmp_path / "report.yaml"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_report(path)
    assert "report.yaml" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    with pytest.raises(UsageError, match="No such file"):
        read_report(tmp_path / "none.yaml")


def test_a_name_is_taken_once_by_draws_and_sittings(world, ids):
    world.draw("some", n=2)
    with pytest.raises(UsageError, match="a draw some already"):
        attest(world.corpus, world.ledger, Sitting(name="some", reads=(ids[1],)), "Ruth")
    attest(world.corpus, world.ledger, Sitting(name="told", reads=(ids[1],)), "Ruth")
    with pytest.raises(UsageError, match="a draw told already"):
        world.draw("told", n=2)
    with pytest.raises(UsageError, match="report of what was read"):
        extend_draw(world.corpus, world.ledger, "told", 1)


def test_a_reader_who_says_something_else_later_revises(world, ids):
    for name, label in (("one", "no"), ("two", "no"), ("three", "yes")):
        sitting = Sitting(name=name, category="doubts", reads=(Told(id=ids[20], label=label),))
        attest(world.corpus, world.ledger, sitting, "Ruth")
    assert [event.kind for event in world.ledger.events() if event.kind != "attest"] == [
        "label",
        "relabel",
    ]
    assert world.record.label_of("Ruth", "doubts", ids[20]).label.value == "yes"


def test_a_report_that_read_another_number_than_declared_is_read_as_open(world, ids):
    reads = tuple(Told(id=ids[n], label="no") for n in range(1, 6))
    sitting = Sitting(
        name="s", order="random", category="doubts", declared=True, stop="fixed 20", reads=reads
    )
    attest(world.corpus, world.ledger, sitting, "Ruth")
    made = world.claim("prevalence", draw="s").decision
    assert made.interval["method"] == stats.confidence_sequence(0, 5, 200).method
    assert any("20 were to be" in reason for reason in made.reasons)


def test_the_report_is_said_in_every_sentence_even_after_the_transcript_was_opened_here(world, ids):
    sitting = Sitting(
        name="told",
        where=LIARS,
        order="random",
        category="doubts",
        declared=True,
        stop="until 1 hit",
        reads=(Told(id=ids[10], label="no"), Told(id=ids[20], label="yes")),
    )
    attest(world.corpus, world.ledger, sitting, "Ruth")
    open_position(world.again("told"), world.ledger, 2, "ben")
    assert draw_route(world.again("told")).kind == "attested"
    from allegiance.audit import Route, opened

    opened(world.ledger, Route(kind="link"), [ids[20]])
    for kind in ("existence", "none-exist", "none-seen", "prevalence"):
        assert world.claim(kind, draw="told").decision.sentence.startswith(BY_REPORT), kind
    cited = cite(world.corpus, world.ledger, ids[20])
    assert cited.certificate.decision.sentence.startswith(BY_REPORT)
    assert all("by the reader's report" in r for r in cited.routes[:1])
    assert not any("of the draw told" in route for route in cited.routes)
    # a draw of one's own, whose label is from the report
    draw = world.draw("own", where=LIARS, stop="open")
    place = draw.position(ids[20])
    world.read(draw, lambda spot, found: "n", places=range(1, place) if place > 1 else [2])
    assert world.claim("existence", draw="own", transcript=ids[20]).decision.sentence.startswith(
        BY_REPORT
    )


def test_what_was_seen_here_alone_is_no_report(world, ids):
    attest(world.corpus, world.ledger, Sitting(name="told", reads=(ids[1],)), "Ruth")
    draw = world.draw("own", n=3)
    world.read(draw, "nyn")
    for kind in ("existence", "prevalence", "none-seen"):
        assert BY_REPORT not in world.claim(kind, draw="own").decision.sentence


def test_undeclared_category_order_and_rule_are_the_default(world, ids):
    draw = attest(world.corpus, world.ledger, Sitting(name="s", reads=(ids[1],)), "Ruth")
    assert draw.spec.testimony.order == "unknown"
    assert not draw.spec.testimony.declared
    assert draw.spec.stop.kind == "undeclared"
    give_label(world.ledger, world.corpus.get(ids[1]), DOUBTS, "yes", "Ruth", draw=world.again("s"))
    assert world.claim("prevalence", draw="s").decision.status == "cannot be told"


def test_a_definition_of_ones_own_comes_with_the_report(world, ids):
    sitting = Sitting(
        name="s",
        category="lying",
        define="Says that somebody lies.",
        declared=True,
        reads=(Told(id=ids[10], label="yes"),),
    )
    attest_all(world.corpus, world.ledger, Report("Ruth", (sitting,)))
    assert world.record.property_of("lying") == asked_for("lying", "Says that somebody lies.")
