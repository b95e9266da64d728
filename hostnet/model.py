"""The words of hostnet, as frozen values.

Everything that crosses a module's border is one of these (or a Finding, a Node of
a netplan file, a Change, a Plan): no dict travels.
"""

from __future__ import annotations

from enum import Enum
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import Literal

from hostnet.value import Value, field

IP = IPv4Address | IPv6Address
Address = IPv4Interface | IPv6Interface
"""A host address with its prefix length, as in ``192.168.141.134/24``."""
Network = IPv4Network | IPv6Network
Family = Literal[4, 6]

DEFAULT_ROUTE: dict[Family, Network] = {4: IPv4Network("0.0.0.0/0"), 6: IPv6Network("::/0")}
MAIN_TABLE = 254
"""The routing table that ``ip route`` shows (ip-route(8)); netplan's default."""
LOCAL_TABLE, DEFAULT_TABLE = 255, 253
"""The others that every host begins with (ip-rule(8))."""
HELD_MARK = 0x686E0000
"""The metric of held routes, by which nobody takes them for the host's own ("hn")."""
HELD_TABLES = (HELD_MARK, HELD_MARK + 1)
"""The tables that hold them, but for local ones."""
MAX_NAMESERVERS = 3
"""MAXNS of the C library (resolv.conf(5)), and kubelet's own limit."""


class Position(Value):
    """A place in a file; line and column count from 1, as netplan's messages do."""

    path: str
    line: int
    column: int

    def __init__(self, path: str, line: int, column: int) -> None:
        # By hand: each word of a file has one, and Value's way takes four times as long.
        state = self.__dict__
        state["path"] = path
        state["line"] = line
        state["column"] = column

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


# --- files -----------------------------------------------------------------------------


class Kind(Enum):
    """What a name in the file system is."""

    ABSENT = "absent"
    FILE = "file"
    SYMLINK = "symlink"


class Image(Value):
    """All of a file that hostnet must be able to put back: kind, bytes, mode, owner.

    ``data`` is a file's content, or a symlink's target; ``mode`` its permission bits.
    """

    kind: Kind
    data: bytes = field(default=b"", repr=False)
    mode: int = 0
    uid: int = 0
    gid: int = 0


ABSENT = Image(Kind.ABSENT)


class SourceFile(Value):
    """A configuration file as it was read; ``problem`` says why it could not be.

    ``path`` is the logical path (``/etc/netplan/x.yaml``, whatever the root), and
    ``target`` where its bytes really are, which differs where the name is a symlink.
    """

    path: str
    data: bytes = field(default=b"", repr=False)
    problem: str | None = None
    target: str | None = None
    image: Image = ABSENT


STDIN = "-"
"""What a file is called whose content comes from standard input."""


# --- what was asked --------------------------------------------------------------------


class Route(Value):
    """A route to a network through a gateway; ``metric`` None is the kernel's default."""

    to: Network
    via: IP
    metric: int | None = None
    on_link: bool = False

    @property
    def is_default(self) -> bool:
        """Whether it is the default route of its family."""
        return self.to.prefixlen == 0


class Gateway(Value):
    """``--gateway``: an address, or None for ``none`` (this link's own is dropped)."""

    ip: IP | None


PinWish = Literal["chosen", "resolved", "direct"]
"""How names are to be pinned beside an address; ``chosen``: as the host allows."""


