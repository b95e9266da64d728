"""Edits of a file's text that leave every other byte as it was.

Each edit is checked by parsing its result: unless that is exactly the old tree with
the one thing changed, the edit is refused (CannotEdit) and the file is left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hostnet.netplan.document import Document, Entry, Mapping, Node, Scalar, YamlFault, parse
from hostnet.netplan.render import block
from hostnet.netplan.tree import SECTIONS, network_of, unique

if TYPE_CHECKING:
    from hostnet.model import Position

HEADER = """\
# Made by hostnet; it is rewritten by `hostnet static`, which keeps what it was not asked
# to change. The files that defined these interfaces before gave them up to this one.
"""
_DEPTH = 2
"""Nesting of a Netdef in what hostnet writes: network, section, Netdef."""

_Cut = tuple[int, int, str]
"""From and to which character, and what comes there instead."""
_COMMENT = re.compile(r"(?<=\s)#[^\r\n]*")
_COMMA = re.compile(r"(?:\s|(?<=\s)#[^\r\n]*(?=[\r\n]))*,")
_REST = re.compile(r"[ \t]*(?P<comment>(?<=\s)#[^\r\n]*)?\r?\n")
"""Of a line in which nothing more stands but a comment."""


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
    cuts: list[_Cut] = []
    path = (("network",), SECTIONS, (id_,))
    expected = _edit_mapping(document, root, path, cuts, leave_empty=leave_empty)
    if not cuts:
        return document.text
    return _verified(document, _spliced(document.text, cuts), expected)


def put(document: Document | None, section: str, id_: str, body: Mapping) -> str:
    """The text of hostnet's own file with the Netdef in it, new or in its old place.

    Everything else in the file, other Netdefs above all, stays byte for byte.
    """
    if document is None or not isinstance(document.root, Mapping):
        return _new(section, id_, body)
    root = unique(document.root)
    network = root.mapping("network")
    if not network.entries:
        return _new(section, id_, body)
    target = network.mapping(section)
    expected = root.with_value("network", network.with_value(section, target.with_value(id_, body)))
    if expected == document.root:
        return document.text  # A comment someone wrote into it stays, too.
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
    path: tuple[tuple[str, ...], ...],
    cuts: list[_Cut],
    *,
    leave_empty: bool,
) -> Mapping:
    """Note the cuts below the mapping; return it as it must be afterwards.

    ``path`` names the keys to descend by: network, then the sections, then the ID.
    """
    wanted, *deeper = path
    entries: list[Entry] = []
    gone: list[Entry] = []
    left_one = False
    for entry in mapping.entries:
        if entry.key.text not in wanted:
            entries.append(entry)
        elif not deeper:
            if leave_empty and not left_one:
                left_one = True
                entries.append(Entry(entry.key, Mapping()))
                cuts += _emptied(document, entry)
            else:
                gone.append(entry)
        elif isinstance(entry.value, Mapping) and entry.value.entries:
            below: list[_Cut] = []
            value = _edit_mapping(
                document, entry.value, tuple(deeper), below, leave_empty=leave_empty
            )
            if value.entries or _has_comments(document, entry.value, below):
                entries.append(Entry(entry.key, value))
                cuts += below
            elif mapping.flow:
                gone.append(entry)
            elif entry.value.flow:
                _, line_end = _lines(document, entry)
                cuts.append(_without_comment(document, entry, line_end, _end(entry)))
            else:
                # Only the key's own line goes; comments among its children stay.
                _, line_end = _key_line(document, entry)
                key_end = _start(entry) + len(entry.key.text)
                cuts += [*below, _without_comment(document, entry, line_end, key_end)]
        else:
            entries.append(entry)
    cuts += _removals(document, mapping, gone)
    return Mapping(tuple(entries))


def _removals(document: Document, mapping: Mapping, gone: list[Entry]) -> list[_Cut]:
    if not mapping.flow:
        return [(*_lines(document, entry), "") for entry in gone]
    cuts: list[_Cut] = []
    kept: Entry | None = None
    for entry in mapping.entries:
        if not any(entry is other for other in gone):
            kept = entry
            continue
        comma = _comma(document.text, _end(entry))
        end = _end(entry) if comma is None else comma + 1
        start = _start(entry)
        before = None if comma is not None or kept is None else _comma(document.text, _end(kept))
        if before is not None:
            # The last of them takes the comma before it along.
            if document.text[before + 1 : start].isspace() or start == before + 1:
                start = before
            else:
                cuts.append((before, before + 1, ""))
        cuts.append((*_with_blanks(document.text, start, end), ""))
    return cuts


def _comma(text: str, offset: int) -> int | None:
    """Where the comma behind a flow entry stands, comments skipped."""
    found = _COMMA.match(text, offset)
    return found.end() - 1 if found else None


def _with_blanks(text: str, start: int, end: int) -> tuple[int, int]:
    """A flow entry's cut with the comment behind it, and with its line if nothing is left."""
    rest = _REST.match(text, end)
    if rest is None:
        while text[end : end + 1] == " " and text[start - 1 : start] in (" ", "{"):
            end += 1
        return start, end
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].isspace() or line == start:
        return line, rest.end()
    return start, end if rest["comment"] is None else rest.end("comment")


def _has_comments(document: Document, node: Mapping, cuts: list[_Cut]) -> bool:
    """Whether an emptied {...} has comments left in it: then it stays, with them."""
    if not node.flow or node.span is None:
        return False
    return "#" in _spliced(document.text[: node.span.end], cuts)[node.span.start :]


def _without_comment(document: Document, entry: Entry, end: int, content: int) -> _Cut:
    """The cut of a section's lines, less a comment that stands behind the content."""
    start, _ = _key_line(document, entry)
    found = _COMMENT.search(document.text, content, end)
    return (start, end, "") if found is None else (_start(entry), found.start(), "")


def _emptied(document: Document, entry: Entry) -> list[_Cut]:
    """The cut that leaves ``key: {}``, with a comment that stood behind the key."""
    text = document.text
    value = entry.value
    assert entry.key.span is not None
    if isinstance(value, Mapping) and not value.entries:
        return []
    colon = text.find(":", entry.key.span.end)
    if not isinstance(value, Mapping) or value.flow:
        return [(colon + 1, max(_end(entry), colon + 1), " {}")]
    found = _COMMENT.search(text, colon + 1, _line_end(text, colon))
    kept = "  " + found.group() if found else ""
    return [(colon + 1, _content_end(text, _end(entry)), " {}" + kept)]


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
    start += text.startswith("\ufeff", start)
    if text[start:key_start].strip(" "):
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


def _spliced(text: str, cuts: list[_Cut]) -> str:
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
