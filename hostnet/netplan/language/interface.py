"""What netplan knows of an interface while it reads: its state, which grows file by file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.netplan.texts import UINT_MAX, boolean, number

if TYPE_CHECKING:
    from hostnet.model import Position
    from hostnet.netplan.document import Mapping, Node, Scalar

NETWORKD, NETWORKMANAGER, OPENVSWITCH = "networkd", "NetworkManager", "openvswitch"

PLACEHOLDER = "placeholder"
"""The section of what NetworkManager may refer to though nothing defines it."""
PORTS = "ports"
"""The section of patch ports of Open vSwitch, which stand under ``openvswitch:``."""


class Said:
    """Scalars by the path of their keys, such as ``match.macaddress``: the last one counts."""

    def __init__(self) -> None:
        self.nodes: dict[str, Scalar] = {}

    def text(self, path: str) -> str | None:
        """The text, None where nothing was said."""
        node = self.nodes.get(path)
        return node.text if node is not None else None

    def number(self, path: str) -> int | None:
        """The number; None where nothing was said, and for netplan's own mark of that."""
        text = self.text(path)
        value = number(text) if text is not None else None
        return value if value != UINT_MAX else None

    def flag(self, path: str, *, default: bool = False) -> bool:
        """The boolean, or the default."""
        text = self.text(path)
        value = boolean(text) if text is not None else None
        return default if value is None else value


class Route:
    """A route as far as rules ask for it; ``family`` is None where no address tells it."""

    def __init__(self, node: Mapping) -> None:
        self.node = node
        self.said = Said()
        self.to: str | None = None
        self.via: str | None = None
        self.source: str | None = None
        self.family: int | None = None
        self.table = 0
        """0: none was said."""

    @property
    def type(self) -> str:
        """What becomes of the packets, in small letters."""
        return (self.said.text("type") or "unicast").lower()

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two routes one: netplan drops the second."""
        to = {"default": f"any{self.family}", "0.0.0.0/0": "any4", "::/0": "any6"}
        name = to.get(self.to or "", self.to)
        return "route", self.family, self.table, self.metric, self.source, name, self.via

    @property
    def metric(self) -> int | None:
        """The metric, None where none was said."""
        return self.said.number("metric")


class Policy:
    """One entry of routing-policy."""

    def __init__(self, node: Mapping) -> None:
        self.node = node
        self.said = Said()
        self.family: int | None = None
        self.table = 0

    @property
    def identity(self) -> tuple[object, ...]:
        """What makes two rules one."""
        keys = ("from", "to", "priority", "mark", "type-of-service")
        return "policy", self.family, self.table, *(self.said.text(key) for key in keys)


class AccessPoint:
    """A wireless network of an interface."""

    def __init__(self, key: Scalar) -> None:
        self.key = key
        self.said = Said()
        self.key_management = "none"
        self.has_auth = False


class Interface:
    """A definition in the making. ``backend`` is None until it is said or the end has come."""

    def __init__(self, id_: str, section: str, backend: str | None, key: Scalar) -> None:
        self.id = id_
        self.section = section
        self.backend = backend
        self.key = key
        self.said = Said()
        self.bond: Interface | None = None
        self.bridge: Interface | None = None
        self.vrf: Interface | None = None
        self.member_of: dict[str, Node] = {}
        """Where it became a member, by the section of its master."""
        self.links: dict[str, Interface] = {}
        """What it lies on, by its own section."""
        self.peer: Interface | None = None
        self.lacks_peer = False
        """It had none when netplan came to it first."""
        self.primary_member: str | None = None
        self.port_costs: dict[str, int] = {}
        self.routes: list[Route] = []
        self.has_routes = False
        """Whether there is a list of them, if only an empty one."""
        self.policies: list[Policy] = []
        self.identities: set[tuple[object, ...]] = set()
        """Of its routes and policies, which netplan takes once each."""
        self.families: set[int] = set()
        """Of its addresses without options."""
        self.address_options: Node | None = None
        self.with_options: set[str] = set()
        """Its addresses that have options."""
        self.has_ipv6_nameserver = False
        self.match: Node | None = None
        self.driver: Node | None = None
        self.auth: AccessPoint | None = None
        self.access_points: dict[str, AccessPoint] = {}
        self.wakes_by: set[str] = set()
        self.peers: list[tuple[Mapping, Said]] = []
        self.has_key_flags = False
        self.networkmanager: Node | None = None
        self.has_connection_type = False
        self.maps: dict[str, dict[str, str]] = {}
        self.controllers: list[Scalar] = []
        self.defined_by_vf = False

    @property
    def place(self) -> Position | None:
        """Where it is defined first."""
        return self.key.span.position if self.key.span else None

    @property
    def is_hardware_vlan(self) -> bool:
        """A VLAN that the card itself makes (``renderer: sriov``)."""
        return self.section == "vlans" and "sriov" in self.said.nodes
