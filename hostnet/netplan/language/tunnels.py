"""Tunnels: what each mode demands of addresses and keys (src/validation.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import (
    TUNNEL_FAMILY,
    TUNNEL_INCOMPLETE,
    TUNNEL_KEY,
    VXLAN_MALFORMED,
    WIREGUARD_KEY,
    WIREGUARD_PEER,
)
from hostnet.netplan.document import Mapping, Scalar, Sequence
from hostnet.netplan.language.interface import NETWORKD, NETWORKMANAGER, Said
from hostnet.netplan.texts import is_ipv4, is_ipv6, is_tunnel_key, is_wireguard_key, number

if TYPE_CHECKING:
    from hostnet.netplan.document import Node
    from hostnet.netplan.language.interface import Interface
    from hostnet.netplan.language.reading import Reading

_OVER_IPV6 = ("ipip6", "ip6ip6", "ip6gre", "ip6gretap", "vti6")
_WITH_KEYS = {
    NETWORKD: ("vti", "vti6", "wireguard", "gre", "ip6gre", "gretap", "ip6gretap"),
    NETWORKMANAGER: ("gre", "ip6gre", "wireguard", "gretap", "ip6gretap"),
}
_MAX_VNI, _MAX_FLOW_LABEL, _MAX_TTL, _MAX_KEEPALIVE = 16777215, 1048575, 255, 65535
"""RFC 7348: 24 bits; RFC 6437: 20 bits; 8 bits; 16 bits."""


def _key(reading: Reading, interface: Interface, node: Node) -> None:
    if isinstance(node, Mapping):
        reading.take(interface, node, "keys.")
    elif isinstance(node, Scalar):
        for name in ("input", "output", "private"):
            interface.said.nodes[f"keys.{name}"] = node


def _key_flags(_reading: Reading, interface: Interface, node: Sequence) -> None:
    interface.has_key_flags = interface.has_key_flags or bool(node.items)


def _peers(reading: Reading, interface: Interface, node: Sequence) -> None:
    if len(interface.peers) == len(node.items):
        return  # netplan takes them for the same ones
    for item in node.items:
        if isinstance(item, Mapping) and reading.fits(item):
            interface.peers.append((item, _flat(reading, item)))


def _flat(reading: Reading, node: Mapping, prefix: str = "") -> Said:
    said = Said()
    for entry in node.entries:
        value = entry.value
        if not reading.fits(entry) or not reading.fits(value):
            said.nodes[f"unfit.{entry.key.text}"] = entry.key
        elif isinstance(value, Scalar):
            said.nodes[prefix + entry.key.text] = value
        elif isinstance(value, Mapping):
            said.nodes.update(_flat(reading, value, f"{entry.key.text}.").nodes)
        elif value.items:
            said.nodes[entry.key.text] = entry.key
    return said


TAKES = {
    "tunnels": {
        "key": _key,
        "keys": _key,
        "keys.private-key-flags": _key_flags,
        "peers": _peers,
    }
}


def _tunnel(reading: Reading, interface: Interface) -> None:
    if interface.section != "tunnels":
        return
    mode = interface.said.text("mode")
    if mode is None:
        reading.say(TUNNEL_INCOMPLETE, interface, "the tunnel has no mode", interface.key)
    elif mode == "wireguard":
        _wireguard(reading, interface)
    else:
        if mode == "vxlan":
            _vxlan(reading, interface)
        _keys(reading, interface)
        _ends(reading, interface, mode)


def _wireguard(reading: Reading, interface: Interface) -> None:
    node = interface.said.nodes.get("keys.private")
    if node is None and not reading.has("1.1"):
        reading.say(WIREGUARD_KEY, interface, "there is no private key", interface.key)
    elif node is not None and not (node.text.startswith("/") or is_wireguard_key(node.text)):
        reading.say(WIREGUARD_KEY, interface, "the private key is none of WireGuard", node)
    if not interface.peers and not reading.has("1.1"):
        reading.say(WIREGUARD_PEER, interface, "there is no peer", interface.key)
    for item, said in interface.peers:
        _peer(reading, interface, item, said)


def _peer(reading: Reading, interface: Interface, item: Mapping, said: Said) -> None:
    public = said.nodes.get("keys.public")
    if public is None:
        reading.say(WIREGUARD_PEER, interface, "a peer without a public key", item)
    elif not is_wireguard_key(public.text):
        reading.say(WIREGUARD_KEY, interface, "the public key is none of WireGuard", public)
    shared = said.nodes.get("keys.shared")
    if shared is not None and not (shared.text.startswith("/") or is_wireguard_key(shared.text)):
        reading.say(WIREGUARD_KEY, interface, "the shared key is none of WireGuard", shared)
    keepalive = said.nodes.get("keepalive")
    if keepalive is not None and (number(keepalive.text) or 0) > _MAX_KEEPALIVE:
        message = f"the keepalive {keepalive.text} is not 0 to {_MAX_KEEPALIVE}"
        reading.say(WIREGUARD_PEER, interface, message, keepalive)
    if "allowed-ips" not in said.nodes and not reading.has("1.1"):
        reading.say(WIREGUARD_PEER, interface, "a peer without allowed-ips", item)


def _vxlan(reading: Reading, interface: Interface) -> None:
    said = interface.said
    vni = number(said.text("id") or "")
    if not vni:
        reading.say(VXLAN_MALFORMED, interface, "the VXLAN has no id", interface.key)
    elif vni > _MAX_VNI:
        message = f"the VXLAN's id is not 1 to {_MAX_VNI}"
        reading.say(VXLAN_MALFORMED, interface, message, said.nodes["id"])
    if (said.number("flow-label") or 0) > _MAX_FLOW_LABEL:
        message = f"the flow-label is not 0 to {_MAX_FLOW_LABEL}"
        reading.say(VXLAN_MALFORMED, interface, message, said.nodes["flow-label"])


def _keys(reading: Reading, interface: Interface) -> None:
    for name in ("input", "output"):
        node = interface.said.nodes.get(f"keys.{name}")
        if node is not None and not is_tunnel_key(node.text):
            message = f"the {name} key is neither a number nor four octets"
            reading.say(TUNNEL_KEY, interface, message, node)


def _ends(reading: Reading, interface: Interface, mode: str) -> None:
    said = interface.said
    local, remote = said.nodes.get("local"), said.nodes.get("remote")
    ttl = said.nodes.get("ttl")
    if ttl is not None and (number(ttl.text) or 0) > _MAX_TTL:
        reading.say(TUNNEL_INCOMPLETE, interface, f"the ttl is not 1 to {_MAX_TTL}", ttl)
    if mode == "vxlan":
        if local and remote and is_ipv6(local.text) != is_ipv6(remote.text):
            message = "local and remote are of two IP families"
            reading.say(TUNNEL_FAMILY, interface, message, remote)
        return
    needed = ("remote",) if reading.has("1.1") else ("local", "remote")
    for name in needed:
        if name not in said.nodes:
            message = f"the tunnel has no {name} address"
            reading.say(TUNNEL_INCOMPLETE, interface, message, interface.key)
    fits, family = (is_ipv6, 6) if mode in _OVER_IPV6 else (is_ipv4, 4)
    for name, node in (("local", local), ("remote", remote)):
        if node is not None and not fits(node.text):
            message = f"the {name} address of mode {mode} must be of IPv{family}"
            reading.say(TUNNEL_FAMILY, interface, message, node)


DEFINED = (_tunnel,)


def _backend(reading: Reading) -> None:
    for interface in reading.interfaces.values():
        mode = interface.said.text("mode")
        backend = interface.backend
        if interface.section != "tunnels" or mode is None or backend not in _WITH_KEYS:
            continue
        at = interface.said.nodes["mode"]
        lacking = "isatap" if backend == NETWORKD else ""
        if not reading.has("1.1") and backend == NETWORKMANAGER:
            lacking = "gretap ip6gretap"
        if mode in lacking.split():
            message = f"{backend} has no tunnels of mode {mode}"
            reading.say(TUNNEL_INCOMPLETE, interface, message, at)
        elif mode not in _WITH_KEYS[backend]:
            for name in ("input", "output"):
                node = interface.said.nodes.get(f"keys.{name}")
                if node is not None:
                    message = f"{backend} has no keys for tunnels of mode {mode}"
                    reading.say(TUNNEL_KEY, interface, message, node)


AT_THE_END = (_backend,)
