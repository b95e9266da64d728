"""What a pin changes on the host: every file, each with its reason.

Pure, like every plan; `hostnet.pinsteps` puts the services beside the files. In mode direct
whoever read resolved's files gets another, and resolved itself goes (F09); in mode resolved
/etc/resolv.conf leads to it.
"""

from __future__ import annotations

from posixpath import basename
from typing import TYPE_CHECKING

from hostnet import owner as owners
from hostnet.change import Change
from hostnet.complete import Completed, present
from hostnet.complete.pinned import RA_OVERRIDES, sources, with_pin
from hostnet.dns import networkmanager
from hostnet.dns.ours import (
    manager_drop_in,
    network_drop_in,
    resolv_conf,
    resolved_drop_in,
    wait_online_drop_in,
)
from hostnet.dns.resolvconf import PATH
from hostnet.dns.resolvedconf import OUR_DROP_IN
from hostnet.draft import Draft, draft, joined
from hostnet.findings import OWNER_NOT_EDITABLE, Finding
from hostnet.kubernetes.kubelet import repointed
from hostnet.kubernetes.resolvers import HOST, KUBELET_CONFIG
from hostnet.model import ABSENT, Image, Kind
from hostnet.netplan.edit import CannotEdit
from hostnet.netplan.netdef import STATIC_SECTIONS
from hostnet.plan import netplan_changes
from hostnet.unitfiles import enabled, enabling, mask, masking
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.dns.chooser import Decision
    from hostnet.dns.facts import DnsFacts
    from hostnet.model import Observed
    from hostnet.netplan.netdef import Netdef
    from hostnet.netplan.tree import Tree

WAIT_ONLINE = "/etc/systemd/system/systemd-networkd-wait-online.service.d/20-hostnet.conf"
_LINKS = {
    "stub": b"../run/systemd/resolve/stub-resolv.conf",
    "uplink": b"../run/systemd/resolve/resolv.conf",
}
"""As systemd's own tmpfiles.d/systemd-resolve.conf writes it."""
_LINK_MODE = 0o777  # symlink(7): the kernel's for all


class Knows(Value):
    """What the netplan of the host knows, which its releases differ in.

    ``ra_overrides``: the key (1.1). ``dns_at_boot``: its boot waits for resolved to have
    servers (1.2), and fails where there is no resolved.
    """

    ra_overrides: bool
    dns_at_boot: bool


class Pinning(Value):
    """All that a pin changes; nothing if the host is so already."""

    changes: tuple[Change, ...] = ()
    draft: Draft | None = None
    """The netplan files as they would be, for the oracle and the checks."""
    findings: tuple[Finding, ...] = ()


def touched(tree: Tree, facts: DnsFacts) -> tuple[str, ...]:
    """Every path outside of netplan that a pin may write; their images must be observed."""
    units = (mask(basename(unit.path)) for unit in facts.units)
    wanted = (path for path, _ in enabling(facts.units, (0, 0)))
    drop_ins = map(drop_in_path, tree.netdefs)
    last = (facts.last_drop_in,) if facts.last_drop_in else ()
    fixed = (PATH, OUR_DROP_IN, networkmanager.OURS, KUBELET_CONFIG, WAIT_ONLINE)
    return (*fixed, *last, *drop_ins, *units, *wanted)


def drop_in_path(netdef: Netdef) -> str:
    """The drop-in beside what netplan renders for the definition."""
    return f"/etc/systemd/network/{basename(netdef.network_file)}.d/90-hostnet-dns.conf"


def pin_changes(
    decision: Decision, facts: DnsFacts, observed: Observed, tree: Tree, knows: Knows
) -> Pinning:
    """What makes the host as decided; ``observed`` is the host without any pin."""
    if decision.mode == "direct":
        return _direct(decision, facts, observed, tree, knows)
    drafted, findings = with_names(decision, observed, tree, knows)
    text, last = resolved_drop_in(decision), facts.last_drop_in
    changes = [
        *_file(OUR_DROP_IN, text, "the pinned servers, and no others", observed),
        *(
            _file(last, text, "after a stranger's drop-in, which adds to it", observed)
            if last
            else ()
        ),
        *(netplan_changes(drafted, observed) if drafted.files else ()),
        *([] if knows.ra_overrides else _advertised(observed, tree)),
        *_manager(facts, observed),
        *_enabled(decision, facts, observed),
        *_link(decision, facts, observed),
    ]
    return Pinning(tuple(changes), drafted, findings)


# --- mode resolved ---------------------------------------------------------------------


def _link(decision: Decision, facts: DnsFacts, observed: Observed) -> Iterator[Change]:
    """A link that leads where it shall stays as it is written."""
    if facts.conf.mode == decision.target:
        return
    uid, gid = observed.system.owner
    after = Image(Kind.SYMLINK, _LINKS[decision.target], _LINK_MODE, uid, gid)
    yield Change(PATH, observed.image(PATH), after, f"{decision.target}: {decision.whys[1]}")


