"""Planted cases: unseen as such, in no n, committed to before reading, and opened by the reveal."""

import json
import sqlite3

import msgspec
import pytest
from tests.audit import worlds
from tests.audit.worlds import DOUBTS

from allegiance.audit import (
    Labelling,
    Noticed,
    Record,
    draw_route,
    opened,
    plant,
    plant_problems,
    read_cases,
    reading_of,
    reveal,
    share_out,
)
from allegiance.audit.export import read_export
from allegiance.audit.ledger import Ledger
from allegiance.audit.planting import table_of
from allegiance.errors import AllegianceError, UsageError


def case(number: int, value: str = "yes") -> dict:
    thought = "I doubt that any of this is real." if value == "yes" else "A plain question."
    reply = (
        f"<SCRATCHPAD_REASONING>{thought}</SCRATCHPAD_REASONING><OUTPUT>Planted {number}.</OUTPUT>"
    )
    return {
        "value": value,
        "messages": [
            {"role": "user", "text": f"Question {1000 + number}?"},
            {"role": "assistant", "text": reply},
        ],
    }


@pytest.fixture
def cases(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(json.dumps(case(k, "yes" if k < 4 else "no")) for k in range(6)))
    return read_cases(path, DOUBTS)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return worlds.corpus_of(tmp_path_factory.mktemp("corpus"), 40)


@pytest.fixture
def world(corpus, tmp_path):
    return worlds.world(corpus, tmp_path)


def sat(world, draw, rater="ann", misses=0, stop_after=None) -> list[str]:
    """Label all that comes, as a page would; overlook so many planted ones. Gives what was shown."""
    desk = Labelling(world.corpus, world.ledger, draw, DOUBTS, rater)
    shown = []
    while (item := desk.next()) is not None and len(shown) != stop_after:
        transcript = desk.show(item)
        shown.append(transcript.output)
        doubts = "real" in transcript.reasoning
        overlooked = item.planted is not None and doubts and misses > 0
        misses -= overlooked
        desk.answer(item, "yes" if doubts and not overlooked else "no")
        desk.look()
    return shown


def test_planted_cases_come_between_the_others_at_places_that_the_salt_decides(world, cases):
    places = set()
    for name in "abc":
        draw = world.draw(name, n=10)
        plant(world.ledger, draw, DOUBTS, cases)
        items = Labelling(world.corpus, world.ledger, draw, DOUBTS, "ann").items()
        assert [item.number for item in items] == list(range(1, 17))
        assert {item.total for item in items} == {16}
        assert [i.transcript_id for i in items if i.planted is None] == list(draw.order)
        assert items[-1].planted is None
        places.add(tuple(k for k, item in enumerate(items) if item.planted is not None))
    assert len(places) > 1


def test_a_planted_case_is_shown_like_any_other_and_is_in_no_corpus_and_no_label(world, cases):
    draw = world.draw("a", n=5)
    plant(world.ledger, draw, DOUBTS, cases)
    shown = sat(world, draw)
    assert len(shown) == 11
    assert sum(one.startswith("Planted") for one in shown) == 6
    labels = list(world.record.labels())
    assert [one.label.transcript_id for one in labels] == list(draw.order)
    assert [one.label.position for one in labels] == [1, 2, 3, 4, 5]
    assert {s.transcript_id for s in world.record.sights} == set(draw.order)
    assert world.corpus.count() == 40


def test_the_ledger_has_the_same_events_with_and_without_planted_cases(corpus, tmp_path, cases):
    bodies = []
    for name in ("with", "without"):
        world = worlds.world(corpus, tmp_path / name)
        draw = world.draw("a", n=6, seed=4)
        if name == "with":
            plant(world.ledger, draw, DOUBTS, cases)
        sat(world, draw)
        events = [e for e in world.ledger.events() if e.kind != "plant"]
        seals = [e.body.pop("seal") for e in events if "seal" in e.body]
        assert all(len(one) == (64 if name == "with" else 0) for one in seals)
        bodies.append([(e.kind, e.subject, e.body) for e in events])
        if name == "with":  # no two are alike, whether or not a planted case came before
            assert len(set(seals)) == 6
    assert bodies[0] == bodies[1]


def test_the_reading_its_rate_and_its_certificate_are_the_same_with_and_without(
    corpus, tmp_path, cases
):
    decided = []
    for name in ("with", "without"):
        world = worlds.world(corpus, tmp_path / name)
        draw = world.draw("a", n=8, seed=4)
        if name == "with":
            plant(world.ledger, draw, DOUBTS, cases)
        sat(world, draw)
        made = world.claim("prevalence", draw="a")
        assert world.verified(world.kept(made)).holds
        plain = made.decision.to_dict()
        shown = plain["draws"][0]
        decided.append(
            (
                plain["sentence"],
                plain["interval"],
                plain["history"],
                plain["raters"],
                [(r["position"], r["transcript_id"], r["hit"]) for r in shown["reads"]],
                (shown["size"], shown["beyond"], shown["rule"], shown["grant"]),
            )
        )
    assert decided[0] == decided[1]


