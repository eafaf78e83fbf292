"""The codebook of a workspace: the shipped categories and those of its own file."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allegiance.corpus import Workspace
    from allegiance.scanners import Codebook


def book_of(place: "Workspace") -> "Codebook":
    """Read the codebook of a workspace; a workspace in an object store has the shipped one."""
    from allegiance.scanners.codebook import FILE, codebook, codebook_with

    if not place.location.is_folder:
        return codebook()
    return codebook_with(place.directory / FILE)
