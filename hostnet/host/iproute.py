"""iproute2's JSON as the objects of a ledger: texts in, values out.

Asked with ``-N``, so that the names in a host's rt_protos and rt_tables do not matter; what
is a word all the same (in iproute2 before 5.9 more than later) is read as well.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from typing import TYPE_CHECKING

from hostnet.host.fields import Entry
from hostnet.ledger.objects import (
    REJECTING,
    FdbEntry,
    Hop,
    HostAddress,
    LinkState,
    Neighbour,
    Nexthop,
    Route,
)
from hostnet.model import DEFAULT_ROUTE, MAIN_TABLE, family_of
from hostnet.value import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from hostnet.model import Family, Network

IP = "`ip`"
BRIDGE = "`bridge`"

_TYPES = ("unspec", "unicast", "local", "broadcast", "anycast", "multicast", *REJECTING, "nat")
"""RTN_* (linux/rtnetlink.h), by number."""
_SCOPES = {"global": 0, "universe": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}
_FOREVER = 0xFFFFFFFF  # INFINITY_LIFE_TIME, linux/if_addr.h
_SETTABLE = ("home", "nodad", "mngtmpaddr", "noprefixroute", "autojoin", "optimistic")
"""Flags of addresses that ``ip address add`` takes."""
_ADDRESS_PROTOCOLS = {"kernel_lo": 1, "kernel_ra": 2, "kernel_ll": 3}  # rt_addrprotos
_METRICS = {"congestion": "congctl"}
"""Metrics of routes that are shown by another word than they are set by (ip/iproute.c)."""
_PROTOCOLS = {"redirect": 1, "kernel": 2, "boot": 3, "static": 4, "ra": 9, "dhcp": 16}
_TABLES = {"default": 253, "main": 254, "local": 255}
_COMMON = {
    *("type", "dst", "gateway", "via", "dev", "nexthops", "nhid", "nh_info", "weight", "encap"),
    *("table", "protocol", "scope", "metric", "flags", "pref"),
}
"""Keys that nearly every route has, or that are read for each."""
_MILLISECONDS = ("rto_min", "rtt", "rttvar")
_ETHERNET_GROUP = 0x01
"""The lowest bit of a MAC's first byte: a multicast one."""


def links(entries: tuple[Entry, ...]) -> tuple[LinkState, ...]:
    """Of ``ip -d address show``."""
    return tuple(_link(entry) for entry in entries)


def _link(entry: Entry) -> LinkState:
    name, index = entry.text("ifname"), entry.number("ifindex")
    if name is None or index is None:
        raise entry.unreadable("ifname")
    info = entry.entry("linkinfo")
    flags = entry.texts("flags")
    data = info.entry("info_data")
    local = data.text("local")
    return LinkState(
        name=name,
        index=index,
        kind=info.text("info_kind") or "",
        mac=entry.text("address") or "",
        mtu=entry.number("mtu") or 0,
        master=entry.text("master"),
        # Not its carrier: a bridge has none while no container runs.
        state="up" if "UP" in flags else "down",
        sends_from=None if local in (None, "any") else data.ip("local"),
    )


def addresses(entries: tuple[Entry, ...]) -> tuple[HostAddress, ...]:
    """Of ``ip address show``."""
    return tuple(
        _address(link.text("ifname") or "", entry)
        for link in entries
        for entry in link.entries("addr_info")
        if entry.text("family") in ("inet", "inet6")
    )


def _address(link: str, entry: Entry) -> HostAddress:
    length, peer = entry.number("prefixlen"), entry.text("address")
    label = entry.text("label") or ""
    try:
        return HostAddress(
            link=link,
            address=ip_interface(f"{entry.text('local')}/{length}"),
            peer=None if peer is None else ip_interface(f"{peer}/{length}"),
            broadcast=entry.ip("broadcast"),
            scope=_scope(entry.text("scope")),
            label="" if label == link else label,
            flags=tuple(flag for flag in _SETTABLE if entry.flag(flag)),
            deprecated=entry.number("preferred_life_time") == 0,
            passing=entry.number("valid_life_time") not in (None, _FOREVER),
            metric=entry.number("metric") or 0,
            protocol=_numbered(entry.text("protocol"), _ADDRESS_PROTOCOLS),
        )
    except ValueError:
        raise entry.unreadable("local") from None


def neighbours(entries: tuple[Entry, ...]) -> tuple[Neighbour, ...]:
    """Of ``ip neigh show nud permanent``."""
    found = []
    for entry in entries:
        ip, link, mac = entry.ip("dst"), entry.text("dev"), entry.text("lladdr")
        if ip is not None and link is not None and mac is not None:
            flags = tuple(flag for flag in ("router", "extern_learn") if flag in entry.values)
            found.append(Neighbour(link, ip, mac, flags))
    return tuple(found)


def nexthops(entries: tuple[Entry, ...], ipv6: Collection[int]) -> tuple[Nexthop, ...]:
    """Of ``ip nexthop show``, which does not tell the family: ``ipv6`` are the ids of those."""
    return tuple(_nexthop(entry, ipv6) for entry in entries)


def _nexthop(entry: Entry, ipv6: Collection[int]) -> Nexthop:
    id_ = entry.number("id")
    if id_ is None:
        raise entry.unreadable("id")
    group = tuple(
        (member.number("id") or 0, member.number("weight") or 1)
        for member in entry.entries("group")
    )
    kind = entry.text("type")
    hop = _hop(entry)
    family: Family = 6 if id_ in ipv6 else 4
    return Nexthop(
        id=id_,
        family=None if group else family,
        hop=hop,
        group=group,
        blackhole="blackhole" in entry.values,
        fdb="fdb" in entry.values,
        protocol=_numbered(entry.text("protocol")),
        unusual=hop.encap or (kind if kind not in (None, "mpath") else "") or "",
    )


