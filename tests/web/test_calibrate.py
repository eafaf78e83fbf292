"""Calibrate: a scanner against labels; that it was looked at is on record as by the command."""

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from allegiance.audit import reading_of
from tests.web.drawing import drawn, label_all, record_of
from tests.web.serving import People, client

PEOPLE = People(ann="admin", ben="rater", rea="reader")


@pytest.fixture
def ann(place):
    return client(place, PEOPLE, "ann")


@pytest.fixture
def ben(place):
    return client(place, PEOPLE, "ben")


def truth(place, draw):
    """What a careful rater says of each place: as the rules, but for the first two."""
    table = place.corpus().verdicts(category="doubts")
    said = dict(zip(table["transcript_id"].to_pylist(), table["value"].to_pylist(), strict=True))
    values = [said[one] for one in draw.order]
    return ["no" if one == "yes" else "yes" for one in values[:2]] + values[2:]


@pytest.fixture
def labelled(place, ben):
    draw = drawn(place, n=30)
    label_all(ben, truth(place, draw))
    return draw


def looks(place):
    return [look for look in record_of(place).looks if look.kind == "estimate"]


def test_without_labels_the_page_says_how_to_get_some(place, ann):
    found = ann.get("/calibrate/doubts")
    assert found.status_code == 200
    assert "Nothing is labelled for doubts yet" in found.text
    assert "/queues?category=doubts" in found.text
    assert ann.get("/calibrate/nonsense").status_code == 404
    assert "Which counts as there?" in ann.get("/calibrate/outcome").text


def test_labels_of_what_was_picked_license_no_calibration(place, ann, ben):
    drawn(place, design="top", by="scores.judge", n=3)
    label_all(ben, ["yes", "no", "yes"])
    text = ann.get("/calibrate/doubts").text
    assert "picked, and not drawn at random" in text
    assert not looks(place)


def test_a_page_that_is_loaded_puts_nothing_on_record_and_looking_does_as_the_command_does(
    place, ann, labelled
):
    before = len(record_of(place).events)
    assert "Look, and put it on record" in ann.get("/calibrate/doubts").text
    assert "looked at yet" not in ann.get("/calibrate").text
    assert len(record_of(place).events) == before
    shown = ann.submit("/calibrate/doubts")
    assert "Sensitivity" in shown.text
    ours = [look.body for look in looks(place)]
    assert [e.actor for e in record_of(place).events.values() if e.kind == "estimate"] == [
        "ann",
        "ann",
    ]
    ann.get("/calibrate/doubts")
    ann.submit("/calibrate/doubts")
    assert len(looks(place)) == 2, "what is loaded or sent again is no other look"
    for command in (
        ["calibrate", "doubts"],
        ["estimate", "doubts", "--scanner", "doubts=rules", "--draw", labelled.name],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "allegiance", *command, "-w", str(place.directory), "--json"],
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    theirs = [look.body for look in looks(place)][2:]
    assert json.dumps(ours, sort_keys=True) == json.dumps(theirs, sort_keys=True)


def test_the_page_shows_the_table_the_measures_by_condition_and_what_to_label_next(
    place, ann, labelled
):
    text = ann.submit("/calibrate/doubts").text
    body = looks(place)[0].body
    for name in ("sensitivity", "specificity", "PPV", "NPV"):
        assert f"{body[name]['hits']} of {body[name]['reads']}" in text
        assert f"{100 * body[name]['interval']['estimate']:.1f} %" in text
        assert body[name]["interval"]["method"] in text
    for part in (
        "Its error by tier",
        "monitored",
        "Corrected by labels",
        "What to label next",
        "allegiance draw",
    ):
        assert part in text
    cells = body["table"]
    assert sum(cells.values()) == 30
    assert f'<td class="num">{cells["true_negatives"]}</td>' in text
    assert "make this draw" in text
    assert 'name="n" value="50"' not in ann.get("/queues?n=77&category=doubts").text


