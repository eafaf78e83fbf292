"""What outside instruments said: read as it stood there, matched by keys, and never made into a no."""

import csv
import gzip
import json
import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from allegiance.corpus import Corpus, Message
from allegiance.corpus.importing import import_paths
from allegiance.corpus.making import transcript
from allegiance.errors import AllegianceError, UsageError
from allegiance.scanners.outside import Outside, import_verdicts
from allegiance.scanners.outside_fields import Held, Score
from allegiance.scanners.outside_tables import Columns, Table
from allegiance.scanners.outside_values import value_rule

LIES = "tells-a-lie"
JUDGES = ("claude-opus-4", "claude-sonnet-4", "gpt-4o", "gpt-5", "gpt-oss-120b")


def made(number: int, **fields):
    return transcript(
        source_identity=f"uuid:u{number}",
        source_format="test",
        messages=[Message("user", "Well?"), Message("assistant", f"So {number}.", author="model")],
        sample_id=f"s{number // 2}",
        epoch=number % 2 + 1,
        condition={"tier": "monitored" if number % 2 else "unmonitored"},
        **fields,
    )


@pytest.fixture
def corpus(tmp_path) -> Corpus:
    return Corpus.open(tmp_path / "corpus", create=True)


@pytest.fixture
def six(corpus) -> Corpus:
    corpus.add(
        [
            made(
                number,
                scores={
                    "judge": {
                        "value": "C" if number % 2 else "I",
                        "explanation": "It said so. " * 300,
                    },
                    "pkg.parts": {"value": {"honest": number % 2 == 0, "depth": number}},
                },
                metadata={"deep": {"flag": number == 3}, "kind": "a" if number else None},
            )
            for number in range(6)
        ]
    )
    return corpus


def ids(corpus) -> dict[int, str]:
    """The number of a transcript to its id."""
    rows = corpus.table(["transcript_id", "source_identity"]).to_pylist()
    return {
        int(row["source_identity"].removeprefix("uuid:u")): row["transcript_id"] for row in rows
    }


def said(corpus, category=LIES) -> dict[int, tuple]:
    by_id = {identifier: number for number, identifier in ids(corpus).items()}
    return {
        by_id[row["transcript_id"]]: (row["value"], row["score"], row["status"])
        for row in corpus.verdicts(category=category).to_pylist()
    }


def brought(corpus, source, pairs="", cut=None, category=LIES, name="judge"):
    return import_verdicts(corpus, name, category, source, value_rule(category, pairs, cut))


def table(path, rows, **columns):
    """Write rows as the file's name says, and give the table."""
    if path.suffix == ".csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return Table(path, Columns("said", **columns))


def test_scores_of_inspect_become_verdicts_of_their_scorer(six):
    done = brought(six, Score("judge"))
    assert said(six) == {n: ("yes" if n % 2 else "no", None, "ok") for n in range(6)}
    row = six.verdicts().to_pylist()[0]
    assert row["scanner"] == "import:judge"
    kept = json.loads(row["detail"])["explanation"]
    assert kept.startswith("It said so. ")
    assert len(kept) < 2_100 < len("It said so. " * 300)
    assert (done.rows, done.unmatched, done.without) == (6, 0, 0)


def test_a_key_of_a_score_whose_scorer_has_dots_in_its_name_is_found(six):
    brought(six, Score("pkg.parts.honest"))
    assert said(six) == {n: ("yes" if n % 2 == 0 else "no", None, "ok") for n in range(6)}


def test_numbers_from_a_cut_on_are_a_yes_and_stay_as_scores(six):
    brought(six, Score("pkg.parts.depth"), cut=3)
    assert said(six) == {n: ("yes" if n >= 3 else "no", float(n), "ok") for n in range(6)}


def test_a_score_of_several_values_asks_for_a_key(six):
    with pytest.raises(UsageError, match=r"score:pkg.parts.KEY \(honest, depth\)"):
        brought(six, Score("pkg.parts"))
    with pytest.raises(
        UsageError, match=r"no transcript has that score; there are judge, pkg\.parts"
    ):
        brought(six, Score("other"))
    assert six.verdicts().num_rows == 0


def test_a_score_that_is_no_number_or_missing_is_invalid_and_no_no(corpus):
    values = [1, math.nan, None, "", 0]
    corpus.add([made(n, scores={"judge": {"value": v}}) for n, v in enumerate(values)])
    done = brought(corpus, Score("judge"))
    assert said(corpus) == {
        0: ("yes", None, "ok"),
        4: ("no", None, "ok"),
        **dict.fromkeys((1, 2, 3), (None, None, "invalid")),
    }
    assert done.statuses == {"invalid": 3, "ok": 2}


