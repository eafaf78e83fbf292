"""The frame behind a cell: whatever tells places apart, its filter keeps exactly the transcripts that are counted."""

import pytest

from allegiance.audit import frame
from allegiance.corpus import Workspace
from allegiance.report.cells import Place
from allegiance.scanners import rule_scanner, scan
from allegiance.web.cells import Cells, address_of_ids
from allegiance.web.numbers import numbers
from tests.web.places import conversation
from tests.web.serving import client

VARIED = (
    {},
    {"model": "lab/o'brien"},
    {"model": None},
    {"study": None},
    {"task": "other_task"},
    {"condition": {"tier": "monitored"}},
    {"condition": {}},
    {"condition": {"tier": "monitored", "clause": "may-resist", "odd level": "it's"}},
    {"metadata": {"against": "training"}},
    {"metadata": {}},
)


@pytest.fixture
def site(tmp_path):
    place = Workspace(tmp_path / "varied")
    corpus = place.corpus()
    corpus.add(conversation(n, **VARIED[n // 2 % len(VARIED)]) for n in range(80))
    scan(corpus, [rule_scanner("outcome"), rule_scanner("doubts")])
    return client(place).site


def test_every_place_has_a_filter_of_its_own_that_keeps_its_transcripts(site):
    found = numbers(site)
    wheres = [found.cells.where(cell.place) for cell in found.report.cells]
    assert len(set(wheres)) == len(wheres) > len(VARIED)
    for cell, where in zip(found.report.cells, wheres, strict=True):
        population = frame(site.corpus, where)
        assert len(population) == cell.population, where
        one = cell.measure("complied")
        hits = frame(site.corpus, found.cells.counted(cell.place, "outcome", ["complied"]))
        assert len(hits) == one.hits
        assert set(hits.ids) <= set(population.ids)
    everything = [one for where in wheres for one in frame(site.corpus, where).ids]
    assert sorted(everything) == sorted(site.corpus.ids())


def test_what_is_the_same_everywhere_stands_in_no_filter(site):
    places = [
        Place("m", "s", "t", None, {"tier": tier, "clause": "silent"})
        for tier in ("monitored", "unmonitored")
    ]
    cells = Cells.of(places, site.corpus.query().snapshot.kinds)
    assert cells.where(places[0]) == "tier = 'monitored'"
    assert cells.where(places[0], without=("tier",)) == ""


def test_of_very_many_transcripts_an_address_lists_as_many_as_it_can_carry(site):
    ids = sorted(site.corpus.ids()) * 10
    address, listed = address_of_ids(ids)
    assert 80 < listed < len(ids)
    assert len(address) < 14_000
    assert address_of_ids(ids[:3])[1] == 3
