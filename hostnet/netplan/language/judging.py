"""netplan's verdict on a configuration, without netplan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import NOT_A_MAPPING, SECOND_DOCUMENT, YAML_FAULT, Finding
from hostnet.netplan.document import Entry, Mapping, Scalar, Sequence
from hostnet.netplan.grammar import grammar
from hostnet.netplan.language.reading import Reading
from hostnet.netplan.misfits import misfits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.netplan.document import Document, Node
    from hostnet.netplan.releases import Release


def judge(documents: Iterable[Document], release: Release) -> tuple[Finding, ...]:
    """All that netplan of this release would refuse, or warn of, in files read in this order."""
    reading = Reading(release)
    found: list[Finding] = []
    shape = grammar(release).root
    for document in documents:
        found += _of_the_file(document)
        if document.root is None:
            continue
        root = _as_c_reads(document.root) if "\\" in document.text else document.root
        unfit = misfits(root, shape)
        reading.read(root, unfit)
        found += unfit.findings
    return (*found, *reading.end())


def _of_the_file(document: Document) -> Iterator[Finding]:
    if document.nothing is not None:
        message = "a document without content; netplan takes an empty file, but not this"
        yield Finding(NOT_A_MAPPING, message, document.nothing)
    if document.anchored_twice is not None:
        message = "the anchor is used twice, which netplan does not take"
        yield Finding(YAML_FAULT, message, document.anchored_twice)
    if document.second is not None:
        message = "netplan does not read the document that begins here"
        yield Finding(SECOND_DOCUMENT, message, document.second)


def _as_c_reads(node: Node) -> Node:
    """The tree with each text cut at its first NUL, which only an escape can make."""
    if isinstance(node, Scalar):
        if "\0" not in node.text:
            return node
        return Scalar(node.text.partition("\0")[0], node.plain, node.span)
    if isinstance(node, Sequence):
        return Sequence(tuple(_as_c_reads(item) for item in node.items), node.flow, node.span)
    entries = []
    for entry in node.entries:
        key = _as_c_reads(entry.key)
        assert isinstance(key, Scalar)
        entries.append(Entry(key, _as_c_reads(entry.value)))
    return Mapping(tuple(entries), node.flow, node.span)
