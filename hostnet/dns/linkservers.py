"""The servers of a link, each with who named it.

networkd tells in /run/systemd/netif/links what it hands to resolved, whatever the source
(systemd, src/network/networkd-state-file.c); in ../leases what a DHCPv4 server gave, and
where that is no more (systemd 262) it tells the sources when it is asked. What is set for a
link by call is in networkd's list, which it replaces, or for a link that is not networkd's
in /run/systemd/resolve/netif (src/resolve/resolved-link.c, link_save_user()).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.dns.facts import Used
from hostnet.dns.server import Server, servers_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostnet.dns.facts import Sourced
    from hostnet.model import IP, Link, Position


def link_servers(
    link: Link,
    stated: Mapping[IP, Position],
    lease: str = "",
    runtime: str = "",
    networkd: str = "",
    told: Mapping[IP, Sourced] | None = None,
) -> tuple[Used, ...]:
    """Those that resolved asks for the link.

    ``stated`` are the servers that files name for it, each with its place; ``lease``,
    ``runtime`` and ``networkd`` the texts of the state files. The last tells the ports and
    names that an address alone does not. ``told`` are the sources that networkd itself knows;
    without them they are inferred.
    """
    set_by_call = servers_of(_state(runtime).get("SERVERS", "").split())
    if set_by_call:
        return tuple(Used(server, link.name, "runtime") for server in set_by_call)
    leased = {server.ip for server in servers_of(_state(lease).get("DNS", "").split())}
    # A call sets all of the list: then it lacks what the files state, or has an IPv4 server
    # that neither they nor the lease explain.
    is_set = not told and (
        (bool(stated) and stated.keys().isdisjoint(link.nameservers))
        or any(ip.version == 4 and ip not in stated and ip not in leased for ip in link.nameservers)
    )

    def source(ip: IP) -> Sourced:
        if told and ip in told:
            return told[ip]
        if is_set:
            return "runtime"
        return "static" if ip in stated else "dhcp" if ip in leased else _advertised(link)

    listed = {server.ip: server for server in servers_of(_state(networkd).get("DNS", "").split())}

    def used(ip: IP) -> Used:
        known = listed.get(ip, Server(ip))
        through = link.name if ip.version == 6 and ip.is_link_local else None
        who = source(ip)
        place = stated.get(ip) if who == "static" else None
        return Used(Server(ip, known.port, through, known.name), link.name, who, place)

    return tuple(map(used, link.nameservers))


def runtime_domains(runtime: str) -> tuple[str, ...]:
    """The domains that were set by call, routing domains with their ``~``."""
    return tuple(_state(runtime).get("DOMAINS", "").split())


def _advertised(link: Link) -> Sourced:
    """A lease of DHCPv6 is a /128 that has a lifetime; else only routers are left."""
    leased = any(
        have.dynamic and have.address.version == 6 and have.address.network.prefixlen == 128
        for have in link.addresses
    )
    return "dhcp" if leased else "ra"


def _state(text: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in text.splitlines())
    return {key: value.strip('"') for key, equals, value in pairs if equals}
