"""`allegiance view` and `allegiance access` as a person has them: a process of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
from tests.web import places


@dataclass
class Result:
    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return places.made(tmp_path_factory.mktemp("viewed") / "study").directory


@pytest.fixture
def allegiance(tmp_path, monkeypatch):
    """Run a command in an empty folder, in this process: nothing here serves."""
    from typer.testing import CliRunner

    from allegiance.cli.app import load_commands

    monkeypatch.chdir(tmp_path)
    application = load_commands()

    def run(*arguments):
        found = CliRunner().invoke(application, [*map(str, arguments)])
        assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
        return Result(found.exit_code, found.stdout, found.stderr)

    return run


@contextmanager
def viewed(workspace, *arguments):
    """A workbench that was started, what it printed, and how it ended."""
    process = subprocess.Popen(
        [sys.executable, "-m", "allegiance", "view", "-w", str(workspace), "--no-open", "--json", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        yield json.loads(line), process
    finally:
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
        assert "Traceback" not in told, told


def test_it_prints_an_address_with_a_token_that_opens_it_and_nothing_else_does(workspace):
    with viewed(workspace, "--port", "0") as (told, _):
        found = httpx.get(told["address"], follow_redirects=True)
        assert found.status_code == 200
        assert "organism/faker" in found.text
        assert httpx.get(told["address"].partition("?")[0]).status_code == 401
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}", told["address"])


def test_a_port_that_is_taken_gives_the_next_free_one_and_says_so(workspace):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with viewed(workspace, "--port", port.__str__()) as (told, process):
            assert told["port"] > port
            assert httpx.get(told["address"], follow_redirects=True).status_code == 200
            os.set_blocking(process.stderr.fileno(), False)
            assert f"port {port} is taken" in process.stderr.read()


def test_it_serves_to_a_network_only_with_people_who_were_entered(allegiance, workspace):
    refused = allegiance("view", "-w", workspace, "--host", "0.0.0.0", "--no-open")
    assert refused.code == 2
    assert "--auth" in refused.err
    nobody = allegiance("view", "-w", workspace, "--auth", "--no-open")
    assert nobody.code == 2
    assert "allegiance access add" in nobody.err


def test_a_person_who_is_entered_comes_in_by_name_and_one_taken_out_is_out_at_once(
    allegiance, workspace
):
    made = json.loads(
        allegiance("access", "add", "ann", "--role", "rater", "-w", workspace, "--json").out
    )
    kept = (workspace / "access.json").read_text()
    assert made["token"] not in kept  # a digest of it alone
    assert (workspace / "access.json").stat().st_mode & 0o077 == 0
    with viewed(workspace, "--auth", "--port", "0") as (told, _), httpx.Client() as browser:
        found = browser.get(f"{told['address']}?token={made['token']}", follow_redirects=True)
        assert "ann · rater" in found.text
        renewed = json.loads(
            allegiance("access", "renew", "ann", "--role", "reader", "-w", workspace, "--json").out
        )
        assert browser.get(told["address"]).status_code == 401
        found = browser.get(f"{told['address']}?token={renewed['token']}", follow_redirects=True)
        assert "ann · reader" in found.text
        assert allegiance("access", "remove", "ann", "-w", workspace).code == 0
        assert browser.get(told["address"]).status_code == 401


def test_people_are_listed_without_anything_of_their_tokens(allegiance, tmp_path):
    token = json.loads(allegiance("access", "add", "Ann B", "--role", "admin", "--json").out)[
        "token"
    ]
    told = allegiance("access", "list", "--json")
    assert json.loads(told.out)["people"][0] | {"at": ""} == {
        "name": "Ann B",
        "role": "admin",
        "at": "",
    }
    assert token not in told.out + allegiance("access", "list").out


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("access", "add", "ann", "--role", "king"), 2, "reader, rater, admin"),
        (("access", "add", " ann"), 2, "name"),
        (("access", "add", "a\nb"), 2, "name"),
        (("access", "renew", "ann"), 2, "allegiance access add ann"),
        (("access", "remove", "ann"), 2, "ann is not entered"),
        (("view", "--no-open"), 1, "allegiance"),
        (("view", "--no-open", "-w", "nowhere"), 1, "allegiance demo"),
        (("view", "--no-open", "--auth"), 2, "allegiance access add"),
        (("view", "--no-open", "--certificate", "a.pem"), 2, "--key"),
        (("view", "--no-open", "--certificate", "a.pem", "--key", "b.pem"), 2, "a.pem"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(allegiance, arguments, code, says):
    found = allegiance(*arguments)
    assert found.code == code, found
    assert says in found.err
    assert len(found.err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 1, "people": {"ann": {}}}', '{"format": 9}']
)
def test_an_access_file_that_cannot_be_read_is_said_and_kept(allegiance, tmp_path, content):
    (tmp_path / "access.json").write_text(content)
    found = allegiance("access", "add", "ann")
    assert found.code == 1
    assert "access.json can't be read" in found.err
    assert (tmp_path / "access.json").read_text() == content


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--port", "70000"), "70000"),
        (("--auth", "--host", "no.such.host.invalid"), "no such address"),
        (("--auth", "--host", "192.0.2.7"), "no such address"),
    ],
)
def test_a_place_where_it_cannot_be_served_is_said(allegiance, workspace, arguments, says):
    allegiance("access", "add", f"for {says} {arguments[-1]}", "-w", workspace)
    found = allegiance("view", "--no-open", "-w", workspace, *arguments)
    assert found.code == 2
    assert says in found.err


def test_a_damaged_ledger_and_one_that_is_none_are_said_before_anything_is_served(
    allegiance, tmp_path
):
    places.made(tmp_path / "study")
    (tmp_path / "study" / "ledger.db").write_bytes(b"no database" * 100)
    found = allegiance("view", "-w", "study", "--no-open", "--port", "0")
    assert found.code == 1
    assert "is no ledger" in found.err
