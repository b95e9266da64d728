"""Keeping what others have in the kernel while networkd is made to take it away.

networkd drops foreign routes, rules, addresses and next hops in the middle of a `netplan
apply`, half a second before that returns. So a thread looks as soon as rtnetlink tells
that something went, and puts back what the ledger says is missing, until the change is over; then
one last comparison tells what became of everything.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from hostnet.errors import HostnetError
from hostnet.host import ledger
from hostnet.host.watch import NETWORKD, Watching
from hostnet.ledger.account import account
from hostnet.ledger.difference import compare
from hostnet.ledger.fates import Fates, Restored
from hostnet.ledger.moving import moving
from hostnet.ledger.origin import Origin, origin
from hostnet.ledger.owners import Owners
from hostnet.ledger.replay import replay
from hostnet.ledger.words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.ledger.objects import Key, Ledger, Object
    from hostnet.ops import Hold

_QUIET = 0.004
"""Deletions come in bursts, a few microseconds apart: one look for each burst."""
_BURST = 0.02
"""But no burst is waited out for longer."""
_AGAIN = 0.03
"""For what the kernel would not take yet: an address, or a way to a gateway, is missing."""
_SETTLE = 2.0
"""After the change: networkd removes late what it no longer wants, owners put back theirs."""


class Keeping:
    """A context manager; when it has ended, `fates` tells what became of everything.

    ``processes`` are files that list networkd's process ids. Where the ledger cannot be read
    any more, nothing is told, and nothing fails.
    """

    def __init__(self, op: Hold, before: Ledger, processes: Iterable[str] = NETWORKD) -> None:
        self._own, self._moved = op.own, dict(op.moved)
        self._before = before
        self._watching = Watching(before, processes, tell=self._told)
        self._news = threading.Event()
        self._last = 0.0
        self._is_over = False
        self._refused: dict[Key, str] = {}
        self._thread: threading.Thread | None = None
        self._swapped: tuple[Object, ...] = ()
        self.fates = Fates()

    def __enter__(self) -> Keeping:
        self._watching.__enter__()
        self._move()
        if any(origin(each, self._own) is Origin.FOREIGN for each in self._before.objects()):
            self._thread = threading.Thread(target=self._keep, name="ledger", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._news.set()
        if self._thread is not None:
            self._thread.join()
        try:
            after = self._settled()
        except HostnetError:
            return
        finally:
            self._watching.__exit__()
        watch = self._watching.watch()
        owners = Owners(ledger.owner_files(), self._before, after)
        self.fates = account(
            self._before, after, self._own, watch, self._moved, owners, self._refused
        )
        swapped = (Restored(shown(each), owners.of(each).name, 0.0) for each in self._swapped)
        self.fates = Fates(tuple(swapped)).then(self.fates)

    def _move(self) -> None:
        lines = tuple(moving(self._before, self._own, self._moved))
        with suppress(HostnetError):
            refused = {each.line for each in ledger.put_back(lines)}
            self._swapped = tuple(line.thing for line in lines if line not in refused)

    def _told(self) -> None:
        """The kernel says that something went, or that an address came."""
        self._last = time.monotonic()
        self._news.set()

    def _keep(self) -> None:
        waiting: float | None = None
        while not self._is_over:
            self._news.wait(waiting)
            self._await_quiet()
            self._news.clear()
            with suppress(HostnetError):
                waiting = None if self._is_whole(ledger.read()) else _AGAIN

    def _await_quiet(self) -> None:
        end = time.monotonic() + _BURST
        while not self._is_over and (now := time.monotonic()) < min(end, self._last + _QUIET):
            time.sleep(min(end, self._last + _QUIET) - now)

    def _is_whole(self, after: Ledger) -> bool:
        """Whether nothing is missing that could be there; what is, is put back."""
        difference = compare(self._before, after, self._own)
        if difference.is_none:
            return True
        plan = replay(
            difference, self._before, after, self._own, self._watching.watch(), self._moved
        )
        refused = ledger.put_back(plan.lines)
        self._refused |= {each.line.thing.key: each.why for each in refused}
        left = any(not left.by_owner for left in plan.left)
        return not (plan.lines or left or difference.links)

    def _settled(self) -> Ledger:
        """What is there in the end; what was just put back may have been refused or go again."""
        end = time.monotonic() + _SETTLE
        while not self._is_whole(after := ledger.read()) and time.monotonic() < end:
            time.sleep(_AGAIN)
        return after
