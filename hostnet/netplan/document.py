"""A YAML file as a tree of frozen nodes that know their line, column and text span.

netplan takes every scalar by its text (``yes`` is a boolean where a boolean is due, a
name where a name is), so a Scalar keeps the text and no type. A parser is read event by
event: no round-trip mode keeps bytes, and constructors would decide types that are
netplan's to decide.
"""

from __future__ import annotations

from dataclasses import field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hostnet.model import Position
from hostnet.netplan.events import BYTE_ORDER_MARK, NotYaml, events
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    Stream = Iterator[tuple[str, Any]]

MAX_BYTES = 1 << 20
"""A larger file is refused unread: the largest real ones (hundreds of VFs) are 100 KB."""
MAX_NODES = 100_000
"""What a file may hold with its aliases expanded; guards against alias bombs."""
MAX_DEPTH = 64
"""Deepest nesting; netplan's language needs 8."""


class YamlFault(Exception):
    """The text is not YAML, or more of it than a configuration can be."""

    def __init__(self, message: str, position: Position, *, too_large: bool = False) -> None:
        super().__init__(f"{position}: {message}")
        self.message = message
        self.position = position
        self.too_large = too_large


class Span(Value):
    """Where a node stands: character offsets [start, end) and its first place."""

    start: int
    end: int
    position: Position


class Scalar(Value):
    """A text; ``plain`` tells that it stood without quotes."""

    text: str
    plain: bool = field(default=True, compare=False)
    span: Span | None = field(default=None, compare=False, repr=False)


class Sequence(Value):
    """A list of nodes; ``flow`` tells ``[a, b]`` from ``- a`` lines."""

    items: tuple[Node, ...] = ()
    flow: bool = field(default=False, compare=False)
    span: Span | None = field(default=None, compare=False, repr=False)


class Entry(Value):
    """A key of a mapping with its value."""

    key: Scalar
    value: Node


class Mapping(Value):
    """Keys and values in the order of the file; a key may stand twice, as for netplan."""

    entries: tuple[Entry, ...] = ()
    flow: bool = field(default=False, compare=False)
    span: Span | None = field(default=None, compare=False, repr=False)

    def get(self, key: str) -> Node | None:
        """The value of the key (the last one, where it stands twice), or None."""
        found = None
        for entry in self.entries:
            if entry.key.text == key:
                found = entry.value
        return found

    def mapping(self, key: str) -> Mapping:
        """The mapping at the key; an empty one where there is none."""
        value = self.get(key)
        return value if isinstance(value, Mapping) else Mapping()

    def text(self, key: str) -> str | None:
        """The scalar's text at the key, or None."""
        value = self.get(key)
        return value.text if isinstance(value, Scalar) else None

    def sequence(self, key: str) -> tuple[Node, ...]:
        """The items of the list at the key; none where there is none."""
        value = self.get(key)
        return value.items if isinstance(value, Sequence) else ()

    def with_value(self, key: str, value: Node | None) -> Mapping:
        """A copy where the key has this value, in its place or last; None removes it."""
        kept = [entry for entry in self.entries if entry.key.text != key]
        if value is None:
            return Mapping(tuple(kept), self.flow, self.span)
        index = next(
            (i for i, entry in enumerate(self.entries) if entry.key.text == key), len(kept)
        )
        kept.insert(min(index, len(kept)), Entry(Scalar(key), value))
        return Mapping(tuple(kept), self.flow, self.span)


Node = Scalar | Sequence | Mapping


class Document(Value):
    """One parsed file. ``root`` is None where it holds nothing but comments."""

    path: str
    text: str = field(repr=False)
    root: Node | None

    def position(self, offset: int) -> Position:
        """The line and column of a character offset."""
        before = self.text[:offset]
        return Position(self.path, before.count("\n") + 1, offset - before.rfind("\n"))


def position_of(node: Node) -> Position | None:
    """Where the node stands, None for one that was made here."""
    return node.span.position if node.span else None


def scalars(*texts: str) -> Sequence:
    """A list of texts."""
    return Sequence(tuple(Scalar(text, plain=False) for text in texts))


