"""Putting the old state back, from wherever a transaction stopped."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from hostnet.errors import HostnetError, Stranded
from hostnet.host.apply import netplan_apply
from hostnet.host.command import CommandError
from hostnet.host.commit import WriteFailed
from hostnet.host.earlyboot import start_network
from hostnet.host.hold import hold, release
from hostnet.host.immutable import set_immutable
from hostnet.host.networkd import forgive_networkd, networkd_runs, restart_networkd
from hostnet.host.services import bring_without_bus, reread_without_bus
from hostnet.model import ABSENT
from hostnet.ops import Apply, Hold, Lock, Reread, Restart, Revert, Service
from hostnet.protection.places import OPT_OUTS, PATHS, is_keeper
from hostnet.transaction import byhand
from hostnet.transaction.images import backward
from hostnet.transaction.marks import State
from hostnet.transaction.timing import APPLY, RESTART, SERVICE, VERIFY_UNDONE
from hostnet.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.change import Change
    from hostnet.host.files import Files
    from hostnet.ops import Op
    from hostnet.plan import Plan
    from hostnet.transaction.journal import Journal
    from hostnet.verification import Expectation


def undo(journal: Journal, files: Files, *, at_boot: bool = False) -> tuple[str, ...]:
    """Undo the transaction unless it is settled, and observe that the old state is back.

    ``at_boot`` nothing can be observed yet: the files are put back, and networkd starts
    with them. Safe to call again at any point. Returns the files it put back. Raises
    Stranded.
    """
    reached = journal.state
    if reached.is_settled:
        return ()
    if reached is State.PREPARED:
        journal.mark(State.UNDONE)
        return ()
    plan = journal.plan()
    # Where the journal's disk has become read-only, going back may succeed all the same.
    with suppress(HostnetError):
        journal.mark(State.UNDOING)
    # At boot the kernel has nothing yet that anyone could lose.
    held = None if at_boot else _hold(plan)
    try:
        with ExitStack() as kept:
            if held is not None:
                from hostnet.transaction.keeping import keeping

                with suppress(CommandError):
                    hold(held.held)
                with suppress(HostnetError):
                    kept.enter_context(keeping(held, journal))
            changes = backward(plan, reached, files.image)
            _go_back(plan, changes, journal, files, at_boot=at_boot)
    except HostnetError as error:
        stranded = Stranded(
            "the old state could not be verified to be back",
            f"{error.what}: {error.why}" if error.why else error.what,
            byhand.back(plan, journal),
        )
        with suppress(HostnetError):
            journal.keep("stranded", stranded)
            journal.mark(State.STRANDED)
        # What is held stays so: where networkd does not come back, nothing else serves the
        # host's addresses, and somebody has to reach it to put it right.
        raise stranded from error
    if held is not None:
        release()
    journal.mark(State.UNDONE)
    return tuple(change.path for change in changes)


def _hold(plan: Plan) -> Hold | None:
    """The trial's own hold, begun again even if it still lasts: what moved goes back."""
    holds = [op for op in (*plan.trial, *plan.promotion) if isinstance(op, Hold)]
    if not holds:
        return None
    return replace(holds[0], moved=tuple((new, old) for old, new in holds[-1].moved))


def _go_back(
    plan: Plan, changes: list[Change], journal: Journal, files: Files, *, at_boot: bool
) -> None:
    journal.tell("putting the old state back" + (NOT_VERIFIED if at_boot else ""))
    # What protects others is the last to go: without it networkd would take from them what
    # the old configuration does not speak of. But if networkd is dead, it may be why.
    last = [] if at_boot else [change for change in changes if _protects(change)]
    if last and not networkd_runs():
        last = []
    ops = (*plan.trial, *plan.promotion)
    locks = [op for op in ops if isinstance(op, Lock)]
    for lock in locks:
        set_immutable(lock.path, immutable=False)
    _commit([change for change in changes if change not in last], journal, files)
    sweep(plan, files)
    for lock in locks:
        set_immutable(lock.path, immutable=lock.was)
    # In the order in which they became otherwise: a socket before its service, either way.
    services = [op for op in ops if isinstance(op, Service)]
    if at_boot:
        if changes:
            start_network([(op.unit, "fresh" if op.ran else "stopped") for op in services])
        return
    _bring_back(services, rereads=any(isinstance(op, Reread) for op in ops))
    if any(isinstance(op, Restart) for op in (*plan.trial, *plan.promotion)):
        _restart(changes, plan)
    if any(isinstance(op, Apply) for op in (*plan.trial, *plan.promotion)):
        _apply(plan)
    elif plan.before is not None:
        _verify(plan.before)
    _set_again(ops)
    _commit(last, journal, files)


def _bring_back(services: list[Service], *, rereads: bool) -> None:
    """Each service as it was. Raises CommandError."""
    if rereads:
        reread_without_bus(SERVICE)
    for op in dict.fromkeys(services):
        bring_without_bus(op.unit, "fresh" if op.ran else "stopped", SERVICE)


def _set_again(ops: Iterable[Op]) -> None:
    """What a program had set for links by call; it is not worth failing for."""
    for op in ops:
        if isinstance(op, Revert) and op.servers:
            from hostnet.host.resolving import set_again

            with suppress(HostnetError):
                set_again(op.link, op.servers, op.domains)


def _commit(changes: list[Change], journal: Journal, files: Files) -> None:
    try:
        files.commit(changes)
    except WriteFailed:
        # Most likely a full disk, and this is what the room was kept for.
        journal.make_room()
        files.commit(changes)


def _protects(change: Change) -> bool:
    return change.after == ABSENT and (change.path in PATHS or is_keeper(change.path))


def _restart(changes: list[Change], plan: Plan) -> None:
    """Start networkd if it is dead, or anew where its opt-outs are back.

    For then it takes nothing away; else it goes on with those it has until its next start,
    which harms nobody. Raises CommandError if there is no other step that would show it.
    """
    are_back = any(change.path == OPT_OUTS and change.after != ABSENT for change in changes)
    if networkd_runs() and not are_back:
        return
    try:
        restart_networkd(RESTART)
    except CommandError:
        if plan.before is None:
            raise


def _apply(plan: Plan) -> None:
    """Put the old files in force. What is observed decides, whatever netplan says of itself.

    One that failed, or was killed, is given a second try if the old state is not back; and
    networkd a new one to start, which systemd refuses after five in ten seconds.
    """
    with suppress(CommandError):
        forgive_networkd()
    try:
        netplan_apply(APPLY)
    except CommandError:
        with suppress(HostnetError):
            if plan.before is not None:
                _verify(plan.before)
                return
            forgive_networkd()
        netplan_apply(APPLY)
    if plan.before is not None:
        _verify(plan.before)


def _verify(before: Expectation) -> None:
    # Not at boot: it brings D-Bus along.
    from hostnet.host.verify import verify

    verify(before, VERIFY_UNDONE, RESTART)


NOT_VERIFIED = " (while booting: the network is not up, so nothing is verified)"


def sweep(plan: Plan, files: Files) -> None:
    """Remove the temporary files that a killed commit left beside the plan's files."""
    for folder in dict.fromkeys(change.path.rpartition("/")[0] for change in plan.writes):
        with suppress(HostnetError):
            files.sweep(folder)
