"""A file goes from one image to another: what a plan writes, each with its inverse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.model import Image


class Change(Value):
    """One file goes from one image to another, for a reason the operator reads.

    If the file is not ``before`` when the change is performed, the plan is stale and
    everything stops.
    """

    path: str
    before: Image
    after: Image
    reason: str

    @property
    def inverse(self) -> Change:
        """The change that puts it back."""
        return Change(self.path, self.after, self.before, f"undo: {self.reason}")


class Write(Value):
    """Op: make the change to the file."""

    change: Change
