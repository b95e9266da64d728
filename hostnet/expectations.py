"""What observing a host must show, before, during and after a change of one link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.netplan.netdef import Netdef, as_ip, as_number
from hostnet.owner import is_netplans
from hostnet.verification import Expectation, ExpectedRoute, unmet

if TYPE_CHECKING:
    from hostnet.model import Address, Link, Observed
    from hostnet.netplan.tree import Tree


def expectation(netdef: Netdef, link: Link, *, absent: tuple[Address, ...] = ()) -> Expectation:
    """What the kernel, networkd and resolved must show once the Netdef is in force."""
    addresses = tuple(address for address, _ in netdef.addresses())
    servers = tuple(ip for text, _ in netdef.nameservers() if (ip := as_ip(text)))
    return Expectation(
        link.name,
        addresses,
        tuple(address.ip for address in absent),
        tuple(
            ExpectedRoute(route.to, route.via, route.metric)
            for route in netdef.routes()
            if route.is_main_default and route.via is not None
        ),
        servers,
        netdef.search(),
        as_number(netdef.body.text("mtu")),
        netdef.network_file,
    )


def present(
    wanted: Expectation, leaving: tuple[Address, ...], link: Link, observed: Observed
) -> Expectation:
    """What is so now, and must be so again after an undo; what the change brings is gone then.

    Addresses of other programs are not among it: netplan could not bring them back.
    """
    here = {have.address.ip for have in link.addresses}
    ours = dict.fromkeys((*leaving, *wanted.addresses))
    return Expectation(
        link.name,
        tuple(address for address in ours if link.has(address)),
        tuple(address.ip for address in wanted.addresses if address.ip not in here),
        tuple(
            ExpectedRoute(route.to, route.via, route.metric)
            for route in observed.routes
            if route.link == link.name and route.to.prefixlen == 0
        ),
        link.nameservers,
        link.search,
        link.mtu,
        link.network_file,
    )


def others(link: Link, observed: Observed, tree: Tree) -> tuple[Expectation, ...]:
    """That every other link keeps its addresses: netplan apply reconfigures them all."""
    return tuple(each for each in standing(observed, tree) if each.link != link.name)


def standing(observed: Observed, tree: Tree) -> tuple[Expectation, ...]:
    """That every link of netplan keeps the addresses that its files, or a lease, give it."""
    static = {address for netdef in tree.netdefs for address, _ in netdef.addresses()}
    return tuple(
        Expectation(
            link.name,
            tuple(
                have.address
                for have in link.addresses
                if link.has(have.address)
                and have.scope == "global"
                and not have.temporary
                and (have.dynamic or have.address in static)
            ),
        )
        for link in observed.links
        if is_netplans(link.network_file)
    )


def staying(wanted: Expectation, leaving: tuple[Address, ...], link: Link) -> tuple[Address, ...]:
    """Addresses by lease or advertisement that the change leaves alone.

    One that is now stated with another prefix length is not among them.
    """
    stated = {address.ip for address in wanted.addresses}
    return tuple(
        have.address
        for have in link.addresses
        if have.dynamic
        and have.scope == "global"
        and not (have.temporary or have.tentative or have.failed)
        and have.address not in leaving
        and have.address.ip not in stated
    )


def is_so(wanted: Expectation, link: Link, observed: Observed) -> bool:
    """Whether the kernel, and networkd's own view, already are as the files say."""
    names = (link.nameservers, link.search)
    return not unmet(wanted, observed.links, observed.routes, names)


def ways(wanted: Expectation, observed: Observed) -> tuple[ExpectedRoute, ...]:
    """The routes to hold: one to each destination, rather the new one than the present."""
    present = sorted(
        (route for route in observed.routes if route.link == wanted.link),
        key=lambda route: route.metric,
    )
    ways = {route.to: ExpectedRoute(route.to, route.via) for route in reversed(present)}
    ways |= {route.to: ExpectedRoute(route.to, route.via) for route in wanted.routes}
    return tuple(ways.values())
