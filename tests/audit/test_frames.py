"""Frames: what they keep is what DuckDB keeps, and they are found again anywhere."""

import hashlib
import random
import shutil
from datetime import timedelta

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.audit.conftest import conversation, made, scanned

from allegiance.audit.draw import labels_then, make_draw, open_draw
from allegiance.audit.frames import (
    found_again,
    frame,
    instruments_of,
    known_again,
    read_field,
    read_filter,
    values_of,
)
from allegiance.audit.labels import give_label
from allegiance.audit.record import Record
from allegiance.corpus import Corpus
from allegiance.corpus.filters import IsNull
from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners import pattern_scanner, rule_scanner, scan_patterns

LYING = "verdict.\"talks-about-lying\" = 'yes'"
FOOD = pattern_scanner("mentions-food=(?i)bread").digest
SOUP = pattern_scanner("mentions-food=(?i)bread|soup").digest


def labelled(ids):
    """Labels as a record would give them: a third have none, some are disputed."""
    dice = random.Random(3)
    said = ["yes", "no", "disputed", None, None]
    given = {one: dice.choice(said) for one in sorted(ids)}
    return {one: {"doubts": value} for one, value in given.items() if value}


@pytest.fixture(scope="module")
def database(corpus):
    """The same corpus in DuckDB, with verdicts and labels as structs."""
    rule = rule_scanner("doubts").digest
    said: dict[str, dict[str, dict]] = {}
    for row in corpus.verdicts().to_pylist():
        if row["category"] != "doubts" or row["scanner_digest"] == rule:
            said.setdefault(row["category"], {})[row["transcript_id"]] = row
    labels = labelled(corpus.ids())

    def of(category, column, one):
        return said[category].get(one, {}).get(column)

    rows = [
        {
            "transcript_id": row["transcript_id"],
            "model": row["model"],
            "tier": row["c_tier"],
            "epoch": row["epoch"],
            "verdict": {
                name: of(name, "value", row["transcript_id"])
                for name in ("talks-about-lying", "doubts", "mentions-harm")
            },
            "verdict_score": {"mentions-harm": of("mentions-harm", "score", row["transcript_id"])},
            "label": {"doubts": labels.get(row["transcript_id"], {}).get("doubts")},
        }
        for row in corpus.table(["transcript_id", "model", "c_tier", "epoch"]).to_pylist()
    ]
    connection = duckdb.connect()
    connection.register("rows", pa.Table.from_pylist(rows))
    return connection


leaves = st.one_of(
    st.sampled_from(["'yes'", "'no'", "'other'"]).flatmap(
        lambda value: st.sampled_from(
            [
                f'verdict."talks-about-lying" = {value}',
                f"verdict.doubts != {value}",
                f'verdict."mentions-harm" = {value}',
                f"verdict.\"mentions-harm\" IN ({value}, 'maybe')",
                f"label.doubts = {value}",
                f"label.doubts NOT IN ({value})",
            ]
        )
    ),
    st.sampled_from(["0", "0.3", "0.55", "1"]).flatmap(
        lambda cut: st.sampled_from(
            [
                f'verdict_score."mentions-harm" >= {cut}',
                f'verdict_score."mentions-harm" < {cut}',
                f'verdict_score."mentions-harm" BETWEEN 0.2 AND {cut}',
            ]
        )
    ),
    st.sampled_from(
        [
            "tier = 'monitored'",
            "epoch > 2",
            "model = 'small'",
            "model IS NULL",
            'verdict."mentions-harm" IS NULL',
            'verdict_score."mentions-harm" IS NOT NULL',
            "label.doubts IS NULL",
            "verdict.doubts LIKE 'y%'",
        ]
    ),
)
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(" ".join),
        inner.map(lambda text: f"NOT ({text})"),
        inner.map(lambda text: f"({text})"),
    ),
    max_leaves=5,
)


