"""The netplan files as a change would leave them: edited texts, nothing written.

Each owner gives the interface up, 90-hostnet.yaml takes it.
"""

from __future__ import annotations

from posixpath import basename
from typing import TYPE_CHECKING

from hostnet.errors import Unsuitable
from hostnet.findings import OWNER_NOT_EDITABLE, Finding
from hostnet.model import SourceFile
from hostnet.netplan.document import Document, Mapping, parse
from hostnet.netplan.edit import CannotEdit, put, without
from hostnet.netplan.tree import Tree, merge_documents, network_of, reading_order
from hostnet.owner import OUR_FILE
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.complete import Completed
    from hostnet.model import Observed
    from hostnet.owner import Ownership


class Draft(Value):
    """The netplan files as a change would leave them; the checks look at its tree."""

    files: tuple[tuple[SourceFile, bytes, str], ...]
    """Changed ones: the file that is edited, its new bytes, and the reason."""
    tree: Tree


def draft(
    completed: Completed, owner: Ownership, observed: Observed, tree: Tree, *, trial: bool
) -> tuple[Draft, tuple[Finding, ...]]:
    """Edit the files: each owner gives the interface up, 90-hostnet.yaml takes it."""
    findings: list[Finding] = []
    edited: dict[str, tuple[str, str]] = {}
    ours = tree.document(OUR_FILE)
    old = owner.netdef
    if old is not None:
        keep_key = _is_referred(tree, old.id)
        for document in dict.fromkeys(d.document.path for d in old.definitions):
            stranger = tree.document(document)
            if stranger is None or stranger.path == OUR_FILE:
                continue
            if stranger.path.startswith("/run/"):
                raise Unsuitable(
                    f"{completed.id} is defined in {stranger.path}",
                    "files in /run are made by another program and gone after a reboot",
                    "Find the program that writes it, and let it leave the interface alone.",
                )
            try:
                text = without(stranger, old.id, leave_empty=keep_key)
            except CannotEdit as fault:
                findings.append(
                    Finding(OWNER_NOT_EDITABLE, f"{stranger.path}: {fault.message}",
                            fault.position, completed.id)
                )  # fmt: skip
                continue
            keep_key = False
            if text != stranger.text:
                edited[stranger.path] = (text, f"gives {old.id} up to 90-hostnet.yaml")
    text = _ours(completed, owner, tree, ours, trial=trial)
    if ours is None or text != ours.text:
        edited[OUR_FILE] = (text, f"defines {', '.join(_ids(completed, owner))}")
    files = {file.path: file for file in observed.netplan_files}
    changed = tuple(
        (files.get(path, SourceFile(path)), text.encode(), reason)
        for path, (text, reason) in edited.items()
    )
    return Draft(changed, _redone(tree, edited)), tuple(findings)


def joined(first: Draft, then: Draft) -> Draft:
    """Both drafts, the second of which was made on the first one's tree."""
    files = {file.path: (file, data, reason) for file, data, reason in first.files}
    for file, data, reason in then.files:
        before = files.get(file.path)
        reasons = dict.fromkeys((*((before[2],) if before else ()), reason))
        files[file.path] = (file, data, "; ".join(reasons))
    return Draft(tuple(files.values()), then.tree)


def _ids(completed: Completed, owner: Ownership) -> list[str]:
    return [completed.id] + [o.name for o in owner.covered if o.name != completed.id]


def _ours(
    completed: Completed, owner: Ownership, tree: Tree, ours: Document | None, *, trial: bool
) -> str:
    body = completed.trial_body if trial else completed.body
    text = put(ours, completed.section, completed.id, body)
    for link in owner.covered:
        # A match that covered several NICs becomes one definition for each of them.
        if link.name != completed.id and owner.netdef is not None:
            own = owner.netdef.moved.with_value("match", None)
            text = put(parse(OUR_FILE, text.encode()), "ethernets", link.name, own)
    for id_ in _later_references(body, tree):
        # netplan resolves names within a file or from earlier ones only.
        later = tree.netdef(id_)
        if later is not None:
            document = parse(OUR_FILE, text.encode())
            if network_of(document).mapping(later.section).get(id_) is None:
                text = put(document, later.section, id_, Mapping())
    return text


def _later_references(body: Mapping, tree: Tree) -> tuple[str, ...]:
    """IDs that the body names and that only files after ours define."""
    names = [body.text("link"), *(getattr(i, "text", None) for i in body.sequence("interfaces"))]
    found = []
    for name in names:
        netdef = tree.netdef(name) if name else None
        if netdef and all(basename(d.path) > basename(OUR_FILE) for d in netdef.definitions):
            found.append(netdef.id)
    return tuple(found)


def _is_referred(tree: Tree, id_: str) -> bool:
    """Whether files that netplan reads before ours name the ID."""
    return any(
        basename(definition.path) < basename(OUR_FILE) for definition in tree.references(id_)
    )


def _redone(tree: Tree, edited: dict[str, tuple[str, str]]) -> Tree:
    texts = {document.path: document for document in tree.documents}
    for path, (text, _) in edited.items():
        texts[path] = parse(path, text.encode())
    ordered = sorted(texts.values(), key=lambda document: reading_order(document.path))
    return merge_documents(ordered)