class Request(Value):
    """What ``hostnet static`` was asked for, parsed.

    ``addresses`` empty pins what the link has now. A field that is None was not given
    and is inherited; see ``hostnet.complete``.
    """

    interface: str
    addresses: tuple[Address, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    on_link: bool = False
    dns: tuple[IP, ...] | None = None
    search: tuple[str, ...] | None = None
    routes: tuple[Route, ...] = ()
    mtu: int | None = None
    metric: int | None = None
    keep_dhcp: bool = False
    kubernetes: bool = False
    """Protect the container network that will be there, as where one is found."""
    pin: PinWish | None = None
    """Pin the nameservers as well, in the mode that the host allows or in this one."""

    @property
    def families(self) -> tuple[Family, ...]:
        """The families whose addresses were named, in order of mention."""
        return tuple(dict.fromkeys(family_of(address) for address in self.addresses))


def family_of(value: IP | Address | Network) -> Family:
    """4 or 6."""
    return 4 if value.version == 4 else 6


# --- what the host is now --------------------------------------------------------------


class LinkAddress(Value):
    """An address on a link, as the kernel has it.

    ``dynamic``: it has a lifetime, so a DHCP server or a router advertised it.
    ``valid_for``: seconds left of that lifetime, None for ever. ``protocol`` is who
    set it ("dhcp", "kernel_ra", "static", ...) where the kernel (5.18+) tells.
    """

    address: Address
    scope: str = "global"
    dynamic: bool = False
    temporary: bool = False
    tentative: bool = False
    failed: bool = False
    valid_for: int | None = None
    protocol: str | None = None


class Link(Value):
    """A network interface of the running kernel.

    ``kind`` is "ether" for a plain (physical) Ethernet, else the kernel's word (bond,
    bridge, vlan, veth, vxlan, ...). ``permanent_mac`` is absent on veth and the like.
    ``network_file`` is the .network file networkd configured it by; ``nameservers``
    and ``search`` what networkd hands to resolved for it.
    """

    index: int
    name: str
    kind: str = "ether"
    mac: str | None = None
    permanent_mac: str | None = None
    driver: str | None = None
    bus_path: str | None = None
    altnames: tuple[str, ...] = ()
    master: str | None = None
    parent: str | None = None
    mtu: int = 1500
    up: bool = False
    carrier: bool = False
    loopback: bool = False
    addresses: tuple[LinkAddress, ...] = ()
    network_file: str | None = None
    nameservers: tuple[IP, ...] = ()
    search: tuple[str, ...] = ()
    setup: str | None = None

    def has(self, address: Address) -> bool:
        """Whether the address, with this prefix length, is usable on the link."""
        return any(
            have.address == address and not have.tentative and not have.failed
            for have in self.addresses
        )


class KernelRoute(Value):
    """A route of the kernel's main table."""

    to: Network
    link: str | None
    via: IP | None = None
    metric: int = 0
    protocol: str = "kernel"
    source: IP | None = None
    table: int = MAIN_TABLE


class Netplan(Value):
    """What the installed netplan offers: its C core (the oracle) and its command."""

    core: str
    """Path of ``configure`` (1.2) or ``generate`` (before), run with --root-dir."""
    command: str | None


class System(Value):
    """What this machine lets hostnet do."""

    root: str = "/"
    live: bool = False
    """Whether the root is the running host, with systemd as its PID 1."""
    privileged: bool = False
    """root with CAP_NET_ADMIN."""
    owner: tuple[int, int] = (0, 0)
    """uid and gid of the files that hostnet makes: root's, or the user's below his root."""
    netplan: Netplan | None = None
    resolved: bool = False
    """Whether the unit is active now; False below another root."""
    cloud_init: bool = False
    """Whether cloud-init is installed."""
    netplan_try: str | None = None
    """The marker of a `netplan try` that waits or was killed, if there is one."""
    boot_recovery: bool = True
    """Whether a boot settles what a power cut leaves open; of a live root only."""
    network_manager: bool = False
    """Whether NetworkManager is installed."""
    next_hop_opt_out: bool = True
    """Whether networkd can be told to leave next hops of others alone (systemd 256)."""
    opt_outs_loaded: bool | None = None
    """Whether networkd started after our opt-outs were written; None where that cannot be told."""


class Observed(Value):
    """Everything that planning may know of a host; read once, then never again."""

    system: System
    netplan_files: tuple[SourceFile, ...] = ()
    links: tuple[Link, ...] = ()
    routes: tuple[KernelRoute, ...] = ()
    network_files: tuple[SourceFile, ...] = ()
    """.network files that netplan did not make."""
    interfaces_files: tuple[SourceFile, ...] = ()
    """ifupdown's /etc/network/interfaces and what lies in interfaces.d."""
    cloud_files: tuple[SourceFile, ...] = ()
    resolv_conf: SourceFile = SourceFile("/etc/resolv.conf")
    uplink_conf: SourceFile = SourceFile("/run/systemd/resolve/resolv.conf")
    cni_signs: tuple[str, ...] = ()
    """Files and links that only a CNI or a container engine makes."""
    images: tuple[tuple[str, Image], ...] = ()
    """Before-images of the files hostnet may write, by path."""
    drop_ins: tuple[SourceFile, ...] = ()
    """Drop-ins for the .network files that netplan renders."""

    def link(self, name: str) -> Link | None:
        """The link of this very name."""
        return next((link for link in self.links if link.name == name), None)

    def image(self, path: str) -> Image:
        """What is at the path now; everything not looked at is absent."""
        return dict(self.images).get(path, ABSENT)
