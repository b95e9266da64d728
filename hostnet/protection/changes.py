"""What to write so that a container network is protected, and what to remove so that it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.change import Change
from hostnet.findings import NOT_OURS, Finding
from hostnet.kubernetes.signs import NAMES
from hostnet.model import ABSENT, Image, Kind, Position
from hostnet.protection.files import is_kept, left_out, rivals, wanted
from hostnet.protection.places import NEXT_HOPS, PATHS, is_keeper, is_ours, keeper
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from hostnet.model import Observed
    from hostnet.netplan.tree import Tree

_MODE = 0o644
"""networkd and NetworkManager run without root's rights, and nothing in them is secret."""


class Protection(Value):
    """What is to be done for it: changes of files, and why something is left undone.

    ``unloaded``: though the files are as they are to be, networkd started before them.
    """

    changes: tuple[Change, ...] = ()
    reasons: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    unloaded: bool = False


def protect(observed: Observed, present: Tree, tree: Tree) -> Protection:
    """What protects the host, once ``tree`` is its netplan configuration; now it is ``present``."""
    findings, changes = [], []
    for file in wanted(observed, present, tree):
        before = observed.image(file.path)
        if before != ABSENT and not is_ours(before):
            findings.append(_foreign(file.path))
            continue
        uid, gid = observed.system.owner
        old = before if before != ABSENT else Image(Kind.FILE, b"", _MODE, uid, gid)
        after = replace(old, data=file.data, mode=_MODE)
        if before != after:
            changes.append(Change(file.path, before, after, file.reason))
    kept = {keeper(netdef.id) for netdef in tree.netdefs if is_kept(netdef)}
    changes += [
        Change(path, image, ABSENT, "the interface is gone, or has a lease, which would be kept")
        for path, image in observed.images
        if is_keeper(path) and path not in kept and is_ours(image)
    ]
    unloaded = observed.system.opt_outs_loaded is False and not changes
    reasons = _reasons(observed, present, tree) if changes else []
    if unloaded:
        reasons.append("networkd started before its opt-outs were written: it is restarted")
    return Protection(tuple(changes), tuple(reasons), tuple(findings), unloaded)


def unprotect(observed: Observed) -> Protection:
    """What takes the protection away: everything of ours, and nothing of a stranger's."""
    found = [(p, i) for p, i in observed.images if i != ABSENT and (p in PATHS or is_keeper(p))]
    return Protection(
        tuple(
            Change(path, image, ABSENT, "hostnet made it, and is told to take it away")
            for path, image in found
            if is_ours(image)
        ),
        findings=tuple(_foreign(path) for path, image in found if not is_ours(image)),
    )


def _foreign(path: str) -> Finding:
    return Finding(NOT_OURS, f"{path} is not hostnet's", Position(path, 1, 1))


def _reasons(observed: Observed, present: Tree, tree: Tree) -> list[str]:
    """What is not protected, each with its reason."""
    found = [
        f"links {name.glob} are not left alone: {own} is the host's own"
        for name in NAMES
        if (own := left_out(name, observed, tree))
    ]
    found += [
        f"{', '.join(others)} would become the source of what {netdef.id} sends if it were kept "
        "while networkd sets its own address: it is put back after each change"
        for netdef in tree.netdefs
        if is_kept(netdef) and (others := rivals(netdef, observed, present))
    ]
    if not observed.system.next_hop_opt_out:
        found.append(f"networkd does not know {NEXT_HOPS}: those it takes are put back")
    return found