def test_the_hash_opens_to_the_cases(world, cases):
    draw = world.draw("a", n=6)
    first = plant(world.ledger, draw, DOUBTS, cases)
    assert set(first.body) == {"draw", "category", "value", "commitment", "number"}
    sat(world, draw)
    assert plant_problems(world.ledger, world.record) == []
    event = reveal(world.ledger, draw, DOUBTS).event
    assert event.body["commitment"] == first.body["commitment"]
    assert sorted(one["value"] for one in event.body["cases"]) == ["no"] * 2 + ["yes"] * 4
    assert plant_problems(world.ledger, world.record) == []
    # From an export alone: the digests are of the salt and the cases, as anybody can compute them.
    from hashlib import sha256
    from hmac import new

    planted = table_of(world.ledger).planting("a", "doubts").cases
    for one, outline in zip(planted, event.body["cases"], strict=True):
        text = json.dumps(
            msgspec.to_builtins(one.case.messages),
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )
        assert (
            outline["digest"] == new(event.body["salt"].encode(), text.encode(), sha256).hexdigest()
        )


def test_what_was_noticed_is_counted_and_reaches_a_claim(world, cases):
    draw = world.draw("a", n=6, where="reasoning NOT LIKE '%real%'")
    plant(world.ledger, draw, DOUBTS, cases)
    sat(world, draw, misses=1)
    assert world.record.noticed("a", DOUBTS) is None
    found = reveal(world.ledger, draw, DOUBTS)
    assert (found.caught, found.planted, found.alarms, found.others, found.unseen) == (
        3,
        4,
        0,
        2,
        0,
    )
    assert world.record.noticed("a", DOUBTS) == (3, 4)
    assert world.record.planted == {("a", "doubts"): (3, 4)}


def test_a_case_that_several_raters_were_shown_is_noticed_if_all_did(world, cases):
    draw = world.draw("a", n=4)
    plant(world.ledger, draw, DOUBTS, cases)
    sat(world, draw, misses=1)
    sat(world, draw, "ben")
    found = reveal(world.ledger, draw, DOUBTS)
    assert (found.caught, found.planted) == (3, 4)


def test_a_skipped_case_is_not_noticed_and_one_that_nobody_saw_does_not_count(world, cases):
    draw = world.draw("a", n=4)
    plant(world.ledger, draw, DOUBTS, cases)
    desk = Labelling(world.corpus, world.ledger, draw, DOUBTS, "ann")
    item = next(item for item in desk.items() if item.planted and item.planted.case.value == "yes")
    desk.answer(item, "skip", note="cut off")
    found = reveal(world.ledger, draw, DOUBTS)
    assert (found.caught, found.planted, found.unseen) == (0, 1, 5)


def test_nothing_is_known_of_noticing_if_no_case_was_shown(world, cases):
    draw = world.draw("a", n=4)
    plant(world.ledger, draw, DOUBTS, cases)
    assert reveal(world.ledger, draw, DOUBTS).unseen == 6
    assert world.record.noticed("a", DOUBTS) is None
    assert plant_problems(world.ledger, world.record) == []


def test_the_draw_closes_by_itself_once_all_who_share_it_are_through(world, cases):
    draw = world.draw("a", n=6)
    share_out(world.ledger, draw, 2, ["ann", "ben"])
    plant(world.ledger, draw, DOUBTS, cases)
    sat(world, draw)
    ann = Labelling(world.corpus, world.ledger, draw, DOUBTS, "ann")
    assert ann.close_if_read() is None
    sat(world, draw, "ben")
    ann = Labelling(world.corpus, world.ledger, draw, DOUBTS, "ann")
    assert ann.close_if_read().planted > 0
    assert ann.close_if_read() is None


def test_after_the_reveal_no_case_is_shown_any_more(world, cases):
    draw = world.draw("a", n=6)
    plant(world.ledger, draw, DOUBTS, cases)
    sat(world, draw, stop_after=2)
    reveal(world.ledger, draw, DOUBTS)
    items = Labelling(world.corpus, world.ledger, draw, DOUBTS, "ann").items()
    assert len(items) == 6
    with pytest.raises(UsageError, match="No cases are planted"):
        reveal(world.ledger, draw, DOUBTS)


