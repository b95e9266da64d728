"""The walks that change nothing: status, validate, render."""

from __future__ import annotations

from dataclasses import replace
from posixpath import basename
from typing import TYPE_CHECKING

from hostnet.checks import tree as tree_checks
from hostnet.complete import complete
from hostnet.errors import Refused
from hostnet.findings import UNPROVEN, Finding, without
from hostnet.host import observe as observing, oracle
from hostnet.host.files import Files
from hostnet.host_status import Status, status as put_together
from hostnet.model import Observed, Position, System
from hostnet.netplan.document import parse as parse_document
from hostnet.netplan.edit import put
from hostnet.netplan.tree import load, merge_documents
from hostnet.operations import ignored_rules
from hostnet.owner import OUR_FILE, Ownership
from hostnet.request import parse
from hostnet.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.model import Netplan, SourceFile


def status() -> Status:
    """How the running host stands. Reads only, and starts nothing."""
    with Files("/") as files:
        observed = observing.observe(files)
    tree, faults = load(observed.netplan_files)
    return put_together(observed, tree, (*faults, *tree_checks.check(tree)))


def validate(paths: Sequence[str] = (), *, root: str = "/", ignore: Sequence[str] = ()) -> Verdict:
    """Check netplan files: those named, as one configuration, or all below a root.

    Raises UsageError for an ``ignore`` that names no rule.
    """
    import os

    ignored = ignored_rules(ignore)
    with Files("/" if paths else root) as files:
        if paths:
            named = tuple(replace(files.read(os.path.abspath(p)), path=p) for p in paths)
            sources = tuple(
                f if f.problem or f.target else replace(f, problem="does not exist") for f in named
            )
        else:
            sources = observing.netplan_files(files)
        core = observing.netplan_of(files)
    tree, faults = load(sources)
    found = [*faults, *tree_checks.check_modes(sources), *tree_checks.check(tree)]
    found += _verdict_of_netplan(sources, core, asked=not any(f.is_error for f in faults))
    proven = core is not None
    return Verdict(without(_ordered(found), ignored), proven)


def _verdict_of_netplan(
    sources: tuple[SourceFile, ...], core: Netplan | None, *, asked: bool
) -> tuple[Finding, ...]:
    if core is None:
        return (Finding(UNPROVEN, "netplan is not installed here"),)
    if not asked:
        return ()  # It would only name the first of the faults found already.
    by_name = {f"/etc/netplan/{basename(source.path)}": source for source in sources}
    verdict = oracle.prove(core.core, {path: s.data for path, s in by_name.items()})
    return tuple(
        replace(finding, position=_back(finding.position, by_name)) for finding in verdict.findings
    )


def _back(position: Position | None, by_name: dict[str, SourceFile]) -> Position | None:
    """The position in the file as it was named, not where the oracle saw it."""
    if position is None or position.path not in by_name:
        return position
    return replace(position, path=by_name[position.path].path)


def _ordered(found: list[Finding]) -> tuple[Finding, ...]:
    def place(finding: Finding) -> tuple[str, int, int]:
        at = finding.position
        return (at.path, at.line, at.column) if at else ("", 0, 0)

    return tuple(sorted(dict.fromkeys(found), key=place))


def render(
    interface: str,
    addresses: Sequence[str],
    *,
    gateways: Sequence[str] = (),
    on_link: bool = False,
    dns: Sequence[str] | None = None,
    search: Sequence[str] | None = None,
    routes: Sequence[str] = (),
    mtu: int | None = None,
    metric: int | None = None,
    keep_dhcp: bool = False,
    ignore: Sequence[str] = (),
) -> str:
    """The YAML that ``static`` would write where nothing defines the interface yet.

    Needs no host. Raises Refused with all findings.
    """
    ignored = ignored_rules(ignore)
    request, findings = parse(
        interface, addresses, gateways=gateways, on_link=on_link, dns=dns, search=search,
        routes=routes, mtu=mtu, metric=metric, keep_dhcp=keep_dhcp,
    )  # fmt: skip
    completed = complete(request, Observed(System()), Ownership())
    text = put(None, completed.section, completed.id, completed.body)
    tree = merge_documents([parse_document(OUR_FILE, text.encode())])
    about_text = tuple(replace(f, position=None) for f in tree_checks.check(tree))
    found = without((*findings, *completed.findings, *about_text), ignored)
    if any(finding.is_error for finding in found):
        raise Refused(f"nothing is rendered for {interface!r}", found)
    return text
