"""What of a host decides how names are resolved there, and how that can be pinned.

`hostnet.host.dns_facts` reads them, once, for the commands about DNS alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hostnet.dns.nsswitch import Source
from hostnet.dns.resolvconf import MISSING
from hostnet.dns.resolvedconf import NOTHING_SAID, OUR_DROP_IN, after_this, later
from hostnet.dns.writers import HOSTNET
from hostnet.kubernetes.resolvers import HOST, UPLINK
from hostnet.templates import SIGNATURE
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.dns.pin import PinMode
    from hostnet.dns.resolvconf import ResolvConf
    from hostnet.dns.resolvedconf import ResolvedConf
    from hostnet.dns.server import Server
    from hostnet.kubernetes.networks import ClusterNetwork
    from hostnet.kubernetes.resolvers import Reader
    from hostnet.model import IP, Position, SourceFile

RESOLVED = "systemd-resolved.service"
GLOBAL = "global"
"""The scope of servers that belong to no link."""

Service = Literal["active", "enabled", "disabled", "masked", "absent"]
"""How systemd-resolved is: running, else how its unit is installed."""
Lock = Literal["immutable", "mounted", "read-only"]
"""Why the name /etc/resolv.conf cannot become another file: chattr +i, a mount on it, or a
file system without writing."""
Sourced = Literal["static", "dhcp", "ra", "runtime"]
"""Who named a server: a file, a lease, a router, or a program's call."""


class Used(Value):
    """A server that is asked: by whom it was named, and where, if in a file.

    ``scope`` is the link's name, or GLOBAL.
    """

    server: Server
    scope: str = GLOBAL
    source: Sourced = "static"
    origin: Position | None = None


class Listener(Value):
    """Someone who takes queries on port 53; ``program`` is its name or its user's, or ""."""

    ip: IP
    program: str = ""


class Rival(Value):
    """A program that may write resolv.conf again, and what tells that it is there."""

    program: str
    sign: str


class NetworkManager(Value):
    """NetworkManager, which runs, as its configuration tells it (NetworkManager.conf(5))."""

    dns: str = "default"
    rc_manager: str = "auto"


class DnsFacts(Value):
    """All of it.

    ``uplink`` is resolved's own list of servers; ``settings`` what its files say, ``later``
    the drop-ins that can add to hostnet's. ``used`` are the servers that resolved asks,
    links' and its own; ``search`` the domains of either. ``own`` are this host's addresses.
    """

    conf: ResolvConf
    uplink: ResolvConf = MISSING
    resolved: Service = "absent"
    settings: ResolvedConf = NOTHING_SAID
    later: tuple[str, ...] = ()
    used: tuple[Used, ...] = ()
    search: tuple[str, ...] = ()
    hosts: tuple[Source, ...] = (Source("files"), Source("dns"))
    nss_resolve: bool = False
    listeners: tuple[Listener, ...] = ()
    networkmanager: NetworkManager | None = None
    rivals: tuple[Rival, ...] = ()
    lock: Lock | None = None
    container: str = ""
    readers: tuple[Reader, ...] = ()
    networks: tuple[ClusterNetwork, ...] = ()
    own: tuple[IP, ...] = ()
    units: tuple[SourceFile, ...] = ()
    """resolved's unit and its sockets, as the vendor has them."""
    told: tuple[SourceFile, ...] = ()
    """Every file that resolved reads its configuration from, ours among them."""
    handed: tuple[tuple[str, ResolvConf], ...] = ()
    """What stands in the other files that readers hand on."""

    def conf_at(self, path: str) -> ResolvConf:
        """What whoever reads the path gets."""
        return {**dict(self.handed), HOST: self.conf, UPLINK: self.uplink}.get(path, MISSING)

    @property
    def pinned(self) -> PinMode | None:
        """How hostnet has pinned it, by the files it signs."""
        if self.conf.owner == HOSTNET:
            return "direct"
        return "resolved" if self.pinned_servers else None

    @property
    def pinned_servers(self) -> tuple[Server, ...]:
        """Those that resolved is told by hostnet's drop-in."""
        told = (*self.settings.servers, *self.settings.fallback_servers)
        ours = {OUR_DROP_IN, self.last_drop_in}
        return tuple(server for server, origin in told if origin.path in ours)

    @property
    def last_drop_in(self) -> str | None:
        """Where hostnet's drop-in must lie as well, to come after the last of strangers'.

        None if none comes after its own: theirs would add servers to the pinned ones.
        """
        strangers = [file for file in self.told if not file.data.startswith(SIGNATURE)]
        after = later(strangers)
        return after_this(after[-1].path) if after else None

    @property
    def asks_resolved(self) -> bool:
        """Whether programs' lookups reach resolved: by the stub, or by nss-resolve before dns."""
        if self.resolved not in ("active", "enabled"):
            return False
        if self.conf.mode in ("stub", "static"):
            return True
        names = [source.name for source in self.hosts]
        return self.nss_resolve and "resolve" in names and (
            "dns" not in names or names.index("resolve") < names.index("dns")
        )  # fmt: skip

    @property
    def comes_from_resolved(self) -> bool:
        """Whether the servers that are asked are resolved's: it asks them, or lists them."""
        return self.asks_resolved or self.conf.mode == "uplink"

    @property
    def in_use(self) -> tuple[Used, ...]:
        """The servers that a lookup of this host comes to in the end."""
        if self.comes_from_resolved:
            return self.used
        return tuple(Used(server) for server in self.conf.servers)
