"""The walks that look at files alone: validate, render."""

from __future__ import annotations

from dataclasses import replace
from posixpath import basename, dirname
from shlex import join
from typing import TYPE_CHECKING

from hostnet.checks import tree as tree_checks
from hostnet.complete import complete
from hostnet.errors import UsageError, refusal
from hostnet.findings import INTERFACE_MALFORMED, UNPROVEN, Finding, without
from hostnet.host import observe as observing, oracle
from hostnet.host.files import Files
from hostnet.model import Observed, Position, System
from hostnet.netplan.document import parse as parse_document
from hostnet.netplan.edit import put
from hostnet.netplan.tree import DIRECTORIES, load, merge_documents
from hostnet.owner import OUR_FILE, Ownership
from hostnet.request import ignored_rules, parse
from hostnet.suitability import demand_readable
from hostnet.telling import quoted
from hostnet.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.findings import Rule
    from hostnet.model import Netplan, SourceFile


def validate(paths: Sequence[str] = (), *, root: str = "/", ignore: Sequence[str] = ()) -> Verdict:
    """Check netplan files: those named, as one configuration, or all below a root.

    Raises UsageError for an ``ignore`` that names no rule and for two files of one name,
    Unsuitable for files that only root can read.
    """
    ignored = ignored_rules(ignore)
    with Files("/" if paths else root) as files:
        sources = _named(files, paths) if paths else observing.netplan_files(files)
        core = observing.netplan_of(files)
    demand_readable(
        Observed(System(privileged=observing.is_privileged()), sources),
        _again(paths, root, ignored),
    )
    tree, faults = load(sources)
    found = [*faults, *tree_checks.check_modes(sources), *tree_checks.check(tree)]
    asked = not any(fault.is_error for fault in faults)
    # With such a fault netplan would only name the first of those found already.
    found += _verdict_of_netplan(sources, core) if asked or core is None else ()
    return Verdict(without(_ordered(found), ignored), proven=asked and core is not None)


def _named(files: Files, paths: Sequence[str]) -> tuple[SourceFile, ...]:
    """The files named, which netplan would read from one folder. Raises UsageError."""
    import os

    seen: dict[str, str] = {}
    for path in paths:
        other = seen.setdefault(basename(path), path)
        if other != path and dirname(path) not in DIRECTORIES:
            raise UsageError(
                f"{quoted(other)} and {quoted(path)} have one name",
                "of two files of one name netplan reads only one",
                "Check them one after the other.",
            )
    named = (replace(files.read(os.path.abspath(path)), path=path) for path in paths)
    return tuple(
        file if file.problem or file.target else replace(file, problem="does not exist")
        for file in named
    )


def _again(paths: Sequence[str], root: str, ignored: tuple[Rule, ...]) -> str:
    words = ["hostnet", "validate", *paths]
    words += [] if root == "/" else ["--root", root]
    for rule in ignored:
        words += ["--ignore", rule.id]
    return join(words)


def _verdict_of_netplan(
    sources: tuple[SourceFile, ...], core: Netplan | None
) -> tuple[Finding, ...]:
    if core is None:
        return (Finding(UNPROVEN, "netplan is not installed here"),)
    by_name = {_judged(source.path): source for source in sources}
    verdict = oracle.prove(core.core, {path: s.data for path, s in by_name.items()})
    return tuple(
        replace(finding, position=_back(finding.position, by_name)) for finding in verdict.findings
    )


def _judged(path: str) -> str:
    """A name that netplan's glob finds, whatever the file is called."""
    name = basename(path)
    if not name.endswith(".yaml") or name.startswith("."):
        name = f"{name.lstrip('.')}.yaml"
    return f"/etc/netplan/{name}"


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
    if any(finding.rule is INTERFACE_MALFORMED for finding in findings):
        # Nothing can be said of an interface that has no name.
        raise refusal(f"nothing is rendered for {quoted(interface)}", findings)
    completed = complete(request, Observed(System()), Ownership())
    text = put(None, completed.section, completed.id, completed.body)
    tree = merge_documents([parse_document(OUR_FILE, text.encode())])
    about_text = tuple(replace(f, position=None) for f in tree_checks.check(tree))
    found = without((*findings, *completed.findings, *about_text), ignored)
    if any(finding.is_error for finding in found):
        raise refusal(f"nothing is rendered for {interface!r}", found)
    return text
