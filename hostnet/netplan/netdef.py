"""A Netdef (netplan's word for one interface definition) and what its keys say.

The accessors are tolerant: what netplan would refuse is left out here, because
netplan's own core judges every configuration before it is used.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import TYPE_CHECKING

from hostnet.model import DEFAULT_ROUTE, IP, MAIN_TABLE, Address, Family, Network
from hostnet.netplan.document import Document, Entry, Mapping, Node, Scalar
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.model import Link

PHYSICAL = ("ethernets", "wifis", "modems")
"""Sections whose definitions may carry ``match`` (netplan(5), physical device types)."""
STATIC_SECTIONS = ("ethernets", "bonds", "bridges", "vlans")
"""Sections whose definitions ``hostnet static`` changes."""

_TRUE = {"true", "on", "yes", "y"}
_FALSE = {"false", "off", "no", "n"}


class Definition(Value):
    """What one file says of a Netdef."""

    document: Document
    section: str
    id: str
    entry: Entry

    @property
    def path(self) -> str:
        """The file."""
        return self.document.path


class Match(Value):
    """The ``match:`` mapping; a criterion that is None (or empty) matches everything."""

    name: str | None = None
    mac: str | None = None
    drivers: tuple[str, ...] = ()

    @property
    def may_cover_several(self) -> bool:
        """Whether more than one NIC could ever match."""
        return self.mac is None and (self.name is None or any(c in self.name for c in "*?["))


class RouteEntry(Value):
    """One entry of ``routes:``, as far as it can be read; ``node`` is all of it."""

    to: Network
    via: IP | None
    metric: int | None
    table: int
    on_link: bool
    node: Mapping

    @property
    def is_main_default(self) -> bool:
        """Whether it is a default route of the main table."""
        return self.to.prefixlen == 0 and self.table == MAIN_TABLE


class Netdef(Value):
    """One interface's definition, merged over all files."""

    id: str
    section: str
    body: Mapping
    definitions: tuple[Definition, ...] = ()
    renderer: str = "networkd"
    section_renderer: str | None = None
    """The renderer that a section-wide key gave it, which is lost when it moves."""

    @property
    def match(self) -> Match | None:
        """Its ``match``, None where it matches by its plain ID."""
        node = self.body.get("match")
        if self.section not in PHYSICAL or not isinstance(node, Mapping):
            return None
        driver = node.get("driver")
        drivers = (
            (driver.text,)
            if isinstance(driver, Scalar)
            else tuple(i.text for i in node.sequence("driver") if isinstance(i, Scalar))
        )
        mac = node.text("macaddress")
        return Match(node.text("name"), mac.lower() if mac else None, drivers)

    @property
    def moved(self) -> Mapping:
        """Its body for another file: a renderer of its whole section comes along."""
        if self.section_renderer is None or self.body.get("renderer") is not None:
            return self.body
        return self.body.with_value("renderer", Scalar(self.section_renderer))

    @property
    def set_name(self) -> str | None:
        """The name its link gets."""
        return self.body.text("set-name")

    @property
    def network_file(self) -> str:
        """The .network file that netplan renders it to."""
        return f"/run/systemd/network/10-netplan-{self.id}.network"

    def flag(self, key: str) -> bool | None:
        """A boolean key; None where it is absent or no boolean."""
        text = (self.body.text(key) or "").lower()
        return True if text in _TRUE else False if text in _FALSE else None

    def addresses(self) -> tuple[tuple[Address, Node], ...]:
        """The static addresses, each with its node."""
        return self._addresses

    # Each check asks for these, of a value that does not change.
    @cached_property
    def _addresses(self) -> tuple[tuple[Address, Node], ...]:
        found = []
        for node in self.body.sequence("addresses"):
            address = as_address(address_text(node))
            if address is not None:
                found.append((address, node))
        return tuple(found)

    def routes(self) -> tuple[RouteEntry, ...]:
        """The routes, gateway4 and gateway6 among them."""
        return self._routes

    @cached_property
    def _routes(self) -> tuple[RouteEntry, ...]:
        found = []
        for key, family in (("gateway4", 4), ("gateway6", 6)):
            via = as_ip(self.body.text(key))
            value = self.body.get(key)
            if via is not None and value is not None:
                node = Mapping((Entry(Scalar(key), value),), span=value.span)
                found.append(
                    RouteEntry(_default(family), via, None, MAIN_TABLE, on_link=False, node=node)
                )
        for item in self.body.sequence("routes"):
            if isinstance(item, Mapping):
                route = _route(item)
                if route is not None:
                    found.append(route)
        return tuple(found)

    def gateway(self, family: Family) -> RouteEntry | None:
        """The default route of the family in the main table."""
        return next(
            (r for r in self.routes() if r.is_main_default and r.to.version == family), None
        )

    def nameservers(self) -> tuple[tuple[str, Node], ...]:
        """The texts of the nameserver addresses, each with its node."""
        items = self.body.mapping("nameservers").sequence("addresses")
        return tuple((item.text, item) for item in items if isinstance(item, Scalar))

    def search(self) -> tuple[str, ...]:
        """The search domains."""
        items = self.body.mapping("nameservers").sequence("search")
        return tuple(item.text for item in items if isinstance(item, Scalar))

    def matches(self, link: Link) -> bool:
        """Whether it configures the link as it is now."""
        match = self.match
        if match is None:
            return self.id == link.name
        if self.set_name == link.name and match.mac is None:
            return True  # Renamed already; by which name it was found cannot be seen.
        names = (link.name, *link.altnames)
        if match.name is not None and not any(fnmatchcase(name, match.name) for name in names):
            return False
        if match.mac is not None and match.mac not in (link.permanent_mac, link.mac):
            return False
        return not match.drivers or any(
            fnmatchcase(link.driver or "", driver) for driver in match.drivers
        )


