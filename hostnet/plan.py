"""From a completed request to a Plan: every file's change, every step, every reason.

Planning is pure. A live plan has two halves: the trial in /run, which a reboot
forgets, with the addresses that leave beside those that come; and the promotion to
/etc, which drops the trial. Below another root there is only the promotion's writing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from posixpath import basename
from typing import TYPE_CHECKING

from hostnet.change import (
    Apply,
    Change,
    Expectation,
    ExpectedRoute,
    Held,
    Hold,
    Op,
    Release,
    Verify,
    Write,
)
from hostnet.cloudinit import CLOUD_FILE, network_disabled
from hostnet.model import ABSENT, Image, Kind, Link, SourceFile
from hostnet.netplan.netdef import Netdef, as_ip, as_number
from hostnet.owner import OUR_FILE, is_netplans
from hostnet.templates import constant
from hostnet.verification import unmet

if TYPE_CHECKING:
    from hostnet.complete import Completed
    from hostnet.draft import Draft
    from hostnet.model import Address, Observed
    from hostnet.netplan.tree import Tree

OUR_MODE = 0o600
_TRIAL = "/run/netplan/"


@dataclass(frozen=True)
class Plan:
    """What is to be done to the host, and why.

    ``changes`` are the lasting ones, file by file. ``trial`` and ``promotion`` are all
    steps in their order; ``before`` is what must be observed again after an undo.
    ``trial_files`` and ``final_files`` are the netplan files of either state, for the
    oracle; nothing of the plan may be performed before it accepted both.
    """

    subject: str
    changes: tuple[Change, ...] = ()
    trial: tuple[Op, ...] = ()
    promotion: tuple[Op, ...] = ()
    before: Expectation | None = None
    reasons: tuple[str, ...] = ()
    trial_files: tuple[tuple[str, bytes], ...] = ()
    final_files: tuple[tuple[str, bytes], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether everything is already so."""
        return not self.changes and not self.trial and not self.promotion

    @property
    def writes(self) -> tuple[Change, ...]:
        """Every write in its order, trial first."""
        return tuple(op.change for op in (*self.trial, *self.promotion) if isinstance(op, Write))

    @property
    def wanted(self) -> Expectation | None:
        """What must be observed in the end of the link it changes."""
        ops = (op for op in self.promotion if isinstance(op, Verify))
        return next((op.expectation for op in ops), None)


def build(
    completed: Completed,
    final: Draft,
    trial: Draft,
    observed: Observed,
) -> Plan:
    """All steps of the change; an empty plan if the host already is as asked."""
    changes = [_lasting(file, data, reason, observed) for file, data, reason in final.files]
    changes += _mode_change(changes, observed)
    changes += _cloud_change(observed)
    # 90-hostnet.yaml first: between two renames the interface is defined twice, never not.
    changes.sort(key=lambda change: change.path != OUR_FILE)
    promotion = tuple(Write(change) for change in changes if change.before != change.after)
    plan = Plan(
        completed.id,
        lasting(promotion),
        promotion=promotion,
        reasons=completed.reasons,
        trial_files=_tree_files(observed, trial),
        final_files=_tree_files(observed, final),
    )
    link = observed.link(completed.interface)
    if not observed.system.live or link is None:
        return plan
    netdef = final.tree.netdef(completed.id)
    assert netdef is not None
    wanted = expectation(netdef, link, absent=completed.leaving)
    # What another source gives and nobody asked to drop must be there again, too.
    staying = _staying(wanted, completed, link)
    wanted = replace(
        wanted,
        addresses=(*wanted.addresses, *staying),
    )
    others = _others(link, observed, final.tree)
    if not promotion:
        if _is_so(wanted, link, observed):
            return plan
        reason = f"the files are as asked, but {link.name} is not: apply them again"
        steps = _applied(wanted, (), observed)
        return replace(
            plan,
            promotion=steps,
            before=_present(wanted, completed, link, observed),
            reasons=(*plan.reasons, reason),
        )
    trial_writes = _trial_writes(trial, observed)
    tried = replace(wanted, addresses=(*completed.leaving, *wanted.addresses), absent=())
    dropped = tuple(Write(write.change.inverse) for write in reversed(trial_writes))
    return replace(
        plan,
        trial=(*trial_writes, *_applied(tried, others, observed)),
        promotion=(*promotion, *dropped, *_applied(wanted, others, observed)),
        before=_present(wanted, completed, link, observed),
    )


def lasting(promotion: tuple[Op, ...]) -> tuple[Change, ...]:
    """The changes of files that outlive a reboot; the trial's in /run do not."""
    return tuple(
        op.change
        for op in promotion
        if isinstance(op, Write) and not op.change.path.startswith(_TRIAL)
    )


def expectation(netdef: Netdef, link: Link, *, absent: tuple[Address, ...] = ()) -> Expectation:
    """What the kernel, networkd and resolved must show once the Netdef is in force."""
    addresses = tuple(address for address, _ in netdef.addresses())
    servers = tuple(ip for text, _ in netdef.nameservers() if (ip := as_ip(text)))
    return Expectation(
        link.name,
        addresses,
        tuple(address.ip for address in absent),
        tuple(
            ExpectedRoute(route.to, route.via, route.metric)
            for route in netdef.routes()
            if route.is_main_default and route.via is not None
        ),
        servers,
        netdef.search(),
        as_number(netdef.body.text("mtu")),
        netdef.network_file,
    )


