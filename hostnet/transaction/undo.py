"""Putting the old state back, from wherever a transaction stopped."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from hostnet.change import Apply, Change
from hostnet.errors import HostnetError, Stranded
from hostnet.host.apply import netplan_apply
from hostnet.host.verify import verify
from hostnet.model import Kind
from hostnet.transaction.journal import Journal, State
from hostnet.transaction.timing import APPLY, VERIFY_UNDONE

if TYPE_CHECKING:
    from hostnet.host.files import Files
    from hostnet.model import Image
    from hostnet.plan import Plan


def undo(journal: Journal, files: Files) -> None:
    """Undo the transaction unless it is final, and observe that the old state is back.

    Safe to call again at any point: each file is looked at, and only put back if it is
    one of the images this very transaction wrote. Raises Stranded.
    """
    state = journal.state
    if state.is_final:
        return
    plan = journal.plan()
    journal.mark(State.UNDOING)
    if state is State.PREPARED:
        journal.mark(State.UNDONE)
        return
    try:
        journal.tell("putting the old state back")
        files.commit(restoring(plan, files))
        if any(isinstance(op, Apply) for op in (*plan.trial, *plan.promotion)):
            netplan_apply(APPLY)
        if plan.before is not None:
            verify(plan.before, VERIFY_UNDONE)
    except HostnetError as error:
        stranded = Stranded(
            "the old state could not be verified to be back",
            f"{error.what}: {error.why}" if error.why else error.what,
            _by_hand(plan, journal),
        )
        journal.keep("stranded", stranded)
        journal.mark(State.STRANDED)
        raise stranded from error
    journal.mark(State.UNDONE)


def restoring(plan: Plan, files: Files) -> list[Change]:
    """The changes that put every file back to what it was before the plan.

    Raises Stranded where a file is none of the plan's images: someone else wrote it
    meanwhile, and his work is not ours to overwrite.
    """
    chains: dict[str, list[Image]] = {}
    for change in plan.writes:
        chains.setdefault(change.path, [change.before]).append(change.after)
    changes = []
    # The last written goes back first: the old owner before 90-hostnet.yaml goes.
    for path, images in reversed(chains.items()):
        now = files.image(path)
        if now == images[0]:
            continue
        if now not in images:
            raise Stranded(
                f"{path} was changed by someone else meanwhile",
                "it is neither what hostnet found nor what it wrote",
                "Compare it with the copy in the journal and run `netplan apply`.",
            )
        changes.append(Change(path, now, images[0], "undo"))
    return changes


def _by_hand(plan: Plan, journal: Journal) -> str:
    """The commands that put the old state back, to be pasted."""
    lines = ["To put the old state back by hand:"]
    seen = set()
    for number, change in enumerate(plan.writes):
        if change.path not in seen:
            seen.add(change.path)
            lines.append(f"  {_command(change, f'{journal.folder}/before/{number}')}")
    return "\n".join([*lines, "  netplan apply"])


def _command(change: Change, copy: str) -> str:
    before = change.before
    if before.kind is Kind.ABSENT:
        return shlex.join(["rm", "-f", change.path])
    if before.kind is Kind.SYMLINK:
        return shlex.join(["ln", "-sfn", before.data.decode(errors="replace"), change.path])
    owner = ["-o", str(before.uid), "-g", str(before.gid), "-m", f"{before.mode:04o}"]
    return shlex.join(["install", *owner, copy, change.path])