def test_after_a_new_label_it_has_to_be_looked_at_anew(place, ann, ben, labelled):
    ann.submit("/calibrate/doubts")
    ben.submit("/queues/1/doubts/undo")
    label_all(ben, ["skip"])
    assert "Look, and put it on record" in ann.get("/calibrate/doubts").text
    assert "missing" in ann.submit("/calibrate/doubts").text
    assert len(looks(place)) == 4


def test_looking_before_the_end_is_warned_of_since_it_opens_the_rule(place, ann, ben):
    draw = drawn(place, n=30)
    label_all(ben, truth(place, draw)[:12])
    asked = ann.get("/calibrate/doubts").text
    assert "labelled up to place 12 of 30" in asked
    ann.submit("/calibrate/doubts")
    label_all(ben, truth(place, draw)[12:])
    from allegiance.audit import open_draw

    record = record_of(place)
    reading = reading_of(
        open_draw(place.corpus(), record, draw.name), record, draw.spec.properties[0]
    )
    assert reading.rule.kind == "open"


def test_a_rater_with_labels_left_sees_none_of_it(place, ann, ben):
    draw = drawn(place, n=30)
    other = client(place, People(cara="rater"), "cara")
    label_all(other, truth(place, draw))
    label_all(ben, ["no"])
    ann.submit("/calibrate/doubts")
    for address in (
        "/calibrate/doubts",
        "/calibrate/doubts/table.csv",
        "/calibrate/doubts/figure.svg",
    ):
        assert ben.get(address).status_code == 403
    assert ben.submit("/calibrate/doubts").status_code == 403
    assert other.get("/calibrate/doubts").status_code == 200


def test_a_reader_sees_what_was_looked_at_and_puts_nothing_on_record(place, ann, labelled):
    rea = client(place, PEOPLE, "rea")
    assert "ask a rater or an admin to look" in rea.get("/calibrate/doubts").text
    assert rea.submit("/calibrate/doubts").status_code == 403
    ann.submit("/calibrate/doubts")
    assert "Sensitivity" in rea.get("/calibrate/doubts").text


def test_the_table_and_the_figure_are_files_once_it_was_looked_at(place, ann, labelled):
    assert ann.get("/calibrate/doubts/table.csv").status_code == 400
    ann.submit("/calibrate/doubts")
    table = ann.get("/calibrate/doubts/table.csv").text
    assert table.startswith("# frame ")
    assert ",tier,monitored,sensitivity," in table
    rows = ann.get("/calibrate/doubts/table.json").json()["rows"]
    body = looks(place)[0].body
    (one,) = [r for r in rows if r["measure"] == "specificity" and not r["by"]]
    assert (one["hits"], one["low"]) == (
        body["specificity"]["hits"],
        body["specificity"]["interval"]["low"],
    )
    svg = ann.get("/calibrate/doubts/figure.svg")
    root = ElementTree.fromstring(svg.text)
    assert "Specificity" in "".join(root.itertext())
    assert "frame" in "".join(root.itertext()), "its provenance"
    assert ann.get("/calibrate/doubts/figure.png").content.startswith(b"\x89PNG")


def test_a_scanner_that_is_not_there_is_told(place, ann, labelled):
    assert "nobody-here" in ann.get("/calibrate/doubts?scanner=nobody-here").text


def test_its_error_is_compared_by_the_factor_that_is_asked_for_and_the_next_draw_for_the_width(
    place, ann, labelled
):
    ann.submit("/calibrate/doubts")
    assert "Look, and put it on record" in ann.get("/calibrate/doubts?by=epoch").text
    shown = ann.submit("/calibrate/doubts", by="epoch")
    assert "by=epoch" in str(shown.url)
    assert "Its error by epoch" in shown.text
    assert "Its error by tier" not in shown.text
    wide, narrow = (ann.get(f"/calibrate/doubts?width={width}").text for width in ("30", "3"))
    assert narrow.split("<ol>")[1].split("</b>")[0] != wide.split("<ol>")[1].split("</b>")[0]
    assert ann.get("/calibrate/doubts?width=200").status_code == 400
    assert ann.submit("/calibrate/doubts", by="weather").status_code == 400
