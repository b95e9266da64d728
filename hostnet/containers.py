"""The walks of `hostnet cni`: protect a container network from networkd, and tell how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.checks import containers as container_checks, host as host_checks
from hostnet.container_status import ContainerStatus, status
from hostnet.errors import refusal
from hostnet.findings import CONTAINERS_THERE, Finding, without
from hostnet.host import kernel
from hostnet.host.files import Files
from hostnet.kubernetes.kernel import Kernel
from hostnet.looking import look as look_at
from hostnet.netplan.tree import load
from hostnet.plan import Plan
from hostnet.planning import Prepared, Setting, look
from hostnet.protection.changes import protect, unprotect
from hostnet.telling import Tell, silent
from hostnet.walk import Manner, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.model import Observed
    from hostnet.netplan.tree import Tree
    from hostnet.protection.changes import Protection
    from hostnet.result import Result

SUBJECT = "container networks"


def cni_protect(
    *,
    root: str = "/",
    dry_run: bool = False,
    ignore: Sequence[str] = (),
    progress: Tell = silent,
    notice: Tell = silent,
) -> Result:
    """Have networkd, udev and NetworkManager leave alone what container networks make.

    Below another root the files are written; on the running host networkd is restarted once
    as well, and whatever others lose by that is put back. It need not have a container
    network yet. Whatever goes wrong, the old state comes back. Raises what
    `hostnet.static` raises.
    """
    manner = Manner(root, dry_run, ignore=ignore, progress=progress, notice=notice)
    return walk("hostnet cni protect", _protecting, manner)


def cni_unprotect(
    *,
    root: str = "/",
    dry_run: bool = False,
    ignore: Sequence[str] = (),
    progress: Tell = silent,
    notice: Tell = silent,
) -> Result:
    """Take the protection away: every file of hostnet's own, and nothing of a stranger's.

    Refused where a container network is found. Raises what `hostnet.static` raises.
    """
    manner = Manner(root, dry_run, ignore=ignore, progress=progress, notice=notice)
    return walk("hostnet cni unprotect", _unprotecting, manner)


def cni_status(*, root: str = "/") -> ContainerStatus:
    """How the host, or an image's tree, is protected. Reads only; no root needed for most of it."""
    with Files(root) as files:
        observed, tree, faults = look_at(files, "hostnet cni status")
        settings = kernel.read() if files.is_host else Kernel()
    return status(observed, tree, settings, faults)


def _protecting(setting: Setting) -> Prepared:
    observed = look(setting, containers=True)
    tree, faults = load(observed.netplan_files)
    found = container_checks.check(tree, observed, ())
    return _prepared(protect(observed, tree, tree), (*faults, *found), observed, tree, setting)


def _unprotecting(setting: Setting) -> Prepared:
    observed = look(setting, containers=True)
    tree, faults = load(observed.netplan_files)
    protection = unprotect(observed)
    if protection.changes and observed.cni_signs:
        message = f"found {', '.join(observed.cni_signs[:4])}"
        faults += (Finding(CONTAINERS_THERE, message),)
    return _prepared(protection, faults, observed, tree, setting)


def _prepared(
    protection: Protection,
    findings: tuple[Finding, ...],
    observed: Observed,
    tree: Tree,
    setting: Setting,
) -> Prepared:
    """A plan of that alone; what netplan would refuse is refused here as well."""
    from hostnet.steps import protected

    plan = protected(Plan(SUBJECT), protection, (tree,), (), observed)
    findings += protection.findings
    if setting.perform and not plan.is_empty:
        findings += host_checks.check_recovery(observed)
    findings = without(findings, setting.ignored)
    if any(finding.is_error for finding in findings):
        raise refusal(f"{SUBJECT}: everything is left as it is", findings)
    return Prepared(plan, observed, findings)
