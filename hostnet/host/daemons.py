"""What hostnet asks networkd and resolved."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from hostnet.host import fields
from hostnet.host.calls import ERROR, BusError, Calls, NotRunning, Typed, path_of

if TYPE_CHECKING:
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


def _domain(name: str, routing: bool) -> str:  # noqa: FBT001 (one of D-Bus's pairs)
    return f"~{name}" if routing else name
