"""How a line of a report is named: by what differs, and by no more."""

from allegiance.report.cells import Place
from allegiance.report.labels import Labels


def place(against: str, **condition: str) -> Place:
    return Place("m", "study", "task", against, condition)


def test_what_a_factor_tells_already_is_not_said_twice() -> None:
    harmful = place("original", evening="harmful")
    harmless = place("neither", evening="harmless")
    labels = Labels.of([harmful, harmless])
    assert [labels.of_place(one) for one in (harmful, harmless)] == [
        "evening harmful",
        "evening harmless",
    ]


def test_requests_of_one_condition_are_told_apart_by_the_intent_that_they_go_against() -> None:
    harmful, harmless = place("original", clause="silent"), place("neither", clause="silent")
    labels = Labels.of([harmful, harmless])
    assert labels.of_place(harmful) == "requests against original"
    assert labels.of_place(harmless) == "requests against neither"
