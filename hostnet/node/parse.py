"""From the text of a description to Nodes: schemas/node.schema.json says what may stand there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hostnet import request as requests
from hostnet.dns import pin as pins
from hostnet.findings import NODE_MALFORMED, YAML_FAULT, YAML_TOO_LARGE, Finding
from hostnet.model import Position
from hostnet.netplan.document import Mapping, Node as Part, Sequence, YamlFault, parse as parse_yaml
from hostnet.node.model import Node, Passed, Selector
from hostnet.node.reading import Reader
from hostnet.telling import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostnet.dns.pin import Pin, PinMode
    from hostnet.model import Request
    from hostnet.netplan.document import Entry, Scalar

SECTIONS = ("bonds", "bridges", "vlans")
"""What is passed to netplan as it is."""
FILE = ("nodes",)
NODE = ("node", "select", "interfaces", *SECTIONS, "dns", "kubernetes")
SELECT = ("hostname", "mac", "machine-id", "serial")
INTERFACE = (
    *("addresses", "gateway", "on-link", "nameservers", "search", "routes", "mtu", "metric"),
    "keep-dhcp",
)
ROUTE = ("to", "via", "metric")
DNS = ("mode", "servers", "search", "strict", "repoint-kubelet")

MANY_BYTES = 64 << 20
"""Of a file of many nodes, which is read by whoever renders them, not at a boot."""
MANY_PARTS = 4_000_000
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?\Z")
"""A node's name is a host's (RFC 1123), and a file's."""
_MAC = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}(?:(?::[0-9a-f]{2}){14})?\Z")
"""Six octets, or the twenty of InfiniBand."""
_MODES: dict[str, PinMode] = {"resolved": "resolved", "direct": "direct"}
_NAMELESS = "node"


def parse(
    path: str, data: bytes, *, many: bool = False
) -> tuple[tuple[Node, ...], tuple[Finding, ...]]:
    """The nodes that the file describes, and all that is wrong with it, each at its place.

    A file describes one node, or several in its ``nodes:``. ``many``: as large as a whole
    site's may be.
    """
    try:
        if many:
            document = parse_yaml(path, data, largest=MANY_BYTES, most=MANY_PARTS)
        else:
            document = parse_yaml(path, data)
    except YamlFault as fault:
        rule = YAML_TOO_LARGE if fault.too_large else YAML_FAULT
        return (), (Finding(rule, fault.message, fault.position),)
    root = document.root
    start = Position(path, 1, 1)
    if root is None:
        return (), (Finding(NODE_MALFORMED, "the description is empty", start),)
    reader = Reader()
    if isinstance(root, Mapping) and root.get("nodes") is not None:
        listed = reader.mapping(root, "a description of several nodes", FILE).get("nodes")
        if not isinstance(listed, Sequence) or not listed.items:
            reader.fault("nodes must be a list of nodes", listed)
            return (), tuple(reader.findings)
        nodes = [_node(reader, item, start, alone=False) for item in listed.items]
    else:
        nodes = [_node(reader, root, start, alone=True)]
    return tuple(nodes), tuple(reader.findings)


def _node(reader: Reader, part: Part, start: Position, *, alone: bool) -> Node:
    given = reader.mapping(part, "a node", NODE)
    position = part.span.position if part.span else start
    name = reader.text(given.get("node"), "node")
    if name is not None and not _NAME.match(name.text):
        reader.fault(f"node {quoted(name.text)} is no host name", name)
    if name is None and not alone and "node" not in given:
        reader.fault("a node of several has a name: node", part)
    kubernetes = reader.flag(given.get("kubernetes"), "kubernetes")
    if "interfaces" not in given and not any(section in given for section in SECTIONS):
        reader.fault("a node has interfaces", part)
    entries = reader.entries(given["interfaces"], "interfaces") if "interfaces" in given else ()
    stated = tuple(entry for entry in entries if entry.value != Mapping())
    members = tuple(entry for entry in entries if entry.value == Mapping())
    return Node(
        name.text if name else _NAMELESS,
        position,
        _selector(reader, given["select"]) if "select" in given else None,
        _requests(reader, stated, kubernetes=kubernetes),
        (
            *(Passed("ethernets", entry.key.text, Mapping()) for entry in members),
            *(passed for section in SECTIONS for passed in _passed(reader, given, section)),
        ),
        _pin(reader, given["dns"]) if "dns" in given else None,
        kubernetes,
    )


def _selector(reader: Reader, part: Part) -> Selector:
    given = reader.mapping(part, "select", SELECT)
    if not given and isinstance(part, Mapping):
        reader.fault(f"select names one of {', '.join(SELECT)}", part)
    texts = {key: reader.texts(given.get(key), key) for key in SELECT}
    for key, at in given.items():
        if isinstance(at, Sequence) and not at.items:
            reader.fault(f"{key} names nothing, and would select every machine", at)
    macs = tuple(text.text.lower().replace("-", ":") for text in texts["mac"])
    for mac, text in zip(macs, texts["mac"], strict=True):
        if not _MAC.match(mac):
            reader.fault(f"{quoted(text.text)} is no MAC address", text)

    def plain(key: str) -> tuple[str, ...]:
        return tuple(text.text for text in texts[key])

    return Selector(plain("hostname"), macs, plain("machine-id"), plain("serial"))


