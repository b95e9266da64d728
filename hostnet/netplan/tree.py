"""All netplan files of a host as netplan reads them: shadowed, ordered, merged.

Sources: netplan-generate(8) for directories and order; the merge rules are those
observed of netplan 0.106 to 1.2 (scalars override, mappings merge, lists append
without duplicates).
"""

from __future__ import annotations

from posixpath import basename, dirname
from typing import TYPE_CHECKING

from hostnet.findings import FILE_UNREADABLE, NOT_A_MAPPING, YAML_FAULT, YAML_TOO_LARGE, Finding
from hostnet.model import Position
from hostnet.netplan.document import (
    Document,
    Entry,
    Mapping,
    Node,
    Scalar,
    Sequence,
    YamlFault,
    parse,
    position_of,
)
from hostnet.netplan.netdef import Definition, Netdef
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence as PySequence

    from hostnet.model import SourceFile

DIRECTORIES = ("/lib/netplan", "/etc/netplan", "/run/netplan")
"""Where netplan looks; of two files of one name, that of the later directory counts."""

SECTIONS = (
    "ethernets", "wifis", "modems", "bonds", "bridges", "vlans", "vrfs", "tunnels",
    "dummy-devices", "virtual-ethernets", "nm-devices",
)  # fmt: skip


class Tree(Value):
    """The merged configuration; ``documents`` are in the order netplan reads them."""

    documents: tuple[Document, ...] = ()
    netdefs: tuple[Netdef, ...] = ()
    renderer: str | None = None

    def netdef(self, id_: str) -> Netdef | None:
        """The definition with this ID."""
        return next((netdef for netdef in self.netdefs if netdef.id == id_), None)

    def document(self, path: str) -> Document | None:
        """The file at the path, if netplan reads it."""
        return next((doc for doc in self.documents if doc.path == path), None)

    def references(self, id_: str) -> tuple[Definition, ...]:
        """The definitions that name the ID as their link, member or peer."""
        return tuple(
            definition
            for netdef in self.netdefs
            for definition in netdef.definitions
            if id_ in _referred(definition.entry.value)
        )


def effective(files: Iterable[SourceFile]) -> tuple[SourceFile, ...]:
    """The files that count, in netplan's order: by name, whatever the directory."""
    chosen: dict[str, SourceFile] = {}
    for file in files:
        name = basename(file.path)
        other = chosen.get(name)
        if other is None or _rank(file.path) > _rank(other.path):
            chosen[name] = file
    return tuple(chosen[name] for name in sorted(chosen, key=reading_order))


def reading_order(path: str) -> bytes:
    """What netplan sorts files by: the bytes of the name, whatever the directory."""
    return basename(path).encode("utf-8", "surrogateescape")


def load(files: Iterable[SourceFile]) -> tuple[Tree, tuple[Finding, ...]]:
    """Parse and merge; files that cannot be read or parsed become findings."""
    documents, findings = read(files)
    shapes = [finding for document in documents for finding in _shape(document)]
    return merge_documents(documents), (*findings, *shapes)


def read(files: Iterable[SourceFile]) -> tuple[tuple[Document, ...], tuple[Finding, ...]]:
    """Parse the files that count, in netplan's order, and tell of those that cannot be."""
    documents: list[Document] = []
    findings: list[Finding] = []
    for file in effective(files):
        if file.problem is not None:
            findings.append(
                Finding(FILE_UNREADABLE, f"{file.path}: {file.problem}", Position(file.path, 1, 1))
            )
            continue
        try:
            documents.append(parse(file.path, file.data))
        except YamlFault as fault:
            rule = YAML_TOO_LARGE if fault.too_large else YAML_FAULT
            findings.append(Finding(rule, fault.message, fault.position))
    return tuple(documents), tuple(findings)


def merge_documents(documents: Iterable[Document]) -> Tree:
    """The configuration that the documents, in this order, add up to."""
    documents = tuple(documents)
    parts: dict[str, list[Definition]] = {}
    section_renderers: dict[str, str] = {}
    renderer = None
    for document in documents:
        for section_entry in _top(document):
            section = section_entry.key.text
            if section == "renderer" and isinstance(section_entry.value, Scalar):
                renderer = section_entry.value.text
            if section not in SECTIONS or not isinstance(section_entry.value, Mapping):
                continue
            section_renderer = None
            for entry in section_entry.value.entries:
                if entry.key.text == "renderer" and isinstance(entry.value, Scalar):
                    section_renderer = entry.value.text
                    continue
                parts.setdefault(entry.key.text, []).append(
                    Definition(document, section, entry.key.text, entry)
                )
                if section_renderer and entry.key.text not in section_renderers:
                    section_renderers[entry.key.text] = section_renderer
    netdefs = []
    for id_, definitions in parts.items():
        body = _merged([Mapping(), *(definition.entry.value for definition in definitions)])
        mapping = body if isinstance(body, Mapping) else Mapping()
        own = section_renderers.get(id_)
        netdefs.append(
            Netdef(
                id_,
                definitions[0].section,
                mapping,
                tuple(definitions),
                mapping.text("renderer") or own or renderer or "networkd",
                own,
            )
        )
    return Tree(documents, tuple(netdefs), renderer)


