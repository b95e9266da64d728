"""The walks that pin DNS and take the pin away: `hostnet dns pin`, `dns unpin`.

`hostnet static --pin-dns` lays its pin by the same functions, on what it plans itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.change import Change
from hostnet.checks import host as host_checks
from hostnet.dns.pin import Pin, command_line, parse
from hostnet.errors import refusal
from hostnet.findings import Finding, without
from hostnet.laying import laid, with_image
from hostnet.model import ABSENT
from hostnet.netplan.tree import load
from hostnet.pinground import Ground, decide, look_beneath, serving
from hostnet.pinsteps import Serving, image_plan, pin_steps
from hostnet.plan import PINNED, Plan, tree_files
from hostnet.planning import Prepared, Setting, look, proven
from hostnet.steps import partition, refiled
from hostnet.tampering import GIVEN_UP
from hostnet.telling import Tell, silent
from hostnet.value import replace
from hostnet.walk import Manner, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hostnet.dns.pin import PinMode
    from hostnet.model import Observed, SourceFile
    from hostnet.result import Pending, Result

SUBJECT = "DNS"


def dns_pin(
    servers: Sequence[str] = (),
    *,
    search: Sequence[str] | None = None,
    mode: PinMode | None = None,
    strict: bool = False,
    repoint_kubelet: bool = False,
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
    """Have these nameservers asked, and no others, whoever else names some.

    Without servers, those in use are pinned. In mode ``resolved`` systemd-resolved asks them;
    in mode ``direct`` programs do, and resolved is stopped and masked. Which of them is
    chosen by what the host is, if not given. ``strict``: no link's domain takes a name away
    from these servers. ``repoint_kubelet``: kubelet is told /etc/resolv.conf where it reads a
    file that goes with resolved.

    The other arguments are `hostnet.static`'s, and so is what is raised.
    """
    pin, findings = parse(
        servers, search=search, mode=mode, strict=strict, repoint_kubelet=repoint_kubelet
    )
    return walk(
        command_line(pin),
        lambda setting: prepare_pin(pin, findings, setting),
        Manner(root, dry_run, confirm, probes, no_probe, ignore, progress, notice, attend),
    )


def dns_unpin(
    *,
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
    """Take the pin away: every file as it was before the first one, and resolved, too.

    What somebody else changed since stays as it is, and is told. Raises what `dns_pin` raises.
    """
    return walk(
        "hostnet dns unpin",
        _unpinned,
        Manner(root, dry_run, confirm, probes, no_probe, ignore, progress, notice, attend),
    )


def prepare_pin(pin: Pin, findings: tuple[Finding, ...], setting: Setting) -> Prepared:
    """Plan the pin alone; ``findings`` are those of its parsing. Raises Refused, Unsuitable."""
    observed = look(setting)
    _begin_anew(setting)
    tree, faults = load(observed.netplan_files)
    under = look_beneath(setting.files, observed, tree)
    base = under.bare.observed
    bare_tree, _ = load(base.netplan_files)
    if any(fault.is_error for fault in (*faults, *findings)):
        raise refusal("DNS is left as it is", without((*findings, *faults), setting.ignored))
    laid_pin = decide(pin, under, bare_tree, base, setting.files)
    changes = laid(laid_pin.pinning.changes, under.bare, under.observed, laid_pin.state)
    if len(changes) == 1 and changes[0].path == PINNED:
        changes = ()  # It was so by itself, and there is nothing to put back some day.
    served = serving(laid_pin, under, bare_tree, base)
    found = (*findings, *faults, *laid_pin.findings)
    reasons = (laid_pin.decision.trace,)
    prepared = _prepared(changes, served, reasons, found, under, setting)
    return replace(prepared, pin=laid_pin.decision)


def _begin_anew(setting: Setting) -> None:
    """Whoever pins wants it kept, though a fight for it was ended."""
    if setting.perform and setting.files.is_host and setting.files.exists(GIVEN_UP):
        change = Change(GIVEN_UP, setting.files.image(GIVEN_UP), ABSENT, "it begins anew")
        setting.files.commit([change])


def _unpinned(setting: Setting) -> Prepared:
    observed = look(setting)
    tree, faults = load(observed.netplan_files)
    under = look_beneath(setting.files, observed, tree)
    changes = laid((), under.bare, under.observed, None)
    served = serving(None, under, tree, under.bare.observed)
    if under.pinned is None:
        served = replace(served, serves=served.resolved, sockets=served.listening)
    return _prepared(changes, served, (), (*faults, *under.bare.findings), under, setting)


def _prepared(
    changes: tuple[Change, ...],
    served: Serving,
    reasons: tuple[str, ...],
    findings: tuple[Finding, ...],
    ground: Ground,
    setting: Setting,
) -> Prepared:
    """A plan of that alone; what netplan would refuse is refused here as well."""
    observed, ignored = ground.observed, setting.ignored
    netplan, rest = partition(changes, observed)
    after = _after(netplan, observed)
    final, _ = load(after)
    plan = Plan(SUBJECT, final_files=tree_files(after))
    if observed.system.live:
        plan = refiled(plan, netplan, (ground.tree, final), observed) if changes else plan
        plan = pin_steps(plan, rest, served)
    else:
        plan = image_plan(plan, changes)
    plan = replace(plan, reasons=reasons if not plan.is_empty else ())
    if not any(finding.is_error for finding in without(findings, ignored)) and netplan:
        setting.progress("asking netplan for its verdict")
        findings += proven(plan, observed.system.netplan)
    if setting.perform and not plan.is_empty:
        findings += host_checks.check_recovery(observed)
    findings = without(tuple(dict.fromkeys(findings)), ignored)
    if any(finding.is_error for finding in findings):
        raise refusal("DNS is left as it is", findings)
    return Prepared(plan, observed, findings)


def _after(changes: tuple[Change, ...], observed: Observed) -> tuple[SourceFile, ...]:
    for change in changes:
        observed = with_image(observed, change.path, change.after)
    return observed.netplan_files