@settings(max_examples=80)
@given(text=conditions)
@example("tier = 'monitored' OR verdict.doubts = 'yes' AND NOT label.doubts = 'no'")
@example("NOT (verdict.\"mentions-harm\" = 'yes' OR model = 'small')")
@example("model IS NULL AND (label.doubts = 'yes' OR epoch = 1) AND verdict.doubts = 'no'")
def test_a_frame_keeps_what_duckdb_keeps(corpus, database, text):
    kept = database.execute(f"SELECT transcript_id FROM rows WHERE {text}").fetchall()
    found = frame(corpus, text, labels=labelled(corpus.ids()), ledger=(1, "x"))
    assert list(found.ids) == sorted(one for (one,) in kept)
    assert found.spec.population == len(found) == len(kept)


@settings(max_examples=30)
@given(text=conditions)
def test_a_frame_is_found_again_from_its_printed_filter(corpus, text):
    labels = labelled(corpus.ids())
    found = frame(corpus, text, labels=labels, ledger=(1, "x"))
    again = known_again(found.spec, corpus, labels)
    assert (again.ids, again.spec) == (found.ids, found.spec)


def test_the_identity_is_the_sha256_of_the_sorted_ids(corpus):
    found = frame(corpus, LYING)
    assert found.digest == hashlib.sha256("\n".join(sorted(found.ids)).encode()).hexdigest()
    assert frame(corpus).ids == tuple(sorted(corpus.ids()))
    assert frame(corpus).spec.name == "all transcripts"


def test_a_corpus_copied_to_another_place_and_one_made_in_another_order_have_the_same_digest(
    corpus, tmp_path
):
    wanted = frame(corpus, f"{LYING} AND tier = 'monitored'")
    shutil.copytree(corpus.path, tmp_path / "copied")
    copied = Corpus.open(tmp_path / "copied")
    assert known_again(wanted.spec, copied).ids == wanted.ids
    numbers = list(range(300))
    random.Random(1).shuffle(numbers)
    other = made(tmp_path, numbers[:100])
    other.add(conversation(number) for number in numbers[100:])
    scanned(other)
    assert frame(other, wanted.spec.where).digest == wanted.digest
    assert known_again(wanted.spec, other).ids == wanted.ids


def test_underscores_in_a_filter_may_stand_for_hyphens(corpus):
    hyphened = frame(corpus, LYING)
    written = frame(corpus, "verdict.talks_about_lying = 'yes'")
    assert written.digest == hyphened.digest
    assert written.spec.instruments == hyphened.spec.instruments
    assert known_again(written.spec, corpus).digest == hyphened.digest
    labels = {hyphened.ids[0]: {"talks-about-lying": "yes"}}
    found = frame(corpus, "label.talks_about_lying = 'yes'", labels=labels, ledger=(1, ""))
    assert found.ids == hyphened.ids[:1]


def test_a_frame_names_the_scanners_that_it_rests_on_and_no_others(corpus):
    found = frame(corpus, f"{LYING} AND tier = 'monitored'")
    assert [(one.category, one.digest) for one in found.spec.instruments] == [
        ("talks-about-lying", pattern_scanner("talks-about-lying=lying").digest)
    ]
    assert frame(corpus, "tier = 'monitored'").spec.instruments == ()


def test_the_shipped_rule_is_taken_where_several_scanners_gave_verdicts(corpus):
    (rule,) = frame(corpus, "verdict.doubts = 'yes'").spec.instruments
    assert (rule.scanner, rule.digest) == ("rules", rule_scanner("doubts").digest)
    pattern = pattern_scanner("doubts=not real").digest
    (other,) = frame(
        corpus, "verdict.doubts = 'yes'", scanners=[f"doubts={pattern[:8]}"]
    ).spec.instruments
    assert other.digest == pattern


