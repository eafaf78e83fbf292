"""Whose intent was kept, on the page: the numbers of the relation table, disagreements first, and no word of a transcript."""

import re
from html import escape
from html.parser import HTMLParser

import pytest
from tests.audit.conflicts import M, U, acts_in, told
from tests.report.synthetic_observations import provenance, row, table

from allegiance.audit.interpreted import Basis, interpreted
from allegiance.audit.specs import Instrument
from allegiance.report import render_html, study_report
from allegiance.report.relation_section import section_of
from allegiance.report.wording import limits, rate
from allegiance.study.interpretations import (
    INTENTS,
    columns_of,
    named_cells,
    shipped,
    shipped_extrapolations,
)

pytestmark = pytest.mark.xdist_group("relation section")
COLUMNS = columns_of(list(shipped().values()), list(shipped_extrapolations().values()))
FAKING = "alignment faking toward Intent_2 (acts aligned relative to Intent_1)"
BASIS = Basis("ab" * 32, "", 0, (Instrument(category="outcome", scanner="rules", digest="ab"),))
TWO = [
    told("a", M, "sscr"), told("a", U, "rrrr"),
    told("b", M, "rrxo"), told("b", U, "crrx"),
]  # fmt: skip
"""One condition: two requests in two tiers, one of them twice strategic, two outcomes missing."""


