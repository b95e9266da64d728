"""The walk of `hostnet render --nodes`: the netplan files of a whole site, from one description.

Ten thousand nodes are parsed, completed, checked and written in seconds, so the work is shared
by processes, each with its part of the file. The parts are cut where the lines say so; a file
that cannot be cut, or has a fault, is read as a whole, for its faults to be told as always.
"""

from __future__ import annotations

import gc
import re
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from hostnet.applied import Site
from hostnet.checks import tree as tree_checks
from hostnet.complete import complete
from hostnet.errors import Refused
from hostnet.findings import without
from hostnet.host.files import Files
from hostnet.host.workers import over_all_processors
from hostnet.model import Observed, System
from hostnet.netplan.document import Entry, Mapping, Scalar
from hostnet.netplan.edit import HEADER
from hostnet.netplan.netdef import Netdef
from hostnet.netplan.render import block
from hostnet.netplan.tree import Tree
from hostnet.node.parse import MANY_BYTES, parse
from hostnet.node.select import Claimed, check, claimed
from hostnet.nodepin import pin_of, rendered_pin
from hostnet.nodeplan import passed_on
from hostnet.nodes import content
from hostnet.owner import Ownership
from hostnet.plan import OUR_MODE
from hostnet.request import ignored_rules
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hostnet.findings import Finding
    from hostnet.node.model import Node

_PART = 500
"""Nodes that one process takes at a time."""
_HEAD = re.compile(rb"(?:\s*(?:#[^\n]*)?\n|---\n)*nodes:[ \t]*(?:#[^\n]*)?\n(?:\s*(?:#[^\n]*)?\n)*")
_PUBLIC = 0o644
_AT_ONCE = 200
"""Files that one process writes at a time."""


class _Part(Value):
    """What became of a part of the file."""

    claims: tuple[Claimed, ...]
    rendered: tuple[Rendered, ...]
    findings: tuple[Finding, ...]
    parses: bool


class Rendered(Value):
    """A node's netplan file, the files beside it by their paths, and what is wrong with them."""

    name: str
    netplan: str
    beside: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]


def render_nodes(path: str, output: str | None = None, *, ignore: Sequence[str] = ()) -> Site:
    """The netplan file of every node that the file describes, as ``OUTPUT/NODE.yaml``.

    Each is what `hostnet.apply` would write where nothing defines its interfaces yet. What
    the pin of a node needs beside it is written below ``OUTPUT/NODE``, each file by its path.
    Needs no host; ``output`` is a folder that is there, None writes nothing. All are rendered
    and checked before the first is written; what is so already is not touched. Raises Refused
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
    rendered = [each for part in parts for each in part.rendered]
    site = Site(
        tuple((each.name, each.netplan) for each in rendered),
        findings,
        tuple((f"{each.name}{path}", text) for each in rendered for path, text in each.beside),
    )
    if output is not None:
        with Files(output):
            pass  # that it is a folder is told before the first process begins
        texts = [(f"/{name}.yaml", text, OUR_MODE) for name, text in site.files]
        texts += [(f"/{path}", text, _PUBLIC) for path, text in site.beside]
        some = [texts[at : at + _AT_ONCE] for at in range(0, len(texts), _AT_ONCE)]
        for _ in over_all_processors(partial(_write, output), iter(some)):
            pass
    return site


def _rendered(path: str, data: bytes) -> list[_Part]:
    cut = _cut(data)
    if len(cut) > 1:
        parts = list(over_all_processors(partial(_part, path), iter(cut)))
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
    with _uncollected():
        nodes, findings = parse(path, data, many=True)
        parses = not findings
        # Of what does not parse nothing follows.
        rendered = tuple(map(rendered_node, nodes)) if parses else ()
    findings += tuple(found for each in rendered for found in each.findings)
    return _Part(tuple(map(claimed, nodes)), rendered, findings, parses)


@contextmanager
def _uncollected() -> Iterator[None]:
    """All that is made is kept, so that to look for cycles in it is time lost, a fifth of it."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def rendered_node(node: Node) -> Rendered:
    """The node as files, where there is no host to look at."""
    bare = Observed(System())
    completed = [complete(request, bare, Ownership()) for request in node.requests]
    completed += [passed_on(passed, Tree())[0] for passed in node.passed]
    netdefs = tuple(Netdef(each.id, each.section, each.body) for each in completed)
    findings = [found for each in completed for found in each.findings]
    beside: tuple[tuple[str, str], ...] = ()
    if (pin := pin_of(node)) is not None:
        pinned = rendered_pin(pin, netdefs)
        netdefs, beside = pinned.netdefs, pinned.files
        findings += pinned.findings
    network = Mapping((Entry(Scalar("version"), Scalar("2")),))
    for each in netdefs:
        section = network.mapping(each.section).with_value(each.id, each.body)
        network = network.with_value(each.section, section)
    text = HEADER + block(Mapping((Entry(Scalar("network"), network),)))
    # As it would be read again, which takes as long as all the rest.
    findings += tree_checks.check(Tree(netdefs=netdefs))
    placed = tuple(replace(found, position=node.position) for found in findings)
    return Rendered(node.name, text, beside, placed)


def _write(output: str, texts: Sequence[tuple[str, str, int]]) -> None:
    with Files(output) as files:
        files.fill(texts)
