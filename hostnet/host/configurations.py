"""The netplan configurations below a folder, such as a repository's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hostnet.model import Image, Kind, SourceFile
from hostnet.netplan.document import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

NETPLAN = "netplan"
"""What a folder is called whose files are one configuration."""


def is_folder(path: str) -> bool:
    """Whether a folder is there."""
    return os.path.isdir(path)


def below(folder: str) -> Iterator[tuple[str, ...]]:
    """The paths of each configuration, in a fixed order; hidden files and folders are left out.

    lib/netplan, etc/netplan and run/netplan of one root are three configurations here; a root
    is for `--root`.
    """
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        files = [
            os.path.join(path, name)
            for name in sorted(names)
            if name.endswith(".yaml") and not name.startswith(".")
        ]
        if os.path.basename(os.path.abspath(path)) == NETPLAN:
            yield from [tuple(files)] if files else []
        else:
            yield from ((file,) for file in files)


def load(path: str) -> SourceFile:
    """A file of a configuration that nobody but its reader depends on."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
            mode = os.fstat(file.fileno()).st_mode & 0o7777
    except FileNotFoundError:
        return SourceFile(path, problem="does not exist")
    except OSError as error:
        return SourceFile(path, problem=f"cannot be read: {error.strerror}")
    if len(data) > MAX_BYTES:
        return SourceFile(path, problem=f"has more than {MAX_BYTES} bytes")
    is_netplans = os.path.basename(os.path.dirname(os.path.abspath(path))) == NETPLAN
    # Elsewhere a mode tells nothing: git keeps none.
    image = Image(Kind.FILE, data, mode if is_netplans else 0o600, 0, 0)
    return SourceFile(path, data, None, path, image)