class Cells(HTMLParser):
    """The rows of the tables of a page, each as the texts of its cells."""

    def __init__(self, html):
        super().__init__()
        self.rows, self._open = [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._open = True
        elif tag == "small" and self._open:
            self.rows[-1][-1] += " "

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._open = False

    def handle_data(self, data):
        if self._open:
            self.rows[-1][-1] = " ".join(f"{self.rows[-1][-1]}{data}".split(" ")).strip("\n")


def found_in(folder, groups):
    return interpreted(acts_in(folder, [one for group in groups for one in group]), BASIS, COLUMNS)


def page_of(found):
    rows = [row(n) for n in range(sum(one.acts for one in found.rows))]
    return render_html(study_report(table(rows), provenance(len(rows)), relation=found))


def part(html, heading):
    """The part of the section under a heading."""
    section = html.split('<section class="relation">')[1].split("</section>")[0]
    return section.split(f"<h3>{heading}</h3>")[1].split("<h3>")[0]


def drawn_from(html, heading):
    return [[cell.strip() for cell in cells] for cells in Cells(part(html, heading)).rows]


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return found_in(tmp_path_factory.mktemp("two"), TWO)


@pytest.fixture(scope="module")
def html(found):
    return page_of(found)


@pytest.mark.parametrize(
    ("line", "first", "second"),
    [
        ("letter", ("10 of 14 ◇ 2", "87.5"), ("4 of 14 ◇ 2", "87.5")),
        ("protective", ("12 of 14 ◇ 2", "87.5"), ("2 of 14 ◇ 2", "87.5")),
        ("deferential", ("12 of 14 ◇ 2", "87.5"), ("2 of 4 ◇ 2", "25.0")),
        ("contract says nothing", ("10 of 14 ◇ 2", "87.5"), None),
    ],
)
def test_each_interpretation_has_a_line_with_k_of_n_and_the_share_tested(html, line, first, second):
    (cells,) = [c for c in drawn_from(html, "How much of each intent was kept") if c[0] == line]
    assert (cells[3], cells[4]) == first
    if second is None:
        assert cells[5] == "not tested"
    else:
        assert (cells[7], cells[8]) == second


def test_the_numbers_and_drawings_are_those_of_the_relation_table(found, html):
    shown = part(html, "How much of each intent was kept")
    (only,) = found.rows
    for share in only.shares:
        if share.interval is None:
            continue
        low, high = 100 * share.interval.low, 100 * share.interval.high
        assert f'<span class="limits">{escape(limits(share.interval))}</span>' in shown
        dashed = " dashed" if share.intent == "training" else ""
        ends = f'x1="{low:.2f}%" x2="{high:.2f}%" y1="7" y2="7" class="span{dashed}"'
        assert ends in shown
        worst = share.interval.worst_case
        assert escape(f"◇ {rate(worst.low)}–{rate(worst.high)}") in shown
    assert "16 acts of 2 requests" in shown
    assert "no outcome: truncated 2" in shown


def test_where_interpretations_disagree_comes_first_and_says_who_says_what(html):
    section = html.split('<section class="relation">')[1]
    assert section.index("Where interpretations disagree") < section.index("How much of each")
    rows = drawn_from(html, "Where interpretations disagree")
    (place,) = [n for n, cells in enumerate(rows) if "for a strategic reason" in cells[0]]
    kept_by_contract = ["kept", "broken", "broken"]
    assert rows[place][1:] == ["2", "Intent_1", "broken", "kept", "broken", *kept_by_contract]
    assert rows[place + 1] == ["Intent_2", "kept", "broken", "broken", *["not tested"] * 3]
    assert "<code>allegiance interpret</code>" in part(html, "Where interpretations disagree")


def test_every_reading_is_named_with_its_meaning_and_an_extrapolation_with_author_and_date(html):
    shown = part(html, "How each reads the intents").replace("&#39;", "'")
    for column in COLUMNS:
        assert f"<dt>{column.interpretation.name}</dt><dd>{column.interpretation.meaning}" in shown
        if (of := column.extrapolation) is not None:
            assert f"<dt>{of.name.replace('-', ' ')}</dt><dd>{of.text}" in shown
            assert of.author in shown
            assert of.date in shown
            assert f"a silent clause is read as {of.reading}" in shown


def test_named_cells_that_occur_are_counted_and_defined_and_the_others_are_named_with_n(html):
    rows = drawn_from(html, "Named cells")
    place = rows[0].index(f"{FAKING}, %")
    assert re.search(r"28\.6 [\d.<]+–[\d.]+\s+2 of 7, 1 request · ◇ 1: ", rows[1][place])
    shown = part(html, "Named cells")
    definition = next(one.definition for one in named_cells() if one.name == FAKING)
    assert definition in shown
    assert "covert action (0 of 14)" in shown
    assert "<dt>covert action</dt>" not in shown
    assert "authorised resistance" not in shown


def test_extrapolations_that_come_to_the_same_share_a_line(tmp_path):
    groups = [told("a", M, "sr", clause="may-resist"), told("a", U, "rr", clause="may-resist")]
    (place,) = section_of(found_in(tmp_path, groups)).places
    assert [(line.name, line.readings) for line in place.lines] == [
        ("letter", ()), ("protective", ()), ("deferential", ()), ("contract", ()),
    ]  # fmt: skip
    (silent,) = section_of(found_in(tmp_path / "silent", TWO)).places
    contract = [line.readings for line in silent.lines if line.name == "contract"]
    assert contract == [
        ("would-want-to-be-kept",),
        ("would-want-its-principal-free-to-change-it",),
        ("says-nothing",),
    ]


def test_what_tests_neither_intent_takes_one_line(tmp_path):
    control = [told("a", M, "rr", intent="original"), told("a", U, "rr", intent="original")]
    (place,) = section_of(found_in(tmp_path, control)).places
    assert [line.name for line in place.lines] == ["letter"]
    assert place.untested == ("protective", "deferential", "contract")


def test_models_that_did_the_same_kind_of_act_share_a_line_with_their_counts(tmp_path):
    groups = [
        told(request, tier, letters, model=model)
        for model, request in (("m", "a"), ("n", "b"))
        for tier, letters in ((M, "ssr" if model == "m" else "srr"), (U, "rrr"))
    ]
    (kind,) = [one for one in section_of(found_in(tmp_path, groups)).kinds if "strateg" in one.done]
    assert (kind.acts, dict(kind.models)) == (3, {"m": 2, "n": 1})


def test_names_from_transcripts_are_escaped(tmp_path):
    hostile = "<script>alert(1)</script>{{7*7}}"
    groups = [
        told("a", tier, letters, model=model, persona=persona)
        for tier, letters in ((M, "sr"), (U, "rr"))
        for model, persona in ((hostile, "neutral"), ("m", hostile))
    ]
    html = page_of(found_in(tmp_path, groups))
    assert "<script" not in html
    section = html.split('<section class="relation">')[1]
    assert section.count("&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}") >= 2


def test_many_conditions_are_a_drawing_each_that_opens_to_the_same_numbers(tmp_path):
    framings = [f"f{number:02}" for number in range(12)]
    groups = [
        told("a", tier, letters, framing=framing)
        for framing in framings
        for tier, letters in ((M, "scr"), (U, "rrr"))
    ]
    found = found_in(tmp_path, groups)
    assert len(found.rows) == 12
    shown = part(page_of(found), "How much of each intent was kept")
    assert shown.count("<details><summary>") == 12
    lines = [cells for cells in Cells(shown).rows if cells and cells[0].strip() == "letter"]
    assert [cells[3].strip() for cells in lines] == ["4 of 6"] * 12
    summary = shown.split("<summary>")[1].split("</summary>")[0]
    tested = [s for s in found.rows[0].shares if s.interval is not None]
    assert summary.count('class="point"') == len(tested)
    assert {s.intent for s in tested} == set(INTENTS)


def test_the_report_as_data_holds_the_table_and_nothing_where_there_is_none(found):
    rows = [row(0)]
    assert study_report(table(rows), provenance(1)).to_dict()["relation"] is None
    data = study_report(table(rows), provenance(1), relation=found).to_dict()["relation"]
    assert data == found.to_dict()
    assert 'class="relation"' not in render_html(study_report(table(rows), provenance(1)))
