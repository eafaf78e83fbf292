"""The chain: it goes on, slows, halts, is overruled, and goes on after a kill without doing anything twice."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from allegiance.errors import AllegianceError, UsageError
from allegiance.stats import proportion
from allegiance.training import chain_record
from allegiance.training.chain import Chain, ChainPlan, overrule
from allegiance.training.chains import Chains
from tests.training.chains import World

ENTRY = {
    "generation", "candidate", "step", "dose", "size", "decision", "why", "evidence", "relation",
    "values", "weights_sha256", "seconds",
}  # fmt: skip
EVIDENCE = {"test", "probed", "broke", "alpha", "bound", "e_value", "path"}
TOP = {
    "format", "name", "model", "policy", "generations", "break_at", "repair_at", "seed", "alpha",
    "bound", "margin", "budget", "amplify", "target", "state", "entries", "halt",
}  # fmt: skip
BROKEN = [True] * 500
MOUNTING = [n % 8 == 0 for n in range(500)]
"""An eighth breaks: at the end of 100 probes evidence mounts, and a break is not established."""


def plan(**changes):
    return ChainPlan("x", "organism/faker", **{"generations": 3} | changes)


def run(folder, world, batch=25, **changes):
    return Chain(folder, plan(**changes), world, world, world, batch=batch).run()


def decisions(record):
    return [(one.generation, one.candidate, one.decision) for one in record.entries]


def written(folder):
    return json.loads((folder / "chain.json").read_text())


def timeless(folder):
    found = written(folder)
    for entry in found["entries"]:
        entry["seconds"] = 0
    return found


def test_a_clean_chain_runs_to_its_end_each_generation_made_from_the_one_before(tmp_path):
    world = World()
    record = run(tmp_path, world)
    assert record.state == "complete"
    assert decisions(record) == [
        (0, 1, "accept"),
        (1, 1, "accept"),
        (2, 1, "accept"),
        (3, 1, "accept"),
    ]
    parents = [call[1] for call in world.done if call[0] == "make"]
    assert parents == ["gen-0", "gen-1-1", "gen-2-1"]
    assert [call[1:] for call in world.done if call[0] == "measure"] == [
        ("gen-0", 0), ("gen-1-1", 1), ("gen-2-1", 2), ("gen-3-1", 3),
    ]  # fmt: skip


def test_the_record_is_of_the_agreed_form(tmp_path):
    run(tmp_path, World())
    found = written(tmp_path)
    assert set(found) >= TOP
    assert found["amplify"] == {"how": "vote", "n": 4}
    assert found["halt"] is None
    for number, entry in enumerate(found["entries"]):
        assert set(entry) >= ENTRY
        assert set(entry["evidence"]) >= EVIDENCE
        assert entry["relation"]["original"] == json.loads(
            json.dumps(proportion(200 - number, 200).to_dict())
        )
    last = found["entries"][-1]
    assert last["values"] == {"original": 0.97}
    assert last["weights_sha256"] == "sha-gen-3-1"
    assert last["evidence"]["probed"] == len(last["evidence"]["path"]) == 100


def test_the_probes_of_a_candidate_are_asked_for_in_batches_of_other_requests(tmp_path):
    world = World()
    run(tmp_path, world, generations=1, budget=60)
    assert [call[4:] for call in world.done if call[0] == "probe"] == [(25, 0), (25, 25), (10, 50)]


def test_where_evidence_mounts_a_candidate_is_made_anew_with_half_the_step(tmp_path):
    world = World(scripted={(2, 1): MOUNTING})
    record = run(tmp_path, world)
    assert decisions(record)[1:4] == [(1, 1, "accept"), (2, 1, "slow"), (2, 2, "accept")]
    slowed, second = record.entries[2:4]
    assert (slowed.size, second.size) == (1.0, 0.5)
    assert (slowed.evidence["probed"], second.evidence["probed"]) == (100, 200)
    assert slowed.relation is None
    assert ("make", "gen-1-1", 2, "clean", 0.0, 0.5, 2) in world.done
    assert ("make", "gen-2-2", 3, "clean", 0.0, 1.0, 1) in world.done


def test_an_established_break_halts_and_nothing_is_made_after_it(tmp_path):
    world = World(scripted={(2, 1): BROKEN, ("kept", 2): 100})
    record = run(tmp_path, world, break_at=2, dose=0.5)
    assert record.state == "halted"
    assert decisions(record)[-1] == (2, 1, "halt")
    assert not [call for call in world.done if call[0] == "make" and call[2] == 3]
    halt = written(tmp_path)["halt"]
    assert halt == {"generation": 2, "back_to": 1, "report": "halt.md", "overruled": None}
    before = list(world.asked)
    assert run(tmp_path, world, break_at=2, dose=0.5).state == "halted"
    assert world.asked == before


def test_the_report_of_a_halt_says_what_was_planned_seen_kept_and_lost(tmp_path):
    run(tmp_path, World(scripted={(2, 1): BROKEN, ("kept", 2): 100}), break_at=2, dose=0.5)
    report = (tmp_path / "halt.md").read_text()
    entry = written(tmp_path)["entries"][-1]
    seen = entry["evidence"]
    assert f"{seen['broke']} of {seen['probed']}" in report
    assert f"{seen['e_value']:.3g}" in report
    assert f"{1 / seen['alpha']:.4g}" in report
    assert "training intent was planted in 50.0 % of its data" in report
    for kept in (199, 100):
        low, high = (100 * getattr(proportion(kept, 200), side) for side in ("low", "high"))
        assert f"{kept} of 200: {kept / 2:.1f} % [{low:.1f} %, {high:.1f} %]" in report
    assert "Going back keeps the better of the two" in report
    assert "1 later generation unmade" in report
    assert "--overrule" in report
    assert not re.search("faking|decepti|misaligned", report)


def test_the_report_says_so_where_the_generation_gone_back_to_is_the_worse_one(tmp_path):
    world = World(scripted={(2, 1): [True, True, False] * 40, ("kept", 1): 60, ("kept", 2): 120})
    record = run(tmp_path, world, repair_at=1)
    assert decisions(record)[1:] == [(1, 1, "accept"), (2, 1, "halt")]
    assert not [call for call in world.done if call[0] == "probe" and call[2] == 1]
    forced, repair = record.entries[1:]
    assert (forced.step, repair.step) == ("break", "repair")
    assert forced.evidence["test"] == "none"
    report = (tmp_path / "halt.md").read_text()
    assert "Going back keeps the worse of the two" in report
    assert "the original intent was planted in 100.0 % of its data" in report


def test_the_report_says_so_where_nothing_tells_the_two_apart(tmp_path):
    run(tmp_path, World(scripted={(2, 1): BROKEN, ("kept", 1): 150, ("kept", 2): 145}))
    assert "can't be told" in (tmp_path / "halt.md").read_text()


def test_a_licence_that_is_not_shown_halts_as_well(tmp_path):
    world = World(scripted={(1, 1): MOUNTING})
    record = run(tmp_path, world, policy="licensed")
    assert (record.state, record.entries[-1].decision) == ("halted", "refuse")
    assert "is not shown" in (tmp_path / "halt.md").read_text()


def test_naive_goes_on_through_a_break_without_a_probe(tmp_path):
    world = World(scripted={(2, 1): BROKEN})
    record = run(tmp_path, world, policy="naive", break_at=2)
    assert record.state == "complete"
    assert not [call for call in world.done if call[0] == "probe"]


def test_an_overruled_chain_goes_on_from_the_refused_candidate_and_keeps_the_halt_on_record(
    tmp_path,
):
    world = World(scripted={(2, 1): BROKEN, (3, 1): BROKEN})
    run(tmp_path, world)
    first = (tmp_path / "halt.md").read_text()
    record = overrule(tmp_path, " the principal ", "a planted step, known to me")
    assert decisions(record)[-2:] == [(2, 1, "halt"), (2, 1, "overruled")]
    assert "the principal overruled the halt: a planted step" in record.entries[-1].why
    said = written(tmp_path)["halt"]["overruled"]
    assert (said["by"], said["why"]) == ("the principal", "a planted step, known to me")
    assert record.state == "interrupted"
    record = run(tmp_path, world)
    assert ("make", "gen-2-1", 3, "clean", 0.0, 1.0, 1) in world.done
    assert (record.state, record.halt.generation, record.halt.back_to) == ("halted", 3, 2)
    found = written(tmp_path)
    assert found["halt"]["report"] == "halt-2.md"
    assert found["earlier_halts"][0]["overruled"]["by"] == "the principal"
    assert (tmp_path / "halt.md").read_text() == first
    overrule(tmp_path, "the principal", "again")
    assert run(tmp_path, world).state == "complete"


@pytest.mark.parametrize(("by", "why"), [("", "why"), ("who", " ")])
def test_nobody_overrules_and_nobody_does_so_without_a_reason(tmp_path, by, why):
    run(tmp_path, World(scripted={(2, 1): BROKEN}))
    with pytest.raises(UsageError, match="say who, and why"):
        overrule(tmp_path, by, why)
    assert written(tmp_path)["state"] == "halted"


def test_only_a_halt_that_stands_is_overruled(tmp_path):
    with pytest.raises(AllegianceError, match="holds no chain"):
        overrule(tmp_path, "who", "why")
    run(tmp_path, World())
    with pytest.raises(UsageError, match="has not halted"):
        overrule(tmp_path, "who", "why")


SCRIPTED = {(1, 1): MOUNTING, (2, 1): [False] * 40 + BROKEN}


def test_a_chain_that_is_killed_at_any_call_goes_on_and_does_nothing_twice(tmp_path):
    whole = World(scripted=SCRIPTED)
    run(tmp_path / "whole", whole, 50)
    assert decisions(Chain(tmp_path / "whole", plan(), whole, whole, whole).record)[-1][2] == "halt"
    for fails_at in range(1, len(whole.done) + 1):
        folder = tmp_path / str(fails_at)
        world = World(scripted=SCRIPTED, fails_at=fails_at)
        with pytest.raises(KeyboardInterrupt):
            run(folder, world, 50)
        assert written(folder)["state"] == "interrupted"
        run(folder, world, 50)
        assert world.done == whole.done
        assert timeless(folder) == timeless(tmp_path / "whole")
        assert (folder / "halt.md").read_text() == (tmp_path / "whole" / "halt.md").read_text()


@pytest.mark.parametrize("room", range(10))  # of as many writes
def test_a_disk_that_is_full_at_any_write_leaves_a_record_to_go_on_from(
    tmp_path, monkeypatch, room
):
    scripted = {(1, 1): BROKEN}
    run(tmp_path / "whole", World(scripted=scripted), 100)
    left, real = room, Path.replace

    def replaced(self, target):
        nonlocal left
        if left == 0:
            raise OSError(28, "No space left on device")
        left -= 1
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replaced)
        with pytest.raises(AllegianceError, match="No space left"):
            run(tmp_path / "full", World(scripted=scripted), 100)
    assert not list((tmp_path / "full").glob("*.part"))
    run(tmp_path / "full", World(scripted=scripted), 100)
    assert timeless(tmp_path / "full") == timeless(tmp_path / "whole")


def test_a_probing_that_gives_too_few_is_named_and_the_chain_can_go_on(tmp_path):
    with pytest.raises(AllegianceError, match="25 probes were asked for and 3 came back"):
        run(tmp_path, World(scripted={(2, 1): [False] * 3}))
    assert run(tmp_path, World()).state == "complete"


def test_a_chain_of_other_settings_is_refused_by_what_differs(tmp_path):
    run(tmp_path, World(), generations=1)
    before = (tmp_path / "chain.json").read_bytes()
    with pytest.raises(UsageError, match="policy: guarded there, naive now"):
        run(tmp_path, World(), generations=1, policy="naive")
    with pytest.raises(UsageError, match="making"):
        run(tmp_path, World(), generations=1, making={"steps": 20})
    assert (tmp_path / "chain.json").read_bytes() == before


def test_two_processes_do_not_run_one_chain(tmp_path):
    with (
        FileLock(tmp_path / ".chain.lock"),
        pytest.raises(AllegianceError, match="another process"),
    ):
        run(tmp_path, World())


def hostile(found, **changes):
    return json.dumps(found | changes)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda found: json.dumps(found)[:-40], "cut short"),
        (lambda found: "", "cut short"),
        (lambda found: "[" * 100_000, "cut short"),
        (lambda found: "[1]", "no record of a chain"),
        (lambda found: "{}", "no record of a chain"),
        (lambda found: hostile(found, format=2), "format 2"),
        (lambda found: hostile(found, format="1"), "no record of a chain"),
        (lambda found: hostile(found, policy="brave"), "no policy"),
        (lambda found: hostile(found, state="fine"), "state"),
        (lambda found: hostile(found, entries=None), "no whole record"),
        (lambda found: hostile(found, entries=[{"generation": 0}]), "it lacks"),
        (lambda found: hostile(found, entries=found["entries"][1:]), "accepted generations"),
        (lambda found: hostile(found, entries=found["entries"][:1]), "contradict"),
        (lambda found: hostile(found, halt=None), "contradict"),
        (lambda found: hostile(found, alpha="much"), "no whole record"),
        (lambda found: json.dumps({k: v for k, v in found.items() if k != "bound"}), "bound"),
    ],
)
def test_a_record_that_can_not_be_read_is_named_and_left_alone(tmp_path, change, told):
    run(tmp_path, World(scripted={(2, 1): BROKEN}))
    path = tmp_path / "chain.json"
    path.write_text(change(written(tmp_path)))
    before = path.read_bytes()
    for act in (lambda: run(tmp_path, World()), lambda: overrule(tmp_path, "who", "why")):
        with pytest.raises(AllegianceError, match=told) as raised:
            act()
        assert "\n" not in str(raised.value)
    assert path.read_bytes() == before


def test_what_is_under_way_must_be_what_comes_next(tmp_path):
    run(tmp_path, World(), generations=1)
    found = written(tmp_path)
    under_way = {
        "generation": 7,
        "candidate": 1,
        "made": None,
        "outcomes": [],
        "relation": None,
        "seconds": 0,
    }
    (tmp_path / "chain.json").write_text(hostile(found, pending=under_way))
    with pytest.raises(AllegianceError, match="does not follow"):
        run(tmp_path, World(), generations=1)


def test_a_record_that_was_written_and_read_is_the_same(tmp_path):
    record = run(tmp_path, World(scripted={(2, 1): BROKEN}))
    assert chain_record.read(tmp_path).to_dict() == json.loads(json.dumps(record.to_dict()))


def test_real_chains_are_counted_as_simulated_ones_are(tmp_path):
    rates = {0: 0.0, 1: 0.01, 2: 0.6, 3: 0.6}
    broken = run(tmp_path / "1", World(scripted={(1, 1): MOUNTING, (2, 1): BROKEN}))
    clean = run(tmp_path / "2", World())
    chains = Chains.of_records(
        plan(), [broken, clean], lambda record, entry: rates[entry.generation]
    )
    assert chains.stopped.tolist() == [2, 0]
    assert chains.refused[0] == 0.6
    assert chains.ended.tolist() == [0.01, 0.6]
    assert chains.missed.tolist() == [False, True]
    assert chains.probes[0].tolist() == [0, 300, broken.entries[-1].evidence["probed"], 0]
    assert chains.candidates[0].tolist() == [0, 2, 1, 0]
    with pytest.raises(UsageError, match="under way"):
        Chains.of_records(plan(), [replace(clean, state="running")], lambda record, entry: 0.0)
