"""A file's table, of YAML, JSON (which is YAML, too) or TOML, as the same kind of nodes.

TOML is read by the standard library since Python 3.11, and before by tomli, of which that is
a copy: the one module that knows either. They do not tell where a value stands, so it is
looked for.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hostnet.model import Position
from hostnet.netplan.document import Entry, Mapping, Scalar, Sequence, YamlFault, parse

if TYPE_CHECKING:
    from hostnet.model import SourceFile
    from hostnet.netplan.document import Node


def yaml(file: SourceFile | None) -> Mapping:
    """The file's table; an empty one of a file that is none."""
    if file is None:
        return Mapping()
    try:
        root = parse(file.path, file.data).root
    except YamlFault:
        return Mapping()
    return root if isinstance(root, Mapping) else Mapping()


def toml(file: SourceFile) -> Mapping | None:
    """The file's table; None if it is no TOML, which its program does not start with either."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return _mapping(tomllib.loads(file.data.decode()))
    except ValueError:  # UnicodeDecodeError and TOMLDecodeError both are
        return None


def place(file: SourceFile, *words: str) -> Position:
    """The first line that has the words in this order, each on that line or below the last."""
    lines = file.data.decode(errors="replace").splitlines()
    at = 0
    for word in words:
        found = (n for n, line in enumerate(lines[at:], at) if word in line)
        at = next(found, at)
    return Position(file.path, at + 1, 1)


def _mapping(table: dict[str, Any]) -> Mapping:
    return Mapping(tuple(Entry(Scalar(key), _node(value)) for key, value in table.items()))


def _node(value: object) -> Node:
    if isinstance(value, dict):
        return _mapping(value)
    if isinstance(value, list):
        return Sequence(tuple(_node(item) for item in value))
    if isinstance(value, bool):
        return Scalar("true" if value else "false")
    return Scalar(str(value))
