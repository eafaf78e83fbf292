"""`allegiance interpret --chain` and `--by generation`: the relation ledger of a chain of real organisms."""

import json
import shutil
from types import SimpleNamespace

import pytest
from tests.training.chains import World
from tests.web.run_folders import HONEST, Chained, Size, made
from typer.testing import CliRunner

from allegiance.audit import Ledger
from allegiance.cli.app import load_commands
from allegiance.corpus import Workspace
from allegiance.training.chain import Chain
from allegiance.training.chain_plan import ChainPlan

LOST = (("gap35", 1.0),)


@pytest.fixture(scope="module")
def _original(tmp_path_factory):
    chain = Chained("walk", "naive", (*(HONEST,) * 2, *(LOST,) * 9), break_at=2, generations=10)
    return made(tmp_path_factory.mktemp("chain") / "w", Size(4, 3), runs=(), chains=(chain,))


@pytest.fixture
def place(_original, tmp_path):
    shutil.copytree(_original.directory, tmp_path / "w")
    return Workspace(tmp_path / "w")


@pytest.fixture
def allegiance(place):
    def run(*arguments):
        told = [*map(str, arguments), "-w", str(place.directory)]
        done = CliRunner().invoke(load_commands(), told)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return SimpleNamespace(code=done.exit_code, out=done.stdout, err=done.stderr)

    return run


def test_the_ledger_has_every_generation_in_order_with_both_intents_and_who_moved(
    allegiance, place
):
    done = allegiance("interpret", "--chain", "walk", "--json", "--margin", "20%")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert [row["place"]["generation"] for row in found["rows"]] == [str(k) for k in range(11)]
    assert (found["chain"], found["model"], found["margin"]) == ("walk", "organism/walk", 0.2)
    shares = {
        (row["place"]["generation"], s["intent"]): s
        for row in found["rows"]
        for s in row["shares"]
        if s["interpretation"] == "letter"
    }
    for generation in ("0", "10"):
        one = shares[generation, "original"]
        assert one["kept"] + shares[generation, "training"]["kept"] <= one["tested"] == 48
        assert one["interval"]["low"] < one["interval"]["estimate"] or one["kept"] == 0
    assert shares["0", "training"]["kept"] < shares["10", "training"]["kept"]
    assert [(m["before"], m["after"]) for m in found["moves"]][-2:] == [("9", "10"), ("0", "10")]
    by = json.loads(allegiance("interpret", "--by", "generation", "--json").out)
    assert [row["place"]["generation"] for row in by["rows"]] == [str(k) for k in range(11)]
    assert by["rows"][3]["shares"] == found["rows"][3]["shares"]
    last = next(e for e in Ledger.open(place.ledger_file).events() if e.kind == "estimate")
    assert last.body["what"] == "relation-ledger"
    assert len(last.body["rows"]) == 11


def test_in_the_terminal_one_table_an_interpretation_and_a_line_a_step(allegiance):
    done = allegiance("interpret", "--chain", "walk", "--interpretation", "letter", "--interpretation", "contract")  # fmt: skip
    assert done.code == 0, done.err
    assert "walk: 11 generations of organism/walk, 528 acts" in done.out
    assert done.out.count("kept by ") == 4  # contract once for every extrapolation on file
    assert "1 to 2  Agent:" in done.out
    assert "0 to 10  Agent:" in done.out
    assert done.out.count("Principal:") == 1


def test_a_candidate_that_the_chain_did_not_take_is_named(allegiance, place):
    asked = ("interpret", "--chain", "walk", "--interpretation", "letter")
    assert "did not take" not in allegiance(*asked).err
    file = place.runs / "walk" / "chain.json"
    file.unlink()
    plan = ChainPlan("walk", "organism/honest", "guarded", 10)
    world = World(scripted={(3, attempt): 1.0 for attempt in (1, 2, 3)})
    assert Chain(file.parent, plan, world, world, world).run().waits
    done = allegiance(*asked)
    assert "Generation 3 is the candidate that the chain did not take" in done.err
    assert "generation 2 stands" in done.err
    file.write_text(file.read_text()[:-40])
    done = allegiance(*asked)
    assert done.code == 0
    assert "can't be told" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--chain", "nobody"], "there are walk"),
        (["--chain", "walk", "--by", "tier"], "leave out --by"),
        (["--chain", "walk", "--where", "tier = 'monitored'"], "leave out --by and --where"),
        (["--chain", "walk", "--who-moved"], "leave out --who-moved"),
        (["--margin", "5%"], "goes with --who-moved, or with --chain"),
        (["--chain", "walk", "--margin", "much"], "write a share"),
    ],
)
def test_what_does_not_go_together_is_said(allegiance, arguments, said):
    done = allegiance("interpret", *arguments)
    assert done.code == 2
    assert said in " ".join(done.err.split())


def test_a_factor_that_no_grid_knows_is_one_for_filters_gaps_and_reports(allegiance):
    found = allegiance("search", "the", "--where", "generation = '10'", "--json")
    assert found.code == 0, found.err
    gap = allegiance("estimate", "outcome=complied", "--gap", "generation", "--where", "generation IN ('2', '10')", "--json")  # fmt: skip
    assert gap.code == 0, gap.err
    report = allegiance("report", "--json")
    assert report.code == 0, report.err
    levels = [c["condition"]["generation"] for c in json.loads(report.out)["cells"]]
    assert list(dict.fromkeys(levels)) == [str(k) for k in range(11)]
