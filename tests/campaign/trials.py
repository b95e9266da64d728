"""Which change meets which fault, and when: every pair once, or by chance."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.campaign.changes import ADDRESS, CHANGES, WAITS, free_address
from tests.campaign.faults import FAULTS
from tests.e2e.moments import MOMENTS

_LATEST = 4.0
"""Seconds after its start: a change of a healthy host takes two to five."""


@dataclass(frozen=True)
class Trial:
    """One change and its fault; `key` finds it again, whatever else is tried."""

    key: str
    change: str
    address: str
    fault: str
    moment: str | None = None
    """The step of the journal at which it strikes; without one, `delay` says when."""
    delay: float = 0.0
    from_lease: bool = False
    """The host has its lease before; else it is as the last trial left it."""

    @property
    def when(self) -> str:
        """The moment, as a reader would say it."""
        return self.moment or f"{self.delay:.3f} s"


def matrix() -> Iterator[Trial]:
    """Every change with nothing wrong, and every fault at every moment where it matters."""
    addresses = random.Random("matrix")
    for change in CHANGES.values():
        key = f"none at start, {change.name}"
        yield Trial(key, change.name, free_address(addresses), "none", from_lease=True)
    for fault in FAULTS.values():
        for moment in fault.moments:
            key = f"{fault.name} at {moment}"
            address = free_address(addresses)
            change = WAITS if moment == "waiting" else ADDRESS
            yield Trial(key, change.name, address, fault.name, moment, from_lease=True)


def at_random(seed: int, number: int) -> Trial:
    """The trial of this number, always the same for the same seed."""
    chance = random.Random(f"{seed} {number}")
    change = _weighted(chance, {each.name: each.weight for each in CHANGES.values()})
    fault = _weighted(chance, {each.name: each.weight for each in FAULTS.values()})
    trial = Trial(
        f"seed {seed} number {number}",
        change,
        free_address(chance),
        fault,
        from_lease=chance.random() < 0.25,
        delay=round(chance.uniform(0, _LATEST), 3),
    )
    others = [
        moment
        for moment in FAULTS[fault].moments
        # What does not work is undone, and never comes to a moment after that.
        if moment != "waiting" and (CHANGES[change].works or not MOMENTS[moment].forward)
    ]
    if fault == "none" or (others and chance.random() < 0.7):
        return trial
    moment = chance.choice(others or ["waiting"])
    if moment == "waiting" or change == WAITS.name:
        return Trial(**{**vars(trial), "moment": "waiting", "change": WAITS.name})
    # `undoing` needs a push and the others with strace their time; by chance they come anyway
    slow = MOMENTS[moment].slow_from is not None or MOMENTS[moment].stopped
    return trial if slow else Trial(**{**vars(trial), "moment": moment})


def _weighted(chance: random.Random, weights: dict[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
