"""A YAML file as a tree of frozen nodes that know their line, column and text span.

long because the nodes, their marks and what builds them are one thing.
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
MAX_COPIED = 20_000
"""Of these, what aliases may add: a few bytes of them make work for seconds."""
MAX_DEPTH = 64
"""Deepest nesting; netplan's language needs 8."""
_ENDS = ("SequenceEnd", "MappingEnd")

# The nodes write their fields by hand: a file has one for each of its words, and the way of
# Value.__init__ takes four times as long.


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

    def __init__(self, start: int, end: int, position: Position) -> None:
        state = self.__dict__
        state["start"] = start
        state["end"] = end
        state["position"] = position


class Scalar(Value):
    """A text; ``plain`` tells that it stood without quotes."""

    text: str
    plain: bool = field(default=True, compare=False)
    span: Span | None = field(default=None, compare=False, repr=False)

    def __init__(self, text: str, plain: bool = True, span: Span | None = None) -> None:  # noqa: FBT001, FBT002
        state = self.__dict__
        state["text"] = text
        state["plain"] = plain
        state["span"] = span


class Sequence(Value):
    """A list of nodes; ``flow`` tells ``[a, b]`` from ``- a`` lines."""

    items: tuple[Node, ...] = ()
    flow: bool = field(default=False, compare=False)
    span: Span | None = field(default=None, compare=False, repr=False)


class Entry(Value):
    """A key of a mapping with its value."""

    key: Scalar
    value: Node

    def __init__(self, key: Scalar, value: Node) -> None:
        state = self.__dict__
        state["key"] = key
        state["value"] = value


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
    nothing: Position | None = None
    """Where a document begins that is ``~`` or nothing but ``---``; an empty file has none."""
    second: Position | None = None
    """Where a second document begins, which is not read."""
    anchored_twice: Position | None = None
    """Where a name is given to a second node; netplan takes that for a fault."""

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
    return _Composer(path, text, most).compose()


class _Composer:
    """Builds the nodes from the parser's events."""

    def __init__(self, path: str, text: str, most: int) -> None:
        self._path = path
        self._most = most
        self._text = text
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._size = 0
        self._ahead = len(BYTE_ORDER_MARK) if text.startswith(BYTE_ORDER_MARK) else 0
        self._again: Position | None = None
        self._copied = 0

    def compose(self) -> Document:
        try:
            return self._compose()
        except NotYaml as error:
            raise YamlFault(error.problem, self._place(error)) from None

    def _compose(self) -> Document:
        stream = events(self._text)
        for kind, _ in stream:
            if kind == "DocumentStart":
                root = self._node(*next(stream), stream, 0)
                next(stream)  # its end, which may be none
                second = self._second(stream)
                is_empty = isinstance(root, Scalar) and root.plain and root.text in ("", "~")
                return Document(
                    self._path, self._text, None if is_empty else root,
                    position_of(root) if is_empty else None, second, self._again,
                )  # fmt: skip
        return Document(self._path, self._text, None)

    def _second(self, stream: Stream) -> Position | None:
        """Where another document begins; nobody reads it, so that it may be anything."""
        try:
            kind, event = next(stream)
        except NotYaml as error:
            return self._place(error)
        return self._place(event.start_mark) if kind == "DocumentStart" else None

    def _node(self, kind: str, event: Any, stream: Stream, depth: int) -> Node:
        """The node that starts with the event; `_size` counts with aliases expanded."""
        start = event.start_mark
        if kind == "Alias":
            if event.anchor not in self._anchors:
                raise self._fault_at(start, f"alias *{event.anchor} is not defined")
            known, size = self._anchors[event.anchor]
            self._copied += size
            if self._copied > MAX_COPIED:
                raise self._fault_at(start, "the aliases expand to too much", too_large=True)
            self._grow(size, start)
            return replace(known, span=self._span(start, event.end_mark.index))
        before = self._size
        self._grow(1, start)
        if kind == "Scalar":
            span = self._span(start, event.end_mark.index)
            node: Node = Scalar(event.value, not event.style, span)
        else:
            if depth > MAX_DEPTH:
                raise self._fault_at(start, "nested too deeply", too_large=True)
            node = self._collection(kind, event, stream, depth)
        anchor = event.anchor
        if anchor is not None:
            if anchor in self._anchors and self._again is None:
                self._again = self._place(start)
            self._anchors[anchor] = (node, self._size - before)
        return node

    def _collection(self, kind: str, event: Any, stream: Stream, depth: int) -> Node:
        start = event.start_mark
        children: list[Node] = []
        for inner_kind, inner in stream:
            if inner_kind in _ENDS:
                break
            children.append(self._node(inner_kind, inner, stream, depth + 1))
        flow = bool(event.flow_style)
        span = self._span(start, (inner if flow else event).end_mark.index)
        if not flow:
            span = Span(span.start, _last_end(children, span.end), span.position)
        if kind == "SequenceStart":
            return Sequence(tuple(children), flow, span)
        entries = []
        for key, value in zip(children[::2], children[1::2], strict=True):
            if not isinstance(key, Scalar):
                raise self._fault_at(start, "a key must be a plain text")
            if isinstance(value, Scalar) and not value.text and value.plain and key.span:
                # An empty value has no text; the parser places it at the next token.
                at = Span(key.span.end, key.span.end, key.span.position)
                value = Scalar("", plain=True, span=at)
            entries.append(Entry(key, value))
        return Mapping(tuple(entries), flow, span)

    def _grow(self, size: int, mark: Any) -> None:
        self._size += size
        if self._size > self._most:
            raise self._fault_at(mark, "the aliases expand to too much", too_large=True)

    def _span(self, mark: Any, end: int) -> Span:
        ahead = self._ahead
        place = Position(self._path, mark.line + 1, mark.column + 1)
        return Span(mark.index + ahead, end + ahead, place)

    def _place(self, mark: Any) -> Position:
        return Position(self._path, mark.line + 1, mark.column + 1)

    def _fault_at(self, mark: Any, message: str, *, too_large: bool = False) -> YamlFault:
        return YamlFault(message, self._place(mark), too_large=too_large)


def _last_end(children: list[Node], default: int) -> int:
    """The end of a block collection: of its last child that has text.

    The parser's own end mark lies at the next token, behind comments that are not ours.
    """
    ends = [child.span.end for child in children if child.span]
    return max(ends, default=default)