def merge(old: Node, new: Node) -> Node:
    """What netplan makes of a value that a later file (or a second key) states again."""
    return _merged((old, new))


def _merged(values: PySequence[Node]) -> Node:
    """What is left of a value that is stated so many times; the time it takes grows with them.

    A value of another kind takes the place of all before it.
    """
    last = values[-1]
    first = next(
        (i + 1 for i in reversed(range(len(values))) if type(values[i]) is not type(last)), 0
    )
    alike = values[first:]
    if len(alike) == 1 or isinstance(last, Scalar):
        return last
    if isinstance(last, Mapping):
        entries = tuple(e for value in alike if isinstance(value, Mapping) for e in value.entries)
        return Mapping(_together(entries), last.flow, last.span)
    lists = [value for value in alike if isinstance(value, Sequence)]
    items = [*lists[0].items]
    seen = set(items)
    for value in lists[1:]:
        extra = [item for item in value.items if item not in seen]
        items += extra
        seen.update(extra)
    span = next((value.span for value in lists if value.span), None)
    return Sequence(tuple(items), last.flow, span)


def unique(mapping: Mapping) -> Mapping:
    """The mapping with each key once, at every depth: what it says, as netplan reads it."""
    entries = (
        Entry(entry.key, unique(entry.value) if isinstance(entry.value, Mapping) else entry.value)
        for entry in _together(mapping.entries)
    )
    return Mapping(tuple(entries), mapping.flow, mapping.span)


def wrapped(document: Document) -> Document:
    """A network configuration of cloud-init without its ``network:``, as one with it.

    cloud-init's reference, "Networking config Version 2": datasources leave the wrapper out.
    Any other document comes back as it is.
    """
    root = document.root
    if not isinstance(root, Mapping) or root.get("network") is not None:
        return document
    if root.get("version") is None and not any(e.key.text in SECTIONS for e in root.entries):
        return document
    return replace(document, root=Mapping((Entry(Scalar("network"), root),), span=root.span))


def network_of(document: Document) -> Mapping:
    """The ``network:`` mapping; an empty one where there is none."""
    root = document.root
    return root.mapping("network") if isinstance(root, Mapping) else Mapping()


def _top(document: Document) -> tuple[Entry, ...]:
    """What stands in ``network:``, of which a file may have two."""
    root = document.root
    entries = root.entries if isinstance(root, Mapping) else ()
    networks = (e.value for e in entries if e.key.text == "network")
    return tuple(e for node in networks if isinstance(node, Mapping) for e in node.entries)


def _together(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Each key once, where it stands first and as it stands last, with all that it says."""
    if len({entry.key.text for entry in entries}) == len(entries):
        return entries
    stated: dict[str, list[Entry]] = {}
    for entry in entries:
        stated.setdefault(entry.key.text, []).append(entry)
    return tuple(
        Entry(same[-1].key, _merged([entry.value for entry in same])) if len(same) > 1 else same[0]
        for same in stated.values()
    )


def _rank(path: str) -> int:
    directory = dirname(path)
    return DIRECTORIES.index(directory) if directory in DIRECTORIES else len(DIRECTORIES)


def _referred(node: Node) -> frozenset[str]:
    """The IDs that a definition's body names: vlan and tunnel links, members, peers."""
    if not isinstance(node, Mapping):
        return frozenset()
    single = (node.text(key) for key in ("link", "peer"))
    members = (item.text for item in node.sequence("interfaces") if isinstance(item, Scalar))
    return frozenset(text for text in (*single, *members) if text)


def _shape(document: Document) -> list[Finding]:
    """Places where netplan expects a mapping and the file has something else."""
    if document.root is None:
        return []
    if not isinstance(document.root, Mapping):
        return [_no_mapping(document, document.root, "the file")]
    network = document.root.get("network")
    if network is None:
        return []
    if not isinstance(network, Mapping):
        return [_no_mapping(document, network, "network:")]
    found = []
    for section in network.entries:
        if section.key.text not in SECTIONS:
            continue
        if not isinstance(section.value, Mapping):
            found.append(_no_mapping(document, section.value, f"{section.key.text}:"))
            continue
        found += [
            _no_mapping(document, entry.value, f"{entry.key.text}:")
            for entry in section.value.entries
            if entry.key.text != "renderer" and not isinstance(entry.value, Mapping)
        ]
    return found


def _no_mapping(document: Document, node: Node, what: str) -> Finding:
    where = position_of(node) or Position(document.path, 1, 1)
    return Finding(NOT_A_MAPPING, f"{what} must be a mapping (check the indentation)", where)
