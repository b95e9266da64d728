"""What of a file does not fit the shapes of netplan's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import KEY_UNKNOWN, NETPLAN_CRASHES, NOT_A_MAPPING, NOT_IN_RELEASE, Finding
from hostnet.netplan.document import Mapping, Scalar, Sequence, position_of
from hostnet.netplan.suggest import did_you_mean
from hostnet.telling import quoted

if TYPE_CHECKING:
    from hostnet.findings import Rule
    from hostnet.netplan.document import Entry, Node
    from hostnet.netplan.grammar import Shape


class Misfits:
    """What does not fit: findings, and the nodes that nobody need look at again."""

    def __init__(self) -> None:
        self._findings: dict[int, Finding] = {}
        self.nodes: set[int] = set()
        """Identities of scalars, of collections of the wrong kind, and of entries."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What does not fit, in the order of the file."""
        return tuple(self._findings.values())

    def add(self, rule: Rule, message: str, at: Node, unfit: Node | Entry) -> None:
        """Note a misfit: where it is told, and what is unfit."""
        self._findings.setdefault(id(unfit), Finding(rule, message, position_of(at)))
        self.nodes.add(id(unfit))

    def overlook(self, node: Node | Entry) -> None:
        """Forget what was found in a node: netplan does not look at it."""
        self._findings.pop(id(node), None)
        if isinstance(node, Mapping):
            for entry in node.entries:
                self.overlook(entry.key)
                self.overlook(entry)
        elif isinstance(node, Sequence):
            for item in node.items:
                self.overlook(item)
        elif not isinstance(node, Scalar):
            self.overlook(node.value)


def misfits(root: Node, shape: Shape) -> Misfits:
    """All places where the tree is not of the shape."""
    found = Misfits()
    _check(root, shape, "the file", found)
    return found


def _check(node: Node, shape: Shape, name: str, found: Misfits) -> None:
    if isinstance(node, Scalar):
        if not shape.is_scalar:
            found.add(shape.rule or NOT_A_MAPPING, _wanted(name, shape), node, node)
        elif shape.scalar is not None:
            fault = shape.scalar(node.text)
            if fault is not None:
                found.add(fault[0], f"{name}: {fault[1]}", node, node)
    elif isinstance(node, Mapping):
        if shape.is_mapping:
            _check_mapping(node, shape, name, found)
        else:
            found.add(NOT_A_MAPPING, _wanted(name, shape), node, node)
    elif shape.is_sequence:
        _check_sequence(node, shape, name, found)
    else:
        found.add(NOT_A_MAPPING, _wanted(name, shape), node, node)


def _check_mapping(node: Mapping, shape: Shape, name: str, found: Misfits) -> None:
    keys, others, names = shape.keys, shape.others, shape.names
    if len(node.entries) < shape.least_keys:
        found.add(NETPLAN_CRASHES, f"{name}: an empty mapping; netplan crashes on this", node, node)
    for entry in node.entries:
        key = entry.key.text
        place = keys.get(key)
        if place is None:
            if others is None:
                found.add(*_unknown(key, shape, name), entry.key, entry)
                continue
            place = others
            fault = names(key) if names else None
            if fault is not None:
                found.add(fault[0], f"{name}: {fault[1]}", entry.key, entry)
                continue
        _check(entry.value, place.shape, key, found)
        if shape.first_key_only:
            break


def _check_sequence(node: Sequence, shape: Shape, name: str, found: Misfits) -> None:
    least, most = shape.counts
    if not least <= len(node.items) <= most:
        rule = shape.rule or NOT_A_MAPPING
        many = f"exactly {least}" if least == most else f"at least {least}"
        found.add(rule, f"{name}: there must be {many}", node, node)
    assert shape.items is not None
    inner = shape.items.shape
    for item in node.items:
        _check(item, inner, name, found)


def _unknown(key: str, shape: Shape, name: str) -> tuple[Rule, str]:
    if key in shape.later:
        return NOT_IN_RELEASE, f"{name}: {key} is known since netplan {shape.later[key]}"
    hint = did_you_mean(key, [*shape.keys, *shape.later])
    return KEY_UNKNOWN, f"{name}: unknown key {quoted(key)}{hint}"


def _wanted(name: str, shape: Shape) -> str:
    kinds = [
        kind
        for kind, is_so in (
            ("a single value", shape.is_scalar),
            ("a list", shape.is_sequence),
            ("a mapping (check the indentation)", shape.is_mapping),
        )
        if is_so
    ]
    return f"{name} must be {' or '.join(kinds)}"
