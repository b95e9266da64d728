"""Whether a host is as expected: observed again, never assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hostnet.dns.server import Server
    from hostnet.model import IP, Address, KernelRoute, Link, Network


class ExpectedRoute(Value):
    """A route through the link that the kernel must have; metric None means any."""

    to: Network
    via: IP | None = None
    metric: int | None = None


class Expectation(Value):
    """What observing the host again must show of one link; None means any.

    ``addresses`` must be usable (not tentative), those in ``absent`` gone.
    ``nameservers`` and ``search`` are what resolved holds for the link.
    ``network_file`` is the file networkd configured the link by.
    """

    link: str
    addresses: tuple[Address, ...] = ()
    absent: tuple[IP, ...] = ()
    routes: tuple[ExpectedRoute, ...] = ()
    nameservers: tuple[IP, ...] | None = None
    search: tuple[str, ...] | None = None
    mtu: int | None = None
    network_file: str | None = None


class Resolving(Value):
    """Whom resolved must ask: ``servers`` of its own, and for each of the links only these.

    Of a link that is not among them anything is right: it is not ours, as a VPN's.
    """

    servers: tuple[Server, ...]
    links: tuple[tuple[str, tuple[Server, ...]], ...] = ()


def unresolved(
    expected: Resolving,
    servers: Sequence[Server],
    links: dict[str, tuple[Server, ...]],
) -> tuple[str, ...]:
    """What of it is not so. ``servers`` are resolved's own, ``links`` those of links by name."""
    missing = [f"{s} is not among resolved's servers" for s in expected.servers if s not in servers]
    missing += [f"resolved still asks {s}" for s in servers if s not in expected.servers]
    for link, wanted in expected.links:
        found = links.get(link, ())
        missing += [f"{s} is not among the servers of {link}" for s in wanted if s not in found]
        missing += [f"{link} still brings {s}" for s in found if s not in wanted]
    return tuple(missing)


def unmet(
    expected: Expectation,
    links: Iterable[Link],
    routes: Sequence[KernelRoute],
    names: tuple[Sequence[IP], Sequence[str]] | None,
) -> tuple[str, ...]:
    """What of the expectation is not so; empty if all is.

    ``names`` are the nameservers and search domains in use for the link; None where
    nobody serves them (systemd-resolved is away), and then none are demanded.
    """
    link = next((link for link in links if link.name == expected.link), None)
    if link is None:
        return (f"there is no link {expected.link}",)
    missing = [_address(link, address) for address in expected.addresses if not link.has(address)]
    if missing and not link.carrier:
        missing.append(f"{link.name} has no carrier, and networkd waits for one")
    present = {have.address.ip for have in link.addresses}
    missing += [f"{ip} is still on {link.name}" for ip in expected.absent if ip in present]
    missing += [
        f"the route to {route.to} via {route.via} is missing"
        for route in expected.routes
        if not any(_is(route, have, link.name) for have in routes)
    ]
    if expected.mtu is not None and link.mtu != expected.mtu:
        missing.append(f"the MTU of {link.name} is {link.mtu}, not {expected.mtu}")
    if expected.network_file is not None and link.network_file != expected.network_file:
        in_use = link.network_file or "no file"
        missing.append(f"networkd uses {in_use} for {link.name}, not {expected.network_file}")
    if names is not None:
        servers, domains = names
        missing += [
            f"{ip} is not among the nameservers of {link.name}"
            for ip in expected.nameservers or ()
            if ip not in servers
        ]
        known = {domain.rstrip(".").lower() for domain in domains}
        missing += [
            f"{domain} is not among the search domains of {link.name}"
            for domain in expected.search or ()
            if domain.rstrip(".").lower() not in known
        ]
    return tuple(missing)


def is_hopeless(expected: Expectation, links: Iterable[Link]) -> bool:
    """Whether waiting is in vain: another host has one of the addresses (RFC 4862)."""
    return any(
        have.failed and have.address in expected.addresses
        for link in links
        if link.name == expected.link
        for have in link.addresses
    )


def _address(link: Link, address: object) -> str:
    for have in link.addresses:
        if have.address == address and have.failed:
            return f"{address} on {link.name} is used by another host (duplicate address detected)"
        if have.address == address:
            return f"{address} on {link.name} is not usable yet (tentative)"
    return f"{address} is not on {link.name}"


def _is(wanted: ExpectedRoute, have: KernelRoute, link: str) -> bool:
    return (
        have.to == wanted.to
        and have.link == link
        and have.via == wanted.via
        and (wanted.metric is None or have.metric == wanted.metric)
    )
