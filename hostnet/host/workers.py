"""One function over many things, on all processors."""

from __future__ import annotations

import os
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    _In = TypeVar("_In")
    _Out = TypeVar("_Out")

_WORTH_IT = 3
"""From how many things on: processes cost 20 ms to begin with."""
_AHEAD = 4
"""Things that wait for each processor, so that neither it nor the memory runs out."""


def over_all_processors(work: Callable[[_In], _Out], things: Iterator[_In]) -> Iterator[_Out]:
    """What the work makes of each thing, in their order; few are done in this process."""
    first = tuple(islice(things, _WORTH_IT))
    many = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if len(first) < _WORTH_IT or not many or many == 1:
        yield from map(work, chain(first, things))
        return
    from collections import deque
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing import get_context

    # fork: a worker begins with all that is imported and compiled here.
    with ProcessPoolExecutor(many, mp_context=get_context("fork")) as pool:
        waiting: deque[Future[_Out]] = deque()
        for thing in chain(first, things):
            waiting.append(pool.submit(work, thing))
            if len(waiting) > many * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
