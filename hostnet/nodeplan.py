"""From a node to a proved plan of files: all of its interfaces at once, nothing tried.

So it is where nothing runs yet: below another root, and before the network of a boot. On a
running host `hostnet.nodes` changes one interface after the other, as `hostnet.static` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet import owner as owners
from hostnet.checks import containers as container_checks, host as host_checks
from hostnet.complete import Completed, complete
from hostnet.draft import Draft, draft, joined
from hostnet.errors import refusal
from hostnet.findings import without
from hostnet.netplan.document import Mapping
from hostnet.netplan.tree import load
from hostnet.nodepin import pin_of
from hostnet.owner import Ownership
from hostnet.pinbeside import Beside
from hostnet.plan import build
from hostnet.planning import Prepared, at_once, beside_a_pin, caused, look, proven
from hostnet.protection.changes import protect
from hostnet.protection.places import is_asked
from hostnet.steps import protected
from hostnet.suitability import demand_ours
from hostnet.value import replace

if TYPE_CHECKING:
    from hostnet.findings import Finding
    from hostnet.model import Observed
    from hostnet.netplan.tree import Tree
    from hostnet.node.model import Node, Passed
    from hostnet.planning import Setting

_KEPT = ("match", "set-name", "macaddress", "wakeonlan", "optional")
"""What tells which card it is, and stays where it becomes a member of something."""


def prepare(node: Node, setting: Setting, *, links_are_ours: bool = False) -> Prepared:
    """Plan the files of the node. ``links_are_ours``: the kernel's links are those of this tree.

    Raises Refused with all findings, Unsuitable.
    """
    observed = look(setting, containers=node.kubernetes)
    pin = pin_of(node)
    if links_are_ours:
        from hostnet.host import links

        observed = replace(observed, links=links.read()[0])
    tree, findings = load(observed.netplan_files)
    if any(fault.is_error for fault in findings):
        raise refusal(f"{node.name}: everything is left as it is", findings)
    beside = None
    if pin is not None:
        beside = Beside.of(pin, observed, tree, setting.files)
        observed, tree = beside.bare, beside.tree
    else:
        findings += tuple(each for r in node.requests for each in beside_a_pin(r, setting))
    completed, drafted, found = _drafted(node, observed, tree)
    if beside is not None:
        beside, drafted, _ = beside.laid(drafted, drafted)
        findings += beside.findings
    ids = {node.name} | {each.id for each in completed}
    findings += found + caused(tree, drafted, ids)
    protection = None
    if is_asked(observed, kubernetes=node.kubernetes):
        protection = protect(observed, tree, drafted.tree)
        findings += protection.findings
        findings += container_checks.check(drafted.tree, observed, ids)
    findings = without(at_once(findings), setting.ignored)
    if any(finding.is_error for finding in findings):
        raise refusal(f"{node.name}: everything is left as it is", findings)
    reasons = tuple(reason for each in completed for reason in each.reasons)
    whole = Completed(node.name, "", node.name, Mapping(), Mapping(), reasons=reasons)
    plan = build(whole, drafted, drafted, observed)
    if beside is not None:
        plan = beside.with_steps(beside.with_files(plan))
    if protection is not None:
        plan = protected(plan, protection, (tree, drafted.tree), (), observed)
    if not plan.is_empty:
        setting.progress("asking netplan for its verdict")
    findings += without(proven(plan, observed.system.netplan), setting.ignored)
    if any(finding.is_error for finding in findings):
        raise refusal("netplan would refuse it; nothing was changed", findings)
    return Prepared(plan, observed, findings, beside.decision if beside else None)


def _drafted(
    node: Node, observed: Observed, tree: Tree
) -> tuple[tuple[Completed, ...], Draft, tuple[Finding, ...]]:
    """Every interface in its turn, each on what the ones before it leave."""
    drafted = Draft((), tree)
    all_: list[Completed] = []
    findings: list[Finding] = []
    for request in node.requests:
        findings += host_checks.check(request, observed)
        if observed.links and observed.link(request.interface) is None:
            findings.append(host_checks.unknown(request.interface, observed))
        ownership, faults = owners.find(request.interface, observed, drafted.tree)
        demand_ours(request.interface, ownership.netdef, drafted.tree.renderer, observed)
        completed = complete(request, observed, ownership)
        then, more = draft(completed, ownership, observed, drafted.tree, trial=False)
        drafted = joined(drafted, then)
        all_.append(completed)
        findings += (*faults, *completed.findings, *more)
    for passed in node.passed:
        completed, ownership = passed_on(passed, drafted.tree)
        then, more = draft(completed, ownership, observed, drafted.tree, trial=False)
        drafted = joined(drafted, then)
        all_.append(completed)
        findings += more
    return tuple(all_), drafted, tuple(findings)


def passed_on(passed: Passed, tree: Tree) -> tuple[Completed, Ownership]:
    """The definition as it was given, in the place of the one that is there."""
    old = tree.netdef(passed.id)
    body = passed.body
    if old is not None and not body.entries:
        for key in _KEPT:
            if (value := old.body.get(key)) is not None:
                body = body.with_value(key, value)
    return Completed(passed.id, passed.section, passed.id, body, body), Ownership(old)
