"""Objects in the words of iproute2, by which they are made again and shown to people.

Everything that has a number is written as one: what a name means is up to files below
/etc/iproute2. Sources: ip-route(8), ip-rule(8), ip-nexthop(8), ip-address(8),
ip-neighbour(8), bridge(8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.ledger.objects import (
    REJECTING,
    FdbEntry,
    HostAddress,
    LinkState,
    Neighbour,
    Nexthop,
    Route,
    Rule,
)
from hostnet.model import MAIN_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.ledger.objects import Hop, Object
    from hostnet.model import Family


def making(thing: Object) -> str:
    """The line for ``ip -batch`` (``bridge -batch`` for an FDB entry) that makes it.

    `hostnet.ledger.replay` tells of what there is no such line.
    """
    match thing:
        case Route():
            # IPv4 may have several of one key; "add" would refuse all but the first.
            verb = "append" if thing.family == 4 else "add"
            return f"route {verb} {_line(_route(thing))}"
        case Rule():
            return f"rule add {_line(_rule(thing))}"
        case Nexthop():
            return f"nexthop add {_line(_nexthop(thing))}"
        case HostAddress():
            return f"address add {_line(_address(thing))}"
        case Neighbour():
            return f"neigh replace {_line(_neighbour(thing))}"
        case FdbEntry():
            # Of a MAC with several remote hosts "add" takes the first only.
            verb = "append" if thing.remote else "add"
            return f"fdb {verb} {_line(_fdb(thing))}"
        case LinkState():
            raise ValueError(f"nobody but its owner can make the link {thing.name}")


def replacing(route: Route) -> str:
    """The line that puts the route in the place of the one of its key."""
    return f"route replace {_line(_route(route))}"


def shown(thing: Object) -> str:
    """One object for people, as short as it can be and still be told from others."""
    match thing:
        case Route():
            main = thing.table == MAIN_TABLE
            kind = "" if thing.type == "unicast" else f"{thing.type} "
            table = "" if main else f" table {thing.table}"
            ways = "".join(f" {word}" for hop in thing.hops for word in _hop(hop, thing.family))
            by = f" nhid {thing.nexthop}" if thing.nexthop is not None else ""
            return f"route {kind}{thing.to}{table}{by}{ways} proto {thing.protocol}"
        case Rule():
            return f"rule {_line(_rule(thing))} (IPv{thing.family})"
        case Nexthop():
            return f"nexthop {_line(_nexthop(thing))}"
        case HostAddress():
            return f"address {thing.address} on {thing.link}"
        case Neighbour():
            return f"neighbour {thing.ip} ({thing.mac}) on {thing.link}"
        case FdbEntry():
            behind = f" behind {thing.remote}" if thing.remote else ""
            return f"FDB entry {thing.mac}{behind} on {thing.link}"
        case LinkState():
            return f"link {thing.name}"


def _line(words: Iterator[str]) -> str:
    return " ".join(words)


def _route(route: Route) -> Iterator[str]:
    # The kernel shows a route by a blackhole nexthop as one of that type, but takes none so.
    if route.type != "unicast" and not (route.nexthop is not None and route.type in REJECTING):
        yield route.type
    yield str(route.to)
    if route.sender is not None:
        yield f"from {route.sender}"
    if route.tos:
        yield f"tos {route.tos:#x}"
    yield f"table {route.table} proto {route.protocol}"
    if route.family == 4:
        yield f"scope {route.scope}"
    if route.metric:
        yield f"metric {route.metric}"
    if route.source is not None:
        yield f"src {route.source}"
    if route.realms:
        yield f"realms {route.realms}"
    for key, value in route.metrics:
        yield f"{key} {value}"
    if route.preference:
        yield f"pref {route.preference}"
    if route.nexthop is not None:
        yield f"nhid {route.nexthop}"
    elif len(route.hops) == 1:
        yield from _hop(route.hops[0], route.family)
    else:
        for hop in route.hops:
            yield "nexthop"
            yield from _hop(hop, route.family)
            yield f"weight {hop.weight}"


def _hop(hop: Hop, family: Family) -> Iterator[str]:
    if hop.encap:
        yield f"encap {hop.encap}"
    if hop.via is not None:  # of the other family: RFC 8950
        yield f"via {hop.via}" if hop.via.version == family else f"via inet6 {hop.via}"
    if hop.link is not None:
        yield f"dev {hop.link}"
    if hop.onlink:
        yield "onlink"


def _rule(rule: Rule) -> Iterator[str]:
    yield f"pref {rule.priority}"
    if rule.inverted:
        yield "not"
    # The word that the others follow: "not" alone, or nothing, is no selector.
    yield f"from {rule.source or 'all'}"
    if rule.to is not None:
        yield f"to {rule.to}"
    if rule.mark is not None:
        yield f"fwmark {rule.mark:#x}" + ("" if rule.mask is None else f"/{rule.mask:#x}")
    yield from rule.selectors
    if rule.action == "lookup":
        yield f"lookup {rule.table}"
    elif rule.action == "goto":
        yield f"goto {rule.target}"
    else:  # "nop" and "l3mdev" stand alone
        yield f"type {rule.action}" if rule.action in REJECTING else rule.action
    if rule.protocol:
        yield f"protocol {rule.protocol}"


def _nexthop(nexthop: Nexthop) -> Iterator[str]:
    yield f"id {nexthop.id}"
    if nexthop.blackhole:
        yield "blackhole"
    elif nexthop.group:
        members = "/".join(f"{id_},{weight}" for id_, weight in nexthop.group)
        yield f"group {members}"
    else:
        hop = nexthop.hop
        if hop.via is not None:
            yield f"via {hop.via}"
        if hop.link is not None:
            yield f"dev {hop.link}"
        if hop.onlink:
            yield "onlink"
    if nexthop.fdb:
        yield "fdb"
    if nexthop.protocol:
        yield f"protocol {nexthop.protocol}"


def _address(address: HostAddress) -> Iterator[str]:
    if address.peer is not None:
        yield f"{address.address.ip} peer {address.peer}"
    else:
        yield str(address.address)
    if address.broadcast is not None:
        yield f"broadcast {address.broadcast}"
    yield f"dev {address.link} scope {address.scope}"
    if address.label:
        yield f"label {address.label}"
    if address.metric:
        yield f"metric {address.metric}"
    if address.deprecated:
        yield "preferred_lft 0"
    yield from address.flags


def _neighbour(neighbour: Neighbour) -> Iterator[str]:
    yield f"{neighbour.ip} lladdr {neighbour.mac} dev {neighbour.link} nud permanent"
    yield from neighbour.flags


def _fdb(entry: FdbEntry) -> Iterator[str]:
    yield f"{entry.mac} dev {entry.link}"
    if entry.remote is not None:
        yield f"dst {entry.remote}"
    if entry.vlan is not None:
        yield f"vlan {entry.vlan}"
    yield from entry.words
    yield f"{entry.where} {entry.state}"
