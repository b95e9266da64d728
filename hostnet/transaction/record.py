"""A plan as JSON and files of bytes, and back: what a journal keeps of it."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, Any

from hostnet.change import Change, Write
from hostnet.dns.server import servers_of
from hostnet.ledger.own import Own
from hostnet.model import Image, Kind
from hostnet.ops import (
    Announce,
    Apply,
    Demand,
    Held,
    Hold,
    Lock,
    Op,
    Release,
    Reread,
    Resolve,
    Restart,
    Revert,
    Service,
    Verify,
)
from hostnet.plan import Plan, lasting
from hostnet.probes import Probe, parse_probe
from hostnet.verification import Expectation, ExpectedRoute, Resolving

if TYPE_CHECKING:
    from collections.abc import Callable

_HALVES = ("trial", "promotion")


def plan_to(plan: Plan, blobs: dict[str, bytes]) -> dict[str, Any]:
    """The plan for JSON; the bytes of its images are added to ``blobs``, by file name."""
    return {
        "subject": plan.subject,
        "reasons": list(plan.reasons),
        "before": _expectation_to(plan.before) if plan.before else None,
        "trial": [_op_to(op, blobs) for op in plan.trial],
        "promotion": [_op_to(op, blobs) for op in plan.promotion],
    }


def plan_from(data: dict[str, Any], read: Callable[[str], bytes]) -> Plan:
    """The plan again; ``read`` gives the bytes of a file name."""
    before = data["before"]
    trial, promotion = (tuple(_op_from(op, read) for op in data[half]) for half in _HALVES)
    return Plan(
        data["subject"],
        lasting((*trial, *promotion)),
        trial=trial,
        promotion=promotion,
        before=_expectation_from(before) if before else None,
        reasons=tuple(data["reasons"]),
    )


def _op_from(data: dict[str, Any], read: Callable[[str], bytes]) -> Op:
    if data["op"] == "apply":
        return Apply()
    if data["op"] == "restart":
        return Restart()
    if data["op"] == "verify":
        return Verify(_expectation_from(data["expectation"]))
    if data["op"] == "announce":
        return Announce(data["link"], tuple(map(ip_address, data["addresses"])))
    if data["op"] == "demand":
        return Demand(tuple(map(_probe_from, data["probes"])))
    if data["op"] == "hold":
        return _hold_from(data)
    if data["op"] == "release":
        return Release()
    if data["op"] == "reread":
        return Reread()
    if data["op"] == "service":
        return Service(data["unit"], data["wish"], data["ran"])
    if data["op"] == "lock":
        return Lock(data["path"], data["immutable"], data["was"])
    if data["op"] == "revert":
        return Revert(data["link"], servers_of(data["servers"]), tuple(data["domains"]))
    if data["op"] == "resolve":
        links = tuple((name, servers_of(texts)) for name, texts in data["links"])
        return Resolve(Resolving(servers_of(data["servers"]), links))
    before, after = (_image_from(data[side], read) for side in ("before", "after"))
    return Write(Change(data["path"], before, after, data["reason"]))


def _image_from(data: dict[str, Any], read: Callable[[str], bytes]) -> Image:
    return Image(Kind(data["kind"]), read(data["bytes"]), data["mode"], data["uid"], data["gid"])


def _op_to(op: Op, blobs: dict[str, bytes]) -> dict[str, Any]:
    match op:
        case Apply():
            return {"op": "apply"}
        case Restart():
            return {"op": "restart"}
        case Verify(expectation):
            return {"op": "verify", "expectation": _expectation_to(expectation)}
        case Announce(link, addresses):
            return {"op": "announce", "link": link, "addresses": list(map(str, addresses))}
        case Demand(probes):
            return {"op": "demand", "probes": list(map(_probe_to, probes))}
        case Hold():
            return {"op": "hold", **_hold_to(op)}
        case Release():
            return {"op": "release"}
        case Reread():
            return {"op": "reread"}
        case Service(unit, wish, ran):
            return {"op": "service", "unit": unit, "wish": wish, "ran": ran}
        case Lock(path, immutable, was):
            return {"op": "lock", "path": path, "immutable": immutable, "was": was}
        case Revert(link, servers, domains):
            servers_to = list(map(str, servers))
            return {"op": "revert", "link": link, "servers": servers_to, "domains": list(domains)}
        case Resolve(Resolving(servers, links)):
            by_link = [[name, list(map(str, of))] for name, of in links]
            return {"op": "resolve", "servers": list(map(str, servers)), "links": by_link}
        case Write(change):
            number = sum(name.startswith("before/") for name in blobs)
            return {
                "op": "write",
                "path": change.path,
                "reason": change.reason,
                "before": _image_to(change.before, f"before/{number}", blobs),
                "after": _image_to(change.after, f"after/{number}", blobs),
            }


def _image_to(image: Image, name: str, blobs: dict[str, bytes]) -> dict[str, Any]:
    blobs[name] = image.data
    return {
        "kind": image.kind.value,
        "mode": image.mode,
        "uid": image.uid,
        "gid": image.gid,
        "bytes": name,
    }


def _expectation_to(expected: Expectation) -> dict[str, Any]:
    def texts(values: tuple[object, ...] | None) -> list[str] | None:
        return None if values is None else [str(value) for value in values]

    return {
        "link": expected.link,
        "addresses": texts(expected.addresses),
        "absent": texts(expected.absent),
        "routes": list(map(_route_to, expected.routes)),
        "nameservers": texts(expected.nameservers),
        "search": texts(expected.search),
        "mtu": expected.mtu,
        "network_file": expected.network_file,
    }


def _expectation_from(data: dict[str, Any]) -> Expectation:
    servers, search = data["nameservers"], data["search"]
    return Expectation(
        data["link"],
        tuple(ip_interface(text) for text in data["addresses"]),
        tuple(ip_address(text) for text in data["absent"]),
        tuple(map(_route_from, data["routes"])),
        None if servers is None else tuple(ip_address(text) for text in servers),
        None if search is None else tuple(search),
        data["mtu"],
        data["network_file"],
    )


def _probe_to(probe: Probe) -> list[str | None]:
    return [probe.name, str(probe.source) if probe.source else None, probe.link]


def _probe_from(data: list[str]) -> Probe:
    name, source, link = data
    return Probe(parse_probe(name).target, ip_address(source) if source else None, link)


def _hold_to(op: Hold) -> dict[str, Any]:
    return {
        "held": list(map(_held_to, op.held)),
        "own": {
            "links": sorted(op.own.links),
            "addresses": sorted(map(str, op.own.addresses)),
            "routes": sorted([str(to), str(via) if via else ""] for to, via in op.own.routes),
        },
        "moved": [[str(old), str(new)] for old, new in op.moved],
    }


def _hold_from(data: dict[str, Any]) -> Hold:
    own = data["own"]
    return Hold(
        tuple(map(_held_from, data["held"])),
        Own(
            frozenset(own["links"]),
            frozenset(map(ip_address, own["addresses"])),
            frozenset(
                (ip_network(to), ip_address(via) if via else None) for to, via in own["routes"]
            ),
        ),
        tuple((ip_address(old), ip_address(new)) for old, new in data["moved"]),
    )


def _held_to(held: Held) -> dict[str, Any]:
    return {
        "link": held.link,
        "addresses": list(map(str, held.addresses)),
        "routes": list(map(_route_to, held.routes)),
    }


def _held_from(data: dict[str, Any]) -> Held:
    return Held(
        data["link"],
        tuple(map(ip_interface, data["addresses"])),
        tuple(map(_route_from, data["routes"])),
    )


def _route_to(route: ExpectedRoute) -> list[Any]:
    return [str(route.to), str(route.via) if route.via else None, route.metric]


def _route_from(data: list[Any]) -> ExpectedRoute:
    to, via, metric = data
    return ExpectedRoute(ip_network(to), ip_address(via) if via else None, metric)
