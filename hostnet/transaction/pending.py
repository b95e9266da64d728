"""The change that waits for its confirmation, as others see it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hostnet.errors import Stranded
from hostnet.host.observe import is_active, is_privileged
from hostnet.result import Pending
from hostnet.transaction.journal import Journal
from hostnet.transaction.marks import State
from hostnet.transaction.waiting import seconds_left

if TYPE_CHECKING:
    from hostnet.host.files import Files


def waiting(files: Files) -> Journal | None:
    """The journal of the change that waits now; None if none does, or only root may know."""
    journal = Journal.open(files) if is_privileged() else None
    if journal is None or not is_active(journal.unit):
        return None
    try:
        return journal if journal.state is State.WAITING else None
    except Stranded:
        return None  # It is told as a finding, and by whoever settles it.


def pending(files: Files) -> Pending | None:
    """What is to be told of it."""
    journal = waiting(files)
    return of(journal) if journal is not None else None


def of(journal: Journal) -> Pending:
    """What is to be told of a journal whose change waits."""
    left = seconds_left(journal)
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + left))
    return Pending(journal.token, journal.plan().subject, left, moment)