@lru_cache(maxsize=128)
def parse(path: str, data: bytes, *, largest: int = MAX_BYTES, most: int = MAX_NODES) -> Document:
    """Parse a file's first YAML document, which is all that netplan reads.

    ``largest``: in bytes; ``most``: in nodes.

    Remembered: a walk looks at the same text when it edits, verifies, checks and shows
    it, and a parse costs 5 ms. Raises YamlFault with the place.
    """
    start = Position(path, 1, 1)
    if len(data) > largest:
        raise YamlFault(
            f"{len(data)} bytes; a network configuration has at most {largest}",
            start,
            too_large=True,
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode()) + 1
        raise YamlFault(
            f"byte 0x{data[error.start]:02x} is not UTF-8",
            Position(path, before.count(b"\n") + 1, column),
        ) from None
    return Document(path, text, _Composer(path, text, most).compose())


class _Composer:
    """Builds the nodes from the parser's events."""

    def __init__(self, path: str, text: str, most: int) -> None:
        self._path = path
        self._most = most
        self._text = text
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._size = 0
        self._ahead = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0

    def compose(self) -> Node | None:
        try:
            return self._compose()
        except NotYaml as error:
            position = Position(self._path, error.line + 1, error.column + 1)
            raise YamlFault(error.problem, position) from None

    def _compose(self) -> Node | None:
        stream = events(self._text)
        for kind, _ in stream:
            if kind == "DocumentStart":
                root, _ = self._node(*next(stream), stream, 0)
                is_empty = isinstance(root, Scalar) and root.plain and root.text in ("", "~")
                return None if is_empty else root
        return None

    def _node(self, kind: str, event: Any, stream: Stream, depth: int) -> tuple[Node, int]:
        """The node that starts with the event, and its size with aliases expanded."""
        if kind == "Alias":
            if event.anchor not in self._anchors:
                raise self._fault_at(event.start_mark, f"alias *{event.anchor} is not defined")
            node, size = self._anchors[event.anchor]
            self._grow(size, event.start_mark)
            here = self._span(event.start_mark, self._offset(event.end_mark))
            return replace(node, span=here), size
        if depth > MAX_DEPTH:
            raise self._fault_at(event.start_mark, "nested too deeply", too_large=True)
        self._grow(1, event.start_mark)
        node, size = self._fresh(kind, event, stream, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (node, size)
        return node, size

    def _fresh(self, kind: str, event: Any, stream: Stream, depth: int) -> tuple[Node, int]:
        start = event.start_mark
        if kind == "Scalar":
            end = self._offset(event.end_mark)
            return Scalar(event.value, not event.style, self._span(start, end)), 1
        children: list[Node] = []
        size = 1
        while True:
            inner_kind, inner = next(stream)
            if inner_kind in ("SequenceEnd", "MappingEnd"):
                break
            child, child_size = self._node(inner_kind, inner, stream, depth + 1)
            children.append(child)
            size += child_size
        flow = bool(event.flow_style)
        last = inner if flow else event
        end = self._offset(last.end_mark)
        span = self._span(start, end if flow else _last_end(children, end))
        if kind == "SequenceStart":
            return Sequence(tuple(children), flow, span), size
        entries = []
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key, Scalar):
                raise self._fault_at(start, "a key must be a plain text")
            if isinstance(value, Scalar) and value.plain and not value.text and key.span:
                # An empty value has no text; the parser places it at the next token.
                at = Span(key.span.end, key.span.end, key.span.position)
                value = Scalar("", plain=True, span=at)
            entries.append(Entry(key, value))
        return Mapping(tuple(entries), flow, span), size

    def _grow(self, size: int, mark: Any) -> None:
        self._size += size
        if self._size > self._most:
            raise self._fault_at(mark, "the aliases expand to too much", too_large=True)

    def _offset(self, mark: Any) -> int:
        """Where the mark is in the text, whose byte order mark it does not count."""
        offset: int = mark.index
        return offset + self._ahead

    def _span(self, mark: Any, end: int) -> Span:
        place = Position(self._path, mark.line + 1, mark.column + 1)
        return Span(self._offset(mark), end, place)

    def _fault_at(self, mark: Any, message: str, *, too_large: bool = False) -> YamlFault:
        position = Position(self._path, mark.line + 1, mark.column + 1)
        return YamlFault(message, position, too_large=too_large)


def _last_end(children: list[Node], default: int) -> int:
    """The end of a block collection: of its last child that has text.

    The parser's own end mark lies at the next token, behind comments that are not ours.
    """
    ends = [child.span.end for child in children if child.span]
    return max(ends, default=default)
