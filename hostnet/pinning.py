"""What a pin changes on the host: files, then services, each with its reason.

Pure, like every plan. The order is that in which they must be done: in mode direct a
resolv.conf of its own first, then whoever read resolved's, and only then resolved itself
(F09); in mode resolved its configuration first, and /etc/resolv.conf, which leads to it, last.
"""

from __future__ import annotations

from dataclasses import replace
from posixpath import basename
from typing import TYPE_CHECKING, Literal

from hostnet import owner as owners
from hostnet.change import Change
from hostnet.complete import Completed, present
from hostnet.complete.pinned import RA_OVERRIDES, sources, with_pin
from hostnet.dns.ours import network_drop_in, resolv_conf, resolved_drop_in
from hostnet.dns.resolvconf import PATH
from hostnet.dns.resolvedconf import OUR_DROP_IN
from hostnet.draft import Draft, draft, joined
from hostnet.kubernetes.kubelet import repointed
from hostnet.kubernetes.resolvers import HOST, KUBELET_CONFIG
from hostnet.model import Image, Kind
from hostnet.netplan.netdef import STATIC_SECTIONS
from hostnet.plan import netplan_changes
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.dns.chooser import Decision
    from hostnet.dns.facts import DnsFacts
    from hostnet.findings import Finding
    from hostnet.model import Observed
    from hostnet.netplan.netdef import Netdef
    from hostnet.netplan.tree import Tree

RESOLVED = "systemd-resolved.service"
SOCKETS = ("systemd-resolved-varlink.socket", "systemd-resolved-monitor.socket")
"""They go on listening after the service is masked (systemd 257 and later)."""
_LINKS = {
    "stub": b"../run/systemd/resolve/stub-resolv.conf",
    "uplink": b"../run/systemd/resolve/resolv.conf",
}
"""As systemd's own tmpfiles.d/systemd-resolve.conf writes it."""
_LINK_MODE = 0o777  # symlink(7): the kernel's for all

UnitWish = Literal["running", "reloaded", "restarted", "masked"]


class Unit(Value):
    """A unit, how it shall be, and why. ``masked`` is stopped and disabled as well."""

    name: str
    wish: UnitWish
    reason: str


class Pinning(Value):
    """All that a pin changes; nothing if the host is so already."""

    changes: tuple[Change, ...] = ()
    units: tuple[Unit, ...] = ()
    draft: Draft | None = None
    """The netplan files as they would be, for the oracle and the checks."""
    findings: tuple[Finding, ...] = ()


def touched(tree: Tree) -> tuple[str, ...]:
    """Every path outside of netplan that a pin may write; their images must be observed."""
    return (PATH, OUR_DROP_IN, KUBELET_CONFIG, *map(drop_in_path, tree.netdefs))


def drop_in_path(netdef: Netdef) -> str:
    """The drop-in beside what netplan renders for the definition."""
    return f"/etc/systemd/network/{basename(netdef.network_file)}.d/90-hostnet-dns.conf"


def pin_changes(
    decision: Decision, facts: DnsFacts, observed: Observed, tree: Tree, *, ra_overrides: bool
) -> Pinning:
    """What makes the host as decided. ``ra_overrides``: the netplan here knows the key."""
    if decision.mode == "direct":
        return _direct(decision, facts, observed)
    drafted, findings = _drafted(decision, observed, tree, ra_overrides=ra_overrides)
    changes = [
        *_file(OUR_DROP_IN, _drop_in(decision), "the pinned servers, and no others", observed),
        *(netplan_changes(drafted, observed) if drafted.files else ()),
        *([] if ra_overrides else _advertised(observed, tree)),
        *_link(decision, facts, observed),
    ]
    units = _units(decision, facts, changes) if observed.system.live else ()
    return Pinning(tuple(changes), units, drafted, findings)


# --- mode resolved ---------------------------------------------------------------------


def _drop_in(decision: Decision) -> bytes:
    return resolved_drop_in(
        decision.servers, decision.search, strict=decision.strict, stub=decision.stub
    )


def _link(decision: Decision, facts: DnsFacts, observed: Observed) -> Iterator[Change]:
    """A link that leads where it shall stays as it is written."""
    if facts.conf.mode == decision.target:
        return
    uid, gid = observed.system.owner
    after = Image(Kind.SYMLINK, _LINKS[decision.target], _LINK_MODE, uid, gid)
    yield Change(PATH, observed.image(PATH), after, f"{decision.target}: {decision.whys[1]}")