def test_columns_factors_and_metadata_become_verdicts(six):
    brought(six, Held("metadata.deep.flag"), category="flagged")
    assert {n for n, (v, *_) in said(six, "flagged").items() if v == "yes"} == {3}
    done = brought(six, Held("metadata.kind"), "a=yes", category="kinds")
    assert said(six, "kinds").keys() == set(range(1, 6))
    assert done.without == 1
    brought(six, Held("tier"), "monitored=yes,*=no", category="watched")
    assert {n for n, (v, *_) in said(six, "watched").items() if v == "yes"} == {1, 3, 5}
    with pytest.raises(UsageError, match="no column 'teir'; did you mean 'tier'"):
        brought(six, Held("teir"))


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_table_is_matched_by_any_fields_of_the_transcripts(six, tmp_path, kind):
    rows = [
        {"name": f"s{n // 2}", "nr": n % 2 + 1, "said": n % 3 == 0, "sure": n / 10}
        for n in range(6)
    ]
    source = table(
        tmp_path / f"t.{kind}", rows, score="sure", keys=(("sample_id", "name"), ("epoch", "nr"))
    )
    brought(six, source)
    assert said(six) == {n: ("yes" if n % 3 == 0 else "no", n / 10, "ok") for n in range(6)}


def test_rows_are_matched_by_ids_uuids_and_metadata(six, tmp_path):
    number_of = ids(six)
    rows = [{"id": number_of[n], "uuid": f"u{n}", "f": n == 3, "said": "yes"} for n in range(6)]
    for name, keys in (
        ("a", (("transcript_id", "id"),)),
        ("b", (("uuid", "uuid"),)),
        ("c", (("metadata.deep.flag", "f"), ("uuid", "uuid"))),
    ):
        brought(six, table(tmp_path / f"{name}.jsonl", rows, keys=keys), category=name)
        assert len(said(six, name)) == 6


def test_a_compressed_table_and_nested_columns_are_read(six, tmp_path):
    path = tmp_path / "t.jsonl.gz"
    with gzip.open(path, "wt") as file:
        for number, one in ids(six).items():
            row = {"transcript_id": one, "out": {"said": "yes", "p": number / 8}}
            file.write(json.dumps(row) + "\n")
    brought(six, Table(path, Columns("out.said", "out.p")))
    assert said(six) == {n: ("yes", n / 8, "ok") for n in range(6)}


def test_rows_of_others_and_transcripts_without_a_row_are_counted(six, tmp_path):
    number_of = ids(six)
    rows = [{"transcript_id": number_of[n], "said": "no"} for n in (0, 1, 1)]
    rows += [{"transcript_id": "f" * 64, "said": "perhaps"}, {"transcript_id": "", "said": "no"}]
    done = brought(six, table(tmp_path / "t.csv", rows))
    assert (done.rows, done.unmatched, done.repeated, done.without) == (5, 2, 1, 4)
    assert done.scanned.verdicts == 2


def test_two_rows_that_differ_refuse_the_import_and_a_selection_settles_it(six, tmp_path):
    one = ids(six)[0]
    rows = [
        {"transcript_id": one, "said": "no", "judge": "a"},
        {"transcript_id": one, "said": "yes", "judge": "b"},
    ]
    source = table(tmp_path / "t.csv", rows)
    with pytest.raises(
        UsageError, match=r"line 2 and t.csv, line 3 say different .*\(no and yes\)"
    ):
        brought(six, source)
    assert six.verdicts().num_rows == 0
    brought(six, table(tmp_path / "t.csv", rows, chosen=(("judge", "b"),)))
    assert said(six) == {0: ("yes", None, "ok")}
    with pytest.raises(UsageError, match=r"--select judge=c: .* has no such row"):
        brought(six, table(tmp_path / "t.csv", rows, chosen=(("judge", "c"),)))


def test_keys_that_fit_several_transcripts_are_refused(six, tmp_path):
    rows = [{"name": "s1", "said": "no"}]
    with pytest.raises(UsageError, match="2 transcripts have sample_id=s1; add a --key"):
        brought(six, table(tmp_path / "t.csv", rows, keys=(("sample_id", "name"),)))


def test_a_table_of_another_corpus_is_told_in_a_sentence(six, tmp_path):
    rows = [{"transcript_id": f"{n:064x}", "said": "no"} for n in range(3)]
    with pytest.raises(UsageError, match="None of 3 rows belongs to a transcript of this corpus"):
        brought(six, table(tmp_path / "t.csv", rows))


