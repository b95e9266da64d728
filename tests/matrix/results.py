"""What was seen in each cell: lines of JSON in a file that is only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.matrix.cell import Seen
from tests.matrix.columns import COLUMNS


@dataclass(frozen=True)
class Result:
    """One cell. `error`: it was not done as it should be, and nothing of the rest holds."""

    suite: str
    row: str
    column: str
    commit: str
    at: str
    seen: Seen | None = None
    error: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.suite, self.row, self.column)

    @property
    def longest(self) -> float:
        """Milliseconds for which one that is there again was away."""
        return max(self.seen.away.values(), default=0.0) if self.seen else 0.0

    @property
    def lost(self) -> int:
        """Pings."""
        return sum(self.seen.lost.values()) if self.seen else 0

    @property
    def wrong(self) -> str:
        """What is below the bar, where there is one; empty if nothing."""
        return self.below(BAR[self.suite])

    def below(self, at_most: float) -> str:
        """The same, with so many milliseconds allowed."""
        if self.seen is None:
            return self.error.strip().rpartition("\n")[2] or "error"
        if not COLUMNS[self.column].is_held:
            return ""
        found = []
        if self.seen.missing:
            found.append(f"{len(self.seen.missing)} missing")
        # In whole ones: a virtual address that is promoted to be its network's first has its
        # local route made anew by the kernel, in 0.2 ms.
        if round(self.longest) > at_most:
            found.append(f"away for {self.longest:.0f} ms")
        if self.seen.silence > at_most:
            found.append(f"no answer for {self.seen.silence:.0f} ms")
        return ", ".join(found)

    def __str__(self) -> str:
        return f"{self.suite:9} {self.row:14} {self.column:22} {self.text} {self.wrong and 'WRONG'}"

    @property
    def text(self) -> str:
        """As it stands in the table."""
        if self.seen is None:
            return "error"
        total = self.seen.objects
        gone = len(self.seen.missing)
        words = [f"**{gone} of {total} gone**" if gone else f"all {total}"]
        if self.longest:
            words.append(
                f"{self.longest:.1f} ms" if self.longest < 10 else f"{self.longest:.0f} ms"
            )
        if self.lost:
            words.append(f"{self.lost} of {self.seen.pings} pings lost")
        if self.seen.silence:
            words.append(f"silent for {self.seen.silence:.0f} ms")
        return ", ".join(words)


BAR = {"bookworm": 100.0, "trixie": 0.0, "sid": 0.0}
"""Milliseconds that anything may be away, or a pod be without an answer, where hostnet acts."""


def read(told: dict[str, Any]) -> Result:
    """What a line of the file holds."""
    seen = told.pop("seen")
    if seen is not None:
        seen = Seen(**{**seen, "missing": tuple(seen["missing"])})
    return Result(**told, seen=seen)
