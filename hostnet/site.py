"""The walk of `hostnet render --nodes`: the netplan files of a whole site, from one description.

Ten thousand nodes are parsed, completed, checked and written in seconds, so the work is shared
by processes, each with its part of the file. The parts are cut where the lines say so; a file
that cannot be cut, or has a fault, is read as a whole, for its faults to be told as always.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import re
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from hostnet.applied import Site
from hostnet.change import Change
from hostnet.checks import tree as tree_checks
from hostnet.complete import complete
from hostnet.errors import Refused
from hostnet.findings import without
from hostnet.host.files import Files
from hostnet.model import Image, Kind, Observed, System
from hostnet.netplan.document import Entry, Mapping, Scalar
from hostnet.netplan.edit import HEADER
from hostnet.netplan.netdef import Netdef
from hostnet.netplan.render import block
from hostnet.netplan.tree import Tree
from hostnet.node.parse import MANY_BYTES, parse
from hostnet.node.select import Claimed, check, claimed
from hostnet.nodeplan import passed_on
from hostnet.nodes import content
from hostnet.owner import Ownership
from hostnet.plan import OUR_MODE
from hostnet.request import ignored_rules
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hostnet.findings import Finding
    from hostnet.node.model import Node

_PART = 500
"""Nodes that one process takes at a time."""
_HEAD = re.compile(rb"(?:\s*(?:#[^\n]*)?\n|---\n)*nodes:[ \t]*(?:#[^\n]*)?\n(?:\s*(?:#[^\n]*)?\n)*")
_AT_ONCE = 500
"""Files that are written together: each holds its folder open meanwhile."""


class _Part(Value):
    """What became of a part of the file."""

    claims: tuple[Claimed, ...]
    files: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    parses: bool


def render_nodes(path: str, output: str | None = None, *, ignore: Sequence[str] = ()) -> Site:
    """The netplan file of every node that the file describes, as ``OUTPUT/NODE.yaml``.

    Each is what `hostnet.apply` would write where nothing defines its interfaces yet. Needs
    no host; ``output`` is a folder that is there, None writes nothing. All are rendered and
    checked before the first is written; what is so already is not touched. Raises Refused
    with all findings, UsageError.
    """
    ignored = ignored_rules(ignore)
    data = content(path, MANY_BYTES)
    parts = _rendered(path, data)
    findings = tuple(each for part in parts for each in part.findings)
    findings += check(claim for part in parts for claim in part.claims)
    findings = without(findings, ignored)
    if any(finding.is_error for finding in findings):
        raise Refused("nothing is rendered", findings)
    site = Site(tuple(file for part in parts for file in part.files), findings)
    if output is not None:
        with Files(output):
            pass  # that it is a folder is told before the first process begins
        some = [site.files[at : at + _AT_ONCE] for at in range(0, len(site.files), _AT_ONCE)]
        with _workers(len(some)) as pool:
            list(pool.map(_write, [output] * len(some), some))
    return site


def _rendered(path: str, data: bytes) -> list[_Part]:
    cut = _cut(data)
    if len(cut) > 1:
        with _workers(len(cut)) as pool:
            parts = list(pool.map(_part, [path] * len(cut), cut))
        if all(part.parses for part in parts):
            return parts
    return [_part(path, data)]


def _cut(data: bytes) -> list[bytes]:
    """The file in parts of whole nodes, each with as many lines before it as it has in the file."""
    head = _HEAD.match(data)
    if head is None or b"&" in data or b"*" in data:
        return [data]  # an anchor may be used in another part
    first = re.compile(rb" *- ").match(data, head.end())
    if first is None:
        return [data]
    item = re.compile(rb"^" + first.group(), re.MULTILINE)
    starts = [found.start() for found in item.finditer(data, head.end())][::_PART]
    ends = [*starts[1:], len(data)]
    parts, line = [], data.count(b"\n", 0, head.end())
    for start, end in zip(starts, ends, strict=True):
        parts.append(b"\n" * (line - 1) + b"nodes:\n" + data[start:end])
        line += data.count(b"\n", start, end)
    return parts


def _part(path: str, data: bytes) -> _Part:
    nodes, findings = parse(path, data, many=True)
    files, parses = [], not findings
    for node in nodes if not findings else ():  # of what does not parse nothing follows
        text, found = file_of(node)
        files.append((node.name, text))
        findings += found
    return _Part(tuple(map(claimed, nodes)), tuple(files), findings, parses)


def file_of(node: Node) -> tuple[str, tuple[Finding, ...]]:
    """The node's netplan file, and what is wrong with it."""
    bare = Observed(System())
    completed = [complete(request, bare, Ownership()) for request in node.requests]
    completed += [passed_on(passed, Tree())[0] for passed in node.passed]
    network = Mapping((Entry(Scalar("version"), Scalar("2")),))
    for each in completed:
        section = network.mapping(each.section).with_value(each.id, each.body)
        network = network.with_value(each.section, section)
    text = HEADER + block(Mapping((Entry(Scalar("network"), network),)))
    # As it would be read again, which takes as long as all the rest.
    tree = Tree(netdefs=tuple(Netdef(each.id, each.section, each.body) for each in completed))
    findings = [found for each in completed for found in each.findings]
    findings += tree_checks.check(tree)
    return text, tuple(replace(found, position=node.position) for found in findings)


def _write(output: str, texts: Sequence[tuple[str, str]]) -> None:
    """Every file that is not so already."""
    with Files(output) as files:
        uid, gid = files.owner
        changes = []
        for name, text in texts:
            path = f"/{name}.yaml"
            before = files.image(path)
            after = Image(Kind.FILE, text.encode(), OUR_MODE, uid, gid)
            if before != after:
                changes.append(Change(path, before, after, "rendered"))
        files.commit(changes)


@contextmanager
def _workers(most: int) -> Iterator[ProcessPoolExecutor]:
    """As many processes as there are processors, ``most`` at most."""
    # By fork, nothing has to be imported again; no thread runs yet.
    context = multiprocessing.get_context("fork")
    count = min(most, len(os.sched_getaffinity(0)))
    with ProcessPoolExecutor(count, context, gc.disable) as pool:
        yield pool
