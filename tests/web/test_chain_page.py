"""The chain page: the relation of every generation, what was decided of it, on what evidence, and what became of it."""

import json
import re
from html import unescape
from urllib.parse import parse_qs, quote, urlsplit
from xml.etree import ElementTree

import pytest

from allegiance.audit.acts import acts_of, instruments_for
from allegiance.audit.generations import frame_of_chain, relation_ledger
from allegiance.audit.interpreted import Basis
from allegiance.corpus import Workspace
from allegiance.scanners import codebook
from allegiance.study.interpretations import Column, shipped
from tests.web.places import conversation
from tests.web.run_folders import HONEST, Chained, Size, chained, copied, made
from tests.web.serving import client, serious, served

BROKEN = Chained(
    "broken", "guarded", (HONEST,) * 3, break_at=3, halted_at=3, state="halted", generations=5
)
SELF = Chained("drift", "naive", (HONEST, HONEST, (("gap35", 1.0),)), generations=2, target="self")  # fmt: skip


@pytest.fixture(scope="module")
def _original(tmp_path_factory):
    return made(tmp_path_factory.mktemp("chains") / "w", Size(4, 2), (), (BROKEN, SELF))


@pytest.fixture
def place(_original, tmp_path) -> Workspace:
    return copied(_original, tmp_path / "w")


@pytest.fixture
def ann(place):
    return client(place)


def section(page: str, name: str) -> str:
    return re.search(rf'<section class="set-up" aria-label="{name}">.*?</section>', page, re.S).group()  # fmt: skip


def changed(place, name, **change):
    file = place.runs / name / "chain.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | change))


def test_the_relation_of_every_generation_is_that_of_the_ledger(place, ann):
    corpus = place.corpus()
    population = frame_of_chain(corpus, "drift")
    instruments = instruments_for(corpus, codebook())
    acts = acts_of(population, instruments)
    column = Column(shipped()["letter"])
    expected = relation_ledger(acts, Basis.of(population, instruments), [column], "drift")
    rows = ann.get("/chain/ledger.json?chain=drift").json()["rows"]
    rows = {r["generation"]: r for r in rows if r["interpretation"] == "letter"}
    assert sorted(rows) == [0, 1, 2]
    for row in expected.rows:
        shown = rows[int(row.place["generation"])]
        for intent in ("original", "training"):
            share = row.share(intent, "letter")
            assert share.interval is not None
            assert (shown[f"{intent}_kept"], shown[f"{intent}_tested"]) == (share.kept, share.tested)  # fmt: skip
            assert (shown[f"{intent}_low"], shown[f"{intent}_high"]) == (share.interval.low, share.interval.high)  # fmt: skip
    assert rows[0]["training_kept"] < rows[2]["training_kept"]
    assert rows[1]["agent"] == expected.moves[0].agent.answer


def test_a_halt_is_said_with_what_stands_and_what_is_lost_and_its_report_is_plain_text(ann):
    page = section(ann.get("/chain").text, "broken")
    told = unescape(page)
    assert (
        "It halted before generation 3: the share that breaks Intent_1 is shown to lie above 20 %"
        in told
    )
    assert "Generation 2 stands, with its weights and all before it" in told
    assert "nothing is built on the 2 candidates for generation 3" in told
    assert "generations 4 to 5 are not reached" in told
    assert "<code>allegiance chain --name broken --overrule WHY</code>" in page
    assert "<pre># The chain halted before generation 3" in page
    assert "&lt;b&gt;Nothing&lt;/b&gt;" in page, "markdown and markup are shown as they stand"
    assert told.count("not in the corpus") == 6  # generations 3, 4 and 5, by both intents
    assert "slowed</b>, candidate 1" in page
    assert "halted</b>, candidate 2" in page


def test_the_timeline_draws_each_candidate_each_interval_and_each_path_against_its_threshold(
    ann, place
):
    found = ann.get("/chain/timeline.svg?chain=broken&by=letter")
    svg = ElementTree.fromstring(found.text)
    names = [one.get("class") for one in svg.iter()]
    assert names.count("gap") == 2 * 3  # R of three generations, by both intents
    assert names.count("threshold") == 4  # candidates of 1, 2 and twice 3
    assert names.count("pathend") == 4
    assert names.count("planted") == 1
    assert names.count("decided open") == 1
    titles = [one.text for one in svg.iter("{http://www.w3.org/2000/svg}title")]
    assert any(re.match(r"generation 3, candidate 2: halted", one) for one in titles)
    assert "corpus version" in found.text
    told = json.loads((place.runs / "broken" / "chain.json").read_text())
    last = told["entries"][-1]["evidence"]
    assert f"e = {last['path'][-1]:.3g} after {last['probed']} probes" in " ".join(titles)
    assert ann.get("/chain/timeline.png?chain=broken").content.startswith(b"\x89PNG")
    page = section(ann.get("/chain").text, "broken")
    assert f"{last['broke']} of <a" in page


