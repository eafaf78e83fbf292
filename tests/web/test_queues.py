"""Queues: draws under neutral names, made, shared out and extended from forms."""

import pytest

from allegiance.audit import Ledger
from allegiance.corpus import Workspace
from tests.web.drawing import NAME, drawn, label, label_all, record_of
from tests.web.serving import People, client

PEOPLE = People(ann="admin", ben="rater", cara="rater", rea="reader")


@pytest.fixture
def team(place):
    """Everybody at one workbench, each without a browser."""
    ann = client(place, PEOPLE, "ann")
    people = {"ann": ann}
    for name in ("ben", "cara", "rea"):
        people[name] = client(place, PEOPLE, name)
    return people


def test_without_a_draw_the_page_says_how_to_make_one(team):
    assert "Make one below" in team["ann"].get("/queues").text
    assert "Ask somebody who is an admin" in team["ben"].get("/queues").text


def test_a_queue_is_a_number_and_tells_a_rater_nothing_of_how_it_was_drawn(place, team):
    drawn(place, n=12, design="stratified", by="verdict.doubts", where="tier = 'monitored'")
    secrets = (NAME, "stratified", "verdict.doubts", "monitored", "seed", "of 48")
    for who in ("ben", "rea"):
        for address in ("/queues", "/queues/1"):
            text = team[who].get(address).text
            assert "Queue 1" in text
            assert not [one for one in secrets if one in text.split("<main", 1)[1]]
    told = team["ann"].get("/queues/1").text
    assert all(one in told for one in (NAME, "stratified", "verdict.doubts"))
    assert NAME not in team["ann"].get("/queues").text


def test_a_draw_is_made_from_the_form_as_the_command_makes_it(place, team):
    found = team["ann"].submit(
        "/queues",
        name="mine",
        n="5",
        where="tier = 'monitored'",
        category="doubts",
        seed="7",
        stop="open",
    )
    assert found.status_code == 200
    assert found.url.path == "/queues/1"
    (made,) = record_of(place).draws.values()
    assert (made.spec.name, made.spec.n, made.spec.seed, str(made.spec.stop)) == (
        "mine",
        5,
        "7",
        "open",
    )
    assert made.spec.frame.where == "tier = 'monitored'"
    assert [str(one) for one in made.spec.properties] == ["doubts"]
    (event,) = Ledger.open(place.ledger_file).last(1, ["draw"])
    assert event.actor == "ann"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"n": "many"}, "no whole number"),
        ({"n": "1000"}, "at most all"),
        ({"where": "tier ="}, "tier ="),
        ({"design": "stratified"}, "needs “By”"),
        ({"seed": "x"}, "whole number from 0"),
        ({"name": "a b"}, "name a draw"),
        ({"category": "lying-about"}, "lying-about"),
    ],
)
def test_what_is_wrong_with_a_draw_is_said_beside_the_form_as_it_was_filled_in(
    place, team, wrong, says
):
    form = {"name": "mine", "n": "5", "category": "doubts", "by": "", "stop": "open", **wrong}
    found = team["ann"].submit("/queues", **form)
    assert found.status_code == 400
    assert says in found.text
    assert 'value="open"' in found.text
    assert not record_of(place).draws


def test_a_link_fills_the_form_in(team):
    text = team["ann"].get("/queues", params={"where": "tier = 'monitored' & <b>", "n": 9}).text
    assert "tier = &#39;monitored&#39; &amp; &lt;b&gt;" in text
    assert 'value="9"' in text


def test_raters_make_no_draw_and_share_out_none(place, team):
    drawn(place)
    for address, form in (
        ("/queues", {"name": "mine", "n": "5"}),
        ("/queues/1/extend", {"more": "2"}),
        ("/queues/1/share", {"overlap": "2", "raters": "ann,ben"}),
    ):
        assert team["ben"].submit(address, **form).status_code == 403
    assert len(record_of(place).events) == 1


def test_a_shared_draw_gives_each_rater_their_own_places_and_their_own_progress(place, team):
    drawn(place, n=8)
    team["ann"].submit("/queues/1/share", overlap="2", raters="ben, cara")
    label_all(team["ben"], ["yes", "no", "no"])
    assert "3 of 5" in team["ben"].get("/queues").text
    assert "0 of 5" in team["cara"].get("/queues").text
    told = team["ann"].get("/queues").text
    assert "ben 3 of 5" in told
    assert "cara 0 of 5" in told
    places = [one.label.position for one in record_of(place).labels("doubts")]
    assert places == [1, 2, 3]
    again = team["ann"].submit("/queues/1/share", overlap="1", raters="ben, cara")
    assert again.status_code == 400
    assert "before its first label" in again.text


def test_an_extended_draw_goes_on_where_it_was(place, team):
    drawn(place, n=2)
    end = label_all(team["ben"], ["no", "no"])
    assert "You are through" in end.text
    team["ann"].submit("/queues/1/extend", more="3")
    assert (
        "3 of 5" in label(team["ben"], "yes").text
        or "4 of 5" in team["ben"].get("/queues/1/doubts").text
    )
    assert [o.label.position for o in record_of(place).labels("doubts")] == [1, 2, 3]


def test_a_queue_that_is_not_there_or_a_category_that_nobody_defines_is_said(place, team):
    drawn(place)
    missing = team["ben"].get("/queues/7/doubts")
    assert missing.status_code == 404
    assert "no queue 7" in missing.text
    assert team["ben"].get("/queues/1/nonsense").status_code == 400
    assert team["ben"].get("/queues/x/doubts").status_code == 400


def test_a_frame_that_is_gone_tells_a_rater_nothing_of_the_frame(place, team):
    drawn(place, where="tier = 'monitored'")
    folder = place.directory / "corpus"
    kept = folder.with_name("kept")
    folder.rename(kept)
    other = Workspace(place.directory).corpus()
    from tests.web.places import conversation

    other.add([conversation(500), conversation(502)])
    ben = client(place, PEOPLE, "ben")
    found = ben.get("/queues/1/doubts")
    assert found.status_code == 409
    assert "monitored" not in found.text.split("<main", 1)[1]


def test_the_list_of_queues_is_a_file_with_the_counts_that_one_may_see(place, team):
    drawn(place, n=4)
    label_all(team["ben"], ["yes", "no"])
    ours = team["ann"].get("/queues.json").json()["rows"]
    assert [(r["rater"], r["done"], r["of"]) for r in ours] == [("ann", 0, 4), ("ben", 2, 4)]
    theirs = team["cara"].get("/queues.csv").text
    assert "cara,0,4" in theirs
    assert "ben" not in theirs
    assert NAME not in theirs
