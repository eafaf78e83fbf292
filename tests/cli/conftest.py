"""The command line as a person has it: a process of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass

import pytest


@dataclass
class Result:
    code: int
    out: str
    err: str


@pytest.fixture
def allegiance(tmp_path):
    """Run a command in an empty folder."""

    def run(*arguments, env=None, timeout=300):
        done = subprocess.run(
            [sys.executable, "-m", "allegiance", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Result(done.returncode, done.stdout, done.stderr)

    return run
