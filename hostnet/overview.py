"""The walk of `hostnet status`; apart from the others, whose parts it does not need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.checks import tree as tree_checks
from hostnet.host.files import Files
from hostnet.host_status import Status, status as put_together
from hostnet.looking import look
from hostnet.transaction import OPEN

if TYPE_CHECKING:
    from hostnet.findings import Finding
    from hostnet.result import Pending


def status() -> Status:
    """How the running host stands. Reads only, and starts nothing."""
    with Files("/") as files:
        observed, tree, faults = look(files, "hostnet status")
        left, waiting = _open(files)
    findings = (*left, *faults, *tree_checks.check(tree))
    return put_together(observed, tree, findings, waiting)


def _open(files: Files) -> tuple[tuple[Finding, ...], Pending | None]:
    """What is to be told of a change that is open."""
    if not files.exists(OPEN):
        return (), None
    from hostnet.transaction.pending import pending
    from hostnet.transaction.recover import left_open

    return left_open(files), pending(files)
