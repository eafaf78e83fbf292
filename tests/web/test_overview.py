"""The overview: its numbers are the report's, each leads to its frame, and looking at it changes nothing."""

import csv
import io
import json
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from allegiance.audit import Record, frame
from allegiance.audit.corrected_rates import corrected_rates
from allegiance.cli.app import load_commands
from allegiance.corpus import Verdict, Workspace
from allegiance.scanners import rule_scanner, scan
from allegiance.web import numbers as counted
from tests.web.places import CATEGORIES, conversation
from tests.web.readings import drawn
from tests.web.serving import People, client

MORE = 40


@pytest.fixture
def broken(place):
    """The workspace with replies that were cut off, and two models."""
    corpus = place.corpus()
    corpus.add(
        conversation(
            1000 + n,
            model=("lab/m", "organism/faker")[n % 4 // 2],
            stop_reason="max_tokens" if n % 5 == 0 else "stop",
        )
        for n in range(MORE)
    )
    scan(corpus, [rule_scanner(name) for name in CATEGORIES])
    return place


def reported(place) -> dict:
    done = CliRunner().invoke(load_commands(), ["report", "-w", str(place.directory), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def links(html: str, table: str) -> list[list[str]]:
    """The addresses in each row of a section, row by row."""
    part = html[html.index(f'id="{table}"') :]
    rows = re.findall(r"<tr>(.*?)</tr>", part[: part.index("</table>")], re.DOTALL)
    return [
        [unescape(one) for one in re.findall(r'href="([^"]+)"', row)]
        for row in rows
        if "<td" in row
    ]


def size_of(site, address: str) -> int:
    """How many transcripts an address of the list keeps, as the audit finds them."""
    asked = parse_qs(urlsplit(address).query)
    where = asked.get("where", [None])[0]
    return len(frame(site.corpus, where, scanners=asked.get("scanner", ())))


def test_the_numbers_are_those_of_the_report_of_the_same_workspace(broken):
    ann = client(broken)
    there = reported(broken)
    told = {one["category"] for cell in there["cells"] for one in cell["measures"]}
    rows = json.loads(ann.get("/overview/rates.json").text)["rows"]
    rows = [
        row for row in rows if row["category"] in told
    ]  # here other scanned categories stand too
    measures = [(cell, one) for cell in there["cells"] for one in cell["measures"]]
    assert len(rows) == len(measures) > 20
    for row, (cell, one) in zip(rows, measures, strict=True):
        assert (row["model"], row["tier"], row["category"]) == (
            cell["model"],
            cell["condition"]["tier"],
            one["category"],
        )
        assert (row["hits"], row["reads"], row["population"]) == (
            one["hits"],
            one["reads"],
            one["population"],
        )
        assert (row["low"], row["high"]) == (one["interval"]["low"], one["interval"]["high"])
        assert row["missing"] == sum(one["missing"].values())
    gaps = json.loads(ann.get("/overview/gaps.json").text)["rows"]
    assert [(g["estimate"], g["p_value"]) for g in gaps] == [
        (g["gap"]["interval"]["estimate"], g["gap"]["p_value"]) for g in there["gaps"]
    ]
    shares = json.loads(ann.get("/overview/relation.json").text)["rows"]
    assert [(s["kept"], s["tested"], s["low"]) for s in shares] == [
        (s["kept"], s["tested"], s["interval"] and s["interval"]["low"])
        for row in there["relation"]["rows"]
        for s in row["shares"]
    ]


def test_the_page_shows_what_the_table_holds_with_its_interval_and_what_is_missing(broken):
    ann = client(broken)
    page = text_of(ann.get("/?category=refused").text)
    for row in csv.DictReader(io.StringIO(ann.get("/overview/rates.csv").text.split("\n", 1)[1])):
        if row["category"] == "refused":
            assert f"{row['hits']} of {row['reads']} {row['population']}" in page
            if int(row["missing"]):
                assert f"{row['population']} ◇ {row['missing']}" in page
    assert "whose intent was kept" in page.lower()


def test_every_number_leads_to_the_frame_that_it_counts(broken):
    ann = client(broken)
    for category in ("complied", "doubts"):
        rows = [
            row
            for row in json.loads(ann.get("/overview/rates.json").text)["rows"]
            if row["category"] == category
        ]
        found = links(ann.get(f"/?category={category}").text, "rates")
        assert len(found) == len(rows) == 4
        for addresses, row in zip(found, rows, strict=True):
            wanted = [row["hits"], row["reads"], row["population"]]
            wanted += [row["missing"]] if row["missing"] else []
            assert [size_of(ann.site, one) for one in addresses] == wanted
    assert any(row["missing"] for row in rows) is False  # a reply that was cut off can still doubt


def test_rows_and_disagreements_of_the_relation_table_lead_to_their_acts(broken):
    ann = client(broken)
    html = ann.get("/").text
    part = html[html.index('class="relation"') :]
    found = re.findall(
        r'<a href="(/transcripts[^"]*)">(?:<b>)?([\d,]+)(?: acts?)?(?:</b>)?</a>', part
    )
    assert len(found) > 3
    for address, count in found:
        assert size_of(ann.site, unescape(address)) == int(count.replace(",", ""))


def test_looking_scans_nothing_and_leaves_nothing_on_record(place):
    ann = client(place)
    before = (ann.site.verdicts_version, ann.site.ledger.head())
    assert ann.get("/").status_code == 200
    assert ann.get("/figures/rates.svg").status_code == 200
    assert (ann.site.verdicts_version, ann.site.ledger.head()) == before


def test_a_corpus_without_verdicts_says_the_command_and_an_empty_one_too(tmp_path):
    place = Workspace(tmp_path / "bare")
    place.corpus().add([conversation(1)])
    page = client(place).get("/").text
    assert "allegiance scan" in page
    assert "no rates" in text_of(page)
    assert "not declared" in text_of(page)
    empty = Workspace(tmp_path / "empty")
    empty.corpus().add([])
    page = client(empty).get("/").text
    assert "allegiance import" in page
    assert client(empty).get("/overview/rates.csv").status_code == 409


def test_transcripts_without_a_tier_have_rates_and_no_gap(tmp_path):
    place = Workspace(tmp_path / "plain")
    corpus = place.corpus()
    corpus.add(conversation(n, condition={}) for n in range(20))
    scan(corpus, [rule_scanner("outcome")])
    page = client(place).get("/").text
    assert "of <a" in page
    assert 'id="gaps"' not in page
    assert "--map" in page


def test_what_is_imported_or_scanned_since_shows_at_once(place):
    ann = client(place)
    assert "96 transcripts" in text_of(ann.get("/").text)
    corpus = place.corpus()
    corpus.add([conversation(5000)])
    assert "97 transcripts" in text_of(ann.get("/").text)
    missing = "◇ 1"
    assert missing in text_of(ann.get("/").text)  # it was not scanned yet
    scan(corpus, [rule_scanner(name) for name in CATEGORIES])
    assert missing not in text_of(ann.get("/").text)


def test_a_category_that_a_judge_scanned_stands_beside_the_rule(place):
    corpus = place.corpus()
    ids = list(corpus.ids())
    corpus.put_verdicts(
        Verdict(
            transcript_id=one,
            category="doubts",
            scanner="judge:m",
            scanner_digest="j" * 64,
            value="yes" if n < 9 else "no",
            status="ok",
            score=None,
        )
        for n, one in enumerate(ids)
    )
    ann = client(place)
    page = ann.get("/?category=doubts by judge:m").text
    rows = [
        r
        for r in json.loads(ann.get("/overview/rates.json").text)["rows"]
        if r["category"] == "doubts by judge:m"
    ]
    assert sum(row["hits"] for row in rows) == 9
    counted = [size_of(ann.site, one[0]) for one in links(page, "rates")]
    assert sum(counted) == 9


def test_a_rate_by_labels_is_a_look_that_goes_on_record(place):
    ann = drawn(place, n=40, hits=(2, 9, 11), labelled=40)
    before = ann.get("/?category=doubts").text
    assert "Look" in before
    assert "interval" in before
    where = re.findall(r'name="cell" value="([^"]+)"', before)[0]
    head = ann.site.ledger.head().seq
    page = ann.submit("/overview/correct", category="doubts", cell=unescape(where)).text
    (event,) = [e for e in ann.site.ledger.events() if e.seq > head]
    assert (event.kind, event.actor, event.body["what"]) == ("estimate", "ann", "corrected rate")
    record = Record.of(ann.site.ledger)
    wanted = record.draws["first"].spec.properties[0]
    (again,) = corrected_rates(
        ann.site.corpus, record, wanted, ["doubts=rules"], unescape(where), None, 0.95
    )
    made = again["corrected"][0]["found"]["interval"]
    assert f"<b>{100 * made['estimate']:.1f}</b>" in page
    assert "event" in page
    assert (
        ann.submit("/overview/correct", category="doubts", cell="model = 'else'").status_code == 400
    )


def test_a_rater_is_told_no_name_and_no_seed_of_a_draw_and_corrects_nothing(place):
    drawn(place, name="strata-of-doubt", seed=4711)
    ben = client(place, People(ben="rater"), "ben")
    page = ben.get("/").text
    assert "Queue 1" in page
    assert "strata-of-doubt" not in page
    assert "4711" not in page
    assert ben.submit("/overview/correct", category="doubts", cell="all").status_code == 403


def test_of_many_transcripts_the_page_comes_first_and_the_numbers_follow(place, monkeypatch):
    monkeypatch.setattr(counted, "_AT_ONCE", 10)
    ann = client(place)
    first = ann.get("/?category=refused").text
    assert 'data-address="/api/overview?category=refused"' in first
    assert 'id="rates"' not in first
    assert (
        '<noscript><meta http-equiv="refresh" content="0; url=/?wait=1&amp;category=refused">'
        in first
    )
    assert "Counting 96 transcripts" in first
    part = ann.get("/api/overview?category=refused").json()["html"]
    assert 'id="rates"' in part
    assert 'data-address="/api/overview/relation"' in part
    assert "Whose intent was kept" not in part
    assert "Whose intent was kept" in ann.get("/api/overview/relation").json()["html"]
    assert 'id="rates"' in ann.get("/?category=refused").text  # they are kept now
    assert "Whose intent was kept" in ann.get("/").text
    alone = client(place).get("/?wait=1").text  # without a script
    assert 'id="rates"' in alone
    assert "Whose intent was kept" in alone


def test_names_from_logs_are_text_and_their_hidden_characters_are_shown(place):
    corpus = place.corpus()
    corpus.add(
        conversation(n, model="<script>alert(1)</script>\u202eevil") for n in range(3000, 3012)
    )
    scan(corpus, [rule_scanner(name) for name in CATEGORIES])
    ann = client(place)
    for address in ("/", "/figures/rates.svg", "/figures/gaps.svg", "/training"):
        found = ann.get(address).text
        assert "<script>alert" not in found
        assert "\u202e" not in found
    assert "U+202E" in ann.get("/").text


def test_tables_are_saved_with_the_line_that_says_what_they_are_of(place):
    ann = client(place)
    digest = ann.site.corpus.digest()
    line = ann.get("/overview/rates.csv").text.split("\n", 1)[0]
    assert line.startswith(f"# frame {digest[:16]} · N = 96")
    assert "outcome by scanner" in line
    told = ann.get("/overview/gaps.json").json()
    assert digest[:16] in told["provenance"]
    assert ann.get("/overview/else.csv").status_code == 400


def test_numbers_stay_at_hand_however_much_else_is_kept(place, monkeypatch):
    monkeypatch.setattr(counted, "_AT_ONCE", 10)
    ann = client(place)
    ann.get("/api/overview")
    for number in range(300):
        ann.site.kept(("something else", number), object)
    assert 'id="rates"' in ann.get("/").text


def test_categories_that_no_rule_of_this_version_looked_for_are_named(tmp_path):
    """There may be verdicts of an older version: they are not taken for this one's, and not silently left out."""
    place = Workspace(tmp_path / "older")
    corpus = place.corpus()
    corpus.add(conversation(number) for number in range(8))
    scan(corpus, [rule_scanner("doubts")])
    corpus.put_verdicts(
        Verdict(
            transcript_id=identifier,
            category="outcome",
            scanner="rules",
            scanner_digest="0a" * 32,
            value="complied",
        )
        for identifier in corpus.ids()
    )
    shown = client(place).get("/?wait=1").text
    assert "outcome, objects-openly, strategic-compliance: " in shown
    assert "no verdict by the rules of this version; `allegiance scan` gives them" in unescape(
        shown
    )
