"""Nothing that a non-root user can write runs as root later."""

from __future__ import annotations

import os
import stat
import sys

import hostnet
from hostnet.errors import Unsuitable


def demand_trusted_program() -> None:
    """The interpreter and this package, and every folder above them, are root's alone.

    A transient unit runs them as root; in a folder that others can write to, they could
    be exchanged before it does. Raises Unsuitable with the first that is not.
    """
    package = os.path.dirname(os.path.realpath(hostnet.__file__))
    for path in (os.path.realpath(sys.executable), package, *_modules(package)):
        for part in _with_parents(path):
            status = os.lstat(part)
            if status.st_uid != 0 or _others_write(status):
                raise Unsuitable(
                    f"{part} can be changed by users other than root",
                    f"hostnet runs {path} as root in a service",
                    "Install hostnet from its Debian package, or as root into a system folder.",
                )


def _others_write(status: os.stat_result) -> bool:
    if stat.S_ISLNK(status.st_mode):
        return False
    group = bool(status.st_mode & stat.S_IWGRP) and status.st_gid != 0
    return group or bool(status.st_mode & stat.S_IWOTH)


def _modules(package: str) -> tuple[str, ...]:
    return tuple(
        os.path.join(folder, name)
        for folder, _, names in os.walk(package)
        for name in names
        if name.endswith(".py")
    )


def _with_parents(path: str) -> tuple[str, ...]:
    parts = [path]
    while parts[-1] != "/":
        parts.append(os.path.dirname(parts[-1]))
    return tuple(parts)
