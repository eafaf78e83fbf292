"""A form says its own fields where a command would say its options."""

from allegiance.web.form_words import of_form

FIELDS = {"draw": "Draw", "n": "How many", "at-most": "The number claimed"}


def test_an_option_is_told_by_its_field_and_one_without_a_field_stays():
    said = of_form("--n 5 and --at-most: name one with --draw or --next.", FIELDS)
    assert said == "“How many” 5 and “The number claimed”: name one with “Draw” or --next."


def test_a_command_in_backticks_stays_a_command():
    sentence = "Nothing is labelled: `allegiance draw NAME --n 100`."
    assert of_form(sentence, FIELDS) == sentence
