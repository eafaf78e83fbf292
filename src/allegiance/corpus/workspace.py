"""The workspace: the place that holds a study, its logs, its corpus and its reports."""

import json
from pathlib import Path
from typing import Any, cast

from allegiance import __version__
from allegiance.corpus.location import Location, located
from allegiance.corpus.store import Corpus
from allegiance.errors import AllegianceError

FORMAT = 1
"""The layout that this version writes and the newest it reads."""

_MARKER = "allegiance.json"


class Workspace:
    """A folder, or a prefix in an object store, with a place for everything.

    In an object store lies the corpus alone; what needs a folder says so.

    Parameters
    ----------
    place
        The folder, or ``s3://BUCKET/PREFIX``; it need not exist, and need not be a workspace yet.

    Raises
    ------
    UsageError
        If `place` is the address of something else.
    AllegianceError
        If `place` is a file, its marker can't be read, it was made by a version with a newer
        layout, or the store can't be reached or refuses.
    """

    def __init__(self, place: str | Path | Location = ".") -> None:
        self.location = located(place)
        if self.location.is_folder and self.location.folder.is_file():
            raise AllegianceError(f"{self.location} is a file; a workspace is a folder.")
        self._check()

    @property
    def directory(self) -> Path:
        """The folder.

        Raises
        ------
        UsageError
            If the workspace is in an object store; so for all places but the corpus.
        """
        return self.location.folder

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
        """Transcripts and verdicts, of a workspace that is a folder."""
        return self.directory / "corpus"

    @property
    def ledger_file(self) -> Path:
        """What was imported, drawn, opened, labelled and claimed."""
        return self.directory / "ledger.db"

    @property
    def runs(self) -> Path:
        """What runs leave behind besides logs."""
        return self.directory / "runs"

    @property
    def report(self) -> Path:
        """Reports and figures."""
        return self.directory / "report"

    def prepare(self) -> None:
        """Make the place and its marker where they are missing.

        Raises
        ------
        AllegianceError
            If it can't be written.
        """
        marker = self.location / _MARKER
        if marker.exists():
            return
        try:
            marker.write(json.dumps({"format": FORMAT, "created_by": __version__}).encode() + b"\n")
        except OSError as error:
            raise AllegianceError(
                f"The workspace {self.location} can't be written ({error.strerror}); choose "
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
        return Corpus.open(self.location / "corpus", create=create)

    def _check(self) -> None:
        marker = self.location / _MARKER
        try:
            data = marker.read()
            if data is None:
                return
            found = cast(dict[str, Any], json.loads(data))
            written = int(found["format"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AllegianceError(
                f"{marker} can't be read; restore it, or delete it if the folder is your workspace."
            ) from error
        if written > FORMAT:
            raise AllegianceError(
                f"{self.location} was made by allegiance {found.get('created_by', '?')} in "
                f"workspace format {written}; this is allegiance {__version__}, which reads up to "
                f"format {FORMAT}: upgrade it."
            )
