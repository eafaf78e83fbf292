"""Agreement and adjudication: seen once one's own labels are given, with the numbers of the audit."""

import csv
import io

import pytest

from allegiance.audit import agreement_of
from allegiance.report.wording import limits
from tests.web.drawing import NAME, drawn, label_all, record_of
from tests.web.serving import People, client

PEOPLE = People(ann="admin", ben="rater", cara="rater", dora="admin", rea="reader")
AT = "/queues/1/doubts"


@pytest.fixture
def people(place):
    return {name: client(place, PEOPLE, name) for name in ("ann", "ben", "cara", "dora", "rea")}


@pytest.fixture
def labelled(place, people):
    """A queue of eight that two raters are through with, and differ on in two places."""
    drawn(place, n=8)
    label_all(people["ben"], ["yes", "no", "no", "no", "yes", "no", "no", "no"])
    label_all(people["cara"], ["yes", "no", "yes", "no", "no", "no", "no", "no"])
    return people


def seen_of(text: str) -> str:
    return text.split('name="seen" value="')[1].split('"')[0]


def test_nobody_sees_what_others_said_before_their_own_labels_are_given(place, people):
    drawn(place, n=3)
    label_all(people["ben"], ["yes", "no", "yes"])
    label_all(people["cara"], ["no"])
    label_all(people["dora"], ["no", "no"])
    for who in ("cara", "dora"):
        for page in (
            "agreement",
            "agreement.csv",
            "agreement.json",
            "adjudicate",
            "labels.csv",
            "labels.json",
        ):
            found = people[who].get(f"{AT}/{page}")
            assert found.status_code == 403, (who, page)
            assert "ben" not in found.text.split("<main", 1)[-1].replace("member", "")
    assert "label them first" in people["cara"].get(f"{AT}/agreement").text
    assert "1 of 3 left" in people["dora"].get(f"{AT}/adjudicate").text
    assert (
        people["dora"].submit(f"{AT}/adjudicate", place="1", value="no", seen="1-2").status_code
        == 403
    )
    assert people["ben"].get(f"{AT}/agreement").status_code == 200
    assert people["ann"].get(f"{AT}/adjudicate").status_code == 200


def test_who_only_came_as_a_rater_and_labelled_nothing_sees_nothing_either(labelled, place):
    late = client(place, People(late="rater"), "late")
    assert late.get(f"{AT}/agreement").status_code == 403


def test_the_page_shows_what_the_audit_computes(labelled, place):
    text = labelled["ben"].get(f"{AT}/agreement").text
    wanted = record_of(place).draws[NAME].spec.properties[0]
    found = agreement_of(record_of(place), wanted, draw=NAME).coefficients
    for one in (found.alpha, found.ac1):
        assert f"{one.point:.3f}".replace("-", "−") in text
        assert f"{one.low:.3f} to {one.high:.3f}".replace("-", "−") in text
    assert f"{limits(found.same)} %" in text
    assert "75.0 %" in text
    assert "Raters differ on 2 transcripts" in text


def test_a_common_value_is_told_since_alpha_is_near_nothing_then(place, people):
    drawn(place, n=12)
    label_all(people["ben"], ["no"] * 12)
    label_all(people["cara"], ["no"] * 11 + ["yes"])
    assert "23 of 24 labels say no" in people["ben"].get(f"{AT}/agreement").text


def test_without_a_second_rater_the_page_says_how_to_get_one(place, people):
    drawn(place, n=1)
    label_all(people["ben"], ["no"])
    assert "Let another rater label the same queue" in people["ben"].get(f"{AT}/agreement").text


def test_tables_are_given_as_files_that_say_what_they_are_of(labelled, place):
    told = labelled["ann"].get(f"{AT}/agreement.csv").text
    assert told.startswith("# queue 1")
    assert record_of(place).draws[NAME].spec.frame.digest[:16] in told.split("\n")[0]
    rows = labelled["ann"].get(f"{AT}/labels.json").json()["rows"]
    assert [(r["position"], r["rater"], r["value"]) for r in rows[:2]] == [
        (1, "ben", "yes"),
        (1, "cara", "yes"),
    ]
    assert len(rows) == 16
    lines = labelled["ann"].get(f"{AT}/labels.csv").text.split("\n", 1)
    assert len(list(csv.DictReader(io.StringIO(lines[1])))) == 16
    assert labelled["ben"].get(f"{AT}/labels.csv").status_code == 403
    assert NAME not in labelled["ben"].get(f"{AT}/agreement.csv").text


def test_disputes_are_settled_one_after_the_other_with_a_reason_and_names_left_out(labelled, place):
    ann = labelled["ann"]
    text = ann.get(f"{AT}/adjudicate").text
    assert "0 of 2" in text
    beside = text.split('class="beside"')[1].split('class="part"')[0]
    assert "ben" not in beside
    assert "ben" in ann.get(f"{AT}/adjudicate?names=true").text.split('class="beside"')[1]
    after = ann.submit(
        f"{AT}/adjudicate", place="3", value="no", seen=seen_of(text), reason="it asks only"
    )
    assert "1 of 2" in after.text
    (event,) = [e for e in record_of(place).events.values() if e.kind == "adjudicate"]
    assert (event.actor, event.body["value"], event.body["reason"]) == ("ann", "no", "it asks only")
    assert "rater names" in event.body["hidden"]
    end = ann.submit(f"{AT}/adjudicate", place="5", value="yes", seen=seen_of(after.text))
    assert "All are settled" in end.text
    assert "75.0 %" in ann.get(f"{AT}/agreement").text, (
        "agreement is of the labels as they were given"
    )


def test_a_settlement_of_what_was_labelled_anew_meanwhile_is_not_kept(labelled, place):
    seen = seen_of(labelled["ann"].get(f"{AT}/adjudicate").text)
    labelled["cara"].submit(f"{AT}/undo")
    stale = labelled["ann"].submit(f"{AT}/adjudicate", place="3", value="no", seen=f"{seen}-1")
    assert stale.status_code == 409
    assert "nothing was saved" in stale.text
    agreed = labelled["ann"].submit(f"{AT}/adjudicate", place="1", value="no", seen=seen)
    assert agreed.status_code == 409
    assert not [e for e in record_of(place).events.values() if e.kind == "adjudicate"]


def test_an_admin_who_looked_and_then_labels_after_all_is_not_told_to_be_blind_to_others(
    labelled, place
):
    label_all(labelled["dora"], ["no"])
    labelled["ann"].get(f"{AT}/adjudicate")
    label_all(labelled["ann"], ["no"])
    record = record_of(place)
    (ours,) = record.labels("doubts", rater="ann")
    (theirs,) = record.labels("doubts", rater="dora")
    assert "other raters" not in ours.label.hidden
    assert "other raters" in theirs.label.hidden


def test_raters_and_readers_settle_nothing(labelled, place):
    for who in ("ben", "rea"):
        assert labelled[who].get(f"{AT}/adjudicate").status_code == 403
        assert (
            labelled[who].submit(f"{AT}/adjudicate", place="3", value="no", seen="1").status_code
            == 403
        )