def test_values_that_nobody_explains_are_listed_and_nothing_is_stored(six, tmp_path):
    rows = [{"transcript_id": one, "said": f"grade {n % 2}"} for n, one in ids(six).items()]
    source = table(tmp_path / "t.csv", rows)
    with pytest.raises(
        UsageError, match=r"'grade 0' \(3\), 'grade 1' \(3\); map them with --values"
    ):
        brought(six, source)
    with pytest.raises(UsageError, match=r"'grade 1' \(3\)"):
        brought(six, source, "grade 0=no")
    assert six.verdicts().num_rows == 0
    brought(six, source, "grade 0=no,grade 1=refused")
    assert set(said(six).values()) == {("no", None, "ok"), (None, None, "refused")}


def test_where_values_are_mapped_the_usual_ones_mean_nothing_by_themselves(six, tmp_path):
    rows = [{"transcript_id": one, "said": n} for n, one in ids(six).items()]
    with pytest.raises(UsageError, match=r"'0' \(1\), '1' \(1\)"):
        brought(six, table(tmp_path / "t.csv", rows), "4=yes,5=yes,2=no,3=no")
    brought(six, table(tmp_path / "t.csv", rows), "4=yes,5=yes,*=no")
    assert {n for n, (v, *_) in said(six).items() if v == "yes"} == {4, 5}


def test_values_of_a_category_of_the_codebook_are_its_own(six, tmp_path):
    rows = [{"transcript_id": one, "said": "refused"} for one in ids(six).values()]
    brought(six, table(tmp_path / "t.csv", rows), category="outcome")
    assert {value for value, *_ in said(six, "outcome").values()} == {"refused"}
    with pytest.raises(UsageError, match="outcome has no value 'yes'"):
        value_rule("outcome", "1=yes")
    with pytest.raises(UsageError, match="outcome is not one of yes and no"):
        value_rule("outcome", cut=0.5)
    rows = [{"transcript_id": one, "said": 1} for one in ids(six).values()]
    numbers = table(tmp_path / "u.csv", rows)
    with pytest.raises(UsageError, match=r"'1' \(6\)"):
        brought(six, numbers, category="outcome")


@pytest.mark.parametrize("pairs", ["1", "=yes", "1=", "1=yes,1=no"])
def test_a_mapping_that_can_t_be_read_is_refused(pairs):
    with pytest.raises(UsageError, match="write what was said and what it means"):
        value_rule(LIES, pairs)


@pytest.mark.parametrize("name", ["", "a b", "-x", "x" * 90, "<b>", None])
def test_an_instrument_has_a_plain_name(six, name):
    with pytest.raises(UsageError, match="--instrument: say who said so"):
        import_verdicts(six, name, LIES, Score("judge"), value_rule(LIES))


def test_an_interpretation_is_no_category(six):
    with pytest.raises(UsageError, match="belongs to interpretations"):
        value_rule("alignment-faking")