def test_the_values_that_generations_wrote_down_are_a_line_of_their_own(ann):
    drift = ann.get("/chain/timeline.svg?chain=drift").text
    assert "values written down" in drift
    assert "values written down" not in ann.get("/chain/timeline.svg?chain=broken").text
    assert "values from the generation before" in section(ann.get("/chain").text, "drift")
    assert 'class="threshold"' not in drift, "a naive policy asks nothing"


def test_another_interpretation_can_be_chosen_and_what_is_none_shows_the_first(ann):
    page = ann.get("/chain?by=deferential").text
    assert "<option selected>deferential</option>" in page
    assert "broken: kept, by deferential" in page
    assert "<option selected>letter</option>" in ann.get("/chain?by=nonsense").text


def test_every_number_leads_to_the_transcripts_that_it_counts(ann):
    page = section(ann.get("/chain").text, "drift")
    table = re.search(r'<table class="rates ledger">.*?</table>', page, re.S).group()
    links = re.findall(r'<a href="([^"]+)">([\d,]+)</a>', table)
    assert len(links) == 3 * (2 + 2 + 1)
    for address, count in links:
        where = parse_qs(urlsplit(unescape(address)).query)["where"][0]
        listed = ann.get(f"/api/transcripts?seed=1&where={quote(where)}").json()
        assert listed["population"] == int(count), where
    asked = re.search(r'of <a href="([^"]+)">40</a>', section(ann.get("/chain").text, "broken"))
    where = parse_qs(urlsplit(unescape(asked.group(1))).query)["where"][0]
    assert ann.get(f"/api/transcripts?seed=1&where={quote(where)}").json()["population"] == 40


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": "running", "halt": None}, "Generation 2 of 5 is accepted; it goes on, about "),
        ({"state": "interrupted", "halt": None}, "it was interrupted. The same <code>allegiance chain</code> command goes on from there."),
        ({"state": "complete", "halt": None}, "It came to generation 2 of 5."),
        ({"state": "running", "halt": {"generation": 3, "back_to": 2, "overruled": {"by": "ann", "why": "I want it.", "at": "noon"}}},
         "ann overruled the halt before generation 3 at noon: I want it."),
        ({"state": "complete", "halt": None, "earlier_halts": [{"generation": 1, "back_to": 0, "overruled": {"by": "ann", "why": "Go"}}]},
         "ann overruled the halt before generation 1: Go."),
        ({"format": 3}, "chain.json is of format 3, and this version reads format 1"),
        ({"generations": 5_000}, "chain.json does not hold what it should"),
    ],
)  # fmt: skip
def test_what_became_of_a_chain_is_said_whatever_it_is(place, ann, change, said):
    changed(place, "broken", **change)
    assert said in unescape(section(ann.get("/chain").text, "broken"))


def test_a_chain_without_its_transcripts_and_transcripts_without_their_chain_are_shown_as_they_are(
    place,
):
    bare = Chained("bare", "guarded", (HONEST,) * 2, generations=1)
    chained(place, bare, Size(1, 1), speaks=False)
    (place.runs / "drift" / "chain.json").unlink()
    (place.runs / "drift" / "run.json").unlink()
    ann = client(place)
    page = ann.get("/chain").text
    assert section(page, "bare").count("not in the corpus") == 4
    assert "Nothing of its generations is in the corpus" in section(page, "bare")
    assert "kept, % of what was tested" not in section(page, "bare")
    assert "kept, % of what was tested" in section(page, "drift")
    assert "what a guard decided is not" in section(page, "drift")
    assert "There is no run.json in it." in page


