"""The steps of a change of the running host: the trial in /run, then the promotion to /etc.

A reboot forgets the trial. It has the addresses that leave beside those that come; the
promotion drops them.
"""

from __future__ import annotations

from posixpath import basename
from typing import TYPE_CHECKING

from hostnet.change import Change, Write
from hostnet.expectations import (
    expectation,
    is_so,
    others,
    present,
    standing,
    staying,
    ways,
)
from hostnet.model import Image, Kind
from hostnet.ops import Apply, Held, Hold, Release, Restart, Verify
from hostnet.own import ours, successors
from hostnet.owner import OUR_FILE, is_netplans_file
from hostnet.plan import OUR_MODE, TRIAL, lasting
from hostnet.value import replace
from hostnet.verification import ExpectedRoute

_NOTHING = b"network: {version: 2}\n"

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.complete import Completed
    from hostnet.draft import Draft
    from hostnet.ledger.own import Own
    from hostnet.model import IP, Address, Observed
    from hostnet.netplan.tree import Tree
    from hostnet.ops import Op
    from hostnet.plan import Plan
    from hostnet.protection.changes import Protection
    from hostnet.verification import Expectation


def steps(
    plan: Plan,
    completed: Completed,
    tree: Tree,
    final: Draft,
    trial: Draft,
    observed: Observed,
) -> Plan:
    """The plan with all that it takes to put its changes in force, and to tell that they are.

    If the files are as asked and the host is, too, the plan stays empty.
    """
    link = observed.link(completed.interface)
    netdef = final.tree.netdef(completed.id)
    assert link is not None
    assert netdef is not None
    wanted = expectation(netdef, link, absent=completed.leaving)
    # What another source gives and nobody asked to drop must be there again, too.
    stay = staying(wanted, completed.leaving, link)
    wanted = replace(wanted, addresses=(*wanted.addresses, *stay))
    elsewhere = others(link, observed, final.tree)
    before = present(wanted, completed.leaving, link, observed)
    own = ours((tree, final.tree, trial.tree), completed.leaving, observed)
    if not plan.changes:
        if is_so(wanted, link, observed):
            return plan
        reason = f"the files are as asked, but {link.name} is not: apply them again"
        promotion = _applied(wanted, elsewhere, observed, own)
        return replace(plan, promotion=promotion, before=before, reasons=(*plan.reasons, reason))
    writes = _trial_writes(trial, observed)
    moved = successors(completed.leaving, wanted)
    tried = replace(wanted, addresses=(*completed.leaving, *wanted.addresses), absent=())
    dropped = tuple(Write(write.change.inverse) for write in reversed(writes))
    return replace(
        plan,
        trial=(*writes, *_applied(tried, elsewhere, observed, own)),
        promotion=(
            *plan.promotion,
            *dropped,
            *_applied(wanted, elsewhere, observed, own, moved),
        ),
        before=before,
    )


def refiled(
    plan: Plan, changes: tuple[Change, ...], trees: tuple[Tree, Tree], observed: Observed
) -> Plan:
    """The plan that changes these files of netplan's, and no address.

    ``trees`` are its configuration as it is, and as it shall be. What is kept is what was
    tried, byte for byte, so it is not applied once more.
    """
    by_default = {route.link for route in observed.routes if route.to.prefixlen == 0}
    expected = sorted(standing(observed, trees[0]), key=lambda each: each.link not in by_default)
    seen = tuple(_as_now(each, observed) for each in expected)
    writes = tuple(
        Write(_shadow(change, observed))
        for change in changes
        if is_netplans_file(change.path, observed)
    )
    tried: tuple[Op, ...] = ()
    if writes:
        tried = (*writes, *_kept_up(Apply(), seen, observed, ours(trees, (), observed)))
    dropped = (Write(write.change.inverse) for write in reversed(writes))
    return replace(
        plan,
        changes=changes,
        trial=tried,
        promotion=(*map(Write, changes), *dropped, *map(Verify, seen[:1])),
        before=seen[0] if seen else None,
    )