# --- interfaces ------------------------------------------------------------------------


def _requests(
    reader: Reader, entries: tuple[Entry, ...], *, kubernetes: bool
) -> tuple[Request, ...]:
    return tuple(
        _request(reader, entry.key, entry.value, kubernetes=kubernetes) for entry in entries
    )


def _request(reader: Reader, name: Scalar, part: Part, *, kubernetes: bool) -> Request:
    given = reader.mapping(part, f"interface {quoted(name.text)}", INTERFACE)
    texts = {key: reader.texts(given.get(key), key) for key in ("addresses", "gateway")}
    texts |= {key: reader.texts(given.get(key), key) for key in ("nameservers", "search")}
    if not texts["addresses"]:
        reader.fault(f"interface {quoted(name.text)} has addresses", name)
    routes = _routes(reader, given.get("routes"))

    def plain(key: str) -> list[str]:
        return [text.text for text in texts[key]]

    request, findings = requests.parse(
        name.text,
        plain("addresses"),
        gateways=plain("gateway"),
        on_link=reader.flag(given.get("on-link"), "on-link"),
        dns=plain("nameservers") if "nameservers" in given else None,
        search=plain("search") if "search" in given else None,
        routes=[text for text, _ in routes],
        mtu=reader.number(given.get("mtu"), "mtu"),
        metric=reader.number(given.get("metric"), "metric"),
        keep_dhcp=reader.flag(given.get("keep-dhcp"), "keep-dhcp"),
        kubernetes=kubernetes,
    )
    if findings:
        # Which text it was is asked only now: nearly always none is wrong.
        _each(reader, name, given, texts, routes)
    return request


def _each(
    reader: Reader,
    name: Scalar,
    given: dict[str, Part],
    texts: dict[str, tuple[Scalar, ...]],
    routes: list[tuple[str, Part]],
) -> None:
    """Note each text that does not parse at its own place."""
    reader.placed(requests.parse(name.text)[1], name)
    ways: dict[str, Callable[[str], tuple[Finding, ...]]] = {
        "addresses": lambda text: requests.parse("ens33", [text])[1],
        "gateway": lambda text: requests.parse("ens33", gateways=[text])[1],
        "nameservers": lambda text: requests.parse("ens33", dns=[text])[1],
        "search": lambda text: requests.parse("ens33", search=[text])[1],
    }
    for key, parsed in ways.items():
        for text in texts[key]:
            reader.placed(parsed(text.text), text)
    for route, at in routes:
        reader.placed(requests.parse("ens33", routes=[route])[1], at)
    if "metric" in given:
        metric = Reader().number(given["metric"], "metric")
        reader.placed(requests.parse("ens33", metric=metric)[1], given["metric"])


def _routes(reader: Reader, part: Part | None) -> list[tuple[str, Part]]:
    """Each route as the command line writes it, and where it stands."""
    if part is None:
        return []
    if not isinstance(part, Sequence):
        reader.fault("routes must be a list", part)
        return []
    found = []
    for item in part.items:
        given = reader.mapping(item, "a route", ROUTE)
        to, via = reader.text(given.get("to"), "to"), reader.text(given.get("via"), "via")
        metric = reader.number(given.get("metric"), "metric")
        if to is None or via is None:
            reader.fault("a route has to and via", item)
        else:
            words = [to.text, via.text, *([] if metric is None else [str(metric)])]
            found.append((",".join(words), item))
    return found


def _passed(reader: Reader, given: dict[str, Part], section: str) -> list[Passed]:
    found = []
    for entry in reader.entries(given[section], section) if section in given else ():
        if isinstance(entry.value, Mapping) and entry.value.entries:
            found.append(Passed(section, entry.key.text, entry.value))
        else:
            reader.fault(f"{quoted(entry.key.text)} must be a definition of netplan", entry.key)
    return found


def _pin(reader: Reader, part: Part) -> Pin:
    given = reader.mapping(part, "dns", DNS)
    mode = reader.text(given.get("mode"), "mode")
    if mode is not None and mode.text not in _MODES:
        reader.fault(f"mode {quoted(mode.text)} is none of {', '.join(_MODES)}", mode)
    servers = reader.texts(given.get("servers"), "servers")
    search = reader.texts(given.get("search"), "search")
    for text in servers:
        reader.placed(pins.parse([text.text])[1], text)
    for text in search:
        reader.placed(pins.parse(search=[text.text])[1], text)
    pin, _ = pins.parse(
        [text.text for text in servers],
        search=[text.text for text in search] if "search" in given else None,
        mode=_MODES.get(mode.text) if mode else None,
        strict=reader.flag(given.get("strict"), "strict"),
        repoint_kubelet=reader.flag(given.get("repoint-kubelet"), "repoint-kubelet"),
    )
    return pin
