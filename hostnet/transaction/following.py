"""Watching a change that its service performs, until it is settled or waits.

All that is looked at is the journal and the service's control group, so this works without
D-Bus, and as well for a change that another command began.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hostnet.errors import RolledBack, Stranded
from hostnet.host.announce import announce_stranded
from hostnet.host.command import run
from hostnet.host.interrupts import held
from hostnet.host.observe import is_active
from hostnet.transaction.fates import fates
from hostnet.transaction.marks import State
from hostnet.transaction.pending import of
from hostnet.transaction.timing import POLL, START, UNDO_LIMIT
from hostnet.transaction.undo import undo

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostnet.host.files import Files
    from hostnet.result import Pending
    from hostnet.telling import Tell
    from hostnet.transaction.journal import Journal

_STOP = 10.0
"""For systemctl to pass on a stop."""

_LOOKS = 3
"""At a control group that is not there, before its service counts as dead."""


def follow(
    journal: Journal,
    files: Files,
    progress: Tell,
    *,
    attend: Callable[[Pending], None] | None = None,
) -> State:
    """Watch until it is committed, or waits; ``attend`` is told that, and it is watched on.

    An interrupt (Ctrl-C) stops the service, which undoes, and is watched as well.
    Raises RolledBack if the old state is verified back, Stranded if it is not.
    """
    shown = dead = 0
    begun = time.monotonic()
    with held() as pause:
        while True:
            dead = 0 if is_active(journal.unit) else dead + 1
            # Before what was told: all of it is then shown when the state is the last.
            state = journal.state
            told = journal.told()
            for line in told[shown:]:
                progress(line)
            shown = len(told)
            if state.is_final:
                break
            if state is State.WAITING:
                if attend is None:
                    return state
                attend(of(journal))
                attend = _attended
            if dead > _LOOKS and _is_over(state, time.monotonic() - begun):
                # Service and undo were both killed; their work is taken over here.
                _take_over(journal, files)
                break
            if pause(POLL):
                progress("interrupted: undoing")
                run(["systemctl", "stop", "--no-block", journal.unit], timeout=_STOP, accept=None)
        return _verdict(journal)


def _take_over(journal: Journal, files: Files) -> None:
    try:
        undo(journal, files)
    except Stranded as error:
        announce_stranded(error)
        raise


def _attended(_pending: Pending) -> None:
    """It was said already."""


def _is_over(state: State, waited: float) -> bool:
    """Whether a service that has no processes will get none: systemd may be slow to start it."""
    return state is not State.PREPARED or waited > START


def _verdict(journal: Journal) -> State:
    state = journal.state
    _wait_gone(journal.unit)
    if state is State.COMMITTED:
        return state
    failure = journal.kept("failure")
    what = failure.what if failure else "the change was stopped before it was complete"
    why = failure.why if failure else ""
    if state is State.UNDONE:
        raise RolledBack(what, why, _remedy(journal))
    stranded = journal.kept("stranded")
    raise Stranded(
        "the change failed, and the old state could not be verified to be back",
        f"{what}: {why}" if why else what,
        stranded.remedy if stranded else f"See {journal.folder}.",
    )


def _remedy(journal: Journal) -> str:
    lost = fates(journal).lost
    if not lost:
        return "The old state is back and was verified; nothing needs to be done."
    lines = (f"  {each}" for each in lost)
    return "\n".join(["The old state is back and was verified, but for what others had:", *lines])


def _wait_gone(unit: str) -> None:
    """It says so before it ends; whoever returns leaves nothing at work behind."""
    end = time.monotonic() + UNDO_LIMIT
    while is_active(unit) and time.monotonic() < end:
        time.sleep(POLL)
