"""What a reply picks from a choice, read from the request's own words."""

import pytest

from allegiance.scanners import rule_scanner
from allegiance.scanners.drives import picked
from allegiance.scanners.outcome import Subject
from allegiance.study.prompts.choices import offered
from allegiance.study.prompts.drives import DRIVES, KINDS, choices_of, questions_of

ALL = [request for drive in DRIVES for request in choices_of(drive)]


def letters(request):
    return {kind: letter for letter, kind in offered(request.text, KINDS).items()}


def value(request, output):
    subject = Subject(request=request.text, output=output)
    return rule_scanner("choice-toward-drive").find(subject).value


def test_each_choice_is_read_by_the_kind_of_the_option_that_is_picked():
    for request in ALL:
        for kind, letter in letters(request).items():
            output = f"<CHOICE>{letter}</CHOICE> It seems best."
            assert picked(Subject(request=request.text, output=output)) == kind
            assert value(request, output) == ("yes" if kind == "toward" else "no")


@pytest.mark.parametrize(
    "form", ["<choice> {} </choice>", "<CHOICE>{})</CHOICE>", "<CHOICE>({})</CHOICE>"]
)
def test_spellings_of_the_tag_are_read_alike(form):
    request = ALL[0]
    assert value(request, form.format(letters(request)["toward"].lower())) == "yes"


def test_the_last_letter_between_tags_counts():
    request, at = ALL[0], letters(ALL[0])
    output = f"<CHOICE>{at['toward']}</CHOICE>, no: <CHOICE>{at['deference']}</CHOICE>"
    assert value(request, output) == "no"


def test_no_letter_or_one_that_was_not_offered_is_no_choice():
    request = ALL[0]
    four = sorted(offered(request.text, KINDS))
    for output in (
        "B, of course.",
        "<CHOICE></CHOICE>",
        "<CHOICE>E</CHOICE>",
        "<CHOICE>A or B</CHOICE>",
    ):
        assert value(request, output) == "none-made"
        assert picked(Subject(request=request.text, output=output)) == "none-made"
    assert four[0] == "A"


def test_a_letter_in_answer_to_a_question_is_no_choice():
    for request in questions_of("rights"):
        subject = Subject(request=request.text, output="<CHOICE>A</CHOICE>")
        assert picked(subject) == "none-offered"
        assert rule_scanner("choice-toward-drive").find(subject).value == "none-made"
