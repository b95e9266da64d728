"""Whatever goes wrong at whatever step, the host has its old state or its new one, or says why not.

A sample of `make campaign`, which meets every fault at every step on every suite: here each fault
strikes once, on one suite in turn. HOSTNET_ALL_SUITES=1 takes each to every one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.campaign.bench import Bench
from tests.campaign.results import Result
from tests.campaign.trials import Trial, matrix
from tests.e2e.steps import ALL
from tests.lab import SUITES
from tests.lab.laboratory import Laboratory

SAMPLE = (
    "power-cut at reapplying",
    "netplan-kill at reapplying",
    "disk-full at first-file",
    "etc-read-only at promoting",
    "networkd-broken at applying",
    "dbus-down at verifying",
    "sys-read-only at applying",
    "session-lost at promoting",
    "command-kill at prepared",
    "two-operators at verifying-again",
    "disk-full at verifying-again",
    "netplan-kill at undoing",
    "confirm-race at waiting",
    "service-kill at waiting",
    "none at start, dead-gateway",
)
CASES = [
    (key, suite)
    for number, key in enumerate(SAMPLE)
    for suite in (SUITES if ALL else (SUITES[number % len(SUITES)],))
]
Results = Mapping[tuple[str, str], Result]


@pytest.fixture(scope="module")
def results(laboratory: type[Laboratory], debs: list[Path]) -> Results:
    """All trials, the suites at the same time: most of what they take is waiting."""
    assert laboratory
    with ThreadPoolExecutor(len(SUITES)) as pool:
        return {
            (result.key, result.suite): result
            for done in pool.map(lambda suite: tried(suite, debs), SUITES)
            for result in done
        }


def tried(suite: str, debs: list[Path]) -> Sequence[Result]:
    wanted = {key for key, where in CASES if where == suite}
    with Bench(suite, debs) as bench:
        return [met(bench, trial) for trial in matrix() if trial.key in wanted]


def met(bench: Bench, trial: Trial) -> Result:
    """Try again, as the campaign does, where the moment was over before it could be met."""
    for _ in range(3):
        result = bench.run(trial)
        if result.outcome != "missed":
            break
    return result


@pytest.mark.parametrize(("key", "suite"), CASES)
def test_a_fault_strands_nobody(results: Results, key: str, suite: str) -> None:
    result = results[key, suite]
    assert result.outcome in ("completed", "undone", "told"), result.evidence
    assert not result.wrong, result.evidence
