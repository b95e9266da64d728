"""kubelet's configuration with another ``resolvConf``, every other byte as it was.

KubeletConfiguration is one mapping (k8s.io/kubelet, config/v1beta1). kubeadm writes it anew
at each upgrade from the cluster's ConfigMap, unless a patch of the node says otherwise.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from hostnet.netplan.document import Entry, Mapping, Scalar, YamlFault, parse, position_of
from hostnet.netplan.edit import CannotEdit

if TYPE_CHECKING:
    from hostnet.model import Position

_KEY = "resolvConf"
_PLAIN = re.compile(r"/[A-Za-z0-9._/-]*\Z")
"""A path that needs no quotes in YAML."""


def repointed(path: str, data: bytes, resolv_conf: str) -> bytes:
    """The bytes of the file with the key set; the same bytes if it says so already.

    The edit is checked by parsing what came out. Raises CannotEdit: the file is no
    mapping of YAML, or would not be the same but for the key.
    """
    try:
        document = parse(path, data)
    except YamlFault as fault:
        raise CannotEdit(fault.message, fault.position) from None
    root = document.root
    if not isinstance(root, Mapping) or not root.entries:
        raise CannotEdit("the file is no mapping", None)
    old = [entry for entry in root.entries if entry.key.text == _KEY]
    if len(old) > 1:
        raise CannotEdit(f"{_KEY} stands there twice", _place(old[-1]))
    new = Scalar(resolv_conf, plain=False)
    if old and old[0].value == new:
        return data
    plain = _PLAIN.match(resolv_conf) is not None and not root.flow
    value = resolv_conf if plain else json.dumps(resolv_conf)
    if old:
        text = _replaced(document.text, old[0], value)
    else:
        text = _added(document.text, root.entries[0], value, flow=root.flow)
    try:
        came_out = parse(path, text.encode()).root
    except YamlFault as fault:
        raise CannotEdit(fault.message, fault.position) from None
    if came_out not in (root.with_value(_KEY, new), _first(root, new)):
        raise CannotEdit("the rest of the file would change its meaning", None)
    return text.encode()


def _replaced(text: str, old: Entry, value: str) -> str:
    span = old.value.span
    if span is None or not isinstance(old.value, Scalar):
        raise CannotEdit(f"{_KEY} is no text", _place(old))
    if span.start == span.end:  # nothing stands there: the place is right behind the key
        colon = text.index(":", span.start)
        return f"{text[: colon + 1]} {value}{text[colon + 1 :]}"
    return text[: span.start] + value + text[span.end :]


def _added(text: str, before: Entry, value: str, *, flow: bool) -> str:
    """The key before all others, where no comment, end mark or second document can follow."""
    assert before.key.span is not None
    start = before.key.span.start
    if flow:
        return f"{text[:start]}{json.dumps(_KEY)}: {value}, {text[start:]}"
    indent = text[text.rfind("\n", 0, start) + 1 : start].removeprefix("\ufeff")
    if indent.strip(" "):
        raise CannotEdit("the first key does not begin its own line", _place(before))
    return f"{text[:start]}{_KEY}: {value}\n{indent}{text[start:]}"


def _first(root: Mapping, value: Scalar) -> Mapping:
    return Mapping((Entry(Scalar(_KEY), value), *root.entries))


def _place(entry: Entry) -> Position | None:
    return position_of(entry.key)
