"""Secrets of a netplan file, masked for every eye but root's own on the file.

netplan(5): passwords of wifi and 802.1X, WireGuard private and shared keys, keys of
tunnels, and whatever NetworkManager passes through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.netplan.document import Mapping, Node, Scalar, Sequence, YamlFault, parse

if TYPE_CHECKING:
    from hostnet.model import Position

MASK = "********"
_WIDTH = 120
_SECRET = {"password", "client-key-password", "key", "keys", "psk", "passthrough", "private", "pin"}


def masked(path: str, data: bytes) -> str:
    """The file's text with secrets replaced; lines and everything else as they are."""
    try:
        document = parse(path, data)
    except YamlFault:
        return "(not shown: the file cannot be read as YAML)\n" if data else ""
    cuts: list[tuple[int, int]] = []
    if document.root is not None:
        _collect(document.root, cuts, document.text, secret=False)
    text = document.text
    for start, end in sorted(set(cuts), reverse=True):
        text = text[:start] + MASK + text[end:]
    return text


def excerpt(path: str, data: bytes, position: Position) -> str:
    """The line that the position is in, secrets masked, and a caret below the column."""
    cuts: list[tuple[int, int]] = []
    try:
        document = parse(path, data)
        text = document.text
        if document.root is not None:
            _collect(document.root, cuts, text, secret=False)
        unread = False
    except YamlFault:
        text = data.decode(errors="replace")
        unread = True
    lines = text.removeprefix("\ufeff").split("\n")
    if not 0 < position.line <= len(lines):
        return ""
    ahead = len(text) - len(text.removeprefix("\ufeff"))
    start = ahead + sum(len(line) + 1 for line in lines[: position.line - 1])
    line, column = lines[position.line - 1].rstrip("\r"), position.column - 1
    if unread and any(word in line for word in _SECRET):
        return ""
    for first, last in sorted(set(cuts), reverse=True):
        begin, end = max(first - start, 0), min(last - start, len(line))
        if begin < end and begin < len(line) and end > 0:
            line = line[:begin] + MASK + line[end:]
            column += len(MASK) - (end - begin) if column >= end else 0
    return _window(line.replace("\t", " "), column)


def _window(line: str, column: int) -> str:
    """At most _WIDTH characters of a long line, around the column."""
    first = max(0, column - _WIDTH // 2) if len(line) > _WIDTH else 0
    return f"{line[first : first + _WIDTH]}\n{' ' * (column - first)}^"


def _trimmed(text: str, end: int) -> int:
    """The end without line breaks: a block scalar's are the file's lines, no secret."""
    while end > 0 and text[end - 1] in "\r\n":
        end -= 1
    return end


def _collect(node: Node, cuts: list[tuple[int, int]], text: str, *, secret: bool) -> None:
    if isinstance(node, Scalar):
        if secret and node.span and node.span.end > node.span.start:
            cuts.append((node.span.start, _trimmed(text, node.span.end)))
    elif isinstance(node, Sequence):
        for item in node.items:
            _collect(item, cuts, text, secret=secret)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            # A WireGuard public key is no secret.
            hidden = (secret or entry.key.text in _SECRET) and entry.key.text != "public"
            _collect(entry.value, cuts, text, secret=hidden)
