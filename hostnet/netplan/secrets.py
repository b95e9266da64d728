"""Secrets of a netplan file, masked for every eye but root's own on the file.

netplan(5): passwords of wifi and 802.1X, WireGuard private and shared keys, keys of
tunnels, and whatever NetworkManager passes through.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from hostnet.netplan.document import Mapping, Node, Scalar, Sequence, YamlFault, parse
from hostnet.netplan.events import BYTE_ORDER_MARK

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
    parts: list[str] = []
    done = 0
    for start, end in sorted(set(cuts)):
        parts += [document.text[done:start], MASK]
        done = end
    return "".join([*parts, document.text[done:]])


class Excerpts:
    """Lines of a file for a reader of findings, with secrets masked."""

    def __init__(self, path: str, data: bytes) -> None:
        cuts: list[tuple[int, int]] = []
        self._is_read = True
        try:
            document = parse(path, data)
            text = document.text
            if document.root is not None:
                _collect(document.root, cuts, text, secret=False)
        except YamlFault:
            text = data.decode(errors="replace")
            self._is_read = False
        self._cuts = sorted(set(cuts))
        self._shown: dict[int, tuple[str, list[int], list[int]]] = {}
        ahead = text.startswith(BYTE_ORDER_MARK)
        self._lines = text[ahead:].split("\n")
        self._starts = [*accumulate((len(line) + 1 for line in self._lines), initial=ahead)]

    def at(self, position: Position) -> str:
        """The line that the position is in, and a caret below the column; or nothing."""
        if not 0 < position.line <= len(self._lines):
            return ""
        if position.line not in self._shown:
            self._shown[position.line] = self._masked(position.line - 1)
        line, ends, shifts = self._shown[position.line]
        if not self._is_read and any(word in line for word in _SECRET):
            return ""
        column = position.column - 1
        return _window(line, column + shifts[bisect_right(ends, column)])

    def _masked(self, index: int) -> tuple[str, list[int], list[int]]:
        """The line, where its secrets end, and how far the mask of each moves what follows."""
        start, line = self._starts[index], self._lines[index].rstrip("\r")
        parts: list[str] = []
        ends, shifts = [], [0]
        done = 0
        for first, last in self._within(start, start + len(line)):
            begin, end = max(first - start, 0), min(last - start, len(line))
            parts += [line[done:begin], MASK]
            done = end
            ends.append(end)
            shifts.append(shifts[-1] + len(MASK) - (end - begin))
        return "".join([*parts, line[done:]]).replace("\t", " "), ends, shifts

    def _within(self, start: int, end: int) -> list[tuple[int, int]]:
        # One before the first may reach into the line: a block scalar.
        index = max(bisect_left(self._cuts, (start, start)) - 1, 0)
        last = bisect_left(self._cuts, (end, end))
        return [cut for cut in self._cuts[index:last] if cut[1] > start]


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
