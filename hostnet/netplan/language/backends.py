"""What each renderer cannot do, found when everything is read (src/networkd.c, src/nm.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import (
    BACKEND_LACKS,
    NETPLAN_CRASHES,
    OVERRIDES_DIFFER,
    POLICY_PRIORITY,
    VETH_PEER,
    WAKE_FLAGS,
    WIREGUARD_KEY,
)
from hostnet.netplan.language import openvswitch
from hostnet.netplan.language.interface import NETWORKD, NETWORKMANAGER, OPENVSWITCH, PLACEHOLDER
from hostnet.netplan.language.wireless import check_channel, check_passphrase
from hostnet.netplan.texts import is_mac, is_wireguard_key

if TYPE_CHECKING:
    from hostnet.netplan.document import Node
    from hostnet.netplan.language.interface import AccessPoint, Interface, Said
    from hostnet.netplan.language.reading import Reading

_NETWORKD_MACS = ("permanent", "random")
_SWITCHES = ("use-dns", "use-ntp", "send-hostname", "use-hostname", "use-mtu", "use-routes")
_TEXTS = ("use-domains", "hostname")


def _check(reading: Reading) -> None:
    for interface in reading.interfaces.values():
        if interface.section == PLACEHOLDER:
            continue
        if interface.backend == NETWORKD:
            _networkd(reading, interface)
        openvswitch.check(reading, interface)
        if interface.backend == OPENVSWITCH:
            _network_file(reading, interface)
        if interface.backend == NETWORKMANAGER:
            _networkmanager(reading, interface)


AT_THE_END = (_check,)


def _lacks(reading: Reading, interface: Interface, message: str, at: Node) -> None:
    reading.say(BACKEND_LACKS, interface, f"{interface.backend} {message}", at)


# --- networkd ------------------------------------------------------------------------------


def _networkd(reading: Reading, interface: Interface) -> None:
    said = interface.said
    if interface.section == "modems":
        _lacks(reading, interface, "has no modems", interface.key)
        return
    if interface.section == "wifis":
        _networkd_wifi(reading, interface)
    elif interface.auth is not None:
        _check_auth(reading, interface, interface.auth)
    mac = said.nodes.get("macaddress")
    if mac is not None and not is_mac(mac.text) and mac.text not in _NETWORKD_MACS:
        _lacks(reading, interface, f"cannot make a {mac.text} MAC address", mac)
    if interface.section == "nm-devices":  # 0.106; since 1.1 NetworkManager has them all
        message = "an nm-device whose renderer is networkd"
        reading.say(NETPLAN_CRASHES, interface, message, interface.key)
    is_wireguard = interface.section == "tunnels" and said.text("mode") == "wireguard"
    if is_wireguard and "keys.private" not in said.nodes and reading.has("1.1"):
        message = "a WireGuard tunnel without a private key"
        reading.say(NETPLAN_CRASHES, interface, message, interface.key)
    _network_file(reading, interface)


def _networkd_wifi(reading: Reading, interface: Interface) -> None:
    if interface.match is not None:
        _lacks(reading, interface, "finds wireless links by their name alone", interface.match)
    if "tcp" in interface.wakes_by:
        message = "networkd cannot wake by tcp"
        reading.say(WAKE_FLAGS, interface, message, interface.key)
    for point in interface.access_points.values():
        mode = point.said.nodes.get("mode")
        if mode is not None and mode.text == "ap":
            _lacks(reading, interface, "cannot be an access point", mode)
        check_channel(reading, interface, point)
        if point.has_auth:
            check_passphrase(reading, interface, point)


def _check_auth(reading: Reading, interface: Interface, auth: AccessPoint) -> None:
    """802.1X: of its passwords only those of shared keys have a length."""
    auth.key_management = auth.said.text("key-management") or "none"
    password = auth.said.nodes.get("password")
    if password is not None:
        auth.said.nodes["auth.password"] = password
        del auth.said.nodes["password"]
    check_passphrase(reading, interface, auth)


def _network_file(reading: Reading, interface: Interface) -> None:
    """What networkd and Open vSwitch have in common: a .network file."""
    if interface.is_hardware_vlan:
        return
    said = interface.said
    generation = said.nodes.get("ipv6-address-generation")
    if generation is not None and generation.text != "eui64" and not reading.has("1.1"):
        _lacks(reading, interface, "makes no stable-privacy addresses", generation)
    for route in interface.routes:
        if route.to == "default" and route.family is None:
            message = "a default route whose family nothing tells: it needs `via`"
            reading.say(NETPLAN_CRASHES, interface, message, route.node)
    if said.flag("dhcp4") and said.flag("dhcp6"):
        _overrides(reading, interface)


def _overrides(reading: Reading, interface: Interface) -> None:
    said = interface.said

    for key in _different(said):
        paths = (f"dhcp6-overrides.{key}", f"dhcp4-overrides.{key}")
        at = next(said.nodes[path] for path in paths if path in said.nodes)
        message = f"{key} must be the same in dhcp4-overrides and dhcp6-overrides"
        reading.say(OVERRIDES_DIFFER, interface, message, at)


def _different(said: Said) -> list[str]:
    """Keys of dhcp4-overrides and dhcp6-overrides that do not say the same; defaults count."""

    def values(key: str) -> set[object]:
        paths = [f"dhcp{family}-overrides.{key}" for family in (4, 6)]
        if key in _SWITCHES:
            return {said.flag(path, default=True) for path in paths}
        if key == "route-metric":
            return {said.number(path) for path in paths}
        return {said.text(path) for path in paths}

    return [key for key in (*_SWITCHES, *_TEXTS, "route-metric") if len(values(key)) > 1]


# --- NetworkManager ------------------------------------------------------------------------


def _networkmanager(reading: Reading, interface: Interface) -> None:
    said = interface.said
    if interface.driver is not None and "set-name" not in said.nodes:
        _lacks(reading, interface, "cannot match by driver", interface.driver)
    if interface.address_options is not None:
        _lacks(reading, interface, "knows no options of addresses", interface.address_options)
    if interface.section == "virtual-ethernets":
        _veth(reading, interface)
    if interface.section == "wifis":
        for point in interface.access_points.values():
            check_channel(reading, interface, point)
    if interface.is_hardware_vlan:
        return
    mode = said.nodes.get("activation-mode")
    if mode is not None and mode.text != "manual":
        _lacks(reading, interface, f"knows no activation-mode {mode.text}", mode)
    mtu = said.nodes.get("ipv6-mtu")
    if mtu is not None and said.number("ipv6-mtu") != 0:
        _lacks(reading, interface, "knows no ipv6-mtu", mtu)
    if interface.section == "vlans" and said.number("id") is None:
        message = "a VLAN without id"
        reading.say(NETPLAN_CRASHES, interface, message, interface.key)
    if interface.section == "vlans" and "link" in said.nodes and "vlans" not in interface.links:
        message = "several VLANs lie on an interface that nothing defines"
        reading.say(NETPLAN_CRASHES, interface, message, said.nodes["link"])
    if interface.section == "tunnels" and said.text("mode") == "wireguard":
        _wireguard(reading, interface)
    _routing(reading, interface)


def _veth(reading: Reading, interface: Interface) -> None:
    peer = interface.peer
    if peer is None or peer.section == PLACEHOLDER or peer.peer in (None, interface):
        return
    at = interface.said.nodes.get("peer", interface.key)
    reading.say(VETH_PEER, interface, f"its peer {peer.id} does not name it as its peer", at)


def _wireguard(reading: Reading, interface: Interface) -> None:
    keys = [("private", interface.said.nodes.get("keys.private"))]
    keys += [("shared", said.nodes.get("keys.shared")) for _, said in interface.peers]
    for name, node in keys:
        if node is not None and node.text.startswith("/") and not is_wireguard_key(node.text):
            message = f"NetworkManager needs the {name} key itself, no path"
            reading.say(WIREGUARD_KEY, interface, message, node)


def _routing(reading: Reading, interface: Interface) -> None:
    """Routes and rules of a family count only where the family is in use."""
    said, nodes = interface.said, interface.said.nodes
    used = set()
    if 4 in interface.families or said.flag("dhcp4"):
        used.add(4)
    by_ipv6 = said.flag("dhcp6") or 6 in interface.families or "gateway6" in nodes
    if by_ipv6 or interface.has_ipv6_nameserver or "ipv6-address-generation" in nodes:
        used.add(6)
    if interface.section == "vrfs":
        used = {4, 6}
    for route in interface.routes:
        if route.family in used and route.type != "unicast":
            at = route.said.nodes["type"]
            _lacks(reading, interface, "knows unicast routes only", at)
    for policy in interface.policies:
        if policy.family in used and policy.said.number("priority") is None and reading.has("1.2"):
            message = "NetworkManager needs a priority for each rule"
            reading.say(POLICY_PRIORITY, interface, message, policy.node)
