"""What can go wrong at the workbench: each time a page or a line that says what to do, and nothing is lost."""

import shutil
import sqlite3
from urllib.parse import quote

import pytest

from allegiance.web import site as site_module
from tests.web.serving import client

ADDRESSES = ("/", "/transcripts?seed=1", "/queues", "/claims", "/calibrate", "/training", "/chain")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/transcripts?where=tier%20%3D&seed=1", "tier"),
        ("/transcripts?where=nothing%20%3D%201&seed=1", "nothing"),
        (
            "/transcripts?where=tier%20%3D%20%27x%27%3B%20DROP%20TABLE%20transcripts&seed=1",
            "filter",
        ),
        ("/transcripts?seed=seven", "whole number"),
        ("/transcripts?seed=1&mode=magic&q=x", "words, regex, literal"),
        ("/transcripts?seed=1&in=secret&q=x", "all, reasoning, output"),
        ("/transcripts?seed=1&q=(&mode=regex", "("),
        ("/transcripts?seed=1&sort=nothing", "nothing"),
        ("/transcripts?seed=1&sort=top:nothing.at_all", "nothing"),
        ("/read?seed=1&at=97", "96"),
        ("/read?seed=1&at=0", "place"),
        ("/read?seed=1&at=one", "at"),
        ("/t/zz", "transcript id"),
        ("/t/000000000000", "has no transcript"),
        ("/pair/000000000000", "has no transcript"),
        ("/queues/1", "queue"),
        ("/queues/99/doubts", "queue"),
        ("/queues/one/doubts", "number"),
        ("/calibrate/no-such-category", "no-such-category"),
        ("/claims/ffffffff", "ffffffff"),
        ("/nowhere", "no such page"),
    ],
)
def test_an_address_that_cannot_be_is_answered_with_a_sentence(ann, address, says):
    found = ann.get(address)
    assert found.status_code in (400, 404, 409), found.status_code
    assert says.lower() in found.text.lower()
    assert "Traceback" not in found.text
    assert "failed here" not in found.text


def test_addresses_with_hostile_and_huge_text_change_nothing(ann):
    for text in (
        "<script>alert(1)</script>",
        "\u202e",
        "é" * 10_001,
        "' OR 1=1 --",
        "\x00",
        "{{7*7}}",
    ):
        for name in ("where", "q", "sort", "show", "scanner"):
            found = ann.get(f"/transcripts?{name}={quote(text)}&seed=1")
            assert found.status_code in (200, 400, 409), (name, text)
            assert "<script>alert" not in found.text


def test_an_empty_corpus_has_every_page_and_each_says_what_to_do(tmp_path):
    from allegiance.corpus import Workspace

    place = Workspace(tmp_path / "empty")
    place.corpus().add([])
    somebody = client(place)
    for address in ADDRESSES:
        found = somebody.get(address)
        assert found.status_code == 200, (address, found.text)
        assert "allegiance " in found.text.lower(), address


def test_a_ledger_that_another_program_holds_is_said_and_the_list_is_read_meanwhile(
    place, monkeypatch
):
    monkeypatch.setattr(site_module, "_PATIENCE", 0.2)
    somebody = client(place)
    identifier = somebody.site.corpus.ids()[0]
    holder = sqlite3.connect(place.ledger_file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    found = somebody.get(f"/t/{identifier}")
    assert found.status_code == 409
    assert "locked by another program" in found.text
    assert "try again" in found.text
    assert somebody.get("/transcripts?seed=1").status_code == 200
    holder.execute("ROLLBACK")
    assert somebody.get(f"/t/{identifier}").status_code == 200


def test_a_corpus_that_went_away_while_it_was_read_is_said(place):
    somebody = client(place)
    assert somebody.get("/transcripts?seed=1").status_code == 200
    shutil.rmtree(place.corpus_directory)
    for address in ("/transcripts?seed=2", f"/t/{'0' * 12}"):
        found = somebody.get(address)
        assert found.status_code in (200, 409)
        assert "failed here" not in found.text
        assert "Traceback" not in found.text


def test_a_frame_whose_transcripts_are_others_now_is_said_in_its_queue(place):
    from allegiance.audit import asked_for, make_draw
    from tests.web.places import conversation

    somebody = client(place)
    make_draw(
        place.corpus(), somebody.site.ledger, "first", n=5, seed=3, properties=[asked_for("doubts")]
    )
    shutil.rmtree(place.corpus_directory)
    place.corpus().add([conversation(number) for number in range(1_000, 1_010)])
    found = client(place).get("/queues/1/doubts")
    assert found.status_code == 409
    assert "the corpus holds other transcripts than when it was drawn" in found.text
    assert "allegiance draw list" in found.text


def test_what_was_imported_meanwhile_is_there_at_once(place):
    from tests.web.places import conversation

    somebody = client(place)
    assert "96" in somebody.get("/transcripts?seed=1").text
    place.corpus().add([conversation(number) for number in range(1_000, 1_010)])
    assert "106" in somebody.get("/transcripts?seed=1").text
