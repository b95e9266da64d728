"""The walk of `hostnet apply`: which node this machine is, and what makes it so."""

from __future__ import annotations

import os
from dataclasses import replace
from shlex import join
from typing import TYPE_CHECKING

from hostnet.applied import Applied
from hostnet.errors import Refused, Unsuitable, UsageError
from hostnet.findings import NODE_NOT_TRIED, Finding, without
from hostnet.host.files import Files
from hostnet.host.observe import netplan_files
from hostnet.netplan.document import MAX_BYTES
from hostnet.netplan.tree import load
from hostnet.node.parse import parse
from hostnet.node.select import check, choose, claimed, named
from hostnet.planning import prepare
from hostnet.request import command_line, ignored_rules
from hostnet.telling import Tell, quoted, silent
from hostnet.walk import Manner, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hostnet.findings import Rule
    from hostnet.model import Request
    from hostnet.node.model import Node
    from hostnet.planning import Prepared, Setting
    from hostnet.result import Pending, Result


def apply(
    path: str,
    *,
    node: str | None = None,
    root: str = "/",
    dry_run: bool = False,
    confirm: float | None = None,
    probes: Sequence[str] = (),
    no_probe: Sequence[str] = (),
    ignore: Sequence[str] = (),
    progress: Tell = silent,
    notice: Tell = silent,
    attend: Callable[[Pending], None] | None = None,
) -> Applied:
    """Make this machine the node that the file describes (schemas/node.schema.json).

    Of several nodes the one is taken that selects this machine, or the one of the name
    ``node``. Below another root the files of all its interfaces are written at once. On
    the running host (root "/") all are planned before the first is touched; then one
    after the other is tried, verified and kept, as `hostnet.static` does, whose other
    arguments have the same meaning here. ``confirm`` is for a node that changes one
    interface only.

    Raises Refused (also where no node or several are this machine), UsageError,
    Unsuitable, Busy, RolledBack, Stranded.
    """
    ignored = ignored_rules(ignore)
    manner = Manner(root, dry_run, confirm, probes, no_probe, ignore, progress, notice, attend)
    with Files(root) as files:
        is_host = files.is_host
    chosen, findings = _chosen(path, node, ignored)
    if chosen is None:
        raise Refused(f"{path}: everything is left as it is", findings)
    demand_pinnable(chosen)
    if is_host:
        _demand_tried(chosen, manner)
        results = _one_by_one(chosen, manner)
    else:
        words = ["hostnet", "apply", path, *(["--node", node] if node else [])]
        results = [walk(join(words), _files_of(chosen), manner)]
    return Applied(chosen.name, (*results, *pinned(chosen, manner)))


def _chosen(
    path: str, name: str | None, ignored: Sequence[Rule]
) -> tuple[Node | None, tuple[Finding, ...]]:
    """The node of the file that this machine is, or that is named; else None and why."""
    nodes, findings = read(path)
    if findings := without(findings, ignored):
        return None, findings
    if name is not None:
        return named(nodes, name)
    from hostnet.host.identity import machine

    return choose(nodes, machine())


def read(path: str) -> tuple[tuple[Node, ...], tuple[Finding, ...]]:
    """The nodes of a file, and all that is wrong with them. Raises UsageError: no such file."""
    nodes, findings = parse(path, content(path, MAX_BYTES))
    return nodes, (*findings, *check(map(claimed, nodes)))


def content(path: str, largest: int) -> bytes:
    """The bytes of a file that was named, ``largest`` at most. Raises UsageError."""
    with Files() as files:
        source = files.read(os.path.abspath(path), limit=largest)
    if source.problem is not None or source.target is None:
        raise UsageError(f"{quoted(path)} {source.problem or 'does not exist'}")
    return source.data


def _files_of(node: Node) -> Callable[[Setting], Prepared]:
    from hostnet.nodeplan import prepare as prepare_files

    return lambda setting: prepare_files(node, setting)


def _demand_tried(node: Node, manner: Manner) -> None:
    """Nothing of the node is more than a running host can be asked to try. Raises Refused."""
    if not node.passed:
        return
    from hostnet.nodeplan import passed_on

    with Files(manner.root) as files:
        tree, _ = load(netplan_files(files))
    differing = [
        passed.id
        for passed in node.passed
        if (old := tree.netdef(passed.id)) is None or old.body != passed_on(passed, tree)[0].body
    ]
    message = f"{', '.join(differing)} would change"
    found = without((Finding(NODE_NOT_TRIED, message),), ignored_rules(manner.ignore))
    if differing and found:
        raise Refused(f"{node.name}: everything is left as it is", found)


def _one_by_one(node: Node, manner: Manner) -> list[Result]:
    """Each interface in its turn; what is refused of any of them is refused before the first."""
    ways = [_way(request) for request in node.requests]
    trying = replace(manner, dry_run=True, confirm=None)
    planned = [walk(command, way, trying) for command, way in ways]
    if manner.dry_run:
        return planned
    changing = sum(result.changed for result in planned)
    if manner.confirm is not None and changing > 1:
        raise UsageError(
            f"--confirm is for one change, and {changing} interfaces of {node.name} would change",
            "one after the other is tried and kept",
            "Leave it out, or change them one by one: hostnet static IFACE ... --confirm SECONDS.",
        )
    results: list[Result] = []
    for request, (command, way) in zip(node.requests, ways, strict=True):
        results.append(walk(command, way, manner))
        if results[-1].changed and len(results) < len(ways):
            manner.notice(
                f"{request.interface} is changed and kept, whatever becomes of the others"
            )
    return results


def _way(request: Request) -> tuple[str, Callable[[Setting], Prepared]]:
    return command_line(request), lambda setting: prepare(request, (), setting)


def demand_pinnable(node: Node) -> None:
    """Until the seam below is connected nobody shall take such a node for pinned."""
    if node.pin is not None:
        raise Unsuitable(
            f"{node.name} pins DNS, which this hostnet cannot do yet",
            "nothing was changed",
            "Leave dns: out of the description.",
        )


def pinned(node: Node, manner: Manner) -> tuple[Result, ...]:
    """Pin DNS as the node says, once its interfaces have been changed.

    THE SEAM: `hostnet dns pin` is connected here, and nowhere else in the walks of nodes. It
    takes ``node.pin`` (a `hostnet.dns.pin.Pin`, parsed and checked) and the ``manner``, and
    returns the `Result` of its walk; `demand_pinnable` goes then.
    """
    assert node.pin is None, manner
    return ()
