"""What holds for interfaces of any kind: renderer, match, names, NetworkManager's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import (
    CONNECTION_TYPE,
    MATCH_MISSING,
    NAME_BEYOND_FILES,
    NAME_TOO_LONG,
    NOT_A_PF,
    STRAY_SETTINGS,
    TOKEN_AND_GENERATION,
)
from hostnet.netplan.document import Mapping, Scalar
from hostnet.netplan.language.interface import NETWORKMANAGER, PLACEHOLDER, PORTS, AccessPoint

if TYPE_CHECKING:
    from hostnet.netplan.document import Node
    from hostnet.netplan.language.interface import Interface
    from hostnet.netplan.language.reading import Reading

_PHYSICAL = ("ethernets", "wifis", "modems")
_UNNAMED = (*_PHYSICAL, "nm-devices", "dummy-devices", "virtual-ethernets", PORTS, PLACEHOLDER)
"""Sections whose IDs netplan does not measure."""
_LONGEST_NAME = 15


def _renderer(_reading: Reading, interface: Interface, node: Scalar) -> None:
    if node.text == "sriov":
        interface.said.nodes["sriov"] = node
    else:
        interface.backend = node.text


def _match(reading: Reading, interface: Interface, node: Mapping) -> None:
    interface.match = node
    reading.take(interface, node, "match.")


def _driver(_reading: Reading, interface: Interface, node: Node) -> None:
    interface.driver = node


def _networkmanager(reading: Reading, interface: Interface, node: Mapping) -> None:
    if node.entries:
        interface.networkmanager = node
    reading.take(interface, node, "networkmanager.")


def _passthrough(_reading: Reading, interface: Interface, node: Mapping) -> None:
    if any(entry.key.text == "connection.type" for entry in node.entries):
        interface.has_connection_type = True


def _auth(reading: Reading, interface: Interface, node: Mapping) -> None:
    if interface.auth is None:
        interface.auth = AccessPoint(interface.key)
    for entry in node.entries:
        if reading.fits(entry) and isinstance(entry.value, Scalar) and reading.fits(entry.value):
            interface.auth.said.nodes[entry.key.text] = entry.value


TAKES = {
    "everywhere": {
        "renderer": _renderer,
        "match": _match,
        "match.driver": _driver,
        "networkmanager": _networkmanager,
        "networkmanager.passthrough": _passthrough,
        "auth": _auth,
    }
}


def _set_name(reading: Reading, interface: Interface) -> None:
    node = interface.said.nodes.get("set-name")
    if node is not None and interface.match is None:
        reading.say(MATCH_MISSING, interface, "set-name needs a match", node)


def _token(reading: Reading, interface: Interface) -> None:
    token = interface.said.nodes.get("ipv6-address-token")
    if token is not None and "ipv6-address-generation" in interface.said.nodes:
        message = "ipv6-address-token beside ipv6-address-generation"
        reading.say(TOKEN_AND_GENERATION, interface, message, token)


def _connection_type(reading: Reading, interface: Interface) -> None:
    if interface.section == "nm-devices" and not interface.has_connection_type:
        message = "connection.type is not among what is passed through"
        reading.say(CONNECTION_TYPE, interface, message, interface.key)


def _stray_settings(reading: Reading, interface: Interface) -> None:
    settings = interface.networkmanager
    if settings is None or not reading.has("1.1"):
        return
    if reading.backend_of(interface) != NETWORKMANAGER:
        message = "settings for NetworkManager, which is not the renderer here"
        reading.say(STRAY_SETTINGS, interface, message, settings)


def _long_name(reading: Reading, interface: Interface) -> None:
    set_name = interface.said.nodes.get("set-name")
    node = set_name if interface.section in _UNNAMED else interface.key
    if node is not None and len(node.text.encode()) > _LONGEST_NAME:
        message = f"{node.text[:40]!r} has more than {_LONGEST_NAME} characters"
        reading.say(NAME_TOO_LONG, interface, message, node)


DEFINED = (_set_name, _token, _connection_type, _stray_settings, _long_name)


def _physical_functions(reading: Reading) -> None:
    parents = {
        id(i.links["ethernets"]) for i in reading.interfaces.values() if "ethernets" in i.links
    }
    for interface in reading.interfaces.values():
        if interface.section != "ethernets":
            continue
        said = interface.said
        is_function = said.number("virtual-function-count") is not None or id(interface) in parents
        mode = said.nodes.get("embedded-switch-mode")
        delay = said.flag("delay-virtual-functions-rebind")
        node = said.nodes["delay-virtual-functions-rebind"] if delay else mode
        if reading.has("1.1"):
            is_function = is_function or mode is not None
            node = node if delay else None
        if node is not None and not is_function:
            reading.say(NOT_A_PF, interface, "this is no physical function of SR-IOV", node)


_LONGEST_FILE = 255


def _file_names(reading: Reading) -> None:
    """Files are named by IDs; a name of a file has at most 255 bytes (NAME_MAX)."""
    for interface in reading.interfaces.values():
        if len(interface.id) > _LONGEST_FILE - len("10-netplan-.network"):
            message = "the ID is too long for the name of a file"
            reading.say(NAME_BEYOND_FILES, interface, message, interface.key)


AT_THE_END = (_physical_functions, _file_names)
