"""The walks of a change that waits: confirm it, cancel it, extend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.diff import diffs
from hostnet.errors import Busy, RolledBack, UsageError, needs_root, refusal
from hostnet.findings import CONFIRM_FROM_OLD_ADDRESS, Finding, without
from hostnet.host.files import Files
from hostnet.host.interrupts import held
from hostnet.host.observe import is_active, is_privileged
from hostnet.host.session import session_address
from hostnet.request import ignored_rules
from hostnet.result import Result
from hostnet.telling import Tell, silent
from hostnet.transaction.fates import fates
from hostnet.transaction.following import follow
from hostnet.transaction.journal import Journal
from hostnet.transaction.marks import Answer, State
from hostnet.transaction.pending import waiting
from hostnet.transaction.waiting import extend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.findings import Rule
    from hostnet.result import Outcome


def confirm(
    token: str | None = None, *, ignore: Sequence[str] = (), progress: Tell = silent
) -> Result:
    """Keep the change that waits; return once it is verified without the old address.

    Raises UsageError (nothing of this token), Refused (said over the address that goes,
    which proves nothing), Busy (still tried), RolledBack (too late), Stranded, Unsuitable.
    """
    ignored = ignored_rules(ignore)
    with _opened("confirm", token) as files:
        journal = _named(files, token)
        if journal.state is State.COMMITTED:
            return _result("already-so", journal)
        _demand_in_time(journal)
        if journal.state is State.WAITING and is_active(journal.unit):
            _demand_new_path(journal, ignored)
            return _said(Answer.CONFIRM, journal, files, progress)
        # It is being kept already, or undone: too late is told when that is verified.
        return _said(None, journal, files, progress)


def cancel(token: str | None = None, *, progress: Tell = silent) -> Result:
    """Undo the change that is tried or waits, at once; return once the old state is back.

    Raises UsageError, Busy (it is kept already), Stranded, Unsuitable.
    """
    with _opened("cancel", token) as files:
        journal = _named(files, token)
        if journal.state is State.UNDONE:
            return _result("already-so", journal)
        if journal.state in (State.PREPARED, State.TRIAL, State.WAITING):
            try:
                _said(Answer.CANCEL, journal, files, progress)
            except RolledBack:
                return _result("undone", journal)
        raise Busy(
            f"{journal.token} waits no more",
            f"the change of {journal.plan().subject} is {journal.state.value}",
            "To change it back, state the old address: hostnet static IFACE ADDRESS/PREFIX.",
        )


def extended(files: Files, asked: str, seconds: float) -> Journal | None:
    """Let the change that waits wait anew, if this is the very change; None otherwise."""
    journal = waiting(files)
    if journal is None or journal.asked.command != asked:
        return None
    extend(journal, seconds)
    return journal


def _said(answer: Answer | None, journal: Journal, files: Files, progress: Tell) -> Result:
    """Say it to the service, and follow what comes of it. Raises RolledBack, Stranded."""
    with held():
        if answer is not None:
            journal.say(answer)
        follow(journal, files, progress, attend=lambda _pending: None)
    return _result("committed", journal)


def _opened(verb: str, token: str | None) -> Files:
    if not is_privileged():
        again = f"hostnet {verb} {token or ''}".rstrip()
        raise needs_root(f"to {verb} a change needs root", again)
    return Files()


def _named(files: Files, token: str | None) -> Journal:
    """The change of this token; without one that which is open, else the last that waited."""
    journal = Journal.newest(files, token) if token else Journal.open(files)
    if journal is None and token is None:
        last = Journal.newest(files)
        journal = last if last is not None and last.deadline else None
    if journal is not None and journal.is_whole:
        return journal
    if token is None:
        raise UsageError("no change waits for confirmation")
    raise UsageError(
        f"no change is called {token!r}", "", "`hostnet status` names the one that waits."
    )


def _demand_in_time(journal: Journal) -> None:
    state, subject = journal.state, journal.plan().subject
    if state in (State.PREPARED, State.TRIAL):
        raise Busy(
            f"the change of {subject} is still tried",
            "",
            "Confirm it when it waits, over the new address.",
        )
    if state is State.UNDONE:
        raise RolledBack(
            f"too late: the change of {subject} is undone",
            "",
            "The old state is back; make the change again.",
        )
    if state not in (State.WAITING, State.PROMOTING, State.UNDOING):
        raise UsageError(
            f"the change of {subject} does not wait",
            f"it is {state.value}",
            "See `hostnet status`.",
        )


def _demand_new_path(journal: Journal, ignored: tuple[Rule, ...]) -> None:
    """Who confirms over the address that goes has not shown that the new one works."""
    wanted = journal.plan().wanted
    here = session_address()
    if wanted is None or here not in wanted.absent:
        return
    there = " or ".join(str(address.ip) for address in wanted.addresses)
    found = Finding(CONFIRM_FROM_OLD_ADDRESS, f"this session ends at {here}; connect to {there}")
    if without((found,), ignored):
        raise refusal("the change is not confirmed, and waits on", (found,))


def _result(outcome: Outcome, journal: Journal) -> Result:
    plan = journal.plan()
    shown = diffs(plan) if outcome not in ("already-so", "undone") else ()
    became = fates(journal)
    return Result(outcome, plan, shown, restored=became.restored, lost=became.lost)
