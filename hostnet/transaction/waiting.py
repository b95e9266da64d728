"""A tried and verified change waits until its operator says that he can still reach the host.

The service alone decides, at one moment: whoever confirms leaves an answer in the journal
and reads from its next mark whether it came in time. So a confirmation and the deadline
cannot both win.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hostnet.errors import HostnetError
from hostnet.host.announce import ARMED, announce
from hostnet.host.watchdog import watchdog
from hostnet.transaction.marks import Answer, State
from hostnet.transaction.timing import ALIVE, POLL

if TYPE_CHECKING:
    from hostnet.transaction.journal import Journal


class NotConfirmed(HostnetError):
    """The operator cancelled, or did not answer in time."""

    exit_code = 6


def now() -> float:
    """Seconds on a clock that nobody sets, and that counts a suspended machine's time, too.

    The same for all processes of one boot; after a reboot no trial waits any more.
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def seconds_left(journal: Journal) -> int:
    """Until it is undone, rounded up; 0 if the moment has come."""
    return max(0, int(-(-(journal.deadline - now()) // 1)))


def await_confirmation(journal: Journal, subject: str, window: float, longest: float) -> None:
    """Return once the operator has confirmed. Raises NotConfirmed.

    The deadline may be moved meanwhile (`extend`), but to ``longest`` seconds from now.
    """
    seconds = min(window, longest)
    # Whoever sees the mark finds a deadline; but a disk that is slow to keep the mark takes
    # none of the operator's time.
    _wait_from_now(journal, seconds, longest)
    journal.mark(State.WAITING)
    _wait_from_now(journal, seconds, longest)
    announce(
        f"hostnet: the change of {subject} is undone in {seconds:.0f} s "
        f"unless it is confirmed: hostnet confirm {journal.token}",
        ARMED,
    )
    with watchdog(ALIVE) as alive:
        while journal.answer is not Answer.CONFIRM:
            demand_not_cancelled(journal)
            if now() >= journal.deadline:
                raise NotConfirmed(f"the change of {subject} was not confirmed in time")
            alive()
            time.sleep(POLL)


def _wait_from_now(journal: Journal, seconds: float, longest: float) -> None:
    journal.wait_until(max(journal.deadline, now() + seconds), now() + longest)


def demand_not_cancelled(journal: Journal) -> None:
    """Raise NotConfirmed if the operator cancelled."""
    if journal.answer is Answer.CANCEL:
        raise NotConfirmed("the change was cancelled")


def extend(journal: Journal, seconds: float) -> None:
    """Let it wait for so long from now, but no longer in all than it may."""
    journal.wait_until(min(now() + seconds, journal.latest), journal.latest)