def routes(entries: tuple[Entry, ...]) -> tuple[Route, ...]:
    """Of ``ip -d route show table all``."""
    return tuple(map(_route, entries))


def _route(entry: Entry) -> Route:
    kind = entry.text("type") or "unicast"
    kind = _TYPES[int(kind)] if kind.isdigit() and int(kind) < len(_TYPES) else kind
    nexthop = entry.number("nhid")
    if nexthop is not None or kind in REJECTING:
        hops: tuple[Hop, ...] = ()  # a nexthop object's own; or "dev lo", which IPv6 adds
    else:
        hops = tuple(map(_hop, entry.entries("nexthops") or (entry,)))
    to = _destination(entry)
    preference = entry.text("pref") or ""
    route = Route(
        family_of(to),
        to,
        _numbered(entry.text("table") or str(MAIN_TABLE), _TABLES),
        kind,
        _numbered(entry.text("protocol"), _PROTOCOLS),
        _scope(entry.text("scope")),
        entry.number("metric") or 0,
        hops=hops,
        nexthop=nexthop,
        preference="" if preference == "medium" else preference,
    )
    if entry.values.keys() <= _COMMON or _encap_is_mixed_in(entry):
        return route  # so are thousands
    return _whole(route, entry)


def _whole(route: Route, entry: Entry) -> Route:
    sender, flow = entry.text("from"), entry.entry("flow")
    return replace(
        route,
        tos=int(entry.text("tos") or "0", 16),
        source=entry.ip("prefsrc"),
        sender=None if sender is None else ip_network(sender),
        metrics=tuple(_metrics(entry)),
        realms="/".join(realm for realm in (flow.text("from"), flow.text("to")) if realm),
        expires="expires" in entry.values,
    )


def _hop(entry: Entry) -> Hop:
    via = entry.ip("gateway")
    if via is None and "via" in entry.values:
        via = entry.entry("via").ip("host")  # of the other family (RFC 8950)
    return Hop(
        entry.text("dev"),
        via,
        entry.number("weight") or 1,
        "onlink" in entry.texts("flags"),
        _encap(entry),
    )


def _destination(entry: Entry) -> Network:
    text = entry.text("dst") or "default"
    try:
        if text != "default":
            return IPv6Network(text) if ":" in text else IPv4Network(text)
    except ValueError:
        if not _encap_is_mixed_in(entry):
            raise entry.unreadable("dst") from None
    # As in hostnet.host.links: nothing names the family, but only IPv6 has a preference.
    return DEFAULT_ROUTE[6 if "pref" in entry.values else 4]


def _encap(entry: Entry) -> str:
    """All there is of it, to tell it from others: nobody could make it again from this."""
    if _encap_is_mixed_in(entry):
        keys = {key for key in entry.values if key == "dst" or key not in _COMMON}
        inner = Entry(entry.origin, {key: entry.values[key] for key in {*keys, "encap"}})
    else:
        inner = entry.entry("encap")
    return " ".join(f"{key} {inner.values[key]}" for key in sorted(inner.values))


def _encap_is_mixed_in(entry: Entry) -> bool:
    """Whether its keys stand among the route's, some of the same name: ``dst``, ``tos``.

    So in iproute2 6.1, where the route's own are lost; no more in 6.15.
    """
    return isinstance(entry.values.get("encap"), str)


def _metrics(entry: Entry) -> Iterator[tuple[str, str]]:
    for group in entry.entries("metrics"):
        for key, value in group.values.items():
            unit = "ms" if key in _MILLISECONDS else ""
            yield _METRICS.get(key, key), f"{value}{unit}"


def fdb(entries: tuple[Entry, ...], kinds: Mapping[str, str]) -> tuple[FdbEntry, ...]:
    """Of ``bridge fdb show``: entries that last and that somebody made.

    Not what a bridge learned; nor what the kernel makes by itself: a port's own address
    (permanent, of the master), multicast groups, and what a link lets in for others stacked
    upon it. Of ``self`` entries only a vxlan's are foreign's work, by ``kinds`` of links.
    """
    found = (_fdb(entry) for entry in entries)
    return tuple(
        each
        for each in found
        if each.where == "master" or kinds.get(each.link) == "vxlan"
        if not (each.where == "master" and each.state == "permanent")
        if each.state in ("permanent", "static") or "extern_learn" in each.words
        if each.remote is not None or not _is_group(each.mac)
    )


def _fdb(entry: Entry) -> FdbEntry:
    flags = entry.texts("flags")
    numbers = ((key, entry.number(key)) for key in ("port", "vni", "src_vni", "nhid"))
    through = entry.text("viaIf") or entry.text("via_if")
    words = (
        *(flag for flag in ("router", "extern_learn", "sticky") if flag in flags),
        *(f"{key} {number}" for key, number in numbers if number is not None),
        *(() if through is None else (f"via {through}",)),
    )
    return FdbEntry(
        link=entry.text("ifname") or "",
        mac=entry.text("mac") or "",
        where="self" if "self" in flags else "master",
        state=entry.text("state") or "dynamic",
        remote=entry.ip("dst"),
        vlan=entry.number("vlan"),
        words=words,
    )


def _is_group(mac: str) -> bool:
    return bool(int(mac[:2] or "0", 16) & _ETHERNET_GROUP)


def _scope(text: str | None) -> int:
    return _numbered(text, _SCOPES)


def _numbered(text: str | None, names: Mapping[str, int] | None = None) -> int:
    """A number as such; a word by its number, 0 if nobody knows it."""
    if text is None:
        return 0
    if text.isdigit():
        return int(text)
    return (names or {}).get(text, 0)
