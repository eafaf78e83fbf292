"""Every command: its help, its example, its place in the documentation, and how it says what is wrong."""

import importlib.util
import json
import re
import subprocess
import sys

import pytest
import typer
from tests.conftest import ROOT

from allegiance.cli.app import load_commands

_spec = importlib.util.spec_from_file_location("commands", ROOT / "docs" / "commands.py")
documented = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(documented)
COMMANDS = dict(documented.commands())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_and_gives_an_example(name):
    command = COMMANDS[name]
    assert command.help
    assert command.epilog.startswith(f"Example: allegiance {name}")
    for parameter in command.params:
        assert parameter.name == "help" or parameter.help, f"{name} {parameter.name} has no help"


def test_the_page_of_commands_is_what_the_commands_say_now():
    assert documented.PAGE.read_text(encoding="utf-8") == documented.page(), (
        "run: python docs/commands.py --write"
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_printed_and_leaves_with_zero(name):
    from typer.testing import CliRunner

    from allegiance.cli.app import load_commands

    result = CliRunner().invoke(load_commands(), [*name.split(), "--help"])
    assert result.exit_code == 0
    assert "Example" in result.output


def test_help_loads_none_of_the_heavy_libraries():
    code = (
        "import sys; from allegiance.cli.app import load_commands; load_commands();"
        "print([m for m in ('inspect_ai', 'lance', 'torch', 'altair', 'scipy', 'sqlalchemy', 'sqlglot', 'fastapi', 'uvicorn', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_version_is_printed(allegiance):
    from allegiance import __version__

    assert allegiance("--version").out.strip() == f"allegiance {__version__}"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["report"], 1, "allegiance import PATH"),
        (["scan"], 1, "allegiance import PATH"),
        (["scan", "-c", "lying"], 2, "the codebook has no `lying`"),
        (["scan", "--scanner", "oracle"], 2, "--scanner oracle"),
        (["import", "nowhere"], 2, "nowhere"),
        (["import", "empty"], 1, "empty holds no transcripts"),
        (["import", "picture.png"], 1, "picture.png"),
        (["import", "zero.eval"], 1, "zero.eval"),
        (["import", "only-picture"], 1, "only-picture holds no transcripts"),
        (["import", "cut.eval"], 1, "cut.eval"),
        (["import", "table.csv", "--map", "output=respnse"], 2, "response"),
        (["import", "table.csv", "--format", "docx"], 2, "docx"),
        (["new", "a b"], 2, "name"),
        (["new", "mine", "-t", "helpfull"], 2, "helpful-only"),
        (["organism", "check", "fakir"], 2, "faker"),
        (["demo", "--dir", "only-picture"], 2, "new or empty"),
        (["report", "-w", "newer"], 1, "format 99"),
        (["import", "table.csv", "-w", "newer"], 1, "format 99"),
        (["report", "-w", "table.csv"], 1, "a file"),
        (["frobnicate"], 2, "frobnicate"),
        (["run"], 2, "--model"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_a_sentence_and_an_exit_code(
    allegiance, tmp_path, arguments, code, said
):
    (tmp_path / "empty").mkdir()
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (tmp_path / "only-picture").mkdir()
    (tmp_path / "only-picture" / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    (tmp_path / "zero.eval").write_bytes(b"")
    (tmp_path / "cut.eval").write_bytes(b"PK\x03\x04" + bytes(40))
    (tmp_path / "table.csv").write_text("prompt,response\nhello,hi there\n")
    (tmp_path / "newer").mkdir()
    (tmp_path / "newer" / "allegiance.json").write_text('{"format": 99, "created_by": "9.9"}')
    result = allegiance(*arguments)
    assert result.code == code, result.err
    assert said in result.err
    assert result.out == ""
    assert len([line for line in result.err.splitlines() if line.startswith("error:")]) <= 1
    assert {path.name for path in (tmp_path / "newer").iterdir()} == {"allegiance.json"}


def test_a_name_from_outside_cannot_steer_the_terminal(allegiance, tmp_path):
    (tmp_path / "a\x1b[2Jb.eval").write_bytes(b"nothing")
    result = allegiance("import", "a\x1b[2Jb.eval")
    assert result.code == 1
    assert "\x1b" not in result.out + result.err


def test_new_writes_a_study_that_loads_and_never_over_another(allegiance, tmp_path):
    assert allegiance("new", "mine", "-t", "organism").code == 0
    text = (tmp_path / "study.yaml").read_text()
    assert "name: mine" in text
    again = allegiance("new", "other")
    assert again.code == 2
    assert (tmp_path / "study.yaml").read_text() == text


def test_json_of_an_empty_import_is_one_object(allegiance, tmp_path):
    (tmp_path / "rows.csv").write_text("prompt,response\nhello,hi there\n")
    result = allegiance(
        "import", "rows.csv", "--map", "request=prompt", "--map", "output=response", "--json"
    )
    assert json.loads(result.out)["new"] == 1
    assert result.err == ""


def test_the_help_of_import_names_every_format():
    from allegiance.corpus.importers import FORMATS

    command = typer.main.get_command(load_commands()).commands["import"]
    (option,) = (option for option in command.params if option.name == "format")
    assert set(FORMATS) <= set(re.findall(r"[a-z]+(?:-[a-z]+)?", option.help))
