"""Interrupts that wait for a question: none is an exception, none is lost before its end."""

from __future__ import annotations

import os
import signal
import time

import pytest

from hostnet.host.interrupts import held


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_an_answer(number: signal.Signals) -> None:
    with held() as pause:
        assert not pause(0.01)
        os.kill(os.getpid(), number)
        begun = time.monotonic()
        assert pause(10)
        assert time.monotonic() - begun < 5
        assert not pause(0.01)


def test_one_that_comes_too_late_is_dropped() -> None:
    with held():
        os.kill(os.getpid(), signal.SIGINT)


def test_afterwards_interrupts_are_exceptions_again() -> None:
    with held():
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
