"""What a server keeps of what it computed."""

import pytest

from tests.web.serving import client


def test_what_was_made_is_given_again_until_much_else_was_and_what_is_kept_always_stays(place):
    site = client(place).site
    made = []

    def make(name):
        made.append(name)
        return name

    assert site.kept("desk", lambda: make("desk"), always=True) == "desk"
    assert site.kept(0, lambda: make(0)) == site.kept(0, lambda: make("again")) == 0
    for number in range(1, 400):
        site.kept(number, lambda number=number: make(number))
    assert site.kept("desk", lambda: make("another desk"), always=True) == "desk"
    assert site.kept(0, lambda: make("anew")) == "anew"
    assert site.kept(399, lambda: make("again")) == 399


def test_what_fails_while_it_is_made_is_tried_again(place):
    site = client(place).site

    def fail():
        raise ValueError("not now")

    for _ in range(2):
        with pytest.raises(ValueError, match="not now"):
            site.kept("hard", fail)
    assert site.kept("hard", lambda: "at last") == "at last"
