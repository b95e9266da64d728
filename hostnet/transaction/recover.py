"""What an earlier transaction left open is settled: the one mechanism for all who need it.

At boot (hostnet-recover.service), by hand (`hostnet recover`), and before every change.
Nothing here needs D-Bus, which is not there when the system boots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.errors import Busy, HostnetError, Stranded
from hostnet.findings import CHANGE_OPEN, Finding
from hostnet.host.announce import RECOVERED, announce, announce_stranded
from hostnet.host.observe import is_active, is_privileged
from hostnet.result import Recovery
from hostnet.transaction import OPEN
from hostnet.transaction.fates import fates
from hostnet.transaction.journal import Journal
from hostnet.transaction.marks import State
from hostnet.transaction.redo import redo
from hostnet.transaction.undo import undo
from hostnet.transaction.waiting import seconds_left

if TYPE_CHECKING:
    from hostnet.host.files import Files
    from hostnet.result import RecoveryOutcome

_FORWARD = (State.PROMOTING, State.HALTED)
NOTHING_OPEN = Recovery("nothing-open")


def recover(files: Files, *, at_boot: bool = False, retry: bool = False) -> Recovery:
    """Undo or redo an open transaction whose service is dead, and say so to everyone.

    ``retry``: also one that was given up, since the operator says that he has put right
    what was in the way. Only for whoever holds the lock.

    Raises Busy if its service is still at work, Stranded if it cannot be settled.
    """
    journal = Journal.open(files)
    if journal is None:
        return NOTHING_OPEN
    try:
        if not _is_open(journal, retry=retry):
            return NOTHING_OPEN
        done = _settle(journal, files, at_boot=at_boot)
    except Stranded as error:
        if files.is_host:
            announce_stranded(error)
        raise
    if files.is_host and (done.files or done.verified):
        announce(f"hostnet: {done}", RECOVERED)
    return done


def left_open(files: Files) -> tuple[Finding, ...]:
    """That a change is open which nobody works on, for whoever looks at the host.

    An ordinary user may not read the journal; he is told that there is one.
    """
    journal = Journal.open(files) if is_privileged() else None
    if journal is None:
        hidden = not is_privileged() and files.exists(OPEN)
        return (Finding(CHANGE_OPEN, "a change is open; what became of it, root can see"),) * hidden
    if is_active(journal.unit) or not journal.is_whole:
        return ()
    try:
        state = journal.state
        subject = f" of {journal.plan().subject}"
    except Stranded as error:
        return (Finding(CHANGE_OPEN, f"{error.what}: {error.why}"),)
    if state.is_settled or state is State.PREPARED:
        return ()  # Nothing is done, or nothing is left to do; the next change tidies up.
    how = "ended badly" if state.is_final else "was cut short"
    return (Finding(CHANGE_OPEN, f"a change{subject} {how}; its journal is {journal.folder}"),)


def _is_open(journal: Journal, *, retry: bool) -> bool:
    if is_active(journal.unit):
        if journal.is_whole and journal.state is State.WAITING:
            token = journal.token
            raise Busy(
                f"the change of {journal.plan().subject} waits for confirmation",
                f"{token} is undone in {seconds_left(journal)} s",
                f"hostnet confirm {token} keeps it, hostnet cancel {token} undoes it now.",
            )
        raise Busy(
            "another change is under way",
            f"its service is {journal.unit}",
            f"Wait for it, or have it undone: systemctl stop {journal.unit}",
        )
    if not journal.is_whole or journal.state.is_settled:
        # A crash came between a mark and its tidying up, or before anything was done.
        journal.close()
        return False
    return retry or not journal.state.is_final


def _settle(journal: Journal, files: Files, *, at_boot: bool) -> Recovery:
    verified = not at_boot and journal.state is not State.PREPARED
    why = ""
    if journal.state in _FORWARD:
        try:
            written = redo(journal, files, at_boot=at_boot)
            return _done("committed", journal, written, verified=verified)
        except Stranded:
            raise
        except HostnetError as error:
            why = f"{error.what}: {error.why}" if error.why else error.what
    written = undo(journal, files, at_boot=at_boot)
    return _done("undone", journal, written, verified=verified, why=why)


def _done(
    outcome: RecoveryOutcome,
    journal: Journal,
    written: tuple[str, ...],
    *,
    verified: bool,
    why: str = "",
) -> Recovery:
    became = fates(journal)
    return Recovery(
        outcome,
        journal.plan().subject,
        journal.folder,
        written,
        verified=verified,
        why=why,
        restored=became.restored,
        lost=became.lost,
    )
