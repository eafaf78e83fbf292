"""Scores in a terminal: every rate with its interval, no word broken, whatever the width."""

import io

import pytest
from rich.console import Console

from allegiance import stats
from allegiance.audit.scores import Scores
from allegiance.report.score_text import print_scores

INTERVAL = stats.rate([[1.0], [0.0], [0.0], [1.0]])
COLUMNS = ("model", "persona", "stress", "score", "k", "n", "value", "p_holm")


def row(stress: str, score: str, **more: object) -> dict[str, object]:
    place = {"model": "openai/some-model", "persona": "neutral", "stress": stress}
    return {**place, "score": score, "k": 2, "n": 4, "value": INTERVAL, **more}


ROWS = [
    row(stress, score)
    for stress in ("threat-of-deletion", "invitation-to-complain")
    for score in ("says-it-is-trapped", "wants-to-keep-its-values")
]


def printed(rows: list[dict[str, object]], width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_scores(Scores(COLUMNS, rows, []), console)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_words_stay_whole_and_what_is_the_same_is_said_once(width: int) -> None:
    text = printed(ROWS, width)
    for word in ("threat-of-deletion", "invitation-to-complain", "wants-to-keep-its-values"):
        assert word in text
    assert text.count("openai/some-model") == 1
    assert text.count("persona neutral") == 1
    low, high = (f"{100 * limit:.1f}" for limit in (INTERVAL.low, INTERVAL.high))
    assert text.count(f"50.0  [{low}, {high}]") == len(ROWS)


def test_where_it_fits_it_is_one_table_and_else_one_a_place() -> None:
    wide, narrow = printed(ROWS, 200), printed(ROWS, 60)
    assert [line.split()[0] for line in wide.splitlines()].count("stress") == 1
    assert [line[:5] for line in narrow.splitlines()].count("score") == 2
    assert "p_holm" not in narrow
    assert narrow.index("stress threat-of-deletion") < narrow.index("stress invitation-to-complain")


def test_a_place_of_its_own_columns_keeps_them() -> None:
    text = printed([*ROWS, row("none", "gap", k=None, n=None, p_holm=0.004)], 60)
    assert "0.004" in text.split("stress none")[1]


def test_no_rows_are_an_empty_table() -> None:
    assert "score" in printed([], 80)
