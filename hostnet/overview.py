"""The walk of `hostnet status`; apart from the others, whose parts it does not need."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hostnet.checks import tree as tree_checks
from hostnet.findings import FILE_UNREADABLE, Finding
from hostnet.host import links, observe as observing
from hostnet.host.files import Files
from hostnet.host_status import Status, status as put_together
from hostnet.netplan.tree import load
from hostnet.transaction import OPEN

if TYPE_CHECKING:
    from hostnet.result import Pending


def status() -> Status:
    """How the running host stands. Reads only, and starts nothing."""
    with Files("/") as files:
        observed = observing.observe(files)
        left, waiting = _open(files)
    if not observed.system.live:
        # Without systemd nothing can be changed here, but the kernel has links all the same.
        found, routes = links.read()
        observed = replace(observed, links=found, routes=routes)
    tree, faults = load(observed.netplan_files)
    if not observed.system.privileged:
        advice = "Run: sudo hostnet status"
        faults = tuple(
            replace(fault, remedy=advice, older=True) if fault.rule is FILE_UNREADABLE else fault
            for fault in faults
        )
    findings = (*left, *faults, *tree_checks.check(tree))
    return put_together(observed, tree, findings, waiting)


def _open(files: Files) -> tuple[tuple[Finding, ...], Pending | None]:
    """What is to be told of a change that is open."""
    if not files.exists(OPEN):
        return (), None
    from hostnet.transaction.pending import pending
    from hostnet.transaction.recover import left_open

    return left_open(files), pending(files)
