"""What of this machine forbids or endangers a static address on one interface."""

from __future__ import annotations

from posixpath import basename, dirname
from typing import TYPE_CHECKING

from hostnet.findings import (
    ADDRESS_DUPLICATE,
    DROP_IN,
    GATEWAY_TWICE,
    INTERFACE_ENSLAVED,
    INTERFACE_KIND,
    INTERFACE_UNKNOWN,
    NETPLAN_TRY,
    NEXT_BOOT,
    NO_BOOT_RECOVERY,
    RESOLVED_AWAY,
    Finding,
)
from hostnet.model import (
    DEFAULT_ROUTE,
    IP,
    Link,
    Network,
    Observed,
    Position,
    Request,
    family_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.model import SourceFile
    from hostnet.netplan.netdef import Netdef

STATIC_KINDS = ("ether", "bond", "bridge", "vlan", "veth")
"""Kinds of links that may get a static address. A veth is what a container's own NIC
is, seen from inside; those that a CNI made are told by their names or their master."""


_ADDRESSING = {"Address", "Gateway", "DHCP", "DNS", "Domains", "IPv6AcceptRA", "Unmanaged"}


def check(request: Request, observed: Observed) -> tuple[Finding, ...]:
    """Findings about the interface and the machine, before anything is planned."""
    found = list(_request(request))
    system = observed.system
    if system.netplan_try is not None:
        found.append(Finding(NETPLAN_TRY, f"the marker {system.netplan_try} is there"))
    if not system.live:
        return tuple(found)
    link = observed.link(request.interface)
    if link is None:
        found.append(unknown(request.interface, observed))
    else:
        found += _link(link)
        found += _elsewhere(request, observed)
    if request.dns and not system.resolved:
        found.append(Finding(RESOLVED_AWAY, "systemd-resolved is not active"))
    return tuple(found)


def check_next_boot(netdef: Netdef, link: Link) -> tuple[Finding, ...]:
    """Whether the definition will find the link again when the machine starts.

    The link may have been renamed since it appeared: a definition without the match and
    set-name that renamed it works now and never again.
    """
    match = netdef.match
    if netdef.matches(link):
        return ()
    wanted = f"match {match}" if match else f"the name {netdef.id!r}"
    return (Finding(NEXT_BOOT, f"{wanted} does not fit {link.name}", subject=netdef.id),)


def check_drop_ins(netdef: Netdef, observed: Observed) -> tuple[Finding, ...]:
    """Drop-ins that would change what netplan renders for the definition.

    A drop-in folder may carry the file's whole name, or end early at a hyphen
    (systemd.unit(5): foo-.network.d/ applies to foo-bar.network).
    """
    stem = basename(netdef.network_file).removesuffix(".network")
    parts = stem.split("-")
    stems = {stem, *("-".join(parts[:n]) + "-" for n in range(1, len(parts)))}
    folders = {f"{part}.network.d" for part in stems}
    return tuple(
        Finding(DROP_IN, f"{file.path} sets {key}= in line {line}", Position(file.path, line, 1),
                netdef.id)
        for file in observed.drop_ins
        if basename(dirname(file.path)) in folders
        for line, key in _addressing(file)
    )  # fmt: skip


def _addressing(file: SourceFile) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(file.data.decode(errors="replace").splitlines(), 1):
        key = line.partition("=")[0].strip()
        if "=" in line and key in _ADDRESSING:
            yield number, key


def _request(request: Request) -> Iterator[Finding]:
    seen = set()
    for address in request.addresses:
        if address.ip in seen:
            yield Finding(ADDRESS_DUPLICATE, f"{address.ip} is named twice")
        seen.add(address.ip)
    families = set()
    for gateway in request.gateways:
        family = family_of(gateway.ip) if gateway.ip else None
        if family in families:
            yield Finding(GATEWAY_TWICE, f"a second gateway {gateway.ip or 'none'}")
        families.add(family)
    vias: dict[tuple[Network, int | None], IP] = {
        (DEFAULT_ROUTE[family_of(gateway.ip)], request.metric): gateway.ip
        for gateway in request.gateways
        if gateway.ip is not None
    }
    for route in request.routes:
        first = vias.setdefault((route.to, route.metric), route.via)
        if first != route.via:
            message = f"a second gateway for {route.to}: {route.via} beside {first}"
            yield Finding(GATEWAY_TWICE, message)


def unknown(name: str, observed: Observed) -> Finding:
    """The nearest real name: by altname, MAC or bus path, else by spelling."""
    usable = [link for link in observed.links if not link.loopback]
    for link in usable:
        others = (*link.altnames, link.mac, link.permanent_mac, link.bus_path)
        if name.lower() in {other.lower() for other in others if other}:
            return _suggestion(name, f"it is another name of {link.name}", link.name)
    from difflib import get_close_matches

    near = get_close_matches(name, [link.name for link in usable], n=1, cutoff=0.5)
    if not near:
        defaults = [route.link for route in observed.routes if route.to.prefixlen == 0]
        near = [defaults[0]] if defaults and defaults[0] else []
    if near:
        return _suggestion(name, f"the nearest is {near[0]}", near[0])
    return _suggestion(name, "there is no link but the loopback", None)


def check_recovery(observed: Observed) -> tuple[Finding, ...]:
    """Whether a power cut during a live change would be seen to at boot."""
    if observed.system.boot_recovery:
        return ()
    message = "a power cut during this change would be undone by hand only: `hostnet recover`"
    return (Finding(NO_BOOT_RECOVERY, message),)


def _suggestion(name: str, why: str, meant: str | None) -> Finding:
    remedy = f"Did you mean {meant}? `ip link` shows the names." if meant else ""
    return Finding(INTERFACE_UNKNOWN, f"there is no link {name!r}; {why}", remedy=remedy)


def _link(link: Link) -> Iterator[Finding]:
    if link.master is not None:
        message = f"{link.name} is a member of {link.master}"
        yield Finding(
            INTERFACE_ENSLAVED, message, subject=link.name, remedy=f"Name {link.master} instead."
        )
    if not link.loopback and link.kind not in STATIC_KINDS:
        yield Finding(INTERFACE_KIND, f"{link.name} is a {link.kind} link", subject=link.name)


def _elsewhere(request: Request, observed: Observed) -> Iterator[Finding]:
    wanted = {address.ip: address for address in request.addresses}
    for link in observed.links:
        if link.name == request.interface:
            continue
        for have in link.addresses:
            if have.address.ip in wanted and not have.address.ip.is_link_local:
                message = f"{have.address.ip} is on {link.name} already"
                yield Finding(ADDRESS_DUPLICATE, message, subject=request.interface)
