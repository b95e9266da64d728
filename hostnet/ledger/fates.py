"""What became of others' objects in the course of a change, in words for an operator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterable


class Restored(Value):
    """An object that was away for so many milliseconds and is there again.

    ``what`` is it in iproute2's words, as it is now.
    """

    what: str
    owner: str
    milliseconds: float


class Lost(Value):
    """An object that is gone, or of no use any more, and why; ``remedy`` brings it back."""

    what: str
    owner: str
    why: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what} ({self.owner}): {self.why}; {self.remedy}"


class Fates(Value):
    """What became of all that is foreign and did not just stay.

    ``links`` are foreign links that are there, but not as they were.
    """

    restored: tuple[Restored, ...] = ()
    lost: tuple[Lost, ...] = ()
    links: tuple[str, ...] = ()

    def then(self, later: Fates) -> Fates:
        """Both together: an object counts once, with its longest absence."""
        restored: dict[str, Restored] = {}
        for each in (*self.restored, *later.restored):
            longest = max(each.milliseconds, restored.get(each.what, each).milliseconds)
            restored[each.what] = replace(each, milliseconds=longest)
        again = {each.what for each in later.restored}
        lost = {each.what: each for each in self.lost if each.what not in again}
        lost |= {each.what: each for each in later.lost}
        still = tuple(each for each in restored.values() if each.what not in lost)
        return Fates(still, tuple(lost.values()), later.links)


def by_owner(restored: Iterable[Restored]) -> dict[str, tuple[Restored, ...]]:
    """Those of each owner, the owner of most first."""
    found: dict[str, tuple[Restored, ...]] = {}
    for each in restored:
        found[each.owner] = (*found.get(each.owner, ()), each)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))
