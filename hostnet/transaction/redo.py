"""Finishing a promotion that was cut short: after its mark, recovery goes forward."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hostnet.change import Write
from hostnet.errors import HostnetError, Stranded
from hostnet.host.earlyboot import start_network
from hostnet.host.immutable import set_immutable
from hostnet.ops import Lock, Service
from hostnet.transaction import byhand
from hostnet.transaction.images import Foreign, forward
from hostnet.transaction.marks import State
from hostnet.transaction.undo import NOT_VERIFIED, sweep

if TYPE_CHECKING:
    from hostnet.change import Change
    from hostnet.host.files import Files
    from hostnet.plan import Plan
    from hostnet.transaction.journal import Journal


def redo(journal: Journal, files: Files, *, at_boot: bool = False) -> tuple[str, ...]:
    """Write what is left of the promotion, put it in force and observe it.

    ``at_boot`` nothing can be observed yet: the files are completed, and networkd starts
    with them. Returns the files it wrote. Raises Stranded where a file is a stranger's:
    then neither way is open, and nothing is touched. Any other HostnetError means that the
    new state does not hold, and that the old one must come back.
    """
    plan = journal.plan()
    try:
        changes = forward(plan, files.image)
    except Foreign as error:
        halted = Stranded(
            "the change could not be completed",
            f"{error.what}: {error.why}",
            byhand.forward(plan, journal),
        )
        with suppress(HostnetError):
            journal.keep("stranded", halted)
            journal.mark(State.HALTED)
        raise halted from error
    with suppress(HostnetError):
        journal.tell("completing the change" + (NOT_VERIFIED if at_boot else ""))
    _go_forward(plan, changes, journal, files, at_boot=at_boot)
    journal.mark(State.COMMITTED)
    return tuple(change.path for change in changes)


def _go_forward(
    plan: Plan, changes: list[Change], journal: Journal, files: Files, *, at_boot: bool
) -> None:
    files.commit(changes)
    sweep(plan, files)
    if at_boot:
        for op in plan.promotion:
            if isinstance(op, Lock):
                set_immutable(op.path, immutable=op.immutable)
        if changes:
            services = (op for op in plan.trial if isinstance(op, Service))
            start_network([(op.unit, op.wish) for op in services])
        return
    # Not at boot: it brings D-Bus along.
    from hostnet.transaction.perform import perform

    perform([op for op in plan.promotion if not isinstance(op, Write)], files, journal)
