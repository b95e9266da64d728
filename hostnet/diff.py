"""A plan's changes for human eyes: unified diffs, secrets masked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.model import Image, Kind
from hostnet.netplan.secrets import masked
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.change import Change
    from hostnet.plan import Plan


class FileDiff(Value):
    """One file's change for human eyes: secrets masked."""

    path: str
    before: str
    after: str
    reason: str

    @property
    def unified(self) -> str:
        """The change as a unified diff."""
        from difflib import unified_diff

        lines = unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            self.path if self.before else "/dev/null",
            self.path if self.after else "/dev/null",
        )
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def diffs(plan: Plan) -> tuple[FileDiff, ...]:
    """The lasting changes, as they are shown."""
    return tuple(
        FileDiff(change.path, _shown(change, change.before), _shown(change, change.after),
                 change.reason)
        for change in plan.changes
    )  # fmt: skip


def _shown(change: Change, image: Image) -> str:
    if image.kind is Kind.ABSENT:
        return ""
    if change.path.endswith(".yaml"):
        return masked(change.path, image.data)
    return image.data.decode(errors="replace")