def _applied(wanted: Expectation, others: tuple[Verify, ...], observed: Observed) -> tuple[Op, ...]:
    """The steps that put the files in force, without silence.

    networkd takes every address and route away before it sets the new ones (15-20 ms on
    systemd 252, once for each of netplan's two calls), so the kernel holds them meanwhile.
    """
    held = [Held(wanted.link, wanted.addresses, _ways(wanted, observed))]
    for other in others:
        expected = other.expectation
        held.append(Held(expected.link, expected.addresses, _ways(expected, observed)))
    hold = Hold(tuple(each for each in held if each.addresses))
    return (hold, Apply(), Verify(wanted), *others, Release())


def _ways(wanted: Expectation, observed: Observed) -> tuple[ExpectedRoute, ...]:
    """The routes to hold: one to each destination, rather the new one than the present."""
    present = sorted(
        (route for route in observed.routes if route.link == wanted.link),
        key=lambda route: route.metric,
    )
    ways = {route.to: ExpectedRoute(route.to, route.via) for route in reversed(present)}
    ways |= {route.to: ExpectedRoute(route.to, route.via) for route in wanted.routes}
    return tuple(ways.values())


def _present(
    wanted: Expectation, completed: Completed, link: Link, observed: Observed
) -> Expectation:
    """What is so now, and must be so again after an undo.

    Addresses of other programs are not among it: netplan could not bring them back.
    """
    ours = dict.fromkeys((*completed.leaving, *wanted.addresses))
    return Expectation(
        link.name,
        tuple(address for address in ours if link.has(address)),
        (),
        tuple(
            ExpectedRoute(route.to, route.via, route.metric)
            for route in observed.routes
            if route.link == link.name and route.to.prefixlen == 0
        ),
        link.nameservers,
        link.search,
        link.mtu,
        link.network_file,
    )


def _others(link: Link, observed: Observed, tree: Tree) -> tuple[Verify, ...]:
    """That every other link keeps its addresses: netplan apply reconfigures them all."""
    static = {address for netdef in tree.netdefs for address, _ in netdef.addresses()}
    return tuple(
        Verify(
            Expectation(
                other.name,
                tuple(
                    have.address
                    for have in other.addresses
                    if other.has(have.address)
                    and have.scope == "global"
                    and not have.temporary
                    and (have.dynamic or have.address in static)
                ),
            )
        )
        for other in observed.links
        if other.name != link.name and is_netplans(other.network_file)
    )


def _staying(wanted: Expectation, completed: Completed, link: Link) -> tuple[Address, ...]:
    """Addresses by lease or advertisement that the change leaves alone.

    One that is now stated with another prefix length is not among them.
    """
    stated = {address.ip for address in wanted.addresses}
    return tuple(
        have.address
        for have in link.addresses
        if have.dynamic
        and have.scope == "global"
        and not (have.temporary or have.tentative or have.failed)
        and have.address not in completed.leaving
        and have.address.ip not in stated
    )


def _is_so(wanted: Expectation, link: Link, observed: Observed) -> bool:
    """Whether the kernel, and networkd's own view, already are as the files say."""
    names = (link.nameservers, link.search)
    return not unmet(wanted, observed.links, observed.routes, names)


def _lasting(file: SourceFile, data: bytes, reason: str, observed: Observed) -> Change:
    """The change in /etc.

    A file in /lib is shadowed by one of its name in /etc, and of a symlink the file that
    it leads to is changed.
    """
    uid, gid = observed.system.owner
    fresh = Image(Kind.FILE, data, OUR_MODE, uid, gid)
    if file.path == OUR_FILE and file.image.kind is Kind.ABSENT:
        return Change(OUR_FILE, ABSENT, fresh, reason)
    if file.path.startswith("/lib/"):
        return Change(f"/etc/netplan/{basename(file.path)}", ABSENT, fresh, reason)
    after = replace(file.image, data=data)
    if file.path == OUR_FILE:
        after = replace(after, mode=OUR_MODE)
    return Change(file.target or file.path, file.image, after, reason)


def _mode_change(changes: list[Change], observed: Observed) -> list[Change]:
    """Our own file is root's alone, also where nothing in it changes."""
    ours = next((file for file in observed.netplan_files if file.path == OUR_FILE), None)
    if ours is None or ours.image.kind is not Kind.FILE or ours.image.mode == OUR_MODE:
        return []
    if any(change.path in (OUR_FILE, ours.target) for change in changes):
        return []
    after = replace(ours.image, mode=OUR_MODE)
    reason = f"mode {ours.image.mode:04o} becomes 0600: it may hold secrets"
    return [Change(ours.target or OUR_FILE, ours.image, after, reason)]


def _cloud_change(observed: Observed) -> list[Change]:
    if not observed.system.cloud_init or network_disabled(observed.cloud_files):
        return []
    uid, gid = observed.system.owner
    after = Image(Kind.FILE, constant("99-hostnet-network.cfg"), 0o644, uid, gid)
    reason = "cloud-init would define the network again on the next new instance"
    return [Change(CLOUD_FILE, observed.image(CLOUD_FILE), after, reason)]


def _trial_writes(trial: Draft, observed: Observed) -> tuple[Write, ...]:
    """The files of the trial, which in /run shadow those of the same name in /etc."""
    uid, gid = observed.system.owner
    writes = []
    for file, data, _ in sorted(trial.files, key=lambda change: change[0].path != OUR_FILE):
        path = _TRIAL + basename(file.path)
        after = Image(Kind.FILE, data, OUR_MODE, uid, gid)
        change = Change(path, observed.image(path), after, "trial; a reboot forgets it")
        writes.append(Write(change))
    return tuple(writes)


def _tree_files(observed: Observed, drafted: Draft) -> tuple[tuple[str, bytes], ...]:
    """Path and bytes of every netplan file, as the oracle is to see them."""
    files = {file.path: file.data for file in observed.netplan_files}
    for file, data, _ in drafted.files:
        name = basename(file.path)
        files[f"/etc/netplan/{name}"] = data
    return tuple(files.items())
