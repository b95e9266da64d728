"""What a command that changes something returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.diff import FileDiff
    from hostnet.findings import Finding
    from hostnet.ledger.fates import Lost, Restored
    from hostnet.plan import Plan

Outcome = Literal["already-so", "planned", "written", "pending", "committed", "undone"]


class Pending(Value):
    """A tried and verified change that is undone at the deadline unless it is confirmed.

    ``token`` names it for ``hostnet confirm`` and ``hostnet cancel``; ``revert_at`` is the
    deadline by the host's own clock (RFC 3339, UTC).
    """

    token: str
    subject: str
    seconds_left: int
    revert_at: str


class Result(Value):
    """How a change went.

    ``outcome``: ``already-so`` (nothing to do, nothing touched), ``planned`` (a dry
    run), ``written`` (below another root, for its next boot), ``pending`` (in force and
    verified, until it is confirmed or undone), ``committed`` (in force now, verified, and
    kept for every boot) or ``undone`` (cancelled; the old state is verified back).
    """

    outcome: Outcome
    plan: Plan
    diff: tuple[FileDiff, ...] = ()
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    pending: Pending | None = None
    restored: tuple[Restored, ...] = ()
    """What others have in the kernel, that the change took away and is there again."""
    lost: tuple[Lost, ...] = ()
    """And what is not, or is of no use any more."""

    @property
    def changed(self) -> bool:
        """Whether something was changed, or would be."""
        return self.outcome not in ("already-so", "undone")

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why each step is part of the plan."""
        return self.plan.reasons


RecoveryOutcome = Literal["nothing-open", "undone", "committed"]


class Recovery(Value):
    """How a change that a crash cut short was settled.

    ``outcome``: ``nothing-open`` (nothing was touched), ``undone`` (the old state is in
    force) or ``committed`` (the new one is). ``files`` are those that had to be written
    for it. ``verified``: it was observed, too; while the system boots it cannot be.
    ``why`` a promotion could not be completed and was undone instead. ``restored`` and
    ``lost`` as in `Result`.
    """

    outcome: RecoveryOutcome
    subject: str | None = None
    journal: str | None = None
    files: tuple[str, ...] = ()
    verified: bool = False
    why: str = ""
    restored: tuple[Restored, ...] = ()
    lost: tuple[Lost, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there was something to settle."""
        return self.outcome != "nothing-open"

    def __str__(self) -> str:
        if not self.changed:
            return "no change is open"
        how = {"undone": "undone", "committed": "completed"}[self.outcome]
        seen = "verified" if self.verified else "not verified, since the network was not up"
        because = f"; it could not be completed: {self.why}" if self.why else ""
        return f"{self.subject}: a change that was cut short is {how} ({seen}){because}"