def address_text(node: Node) -> str | None:
    """The text of an entry of ``addresses:``; options make it a mapping."""
    if isinstance(node, Mapping) and node.entries:
        return node.entries[0].key.text
    return node.text if isinstance(node, Scalar) else None


# Each check reads the same texts anew, and to parse one takes longer than all else with it.
@lru_cache(maxsize=256)
def as_address(text: str | None) -> Address | None:
    """ADDRESS/PREFIX, or None."""
    if not text or "/" not in text or "%" in text:
        return None
    try:
        # ip_interface() tries IPv4 first.
        return IPv6Interface(text) if ":" in text else IPv4Interface(text)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def as_ip(text: str | None) -> IP | None:
    """An address alone, or None."""
    if not text or "%" in text:
        return None
    try:
        return IPv6Address(text) if ":" in text else IPv4Address(text)
    except ValueError:
        return None


def _default(family: int) -> Network:
    return DEFAULT_ROUTE[4 if family == 4 else 6]


def _route(node: Mapping) -> RouteEntry | None:
    via = as_ip(node.text("via"))
    to = node.text("to") or ""
    if to == "default":
        network = _default(via.version if via else 4)
    else:
        destination = _as_network(to)
        if destination is None:
            return None
        network = destination
    on_link = (node.text("on-link") or "").lower() in _TRUE
    return RouteEntry(
        network, via, as_number(node.text("metric")), as_number(node.text("table")) or MAIN_TABLE,
        on_link, node,
    )  # fmt: skip


@lru_cache(maxsize=256)
def _as_network(text: str) -> Network | None:
    try:
        family = IPv6Network if ":" in text else IPv4Network
        return family(text, strict=False)
    except ValueError:
        return None


def as_number(text: str | None) -> int | None:
    """A whole number of at most 32 bits' length, or None."""
    fine = text is not None and len(text) <= 10 and text.isascii() and text.isdigit()
    return int(text) if fine and text else None
