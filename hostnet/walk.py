"""The walk that every change of a host takes, whatever is changed, from the lock to the result."""

from __future__ import annotations

import time
from contextlib import ExitStack
from shlex import join
from typing import TYPE_CHECKING

from hostnet.diff import diffs
from hostnet.errors import Busy, UsageError, refusal
from hostnet.findings import without
from hostnet.host.files import Files
from hostnet.host.observe import is_active, is_privileged
from hostnet.planning import Setting
from hostnet.request import ignored_rules
from hostnet.result import Result
from hostnet.telling import Tell, silent
from hostnet.transaction import KEEPERS, LOCK
from hostnet.transaction.timing import KEEPERS_WORK, POLL
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hostnet.findings import Finding, Rule
    from hostnet.plan import Plan
    from hostnet.planning import Prepared
    from hostnet.probes import Probe
    from hostnet.result import Outcome, Pending
    from hostnet.transaction.journal import Journal


class Manner(Value):
    """How a change is to be made, as texts like those of the command line.

    `hostnet.operations.static` says what each of them means.
    """

    root: str = "/"
    dry_run: bool = False
    confirm: float | None = None
    probes: Sequence[str] = ()
    no_probe: Sequence[str] = ()
    ignore: Sequence[str] = ()
    progress: Tell = silent
    notice: Tell = silent
    attend: Callable[[Pending], None] | None = None


def walk(change: str, prepare: Callable[[Setting], Prepared], manner: Manner) -> Result:
    """Plan the change (``change`` is its command) and carry it out in this manner.

    Raises what ``prepare`` does, UsageError, Refused, Unsuitable, Busy, RolledBack, Stranded.
    """
    ignored = ignored_rules(manner.ignore)
    probes = _probes(manner.probes)
    if manner.confirm is not None:
        _demand_window(manner.confirm, manner.root)
    perform = not manner.dry_run
    with Files(manner.root) as files, ExitStack() as lock:
        # Who may not change the host is told so below, and not that a lock is not his.
        if perform and (not files.is_host or is_privileged()):
            _enter(lock, files)
        if perform and files.is_host and manner.confirm is not None:
            from hostnet.confirmation import extended

            if (journal := extended(files, change, manner.confirm)) is not None:
                lock.close()
                return _followed(journal, files, journal.plan(), (), manner)
        again = f"{change} {join(_options(manner, ignored))}".rstrip()
        prepared = prepare(Setting(files, ignored, again, perform, manner.progress))
        plan, findings = prepared.plan, prepared.findings
        if plan.is_empty:
            return _result("already-so", plan, findings)
        if not perform:
            return _result("planned", plan, findings)
        if not prepared.observed.system.live:
            files.commit(plan.writes)
            return _result("written", plan, findings)
        from hostnet.host.interrupts import held
        from hostnet.preflight import preflight

        manner.progress("asking the network")
        plan, found = preflight(prepared, files, probes, manner.no_probe)
        findings += without(found, ignored)
        if any(finding.is_error for finding in findings):
            raise refusal(f"{plan.subject} is left as it is", findings)

        with held():
            journal = _begin(plan, prepared.leases_left, files, change, manner)
            # From here on the journal and its service tell others that a change is open.
            lock.close()
            return _followed(journal, files, plan, findings, manner)


def _enter(lock: ExitStack, files: Files) -> None:
    """Take the lock; whoever keeps a pin has it for a moment only. Raises Busy."""
    end = time.monotonic() + KEEPERS_WORK
    while True:
        try:
            lock.enter_context(files.lock(LOCK))
        except Busy:
            if time.monotonic() > end or not (files.is_host and any(map(is_active, KEEPERS))):
                raise
            time.sleep(POLL)
        else:
            return


def _options(manner: Manner, ignored: tuple[Rule, ...]) -> list[str]:
    """Never for another root than was named."""
    words = ["--root", manner.root] * (manner.root != "/") + ["--dry-run"] * manner.dry_run
    words += [] if manner.confirm is None else ["--confirm", f"{manner.confirm:g}"]
    words += _each("--probe", manner.probes) + _each("--no-probe", manner.no_probe)
    return words + _each("--ignore", [rule.id for rule in ignored])


def _followed(
    journal: Journal,
    files: Files,
    plan: Plan,
    findings: tuple[Finding, ...],
    manner: Manner,
) -> Result:
    from hostnet.transaction.fates import fates
    from hostnet.transaction.following import follow
    from hostnet.transaction.marks import State
    from hostnet.transaction.pending import of

    waits = follow(journal, files, manner.progress, attend=manner.attend) is State.WAITING
    result = _result("pending" if waits else "committed", plan, findings)
    became = fates(journal)
    return replace(
        result,
        pending=of(journal) if waits else None,
        restored=became.restored,
        lost=became.lost,
    )


def _begin(
    plan: Plan,
    leases: tuple[float, ...],
    files: Files,
    change: str,
    manner: Manner,
) -> Journal:
    """Have the service begin, after telling the operator what happens to his connection."""
    from hostnet.host.session import session_address
    from hostnet.transaction.marks import Asked
    from hostnet.transaction.service import begin
    from hostnet.transaction.timing import WINDOW

    confirm, notice, longest = manner.confirm, manner.notice, 0.0
    if confirm is not None:
        longest = min([WINDOW[1], *leases])
        if longest < confirm:
            notice(f"the window is {longest:.0f} s, for the lease of the old address ends then")
    journal = begin(plan, Asked(change, confirm, longest), files)
    here = session_address()
    if plan.wanted is not None and here in plan.wanted.absent:
        there = " or ".join(str(address.ip) for address in plan.wanted.addresses)
        notice(
            f"this session ends at {here}, which goes when the change is kept: "
            f"connect to {there}; the change is {journal.token}"
        )
    return journal


def _result(
    outcome: Outcome,
    plan: Plan,
    findings: tuple[Finding, ...],
) -> Result:
    return Result(outcome, plan, diffs(plan), findings, tuple(map(str, findings)))


def _demand_window(seconds: float, root: str) -> None:
    from hostnet.transaction.timing import WINDOW

    shortest, longest = WINDOW
    if not shortest <= seconds <= longest:
        raise UsageError(
            f"--confirm {seconds:g} is no number of seconds from {shortest:.0f} to {longest:.0f}",
            "",
            "120 is ample for a new SSH connection.",
        )
    if root != "/":
        raise UsageError(
            "--confirm is of no use with --root",
            "the files of an image are written, not tried",
            "Leave one of the two out.",
        )


def _probes(texts: Sequence[str]) -> tuple[Probe, ...]:
    """The operator's own probes. Raises UsageError."""
    if not texts:
        return ()
    from hostnet.probes import parse_probe

    return tuple(map(parse_probe, texts))


def _each(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]
