"""A whole folder below a root: how large it is, and its removal.

Every step is by the file descriptor of the folder above and follows no symlink, so that
a folder which is exchanged meanwhile leads nowhere else.
"""

from __future__ import annotations

import errno
import os

from hostnet.host.beneath import DIRECTORY, walk


def remove(root: int, path: str) -> None:
    """Remove what is there, a folder with all that is in it, durably; raises OSError."""
    with walk(root, path, follow=False) as place:
        _remove(place.parent, place.name)
        os.fsync(place.parent)


def size(root: int, path: str) -> int:
    """The bytes of all regular files in a folder; raises OSError."""
    with walk(root, path, follow=False) as place:
        return _size(place.parent, place.name)


def _remove(parent: int, name: str) -> None:
    descriptor = _folder(parent, name)
    if descriptor is None:
        os.unlink(name, dir_fd=parent)
        return
    try:
        for inside in os.listdir(descriptor):
            _remove(descriptor, inside)
    finally:
        os.close(descriptor)
    os.rmdir(name, dir_fd=parent)


def _size(parent: int, name: str) -> int:
    descriptor = _folder(parent, name)
    if descriptor is None:
        return os.stat(name, dir_fd=parent, follow_symlinks=False).st_size
    try:
        return sum(_size(descriptor, inside) for inside in os.listdir(descriptor))
    finally:
        os.close(descriptor)


def _folder(parent: int, name: str) -> int | None:
    """Its descriptor; None for anything but a folder, a symlink to one included."""
    try:
        return os.open(name, DIRECTORY, dir_fd=parent)
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ELOOP):
            return None
        raise
