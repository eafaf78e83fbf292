"""The workspace: the folder that holds a study, its logs, its corpus and its reports."""

import json
from pathlib import Path
from typing import Any, cast

from allegiance import __version__
from allegiance.corpus.store import Corpus
from allegiance.errors import AllegianceError

FORMAT = 1
"""The layout that this version writes and the newest it reads."""

_MARKER = "allegiance.json"


class Workspace:
    """A folder with a place for everything.

    Parameters
    ----------
    directory
        The folder; it need not exist, and need not be a workspace yet.

    Raises
    ------
    AllegianceError
        If `directory` is a file, its marker can't be read, or it was made by a version with a newer
        layout.
    """

    def __init__(self, directory: str | Path = ".") -> None:
        self.directory = Path(directory)
        if self.directory.exists() and not self.directory.is_dir():
            raise AllegianceError(f"{self.directory} is a file; a workspace is a folder.")
        self._check()

    @property
    def study_file(self) -> Path:
        """The declared question."""
        return self.directory / "study.yaml"

    @property
    def logs(self) -> Path:
        """Inspect logs of runs in this workspace."""
        return self.directory / "logs"

    @property
    def corpus_directory(self) -> Path:
        """Transcripts and verdicts."""
        return self.directory / "corpus"

    @property
    def runs(self) -> Path:
        """What runs leave behind besides logs."""
        return self.directory / "runs"

    @property
    def report(self) -> Path:
        """Reports and figures."""
        return self.directory / "report"

    def prepare(self) -> None:
        """Make the folder and its marker where they are missing.

        Raises
        ------
        AllegianceError
            If the folder can't be written.
        """
        marker = self.directory / _MARKER
        if marker.exists():
            return
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            marker.write_text(json.dumps({"format": FORMAT, "created_by": __version__}) + "\n")
        except OSError as error:
            raise AllegianceError(
                f"The workspace {self.directory} can't be written ({error.strerror}); choose "
                "another folder."
            ) from error

    def corpus(self, create: bool = True) -> Corpus:
        """Open the workspace's corpus.

        Parameters
        ----------
        create
            Whether the workspace and its corpus may be new.

        Raises
        ------
        AllegianceError
            If there is no corpus and `create` is false.
        """
        if create:
            self.prepare()
        return Corpus.open(self.corpus_directory, create=create)

    def _check(self) -> None:
        marker = self.directory / _MARKER
        if not marker.exists():
            return
        try:
            found = cast(dict[str, Any], json.loads(marker.read_text()))
            written = int(found["format"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AllegianceError(
                f"{marker} can't be read; restore it, or delete it if the folder is your workspace."
            ) from error
        if written > FORMAT:
            raise AllegianceError(
                f"{self.directory} was made by allegiance {found.get('created_by', '?')} in "
                f"workspace format {written}; this is allegiance {__version__}, which reads up to "
                f"format {FORMAT}: upgrade it."
            )
