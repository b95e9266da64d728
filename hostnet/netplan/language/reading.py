"""Reads files as netplan's parser does, and collects all that it would refuse.

netplan stops at the first fault. This goes on as if the faulty value was not there, so that one
run tells everything; where nothing is wrong, both do the same steps (src/parse.c:
process_document, handle_network_type).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import NETPLAN_CRASHES, REFERENCE_UNDEFINED, TYPE_CHANGED, Finding, Related
from hostnet.netplan.document import Mapping, Scalar, position_of
from hostnet.netplan.language.groups import AT_THE_END, DEFINED, GLOBAL_TAKES, TAKES
from hostnet.netplan.language.interface import (
    NETWORKD,
    NETWORKMANAGER,
    PLACEHOLDER,
    Interface,
)
from hostnet.netplan.misfits import Misfits
from hostnet.netplan.releases import since
from hostnet.netplan.suggest import did_you_mean
from hostnet.telling import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.findings import Rule
    from hostnet.netplan.document import Entry, Node
    from hostnet.netplan.releases import Release

SECTIONS = (
    "ethernets", "wifis", "modems", "bonds", "bridges", "vlans", "vrfs", "tunnels",
    "dummy-devices", "virtual-ethernets", "nm-devices",
)  # fmt: skip
_VXLAN = (
    "ageing", "aging", "arp-proxy", "do-not-fragment", "flow-label", "id", "limit",
    "mac-learning", "short-circuit", "type-of-service",
)  # fmt: skip
"""Of a tunnel: what a second definition makes netplan forget."""


class Reading:
    """The state of netplan's parser over all files, and the findings so far."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.interfaces: dict[str, Interface] = {}
        self.renderer: str | None = None
        self.openvswitch = Interface("openvswitch", "openvswitch", None, Scalar("openvswitch"))
        self._findings: dict[Finding, None] = {}
        self._unfit: set[int] = set()
        self._misfits = Misfits()
        self._is_first_pass = True
        self._missing: dict[str, tuple[Interface, Scalar]] = {}
        self._dangling: dict[int, tuple[Interface, Scalar]] = {}
        self._found = 0
        self._section_renderer: str | None = None

    # --- what takes and checks use -------------------------------------------------------

    def has(self, release: str) -> bool:
        """Whether this is the release or a newer one."""
        return since(self.release, release)

    def say(self, rule: Rule, of: Interface, message: str, at: Node, *related: Related) -> None:
        """Note what netplan would refuse of an interface."""
        if rule is NETPLAN_CRASHES:
            message += "; netplan crashes on this"
        found = Finding(rule, f"{of.id}: {message}", position_of(at), of.id, related=tuple(related))
        self._findings.setdefault(found)

    def fits(self, node: Node | Entry) -> bool:
        """Whether it was of the right shape."""
        return id(node) not in self._unfit

    def refer(self, interface: Interface, node: Scalar) -> Interface | None:
        """The interface that the text names; None if there is none yet, which is noted."""
        known = self.interfaces.get(node.text)
        if known is None:
            self._missing[node.text] = (interface, node)
            self._dangling[id(node)] = (interface, node)
        return known

    @property
    def reads_again(self) -> bool:
        """Whether a fault here would not be the end: netplan would forget it and read again."""
        return self._is_first_pass and self._found > 0

    @property
    def is_first_pass(self) -> bool:
        """Whether this file is read for the first time."""
        return self._is_first_pass

    def overlook(self, nodes: Iterable[Node]) -> None:
        """Forget what does not fit in the nodes: netplan does not look at them."""
        for node in nodes:
            self._misfits.overlook(node)

    def backend_of(self, interface: Interface) -> str | None:
        """Who would act on it as things stand."""
        return interface.backend or self.renderer

    def add(self, id_: str, section: str, backend: str | None, key: Scalar) -> Interface:
        """A new interface, which references have perhaps waited for."""
        made = self.interfaces[id_] = Interface(id_, section, backend, key)
        if self._missing.pop(id_, None):
            self._found += 1
        return made

    def take(self, interface: Interface, node: Mapping, prefix: str = "") -> None:
        """Take in what a mapping says of the interface, in its order."""
        takes = TAKES.get(interface.section, {})
        nodes = interface.said.nodes
        for entry in node.entries:
            value = entry.value
            if id(entry) in self._unfit or id(value) in self._unfit:
                continue
            path = prefix + entry.key.text
            special = takes.get(path)
            if special is not None:
                special(self, interface, value)
            elif isinstance(value, Scalar):
                nodes[path] = value
            elif isinstance(value, Mapping):
                self.take(interface, value, f"{path}.")

    # --- the walk ------------------------------------------------------------------------

    def read(self, root: Node, misfits: Misfits) -> None:
        """Read one file; what does not fit is told of already, and passed by here."""
        if not isinstance(root, Mapping):
            return
        self._misfits, self._unfit = misfits, misfits.nodes
        self._is_first_pass = True
        self._missing, self._dangling = {}, {}
        while True:
            before, self._found = self._found, 0
            self._pass(root)
            self._is_first_pass = False
            if (self._missing and self._found == before) or not (self._missing or self._found):
                break
        if self._missing:
            self._settle(root)

    def end(self) -> tuple[Finding, ...]:
        """All findings, those of what only the whole tells among them."""
        for interface in self.interfaces.values():
            interface.backend = interface.backend or self.renderer or NETWORKD
        for check in AT_THE_END:
            check(self)
        return tuple(self._findings)

    def _pass(self, root: Mapping) -> None:
        for entry in _entries(root, "network"):
            if not isinstance(entry.value, Mapping) or not self.fits(entry.value):
                continue
            for section in entry.value.entries:
                if self.fits(section) and self.fits(section.value):
                    self._section(section)

    def _section(self, section: Entry) -> None:
        name, value = section.key.text, section.value
        if name == "renderer" and isinstance(value, Scalar):
            self.renderer = value.text
        elif name == "openvswitch" and isinstance(value, Mapping):
            self._openvswitch(value)
        elif name in SECTIONS and isinstance(value, Mapping):
            for entry in value.entries:
                if self.fits(entry):
                    self._entry(name, entry)
            self._section_renderer = None

    def _openvswitch(self, node: Mapping) -> None:
        for entry in node.entries:
            take = GLOBAL_TAKES.get(entry.key.text)
            if take is not None and self.fits(entry) and self.fits(entry.value):
                take(self, self.openvswitch, entry.value)

    def _entry(self, section: str, entry: Entry) -> None:
        if entry.key.text == "renderer":
            if isinstance(entry.value, Scalar) and self.fits(entry.value):
                self._section_renderer = entry.value.text
            return
        id_ = entry.key.text
        if self._missing.pop(id_, None):
            self._found += 1
        interface = self.interfaces.get(id_)
        if interface is None:
            interface = self.add(id_, section, self._section_renderer, entry.key)
        elif interface.section == PLACEHOLDER:
            interface.section = section
        elif interface.section != section:
            first = _first(interface, "defined first here")
            message = f"is one of the {interface.section} already"
            self.say(TYPE_CHANGED, interface, message, entry.key, *first)
            return
        if isinstance(entry.value, Mapping) and self.fits(entry.value):
            self._define(interface, entry.value)

    def _define(self, interface: Interface, body: Mapping) -> None:
        if interface.section == "tunnels":
            interface.links.pop("tunnels", None)
            for key in _VXLAN:
                interface.said.nodes.pop(key, None)
        self.take(interface, body)
        if interface.section == "nm-devices" and self.has("1.1"):
            interface.backend = NETWORKMANAGER
        if not self._missing:
            self._check(interface)

    def _check(self, interface: Interface) -> None:
        for check in DEFINED:
            check(self, interface)

    # --- what is missing -----------------------------------------------------------------

    def _settle(self, root: Mapping) -> None:
        """What NetworkManager need not know stays missing (since 1.1); the rest is told."""
        for id_, (interface, node) in tuple(self._missing.items()):
            by_networkmanager = self.backend_of(interface) == NETWORKMANAGER
            if not by_networkmanager or not self.has("1.1"):
                continue
            if interface.section not in ("vlans", "virtual-ethernets"):
                continue
            stand_in = Interface(id_, PLACEHOLDER, NETWORKMANAGER, node)
            self.interfaces[id_] = stand_in
            if interface.section == "vlans":
                interface.links["vlans"] = stand_in
            else:
                interface.peer = stand_in
            del self._missing[id_]
        if not self._missing:
            return
        hidden = frozenset(self._ids_in_unread_sections(root))
        for interface, node in self._dangling.values():
            if node.text in self._missing and node.text not in hidden:
                hint = did_you_mean(node.text, self.interfaces)
                message = f"interface {quoted(node.text)} is not defined{hint}"
                self.say(REFERENCE_UNDEFINED, interface, message, node)
        self._missing = {}
        for interface in tuple(self.interfaces.values()):
            self._check(interface)

    def _ids_in_unread_sections(self, root: Mapping) -> Iterator[str]:
        """A section that is misspelled is told of; that its interfaces lack, need not be."""
        for entry in _entries(root, "network"):
            sections = entry.value.entries if isinstance(entry.value, Mapping) else ()
            for section in sections:
                if not self.fits(section) and isinstance(section.value, Mapping):
                    yield from (inner.key.text for inner in section.value.entries)


def _entries(mapping: Mapping, key: str) -> Iterator[Entry]:
    return (entry for entry in mapping.entries if entry.key.text == key)


def _first(interface: Interface, words: str) -> tuple[Related, ...]:
    return (Related(words, interface.place),) if interface.place else ()
