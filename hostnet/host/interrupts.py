"""Ctrl-C and SIGTERM as an answer to a question, and not as an exception anywhere."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Pause = Callable[[float], bool]

_INTERRUPTS = {signal.SIGINT, signal.SIGTERM}


@contextmanager
def held() -> Iterator[Pause]:
    """Keep interrupts waiting, so that what begins here is followed to its end.

    What it yields sleeps for some seconds, and tells at once whether an interrupt came.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _INTERRUPTS)
    try:
        yield _pause
    finally:
        # One that came too late to be answered would say "nothing was changed" of a change.
        while _pause(0):
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pause(seconds: float) -> bool:
    return signal.sigtimedwait(_INTERRUPTS, seconds) is not None
