"""The default routes the interface shall have, and its other routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.complete.addresses import states_ipv6
from hostnet.complete.leases import without_lease
from hostnet.findings import GATEWAY_MISSING
from hostnet.model import IP, MAIN_TABLE, Address, Family, family_of
from hostnet.netplan.document import Entry, Mapping, Node, Scalar, Sequence
from hostnet.netplan.netdef import Netdef, RouteEntry
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.complete.situation import Situation
    from hostnet.model import Route


class Gate(Value):
    """The default route of a family as it shall be; ``ip`` None means none."""

    family: Family
    ip: IP | None
    on_link: bool = False
    metric: int | None = None
    keep: RouteEntry | None = None
    """An entry of the file that already says so, and stays as it is written."""


def decide(now: Situation, pinned: tuple[Address, ...]) -> tuple[Gate, ...]:
    """The default route of each family in question: asked for, or inherited."""
    gates = (_gate(now, family, pinned) for family in _families(now, pinned))
    return tuple(gate for gate in gates if gate is not None)


def _families(now: Situation, pinned: tuple[Address, ...]) -> tuple[Family, ...]:
    families = (family_of(address) for address in pinned)
    given = (family_of(g.ip) for g in now.request.gateways if g.ip is not None)
    all_: tuple[Family, ...] = (4, 6)
    bare = not now.request.addresses and any(g.ip is None for g in now.request.gateways)
    dropped = (family for family in all_ if bare and now.old.gateway(family))
    return tuple(dict.fromkeys((*families, *given, *dropped)))


def _gate(now: Situation, family: Family, pinned: tuple[Address, ...]) -> Gate | None:
    """The default route of the family, None where the present one stays unseen."""
    given = [g.ip for g in now.request.gateways if g.ip and family_of(g.ip) == family]
    known = now.old.gateway(family)
    metric = now.request.metric
    if given:
        if metric is None and known is not None and known.via == given[0]:
            metric = known.metric
        gate = Gate(family, given[0], now.request.on_link, metric)
        return _kept(gate, known)
    if any(g.ip is None for g in now.request.gateways):
        now.reasons.append(f"no IPv{family} default route through this link: as asked")
        return Gate(family, None)
    if family == 6 and not states_ipv6(now):
        return None
    if now.request.keep_dhcp and now.old.flag(f"dhcp{family}"):
        now.reasons.append(f"the IPv{family} default route stays the lease's")
        return None
    return _inherited(now, family, pinned, known)


def _inherited(
    now: Situation, family: Family, pinned: tuple[Address, ...], known: RouteEntry | None
) -> Gate | None:
    name = now.request.interface
    live = now.live_default(family)
    if live is None or live.via is None:
        via, metric, on_link = (known.via, known.metric, known.on_link) if known else (
            None, None, False,
        )  # fmt: skip
    elif live.link != name:
        if known is not None:
            return None
        now.reasons.append(
            f"no IPv{family} default route here: {live.link} keeps it (via {live.via})"
        )
        return Gate(family, None)
    else:
        same = known is not None and known.via == live.via
        via = live.via
        metric = known.metric if known and same else None
        on_link = bool(known and same and known.on_link)
    if via is None:
        _missing(now, family, "there is no default route to inherit it from")
        return Gate(family, None)
    reachable = via.is_link_local or any(via in a.network for a in pinned)
    on_link = on_link or (not reachable and (now.request.on_link or _is_on_link_now(now, via)))
    if not reachable and not on_link:
        _missing(now, family, f"the present gateway {via} lies outside the new network")
        return Gate(family, None)
    if now.request.metric is not None:
        metric = now.request.metric
    origin = "the live default route" if live else "its present definition"
    if known is None or known.via != via:
        now.reasons.append(f"gateway {via} taken over from {origin}")
    return _kept(Gate(family, via, on_link, metric), known)


def _is_on_link_now(now: Situation, via: IP) -> bool:
    """Whether the link reaches the gateway though no network of its own contains it.

    So it is where a provider leases a /32 (RFC 3442 lets a server announce such routes).
    """
    link = now.link
    return link is not None and not any(via in have.address.network for have in link.addresses)


def _kept(gate: Gate, known: RouteEntry | None) -> Gate:
    same = (
        known is not None
        and known.via == gate.ip
        and known.metric == gate.metric
        and (known.on_link or not gate.on_link)
        and not _is_key(known)
    )
    return Gate(gate.family, gate.ip, gate.on_link, gate.metric, known if same else None)


def _missing(now: Situation, family: Family, why: str) -> None:
    message = f"no IPv{family} gateway was given, and {why}"
    now.finding(GATEWAY_MISSING, message)


def with_routes(now: Situation, body: Mapping, gates: tuple[Gate, ...]) -> Mapping:
    """Routes with the gates in the place of the old defaults; never gateway4."""
    decided = {gate.family: gate for gate in gates}
    routes = now.old.routes()
    readable = {id(route.node): route for route in routes}
    keys = [route.node for route in routes if _is_key(route)]
    nodes: list[Node] = []
    for node in (*keys, *now.old.body.sequence("routes")):
        route = readable.get(id(node))
        gate = decided.get(family_of(route.to)) if route else None
        if route is None or not route.is_main_default or gate is None:
            is_key = route is not None and _is_key(route)
            nodes.append(_default_of(route) if route and is_key else node)
        elif gate.keep == route:
            nodes.append(node)
    nodes += [
        _default_node(gate.ip, gate.metric, on_link=gate.on_link)
        for gate in gates
        if gate.ip is not None and gate.keep is None
    ]
    for asked in now.request.routes:
        nodes = _with_route(nodes, asked)
    body = body.with_value("gateway4", None).with_value("gateway6", None)
    # A DHCPv6 lease brings no routes, and netplan wants both families' switches alike.
    if now.request.keep_dhcp and now.old.flag("dhcp4") and 4 in decided:
        body = without_lease(now, body, "use-routes")
    if tuple(nodes) == now.old.body.sequence("routes"):
        return body
    return body.with_value("routes", Sequence(tuple(nodes)) if nodes else None)


def _with_route(nodes: list[Node], asked: Route) -> list[Node]:
    """The routes with the one asked for, in the place of those it replaces."""
    holder = Mapping((Entry(Scalar("routes"), Sequence(tuple(nodes))),))
    same = [
        route
        for route in Netdef("", "", holder).routes()
        if (route.to, route.metric, route.table) == (asked.to, asked.metric, MAIN_TABLE)
    ]
    known = next((route.node for route in same if route.via == asked.via), None)
    gone = [route.node for route in same if route.node is not known]
    kept = [node for node in nodes if not any(node is other for other in gone)]
    return kept if known is not None else [*kept, _route_node(asked)]


def _is_key(route: RouteEntry) -> bool:
    """Whether it is gateway4 or gateway6 and no entry of ``routes:``."""
    return route.node.get("to") is None


def _default_of(route: RouteEntry) -> Mapping:
    return _default_node(route.via, route.metric, on_link=route.on_link)


def _default_node(via: IP | None, metric: int | None, *, on_link: bool) -> Mapping:
    entries = [Entry(Scalar("to"), Scalar("default")), Entry(Scalar("via"), Scalar(str(via)))]
    if metric is not None:
        entries.append(Entry(Scalar("metric"), Scalar(str(metric))))
    if on_link:
        entries.append(Entry(Scalar("on-link"), Scalar("true")))
    return Mapping(tuple(entries))


def _route_node(route: Route) -> Mapping:
    if route.is_default:
        return _default_node(route.via, route.metric, on_link=route.on_link)
    entries = [
        Entry(Scalar("to"), Scalar(str(route.to))),
        Entry(Scalar("via"), Scalar(str(route.via))),
    ]
    if route.metric is not None:
        entries.append(Entry(Scalar("metric"), Scalar(str(route.metric))))
    return Mapping(tuple(entries))
