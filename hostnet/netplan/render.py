"""Nodes as YAML text that YAML 1.1, YAML 1.2 and netplan read alike.

A text is left plain only where no reader could take it for a number, a boolean, null
or syntax; ``no``, ``0777``, ``1e3`` and ``22:22`` are quoted. Written here and not left
to ruamel's emitter, because that one quotes for one YAML version, and a plain ``true``
of a stranger's file must come back plain.
"""

from __future__ import annotations

import re

from hostnet.netplan.document import Mapping, Node, Scalar, Sequence

_INDENT = "  "
_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./:+@%-]*\Z")
_AMBIGUOUS = re.compile(
    r"""(?: [yYnN] | [yY]es|YES | [nN]o|NO | [tT]rue|TRUE | [fF]alse|FALSE | [oO]n|ON
        | [oO]ff|OFF | [nN]ull|NULL | <<? | [=~]
        | [-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?      # 12, 0777, 1.5, 1e3
        | [-+]?\.[0-9_]+(?:[eE][-+]?[0-9]+)? | [-+]?0[xob][0-9a-fA-F_]+
        | [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?          # sexagesimal
        | [-+]?\.(?:inf|Inf|INF) | \.(?:nan|NaN|NAN)
        | \d{4}-\d\d?-\d\d?.* )\Z""",
    re.VERBOSE,
)


def scalar(node: Scalar) -> str:
    """The scalar as it is written: plain, 'quoted', or "escaped"."""
    text = node.text
    colon_ends = text.endswith(":")
    if _PLAIN.match(text) and not colon_ends and (node.plain or not _AMBIGUOUS.match(text)):
        return text
    if all(char.isprintable() for char in text):
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def block(node: Node, depth: int = 0) -> str:
    """The node in block style, each line ended, indented by the depth."""
    pad = _INDENT * depth
    if isinstance(node, Mapping):
        return "".join(
            f"{pad}{scalar(Scalar(entry.key.text, plain=False))}:{_value(entry.value, depth)}"
            for entry in node.entries
        )
    if isinstance(node, Sequence):
        return "".join(f"{pad}-{_item(item, depth)}" for item in node.items)
    return f"{pad}{scalar(node)}\n"


def _value(node: Node, depth: int) -> str:
    if isinstance(node, Scalar):
        return f" {scalar(node)}\n"
    if _is_empty(node):
        return " {}\n" if isinstance(node, Mapping) else " []\n"
    if isinstance(node, Sequence) and all(isinstance(item, Scalar) for item in node.items):
        return " [" + ", ".join(_in_flow(item) for item in node.items) + "]\n"
    return "\n" + block(node, depth + 1)


def _in_flow(node: Node) -> str:
    """A scalar inside [...], where libyaml of old took a colon for a key's end."""
    text = scalar(node) if isinstance(node, Scalar) else ""
    return f'"{text}"' if ":" in text and text[0] not in "'\"" else text


def _item(node: Node, depth: int) -> str:
    if isinstance(node, Scalar):
        return f" {scalar(node)}\n"
    if _is_empty(node):
        return " {}\n" if isinstance(node, Mapping) else " []\n"
    # A collection's first line stands behind the dash, the others below it.
    inner = block(node, depth + 1)
    return " " + inner[len(_INDENT) * (depth + 1) :]


def _is_empty(node: Mapping | Sequence) -> bool:
    return not (node.entries if isinstance(node, Mapping) else node.items)
