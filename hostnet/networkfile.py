"""Which links a .network file of systemd is for, as far as names tell (systemd.network(5))."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hostnet.model import SourceFile


def matches(file: SourceFile, interface: str) -> bool:
    """Whether [Match] of the file names the interface; ``!`` before all turns it round.

    Only Name= is looked at: a file that matches by other things is told by networkd
    itself on a live host.
    """
    globs = names(file)
    if not globs:
        return False
    inverted = globs[0].startswith("!")
    globs[0] = globs[0].removeprefix("!")
    return inverted != any(fnmatchcase(interface, glob) for glob in globs)


def names(file: SourceFile) -> list[str]:
    """The globs of Name= in [Match]; several lists add up, an empty one starts anew."""
    section = ""
    globs: list[str] = []
    for raw in file.data.decode(errors="replace").splitlines():
        line = raw.strip()
        if line.startswith("["):
            section = line
        key, _, value = line.partition("=")
        if section == "[Match]" and key.strip() == "Name":
            globs = [*globs, *value.split()] if value.strip() else []
    return globs