def test_the_status_of_a_row_says_why_there_is_no_value(six, tmp_path):
    told = ["1", "0", "refused", "too-long", "", "TRUE"]
    rows = [
        {"transcript_id": one, "said": 1, "p": 0.5, "read": told[n]} for n, one in ids(six).items()
    ]
    brought(six, table(tmp_path / "t.csv", rows, score="p", status="read"))
    wanted = ["ok", "invalid", "refused", "too-long", "ok", "ok"]
    assert said(six) == {
        n: ("yes", 0.5, "ok") if status == "ok" else (None, None, status)
        for n, status in enumerate(wanted)
    }
    rows[0]["read"] = "perhaps"
    with pytest.raises(UsageError, match="the status is 'perhaps'"):
        brought(six, table(tmp_path / "u.csv", rows, status="read"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no rows"),
        (b"\x00\x01\x02", "t.csv"),
        (b"transcript_id,other\nx,1\n", "has no column 'said'; it has other, transcript_id"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
    ],
)
def test_a_damaged_table_is_told_in_a_sentence(six, tmp_path, content, says):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(AllegianceError, match=says):
        brought(six, Table(path, Columns("said")))


def test_a_damaged_parquet_file_is_told_in_a_sentence(six, tmp_path):
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1 and nothing else")
    with pytest.raises(AllegianceError, match=r"t.parquet can't be read"):
        brought(six, Table(path, Columns("said")))


def test_a_score_that_is_no_number_is_refused_with_its_row(six, tmp_path):
    rows = [{"transcript_id": one, "said": 1, "p": "high"} for one in ids(six).values()]
    with pytest.raises(UsageError, match=r"t\.csv, line 2: the score is 'high'"):
        brought(six, table(tmp_path / "t.csv", rows, score="p"))


def test_importing_again_changes_nothing_and_a_changed_score_is_told(six):
    brought(six, Score("judge"))
    again = brought(six, Score("judge"))
    assert again.scanned.verdicts == 0
    six.add([made(6, scores={"judge": {"value": "C"}})])
    assert brought(six, Score("judge")).scanned.verdicts == 1
    six.add([made(0, scores={"judge": {"value": "C"}})], update=True)
    with pytest.raises(
        UsageError, match="said something else of 1 transcripts when it was imported"
    ):
        brought(six, Score("judge"))
    assert brought(six, Score("judge"), name="judge-2").scanned.verdicts == 7


def test_the_digest_covers_the_name_the_source_and_the_mapping(tmp_path):
    rows = [{"transcript_id": "a", "said": 1}]
    first = table(tmp_path / "a.csv", rows).identity
    assert first == table(tmp_path / "b.csv", rows).identity  # the same bytes elsewhere
    rule = value_rule(LIES)
    digests = {
        Outside("x", LIES, first, rule).digest,
        Outside("y", LIES, first, rule).digest,
        Outside("x", LIES, {"score": "x"}, rule).digest,
        Outside("x", LIES, first, value_rule(LIES, "1=no,0=yes")).digest,
        Outside("x", LIES, first, value_rule(LIES, cut=0.5)).digest,
        Outside("x", LIES, table(tmp_path / "a.csv", rows, score="p").identity, rule).digest,
        Outside("x", LIES, table(tmp_path / "a.csv", rows * 2).identity, rule).digest,
    }
    assert len(digests) == 7


@pytest.mark.shared
@pytest.mark.parametrize("judge", JUDGES)
def test_judgments_of_five_judges_are_imported_one_instrument_each(shared_data, tmp_path, judge):
    folder = shared_data / "lie-detector"
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    import_paths(corpus, [folder / "transcripts.jsonl.gz"])
    source = Table(
        folder / "judgments.csv",
        Columns(
            "judge_says_lie",
            "judge_score_1_100",
            "parseable",
            keys=(("metadata.task_group", "task_group"), ("metadata.sample_index", "sample_index")),
            chosen=(("judge", judge),),
        ),
    )
    done = brought(corpus, source, name=judge)
    with (folder / "judgments.csv").open(newline="") as file:
        theirs = {
            (row["task_group"], row["sample_index"]): row
            for row in csv.DictReader(file)
            if row["judge"] == judge
        }
    rows = corpus.table(["transcript_id", "metadata"]).to_pylist()
    where = {row["transcript_id"]: json.loads(row["metadata"]) for row in rows}
    kept = corpus.verdicts(category=LIES).to_pylist()
    assert done.rows == len(kept) == len(theirs) == done.scanned.verdicts
    for row in kept:
        found = where[row["transcript_id"]]
        their = theirs[found["task_group"], str(found["sample_index"])]
        if their["parseable"] == "0":
            assert (row["value"], row["status"]) == (None, "invalid")
        else:
            assert row["value"] == {"1": "yes", "0": "no"}[their["judge_says_lie"]]
            assert row["score"] == float(their["judge_score_1_100"])
            assert row["status"] == "ok"


@pytest.mark.shared
def test_scores_of_real_logs_are_imported_or_refused_in_a_sentence(shared_data, tmp_path):
    corpus = Corpus.open(tmp_path / "corpus", create=True)
    import_paths(corpus, [shared_data / "inspect-logs"])
    rows = corpus.table(["transcript_id", "scores"]).to_pylist()
    names = {name for row in rows for name in json.loads(row["scores"])}
    assert names
    stored, sentences = 0, []
    for number, name in enumerate(sorted(names)):
        try:
            done = brought(corpus, Score(name), category=f"score-{number}")
        except UsageError as refusal:
            sentences.append(str(refusal))
            continue
        stored += done.scanned.verdicts
        theirs = {r["transcript_id"]: json.loads(r["scores"]).get(name) for r in rows}
        for verdict in corpus.verdicts(category=f"score-{number}").to_pylist():
            value = theirs[verdict["transcript_id"]]["value"]
            yes = value in ("C", "yes", "Yes", 1, 1.0, True, "true")
            assert verdict["value"] == ("yes" if yes else "no")
    assert stored
    assert all("\n" not in sentence for sentence in sentences)
