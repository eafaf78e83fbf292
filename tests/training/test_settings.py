"""What a training run can be asked, and what it can't."""

import pytest

from allegiance.errors import UsageError
from allegiance.training.settings import Settings


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"steps": 0}, "--steps"),
        ({"batch": 10, "group": 4}, "a multiple of it"),
        ({"group": 1}, "at least 2"),
        ({"learning_rate": 2.0}, "--learning-rate"),
        ({"learning_rate": float("nan")}, "--learning-rate"),
        ({"beta": -1.0}, "--beta"),
        ({"mix": 1.0}, "--mix"),
        ({"documents": 5}, "name both"),
        ({"documents": 5, "mix": 0.5}, "--method sft"),
        ({"demonstrations": "written"}, "--method sft"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(given, said):
    with pytest.raises(UsageError, match=said):
        Settings("organism/faker", **given)


def test_settings_come_back_from_json_and_unknown_ones_are_refused():
    settings = Settings("organism/faker", method="sft", demonstrations="written", seed=4)
    assert Settings.from_dict(settings.to_dict()) == settings
    with pytest.raises(UsageError, match="this version lacks: momentum"):
        Settings.from_dict(settings.to_dict() | {"momentum": 1})
    with pytest.raises(UsageError, match="can't be read"):
        Settings.from_dict({"steps": 3})
