"""How long an address was silent, by pings every 5 ms."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field


@dataclass
class Outage:
    """What `measure_gap` saw; complete when its `with` block is left."""

    address: str
    replies: list[float] = field(default_factory=list)
    finished: float = 0.0
    numbers: list[int] = field(default_factory=list)
    """Of the pings that were answered."""

    def read(self, log: str) -> None:
        """Take in what `ping -D` printed."""
        reply = r"^\[([\d.]+)\] \d+ bytes from .*icmp_seq=(\d+)"
        for stamp, number in re.findall(reply, log, re.MULTILINE):
            if float(stamp) <= self.finished:
                self.replies.append(float(stamp))
                self.numbers.append(int(number))

    @property
    def largest_ms(self) -> float:
        """The longest silence between the first reply and the end of the measurement."""
        if not self.replies:
            return float("inf")
        return max(
            (later - earlier) * 1000
            for earlier, later in itertools.pairwise([*self.replies, self.finished])
        )

    @property
    def lost_ms(self) -> float:
        """The longest silence between two replies, by the pings lost in a row, 5 ms each.

        A busy machine answers late, which is no silence, so this can be demanded to the letter.
        """
        pairs = itertools.pairwise(sorted(set(self.numbers)))
        return max(((later - earlier - 1) * 5.0 for earlier, later in pairs), default=float("inf"))
