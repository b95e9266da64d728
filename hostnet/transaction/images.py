"""Which files have to change so that the host goes back, or forward, from where it stopped.

Each file is looked at, and only touched if it is one of the images that the plan itself
knows: what anyone else wrote meanwhile is not ours to overwrite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.change import Change, Write
from hostnet.errors import Stranded
from hostnet.host.beneath import Unreadable
from hostnet.model import ABSENT
from hostnet.transaction.marks import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostnet.model import Image
    from hostnet.plan import Plan

    Look = Callable[[str], Image]

_FORGOTTEN = "/run/"
"""What was there before a reboot is not there after it, and shall not come back."""


class Foreign(Stranded):
    """A file is neither what hostnet found nor what it wrote."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"{path} was changed by someone else meanwhile",
            why,
            "Compare it with the copies in the journal and run `netplan apply`.",
        )
        self.path = path


def backward(plan: Plan, reached: State, look: Look) -> list[Change]:
    """The changes that put every file back to what it was before the plan.

    ``reached`` is how far the transaction came: in the trial nothing but /run was written,
    so what else the plan names is left alone. Raises Foreign.
    """
    is_trial = reached in (State.TRIAL, State.WAITING)
    writes = _writes(plan.trial) if is_trial else plan.writes
    known = _known(writes)
    # The last written goes back first: the old owner before 90-hostnet.yaml goes.
    return _changes(known, {path: images[0] for path, images in reversed(known.items())}, look)


def forward(plan: Plan, look: Look) -> list[Change]:
    """The changes that finish the promotion, whatever part of it is done. Raises Foreign."""
    known = _known(plan.writes)
    goals = {change.path: known[change.path][-1] for change in _writes(plan.promotion)}
    return _changes(known, goals, look)


def _writes(ops: tuple[object, ...]) -> tuple[Change, ...]:
    return tuple(op.change for op in ops if isinstance(op, Write))


def _known(writes: tuple[Change, ...]) -> dict[str, list[Image]]:
    known: dict[str, list[Image]] = {}
    for change in writes:
        known.setdefault(change.path, [change.before]).append(change.after)
    return known


def _changes(known: dict[str, list[Image]], goals: dict[str, Image], look: Look) -> list[Change]:
    changes = []
    for path, goal in goals.items():
        try:
            now = look(path)
        except Unreadable as error:
            raise Foreign(path, f"it {error.problem}") from None
        if now == goal or (now == ABSENT and path.startswith(_FORGOTTEN)):
            continue
        if now not in known[path]:
            raise Foreign(path, "it is neither what hostnet found nor what it wrote")
        changes.append(Change(path, now, goal, "recovery"))
    return changes
