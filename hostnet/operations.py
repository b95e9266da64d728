"""The walks that change a host, from what was asked to the result.

These functions are the library: the command line calls them and prints what they
return, nothing more.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from shlex import join
from typing import TYPE_CHECKING

from hostnet.diff import diffs
from hostnet.errors import UsageError, refusal
from hostnet.findings import without
from hostnet.host.files import Files
from hostnet.host.observe import is_privileged
from hostnet.planning import prepare
from hostnet.request import command_line, ignored_rules, parse
from hostnet.result import Result
from hostnet.telling import Tell, silent
from hostnet.transaction import LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hostnet.findings import Finding
    from hostnet.plan import Plan
    from hostnet.probes import Probe
    from hostnet.result import Outcome, Pending
    from hostnet.transaction.journal import Journal


def static(
    interface: str,
    addresses: Sequence[str] = (),
    *,
    gateways: Sequence[str] = (),
    on_link: bool = False,
    dns: Sequence[str] | None = None,
    search: Sequence[str] | None = None,
    routes: Sequence[str] = (),
    mtu: int | None = None,
    metric: int | None = None,
    keep_dhcp: bool = False,
    root: str = "/",
    dry_run: bool = False,
    confirm: float | None = None,
    probes: Sequence[str] = (),
    no_probe: Sequence[str] = (),
    ignore: Sequence[str] = (),
    progress: Tell = silent,
    notice: Tell = silent,
    attend: Callable[[Pending], None] | None = None,
) -> Result:
    """Give the interface fixed addresses, gateway and nameservers, and keep them.

    The arguments are texts as on the command line (``hostnet static --help``); all of
    them are parsed and checked before anything is written. Without addresses, what the
    link has now is pinned. Below another root the files are written for its next boot;
    on the running host (root "/") the change is tried, verified, and then kept; with
    ``confirm`` only if `hostnet.confirm` is called within so many seconds. When that wait
    begins this returns with the outcome ``pending``; or it calls ``attend`` and stays to
    the end. Asked for again meanwhile, the same change waits for so long anew.

    Before it begins the link is asked whether the addresses are free, and what is in use
    whether it answers; that, what the change brings, and ``probes`` must answer over the
    new path before it is kept. ``no_probe`` leaves out kinds or names of probes.

    ``progress`` is told of each step, ``notice`` of what the operator must know before it
    happens. An interrupt undoes. Raises Refused with all findings, Unsuitable, Busy,
    RolledBack, Stranded.
    """
    ignored = ignored_rules(ignore)
    asked = _probes(probes)
    if confirm is not None:
        _demand_window(confirm, root)
    request, findings = parse(
        interface, addresses, gateways=gateways, on_link=on_link, dns=dns, search=search,
        routes=routes, mtu=mtu, metric=metric, keep_dhcp=keep_dhcp,
    )  # fmt: skip
    perform = not dry_run
    with Files(root) as files, ExitStack() as lock:
        # Who may not change the host is told so below, and not that a lock is not his.
        if perform and (not files.is_host or is_privileged()):
            lock.enter_context(files.lock(LOCK))
        change = command_line(request)
        # The very command, to be pasted behind `sudo`: never for another root than was named.
        options = ["--root", root] * (root != "/") + ["--dry-run"] * dry_run
        options += [] if confirm is None else ["--confirm", f"{confirm:g}"]
        options += _each("--probe", probes) + _each("--no-probe", no_probe)
        options += _each("--ignore", [rule.id for rule in ignored])
        again = f"{change} {join(options)}".rstrip()
        if perform and files.is_host and confirm is not None:
            from hostnet.confirmation import extended

            if (journal := extended(files, change, confirm)) is not None:
                lock.close()
                return _followed(journal, files, journal.plan(), (), progress, attend)
        prepared = prepare(
            request, findings, files,
            ignored=ignored, again=again, perform=perform, progress=progress,
        )  # fmt: skip
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

        progress("asking the network")
        plan, found = preflight(prepared, files, asked, no_probe)
        findings += without(found, ignored)
        if any(finding.is_error for finding in findings):
            raise refusal(f"{request.interface} is left as it is", findings)

        with held():
            journal = _begin(plan, prepared.leases_left, files, change, confirm, notice)
            # From here on the journal and its service tell others that a change is open.
            lock.close()
            return _followed(journal, files, plan, findings, progress, attend)


def _followed(
    journal: Journal,
    files: Files,
    plan: Plan,
    findings: tuple[Finding, ...],
    progress: Tell,
    attend: Callable[[Pending], None] | None,
) -> Result:
    from hostnet.transaction.fates import fates
    from hostnet.transaction.following import follow
    from hostnet.transaction.marks import State
    from hostnet.transaction.pending import of

    waits = follow(journal, files, progress, attend=attend) is State.WAITING
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
    confirm: float | None,
    notice: Tell,
) -> Journal:
    """Have the service begin, after telling the operator what happens to his connection."""
    from hostnet.host.session import session_address
    from hostnet.transaction.marks import Asked
    from hostnet.transaction.service import begin
    from hostnet.transaction.timing import WINDOW

    longest = 0.0
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