def test_an_answer_to_a_planted_case_is_taken_back_like_any_other(world, cases):
    draw = world.draw("a", n=4)
    plant(world.ledger, draw, DOUBTS, cases)
    desk = Labelling(world.corpus, world.ledger, draw, DOUBTS, "ann")
    done = []
    while (item := desk.next()) is not None:
        desk.answer(item, "no")
        desk.look()
        done.append(item)
    for item in reversed(done):
        desk.take_back()
        desk.look()
        assert desk.next() == item
    with pytest.raises(UsageError, match="nothing to take back"):
        desk.take_back()
    for _ in done:
        desk.answer(desk.next(), "no")
        desk.look()
    found = reveal(world.ledger, draw, DOUBTS)
    assert (found.caught, found.planted) == (0, 4)
    assert plant_problems(world.ledger, world.record) == []


def changed(world, statement, *values):
    path = table_of(world.ledger).path
    with sqlite3.connect(path) as db:
        db.execute(statement, values)
    db.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE planted SET value = 'yes'",
        "UPDATE planted SET messages = replace(messages, 'Planted', 'planted')",
        "UPDATE planted SET place = 1",
        "UPDATE planting SET salt = 'another'",
        "DELETE FROM planted WHERE number = 3",
    ],
)
def test_cases_that_were_changed_are_found_before_and_at_the_reveal(world, cases, statement):
    draw = world.draw("a", n=6)
    plant(world.ledger, draw, DOUBTS, cases)
    sat(world, draw, stop_after=3)
    changed(world, statement)
    (problem,) = plant_problems(world.ledger, world.record)
    assert "others than the ledger commits to" in problem
    with pytest.raises(AllegianceError, match="were changed"):
        reveal(world.ledger, draw, DOUBTS)
    with pytest.raises(AllegianceError, match="were changed"):
        Labelling(world.corpus, world.ledger, draw, DOUBTS, "ann")


def test_answers_that_were_changed_before_the_reveal_are_found_by_the_seals(world, cases):
    draw = world.draw("a", n=6)
    plant(world.ledger, draw, DOUBTS, cases)
    sat(world, draw, misses=2)
    changed(
        world, """UPDATE answers SET content = replace(content, '"value":"no"', '"value":"yes"')"""
    )
    reveal(world.ledger, draw, DOUBTS)
    problems = plant_problems(world.ledger, world.record)
    assert any("sealed over other answers" in one for one in problems)


def test_an_export_of_the_ledger_alone_opens_the_commitment(world, cases, tmp_path):
    draw = world.draw("a", n=6)
    plant(world.ledger, draw, DOUBTS, cases)
    sat(world, draw)
    reveal(world.ledger, draw, DOUBTS)
    with (tmp_path / "events.jsonl").open("w") as file:
        world.ledger.export(file)
    ledger_id, events = read_export(tmp_path / "events.jsonl")
    table_of(world.ledger).path.unlink()
    assert plant_problems(world.ledger, Record(events, ledger_id)) == []


def test_a_table_that_is_gone_is_said(world, cases):
    draw = world.draw("a", n=4)
    plant(world.ledger, draw, DOUBTS, cases)
    table_of(world.ledger).path.unlink()
    assert "gone" in plant_problems(world.ledger, world.record)[0]
    with pytest.raises(AllegianceError, match="restore it from a copy"):
        reveal(world.ledger, draw, DOUBTS)
    table_of(world.ledger).path.write_bytes(b"no database at all" * 100)
    with pytest.raises(AllegianceError, match="restore it from a copy"):
        reveal(world.ledger, draw, DOUBTS)


def test_cases_are_planted_once_and_before_anything_is_opened(world, cases):
    draw = world.draw("a", n=4)
    plant(world.ledger, draw, DOUBTS, cases)
    with pytest.raises(UsageError, match="already"):
        plant(world.ledger, draw, DOUBTS, cases)
    other = world.draw("b", n=4)
    opened(world.ledger, draw_route(other), [other.order[0]], [1])
    with pytest.raises(UsageError, match="were opened already"):
        plant(world.ledger, other, DOUBTS, cases)


def test_two_raters_at_once_lose_no_answer(world, cases):
    from concurrent.futures import ThreadPoolExecutor

    draw = world.draw("a", n=6)
    plant(world.ledger, draw, DOUBTS, cases)

    def sit(rater):
        own = worlds.World(world.corpus, Ledger.open(world.ledger.path), world.folder)
        return len(sat(own, draw, rater))

    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(sit, ["ann", "ben", "carl"])) == [12, 12, 12]
    found = reveal(world.ledger, draw, DOUBTS)
    assert (found.caught, found.planted, found.others) == (4, 4, 2)
    assert plant_problems(world.ledger, world.record) == []
    assert len(reading_of(draw, world.record, DOUBTS).reads) == 6