def partition(
    changes: Iterable[Change], observed: Observed
) -> tuple[tuple[Change, ...], tuple[Change, ...]]:
    """The changes of netplan's files, and the others."""
    several = tuple(changes)
    netplan = tuple(c for c in several if is_netplans_file(c.path, observed))
    return netplan, tuple(change for change in several if change not in netplan)


def protected(
    plan: Plan,
    protection: Protection,
    trees: tuple[Tree, ...],
    leaving: tuple[Address, ...],
    observed: Observed,
) -> Plan:
    """The plan with the protection of the container network before all else.

    ``trees`` are netplan's files in every state it goes through, as they are first. The files
    lie in /etc from the beginning: they do no harm if they outlive a power cut.
    """
    writes = tuple(map(Write, protection.changes))
    reasons = (*plan.reasons, *protection.reasons)
    if not observed.system.live:
        promotion = (*writes, *plan.promotion)
        return replace(plan, changes=lasting(promotion), promotion=promotion, reasons=reasons)
    if not writes and not protection.unloaded:
        return plan
    expected = standing(observed, trees[0])
    own = ours(trees, leaving, observed)
    trial = (*writes, *_kept_up(Restart(), expected, observed, own), *plan.trial)
    by_default = {route.link for route in observed.routes if route.to.prefixlen == 0}
    reached = sorted(expected, key=lambda each: each.link not in by_default)
    return replace(
        plan,
        changes=lasting((*trial, *plan.promotion)),
        trial=trial,
        before=plan.before or next(iter(reached), None),
        reasons=reasons,
    )


def _applied(
    wanted: Expectation,
    elsewhere: tuple[Expectation, ...],
    observed: Observed,
    own: Own,
    moved: tuple[tuple[IP, IP], ...] = (),
) -> tuple[Op, ...]:
    """The steps that put netplan's files in force."""
    return _kept_up(Apply(), (wanted, *elsewhere), observed, own, moved)


def _kept_up(
    op: Apply | Restart,
    expected: tuple[Expectation, ...],
    observed: Observed,
    own: Own,
    moved: tuple[tuple[IP, IP], ...] = (),
) -> tuple[Op, ...]:
    """The step, without silence.

    networkd takes every address and route away before it sets the new ones (15-20 ms on
    systemd 252, once for each of netplan's two calls), so the kernel holds them meanwhile;
    and with them what is others'.
    """
    held = (Held(each.link, each.addresses, ways(each, observed)) for each in expected)
    hold = Hold(tuple(each for each in held if each.addresses), own, moved)
    return (hold, op, *map(Verify, expected), Release())


def _as_now(each: Expectation, observed: Observed) -> Expectation:
    """That the link's addresses and default routes are there, by which it is asked."""
    routes = tuple(
        ExpectedRoute(route.to, route.via)
        for route in observed.routes
        if route.link == each.link and route.to.prefixlen == 0
    )
    return replace(each, routes=routes)


def _shadow(change: Change, observed: Observed) -> Change:
    """The change in /run; a file that goes is shadowed by one that says nothing."""
    uid, gid = observed.system.owner
    data = change.after.data if change.after.kind is Kind.FILE else _NOTHING
    after = Image(Kind.FILE, data, OUR_MODE, uid, gid)
    path = TRIAL + basename(change.path)
    return Change(path, observed.image(path), after, "trial; a reboot forgets it")


def _trial_writes(trial: Draft, observed: Observed) -> tuple[Write, ...]:
    """The files of the trial, which in /run shadow those of the same name in /etc."""
    uid, gid = observed.system.owner
    writes = []
    for file, data, _ in sorted(trial.files, key=lambda change: change[0].path != OUR_FILE):
        path = TRIAL + basename(file.path)
        after = Image(Kind.FILE, data, OUR_MODE, uid, gid)
        change = Change(path, observed.image(path), after, "trial; a reboot forgets it")
        writes.append(Write(change))
    return tuple(writes)
