"""Whose an object is: hostnet's own change, the system's, or foreign."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from hostnet.ledger.objects import (
    FdbEntry,
    HostAddress,
    LinkState,
    Neighbour,
    Nexthop,
    Route,
    Rule,
)
from hostnet.model import DEFAULT_TABLE, HELD_MARK, HELD_TABLES, LOCAL_TABLE, MAIN_TABLE

if TYPE_CHECKING:
    from hostnet.ledger.objects import Object
    from hostnet.ledger.own import Own

REDIRECT, KERNEL, RA, DHCP = 1, 2, 9, 16
"""RTPROT_* (linux/rtnetlink.h) of routes that follow from addresses, routers and leases."""
_HELD_IDS = 0x10000
_IPV6_OWN_METRICS = (0, 256)
"""IP6_RT_PRIO_ADDRCONF (net/ipv6.h) of connected routes, and none, of local ones."""
_KERNEL_ADDRESSES = (1, 2, 3)
"""IFAPROT_KERNEL_LO, _RA and _LL (linux/if_addr.h)."""
_LINK_SCOPE = 253  # RT_SCOPE_LINK (linux/rtnetlink.h)
_FIRST_RULES = {(0, LOCAL_TABLE), (32766, MAIN_TABLE), (32767, DEFAULT_TABLE)}
"""The rules every network namespace begins with (fib_default_rules_init())."""


class Origin(Enum):
    """Who must see to it that an object is there."""

    OURS = "ours"
    """What netplan's files say, before or after the change, or hostnet holds meanwhile."""
    SYSTEM = "the system's"
    """What the kernel or networkd makes by itself, from addresses, leases and advertisements."""
    FOREIGN = "foreign"


def origin(thing: Object, own: Own) -> Origin:
    """Whose it is. Nothing that somebody could miss is the system's but what comes by itself."""
    match thing:
        case Route():
            return _of_route(thing, own)
        case Rule():
            if thing.table in HELD_TABLES:
                return Origin.OURS
            first = thing.is_for_all and (thing.priority, thing.table) in _FIRST_RULES
            return Origin.SYSTEM if first else Origin.FOREIGN
        case Nexthop():
            if 0 < thing.id - HELD_MARK <= _HELD_IDS:
                return Origin.OURS
            # networkd's way to an advertised router, since 256.
            return Origin.SYSTEM if thing.protocol in (RA, DHCP) else Origin.FOREIGN
        case HostAddress():
            if thing.link in own.links and thing.address.ip in own.addresses:
                return Origin.OURS
            return Origin.SYSTEM if _comes_by_itself(thing, own) else Origin.FOREIGN
        case LinkState():
            if thing.name == "lo":
                return Origin.SYSTEM
            return Origin.OURS if thing.name in own.links else Origin.FOREIGN
        case Neighbour() | FdbEntry():
            return Origin.FOREIGN


def _comes_by_itself(address: HostAddress, own: Own) -> bool:
    ip = address.address.ip
    if address.passing or address.protocol in _KERNEL_ADDRESSES:
        return True
    if ip.is_loopback or (ip.version == 6 and ip.is_link_local):
        return True
    return address.scope == _LINK_SCOPE and address.link in own.links  # LinkLocalAddressing=ipv4


def _of_route(route: Route, own: Own) -> Origin:
    if route.metric == HELD_MARK or route.table in HELD_TABLES:
        return Origin.OURS
    if route.protocol in (REDIRECT, RA, DHCP):
        return Origin.SYSTEM
    # Cilium, too, makes its routes and rules as the kernel's, so that networkd leaves them alone
    # (github.com/cilium/cilium/pull/24288). The kernel's follow from an address: IPv4's have it
    # as their source, IPv6's have a metric of their own, and neither a gateway.
    if route.protocol == KERNEL and route.nexthop is None:
        without = all(hop.via is None for hop in route.hops)
        made = route.source is not None if route.family == 4 else route.metric in _IPV6_OWN_METRICS
        if without and made:
            return Origin.SYSTEM
    if route.table == MAIN_TABLE and len(route.hops) == 1:
        hop = route.hops[0]
        if hop.link in own.links and (route.to, hop.via) in own.routes:
            return Origin.OURS
    return Origin.FOREIGN