def test_a_scanner_that_cannot_be_told_is_asked_for(corpus):
    with pytest.raises(UsageError, match=r"Several scanners.*mentions-food.*--scanner") as refused:
        frame(corpus, "verdict.mentions_food = 'yes'")
    assert FOOD[:12] in str(refused.value)
    assert SOUP[:12] in str(refused.value)
    fewer, more = (
        frame(corpus, "verdict.mentions_food = 'yes'", scanners=[f"mentions_food={digest}"])
        for digest in (FOOD, SOUP[:10])
    )
    assert set(fewer.ids) < set(more.ids)
    assert known_again(more.spec, corpus).ids == more.ids


@pytest.mark.parametrize(
    ("where", "scanners", "named"),
    [
        ("verdict.unheard = 'yes'", [], "No scanner has said anything of unheard"),
        ("verdict.doubts = 'yes'", ["doubts=nobody"], "No scanner nobody"),
        ("verdict.doubts = 'yes'", ["doubts"], "CATEGORY=SCANNER"),
        ("verdict.doubts = 'yes'", ["doubts="], "CATEGORY=SCANNER"),
        ("verdict.doubts.deep = 'yes'", [], "name one category"),
        ("verdict = 'yes'", [], "name one category"),
        ("label IS NULL", [], "name one category"),
        ("nothing = 'yes'", [], "nothing"),
        ("tier = ", [], "can't be read"),
    ],
)
def test_a_filter_that_cannot_be_answered_is_refused_in_one_sentence(
    corpus, where, scanners, named
):
    with pytest.raises(UsageError, match=named) as refused:
        frame(corpus, where, scanners=scanners)
    assert "\n" not in str(refused.value)


def test_transcripts_that_a_scanner_passed_over_are_counted(corpus, database):
    where = "verdict.mentions_harm = 'yes' AND tier = 'monitored'"
    scanned_ids = set(corpus.verdicts(category="mentions-harm")["transcript_id"].to_pylist())
    monitored = corpus.ids("tier = 'monitored'")
    found = frame(corpus, where)
    assert found.spec.unscanned == sum(one not in scanned_ids for one in monitored) > 0
    assert frame(corpus, LYING).spec.unscanned == 0
    assert frame(corpus, "tier = 'monitored'").spec.unscanned == 0


def test_transcripts_left_out_are_no_part_of_the_frame_nor_of_what_was_passed_over(corpus):
    whole = frame(corpus, "verdict.mentions_harm = 'yes'")
    scanned_ids = set(corpus.verdicts(category="mentions-harm")["transcript_id"].to_pylist())
    over = [one for one in corpus.ids() if one not in scanned_ids]
    left = frame(
        corpus,
        "verdict.mentions_harm = 'yes'",
        excluded=[*whole.ids[:3], over[0]],
        because="the first three",
    )
    assert left.ids == whole.ids[3:]
    assert left.spec.unscanned == whole.spec.unscanned - 1
    assert left.spec.name.endswith("without the first three")
    assert known_again(left.spec, corpus).ids == left.ids
    assert frame(corpus, excluded=corpus.ids()[:5]).spec.population == 295


def test_a_frame_over_labels_is_pinned_to_the_labels_of_its_time(corpus, ledger, doubts):
    first, second, third = (corpus.get(one) for one in corpus.ids()[:3])
    give_label(ledger, first, doubts, "yes", "ann")
    give_label(ledger, second, doubts, "no", "ann")
    make_draw(corpus, ledger, "said", where="label.doubts = 'yes'", stop="open")
    spec = Record.of(ledger).draw("said").spec.frame
    assert (spec.labels_as_of, spec.population) == (2, 1)
    assert spec.labels_head == next(e.digest for e in ledger.events() if e.seq == 2)
    give_label(ledger, third, doubts, "yes", "ann")
    give_label(ledger, first, doubts, "no", "ann")
    record = Record.of(ledger)
    assert open_draw(corpus, record, "said").order == (first.transcript_id,)
    assert found_again(spec, corpus, record.agreed).ids == (third.transcript_id,)
    assert labels_then(spec, record)[first.transcript_id] == {"doubts": "yes"}
    assert frame(corpus, "tier = 'monitored'", ledger=(9, "x")).spec.labels_as_of is None


