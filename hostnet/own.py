"""What of the kernel's objects is the change's own business, from netplan's files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.ledger.own import Own
from hostnet.netplan.netdef import PHYSICAL
from hostnet.owner import is_netplans

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.model import IP, Address, Observed
    from hostnet.netplan.tree import Tree
    from hostnet.verification import Expectation


def ours(trees: Iterable[Tree], leaving: Iterable[Address], observed: Observed) -> Own:
    """All that netplan's files say, in any state that the change goes through."""
    netdefs = tuple(netdef for tree in trees for netdef in tree.netdefs)
    links = {link.name for link in observed.links if is_netplans(link.network_file)}
    # A card by its very name, too, which nothing configured before; a wildcard is no such word.
    links |= {n.id for n in netdefs if n.section not in PHYSICAL or n.match is None}
    addresses = {address.ip for netdef in netdefs for address, _ in netdef.addresses()}
    addresses |= {address.ip for address in leaving}
    routes = {(route.to, route.via) for netdef in netdefs for route in netdef.routes()}
    return Own(frozenset(links), frozenset(addresses), frozenset(routes))


def successors(leaving: Iterable[Address], wanted: Expectation) -> tuple[tuple[IP, IP], ...]:
    """Each address that goes, with the first of its family that comes."""
    return tuple(
        (old.ip, new)
        for old in leaving
        if (new := next((a.ip for a in wanted.addresses if a.version == old.version), None))
    )