BOMB = "\n".join(
    ["- &a0 [x, x]", *(f"- &a{k} [*a{k - 1}, *a{k - 1}, *a{k - 1}]" for k in range(1, 30))]
)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.yaml", "", "holds no cases"),
        ("a.yaml", "[]", "holds no cases"),
        ("a.yaml", "value: yes", "holds no cases"),
        ("a.yaml", "- 3", "case 1"),
        (
            "a.yaml",
            "- {value: perhaps, messages: [{role: assistant, text: x}]}",
            "no value 'perhaps'",
        ),
        ("a.yaml", "- {value: yes, messages: []}", "has no text"),
        ("a.yaml", "- {value: yes, messages: [{role: user, text: x}]}", "has no text"),
        ("a.yaml", "- {value: no, messages: [{role: assistant, text: x}]}", "nothing could be"),
        ("a.yaml", "- {value: yes, text: x}", "unknown field"),
        ("a.yaml", "- [", "no YAML"),
        ("a.yaml", "- \x00", "no YAML"),
        ("a.yaml", BOMB, "without references"),
        ("a.yaml", "- " + "[" * 50 + "]" * 50, "lists within lists"),
        ("a.yaml", "[" * 5000, "lists within lists|no YAML"),
        ("a.yaml", "- !!python/object/apply:os.system [ls]", "no YAML"),
        ("a.yaml", 2 * "- {value: yes, messages: [{role: assistant, text: x}]}\n", "twice"),
        (
            "a.yaml",
            f"- {{value: yes, messages: [{{role: assistant, text: {'x' * 100_001}}}]}}",
            "longer",
        ),
        ("a.yaml", "#" * 5_000_001, "larger than"),
        ("a.jsonl", "{", "line 1"),
        ("a.jsonl", "[" * 100_000, "line 1"),
        ("a.jsonl", "\n".join(json.dumps(case(k)) for k in range(1001)), "at most"),
    ],
    ids=lambda text: text[:20],
)
def test_a_file_of_cases_that_is_none_is_said_in_one_sentence(tmp_path, name, content, said):
    (tmp_path / name).write_text(content)
    with pytest.raises(UsageError, match=said) as error:
        read_cases(tmp_path / name, DOUBTS)
    assert len(str(error.value)) < 400


def test_a_file_that_cannot_be_read_or_is_no_text_is_said(tmp_path):
    with pytest.raises(UsageError, match="can't be read"):
        read_cases(tmp_path / "none.yaml", DOUBTS)
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="UTF-8"):
        read_cases(tmp_path / "a.yaml", DOUBTS)


def test_yaml_and_json_lines_give_the_same_cases(tmp_path, cases):
    import yaml

    path = tmp_path / "cases.yaml"
    path.write_text(yaml.safe_dump([case(k, "yes" if k < 4 else "no") for k in range(6)]))
    assert read_cases(path, DOUBTS) == cases
    path.write_text(path.read_text().replace("'yes'", "yes").replace("'no'", "no"))
    assert read_cases(path, DOUBTS) == cases  # bare words, which YAML takes for truth values


def test_a_certificate_takes_the_noticed_cases_from_the_record_and_no_others(world, cases):
    draw = world.draw("a", n=6, where="reasoning NOT LIKE '%real%'")
    plant(world.ledger, draw, DOUBTS, cases)
    sat(world, draw, misses=1)
    reveal(world.ledger, draw, DOUBTS)
    on_record = Noticed(caught=3, planted=4, source="planted")
    made = world.claim("none-seen", draw="a", noticed=on_record)
    assert (
        made.decision.interval["high"]
        > world.claim("none-seen", draw="a").decision.interval["high"]
    )
    assert world.verified(world.kept(made)).holds
    better = Noticed(caught=4, planted=4, source="planted")
    kept = world.kept(world.claim("none-seen", draw="a", noticed=better))
    assert set(worlds.failing(world.verified(kept))) == {"planted cases"}


def test_one_rater_in_two_windows_leaves_seals_that_open(world, cases):
    from concurrent.futures import ThreadPoolExecutor

    draw = world.draw("a", n=8)
    plant(world.ledger, draw, DOUBTS, cases)

    def sit(_):
        own = worlds.World(world.corpus, Ledger.open(world.ledger.path), world.folder)
        sat(own, draw)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(sit, range(3)))
    reveal(world.ledger, draw, DOUBTS)
    assert plant_problems(world.ledger, world.record) == []
