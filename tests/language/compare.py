"""hostnet's verdict beside netplan's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from hostnet.findings import Finding
from hostnet.model import Position
from hostnet.netplan.document import (
    Document,
    Mapping,
    Node,
    Sequence,
    YamlFault,
    parse,
    position_of,
)
from hostnet.netplan.language.judging import judge
from hostnet.netplan.releases import Release
from tests.language.core import Said

KNOWN = json.loads(Path(__file__).with_name("known.json").read_text())
"""Disagreements that stay, by id: the release, what netplan says, and why."""


@dataclass(frozen=True)
class Compared:
    """How two verdicts on one tree go together.

    `agree`: both take it or both refuse it. `same_place`: True or False where netplan named a
    line and both refuse.
    """

    agree: bool
    rejected: bool
    same_place: bool | None
    said: str
    found: tuple[str, ...]
    known: str | None


def compare(release: Release, files: dict[str, bytes], said: Said) -> Compared:
    """Hold them together."""
    documents: list[Document] = []
    found: tuple[Finding, ...] = ()
    places: list[Position] = []
    try:
        documents = [parse(name, data) for name, data in sorted(files.items())]
        found = tuple(
            one for one in judge(documents, release) if one.is_error and one.rule.kind == "netplan"
        )
        places = [one.position for one in found if one.position]
        texts = tuple(map(str, found))
    except YamlFault as fault:
        places, texts = [fault.position], (str(fault),)
    same = None
    if not said.accepted and said.position is not None and texts:
        same = _is_same(documents, said.position, places)
    agree = said.accepted == (not texts)
    return Compared(
        agree, not said.accepted, same, said.message, texts,
        None if agree else _known(release, said, texts),
    )  # fmt: skip


def _known(release: Release, said: Said, texts: tuple[str, ...]) -> str | None:
    for each in KNOWN:
        is_there = each["netplan"] in said.message and each["hostnet"] in " ".join(texts)
        if release in each["releases"] and is_there:
            return str(each["id"])
    return None


def _is_same(documents: list[Document], theirs: Position, ours: list[Position]) -> bool:
    """Whether one of ours lies in the node that theirs begins, or in the same line."""
    for place in ours:
        if (place.path, place.line) == (theirs.path, theirs.line):
            return True
    for document in documents:
        node = _at(document.root, theirs) if document.path == theirs.path else None
        if node is not None and node.span is not None:
            for place in ours:
                offset = _offset(document, place)
                if place.path == theirs.path and node.span.start <= offset <= node.span.end:
                    return True
    return False


def _at(node: Node | None, place: Position) -> Node | None:
    """The outermost node that begins there."""
    if node is None:
        return None
    if position_of(node) == place:
        return node
    inner: list[Node] = []
    if isinstance(node, Mapping):
        inner = [each for entry in node.entries for each in (entry.key, entry.value)]
    elif isinstance(node, Sequence):
        inner = [*node.items]
    return next((found for one in inner if (found := _at(one, place))), None)


def _offset(document: Document, place: Position) -> int:
    lines = document.text.split("\n")[: place.line - 1]
    return sum(len(line) + 1 for line in lines) + place.column - 1
