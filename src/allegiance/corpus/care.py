# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""Care of the store: its versions, the names they are pinned by, and what compaction leaves."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from allegiance.corpus import text_index
from allegiance.corpus.dataset import FRAGMENT_ROWS, Dataset, explained
from allegiance.corpus.seals import Seals
from allegiance.errors import AllegianceError, UsageError

if TYPE_CHECKING:
    import lance

OLDER_THAN = timedelta(days=14)
"""Age from which compaction removes versions that no tag keeps."""

_TAG = re.compile(r"[A-Za-z_][A-Za-z0-9._-]{0,99}")
_BATCH_ROWS = 256  # read at a time by compaction; a transcript may have megabytes

_CHANGES = {
    "Overwrite": "made",
    "Append": "added",
    "Update": "replaced and added",
    "Delete": "removed",
    "Merge": "columns added",
    "Project": "columns removed",
    "CreateIndex": "indexed",
    "Rewrite": "compacted",
    "Restore": "restored",
}


@dataclass(frozen=True)
class Version:
    """One version of the transcripts.

    Attributes
    ----------
    version, at
        Its number, and when it was made.
    transcripts, more
        How many it holds, and how many more than the version before it in the list (None where
        that one is no longer there).
    change
        What made it: ``added``, ``replaced and added``, ``columns added``, ``indexed``,
        ``compacted``, ...
    tags
        The names it is pinned by.
    """

    version: int
    at: datetime
    transcripts: int
    more: int | None
    change: str
    tags: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the version as JSON can carry it."""
        return {
            "version": self.version,
            "at": self.at.isoformat(),
            "n_transcripts": self.transcripts,
            "more": self.more,
            "change": self.change,
            "tags": list(self.tags),
        }


@dataclass(frozen=True)
class Compacted:
    """What compaction did to one dataset.

    Attributes
    ----------
    files_before, files_after
        Data files of the newest version.
    bytes_freed
        Bytes that were removed from disk with old versions.
    versions_removed, versions_kept
        Versions that are gone, and the numbers of those that are left.
    version
        The newest.
    """

    files_before: int
    files_after: int
    bytes_freed: int
    versions_removed: int
    versions_kept: tuple[int, ...]
    version: int

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON can carry it."""
        return {
            "files_before": self.files_before,
            "files_after": self.files_after,
            "bytes_freed": self.bytes_freed,
            "versions_removed": self.versions_removed,
            "versions_kept": list(self.versions_kept),
            "version": self.version,
        }


def versions(dataset: Dataset) -> list[Version]:
    """List the versions there are, oldest first."""
    latest = dataset.latest()
    if latest is None:
        return []
    names: dict[int, list[str]] = {}
    for name, version in tags(dataset).items():
        names.setdefault(version, []).append(name)
    found: list[Version] = []
    rows: dict[int, int] = {}
    for entry in latest.versions():
        number = entry["version"]
        rows[number] = _rows(latest, entry)
        before = rows.get(number - 1, 0 if number == 1 else None)
        found.append(
            Version(
                version=number,
                at=_made(entry),
                transcripts=rows[number],
                more=None if before is None else rows[number] - before,
                change=_change(latest, number),
                tags=tuple(sorted(names.get(number, ()))),
            )
        )
    return found


def tags(dataset: Dataset) -> dict[str, int]:
    """Give the names that versions are pinned by, and their versions."""
    latest = dataset.latest()
    if latest is None:
        return {}
    return {name: tag["version"] for name, tag in sorted(latest.tags.list().items())}


def version_of(dataset: Dataset, name: int | str) -> int:
    """Find the version that a number or a tag stands for.

    Raises
    ------
    UsageError
        If there is no such version or tag.
    """
    if isinstance(name, str) and not name.isdecimal():
        known = tags(dataset)
        if name not in known:
            raise _no_such_tag(name, known)
        return known[name]
    number = int(name)
    if number not in {entry["version"] for entry in _there(dataset).versions()}:
        raise UsageError(
            f"There is no version {number}; list them with `allegiance corpus versions`."
        )
    return number


