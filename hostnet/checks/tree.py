"""What a merged configuration says that netplan accepts and its operator regrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import (
    ADDRESS_DUPLICATE,
    ADDRESS_NOT_UNICAST,
    DEFAULT_ROUTE_CONFLICT,
    DUPLICATE_KEY,
    FILE_MODE,
    GATEWAY_IS_OWN,
    GATEWAY_KEY,
    GATEWAY_OFF_LINK,
    HOST_IS_BROADCAST,
    HOST_IS_NETWORK,
    MTU_RANGE,
    NAMESERVER_TOO_MANY,
    NAMESERVER_UNUSABLE,
    Finding,
    Rule,
)
from hostnet.model import IP, MAX_NAMESERVERS, Address, Kind, Network, Position, family_of
from hostnet.netplan.document import Document, Mapping, Node, Scalar, Sequence, position_of
from hostnet.netplan.netdef import as_ip, as_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.model import SourceFile
    from hostnet.netplan.netdef import Netdef, RouteEntry
    from hostnet.netplan.tree import Tree

MIN_MTU, MIN_MTU_IPV6, MAX_MTU = 68, 1280, 65535
"""RFC 791; RFC 8200 section 5; the largest IPv4 packet."""


def check(tree: Tree) -> tuple[Finding, ...]:
    """All findings of the merged configuration, file by file and link by link."""
    found: list[Finding] = []
    for document in tree.documents:
        found += _duplicate_keys(document)
    for netdef in tree.netdefs:
        found += _addresses(netdef)
        found += _gateways(netdef)
        found += _nameservers(netdef)
        found += _mtu(netdef)
    found += _duplicates(tree)
    found += _default_routes(tree)
    return tuple(found)


def check_modes(files: Iterable[SourceFile]) -> tuple[Finding, ...]:
    """netplan(5): configuration may hold secrets and should be readable by root alone."""
    return tuple(
        Finding(
            FILE_MODE,
            f"{file.path} has mode {file.image.mode:04o}",
            Position(file.path, 1, 1),
        )
        for file in files
        if file.image.kind is Kind.FILE and file.image.mode & 0o077 and file.problem is None
    )


def _finding(rule: Rule, message: str, node: Node | None, netdef: Netdef) -> Finding:
    where = position_of(node) if node is not None else None
    return Finding(rule, f"{netdef.id}: {message}", where, netdef.id)


def _addresses(netdef: Netdef) -> Iterator[Finding]:
    for address, node in netdef.addresses():
        ip, network = address.ip, address.network
        if _not_unicast(ip):
            message = f"{address} is {_not_unicast(ip)}, not a host's address"
            yield _finding(ADDRESS_NOT_UNICAST, message, node, netdef)
        elif network.prefixlen >= network.max_prefixlen - 1:
            continue  # RFC 3021 and RFC 6164: both addresses of a pair are hosts.
        elif ip == network.network_address:
            message = f"{address} is the address of the network itself"
            yield _finding(HOST_IS_NETWORK, message, node, netdef)
        elif ip.version == 4 and ip == network.broadcast_address:
            message = f"{address} is the broadcast address of {network}"
            yield _finding(HOST_IS_BROADCAST, message, node, netdef)


def _not_unicast(ip: IP) -> str:
    if ip.version == 4 and 0 < int(ip) >> 24 < 127:
        return ""  # Most are, and the questions below take long.
    if ip.is_unspecified or (ip.version == 4 and int(ip) >> 24 == 0):
        return "an unspecified address"
    if ip.is_loopback:
        return "a loopback address"
    if ip.is_multicast:
        return "a multicast address"
    if ip.version == 4 and ip.is_reserved:
        return "a reserved address"
    return ""


def _gateways(netdef: Netdef) -> Iterator[Finding]:
    for key in ("gateway4", "gateway6"):
        value = netdef.body.get(key)
        if value is not None:
            yield _finding(GATEWAY_KEY, f"{key} is deprecated", value, netdef)
    own = {address.ip for address, _ in netdef.addresses()}
    routes = netdef.routes()
    direct = [route.to for route in routes if route.via is None]
    for route in routes:
        if route.via is None:
            continue
        what = "the gateway" if route.is_main_default else f"the gateway of {route.to}"
        node = route.node.get("via") or route.node.entries[-1].value
        if route.via in own:
            message = f"{what} {route.via} is the host's own address"
            yield _finding(GATEWAY_IS_OWN, message, node, netdef)
        elif not _on_link(netdef, route, route.via, direct):
            message = f"{what} {route.via} lies outside {_networks(netdef, route.via)}"
            yield _finding(GATEWAY_OFF_LINK, message, node, netdef)


def _on_link(netdef: Netdef, route: RouteEntry, via: IP, direct: list[Network]) -> bool:
    family = family_of(via)
    if route.on_link or via.is_link_local:
        return True
    leased = netdef.flag(f"dhcp{family}") or (family == 6 and netdef.flag("accept-ra") is not False)
    if leased:
        return True  # The lease, or the advertised prefix, may well contain it.
    if any(via in address.network for address, _ in netdef.addresses()):
        return True
    return any(via in network for network in direct)


def _networks(netdef: Netdef, via: IP) -> str:
    networks = [
        str(address.network) for address, _ in netdef.addresses() if address.version == via.version
    ]
    return ", ".join(networks) or f"every network of {netdef.id}"


def _nameservers(netdef: Netdef) -> Iterator[Finding]:
    servers = netdef.nameservers()
    for text, node in servers:
        ip = as_ip(text)
        if ip is not None and _not_unicast(ip):
            message = f"nameserver {ip} is {_not_unicast(ip)}"
            yield _finding(NAMESERVER_UNUSABLE, message, node, netdef)
    if len(servers) > MAX_NAMESERVERS:
        message = f"{len(servers)} nameservers; only the first {MAX_NAMESERVERS} are used"
        yield _finding(NAMESERVER_TOO_MANY, message, servers[MAX_NAMESERVERS][1], netdef)


def _mtu(netdef: Netdef) -> Iterator[Finding]:
    text = netdef.body.text("mtu") or ""
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdigit():
        return
    ipv6 = any(address.version == 6 for address, _ in netdef.addresses())
    least = MIN_MTU_IPV6 if ipv6 else MIN_MTU
    if not least <= (as_number(text) or 0) <= MAX_MTU:
        message = f"MTU {text[:12]} is not in {least} to {MAX_MTU}"
        yield _finding(MTU_RANGE, message, netdef.body.get("mtu"), netdef)


def _duplicates(tree: Tree) -> Iterator[Finding]:
    seen: dict[IP, tuple[Netdef, Address]] = {}
    for netdef in tree.netdefs:
        for address, node in netdef.addresses():
            if address.ip.is_link_local:
                continue  # It means another host on every link.
            known = seen.get(address.ip)
            if known is None:
                seen[address.ip] = (netdef, address)
                continue
            where = "twice" if known[0] is netdef else f"also on {known[0].id}"
            yield _finding(ADDRESS_DUPLICATE, f"{address.ip} stands {where}", node, netdef)


def _default_routes(tree: Tree) -> Iterator[Finding]:
    seen: dict[tuple[int, int, int | None], Netdef] = {}
    vrf_members = {
        member
        for netdef in tree.netdefs
        if netdef.section == "vrfs"
        for member in (getattr(i, "text", "") for i in netdef.body.sequence("interfaces"))
    }
    for netdef in tree.netdefs:
        if netdef.id in vrf_members or netdef.section == "vrfs":
            continue
        for route in netdef.routes():
            if route.to.prefixlen != 0 or route.via is None:
                continue
            key = (route.to.version, route.table, route.metric)
            known = seen.get(key)
            if known is None:
                seen[key] = netdef
                continue
            metric = "no metric" if route.metric is None else f"metric {route.metric}"
            message = (
                f"a second IPv{route.to.version} default route (table {route.table}, {metric}); "
                f"the first is on {known.id}"
            )
            node = route.node.get("via") or route.node.entries[-1].value
            yield _finding(DEFAULT_ROUTE_CONFLICT, message, node, netdef)


def _duplicate_keys(document: Document) -> Iterator[Finding]:
    stack: list[Node] = [document.root] if document.root is not None else []
    while stack:
        node = stack.pop()
        if isinstance(node, Sequence):
            stack += [item for item in node.items if not isinstance(item, Scalar)]
        elif isinstance(node, Mapping):
            stack += [e.value for e in node.entries if not isinstance(e.value, Scalar)]
            if len({entry.key.text for entry in node.entries}) < len(node.entries):
                yield from _stated_twice(node)


def _stated_twice(mapping: Mapping) -> Iterator[Finding]:
    first: dict[str, Scalar] = {}
    for entry in mapping.entries:
        key = entry.key.text
        known = first.setdefault(key, entry.key)
        if known is not entry.key:
            line = known.span.line if known.span else 0
            message = f"{key!r} stands in this mapping already, in line {line}"
            yield Finding(DUPLICATE_KEY, message, position_of(entry.key))
