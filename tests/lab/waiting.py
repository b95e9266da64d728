"""Waiting for something to become true, with a deadline and without a fixed sleep."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.lab.errors import LabError


def until(
    true: Callable[[], object], complaint: str, within: float = 60, every: float = 0.01
) -> None:
    """Return as soon as `true()` is; a LabError with the complaint past the deadline.

    The deadline is for what never comes. It costs nothing otherwise, and a disk that is busy lets
    even a process that waits for it be neither stopped nor killed for many seconds.
    """
    deadline = time.monotonic() + within
    while not true():
        if time.monotonic() > deadline:
            raise LabError(f"{complaint} (waited {within:g} s)")
        time.sleep(every)
