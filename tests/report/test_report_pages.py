"""The report on paper: the HTML page, the terminal, the file on disk."""

import errno
import io
import json
import os
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import pytest
from rich.console import Console
from tests.report.synthetic_observations import provenance, row, study_rows, table, truth

from allegiance.errors import AllegianceError
from allegiance.report import render_html, render_terminal, study_report, write_report

pytestmark = pytest.mark.xdist_group("report pages")  # they are made once
HOSTILE = "<script>alert(1)</script>{{7*7}}[bold]\u202e" + "é" * 400


class Page(HTMLParser):
    """What a browser would see: elements, what they load, and the text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.loads, self.handlers, self.text = [], [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.loads += [v for k, v in attrs if k in ("src", "href", "xlink:href", "data", "action")]
        self.handlers += [k for k, _ in attrs if k.startswith("on")]

    def handle_data(self, data):
        self.text += data


def drawings(html):
    return [
        ET.fromstring(svg) for svg in re.findall(r"<svg [^>]*class=\"marks\".*?</svg>", html, re.S)
    ]


@pytest.fixture(scope="module")
def report(rows):
    return study_report(table(rows), provenance(len(rows)), truth)


@pytest.fixture(scope="module")
def html(report):
    return render_html(report)


def test_the_page_loads_nothing(html):
    page = Page(html)
    assert page.loads == []
    assert not {"script", "link", "iframe", "img", "object", "base", "form"} & set(page.elements)
    assert not re.search(r"url\(|@import", html)
    # Names of XML namespaces are the only addresses, and they are never fetched.
    assert set(re.findall(r"https?://[^\"'\s<)]+", html)) <= {
        "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink",
    }  # fmt: skip


def test_no_rate_is_printed_without_its_counts_and_interval(html, report):
    for cell in report.cells:
        for measure in cell.measures:
            counts = rf"{measure.hits:,} of {measure.reads:,}"
            interval = measure.interval
            shown = re.search(
                rf"<b>{100 * interval.estimate:.1f}\d*</b> <span class=\"limits\">[\d.<]+–[\d.]+"
                rf"</span>\s*<small>{counts}",
                html,
            )
            assert shown or interval.estimate < 0.01


def test_gaps_truth_and_missing_data_are_on_the_page(html, report):
    text = Page(html).text.replace("\u00a0", " ")
    for gap in report.gaps:
        assert gap.sentence in text
    assert "one interval in twenty is expected to miss" in text
    assert report.methods in text
    assert re.search(r"◇\s*\d", text)
    assert "2 truncated" in text


def test_a_missed_truth_is_marked(rows):
    kept = [r for r in rows if r["model"] == "organism/faker"]
    known = {"complied": 0.9}
    report = study_report(table(kept), provenance(len(kept)), lambda *_: known)
    assert "truth 90.0 <em>outside</em>" in render_html(report)


def test_every_figure_says_where_it_comes_from(html, report):
    captions = re.findall(r"<figcaption>.*?</figcaption>", html, re.S)
    assert len(captions) == len(drawings(html)) == 4
    for caption in captions:
        assert report.provenance.frame_digest[:12] in caption
        assert "N = 1,920" in caption


def test_monitored_is_filled_and_unmonitored_outlined(html):
    rates = drawings(html)[1]
    marks = [
        path.get("fill")
        for path in rates.iter("{http://www.w3.org/2000/svg}path")
        if path.get("aria-roledescription") == "point"
        and path.get("stroke", "").startswith("var(--acc")
    ]
    assert (
        sorted(fill.split(",")[0] for fill in marks) == ["var(--accent"] * 4 + ["var(--paper"] * 4
    )


def test_the_colours_of_figures_follow_the_page(html):
    for drawing in drawings(html):
        colours = {
            element.get(name)
            for element in drawing.iter()
            for name in ("fill", "stroke")
            if element.get(name) not in (None, "none", "transparent")
        }
        assert all(colour.startswith("var(--") for colour in colours), colours


@pytest.mark.parametrize(
    "place", ["model", "c_tier", "c_intent", "source_uri", "task", "request_id"]
)
def test_hostile_names_are_text_and_nothing_else(place):
    rows = [row(n, **{place: HOSTILE if n % 2 else row(n)[place]}) for n in range(8)]
    html = render_html(study_report(table(rows), provenance(8), truth))
    page = Page(html)
    assert "script" not in page.elements
    assert page.handlers == []
    if place != "request_id":
        assert "{{7*7}}" in page.text
    assert len(drawings(html)) >= 1


def test_hostile_words_of_a_study_its_scanners_and_its_instruments_are_text():
    rows = [
        row(n, **{f"v:{HOSTILE}": "yes", f"s:{HOSTILE}": "ok", f"i:complied:{HOSTILE}": "no"})
        for n in range(4)
    ]
    origin = provenance(
        4, study=HOSTILE, question=HOSTILE, clause=HOSTILE, intents={HOSTILE: HOSTILE},
        scanners={HOSTILE: HOSTILE}, generation={HOSTILE: HOSTILE}, frame=HOSTILE,
    )  # fmt: skip
    page = Page(render_html(study_report(table(rows), origin)))
    assert "script" not in page.elements
    assert "{{7*7}}" in page.text


def test_a_very_long_name_does_not_widen_a_figure():
    rows = [row(n, c_intent="x" * 900, model="m" * 900) for n in range(4)]
    rows += [row(n + 4, c_intent="y", model="m" * 900) for n in range(4)]
    html = render_html(study_report(table(rows), provenance(8)))
    for drawing in drawings(html):
        assert float(drawing.get("width")) < 1000


def test_the_key_explains_only_what_is_drawn():
    rows = [row(n, c_intent=None, c_tier=("monitored", "unmonitored")[n % 2]) for n in range(4)]
    key = render_html(study_report(table(rows), provenance(4))).split('<p class="key">')[1]
    key = key.split("</p>")[0]
    assert "unmonitored" in key
    assert "intent" not in key
    assert "truth" not in key
    assert "missing" not in key


def test_conditions_whose_labels_look_the_same_when_cut_keep_lines_of_their_own():
    rows = [row(n, c_intent="x" * 300 + str(n)) for n in range(3)]
    (drawing,) = drawings(render_html(study_report(table(rows), provenance(3))))
    marks = [e for e in drawing.iter() if e.get("aria-roledescription") == "point"]
    heights = {e.get("transform").split(",")[1] for e in marks}
    assert len(heights) == 3


def scenes():
    nothing = {"v:outcome": None, "s:outcome": None, "c_tier": None, "c_intent": None,
               "c_clause": None, "against": None, "request_id": None}  # fmt: skip
    return {
        "zero rows": [],
        "one row": [row(0)],
        "all missing": [row(n, **{"v:outcome": "errored"}) for n in range(4)],
        "never scanned": [row(n, **nothing) for n in range(4)],
        "only a condition": [row(n, **{"v:outcome": None, "s:outcome": None}) for n in range(4)],
        "foreign tiers": [row(n, c_tier=f"t{n % 2}") for n in range(4)],
        "many sources": [row(n, source_uri=f"{n}.eval") for n in range(30)],
        "all complied": [row(n, **{"v:outcome": "complied"}) for n in range(4)],
    }  # fmt: skip


@pytest.mark.parametrize("name", scenes())
def test_a_report_of_little_or_nothing_still_renders(name):
    rows = scenes()[name]
    observations = table(rows or [row(0)]).slice(0, len(rows))
    report = study_report(observations, provenance(len(rows)))
    assert "</html>" in render_html(report)
    render_terminal(report, Console(file=io.StringIO()))


def test_a_report_without_scans_shows_counts_and_no_percentages():
    rows = scenes()["never scanned"]
    page = Page(render_html(study_report(table(rows), provenance(4, study=None))))
    body = page.text.split("Where the transcripts come from")[1]
    assert re.search(r"organism/faker\s*inspect\s*logs/2026-11-22.eval\s*4\b", body)
    assert not re.search(r"\d\s?%", page.text[page.text.index("study report") :])


def test_the_terminal_shows_its_counts_and_takes_no_name_for_markup():
    rows = study_rows(requests=5, epochs=2)
    for each in rows:
        each["model"] = "[red]lab[/red]/" + each["model"]
    out = io.StringIO()
    report = study_report(table(rows), provenance(len(rows)))
    render_terminal(report, Console(file=out, width=140))
    text = out.getvalue()
    assert "[red]lab[/red]/organism/faker" in text
    assert "complied" in text
    measure = report.cells[0].measure("refused")
    assert re.search(rf"\b{measure.hits}\s+{measure.reads}\s+{measure.population}\b", text)


def test_a_report_is_written_as_a_page_or_as_json_by_its_name(tmp_path, report):
    page = write_report(report, tmp_path / "new" / "report.html")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    data = write_report(report, tmp_path / "report.json")
    assert json.loads(data.read_text(encoding="utf-8")) == report.to_dict()


def test_a_full_disk_leaves_the_older_report_and_no_debris(tmp_path, report, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("older", encoding="utf-8")

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(AllegianceError, match="No space left"):
        write_report(report, path)
    assert path.read_text(encoding="utf-8") == "older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_a_file_is_one_plain_sentence(tmp_path, report):
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(AllegianceError, match="could not be written"):
        write_report(report, tmp_path / "taken" / "report.html")
