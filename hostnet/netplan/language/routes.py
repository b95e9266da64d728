"""Routes and routing-policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import (
    NETPLAN_CRASHES,
    POLICY_INCOMPLETE,
    ROUTE_FAMILY,
    ROUTE_INCOMPLETE,
    VRF_TABLE_MISMATCH,
    VRF_TABLE_MISSING,
)
from hostnet.netplan.document import Mapping, Scalar, Sequence
from hostnet.netplan.language.interface import Policy, Route
from hostnet.netplan.texts import family, number

if TYPE_CHECKING:
    from hostnet.netplan.language.interface import Interface
    from hostnet.netplan.language.reading import Reading

_LINK_TYPES = ("broadcast", "multicast", "anycast")
_HOST_TYPES = ("local", "nat")


def _is_whole(reading: Reading, node: Mapping) -> bool:
    return all(reading.fits(entry) and reading.fits(entry.value) for entry in node.entries)


def _same_family(
    reading: Reading, interface: Interface, entry: Route | Policy, node: Scalar
) -> bool:
    of = family(node.text)
    if entry.family not in (None, of):
        message = f"{node.text} is of another IP family than the rest"
        reading.say(ROUTE_FAMILY, interface, message, node)
        return False
    entry.family = of
    return True


def _routes(reading: Reading, interface: Interface, node: Sequence) -> None:
    interface.has_routes = True
    for item in node.items:
        if not isinstance(item, Mapping) or not reading.fits(item):
            continue
        route = _route(reading, interface, item)
        if route is None or not _is_whole(reading, item):
            continue
        if _lacks(route):
            reading.say(ROUTE_INCOMPLETE, interface, _lacks(route), item)
        elif route.identity not in interface.identities:
            interface.identities.add(route.identity)
            interface.routes.append(route)


def _route(reading: Reading, interface: Interface, item: Mapping) -> Route | None:
    route = Route(item)
    for entry in item.entries:
        node = entry.value
        if not isinstance(node, Scalar) or not reading.fits(node) or not reading.fits(entry):
            continue
        key = entry.key.text
        route.said.nodes[key] = node
        if key == "to" and node.text == "default":
            route.to = route.to or "default"
        elif key in ("to", "via", "from"):
            if not _same_family(reading, interface, route, node):
                return None
            if key == "to":
                route.to = node.text
            elif key == "via":
                route.via = node.text
            else:
                route.source = node.text
    route.table = number(route.said.text("table") or "") or 0
    return route


def _lacks(route: Route) -> str:
    """What a route lacks, nothing for a whole one (src/parse.c, handle_routes)."""
    scope = (route.said.text("scope") or _default_scope(route)).lower()
    if scope in ("link", "host") and route.to is None:
        return f"a route with scope {scope} needs `to`"
    if route.type == "unicast" and scope == "global" and (route.to is None or route.via is None):
        return f"a route with scope global needs `{'via' if route.to else 'to'}`"
    if route.type != "unicast" and route.to is None:
        return f"a route of type {route.type} needs `to`"
    return ""


def _default_scope(route: Route) -> str:
    if route.type in _HOST_TYPES:
        return "host"
    if route.type in _LINK_TYPES or (route.type == "unicast" and route.via is None):
        return "link"
    return "global"


def _policies(reading: Reading, interface: Interface, node: Sequence) -> None:
    for item in node.items:
        if not isinstance(item, Mapping) or not reading.fits(item):
            continue
        policy = _policy(reading, interface, item)
        if policy is None or not _is_whole(reading, item):
            continue
        if policy.family is None:
            message = "a rule needs `from` or `to`"
            reading.say(POLICY_INCOMPLETE, interface, message, item)
        elif policy.identity not in interface.identities:
            interface.identities.add(policy.identity)
            interface.policies.append(policy)


def _policy(reading: Reading, interface: Interface, item: Mapping) -> Policy | None:
    policy = Policy(item)
    for entry in item.entries:
        node = entry.value
        if not isinstance(node, Scalar) or not reading.fits(node) or not reading.fits(entry):
            continue
        policy.said.nodes[entry.key.text] = node
        is_address = entry.key.text in ("from", "to")
        if is_address and not _same_family(reading, interface, policy, node):
            return None
    policy.table = number(policy.said.text("table") or "") or 0
    return policy


TAKES = {"everywhere": {"routes": _routes, "routing-policy": _policies}}


def _vrf(reading: Reading, interface: Interface) -> None:
    if interface.section == "vrfs" and interface.said.number("table") is None:
        reading.say(VRF_TABLE_MISSING, interface, "the VRF has no table", interface.key)


DEFINED = (_vrf,)


def _vrf_tables(reading: Reading) -> None:
    for interface in reading.interfaces.values():
        table = interface.said.number("table")
        if interface.section != "vrfs" or table is None:
            continue
        # 0.106 looks at the rules only where there are routes, and crashes if there are none.
        old = not reading.has("1.1")
        if old and interface.has_routes and not interface.policies:
            message = "a VRF with routes and without a routing-policy"
            reading.say(NETPLAN_CRASHES, interface, message, interface.key)
        policies = interface.policies if interface.has_routes or not old else []
        entries: list[Route | Policy] = [*interface.routes, *policies]
        for entry in entries:
            if entry.table not in (0, table):
                at = entry.said.nodes["table"]
                message = f"table {entry.table} is not the VRF's table {table}"
                reading.say(VRF_TABLE_MISMATCH, interface, message, at)
            entry.table = table


def _default_routes(reading: Reading) -> None:
    """Two default routes without any address: netplan wants to tell of them and crashes."""
    seen: set[tuple[int, int | None]] = set()
    for interface in reading.interfaces.values():
        for route in interface.routes:
            if route.to != "default" or route.family is not None:
                continue
            key = (route.table, route.metric)
            if key in seen:
                message = "two default routes whose family nothing tells"
                reading.say(NETPLAN_CRASHES, interface, message, route.node)
            seen.add(key)


AT_THE_END = (_vrf_tables, _default_routes)