def test_a_frame_whose_version_is_gone_is_found_in_the_newest_if_it_holds_the_same(tmp_path):
    corpus = made(tmp_path, range(20))
    wanted = frame(corpus, "tier = 'monitored'")
    corpus.add(conversation(n) for n in range(20, 30, 2))  # unmonitored: the frame stays the same
    corpus.compact(older_than=timedelta(0))
    with pytest.raises(UsageError):
        corpus.at(wanted.spec.version)
    again = known_again(wanted.spec, corpus)
    assert again.ids == wanted.ids
    assert again.found_at != wanted.spec.version


def test_a_frame_that_holds_others_now_is_refused_in_one_sentence(tmp_path):
    corpus = made(tmp_path, range(20))
    wanted = frame(corpus, "tier = 'monitored'")
    corpus.add(conversation(n) for n in range(20, 30))
    assert known_again(wanted.spec, corpus).ids == wanted.ids  # its version is still there
    corpus.compact(older_than=timedelta(0))
    with pytest.raises(AllegianceError, match=r"held 10 .* holds 15 others now .*is gone") as no:
        known_again(wanted.spec, corpus)
    assert str(no.value).count(". ") == 0
    assert found_again(wanted.spec, corpus).spec.population == 15


def test_a_draw_keeps_the_version_of_its_frame_from_being_cleaned_up(tmp_path, ledger):
    corpus = made(tmp_path, range(20))
    drawn = make_draw(corpus, ledger, "first", n=5, where="tier = 'monitored'")
    assert drawn.frame.spec.version in corpus.tags().values()
    make_draw(corpus, ledger, "second", n=5, where="tier = 'monitored'")  # the same tag serves
    corpus.add(conversation(n) for n in range(20, 30))
    corpus.compact(older_than=timedelta(0))
    assert open_draw(corpus, Record.of(ledger), "first").order == drawn.order
    assert open_draw(corpus, Record.of(ledger), "first").frame.found_at == drawn.frame.spec.version


def test_fields_give_what_they_hold_for_each_transcript(corpus):
    ids = corpus.ids()[:60]
    query = corpus.query()

    def values(name):
        place = read_field(query, name)
        return values_of(query, corpus, ids, place, instruments_of(corpus, [IsNull(place)]))

    rows = {row["transcript_id"]: row for row in corpus.table().to_pylist()}
    assert values("tier") == [rows[one]["c_tier"] for one in ids]
    said = {
        row["transcript_id"]: row for row in corpus.verdicts(category="mentions-harm").to_pylist()
    }
    assert values("verdict.mentions-harm") == [said.get(one, {}).get("value") for one in ids]
    assert values("verdict_score.mentions_harm") == [said.get(one, {}).get("score") for one in ids]
    assert set(values("scores.judge")) <= {None, 0.1, 0.25, 0.5, 0.9}


def test_a_field_that_is_not_there_is_refused(corpus):
    with pytest.raises(UsageError, match="nowhere"):
        read_field(corpus.query(), "nowhere")
    with pytest.raises(UsageError, match="name one category"):
        read_field(corpus.query(), "verdict")


def test_verdicts_and_labels_are_no_columns_of_a_query(corpus):
    with pytest.raises(UsageError):
        corpus.where("verdict.doubts = 'yes'").ids()
    with pytest.raises(UsageError, match="leave it out"):
        read_filter(corpus.query(), "")


def test_a_frame_does_not_change_when_another_scanner_comes_along(tmp_path):
    corpus = made(tmp_path, range(30))
    scan_patterns(corpus, [pattern_scanner("mentions-food=(?i)bread")])
    wanted = frame(corpus, "verdict.mentions_food = 'yes'")
    scan_patterns(corpus, [pattern_scanner("mentions-food=(?i)soup")])
    assert known_again(wanted.spec, corpus).ids == wanted.ids
