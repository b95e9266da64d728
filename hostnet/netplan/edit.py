"""Edits of a file's text that leave every other byte as it was.

Each edit is checked by parsing its result: unless that is exactly the old tree with
the one thing changed, the edit is refused (CannotEdit) and the file is left alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.netplan.document import Document, Entry, Mapping, Node, Scalar, YamlFault, parse
from hostnet.netplan.render import block
from hostnet.netplan.tree import SECTIONS, network_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.model import Position

HEADER = """\
# Made by hostnet; it is rewritten by `hostnet static`, which keeps what it was not asked
# to change. The files that defined these interfaces before gave them up to this one.
"""
_DEPTH = 2
"""Nesting of a Netdef in what hostnet writes: network, section, Netdef."""


class CannotEdit(Exception):
    """The text cannot be changed without touching more than what was asked."""

    def __init__(self, message: str, position: Position | None) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


def without(document: Document, id_: str, *, leave_empty: bool) -> str:
    """The text after the file gave up the Netdef.

    ``leave_empty`` keeps the key with ``{}``, for others in the file that refer to it.
    A section that has nothing left goes as well (netplan refuses ``ethernets:`` with
    nothing), and so does ``network:``. Raises CannotEdit.
    """
    root = document.root
    if not isinstance(root, Mapping):
        raise CannotEdit("the file is no mapping", None)
    cuts: list[tuple[int, int, str]] = []
    expected = _edit_mapping(document, root, ("network",), id_, cuts, leave_empty=leave_empty)
    if not cuts:
        return document.text
    return _verified(document, _spliced(document.text, cuts), expected)


def put(document: Document | None, section: str, id_: str, body: Mapping) -> str:
    """The text of hostnet's own file with the Netdef in it, new or in its old place.

    Everything else in the file, other Netdefs above all, stays byte for byte.
    """
    if document is None or not isinstance(document.root, Mapping):
        return _new(section, id_, body)
    network = network_of(document)
    if not network.entries:
        return _new(section, id_, body)
    target = network.mapping(section)
    expected = document.root.with_value(
        "network", network.with_value(section, target.with_value(id_, body))
    )
    try:
        return _verified(document, _placed(document, section, id_, body), expected)
    except CannotEdit:
        # Someone laid our own file out anew: write it whole, with the same content.
        return HEADER + block(expected)


def _new(section: str, id_: str, body: Mapping) -> str:
    return f"{HEADER}network:\n  version: 2\n  {section}:\n" + _netdef(id_, body)


def _netdef(id_: str, body: Mapping) -> str:
    return block(Mapping((Entry(Scalar(id_, plain=False), body),)), _DEPTH)


def _placed(document: Document, section: str, id_: str, body: Mapping) -> str:
    network = network_of(document)
    new = _netdef(id_, body)
    holder = network.get(section)
    if not isinstance(holder, Mapping) or not holder.entries:
        text = document.text if document.text.endswith("\n") else document.text + "\n"
        return text + f"  {section}:\n" + new
    entry = next((e for e in holder.entries if e.key.text == id_), None)
    if entry is not None:
        start, end = _lines(document, entry)
        return document.text[:start] + new + document.text[end:]
    _, end = _lines(document, holder.entries[-1])
    before = document.text[:end]
    return before + ("" if before.endswith("\n") else "\n") + new + document.text[end:]


def _edit_mapping(
    document: Document,
    mapping: Mapping,
    wanted: tuple[str, ...],
    id_: str,
    cuts: list[tuple[int, int, str]],
    *,
    leave_empty: bool,
) -> Mapping:
    """Note the cuts below the mapping; return it as it must be afterwards.

    ``wanted`` names the keys to descend by: network, then the sections, then the ID.
    """
    entries: list[Entry] = []
    gone: list[Entry] = []
    left_one = False
    for entry in mapping.entries:
        if entry.key.text not in wanted:
            entries.append(entry)
        elif wanted == (id_,):
            if leave_empty and not left_one:
                left_one = True
                entries.append(Entry(entry.key, Mapping()))
                cuts.append(_emptied(document, entry))
            else:
                gone.append(entry)
        elif isinstance(entry.value, Mapping) and entry.value.entries:
            deeper = SECTIONS if wanted == ("network",) else (id_,)
            below: list[tuple[int, int, str]] = []
            value = _edit_mapping(
                document, entry.value, deeper, id_, below, leave_empty=leave_empty
            )
            if value.entries:
                entries.append(Entry(entry.key, value))
                cuts += below
            elif mapping.flow or entry.value.flow:
                gone.append(entry)
            else:
                # Only the key's own line goes; comments among its children stay.
                cuts += [*below, (*_key_line(document, entry), "")]
        else:
            entries.append(entry)
    cuts += _removals(document, mapping, gone)
    return Mapping(tuple(entries))


def _removals(
    document: Document, mapping: Mapping, gone: Iterable[Entry]
) -> list[tuple[int, int, str]]:
    if not mapping.flow:
        return [(*_lines(document, entry), "") for entry in gone]
    gone = list(gone)
    cuts = []
    entries = mapping.entries
    for index, entry in enumerate(entries):
        if entry not in gone:
            continue
        start = _start(entry)
        if index + 1 < len(entries):
            cuts.append((start, _start(entries[index + 1]), ""))
        elif all(other in gone for other in entries):
            cuts.append((start, _end(entry), ""))
        else:
            last_kept = max(i for i, other in enumerate(entries) if other not in gone)
            cuts = [cut for cut in cuts if cut[0] < _end(entries[last_kept])]
            cuts.append((_end(entries[last_kept]), _end(entry), ""))
    return cuts


def _emptied(document: Document, entry: Entry) -> tuple[int, int, str]:
    """The cut that leaves ``key: {}``, with a comment that stood behind the key."""
    text = document.text
    assert entry.key.span is not None
    colon = text.find(":", entry.key.span.end)
    line_end = _line_end(text, colon)
    value_end = _end(entry)
    if value_end <= line_end:
        return colon + 1, value_end, " {}"
    rest = text[colon + 1 : line_end]
    comment = rest.find("#")
    kept = "  " + rest[comment:].rstrip() if comment >= 0 else ""
    return colon + 1, _content_end(text, value_end), " {}" + kept


def _lines(document: Document, entry: Entry) -> tuple[int, int]:
    """The whole lines of a block entry, the line break behind it included."""
    start, _ = _key_line(document, entry)
    end = _content_end(document.text, max(_end(entry), _start(entry)))
    end = document.text.find("\n", end)
    return start, len(document.text) if end < 0 else end + 1


def _key_line(document: Document, entry: Entry) -> tuple[int, int]:
    """The line that a block entry's key begins, its line break included."""
    text = document.text
    key_start = _start(entry)
    start = text.rfind("\n", 0, key_start) + 1
    if text[start:key_start].strip(" \ufeff"):
        raise CannotEdit(
            "the definition does not begin its own line",
            entry.key.span.position if entry.key.span else None,
        )
    end = text.find("\n", key_start)
    return start, len(text) if end < 0 else end + 1


def _content_end(text: str, end: int) -> int:
    """The end of the line that the content ends in, before its line break."""
    while end > 0 and text[end - 1] in "\r\n":
        end -= 1  # A block scalar's span includes its line break.
    return _line_end(text, end)


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    end = len(text) if end < 0 else end
    return end - 1 if end > offset and text[end - 1] == "\r" else end


def _start(entry: Entry) -> int:
    assert entry.key.span is not None
    return entry.key.span.start


def _end(entry: Entry) -> int:
    span = entry.value.span or entry.key.span
    assert span is not None and entry.key.span is not None
    return max(span.end, entry.key.span.end)


def _spliced(text: str, cuts: list[tuple[int, int, str]]) -> str:
    for start, end, replacement in sorted(cuts, reverse=True):
        text = text[:start] + replacement + text[end:]
    return text


def _verified(document: Document, text: str, expected: Node) -> str:
    try:
        root = parse(document.path, text.encode()).root
    except YamlFault as fault:
        raise CannotEdit(
            f"without the definition the file would not parse: {fault.message}", fault.position
        ) from None
    if (root or Mapping()) != expected:
        raise CannotEdit("the rest of the file would change its meaning", None)
    return text