def tag(dataset: Dataset, name: str, version: int | None = None) -> int:
    """Pin a version, the newest by default, so that it stays readable; returns its number.

    Raises
    ------
    UsageError
        If the name is none or is taken for another version, or there is no such version.
    """
    if not _TAG.fullmatch(name):
        raise UsageError(
            f"{name!r} can't be a tag; use letters, digits, `.`, `_`, `-`, and no digit first."
        )
    latest = _there(dataset)
    number = latest.version if version is None else version_of(dataset, version)
    taken = tags(dataset).get(name, number)
    if taken != number:
        raise UsageError(
            f"The tag {name} is on version {taken} already; take another name, or remove it first."
        )
    if name not in tags(dataset):
        with explained(dataset.location):
            latest.tags.create(name, number)
    return number


def untag(dataset: Dataset, name: str) -> None:
    """Remove a tag; its version stays until a compaction finds it old.

    Raises
    ------
    UsageError
        If there is no such tag.
    """
    known = tags(dataset)
    if name not in known:
        raise _no_such_tag(name, known)
    with explained(dataset.location):
        _there(dataset).tags.delete(name)


def compact(dataset: Dataset, older_than: timedelta = OLDER_THAN) -> Compacted | None:
    """Merge small files, bring the indexes up to date and remove old versions without a tag.

    No row is changed. Every step is a version of its own: a compaction that is killed leaves the
    last whole one, and what it left behind is removed by the next writer.

    Parameters
    ----------
    dataset
        The dataset; its writer's lock is held meanwhile.
    older_than
        The age from which versions are removed.

    Returns
    -------
    Compacted or None
        None where nothing has been written yet.

    Raises
    ------
    AllegianceError
        If another writer does not finish in time, or the disk is full.
    """
    if dataset.latest() is None:
        return None
    with dataset.tending() as (current, lock):
        before = _files(current)
        text_index.merge(current)
        lock.check()
        current.optimize.compact_files(
            target_rows_per_fragment=FRAGMENT_ROWS, batch_size=_BATCH_ROWS
        )
        lock.check()
        freed = current.cleanup_old_versions(
            older_than=older_than, error_if_tagged_old_versions=False
        )
        if dataset.location.is_folder:
            Seals(dataset.location.folder).renew(current.version)
    return Compacted(
        files_before=before,
        files_after=_files(current),
        bytes_freed=freed.bytes_removed,
        versions_removed=freed.old_versions,
        versions_kept=tuple(entry["version"] for entry in current.versions()),
        version=current.version,
    )


def _no_such_tag(name: str, known: Mapping[str, int]) -> UsageError:
    return UsageError(f"There is no tag {name!r}; there are: {', '.join(known) or 'none'}.")


def _there(dataset: Dataset) -> "lance.LanceDataset":
    latest = dataset.latest()
    if latest is None:
        raise AllegianceError(
            f"There are no transcripts in {dataset.location} yet; `allegiance import PATH` adds some."
        )
    return latest


def _rows(latest: "lance.LanceDataset", entry: Mapping[str, Any]) -> int:
    counted = entry["metadata"].get("total_rows")
    if counted is None:  # of a version made by an older store
        return latest.checkout_version(entry["version"]).count_rows()
    return int(counted)


def _made(entry: Mapping[str, Any]) -> datetime:
    return entry["timestamp"].astimezone(UTC)  # the store tells it in local time


def _change(latest: "lance.LanceDataset", version: int) -> str:
    try:
        transaction = latest.read_transaction(version)
    except (OSError, ValueError):  # its record was removed
        return "unknown"
    operation = type(transaction.operation).__name__ if transaction is not None else "unknown"
    return _CHANGES.get(operation, operation.lower())


def _files(dataset: "lance.LanceDataset") -> int:
    return sum(len(fragment.data_files()) for fragment in dataset.get_fragments())
