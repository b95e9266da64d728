"""The objects of a ledger: what the kernel holds, without counters, lifetimes and carrier noise.

Each has a `key`, by which the kernel tells it from others of its kind, so that a message of
rtnetlink and a line of iproute2 about one object meet (`hostnet.ledger.rtnetlink`). Two
objects of one key that differ are one object that was replaced.

Numbers stay numbers: the names of protocols, tables and scopes are a matter of files below
/etc/iproute2 (rt_protos, rt_tables), which hosts edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.model import IP, Address, Family, Network

Key = tuple[object, ...]

REJECTING = ("blackhole", "unreachable", "prohibit", "throw")
"""Types of routes, and actions of rules, that lead nowhere (ip-route(8))."""


class Hop(Value):
    """One way of a route. ``encap`` tells what it wraps packets into, if it does."""

    link: str | None = None
    via: IP | None = None
    weight: int = 1
    onlink: bool = False
    encap: str = ""


class Route(Value):
    """A route of any table.

    ``nexthop`` is the id of the nexthop object that has its ways; then it has no hops.
    ``source`` is the preferred source address (``src``), ``sender`` the prefix of senders it
    is for (``from``, IPv6 only). ``metrics`` are RTAX_* (linux/rtnetlink.h) in iproute2's
    words; of a locked one iproute2's JSON does not tell the lock.
    """

    family: Family
    to: Network
    table: int
    type: str = "unicast"
    protocol: int = 0
    scope: int = 0
    metric: int = 0
    tos: int = 0
    hops: tuple[Hop, ...] = ()
    nexthop: int | None = None
    source: IP | None = None
    sender: Network | None = None
    metrics: tuple[tuple[str, str], ...] = ()
    realms: str = ""
    preference: str = ""
    expires: bool = False

    @property
    def key(self) -> Key:
        """What it is looked up by; IPv4 may hold several of one key (``ip route append``)."""
        return ("route", self.family, self.table, self.to, self.sender, self.tos, self.metric)


class Rule(Value):
    """A rule of policy routing; ``selectors`` are what else it asks for, in ip-rule(8)'s words.

    ``action`` is "lookup" (of ``table``), "goto" (``target``), "nop", "l3mdev" (the table of
    the packet's VRF), or one of REJECTING. ``unusual`` names what hostnet could not make again.
    """

    family: Family
    priority: int
    action: str = "lookup"
    table: int | None = None
    target: int | None = None
    source: Network | None = None
    to: Network | None = None
    mark: int | None = None
    mask: int | None = None
    inverted: bool = False
    selectors: tuple[str, ...] = ()
    protocol: int = 0
    unusual: str = ""

    @property
    def is_for_all(self) -> bool:
        """Whether it asks for nothing: every packet that comes to it is meant."""
        asked = (self.source, self.to, self.mark)
        return not (self.inverted or self.selectors or self.unusual or any(asked))

    @property
    def key(self) -> Key:
        """Without the rarer selectors, which rtnetlink and iproute2 write differently."""
        where = (self.source, self.to, self.mark)
        return ("rule", self.family, self.priority, *where, self.action, self.table)


class Nexthop(Value):
    """A nexthop object (ip-nexthop(8)): one way, a group of others, or a blackhole.

    ``family`` is None for a group. ``unusual`` names what hostnet could not make again.
    """

    id: int
    family: Family | None = None
    hop: Hop = Hop()
    group: tuple[tuple[int, int], ...] = ()
    blackhole: bool = False
    fdb: bool = False
    protocol: int = 0
    unusual: str = ""

    @property
    def key(self) -> Key:
        """Its id."""
        return ("nexthop", self.id)


class HostAddress(Value):
    """An address on a link. ``passing``: it has a lifetime, so somebody goes on renewing it.

    With a ``peer`` both have its prefix length, as in the kernel. ``flags`` are those that
    ip-address(8) lets one set (noprefixroute, home, nodad, ...);
    ``protocol`` is who set it, where the kernel tells (5.18, IFA_PROTO).
    """

    link: str
    address: Address
    peer: Address | None = None
    broadcast: IP | None = None
    scope: int = 0
    label: str = ""
    flags: tuple[str, ...] = ()
    deprecated: bool = False
    passing: bool = False
    metric: int = 0
    protocol: int = 0

    @property
    def key(self) -> Key:
        """Link and address."""
        return ("address", self.link, self.address)


class Neighbour(Value):
    """A permanent entry of the neighbour table (ARP, ND)."""

    link: str
    ip: IP
    mac: str
    flags: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """Link and address."""
        return ("neighbour", self.link, self.ip)


class FdbEntry(Value):
    """A lasting entry of a bridge's or vxlan's forwarding table (bridge(8)).

    ``where`` is "self" (the link's own table) or "master" (its bridge's); ``remote`` is the
    host behind which the MAC is (vxlan); ``words`` what else there is, in bridge(8)'s words.
    """

    link: str
    mac: str
    where: str = "self"
    state: str = "permanent"
    remote: IP | None = None
    vlan: int | None = None
    words: tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        """Link, MAC, VLAN, and the remote host, since a MAC may have several."""
        return ("fdb", self.link, self.mac, self.vlan, self.remote)


class LinkState(Value):
    """A link as others count on it. ``sends_from`` is a tunnel's own end (``local``).

    ``index`` tells whether a link of this name is still the one it was.
    """

    name: str
    index: int
    kind: str = ""
    mac: str = ""
    mtu: int = 0
    master: str | None = None
    state: str = "up"
    sends_from: IP | None = None

    @property
    def key(self) -> Key:
        """Its name."""
        return ("link", self.name)


Object = Route | Rule | Nexthop | HostAddress | Neighbour | FdbEntry | LinkState


class Ledger(Value):
    """All of them, at one moment."""

    links: tuple[LinkState, ...] = ()
    addresses: tuple[HostAddress, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    fdb: tuple[FdbEntry, ...] = ()
    nexthops: tuple[Nexthop, ...] = ()
    routes: tuple[Route, ...] = ()
    rules: tuple[Rule, ...] = ()

    def objects(self) -> Iterator[Object]:
        """Each before those that need it."""
        yield from self.links
        yield from self.addresses
        yield from self.neighbours
        yield from self.fdb
        yield from self.nexthops
        yield from self.routes
        yield from self.rules


def links_of(thing: Object) -> tuple[str, ...]:
    """The names of the links it is bound to, without which it cannot be."""
    match thing:
        case Route():
            return tuple(hop.link for hop in thing.hops if hop.link)
        case Nexthop():
            return (thing.hop.link,) if thing.hop.link else ()
        case HostAddress() | Neighbour() | FdbEntry():
            return (thing.link,)
        case LinkState():
            return (thing.name,)
        case Rule():
            return ()
