"""The immutable flag of a file (chattr(1), +i): whoever is root still has to take it away first."""

from __future__ import annotations

import fcntl
import os
import struct
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_IS_64 = struct.calcsize("l") == 8
_GET = 0x80086601 if _IS_64 else 0x80046601
_SET = 0x40086602 if _IS_64 else 0x40046602
"""FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of most processors (asm-generic/ioctl.h); elsewhere they
are refused, and the flag is neither seen nor set."""
_IMMUTABLE = 0x10  # FS_IMMUTABLE_FL (linux/fs.h; ioctl_iflags(2))
_LONG = "l"


def is_immutable(path: str) -> bool:
    """Whether the regular file has the flag; not where its file system knows none."""
    try:
        with _opened(path) as file:
            return bool(_flags(file) & _IMMUTABLE)
    except OSError:
        return False


def set_immutable(path: str, *, immutable: bool) -> bool:
    """Set the flag or take it away; False where that cannot be, as on a symlink or a tmpfs."""
    with suppress(OSError), _opened(path) as file:
        old = _flags(file)
        new = old | _IMMUTABLE if immutable else old & ~_IMMUTABLE
        if new != old:
            fcntl.ioctl(file, _SET, struct.pack(_LONG, new))
        return True
    return False


@contextmanager
def _opened(path: str) -> Iterator[int]:
    """The file itself, for reading, and no symlink."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _flags(descriptor: int) -> int:
    found: int
    (found,) = struct.unpack(_LONG, fcntl.ioctl(descriptor, _GET, bytes(struct.calcsize(_LONG))))
    return found
