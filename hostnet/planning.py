"""From what was asked to a proved plan: observe, complete, check, plan, ask netplan.

Nothing is written here but a scratch root for netplan's own core. Every command that
changes the host plans this way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet import owner as owners
from hostnet.checks import host as host_checks, tree as tree_checks
from hostnet.complete import complete
from hostnet.dns.pin import Pin
from hostnet.draft import Draft, draft
from hostnet.errors import refusal
from hostnet.findings import (
    DNS_IS_PINNED,
    GATEWAY_MISSING,
    INTERFACE_MALFORMED,
    INTERFACE_UNKNOWN,
    NOTHING_TO_PIN,
    UNPROVEN,
    Finding,
    without,
)
from hostnet.host import observe as observing, oracle
from hostnet.netplan.netdef import PHYSICAL
from hostnet.netplan.tree import Tree, load
from hostnet.plan import PINNED, Plan, build
from hostnet.protection.places import is_asked
from hostnet.suitability import demand_live_change, demand_ours, demand_readable
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from hostnet.dns.chooser import Decision
    from hostnet.findings import Rule
    from hostnet.host.files import Files
    from hostnet.model import Netplan, Observed, Request
    from hostnet.pinbeside import Beside
    from hostnet.telling import Tell


class Setting(Value):
    """Where and how planning happens, whatever is asked for.

    ``perform``: the plan is to be carried out. ``again`` is the very command, to be pasted
    behind `sudo`.
    """

    files: Files
    ignored: tuple[Rule, ...]
    again: str
    perform: bool
    progress: Tell


class Prepared(Value):
    """A plan that netplan accepts, the host it was made for, and what is to be told."""

    plan: Plan
    observed: Observed
    findings: tuple[Finding, ...]
    pin: Decision | None = None
    """How DNS is pinned, if it is."""

    @property
    def leases_left(self) -> tuple[float, ...]:
        """Seconds for which the addresses that go are still this host's by lease."""
        wanted = self.plan.wanted
        link = self.observed.link(wanted.link) if wanted else None
        if wanted is None or link is None:
            return ()
        return tuple(
            float(have.valid_for)
            for have in link.addresses
            if have.valid_for is not None and have.address.ip in wanted.absent
        )


def prepare(
    request: Request,
    findings: tuple[Finding, ...],
    setting: Setting,
    pin: Pin | None = None,
) -> Prepared:
    """Plan the request; ``findings`` are those of its parsing, ``pin`` is laid beside it.

    Raises Refused with all findings, Unsuitable, Busy, Stranded.
    """
    ignored, perform, progress = setting.ignored, setting.perform, setting.progress
    # Else the command named in an error would lack what does not parse, which is told anyway.
    parses = not any(finding.rule.unparsable for finding in findings)
    observed = look(setting, demanding=parses, containers=request.kubernetes)
    tree, faults = load(observed.netplan_files)
    findings += (*faults, *host_checks.check(request, observed))
    if pin is None and request.pin is not None:
        pin = Pin(mode=None if request.pin == "chosen" else request.pin)
    if pin is None:
        findings += beside_a_pin(request, setting)
    plan = decision = None
    is_named = all(finding.rule is not INTERFACE_MALFORMED for finding in findings)
    if is_named and not any(fault.is_error for fault in faults):
        beside = None
        if pin is not None:
            from hostnet.pinbeside import Beside

            beside = Beside.of(pin, observed, tree, setting.files)
            observed, tree = beside.bare, beside.tree
        plan, decision, planned = _plan(request, observed, tree, ignored, beside)
        findings += planned
    found = at_once(findings)
    findings = without(found, ignored)
    if plan is None and not any(finding.is_error for finding in findings):
        findings = found  # A file that is not read: there is nothing that --ignore could let pass.
    if plan is None or any(finding.is_error for finding in findings):
        raise refusal(f"{request.interface} is left as it is", findings)
    if not plan.is_empty:
        progress("asking netplan for its verdict")
    findings += without(proven(plan, observed.system.netplan), ignored)
    if perform and not plan.is_empty:
        findings += without(host_checks.check_recovery(observed), ignored)
    if any(finding.is_error for finding in findings):
        raise refusal("netplan would refuse it; nothing was changed", findings)
    return Prepared(plan, observed, findings, decision)


def beside_a_pin(request: Request, setting: Setting) -> tuple[Finding, ...]:
    """Whether nameservers are asked for where others are pinned."""
    if not request.dns or not setting.files.exists(PINNED):
        return ()
    names = ", ".join(map(str, request.dns))
    message = f"{names} for {request.interface}, where `hostnet dns pin` named others"
    return (Finding(DNS_IS_PINNED, message, subject=request.interface),)


