"""What a command that changes something returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from hostnet.diff import FileDiff
    from hostnet.findings import Finding
    from hostnet.plan import Plan

Outcome = Literal["already-so", "planned", "written", "committed"]


@dataclass(frozen=True)
class Result:
    """How a change went.

    ``outcome``: ``already-so`` (nothing to do, nothing touched), ``planned`` (a dry
    run), ``written`` (below another root, for its next boot) or ``committed`` (in force
    now, verified, and kept for every boot).
    """

    outcome: Outcome
    plan: Plan
    diff: tuple[FileDiff, ...] = ()
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether something was changed, or would be."""
        return self.outcome != "already-so"

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why each step is part of the plan."""
        return self.plan.reasons
