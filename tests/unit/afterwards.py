"""What becomes of a host when a plan is carried out: its files, and what networkd makes of them."""

from __future__ import annotations

from dataclasses import replace

from hostnet.change import Change
from hostnet.model import (
    ABSENT,
    DEFAULT_ROUTE,
    Family,
    KernelRoute,
    Kind,
    Link,
    LinkAddress,
    Observed,
    SourceFile,
    family_of,
)
from hostnet.netplan.netdef import Netdef, as_ip
from hostnet.netplan.tree import load
from hostnet.owner import OUR_FILE, find
from tests.unit.builders import Decision, held

DEFAULTS = (DEFAULT_ROUTE[4], DEFAULT_ROUTE[6])


def settled(decision: Decision) -> Observed:
    """The host after its plan was carried out: files, and what networkd makes of them."""
    observed, plan = decision.observed, decision.plan
    assert plan is not None
    for change in plan.writes:
        observed = written(observed, change)
    if not observed.system.live:
        return observed
    tree, _ = load(observed.netplan_files)
    for link in observed.links:
        owner, _ = find(link.name, replace(observed, links=(_detached(link),)), tree)
        if owner.netdef is not None:
            observed = _configured(observed, link, owner.netdef)
    return observed


def written(observed: Observed, change: Change) -> Observed:
    """The host after one file was written; what was expected there must be there."""
    files = {known.path: known for known in observed.netplan_files}
    others = dict(observed.images)
    old = next((f for f in files.values() if f.target == change.path), None)
    before = old.image if old else others.get(change.path, ABSENT)
    assert before == change.before, f"{change.path} is not what the plan expects"
    path = old.path if old else change.path
    if change.after.kind is Kind.ABSENT:
        files.pop(path, None)
        others.pop(path, None)
    elif path.endswith(".yaml"):
        data = change.after.data
        files[path] = SourceFile(path, data, target=change.path, image=change.after)
    cloud = observed.cloud_files
    if path.endswith(".cfg"):
        cloud = (*cloud, SourceFile(path, change.after.data, target=path))
    if not path.endswith(".yaml") or path == OUR_FILE:
        others[path] = change.after
    return replace(
        observed,
        netplan_files=tuple(files.values()),
        cloud_files=cloud,
        images=tuple((p, i) for p, i in others.items() if i != ABSENT),
    )


def _detached(link: Link) -> Link:
    return replace(link, network_file=None)


def _configured(observed: Observed, link: Link, netdef: Netdef) -> Observed:
    """What networkd does with a link: static addresses, and leases where they are on."""
    static = [address for address, _ in netdef.addresses()]
    kept = [
        have
        for have in link.addresses
        if have.address not in static and (_still_comes(netdef, have) or _is_foreign(link, have))
    ]
    leased = [have for have in link.addresses if _still_comes(netdef, have)]
    routes = [r for r in observed.routes if r.link != link.name or r.to not in DEFAULTS]
    routes += [
        route
        for route in observed.routes
        if route.link == link.name and route.to in DEFAULTS and _is_brought(netdef, route)
    ]
    routes += [
        KernelRoute(r.to, link.name, r.via, r.metric or 0, "static")
        for r in netdef.routes()
        if r.is_main_default
    ]
    mtu = netdef.body.text("mtu")
    servers = tuple(ip for text, _ in netdef.nameservers() if (ip := as_ip(text)))
    if leased and not _is_off(netdef, "dhcp4", "use-dns"):
        servers += tuple(ip for ip in link.nameservers if ip not in servers)
    changed = replace(
        link,
        addresses=(*(held(str(address)) for address in static), *kept),
        mtu=int(mtu) if mtu else link.mtu,
        nameservers=servers,
        search=netdef.search() or link.search,
        network_file=netdef.network_file,
    )
    links = tuple(changed if known is link else known for known in observed.links)
    return replace(observed, links=links, routes=tuple(routes))


def _is_foreign(link: Link, have: LinkAddress) -> bool:
    """A virtual address of another program: no lifetime, and its whole length."""
    whole = have.address.network.prefixlen == have.address.max_prefixlen
    return not have.dynamic and whole and link.network_file is not None


def _still_comes(netdef: Netdef, have: LinkAddress) -> bool:
    if not have.dynamic:
        return False
    if have.protocol == "dhcp":
        return bool(netdef.flag(f"dhcp{have.address.version}"))
    return netdef.flag("accept-ra") is not False


def _is_brought(netdef: Netdef, route: KernelRoute) -> bool:
    family: Family = family_of(route.to)
    if route.protocol == "dhcp":
        return bool(netdef.flag(f"dhcp{family}")) and not _is_off(
            netdef, f"dhcp{family}", "use-routes"
        )
    return route.protocol == "ra" and netdef.flag("accept-ra") is not False


def _is_off(netdef: Netdef, family: str, key: str) -> bool:
    return netdef.body.mapping(f"{family}-overrides").text(key) == "false"
