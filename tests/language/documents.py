"""Trees of netplan files by chance: whole ones, and ones that are broken in one place.

What may stand where comes from the schema, the one that the product reads; what must stand
together (a VLAN's link, a tunnel's addresses) from here, or hardly any document would be whole.
A number makes the same document for ever, and hypothesis can bring the chance instead.
long because what may stand in a document, how it is broken and how it is written are one chain
of chances: another order of them is another document.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hostnet.netplan.releases import NEWEST, Release, since
from hostnet.schema_files import schema

Tree = Any
"""Dicts as lists of pairs, since keys may stand twice; lists as tuples; texts."""

SCHEMA = json.loads(schema("netplan"))["$defs"]
KEY = "4GgaQCy68nzNsUE5aJ9fuLzHhB65tAlwbmA72MWnOm8="
OTHER_KEY = "M9nt4YujIOmNrRmpIRTmYSfMdrpvE7u6WkG8FY8WjG4="
BY_NAME: dict[str, tuple[str, ...]] = {
    "bool": ("true", "false", "yes", "no", "on", "off", "y", "n", "TRUE", "Off"),
    "number": ("0", "1", "100", "1500", "4294967295", "007", "+5", "", " 3"),
    "name": ("eth0", "en*", "wl?", "x[0-9]"),
    "mac": ("00:11:22:33:44:55", "aa:BB:cc:dd:ee:ff", ":".join(["00"] * 20)),
    "mac-or-way": ("00:11:22:33:44:55", "permanent", "random", "stable", "preserve"),
    "mac-or-way-wifi": ("00:11:22:33:44:55", "random", "stable-ssid"),
    "ipv4": ("10.0.0.1", "192.168.1.254", "0.0.0.0"),
    "ipv6": ("fe80::1", "2001:db8::1", "::"),
    "token": ("::1", "::ffff:1.2.3.4"),
    "server": ("1.1.1.1", "2606:4700::1111", "127.0.0.53"),
    "arp-target": ("10.0.0.1", "10.0.0.2"),
    "tunnel-end": ("10.0.0.1", "2001:db8::1"),
    "cidr": ("10.0.0.5/24", "192.168.1.1/32", "2001:db8::5/64", "10.1.2.3/8abc"),
    "allowed-ip": ("0.0.0.0/0", "::/0", "10.0.0.0/8"),
    "text": ("x", "some text", "10", "1e3", "true", "~", "ü"),
}
BAD_TEXTS = (
    "", "x", "-1", "4294967296", "1.5", "yep", "maybe", "10.0.0.1", "10.0.0.1/33", "10.0.0.0/0",
    "::1/129", "1.2.3", "00:11", "a b", "en*", "null", "~", "default", "sriov", "2", "3", "é",
    "networkd", "NetworkManager", "[::1]:5", "h:1", "tcp:1.2.3.4", "ssl:1.2.3.4", "/etc/key", "65",
    "18446744073709551615", "short", "01.2.3.4", "tcp", "manual", "off", "802.1x", "9999999999999",
)  # fmt: skip
SECTIONS = {
    "ethernets": "ethernet", "wifis": "wifi", "modems": "modem", "bonds": "bond",
    "bridges": "bridge", "vlans": "vlan", "vrfs": "vrf", "tunnels": "tunnel",
    "dummy-devices": "dummy", "virtual-ethernets": "veth", "nm-devices": "nm-device",
}  # fmt: skip
_NEW = ("dummy-devices", "virtual-ethernets")
_OVER_IPV6 = ("ipip6", "ip6ip6", "ip6gre", "ip6gretap", "vti6")
_SPECIAL = (
    "openvswitch", "networkmanager", "renderer", "set-name", "activation-mode", "ipv6-mtu",
    "delay-virtual-functions-rebind", "embedded-switch-mode", "macaddress", "match",
)  # fmt: skip
"""Keys that break most definitions they come into, so that they come seldom."""


class Maker:
    """Makes the documents of one number."""

    def __init__(self, chance: Random, release: Release = NEWEST) -> None:
        self.chance = chance
        self.release = release
        self.ids: dict[str, str] = {}

    def files(self) -> dict[str, bytes]:
        """One tree of files: about half of them whole, the others broken in one place."""
        chance = self.chance
        networks = self._networks()
        if chance.random() < 0.6:
            for _ in range(1 if chance.random() < 0.8 else 2):
                self._break(chance.choice(networks))
        flow = chance.random()
        return {
            f"{number}.yaml": (_block([("network", network)], 0, chance, flow)).encode()
            for number, network in enumerate(networks)
        }

    # --- whole documents -----------------------------------------------------------------

    def _networks(self) -> list[Tree]:
        chance = self.chance
        sections = ["ethernets"]
        for name in SECTIONS:
            share = 0.08 if name in (*_NEW, "nm-devices", "modems") else 0.3
            if name in _NEW and self._is_later("1.1"):
                share = 0.01
            if name != "ethernets" and chance.random() < share:
                sections.append(name)
        if chance.random() < 0.3:
            chance.shuffle(sections)
        for name in sections:
            many = 2 if name == "virtual-ethernets" else chance.randint(1, 3)
            for number in range(many):
                self.ids[f"{name[:3]}{number}"] = name
        if chance.random() < 0.06:
            self.ids |= {"patch0": "ports", "patch1": "ports"}
        entries = [(id_, self._definition(id_, section)) for id_, section in self.ids.items()]
        network: Tree = []
        if chance.random() < 0.7:
            network.append(("version", "2"))
        if chance.random() < 0.35:
            network.append(("renderer", chance.choice(["networkd", "NetworkManager"])))
        for name in sections:
            network.append((name, [(i, d) for i, d in entries if self.ids[i] == name]))
        if "patch0" in self.ids:
            pairs: Tree = (("patch0", "patch1"),)
            network.append(("openvswitch", [("ports", pairs)]))
        if chance.random() < 0.03:
            network.append(("openvswitch", self._value({"$ref": "#/$defs/openvswitch-global"}, 0)))
        if chance.random() > 0.2:
            return [network]
        return self._parted(network)

    def _parted(self, network: Tree) -> list[Tree]:
        """The same in two files, some of it in both."""
        first: Tree = []
        second: Tree = []
        for key, value in network:
            side = self.chance.random()
            if side < 0.6:
                first.append((key, value))
            if side > 0.45:
                second.append((key, value))
        return [part for part in (first, second) if part] or [network]

    def _definition(self, id_: str, section: str) -> Tree:
        if section == "ports":
            return []
        body = self._some(SCHEMA[SECTIONS[section]]["properties"], 0, self.chance.randint(0, 4))
        must = dict(getattr(self, "_" + section.replace("-", "_"), self._nothing)(id_))
        body = [(key, value) for key, value in body if key not in must]
        for pair in must.items():
            if pair[1] is None:
                continue
            body.insert(self.chance.randint(0, len(body)), pair)
        return body

    def _nothing(self, _id: str) -> Tree:
        return []

    def _of(self, *sections: str, but: str = "") -> str:
        known = [i for i, s in self.ids.items() if s in sections and i != but]
        return self.chance.choice(known) if known else "nobody"

    def _vlans(self, id_: str) -> Tree:
        link = self._of("ethernets", "bonds", "bridges", "wifis", but=id_)
        return [("id", str(self.chance.randint(0, 4094))), ("link", link)]

    def _members(self, id_: str, sections: tuple[str, ...], most: int) -> Tree:
        many = self.chance.randint(0, most)
        return tuple(dict.fromkeys(self._of(*sections, but=id_) for _ in range(many)))

    def _bonds(self, id_: str) -> Tree:
        members = self._members(id_, ("ethernets",), 2) if id_ == "bon0" else ()
        body: Tree = [("interfaces", members)]
        if members and self.chance.random() < 0.3:
            parameters = [("mode", "active-backup"), ("primary", members[0])]
            body.append(("parameters", parameters))
        return body

    def _bridges(self, id_: str) -> Tree:
        sections = ("dummy-devices", "vlans", "bonds", "ports", "tunnels")
        members = self._members(id_, sections, 2) if id_ == "bri0" else ()
        members = tuple(member for member in members if member != "nobody")
        body: Tree = [("interfaces", members)]
        if members and self.chance.random() < 0.5:
            what = self.chance.choice(["path-cost", "port-priority"])
            values = [(members[0], str(self.chance.choice([0, 5, 63])))]
            body.append(("parameters", [(what, values)]))
        return body

    def _vrfs(self, id_: str) -> Tree:
        body: Tree = [("table", str(self.chance.randint(1, 9)))]
        if self.chance.random() < 0.5 and id_ == "vrf0":
            body.append(("interfaces", self._members(id_, ("ethernets", "vlans"), 2)))
        if self.chance.random() < 0.7:
            # With a list of routes and none of rules 0.106 crashes; with none it does not.
            body += [("routes", None)] if self._is_later("1.1") else [("routes", ())]
            body.append(("routing-policy", ()))
        return body

    def _virtual_ethernets(self, id_: str) -> Tree:
        return [("peer", self._of("virtual-ethernets", but=id_))]

    def _nm_devices(self, _id: str) -> Tree:
        passed = [("passthrough", [("connection.type", "wireguard")])]
        return [("renderer", "NetworkManager"), ("networkmanager", passed)]

    def _modems(self, _id: str) -> Tree:
        return [("renderer", "NetworkManager")]

    def _wifis(self, _id: str) -> Tree:
        points: Tree = []
        for number in range(self.chance.randint(1, 2)):
            point = self._some(SCHEMA["access-point"]["properties"], 1, self.chance.randint(0, 2))
            points.append((f"net{number}", point))
        return [("access-points", points)]

    def _tunnels(self, _id: str) -> Tree:
        chance = self.chance
        mode = chance.choice(SCHEMA["tunnel"]["properties"]["mode"]["enum"])
        if mode == "wireguard":
            peers = tuple(
                [
                    ("keys", [("public", chance.choice([KEY, OTHER_KEY]))]),
                    ("allowed-ips", ("10.0.0.0/8",)),
                    *([("endpoint", "vpn.example:51820")] if chance.random() < 0.5 else []),
                ]
                for _ in range(chance.randint(1, 2))
            )
            return [("mode", mode), ("key", KEY), ("peers", peers)]
        ends = "2001:db8::%d" if mode in _OVER_IPV6 else "10.0.0.%d"
        body: Tree = [("mode", mode), ("local", ends % 1), ("remote", ends % 2), ("ttl", "64")]
        if mode == "vxlan":
            body.append(("id", str(chance.randint(1, 16777215))))
        for key in ("key", "keys", "peers"):
            if chance.random() < 0.9:
                body.append((key, "5") if key == "key" and chance.random() < 0.2 else (key, None))
        return [(key, value) for key, value in body if value is not None]

    def _some(self, properties: dict[str, Any], depth: int, many: int) -> Tree:
        names = self.chance.sample(list(properties), min(many, len(properties)))
        seldom = [
            name
            for name in names
            if name in _SPECIAL or self._is_later(properties[name].get("x-since"))
        ]
        kept = [n for n in names if n not in seldom or self.chance.random() < 0.15]
        return [(name, self._value(properties[name], depth + 1, name)) for name in kept]

    def _value(self, part: dict[str, Any], depth: int, name: str = "") -> Tree:
        chance = self.chance
        if name == "primary":
            return self._of("ethernets")
        if name == "password" and chance.random() < 0.8:
            return chance.choice(["long enough", "f" * 64])
        if "$ref" in part:
            target = part["$ref"].removeprefix("#/$defs/")
            if target == "id":
                return self._of("ethernets", "bonds", "dummy-devices")
            if target == "route":
                return self._route()
            if target == "policy":
                return self._policy()
            if target in BY_NAME:
                return chance.choice(BY_NAME[target])
            return self._value(SCHEMA[target], depth, name)
        if "enum" in part:
            return str(chance.choice(part["enum"]))
        if "anyOf" in part:
            return self._value(chance.choice(part["anyOf"]), depth, name)
        if part.get("type") == "array":
            many = part.get("minItems", chance.randint(0, 2))
            return tuple(self._value(part["items"], depth + 1) for _ in range(many))
        if part.get("type") == "object":
            if "properties" in part:
                return self._some(part["properties"], depth, chance.randint(0, 3))
            return self._map(part, depth)
        if part.get("type") == "integer":
            return str(chance.choice([part.get("minimum", 0), part.get("maximum", 63), 5]))
        texts = {"controller": "tcp:10.0.0.1", "endpoint": "10.0.0.1:5"}
        return texts.get(part.get("x-text", ""), "x" if "const" not in part else str(part["const"]))

    def _map(self, part: dict[str, Any], depth: int) -> Tree:
        if part.get("x-first-key-only"):
            key = self.chance.choice(BY_NAME["cidr"])
            return [(key, self._value(part["additionalProperties"], depth))]
        keys = self.chance.sample(["a", "b.c", "connection.type"], self.chance.randint(0, 2))
        return [(key, self._value(part["additionalProperties"], depth)) for key in keys]

    def _is_later(self, first: str | None) -> bool:
        return first is not None and not since(self.release, first)

    def _route(self) -> Tree:
        chance = self.chance
        networks = (
            ("10.0.0.%d/8", "10.1.%d.0/24") if chance.random() < 0.5 else ("2001:db8::%d/64",)
        )
        host = "10.0.0.9" if networks[0].startswith("1") else "fe80::9"
        to = chance.choice([*networks, "default"])
        body: Tree = [("to", to % chance.randint(0, 9) if "%" in to else to)]
        if to == "default" or chance.random() < 0.6:
            body.append(("via", host))
        for key, share in (("metric", 0.3), ("on-link", 0.2), ("table", 0.2), ("type", 0.1)):
            if chance.random() < share:
                body.append((key, self._value(SCHEMA["route"]["properties"][key], 2)))
        return body

    def _policy(self) -> Tree:
        body: Tree = [(self.chance.choice(["from", "to"]), "10.0.0.0/8")]
        for key in ("table", "priority", "type-of-service"):
            if self.chance.random() < 0.5:
                body.append((key, self._value(SCHEMA["policy"]["properties"][key], 2)))
        return body

    # --- one fault -------------------------------------------------------------------------

    def _break(self, network: Tree) -> None:
        """Change one place of the tree, whatever it is."""
        places = list(_places(network))
        if not places:
            return
        chance = self.chance
        mapping, index = chance.choice(places)
        key, value = mapping[index]
        kind = chance.randint(0, 11)
        if kind == 0:
            mapping.insert(index, (chance.choice(["dhcp5", "mtuu", key + "s", "id"]), value))
        elif kind == 1:
            del mapping[index]
        elif kind == 2:
            mapping[index] = (key, chance.choice([(), [], ("x",), [("x", "y")]]))
        elif kind == 3:
            mapping.append((key, value))
        elif kind == 4:
            mapping[index] = (chance.choice([key.upper(), "a b", "*", *self.ids]), value)
        elif isinstance(value, tuple):
            items = [*value]
            items.insert(chance.randint(0, len(items)), chance.choice([*BAD_TEXTS, *self.ids, []]))
            mapping[index] = (key, tuple(items))
        elif kind in (5, 6) and isinstance(value, str):
            mapping[index] = (key, chance.choice([*self.ids, *BAD_TEXTS]))
        elif kind == 7 and isinstance(value, list):
            value.append(
                chance.choice([("renderer", "networkd"), ("openvswitch", []), ("mtu", "x")])
            )
        else:
            mapping[index] = (key, chance.choice(BAD_TEXTS))


def files(number: int, release: Release = NEWEST) -> dict[str, bytes]:
    """The tree of this number; most of what later releases brought is left out of it."""
    return Maker(Random(number), release).files()


def _places(node: Tree) -> Any:  # noqa: ANN401
    if isinstance(node, list):
        for index, (_, value) in enumerate(node):
            yield node, index
            yield from _places(value)
    elif isinstance(node, tuple):
        for item in node:
            yield from _places(item)


# --- as YAML -----------------------------------------------------------------------------


def _block(node: Tree, depth: int, chance: Random, flow: float) -> str:
    """In blocks, with more or less of it in brackets."""
    pad = "  " * depth
    lines = []
    if isinstance(node, list):
        for key, value in node:
            lines.append(f"{pad}{_text(key)}:{_below(value, depth, chance, flow)}")
    else:
        for item in node:
            if isinstance(item, list) and item and chance.random() > flow:
                inner = _block(item, depth + 1, chance, flow)
                lines.append(f"{pad}- {inner[len(pad) + 2 :].rstrip(chr(10))}\n")
            else:
                lines.append(f"{pad}- {_flow(item)}\n")
    return "".join(lines)


def _below(value: Tree, depth: int, chance: Random, flow: float) -> str:
    if isinstance(value, str) or not value or chance.random() < flow * 0.7:
        return f" {_flow(value)}\n"
    return "\n" + _block(value, depth + 1, chance, flow)


def _flow(value: Tree) -> str:
    if isinstance(value, list):
        return "{" + ", ".join(f"{_text(key)}: {_flow(inner)}" for key, inner in value) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _text(value)


def _text(text: str) -> str:
    if text and all(c.isalnum() or c in "-_./+=" for c in text) and text[0] not in "-./+=":
        return text
    return json.dumps(text, ensure_ascii=False)
