"""What came of a cell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """What programs, pods and resolved went by, and what hostnet told of it.

    `repair`: the longest time in which something was not as pinned, in seconds, and `fault` what
    that was; `times` is how often it happened. `silence` is the longest time without an answer
    after the act.
    """

    repair: float = 0.0
    fault: str = ""
    times: int = 0
    silence: float = 0.0
    told: tuple[str, ...] = ()
    """Of `hostnet dns log`: what was changed, and by whom."""
    findings: tuple[str, ...] = ()
    """Of `hostnet dns status`, in the end."""
    complaint: str = ""
    """What is wrong beside the times."""
    note: str = ""
    """What stands in the table where there is no time to tell."""
    impossible: str = ""
    """Why there is no such cell."""
