"""A pin is laid on the host as it was before any pin: what was laid first never counts as old.

So one pin after another, in whichever mode, leaves what that one alone would; and taking a
pin away is laying none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.change import Change
from hostnet.dns.resolvconf import PATH
from hostnet.findings import CHANGED_SINCE, Finding
from hostnet.model import ABSENT, Image, Kind, Position, SourceFile
from hostnet.netplan.edit import put
from hostnet.netplan.tree import load
from hostnet.owner import OUR_FILE
from hostnet.pinned import MODE, Kept, Pinned, to_bytes
from hostnet.plan import PINNED
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.model import Observed
    from hostnet.netplan.tree import Tree

_NETPLAN = ("/etc/netplan/", "/etc/cloud/")
"""These belong together: of two owners of an interface one gave it up to the other."""
_KEYS = ("nameservers", "dhcp4-overrides", "dhcp6-overrides", "ra-overrides")
_WHY = "as it was before the pin"


class Bare(Value):
    """The host as it was before any pin; ``findings`` tell of what cannot be put back.

    ``kept`` are the files that the pin changed and that are as it left them.
    """

    observed: Observed
    kept: tuple[Kept, ...] = ()
    findings: tuple[Finding, ...] = ()
    first: tuple[Kept, ...] = ()
    """What was there before the first pin of files that somebody changed since."""


def bare(observed: Observed, pinned: Pinned | None) -> Bare:
    """The host without the pin that was laid on it.

    A file that somebody changed since then stays as it is; of our own netplan file, which
    `hostnet static` changes, only what the pin put there is taken out.
    """
    if pinned is None:
        return Bare(observed)
    left = {kept.path for kept in pinned.files if image_of(observed, kept.path) == kept.after}
    # After an undo, or by hand: nothing is to be put back.
    right = {kept.path for kept in pinned.files if image_of(observed, kept.path) == kept.before}
    changed = [kept for kept in pinned.files if kept.path not in left | right]
    strip = any(_is_netplans(kept) for kept in changed)
    kept = tuple(
        each for each in pinned.files if each.path in left and not (strip and _is_netplans(each))
    )
    found = observed
    for each in kept:
        found = with_image(found, each.path, each.before)
    if strip:
        found = _stripped(found, pinned)
    findings = tuple(
        Finding(CHANGED_SINCE, f"{each.path} was changed after it was pinned: it stays as it is",
                Position(each.path, 1, 1))
        for each in changed if not _is_netplans(each)
    )  # fmt: skip
    first = tuple(each for each in changed if not _is_netplans(each))
    return Bare(found, kept, findings, first)


def laid(
    changes: Iterable[Change],
    bare: Bare,
    observed: Observed,
    state: Pinned | None,
    base: Observed | None = None,
) -> tuple[Change, ...]:
    """The changes from the host as it is: ``changes`` are those from the bare one.

    ``state`` is kept for the day when the pin is taken away, without its files; None takes
    it away. ``base`` is what the host is then to be like, if that is not the bare one.
    """
    goals = {change.path: change for change in changes}
    paths = [*goals, *(kept.path for kept in bare.kept), *_edited(bare, observed)]
    found = []
    for path in dict.fromkeys(paths):
        now = image_of(observed, path)
        goal = goals.get(path)
        after = goal.after if goal else image_of(bare.observed, path)
        if now != after:
            found.append(Change(path, now, after, goal.reason if goal else _WHY))
    goal = goals.get(PATH)
    conf = goal.after if goal else image_of(bare.observed, PATH)
    state = replace(state, conf=conf) if state else None
    before = base or bare.observed
    for each in bare.first:
        before = with_image(before, each.path, each.before)
    return (*found, *_kept(goals, before, observed, state))


def image_of(observed: Observed, path: str) -> Image:
    """What is at the path, netplan's files among all others."""
    for file in observed.netplan_files:
        if path == (file.target or file.path):
            return file.image
    return observed.image(path)


def with_image(observed: Observed, path: str, image: Image) -> Observed:
    """The host with another image at the path."""
    images = {key: value for key, value in observed.images if key != path}
    if image != ABSENT:
        images[path] = image
    return replace(
        observed,
        images=tuple(images.items()),
        netplan_files=_with_file(observed.netplan_files, path, image, "/etc/netplan/"),
        cloud_files=_with_file(observed.cloud_files, path, image, "/etc/cloud/"),
    )


def _with_file(
    files: tuple[SourceFile, ...], path: str, image: Image, folder: str
) -> tuple[SourceFile, ...]:
    """The files with that of the path, if it is one of them, or comes to lie in their folder."""
    there = {file.target or file.path: file for file in files}
    if path not in there and not path.startswith(folder):
        return files
    old = there.pop(path, SourceFile(path, target=path))
    if image.kind is Kind.FILE:
        there[path] = replace(old, data=image.data, image=image)
    return tuple(there.values())


def _kept(
    goals: dict[str, Change], base: Observed, observed: Observed, state: Pinned | None
) -> tuple[Change, ...]:
    """The change of the file that keeps it all."""
    now = observed.image(PINNED)
    if state is None:
        return (Change(PINNED, now, ABSENT, "there is no pin"),) if now != ABSENT else ()
    files = [
        Kept(path, before, change.after)
        for path, change in goals.items()
        if (before := image_of(base, path)) != change.after
    ]
    # A pin that is laid again beside nothing else remembers the same in the same order.
    places = {kept.path: place for place, kept in enumerate(state.files)}
    files.sort(key=lambda kept: places.get(kept.path, len(places)))
    uid, gid = observed.system.owner
    data = to_bytes(replace(state, files=tuple(files)))
    after = Image(Kind.FILE, data, MODE, uid, gid)
    reason = "what was before the pin, for `hostnet dns unpin`"
    return (Change(PINNED, now, after, reason),) if now != after else ()


def _is_netplans(kept: Kept) -> bool:
    return kept.path.startswith(_NETPLAN)


def _edited(bare: Bare, observed: Observed) -> list[str]:
    """Netplan's files that lose what the pin put there."""
    return [
        path
        for file in bare.observed.netplan_files
        if image_of(observed, path := file.target or file.path) != file.image
    ]


def _stripped(observed: Observed, pinned: Pinned) -> Observed:
    """Our own file without what the pin put there, though more has changed since."""
    old = observed
    for kept in pinned.files:
        if kept.path.startswith("/etc/netplan/"):
            old = with_image(old, kept.path, kept.before)
    before, _ = load(old.netplan_files)
    now, _ = load(observed.netplan_files)
    left = {kept.path: kept.after for kept in pinned.files}.get(OUR_FILE)
    then, _ = load(() if left is None else (SourceFile(OUR_FILE, left.data, target=OUR_FILE),))
    file = next((file for file in observed.netplan_files if file.path == OUR_FILE), None)
    if file is None:
        return observed
    data = _without(file, before, then, now)
    image = replace(file.image, data=data)
    return with_image(observed, file.target or file.path, image)


def _without(file: SourceFile, before: Tree, then: Tree, now: Tree) -> bytes:
    """Each definition's keys as they were before, where they still are as the pin left them."""
    data = file.data
    for netdef in then.netdefs:
        present, earlier = now.netdef(netdef.id), before.netdef(netdef.id)
        if present is None:
            continue
        body = present.body
        for key in _KEYS:
            if body.get(key) == netdef.body.get(key):
                body = body.with_value(key, earlier.body.get(key) if earlier else None)
        if body != present.body:
            # Each edit moves what comes after it.
            tree, _ = load((replace(file, data=data),))
            data = put(tree.document(OUR_FILE), present.section, present.id, body).encode()
    return data
