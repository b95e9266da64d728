"""Whether a program is root's alone, and so may run as root."""

from __future__ import annotations

import os
import stat
from posixpath import dirname, join
from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAX_SYMLINKS = 40
"""Where Linux gives a path up, too (path_resolution(7))."""


class Weakness(Value):
    """Users other than root can change ``part``, and by it what ``path`` means."""

    path: str
    part: str


def weakness(paths: Iterable[str]) -> Weakness | None:
    """The first of these absolute paths that others can exchange, and where; None if none.

    A path is as strong as the weakest of the folders that opening it goes through, those
    behind its symlinks included. What does not exist is not judged.
    """
    strong: set[str] = set()
    for path in paths:
        for part in _passed(path):
            if part not in strong:
                if _is_weak(part):
                    return Weakness(path, part)
                strong.add(part)
    return None


def _passed(path: str) -> Iterator[str]:
    """What opening the path goes through: folders and symlinks from the root on, itself last."""
    at, rest, symlinks = "/", path.split("/"), 0
    yield at
    while rest:
        name, *rest = rest
        if name == "..":
            at = dirname(at)
        if name in ("", ".", ".."):
            continue
        at = join(at, name)
        if not os.path.lexists(at):
            return
        yield at
        if os.path.islink(at) and symlinks < _MAX_SYMLINKS:
            symlinks += 1
            target = os.readlink(at)
            rest = [*target.split("/"), *rest]
            at = "/" if target.startswith("/") else dirname(at)


def _is_weak(part: str) -> bool:
    status = os.lstat(part)
    if stat.S_ISLNK(status.st_mode):
        return False  # only who can write to its folder can exchange it
    group = bool(status.st_mode & stat.S_IWGRP) and status.st_gid != 0
    return status.st_uid != 0 or group or bool(status.st_mode & stat.S_IWOTH)
