"""Open vSwitch, which acts on a definition as soon as settings of its own are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import MAP_ENTRY_TWICE, OPENVSWITCH_LACKS, PATCH_PORT, SSL_MISSING
from hostnet.netplan.document import Mapping, Scalar, Sequence
from hostnet.netplan.language.interface import OPENVSWITCH, PORTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hostnet.netplan.language.interface import Interface
    from hostnet.netplan.language.reading import Reading

_MODES = ("active-backup", "balance-tcp", "balance-slb")
_OWN_MODES = ("balance-tcp", "balance-slb")


def _settings(reading: Reading, interface: Interface, node: Mapping) -> None:
    reading.take(interface, node, "openvswitch.")
    keys = [entry.key.text for entry in node.entries]
    is_data = keys in (
        ["external-ids"], ["other-config"],
        ["external-ids", "other-config"], ["other-config", "external-ids"],
    )  # fmt: skip
    if interface.section in ("bonds", "bridges") or not is_data:
        interface.backend = OPENVSWITCH


def _external_ids(reading: Reading, interface: Interface, node: Mapping) -> None:
    _map(reading, interface, node, "external-ids")


def _other_config(reading: Reading, interface: Interface, node: Mapping) -> None:
    _map(reading, interface, node, "other-config")


def _map(reading: Reading, interface: Interface, node: Mapping, name: str) -> None:
    known = interface.maps.setdefault(name, {})
    for entry in node.entries:
        if not isinstance(entry.value, Scalar) or not reading.fits(entry.value):
            continue
        before = known.setdefault(entry.key.text, entry.value.text)
        if before != entry.value.text:
            message = f"{name}: {entry.key.text} has another value already"
            reading.say(MAP_ENTRY_TWICE, interface, message, entry.key)


def _controllers(reading: Reading, interface: Interface, node: Sequence) -> None:
    for item in node.items:
        if isinstance(item, Scalar) and reading.fits(item):
            interface.controllers.append(item)


def _mode(_reading: Reading, interface: Interface, node: Scalar) -> None:
    interface.said.nodes["parameters.mode"] = node
    if node.text in _OWN_MODES:
        interface.backend = OPENVSWITCH


TAKES = {
    "everywhere": {
        "openvswitch": _settings,
        "openvswitch.external-ids": _external_ids,
        "openvswitch.other-config": _other_config,
    },
    "bridges": {"openvswitch.controller.addresses": _controllers},
    "bonds": {"parameters.mode": _mode},
}


def _ports(reading: Reading, of: Interface, node: Sequence) -> None:
    for pair in node.items:
        if not isinstance(pair, Sequence) or not reading.fits(pair):
            continue
        names = [item for item in pair.items if isinstance(item, Scalar) and reading.fits(item)]
        if len(names) != 2:
            continue
        if names[0].text == names[1].text and reading.has("1.1"):
            reading.say(PATCH_PORT, of, "both ports of a pair have one name", names[1])
            continue
        one, other = (_port(reading, name) for name in names)
        for port, peer, at in ((one, other, names[0]), (other, one, names[1])):
            if port.peer not in (None, peer):
                assert port.peer is not None
                message = f"the port {port.id} is joined to {port.peer.id} already"
                reading.say(PATCH_PORT, of, message, at)
        one.peer, other.peer = one.peer or other, other.peer or one


def _port(reading: Reading, name: Scalar) -> Interface:
    known = reading.interfaces.get(name.text)
    return known or reading.add(name.text, PORTS, OPENVSWITCH, name)


def _ssl(reading: Reading, of: Interface, node: Mapping) -> None:
    for entry in node.entries:
        if isinstance(entry.value, Scalar) and reading.fits(entry):
            of.said.nodes[entry.key.text] = entry.value


GLOBAL_TAKES: dict[str, Callable[[Reading, Interface, Any], None]] = {
    "external-ids": _external_ids,
    "other-config": _other_config,
    "ports": _ports,
    "ssl": _ssl,
}


# --- for the renderer ------------------------------------------------------------------------


def check(reading: Reading, interface: Interface) -> None:
    """What Open vSwitch cannot do (src/openvswitch.c)."""
    if interface.backend != OPENVSWITCH:
        if any(interface.maps.values()) and interface.bridge is None and interface.bond is None:
            message = "external-ids and other-config are for members of a bridge or bond"
            reading.say(OPENVSWITCH_LACKS, interface, message, interface.key)
    elif interface.section == "bonds":
        _check_bond(reading, interface)
    elif interface.section == "bridges":
        _check_bridge(reading, interface)
    elif interface.section == PORTS:
        if interface.bridge is None and interface.bond is None:
            message = "the patch port is in no bridge and no bond"
            reading.say(PATCH_PORT, interface, message, interface.key)
    elif interface.section != "vlans":
        message = f"Open vSwitch has no {interface.section}"
        reading.say(OPENVSWITCH_LACKS, interface, message, interface.key)


def _check_bond(reading: Reading, interface: Interface) -> None:
    if interface.bridge is None:
        message = "a bond of Open vSwitch must be a member of one of its bridges"
        reading.say(OPENVSWITCH_LACKS, interface, message, interface.key)
    members = sum(other.bond is interface for other in reading.interfaces.values())
    if members < 2:
        message = "a bond of Open vSwitch needs two members at least"
        reading.say(OPENVSWITCH_LACKS, interface, message, interface.key)
    mode = interface.said.nodes.get("parameters.mode")
    if mode is not None and mode.text not in _MODES:
        message = f"Open vSwitch has no bonds of mode {mode.text}"
        reading.say(OPENVSWITCH_LACKS, interface, message, mode)


def _check_bridge(reading: Reading, interface: Interface) -> None:
    ssl = reading.openvswitch.said.nodes
    if ssl.keys() >= {"ca-cert", "certificate", "private-key"}:
        return
    for controller in interface.controllers:
        if controller.text.startswith(("ssl:", "pssl:")):
            message = f"{controller.text} needs openvswitch.ssl"
            reading.say(SSL_MISSING, interface, message, controller)
