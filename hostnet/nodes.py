"""The walk of `hostnet apply`: which node this machine is, and what makes it so."""

from __future__ import annotations

import os
from shlex import join
from typing import TYPE_CHECKING

from hostnet.applied import Applied
from hostnet.errors import Refused, UsageError
from hostnet.findings import NODE_NOT_TRIED, Finding, without
from hostnet.host.files import Files
from hostnet.host.observe import netplan_files
from hostnet.netplan.document import MAX_BYTES
from hostnet.netplan.tree import load
from hostnet.node.parse import parse
from hostnet.node.select import check, choose, claimed, named
from hostnet.nodepin import pin_of
from hostnet.pinground import standing
from hostnet.pins import SUBJECT, prepare_pin
from hostnet.planning import prepare
from hostnet.request import command_line, ignored_rules
from hostnet.telling import Tell, quoted, silent
from hostnet.value import Value, replace
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
    arguments have the same meaning here. DNS is pinned together with the last of them, if
    the node says so. ``confirm`` is for a node that changes one interface only.

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
    command = join(["hostnet", "apply", path, *(["--node", node] if node else [])])
    if is_host:
        _demand_tried(chosen, manner)
        return Applied(chosen.name, _one_by_one(chosen, command, manner))
    return Applied(chosen.name, (walk(command, _files_of(chosen), manner),))


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


def _one_by_one(node: Node, command: str, manner: Manner) -> tuple[Result, ...]:
    """Each change in its turn; what is refused of any of them is refused before the first."""
    ways = _ways(node, command)
    trying = replace(manner, dry_run=True, confirm=None)
    planned = tuple(walk(way.command, way.prepare, trying) for way in ways)
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
    for way in ways:
        results.append(walk(way.command, way.prepare, manner))
        if results[-1].changed and len(results) < len(ways):
            manner.notice(f"{way.subject} is changed and kept, whatever becomes of the others")
    return tuple(results)


class _Way(Value):
    """One change of a running host, and the command that it is the same as."""

    subject: str
    command: str
    prepare: Callable[[Setting], Prepared]


def _ways(node: Node, command: str) -> tuple[_Way, ...]:
    """A change for each interface; the last has the pin beside it, when all leads to its servers.

    Those before it leave DNS as it is pinned, if it is.
    """
    pin = pin_of(node)
    if pin is None:
        return tuple(_way(request) for request in node.requests)
    if not node.requests:
        return (_Way(SUBJECT, command, lambda setting: prepare_pin(pin, (), setting)),)
    *first, last = node.requests
    ways = [_way(request, keeping=True) for request in first]
    with_pin = _Way(last.interface, command, lambda setting: prepare(last, (), setting, pin))
    return (*ways, with_pin)


def _way(request: Request, *, keeping: bool = False) -> _Way:
    def planned(setting: Setting) -> Prepared:
        return prepare(request, (), setting, standing(setting.files) if keeping else None)

    return _Way(request.interface, command_line(request), planned)
