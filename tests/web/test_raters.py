"""Raters at once: no label is lost or doubled, whoever sends what from how many tabs."""

from concurrent.futures import ThreadPoolExecutor

from benchmarks.web_raters import made, rated
from tests.web.drawing import drawn, item_of, record_of
from tests.web.serving import People, client, served

NAMES = tuple(f"rater-{number}" for number in range(1, 6))


def test_of_five_raters_at_once_no_label_is_lost_or_doubled(tmp_path):
    place = made(tmp_path / "study", 12)
    with served(place, People(**dict.fromkeys(NAMES, "rater")), NAMES[0]) as site:
        address = site.address.removeprefix("http://").strip("/")
        found = rated(place, address, NAMES, 12, pause=0)
    assert found.problems == ()
    assert (found.acknowledged, found.recorded, found.doubled) == (60, 60, 0)
    record = record_of(place)
    for name in NAMES:
        said = [one.label.position for one in record.labels("doubts", rater=name)]
        assert said == list(range(1, 13)), "each in the order of the draw"
        opened = [s.place for s in record.sights if s.actor == name]
        assert opened == list(range(1, 13)), "each opened once, before its label"


def test_one_item_sent_from_many_tabs_at_once_is_labelled_once(place):
    drawn(place, n=3)
    ben = client(place, People(ben="rater"), "ben")
    item = item_of(ben.get("/queues/1/doubts").text)

    def send(value):
        return ben.submit("/queues/1/doubts", item=item, value=value).status_code

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(send, ["yes", "no"] * 6)) == {200}
    kinds = [event.kind for event in record_of(place).events.values()]
    assert kinds.count("label") == 1
    assert kinds.count("relabel") == 0


def test_a_label_of_the_terminal_counts_on_the_page_at_once(place):
    from allegiance.audit import Labelling, Ledger, open_draw

    drawn(place, n=3)
    ben = client(place, People(ben="rater"), "ben")
    first = item_of(ben.get("/queues/1/doubts").text)
    corpus, ledger = place.corpus(), Ledger.open(place.ledger_file)
    draw = open_draw(corpus, record_of(place), "hidden-name")
    desk = Labelling(corpus, ledger, draw, draw.spec.properties[0], "ben")
    desk.answer(desk.next(), "yes")
    text = ben.get("/queues/1/doubts").text
    assert "2 of 3" in text
    assert item_of(text) != first
