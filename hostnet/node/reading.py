"""Taking typed values out of a description, with every fault at its place.

The accessors are total: what is no such value becomes a finding, and None or nothing is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import NODE_MALFORMED, Finding
from hostnet.netplan.document import Mapping, Node, Scalar, Sequence, position_of
from hostnet.telling import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from hostnet.netplan.document import Entry

_BOOLEANS = {"true": True, "false": False}
_MAX_DIGITS = 10


class Reader:
    """Reads, and notes what is wrong."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def fault(self, message: str, at: Node | None) -> None:
        """Note that the node is not what it must be."""
        self.findings.append(Finding(NODE_MALFORMED, message, position_of(at) if at else None))

    def placed(self, found: Iterable[Finding], at: Node) -> None:
        """Note findings of a text that stands here."""
        from hostnet.value import replace

        self.findings += [replace(finding, position=position_of(at)) for finding in found]

    def mapping(self, node: Node, what: str, keys: Collection[str]) -> dict[str, Node]:
        """The values by their keys, each known and given once."""
        return {entry.key.text: entry.value for entry in self.entries(node, what, keys)}

    def entries(
        self, node: Node, what: str, keys: Collection[str] | None = None
    ) -> tuple[Entry, ...]:
        """The entries of a mapping, each key once; ``keys`` None lets them be any."""
        if not isinstance(node, Mapping):
            self.fault(f"{what} must be a mapping", node)
            return ()
        seen: dict[str, Entry] = {}
        for entry in node.entries:
            key = entry.key.text
            if keys is not None and key not in keys:
                self.fault(f"{what} has no {quoted(key)}; it has {', '.join(keys)}", entry.key)
            elif key in seen:
                self.fault(f"{quoted(key)} stands twice", entry.key)
            else:
                seen[key] = entry
        return tuple(seen.values())

    def texts(self, node: Node | None, what: str) -> tuple[Scalar, ...]:
        """A text, or a list of texts."""
        if node is None:
            return ()
        items = node.items if isinstance(node, Sequence) else (node,)
        found = []
        for item in items:
            if isinstance(item, Scalar) and item.text:
                found.append(item)
            else:
                self.fault(f"{what} must be texts", item)
        return tuple(found)

    def text(self, node: Node | None, what: str) -> Scalar | None:
        """One text."""
        if node is None:
            return None
        if isinstance(node, Scalar) and node.text:
            return node
        self.fault(f"{what} must be a text", node)
        return None

    def number(self, node: Node | None, what: str) -> int | None:
        """A whole number of at least 0."""
        if node is None:
            return None
        text = node.text if isinstance(node, Scalar) and node.plain else ""
        if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS:
            return int(text)
        self.fault(f"{what} must be a number", node)
        return None

    def flag(self, node: Node | None, what: str) -> bool:
        """True or false, as JSON writes them; false where there is nothing."""
        if node is None:
            return False
        text = node.text if isinstance(node, Scalar) and node.plain else ""
        if text not in _BOOLEANS:
            self.fault(f"{what} must be true or false", node)
        return _BOOLEANS.get(text, False)