def look(setting: Setting, *, demanding: bool = True, containers: bool = False) -> Observed:
    """The host; if it is to be changed, it must be one that can be, with nothing left open.

    What an earlier change left open is settled. Raises Unsuitable, Busy, Stranded.
    """
    setting.progress("looking at the host")
    files = setting.files
    observed = observing.observe(files, containers=containers)
    if not demanding:
        return observed
    if setting.perform and files.is_host:
        demand_live_change(observed, setting.again)
        from hostnet.transaction.recover import recover

        if recover(files).changed:
            observed = observing.observe(files, containers=containers)
    demand_readable(observed, setting.again)
    return observed


def at_once(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Each finding once, without those that only follow from an unknown interface."""
    unique = tuple(dict.fromkeys(findings))
    if any(finding.rule in (INTERFACE_UNKNOWN, INTERFACE_MALFORMED) for finding in unique):
        follows = (GATEWAY_MISSING, NOTHING_TO_PIN)
        return tuple(finding for finding in unique if finding.rule not in follows)
    return unique


def _plan(
    request: Request,
    observed: Observed,
    tree: Tree,
    ignored: tuple[Rule, ...],
    beside: Beside | None = None,
) -> tuple[Plan | None, Decision | None, tuple[Finding, ...]]:
    """The plan, its pin, and every finding that it or the interface's owner gives rise to."""
    ownership, findings = owners.find(request.interface, observed, tree)
    demand_ours(request.interface, ownership.netdef, tree.renderer, observed)
    completed = complete(request, observed, ownership)
    final, faults = draft(completed, ownership, observed, tree, trial=False)
    trial = final
    if observed.system.live and completed.leaving:
        trial, _ = draft(completed, ownership, observed, tree, trial=True)
    if beside is not None:
        beside, final, trial = beside.laid(final, trial, final.tree.netdef(completed.id))
        findings += beside.findings
    ids = {completed.id, *(link.name for link in ownership.covered)}
    findings += completed.findings + faults + caused(tree, final, ids)
    findings += in_force(completed.id, request, observed, final)
    protection = None
    if is_asked(observed, kubernetes=request.kubernetes):
        from hostnet.checks import containers as container_checks
        from hostnet.protection.changes import protect

        protection = protect(observed, tree, final.tree)
        findings += protection.findings + container_checks.check(final.tree, observed, ids)
    if any(finding.is_error for finding in without(findings, ignored)):
        return None, None, findings
    plan = build(completed, final, trial, observed)
    if beside is not None:
        plan = beside.with_files(plan)
    if observed.system.live and observed.link(completed.interface) is not None:
        from hostnet.steps import steps

        plan = steps(plan, completed, tree, final, trial, observed)
    if beside is not None:
        plan = beside.with_steps(plan)
    if protection is not None:
        from hostnet.steps import protected

        trees = (tree, final.tree, trial.tree)
        plan = protected(plan, protection, trees, completed.leaving, observed)
    return plan, beside.decision if beside else None, findings


def caused(tree: Tree, final: Draft, ids: set[str]) -> tuple[Finding, ...]:
    """What is wrong afterwards: an older fault elsewhere is told, but does not refuse."""
    before = {(finding.rule, finding.message): finding for finding in tree_checks.check(tree)}
    planned = {file.path for file, _, _ in final.files}
    found = []
    for finding in tree_checks.check(final.tree):
        known = before.get((finding.rule, finding.message))
        if known is not None and finding.subject not in ids:
            found.append(replace(known, older=True))
        else:
            found.append(_placed(finding, planned))
    return tuple(found)


def in_force(id_: str, request: Request, observed: Observed, final: Draft) -> tuple[Finding, ...]:
    """Whether the definition will be in force as it is written, now and at every boot."""
    link = observed.link(request.interface)
    netdef = final.tree.netdef(id_)
    if netdef is None:
        return ()
    found = host_checks.check_drop_ins(netdef, observed)
    if link is None or netdef.section not in PHYSICAL:
        return found
    return (*found, *host_checks.check_next_boot(netdef, link))


def proven(plan: Plan, netplan: Netplan | None) -> tuple[Finding, ...]:
    """The verdict of netplan's own core on what each half of the plan would leave."""
    if plan.is_empty:
        return ()
    if netplan is None:
        return (Finding(UNPROVEN, "netplan is not installed here"),)
    findings = oracle.prove(netplan.core, dict(plan.final_files)).findings
    if plan.trial and not findings and plan.trial_files != plan.final_files:
        findings = oracle.prove(netplan.core, dict(plan.trial_files)).findings
    planned = {change.path for change in plan.changes}
    return tuple(_placed(finding, planned) for finding in findings)


def _placed(finding: Finding, planned: set[str]) -> Finding:
    """Without its position where that is in a text which does not exist yet."""
    where = finding.position
    is_planned = where is not None and where.path in planned
    return replace(finding, position=None) if is_planned else finding
