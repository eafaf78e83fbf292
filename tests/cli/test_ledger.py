"""`allegiance ledger`: verification, export, and the newest events."""

import json
import sqlite3
from pathlib import Path

import pytest
from tests.cli.conftest import Result
from typer.testing import CliRunner

from allegiance.audit.chain import check
from allegiance.audit.export import read_export
from allegiance.audit.ledger import Ledger
from allegiance.cli.app import load_commands
from allegiance.corpus import Workspace

SECRET = "words of a transcript"


def run(*arguments) -> Result:
    done = CliRunner().invoke(load_commands(), [str(part) for part in arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Result(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def place(tmp_path) -> Path:
    place = tmp_path / "work"
    ledger = Ledger.open(Workspace(place).ledger_file)
    ledger.append("draw", "first", {"n": 2, "seed": 7})
    for number in range(3):
        body = {"value": True, "spans": [{"text": SECRET}]}
        ledger.append("label", f"t{number}", body, actor="ruth")
    ledger.append("skip", "\x1b[2J[bold]t3", {}, actor="omar")
    ledger.close()
    return place


def broken(place: Path) -> Path:
    connection = sqlite3.connect(place / "ledger.db")
    connection.execute("DROP TRIGGER events_no_DELETE")
    connection.execute("DROP TRIGGER events_no_UPDATE")
    connection.execute("DELETE FROM events WHERE seq = 2")
    connection.execute("UPDATE events SET actor = 'omar' WHERE seq = 4")
    connection.commit()
    connection.close()
    return place


def test_verify_tells_the_head_and_leaves_with_zero(place):
    head = Ledger.open(place / "ledger.db").head()
    done = run("ledger", "verify", "-w", place)
    assert (done.code, done.err) == (0, "")
    assert done.out.strip() == f"5 events, each as it was written. Head 5:{head.digest}"
    told = json.loads(run("ledger", "verify", "-w", place, "--json").out)
    assert told["ledger"] == Ledger.open(place / "ledger.db").id
    assert told["head"] == {"seq": 5, "digest": head.digest}
    assert (told["whole"], told["n_events"], told["problems"]) == (True, 5, [])


def test_verify_names_each_problem_and_leaves_with_one(place):
    done = run("ledger", "verify", "-w", broken(place))
    assert (done.code, done.out) == (1, "")
    first, second, last = done.err.splitlines()
    assert first == "event 2 is missing"
    assert second == "event 4 (label of t2): its content was changed"
    assert last.startswith("error: the chain of ")
    told = run("ledger", "verify", "-w", place, "--json")
    assert told.code == 1
    assert json.loads(told.out)["problems"] == [first, second]


def test_verify_with_a_head_that_was_noted_sees_that_the_end_was_cut_off(place):
    head = run("ledger", "verify", "-w", place).out.split()[-1]
    connection = sqlite3.connect(place / "ledger.db")
    connection.execute("DROP TRIGGER events_no_DELETE")
    connection.execute("DELETE FROM events WHERE seq > 3")
    connection.commit()
    connection.close()
    assert run("ledger", "verify", "-w", place).code == 0
    done = run("ledger", "verify", "-w", place, "--head", head)
    assert done.code == 1
    assert "its end was cut off" in done.err


def test_export_to_a_file_and_to_standard_output(place, tmp_path):
    out = tmp_path / "events.jsonl"
    done = run("ledger", "export", out, "-w", place)
    assert done.code == 0
    assert "5 events are in " in done.out
    name, events = read_export(out)
    assert check(events, name).whole
    assert run("ledger", "export", "-", "-w", place).out == out.read_text()
    again = run("ledger", "export", out, "-w", place)
    assert again.code == 2
    assert "--force" in again.err
    told = json.loads(run("ledger", "export", out, "--force", "--json", "-w", place).out)
    assert told == {"ledger": name, "path": str(out), "n_events": 5}
    assert [file.name for file in tmp_path.glob("events*")] == ["events.jsonl"]


def test_show_lists_the_newest_events_without_the_words_of_transcripts(place):
    done = run("ledger", "show", "-w", place)
    assert done.code == 0
    rows = done.out.splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["1", "2", "3", "4", "5"]
    assert "ruth" in rows[2]
    assert "[2J[bold]t3" in rows[5]
    assert "\x1b" not in done.out
    assert SECRET not in done.out
    some = run("ledger", "show", "-n", "2", "--kind", "label", "-w", place, "--json").out
    assert SECRET not in some
    told = json.loads(some)["events"]
    assert [event["subject"] for event in told] == ["t1", "t2"]
    assert "There are no such events." in run("ledger", "show", "--kind", "claim", "-w", place).out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["ledger", "verify", "-w", "NOWHERE"], 1, "There is no ledger at "),
        (["ledger", "show", "-w", "NOWHERE"], 1, "There is no ledger at "),
        (["ledger", "export", "-", "-w", "NOWHERE"], 1, "There is no ledger at "),
        (["ledger", "verify", "--head", "5", "-w", "WORK"], 2, "--head takes SEQ:DIGEST"),
        (["ledger", "show", "--kind", "lable", "-w", "WORK"], 2, "--kind lable is none"),
        (["ledger", "export", "-", "--json", "-w", "WORK"], 2, "name a file"),
        (["ledger", "export", "NOWHERE/x.jsonl", "-w", "WORK"], 1, "can't be written"),
        (["ledger"], 2, ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_sentence(place, tmp_path, arguments, code, said):
    known = {"WORK": str(place), "NOWHERE": str(tmp_path / "nowhere")}
    parts = [known.get(part, part.replace("NOWHERE", known["NOWHERE"])) for part in arguments]
    done = run(*parts)
    assert done.code == code, done.err
    assert said in done.err
    assert not (tmp_path / "nowhere").exists()


def test_a_ledger_lies_in_a_folder_and_not_on_an_object_store(object_store):
    done = run("ledger", "verify", "-w", object_store.url)
    assert (done.code, "no folder" in done.err) == (2, True)
