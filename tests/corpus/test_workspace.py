"""The workspace and its marker."""

import json

import pytest

from allegiance import __version__
from allegiance.corpus.workspace import FORMAT, Workspace
from allegiance.errors import AllegianceError


def test_a_new_workspace_is_marked_when_it_is_first_used(tmp_path, make):
    workspace = Workspace(tmp_path / "new")
    assert not workspace.directory.exists()
    workspace.corpus().add([make("a")])
    marker = json.loads((tmp_path / "new" / "allegiance.json").read_text())
    assert marker == {"format": FORMAT, "created_by": __version__}
    assert Workspace(tmp_path / "new").corpus(create=False).count() == 1


def test_everything_has_its_place(tmp_path):
    workspace = Workspace(tmp_path)
    names = [workspace.study_file, workspace.logs, workspace.corpus_directory, workspace.runs]
    assert [path.name for path in [*names, workspace.report]] == [
        *("study.yaml", "logs", "corpus", "runs", "report"),
    ]


def test_a_workspace_of_a_newer_version_is_refused_by_both_versions(tmp_path):
    (tmp_path / "allegiance.json").write_text('{"format": 9, "created_by": "8.7.6"}')
    with pytest.raises(AllegianceError) as error:
        Workspace(tmp_path)
    sentence = str(error.value)
    assert "8.7.6" in sentence
    assert __version__ in sentence
    assert "upgrade" in sentence


@pytest.mark.parametrize("marker", ["", "[]", "{}", '{"format": "x"}', "\x00"])
def test_a_broken_marker_is_one_sentence(tmp_path, marker):
    (tmp_path / "allegiance.json").write_text(marker)
    with pytest.raises(AllegianceError, match=r"allegiance\.json can't be read"):
        Workspace(tmp_path)


def test_a_file_is_no_workspace(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(AllegianceError, match="is a file"):
        Workspace(tmp_path / "file")


def test_without_a_corpus_the_sentence_says_how_to_make_one(tmp_path):
    with pytest.raises(AllegianceError, match="allegiance import"):
        Workspace(tmp_path).corpus(create=False)
    assert list(tmp_path.iterdir()) == []
