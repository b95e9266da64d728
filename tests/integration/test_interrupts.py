"""Interrupts that wait for a question: none is an exception, none is lost before its end.

Each in a process of its own: where there are several threads, pytest-xdist's say, any of them may
get a signal (signal(7)).
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable

import pytest

from hostnet.host.interrupts import held


def alone(check: Callable[..., None], *arguments: object) -> None:
    """Run it there; what it raises is printed."""
    process = multiprocessing.get_context("fork").Process(target=check, args=arguments)
    process.start()
    process.join(30)
    assert process.exitcode == 0


def _an_answer(number: signal.Signals) -> None:
    with held() as pause:
        assert not pause(0.01)
        os.kill(os.getpid(), number)
        begun = time.monotonic()
        assert pause(10)
        assert time.monotonic() - begun < 5
        assert not pause(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_an_answer(number: signal.Signals) -> None:
    alone(_an_answer, number)


def _too_late() -> None:
    with held():
        os.kill(os.getpid(), signal.SIGINT)


def test_one_that_comes_too_late_is_dropped() -> None:
    alone(_too_late)


def _afterwards() -> None:
    with held():
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_afterwards_interrupts_are_exceptions_again() -> None:
    alone(_afterwards)
