"""What hostnet asks networkd and resolved."""

from __future__ import annotations

from ipaddress import ip_address
from socket import AF_INET, AF_INET6
from typing import TYPE_CHECKING

from hostnet.dns.server import Server
from hostnet.host import fields
from hostnet.host.calls import ERROR, BusError, Calls, NotRunning, Typed, path_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.model import IP

_RESOLVED = "org.freedesktop.resolve1"
_NETWORKD = "org.freedesktop.network1"
# networkd says it with resolved's name (systemd, src/libsystemd/sd-bus/bus-common-errors.h).
_NO_LINK = (f"{_RESOLVED}.NoSuchLink", f"{ERROR}.UnknownObject")


class Daemons(Calls):
    """The questions; none of them starts a daemon."""

    def resolved_servers(self, index: int) -> tuple[tuple[IP, ...], tuple[str, ...]] | None:
        """Nameservers and domains resolved holds for a link; None if it is not on the bus.

        It is not if it does not run; nor after a restart of the dbus-daemon, until it is
        restarted itself (seen on systemd 252, 257 and 262). A routing-only domain begins
        with ``~``. Both are empty for a link it does not know.
        """
        manager, link = f"{_RESOLVED}.Manager", f"{_RESOLVED}.Link"
        try:
            (path,) = self.call(_RESOLVED, manager, "GetLink", "o", Typed("i", index))
            servers = self.array_of(_RESOLVED, path, link, "DNS", "a(iay)")
            domains = self.array_of(_RESOLVED, path, link, "Domains", "a(sb)")
        except NotRunning:
            return None
        except BusError as error:
            if error.name in _NO_LINK:
                return (), ()
            raise
        return (
            tuple(ip_address(bytes(address)) for _, address in servers),
            tuple(_domain(*domain) for domain in domains),
        )

    def global_servers(self) -> tuple[tuple[IP, ...], tuple[str, ...]] | None:
        """Nameservers and domains of resolved itself; None if it is not on the bus.

        Those of links are not among them, nor are the fallback servers, which it uses
        where nothing else is known.
        """
        path, manager = path_of(_RESOLVED), f"{_RESOLVED}.Manager"
        try:
            servers = self.array_of(_RESOLVED, path, manager, "DNS", "a(iiay)")
            domains = self.array_of(_RESOLVED, path, manager, "Domains", "a(isb)")
        except NotRunning:
            return None
        return (
            tuple(ip_address(bytes(address)) for link, _, address in servers if link == 0),
            tuple(_domain(*domain) for link, *domain in domains if link == 0),
        )

    def resolving(self) -> tuple[tuple[Server, ...], dict[int, tuple[Server, ...]]] | None:
        """Servers of resolved itself, and of each link by index; None if it is not on the bus."""
        try:
            found = self.array_of(
                _RESOLVED, path_of(_RESOLVED), f"{_RESOLVED}.Manager", "DNSEx", "a(iiayqs)"
            )
        except NotRunning:
            return None
        servers: dict[int, tuple[Server, ...]] = {}
        for link, _, address, port, name in found:
            ip = ip_address(bytes(address))
            server = Server(ip, port or None, name=name or None)
            servers[link] = (*servers.get(link, ()), server)
        return servers.pop(0, ()), servers

    def flush_caches(self) -> None:
        """resolved forgets every answer that it keeps."""
        self.call(_RESOLVED, f"{_RESOLVED}.Manager", "FlushCaches", "")

    def revert_names(self, index: int) -> None:
        """networkd forgets the servers and domains that were set for a link by call."""
        self.call(_NETWORKD, f"{_NETWORKD}.Manager", "RevertLinkDNS", "", Typed("i", index))

    def set_names(self, index: int, servers: Iterable[Server], domains: Iterable[str]) -> None:
        """Set them for a link of networkd's, by call; a domain that only routes begins with ~."""
        addresses = [
            [socket_family(server.ip), server.ip.packed, server.port or 0, server.name or ""]
            for server in servers
        ]
        manager = f"{_NETWORKD}.Manager"
        link = Typed("i", index)
        self.call(_NETWORKD, manager, "SetLinkDNSEx", "", link, Typed("a(iayqs)", addresses))
        pairs = [[domain.removeprefix("~"), domain.startswith("~")] for domain in domains]
        if pairs:
            self.call(_NETWORKD, manager, "SetLinkDomains", "", link, Typed("a(sb)", pairs))

    def network_file(self, index: int) -> str | None:
        """The .network file networkd configures a link by.

        None if there is none, or networkd is not on the bus, does not know the link or is
        too old to tell; `links.read` has what networkd's state file says even then.
        """
        manager, link = f"{_NETWORKD}.Manager", f"{_NETWORKD}.Link"
        try:
            _, path = self.call(_NETWORKD, manager, "GetLinkByIndex", "so", Typed("i", index))
            (text,) = self.call(_NETWORKD, link, "Describe", "s", path=path)
        except NotRunning:
            return None
        except BusError as error:
            if error.name in (*_NO_LINK, f"{ERROR}.UnknownMethod"):
                return None
            raise
        return fields.entry("systemd-networkd", text).text("NetworkFile")


def socket_family(ip: IP) -> int:
    """AF_INET or AF_INET6."""
    return int(AF_INET if ip.version == 4 else AF_INET6)


def _domain(name: str, routing: bool) -> str:  # noqa: FBT001 (one of D-Bus's pairs)
    return f"~{name}" if routing else name
