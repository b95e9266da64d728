"""Which node a machine is, and whether nodes can be told from each other."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from hostnet.findings import NODE_AMBIGUOUS, NODE_TWICE, NODE_UNKNOWN, Finding
from hostnet.telling import quoted
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hostnet.model import Position
    from hostnet.node.model import Machine, Node


def choose(nodes: Sequence[Node], machine: Machine) -> tuple[Node | None, tuple[Finding, ...]]:
    """The one node that the machine is; else None and why.

    A node that says whom it selects is meant for those. One that does not is meant for the
    host of its name; if it is the only one of its file, for every machine.
    """
    if len(nodes) == 1 and nodes[0].selector is None:
        return nodes[0], ()
    found = [node for node in nodes if _is_meant(node, machine)]
    if len(found) == 1:
        return found[0], ()
    if not found:
        message = f"none of {len(nodes)} nodes is this machine ({machine})"
        return None, (Finding(NODE_UNKNOWN, message),)
    places = ", ".join(f"{node.name} (line {node.position.line})" for node in found)
    message = f"this machine ({machine}) is {len(found)} nodes: {places}"
    return None, (Finding(NODE_AMBIGUOUS, message, found[1].position),)


def named(nodes: Sequence[Node], name: str) -> tuple[Node | None, tuple[Finding, ...]]:
    """The node of this name, whatever the machine; else None and why."""
    found = [node for node in nodes if node.name == name]
    if len(found) == 1:
        return found[0], ()
    if not found:
        message = f"none of {len(nodes)} nodes is called {quoted(name)}"
        return None, (Finding(NODE_UNKNOWN, message),)
    message = f"{len(found)} nodes are called {quoted(name)}"
    return None, (Finding(NODE_AMBIGUOUS, message, found[1].position),)


def _is_meant(node: Node, machine: Machine) -> bool:
    wanted = node.selector
    if wanted is None:
        return _is_host(node.name, machine.hostname)
    names = wanted.hostnames
    return (
        (not names or any(_is_host(name, machine.hostname) for name in names))
        and (not wanted.macs or any(mac in machine.macs for mac in wanted.macs))
        and (not wanted.machine_ids or machine.machine_id in wanted.machine_ids)
        and (not wanted.serials or machine.serial in wanted.serials)
    )


def _is_host(name: str, hostname: str) -> bool:
    """Host names have no case, and a name without a domain is that of the host in any."""
    name, hostname = name.lower(), hostname.lower()
    return bool(name) and (name == hostname or hostname.startswith(f"{name}."))


class Claimed(Value):
    """What a node must not share with another, and where it stands."""

    name: str
    position: Position
    claims: tuple[tuple[str, str], ...]


def claimed(node: Node) -> Claimed:
    """A name, what selects it, its addresses; a serial number is often nobody's own."""
    claims = [("the name", node.name.lower())]
    for request in node.requests:
        claims += [("the address", str(address.ip)) for address in request.addresses]
    if node.selector is not None:
        claims += [("the machine-id", each) for each in node.selector.machine_ids]
        claims += [("the MAC address", each) for each in node.selector.macs]
    return Claimed(node.name, node.position, tuple(dict.fromkeys(claims)))


def check(nodes: Iterable[Claimed]) -> tuple[Finding, ...]:
    """Whatever two nodes share."""
    seen: dict[tuple[str, str], list[Claimed]] = defaultdict(list)
    for node in nodes:
        for claim in node.claims:
            seen[claim].append(node)
    return tuple(
        Finding(NODE_TWICE, f"{kind} {value} is that of {_places(holders)}", holders[1].position)
        for (kind, value), holders in seen.items()
        if len(holders) > 1
    )


def _places(nodes: list[Claimed]) -> str:
    some = " and ".join(f"{node.name} (line {node.position.line})" for node in nodes[:3])
    return some if len(nodes) <= 3 else f"{some} and {len(nodes) - 3} more"
