"""Secrets of a netplan file, masked for every eye but root's own on the file.

netplan(5): passwords of wifi and 802.1X, WireGuard private and shared keys, keys of
tunnels, and whatever NetworkManager passes through.
"""

from __future__ import annotations

from hostnet.netplan.document import Mapping, Node, Scalar, Sequence, YamlFault, parse

MASK = "********"
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
