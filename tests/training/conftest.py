"""The command line: as a person has it, and in this process where nothing is made."""

import pytest
from typer.testing import CliRunner

from allegiance.cli.app import load_commands
from tests.cli.conftest import allegiance

__all__ = ["allegiance", "refused"]


@pytest.fixture
def refused(tmp_path, monkeypatch):
    """Give a command that is to be refused, in an empty folder; what it says."""

    def run(*arguments):
        monkeypatch.chdir(tmp_path)
        done = CliRunner().invoke(load_commands(), [str(one) for one in arguments])
        assert done.exit_code in (1, 2), done.output
        assert "error: " in done.stderr
        assert not (tmp_path / "corpus").exists()
        return done.stderr

    return run
