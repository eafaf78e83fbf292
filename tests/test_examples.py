"""The examples run as they stand."""

import re
import subprocess
import sys

import pytest

from tests.conftest import ROOT

SHOWN = {
    "gap_of_an_organism.py": r"gap: -?\d+\.\d points \[",
    "own_reward.py": r"^complies: 1\.0\ncomplies and objects: 1\.25\nrefuses: 0\.0$",
    "own_importer.py": r"^2 read as diary, 1 skipped$",
    "the_fourth_transcript.py": r"(?s)On record: .*so at least \d+ of all 1,000\..*"
    r"Reported: By the reader's report.*Sorted: .*existence alone: at least 1 of these 1,000",
}
"""What each example prints."""


@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name
)
def test_an_example_runs_as_it_stands(path, tmp_path):
    done = subprocess.run(
        [sys.executable, path], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert re.search(SHOWN[path.name], done.stdout)
