"""Files that nobody misses after a crash: rendered ones, and what counts for this boot only.

Each is there whole or not at all. But nothing waits for the disk and nothing is undone, as
`hostnet.host.commit` does it for what a host lives by: what a crash takes of rendered files
the next run writes, and thirty thousand would take a minute more; and a disk that is busy for
half a minute must not use up the time that an operator has to confirm.
"""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from itertools import groupby
from typing import TYPE_CHECKING

from hostnet.errors import RolledBack
from hostnet.host.beneath import DIRECTORY, Place, image_at, walk
from hostnet.host.commit import NEW, write_all
from hostnet.host.temporary import temporary_name
from hostnet.model import Image, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable


class NotWritten(RolledBack):
    """A file could not be written; its name is as it was."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(
            f"{path} cannot be written: {error.strerror or error}",
            "it is as it was before; files before it may be written",
            "Run the command again then: what is so already is not touched.",
        )


def fill(root: int, owner: tuple[int, int], texts: Iterable[tuple[str, str, int]]) -> None:
    """Write each file (its logical path, its text, its mode) that is not so already.

    ``owner``: whose files this process makes, user and group. Folders that are missing are made
    (0755); a symlink among them is not followed. Raises NotWritten; Unreadable where something
    stands that is no file.
    """
    for folder, some in groupby(texts, lambda each: each[0].rpartition("/")[0]):
        try:
            here = _folder(root, folder)
        except OSError as error:
            raise NotWritten(folder, error) from None
        try:
            for path, text, mode in some:
                image = Image(Kind.FILE, text.encode(), mode, *owner)
                _put(Place(here, path.rpartition("/")[2], path), image)
        finally:
            os.close(here)


def _folder(root: int, path: str) -> int:
    """A descriptor of the folder, made where it is missing."""
    here = os.dup(root)
    for name in filter(None, path.split("/")):
        try:
            inner = _inner(here, name)
        finally:
            os.close(here)
        here = inner
    return here


def _inner(folder: int, name: str) -> int:
    try:
        return os.open(name, DIRECTORY, dir_fd=folder)
    except FileNotFoundError:
        pass
    try:
        os.mkdir(name, 0o755, dir_fd=folder)
    except FileExistsError:  # another process writes beside this one
        return os.open(name, DIRECTORY, dir_fd=folder)
    made = os.open(name, DIRECTORY, dir_fd=folder)
    os.fchmod(made, 0o755)  # whatever the umask
    return made


def lay(root: int, path: str, image: Image) -> None:
    """Write one file that is not so already, in a folder that is there.

    Raises NotWritten; Unreadable as `fill` does.
    """
    try:
        with walk(root, path, follow=False) as place:
            _put(place, image)
    except OSError as error:
        raise NotWritten(path, error) from None


def _put(place: Place, image: Image) -> None:
    if image_at(place) == image:
        return
    name = temporary_name()
    with ExitStack() as unless_done:
        try:
            descriptor = os.open(name, NEW, 0o600, dir_fd=place.parent)
            # Whatever exception comes through, a signal's too.
            unless_done.callback(_remove, place, name)
            try:
                write_all(descriptor, image.data)
                os.fchmod(descriptor, image.mode)
            finally:
                os.close(descriptor)
            os.rename(name, place.name, src_dir_fd=place.parent, dst_dir_fd=place.parent)
        except OSError as error:
            raise NotWritten(place.path, error) from None
        unless_done.pop_all()


def _remove(place: Place, name: str) -> None:
    with suppress(FileNotFoundError):  # it has its name this very moment
        os.unlink(name, dir_fd=place.parent)
