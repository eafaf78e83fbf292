"""Files that are no ledger, places where none can be, and what stands in the way of writing."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from tests.conftest import ROOT

from allegiance import __version__
from allegiance.audit.ledger import Ledger
from allegiance.errors import AllegianceError


@pytest.fixture
def path(tmp_path) -> Path:
    """The file of a ledger with some hundred events, which nobody has open."""
    ledger = Ledger.open(tmp_path / "ledger.db")
    with ledger.writing() as page:
        for number in range(400):
            page.append("label", f"t{number}", {"value": "x" * 200})
    ledger.close()
    return ledger.path


def refusal(path: Path, **options) -> str:
    """Open a ledger and read all of it, which must end in one sentence."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(AllegianceError) as error:
        list(Ledger.open(path, **options).events())
    assert (path.read_bytes() if path.is_file() else None) == before
    assert "\n" not in str(error.value)
    return str(error.value)


def test_where_there_is_none_and_none_shall_be_made(tmp_path):
    said = refusal(tmp_path / "ledger.db", create=False)
    assert said.startswith(f"There is no ledger at {tmp_path / 'ledger.db'} yet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"hello", b"hello, this is a text\n" * 1000, b"\0" * 5000])
def test_a_file_that_is_no_database(tmp_path, content):
    (tmp_path / "ledger.db").write_bytes(content)
    assert "is no ledger: it is no SQLite database; restore it" in refusal(tmp_path / "ledger.db")


def test_an_empty_file_is_a_ledger_that_was_lost_and_no_new_one(tmp_path):
    (tmp_path / "ledger.db").touch()
    assert "is empty, and a ledger never is" in refusal(tmp_path / "ledger.db")


@pytest.mark.parametrize("part", [0.9, 0.5, 0.1])
def test_a_file_that_was_cut_short(path, part):
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * part)])
    assert "is damaged: part of the file is missing" in refusal(path)


def test_a_file_that_was_cut_to_its_first_bytes(path):
    path.write_bytes(path.read_bytes()[:60])
    assert "restore it from a copy" in refusal(path)


def test_a_file_with_other_bytes_in_the_middle(path):
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 8192] = b"\x5a" * 8192
    path.write_bytes(data)
    try:
        problems = Ledger.open(path).verify().problems
    except AllegianceError as error:
        problems = (str(error),)
    assert any("damaged" in problem for problem in problems)


@pytest.mark.parametrize(
    "table", ["CREATE TABLE notes (x)", "CREATE TABLE ledger (x)", "CREATE TABLE ledger (id, schema, created_at, created_by)"]
)  # fmt: skip
def test_a_database_of_another_program(tmp_path, table):
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute(table)
    connection.close()
    assert "is a database of another program, and no ledger" in refusal(tmp_path / "ledger.db")


def test_another_schema_is_told_with_both_versions(path):
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER ledger_no_UPDATE")
        connection.execute("UPDATE ledger SET schema = 7, created_by = '9.9'")
    connection.close()
    said = refusal(path)
    assert "was written in ledger schema 7 by allegiance 9.9; " in said
    assert f"this is allegiance {__version__}, which reads schema 1: " in said


def test_a_folder_in_its_place(tmp_path):
    (tmp_path / "ledger.db").mkdir()
    assert "can't be opened; make sure that it is a file" in refusal(tmp_path / "ledger.db")


def test_a_file_where_its_folder_should_be(tmp_path):
    (tmp_path / "work").write_text("x")
    assert "can't be made (" in refusal(tmp_path / "work" / "ledger.db")


def test_a_link_that_leads_nowhere_begins_a_ledger_there_or_says_why_not(tmp_path):
    (tmp_path / "ledger.db").symlink_to(tmp_path / "away.db")
    with pytest.raises(AllegianceError, match="can't be opened"):
        Ledger.open(tmp_path / "ledger.db", create=False)


@pytest.mark.skipif(os.name != "posix", reason="other rights")
@pytest.mark.parametrize(
    ("made", "said"),
    [(False, "can't be made (Permission denied); choose a folder"), (True, "can't be ")],
)
def test_a_folder_that_may_not_be_written(made, said):
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if made:
            Ledger.open(place / "ledger.db").close()
        place.chmod(0o555)
        for file in place.iterdir():
            file.chmod(0o444)
        command = [sys.executable, "tests/audit/writers.py", "powerless", str(place / "ledger.db")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        place.chmod(0o755)
    sentence = json.loads(done.stdout)
    assert said in sentence
    assert "writ" in sentence


def test_a_ledger_that_another_program_has_locked(path):
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    ledger = Ledger.open(path, patience=0.1)
    assert ledger.head().seq == 400
    with pytest.raises(AllegianceError, match=r"locked by another program for more than 0.1 sec"):
        ledger.append("label", "t", {})
    other.rollback()
    other.close()
    assert ledger.append("label", "t", {}).seq == 401


def test_a_full_disk_is_told_and_what_was_acknowledged_stays(path):
    ledger = Ledger.open(path)
    with ledger._engine.connect() as connection:  # the one that is kept, and used again
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(AllegianceError, match="can't be written: the disk is full; make room"):
        ledger.append("label", "t", {"quote": "x" * 100_000})
    assert ledger.head().seq == 400
    ledger.close()
    assert ledger.append("label", "t", {"quote": "x" * 100_000}).seq == 401
    assert ledger.verify().whole


@pytest.mark.skipif(os.name != "posix", reason="there is no such limit")
def test_a_disk_that_refuses_is_told_and_no_half_made_ledger_is_left(tmp_path):
    code = (
        "import resource, signal, sys; from allegiance.audit.ledger import Ledger;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)); Ledger.open(sys.argv[1])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "ledger.db")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "AllegianceError" in done.stderr
    assert "ledger.db can't be read or written: the disk refuses" in done.stderr
    assert {file.name for file in tmp_path.iterdir()} <= {"ledger.db.lock"}


def test_a_ledger_that_vanished_is_not_begun_anew_behind_the_back(path):
    ledger = Ledger.open(path)
    ledger.close()
    path.rename(path.with_name("moved.db"))
    with pytest.raises(AllegianceError, match="can't be opened"):
        ledger.append("label", "t", {})
    assert not path.exists()


def test_what_a_killed_maker_left_behind_is_in_nobody_s_way(tmp_path):
    (tmp_path / "ledger.db.new").write_bytes(b"half")
    (tmp_path / "ledger.db.new-journal").write_bytes(b"half")
    assert Ledger.open(tmp_path / "ledger.db").append("open", "t", {}).seq == 1
    assert not list(tmp_path.glob("*.new*"))
