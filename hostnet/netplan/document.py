"""A YAML file as a tree of frozen nodes that know their line, column and text span.

long because the nodes, their marks and what builds them are one thing.
netplan takes every scalar by its text (``yes`` is a boolean where a boolean is due, a
name where a name is), so a Scalar keeps the text and no type. A parser is read event by
event: no round-trip mode keeps bytes, and constructors would decide types that are
netplan's to decide.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hostnet.model import Position
from hostnet.netplan.events import BYTE_ORDER_MARK, NotYaml, events
from hostnet.value import Row, Value, field, replace

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


class YamlFault(Exception):
    """The text is not YAML, or more of it than a configuration can be."""

    def __init__(self, message: str, position: Position, *, too_large: bool = False) -> None:
        super().__init__(f"{position}: {message}")
        self.message = message
        self.position = position
        self.too_large = too_large


class Span(Row):
    """Where a node stands: character offsets [start, end) and its first place."""

    __slots__ = ()

    start: int
    end: int
    path: str
    line: int
    column: int

    @property
    def position(self) -> Position:
        """Its first place."""
        return Position(self.path, self.line, self.column)


class Scalar(Row):
    """A text; ``plain`` tells that it stood without quotes. Two of one text are equal."""

    __slots__ = ()

    text: str
    plain: bool = True
    span: Span | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scalar) and self.text == other.text

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Scalar({self.text!r})"


class Sequence(Value):
    """A list of nodes; ``flow`` tells ``[a, b]`` from ``- a`` lines."""

    items: tuple[Node, ...] = ()
    flow: bool = field(default=False, compare=False)
    span: Span | None = field(default=None, compare=False, repr=False)


class Entry(Row):
    """A key of a mapping with its value."""

    __slots__ = ()

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
                root = self._root(stream)
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

    def _root(self, stream: Stream) -> Node:
        """The node that begins here; `_size` counts with aliases expanded.

        Without recursion, since this is half of what it takes to judge a file.
        """
        open_: list[tuple[str, Any, int, list[Node]]] = []
        for kind, event in stream:
            if kind == "Scalar":
                self._grow(1, event.start_mark)
                span = self._span(event.start_mark, event.end_mark.index + self._ahead)
                node: Node = tuple.__new__(Scalar, (event.value, not event.style, span))
                if event.anchor is not None:
                    self._name(node, event, self._size - 1)
            elif kind in _ENDS:
                begun_kind, begun, before, children = open_.pop()
                node = self._collection(begun_kind, begun, event, children)
                if begun.anchor is not None:
                    self._name(node, begun, before)
            elif kind == "Alias":
                node = self._copy(event)
            else:
                open_.append((kind, event, self._size, []))
                self._grow(1, event.start_mark)
                if len(open_) > MAX_DEPTH + 1:
                    raise self._fault_at(event.start_mark, "nested too deeply", too_large=True)
                continue
            if not open_:
                return node
            open_[-1][3].append(node)
        raise AssertionError("a parser tells the end of all that it begins")

    def _collection(self, kind: str, begun: Any, end: Any, children: list[Node]) -> Node:
        """Of the nodes in it; a mapping's keys and values take turns."""
        flow = bool(begun.flow_style)
        # The parser's own end of a block lies at the next token, behind comments that are not ours.
        last = children[-1].span if children and not flow else None
        after = last.end if last else (end if flow else begun).end_mark.index + self._ahead
        span = self._span(begun.start_mark, after)
        if kind == "SequenceStart":
            return Sequence(tuple(children), flow, span)
        entries = []
        taking_turns = iter(children)
        for key, value in zip(taking_turns, taking_turns, strict=True):
            if not isinstance(key, Scalar):
                raise self._fault_at(begun.start_mark, "a key must be a plain text")
            if isinstance(value, Scalar) and not value.text and value.plain and key.span:
                # An empty value has no text; the parser places it at the next token.
                value = Scalar("", plain=True, span=replace(key.span, start=key.span.end))
            entries.append(tuple.__new__(Entry, (key, value)))
        return Mapping(tuple(entries), flow, span)

    def _copy(self, event: Any) -> Node:
        """What an alias stands for."""
        start = event.start_mark
        if event.anchor not in self._anchors:
            raise self._fault_at(start, f"alias *{event.anchor} is not defined")
        known, size = self._anchors[event.anchor]
        self._copied += size
        if self._copied > MAX_COPIED:
            raise self._fault_at(start, "the aliases expand to too much", too_large=True)
        self._grow(size, start)
        return replace(known, span=self._span(start, event.end_mark.index + self._ahead))

    def _name(self, node: Node, event: Any, before: int) -> None:
        """Remember what an anchor names, and how much it holds."""
        if event.anchor in self._anchors and self._again is None:
            self._again = self._place(event.start_mark)
        self._anchors[event.anchor] = (node, self._size - before)

    def _grow(self, size: int, mark: Any) -> None:
        self._size += size
        if self._size > self._most:
            raise self._fault_at(mark, "the aliases expand to too much", too_large=True)

    def _span(self, mark: Any, end: int) -> Span:
        at = (mark.index + self._ahead, end, self._path, mark.line + 1, mark.column + 1)
        return tuple.__new__(Span, at)

    def _place(self, mark: Any) -> Position:
        return Position(self._path, mark.line + 1, mark.column + 1)

    def _fault_at(self, mark: Any, message: str, *, too_large: bool = False) -> YamlFault:
        return YamlFault(message, self._place(mark), too_large=too_large)