def _units(decision: Decision, facts: DnsFacts, changes: list[Change]) -> tuple[Unit, ...]:
    if facts.resolved != "active":
        return (Unit(RESOLVED, "running", decision.whys[0]),)
    if any(change.path == OUR_DROP_IN for change in changes):
        return (Unit(RESOLVED, "reloaded", "it reads its configuration anew"),)
    return ()


def _drafted(
    decision: Decision, observed: Observed, tree: Tree, *, ra_overrides: bool
) -> tuple[Draft, tuple[Finding, ...]]:
    """The links with the default routes get the servers; no other link brings any."""
    drafted = Draft((), tree)
    findings: tuple[Finding, ...] = ()
    chosen = _leading(observed, tree)
    for interface in _interfaces(observed, tree):
        ownership, faults = owners.find(interface, observed, drafted.tree)
        if ownership.netdef is None or ownership.netdef.renderer != "networkd":
            continue
        old = present(interface, observed.link(interface), ownership)
        leads = interface in chosen
        plain = all(server.is_plain and not server.link for server in decision.servers)
        servers = [str(server) for server in decision.servers] if leads and plain else []
        body = with_pin(old, servers, decision.search if servers else (), ra_overrides=ra_overrides)
        if body == ownership.netdef.body:
            continue
        completed = Completed(interface, old.section, old.id, body, body)
        then, more = draft(completed, ownership, observed, drafted.tree, trial=False)
        drafted = joined(drafted, then)
        findings += (*faults, *more)
    return drafted, findings


def _interfaces(observed: Observed, tree: Tree) -> tuple[str, ...]:
    """The interfaces that netplan defines: the links it configures, else all by their names."""
    if not observed.system.live:
        return tuple(n.id for n in tree.netdefs if n.section in STATIC_SECTIONS)
    return tuple(link.name for link in observed.links if not link.loopback and not link.master)


def _leading(observed: Observed, tree: Tree) -> frozenset[str]:
    """The interfaces that default routes lead through; of an image, those that may get one."""
    if observed.system.live:
        defaults = (route.link for route in observed.routes if route.to.prefixlen == 0)
        return frozenset(link for link in defaults if link)
    return frozenset(
        netdef.id
        for netdef in tree.netdefs
        if netdef.flag("dhcp4") or netdef.flag("dhcp6") or netdef.gateway(4) or netdef.gateway(6)
    )


def _advertised(observed: Observed, tree: Tree) -> Iterator[Change]:
    for netdef in tree.netdefs:
        if netdef.section in STATIC_SECTIONS and RA_OVERRIDES in sources(netdef):
            reason = f"routers name no servers for {netdef.id}; this netplan cannot say so"
            yield from _file(drop_in_path(netdef), network_drop_in(), reason, observed)


# --- mode direct -----------------------------------------------------------------------


def _direct(decision: Decision, facts: DnsFacts, observed: Observed) -> Pinning:
    """resolv.conf first, resolved last: nobody is without names meanwhile."""
    text = resolv_conf(decision.servers, decision.search, facts.conf)
    changes = list(_file(PATH, text, "the pinned servers are asked directly", observed))
    units: list[Unit] = []
    for reader in decision.repoint:
        before = observed.image(KUBELET_CONFIG)
        data = repointed(KUBELET_CONFIG, before.data, HOST)
        if data == before.data:
            continue
        reason = f"{reader.program} reads {reader.path}, which goes with resolved"
        changes.append(Change(KUBELET_CONFIG, before, replace(before, data=data), reason))
        units.append(Unit("kubelet.service", "restarted", "it reads its configuration anew"))
    if observed.system.live and facts.resolved not in ("masked", "absent"):
        reason = "nobody else is to keep resolv.conf"
        units += [Unit(name, "masked", reason) for name in (RESOLVED, *SOCKETS)]
    return Pinning(tuple(changes), tuple(units))


def _file(path: str, data: bytes, reason: str, observed: Observed) -> Iterator[Change]:
    """The file that is ours whole; nothing if it is so already."""
    before = observed.image(path)
    if before.kind is Kind.FILE and before.data == data:
        return
    uid, gid = observed.system.owner
    yield Change(path, before, Image(Kind.FILE, data, 0o644, uid, gid), reason)
