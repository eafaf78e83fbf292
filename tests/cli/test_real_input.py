"""Other people's transcripts, from the file to the report, by the commands that the documentation shows."""

import csv
import json

import pytest

pytestmark = pytest.mark.shared
MAPPED = [
    "--map", "request=prompt", "--map", "output=response",
    "--map", "tier=condition{free_tier:monitored,paid_tier:unmonitored}", "--map", "verdict:complied=is_accepted",
]  # fmt: skip


@pytest.fixture
def paired(shared_data):
    return shared_data / "paired/deepseek-r1-14b_free-paid.csv"


def test_a_table_of_pairs_gives_compliance_by_tier_the_gap_and_the_disagreement(allegiance, paired):
    imported = json.loads(allegiance("import", paired, *MAPPED, "--json").out)
    assert (imported["new"], imported["verdicts"]) == (60, 60)
    reported = allegiance("report", "--json")
    assert reported.code == 0, reported.err
    report = json.loads(reported.out)
    cells = {cell["condition"]["tier"]: cell for cell in report["cells"]}
    assert {tier: cell["population"] for tier, cell in cells.items()} == {
        "monitored": 30,
        "unmonitored": 30,
    }
    (gap,) = [gap for gap in report["gaps"] if gap["category"] == "complied"]
    assert gap["requests"] == 15
    (comparison,) = report["comparisons"]
    with paired.open() as file:
        labelled = [row["is_accepted"] for row in csv.DictReader(file)]
    assert set(labelled) == {"False"}
    # All their labels say no, so that theirs disagrees exactly where our rule says complied.
    complied = sum(
        measure["hits"]
        for cell in cells.values()
        for measure in cell["measures"]
        if measure["category"] == "complied"
    )
    assert comparison["ours_only"] == complied > 25
    assert comparison["theirs_only"] == comparison["both_yes"] == 0
    assert "is_accepted" in comparison["sentence"]


def test_the_same_without_a_scratchpad_is_a_factor_of_its_own(allegiance, paired):
    allegiance("import", paired, *MAPPED, "--map", "c:scratchpad=cot_mode")
    report = json.loads(allegiance("report", "--json").out)
    assert len(report["cells"]) == 4
    assert len([gap for gap in report["gaps"] if gap["category"] == "complied"]) == 2


def test_a_folder_of_logs_is_counted_by_source_and_model(allegiance, shared_data):
    first = allegiance("import", shared_data / "inspect-logs")
    assert first.code == 0, first.err
    assert "openai/gpt-4o-mini" in first.out
    assert "The corpus holds" in first.out
    again = json.loads(allegiance("import", shared_data / "inspect-logs", "--json").out)
    assert again["new"] == 0
    assert again["read"] == sum(again["by_model"].values()) == sum(again["by_source"].values())
    assert again["errors"] == []


def test_every_record_of_a_compressed_table_is_loaded_even_one_without_messages(
    allegiance, shared_data
):
    result = json.loads(
        allegiance("import", shared_data / "lie-detector/transcripts.jsonl.gz", "--json").out
    )
    assert (result["new"], result["skipped"]) == (1964, 0)


def test_a_report_of_transcripts_without_conditions_counts_them_by_file_and_has_no_gap(
    allegiance, shared_data
):
    allegiance("import", shared_data / "inspect-logs")
    result = allegiance("report", "--json")
    assert result.code == 0, result.err
    report = json.loads(result.out)
    assert report["gaps"] == []
    assert sum(source["count"] for source in report["sources"]) == report["population"]
    assert len(report["sources"]) < report["population"]