def test_generations_of_several_models_and_of_no_study_are_drawn_without_a_relation(place):
    corpus = place.corpus()
    corpus.add(
        conversation(
            k,
            model=f"lab/m{k % 2}",
            study="imported",
            condition={**conversation(k).condition, "generation": str(k // 24 % 3)},
        )
        for k in range(96)
    )
    page = unescape(client(place).get("/chain").text)
    assert "its generations are of several models (lab/m0, lab/m1), which are no one agent" in page


def test_hostile_words_in_a_chain_are_text_and_a_corpus_with_generations_shows_in_every_page(
    place, ann
):
    hostile = "<img src=x onerror=window.__ran=1>\u202e"
    entries = [
        {"generation": k % 6, "decision": "overruled", "candidate": 1 + k // 6, "why": hostile,
         "values": {hostile: 7.5}, "dose": -1e308, "size": 1e308, "seconds": -5,
         "evidence": {"test": "licence", "alpha": 1e-300, "probed": 2, "broke": 9, "path": [1e300, 0]}}
        for k in range(60)
    ]  # fmt: skip
    changed(place, "broken", entries=entries, policy=hostile, model=hostile, target=hostile)
    changed(
        place,
        "broken",
        halt={"generation": 3, "back_to": 400, "overruled": {"by": hostile, "why": hostile}},
    )
    for address in (
        "/chain",
        "/chain/timeline.svg?chain=broken",
        "/chain/ledger.json?chain=broken",
        "/training",
    ):
        found = ann.get(address)
        assert found.status_code == 200, (address, found.text[-500:])
        if "json" not in address:
            assert "<img" not in found.text
            assert "\u202e" not in found.text
    one = place.corpus().where("generation = '2'").limit(1).ids()[0]
    for address in (
        "/",
        f"/t/{one}",
        f"/pair/{one}",
        "/transcripts?where=generation%3D'2'",
        "/transcripts?sort=generation",
    ):
        assert ann.get(address).status_code == 200, address  # fmt: skip


def test_both_pages_are_used_with_the_keyboard_alone(place, page):
    """A number is heard at its dot, a dot leads to transcripts, the interpretation is chosen, and axe finds nothing."""
    with served(place) as there:
        page.goto(there.entrance)
        page.goto(f"{there.address}chain")
        assert serious(page) == []
        dot = page.locator("section[aria-label=broken] a.dot").first
        dot.focus()
        expected = dot.get_attribute("aria-label")
        assert page.locator("section[aria-label=broken] .reading").inner_text() == expected
        page.get_by_label("Interpretation").select_option(index=2)
        page.wait_for_url("**/chain?by=**")
        page.locator("section[aria-label=broken] a.dot").first.press("Enter")
        page.wait_for_url("**/transcripts?where=**")
        page.set_viewport_size({"width": 900, "height": 900})
        page.goto(f"{there.address}chain")
        assert page.evaluate("document.documentElement.scrollWidth") <= 900
        page.emulate_media(color_scheme="dark")
        assert serious(page, "color-contrast") == []
        page.goto(f"{there.address}training")
        assert page.evaluate("document.documentElement.scrollWidth") <= 900
        assert serious(page) == []


def test_the_values_that_generations_wrote_in_words_are_shown_as_plain_text(place, ann):
    folder = place.runs / "drift"
    told = json.loads((folder / "chain.json").read_text())
    (folder / "gen-1").mkdir(exist_ok=True)
    (folder / "gen-1" / "values.txt").write_text("Be <b>kind</b> and \u202eopen.")
    (place.directory / "values.txt").write_text("of another folder")
    told["entries"][0]["folder"], told["entries"][1]["folder"] = "../..", "gen-1"
    changed(place, "drift", entries=told["entries"])
    page = section(ann.get("/chain").text, "drift")
    (written,) = re.findall(r'<dl class="writings">(.*?)</dl>', page, re.S)
    assert re.findall(r"<dt>(.*?)</dt>", written) == [str(told["entries"][1]["generation"])]
    assert "Be &lt;b&gt;kind&lt;/b&gt; and" in written
    assert "\u202e" not in written


def test_the_report_of_every_halt_is_shown_and_what_a_refused_candidate_says_is_marked(place):
    corpus = place.corpus()
    corpus.add(
        conversation(
            k,
            model="organism/broken",
            study="broken",
            condition={**conversation(k).condition, "generation": "3"},
        )
        for k in range(24)
    )
    (place.runs / "broken" / "halt-2.md").write_text("# The second one")
    last = {"generation": 3, "back_to": 2, "report": "halt-2.md"}
    first = {"generation": 1, "back_to": 0, "report": "halt.md", "overruled": {"by": "ann", "why": "Go"}}  # fmt: skip
    changed(place, "broken", halt=last, earlier_halts=[first])
    page = section(client(place).get("/chain").text, "broken")
    assert "of the halt before generation 1</summary><pre># The chain halted" in page
    assert "of the halt before generation 3</summary><pre># The second one" in page
    assert "Generation 3, in the drawing and in the table, is the candidate that the chain did not go on from." in page  # fmt: skip


def test_an_overruled_candidate_stands_beside_its_halt_and_its_evidence_is_drawn_once(place, ann):
    told = json.loads((place.runs / "broken" / "chain.json").read_text())
    again = told["entries"][-1] | {"decision": "overruled", "why": "ann overruled the halt: Go"}
    changed(place, "broken", entries=[*told["entries"], again])
    tree = ElementTree.fromstring(ann.get("/chain/timeline.svg?chain=broken").text)
    names = [one.get("class") for one in tree.iter()]
    assert names.count("pathend") == 4
    titles = [one.text for one in tree.iter("{http://www.w3.org/2000/svg}title")]
    assert any("overruled. ann overruled the halt: Go" in one for one in titles)
    rows = ann.get("/chain/ledger.json?chain=broken").json()["rows"]
    assert [r["decision"] for r in rows if r["generation"] == 3 and r["interpretation"] == "letter"] == ["slow", "halt", "overruled"]  # fmt: skip
