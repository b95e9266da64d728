"""The sections and assignments of systemd's files, and of those that look alike.

Source: systemd.syntax(7). NetworkManager.conf(5) and wsl.conf(5) know neither continued
lines nor several values, and read the same otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.model import Position
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.model import SourceFile


class Setting(Value):
    """A value, and where it stands."""

    value: str
    origin: Position


def assignments(file: SourceFile, section: str) -> Iterator[tuple[str, Setting]]:
    """What stands in the section; a backslash goes on in the next line that is no comment."""
    present = held = ""
    begun = 0
    for number, line in enumerate(file.data.decode(errors="replace").splitlines(), 1):
        text = line.strip()
        if text.startswith(("#", ";")) or (not text and not held):
            continue
        begun = begun if held else number
        held += text
        if held.endswith("\\"):
            held = held[:-1] + " "
            continue
        whole, held = held, ""
        if whole.startswith("["):
            present = whole
        key, equals, value = whole.partition("=")
        if present == f"[{section}]" and equals:
            yield key.strip(), Setting(value.strip(), Position(file.path, begun, 1))
