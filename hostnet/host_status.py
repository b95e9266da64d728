"""How a host stands: each link, where its addresses come from, who resolves its names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet import owner as owners
from hostnet.dns.resolvconf import ResolvConf, read
from hostnet.expectations import expectation
from hostnet.kubernetes.signs import is_container_link
from hostnet.netplan.document import position_of
from hostnet.value import Value
from hostnet.verification import unmet

if TYPE_CHECKING:
    from hostnet.findings import Finding
    from hostnet.model import IP, Address, Link, Observed, Position
    from hostnet.netplan.netdef import Netdef
    from hostnet.netplan.tree import Tree
    from hostnet.result import Pending


class AddressStatus(Value):
    """An address of a link, and the place in netplan's files that asks for it.

    ``source`` is "static", "dhcp", "ra" or "foreign" (no file of netplan has it).
    """

    address: Address
    source: str
    origin: Position | None = None


class LinkStatus(Value):
    """One link as the kernel has it, beside what the files say."""

    name: str
    kind: str
    up: bool
    carrier: bool
    mtu: int
    mac: str | None
    netdef: str | None
    renderer: str | None
    defined_in: tuple[Position, ...]
    addresses: tuple[AddressStatus, ...]
    gateways: tuple[IP, ...]
    nameservers: tuple[IP, ...]
    search: tuple[str, ...]
    drift: tuple[str, ...]
    """Where kernel and files differ."""


class DnsStatus(Value):
    """The chain from /etc/resolv.conf to the servers that are asked in the end."""

    resolv_conf: ResolvConf
    resolved: bool
    servers: tuple[IP, ...]


class Status(Value):
    """All of it."""

    links: tuple[LinkStatus, ...]
    dns: DnsStatus
    findings: tuple[Finding, ...] = ()
    pending: Pending | None = None
    """A change that waits for its confirmation."""

    @property
    def has_drift(self) -> bool:
        """Whether any link differs from its files."""
        return any(link.drift for link in self.links)


def status(
    observed: Observed,
    tree: Tree,
    findings: tuple[Finding, ...],
    pending: Pending | None = None,
) -> Status:
    """Put together what was observed; links of containers are left out."""
    links = tuple(
        _link(link, observed, tree)
        for link in observed.links
        if not link.loopback
        and not is_container_link(link.name)
        and (link.kind != "veth" or link.network_file is not None)
    )
    return Status(links, _dns(observed), findings, pending)


def _link(link: Link, observed: Observed, tree: Tree) -> LinkStatus:
    ownership, _ = owners.find(link.name, observed, tree)
    netdef = ownership.netdef
    expected = expectation(netdef, link) if netdef else None
    return LinkStatus(
        link.name,
        link.kind,
        link.up,
        link.carrier,
        link.mtu,
        link.mac,
        netdef.id if netdef else None,
        netdef.renderer if netdef else None,
        _places(netdef),
        tuple(
            _address(have.address, netdef, dynamic=have.dynamic)
            for have in link.addresses
            if have.scope == "global"
        ),
        tuple(
            route.via
            for route in observed.routes
            if route.link == link.name and route.to.prefixlen == 0 and route.via
        ),
        link.nameservers,
        link.search,
        unmet(expected, observed.links, observed.routes, (link.nameservers, link.search))
        if expected
        else (),
    )


def _places(netdef: Netdef | None) -> tuple[Position, ...]:
    definitions = netdef.definitions if netdef else ()
    places = (position_of(definition.entry.key) for definition in definitions)
    return tuple(place for place in places if place)


def _address(address: Address, netdef: Netdef | None, *, dynamic: bool) -> AddressStatus:
    for have, node in netdef.addresses() if netdef else ():
        if have == address:
            return AddressStatus(address, "static", position_of(node))
    if not dynamic:
        return AddressStatus(address, "foreign")
    leased = address.version == 4 or address.network.prefixlen == 128
    key = f"dhcp{address.version}" if leased else "accept-ra"
    node_ = netdef.body.get(key) if netdef else None
    return AddressStatus(
        address, "dhcp" if leased else "ra", position_of(node_) if node_ is not None else None
    )


def _dns(observed: Observed) -> DnsStatus:
    """Behind the stub stands resolved, and behind it what its uplink file lists."""
    conf = read(observed.resolv_conf)
    servers = conf.nameservers
    if conf.mode in ("stub", "static"):
        servers = read(observed.uplink_conf).nameservers
    return DnsStatus(conf, observed.system.resolved, servers)
