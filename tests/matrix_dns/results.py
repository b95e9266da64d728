"""What was seen in each cell, and the bar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.matrix_dns.seen import Seen

BAR = 5.0
"""Seconds that anything may be otherwise than pinned, or that there may be no answer."""
QUIET = 1.0
"""Seconds of silence that the table does not tell."""


@dataclass(frozen=True)
class Result:
    """One cell. `error`: it was not done as it should be, and nothing of the rest holds."""

    suite: str
    row: str
    mode: str
    commit: str
    at: str
    seen: Seen | None = None
    error: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.suite, self.row, self.mode)

    @property
    def wrong(self) -> str:
        """What is below the bar; empty if nothing."""
        return self.below(BAR)

    def below(self, at_most: float) -> str:
        """The same, with so many seconds allowed."""
        if self.seen is None:
            return self.error.strip().rpartition("\n")[2] or "error"
        found = [self.seen.complaint] if self.seen.complaint else []
        if self.seen.repair > at_most:
            found.append(f"not as pinned for {self.seen.repair:.1f} s")
        if self.seen.silence > at_most:
            found.append(f"silent for {self.seen.silence:.1f} s")
        return ", ".join(found)

    @property
    def text(self) -> str:
        """As it stands in the table."""
        seen = self.seen
        if seen is None:
            return "**error**"
        if seen.impossible:
            return f"n/a: {seen.impossible}"
        if seen.complaint:
            return f"**{seen.complaint}**"
        words = seen.note or (f"{seen.repair:.1f} s" if seen.times else "right")
        return words if seen.silence < QUIET else f"{words}, silent {seen.silence:.1f} s"

    def __str__(self) -> str:
        told = f" ({self.seen.fault})" if self.seen and self.seen.fault else ""
        wrong = self.wrong and " WRONG"
        return f"{self.suite:9} {self.mode:9} {self.row:28} {self.text}{told}{wrong}"


def read(told: dict[str, Any]) -> Result:
    """What a line of the file holds."""
    seen = told.pop("seen")
    if seen is not None:
        lists = {name: tuple(seen[name]) for name in ("told", "findings")}
        seen = Seen(**{**seen, **lists})
    return Result(**told, seen=seen)
