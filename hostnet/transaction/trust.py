"""Nothing that a non-root user can write runs as root later."""

from __future__ import annotations

import os
import stat
import sys

from hostnet.errors import Unsuitable

_PACKAGES = ("hostnet", "yaml", "ruamel.yaml", "dbus_next")
"""What the service imports from outside the standard library."""


def demand_trusted_program() -> None:
    """What the service will run, and every folder above it, is root's alone.

    A transient unit runs it as root; in a folder that others can write to, a program, a
    module or its compiled form could be exchanged before it does. Raises Unsuitable with
    the first that is not.
    """
    seen: set[str] = set()
    prefixes = (sys.prefix, sys.base_prefix)
    # Python's own folders; the service is run with -I, so no other is searched.
    folders = [path for path in sys.path if path.startswith(prefixes)]
    for path in (os.path.realpath(sys.executable), *folders, *_package_files()):
        if os.path.exists(path):
            for part in _with_parents(os.path.realpath(path)):
                if part not in seen:
                    seen.add(part)
                    _demand_roots(part, path)


def _demand_roots(part: str, path: str) -> None:
    status = os.lstat(part)
    if status.st_uid != 0 or _others_write(status):
        raise Unsuitable(
            f"{part} can be changed by users other than root",
            f"hostnet runs {path} as root in a service",
            "Install hostnet from its Debian package, or as root into a system folder.",
        )


def _others_write(status: os.stat_result) -> bool:
    group = bool(status.st_mode & stat.S_IWGRP) and status.st_gid != 0
    return group or bool(status.st_mode & stat.S_IWOTH)


def _package_files() -> list[str]:
    """Every file and folder of the packages, compiled modules among them."""
    found = []
    for name in _PACKAGES:
        package = sys.modules.get(name)
        for top in getattr(package, "__path__", ()):
            for folder, folders, names in os.walk(top):
                found += [os.path.join(folder, entry) for entry in (*folders, *names)]
    return found


def _with_parents(path: str) -> tuple[str, ...]:
    parts = [path]
    while parts[-1] != "/":
        parts.append(os.path.dirname(parts[-1]))
    return tuple(parts)