def _enabled(decision: Decision, facts: DnsFacts, observed: Observed) -> Iterator[Change]:
    """Where it would not start at boot."""
    if facts.resolved != "disabled":
        return
    reason = f"systemd-resolved starts at boot: {decision.whys[0]}"
    for path, image in enabling(facts.units, observed.system.owner):
        if observed.image(path) == ABSENT:
            yield Change(path, ABSENT, image, reason)


def with_names(
    decision: Decision, observed: Observed, tree: Tree, knows: Knows
) -> tuple[Draft, tuple[Finding, ...]]:
    """The links with the default routes get the servers; no other link brings any."""
    drafted = Draft((), tree)
    findings: tuple[Finding, ...] = ()
    chosen = leading(observed, tree)
    for interface in _interfaces(observed, tree):
        ownership, faults = owners.find(interface, observed, drafted.tree)
        if ownership.netdef is None or ownership.netdef.renderer != "networkd":
            continue
        old = present(interface, observed.link(interface), ownership)
        leads = interface in chosen
        names = decision.servers if leads and decision.on_links else ()
        servers = [str(server) for server in names]
        search = decision.search if servers else ()
        body = with_pin(old, servers, search, ra_overrides=knows.ra_overrides)
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


def leading(observed: Observed, tree: Tree) -> frozenset[str]:
    """The interfaces that default routes lead through; of an image, those that may get one."""
    if observed.system.live:
        defaults = (route.link for route in observed.routes if route.to.prefixlen == 0)
        return frozenset(link for link in defaults if link)
    return frozenset(netdef.id for netdef in tree.netdefs if may_lead(netdef))


def may_lead(netdef: Netdef) -> bool:
    """Whether a default route may lead through it once it is up."""
    return bool(
        netdef.flag("dhcp4") or netdef.flag("dhcp6") or netdef.gateway(4) or netdef.gateway(6)
    )


def _advertised(observed: Observed, tree: Tree) -> Iterator[Change]:
    for netdef in tree.netdefs:
        if netdef.section in STATIC_SECTIONS and RA_OVERRIDES in sources(netdef):
            reason = f"routers name no servers for {netdef.id}; this netplan cannot say so"
            yield from _file(drop_in_path(netdef), network_drop_in(), reason, observed)


# --- mode direct -----------------------------------------------------------------------


def _direct(
    decision: Decision, facts: DnsFacts, observed: Observed, tree: Tree, knows: Knows
) -> Pinning:
    findings: list[Finding] = []
    text = resolv_conf(decision.servers, decision.search, facts.conf)
    changes = list(_file(PATH, text, "the pinned servers are asked directly", observed))
    for reader in decision.repoint:
        before = observed.image(KUBELET_CONFIG)
        try:
            data = repointed(KUBELET_CONFIG, before.data, HOST)
        except CannotEdit as fault:
            message = f"{KUBELET_CONFIG}: {fault.message}"
            remedy = f"Set resolvConf: {HOST} there yourself."
            findings.append(Finding(OWNER_NOT_EDITABLE, message, fault.position, remedy=remedy))
            continue
        if data != before.data:
            reason = f"{reader.program} reads {reader.path}, which goes with resolved"
            changes.append(Change(KUBELET_CONFIG, before, replace(before, data=data), reason))
    changes += _manager(facts, observed)
    if facts.resolved != "masked":
        changes += _masked(facts, observed)
    if knows.dns_at_boot:
        links = [n.id for n in tree.netdefs if n.section in STATIC_SECTIONS]
        reason = "netplan has the boot wait for resolved, which is not there"
        changes += _file(WAIT_ONLINE, wait_online_drop_in(), reason, observed) if links else ()
    return Pinning(tuple(changes), findings=tuple(findings))


def _masked(facts: DnsFacts, observed: Observed) -> Iterator[Change]:
    """The service and its sockets, which go on listening without it (systemd 257 and later)."""
    names = [basename(unit.path) for unit in facts.units]
    for path in enabled(names, observed):
        yield Change(path, observed.image(path), ABSENT, "nothing starts systemd-resolved")
    for name in names:
        if (before := observed.image(mask(name))) != masking(observed.system.owner):
            after = masking(observed.system.owner)
            yield Change(mask(name), before, after, "nobody else is to keep resolv.conf")


# --- both modes ------------------------------------------------------------------------


def _manager(facts: DnsFacts, observed: Observed) -> Iterator[Change]:
    """NetworkManager would name its links' servers, in resolv.conf or to resolved (F40)."""
    if facts.networkmanager is not None:
        reason = "NetworkManager leaves DNS alone"
        yield from _file(networkmanager.OURS, manager_drop_in(), reason, observed)


def _file(path: str, data: bytes, reason: str, observed: Observed) -> Iterator[Change]:
    """The file that is ours whole; nothing if it is so already."""
    before = observed.image(path)
    if before.kind is Kind.FILE and before.data == data:
        return
    uid, gid = observed.system.owner
    yield Change(path, before, Image(Kind.FILE, data, 0o644, uid, gid), reason)
