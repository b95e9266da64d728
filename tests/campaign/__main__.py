"""`python -m tests.campaign`: every fault at every step once, then trials by chance.

What is in the results file is not tried again, so that a run can be ended at any time and gone on
with later. Exits with 1 if anything was stranded, or was not as promised.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.campaign.bench import Bench
from tests.campaign.results import Results, summary
from tests.campaign.trials import Trial, at_random, matrix
from tests.checkout import build_debs
from tests.lab import SUITES, cleanup, plugin
from tests.lab.images import image


class Campaign:
    """The trials that are left, by suite; several workers take them from there."""

    def __init__(self, left: dict[str, deque[Trial]], results: Results) -> None:
        self._left = left
        self._results = results
        self._lock = threading.Lock()
        self.stopping = threading.Event()

    def work(self, first: str, debs: list[Path]) -> None:
        """Try what is left of a suite, then of the others."""
        for suite in sorted(self._left, key=lambda suite: suite != first):
            with Bench(suite, debs) as bench:
                for trial in self._taken(suite):
                    result = bench.run(trial)
                    self._results.add(result)
                    print(result, flush=True)

    def _taken(self, suite: str) -> Iterator[Trial]:
        while not self.stopping.is_set():
            with self._lock:
                if not self._left[suite]:
                    return
                trial = self._left[suite].popleft()
            yield trial


def main() -> int:
    """Do what is left to be tried, and print the sum of all that ever was."""
    given = _arguments()
    results = Results(given.results)
    if not given.summary:
        if reason := plugin.why_not():
            print(reason, file=sys.stderr)
            return 2
        cleanup.install()
        done = results.done()
        left = {
            suite: deque(
                trial
                for trial in _wanted(given)
                if (suite, trial.key) not in done and given.only in str(vars(trial))
            )
            for suite in given.suites
        }
        _run(Campaign(left, results), list(left), given.jobs)
    found = results.all()
    print(summary(found))
    return int(any(each.wrong or each.outcome == "stranded" for each in found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    parser.add_argument("--suites", nargs="+", choices=SUITES, default=list(SUITES))
    parser.add_argument("--jobs", type=int, default=2, help="hosts at the same time (2)")
    parser.add_argument("--trials", type=int, default=300, help="by chance, of each suite (300)")
    parser.add_argument("--seed", type=int, default=1, help="of chance (1)")
    parser.add_argument("--results", type=Path, default=Path("campaign.jsonl"), metavar="FILE")
    parser.add_argument("--no-matrix", action="store_true", help="only trials by chance")
    parser.add_argument("--only", default="", help="trials whose description has this text")
    parser.add_argument("--summary", action="store_true", help="try nothing, only sum up")
    return parser.parse_args()


def _wanted(given: argparse.Namespace) -> Iterator[Trial]:
    if not given.no_matrix:
        yield from matrix()
    for number in range(given.trials):
        yield at_random(given.seed, number)


def _run(campaign: Campaign, suites: list[str], jobs: int) -> None:
    for suite in suites:
        image(suite)
    with tempfile.TemporaryDirectory(prefix="hostnet-campaign-") as scratch:
        debs = build_debs(Path(scratch))
        with ThreadPoolExecutor(jobs) as pool:
            workers = [
                pool.submit(campaign.work, suites[number % len(suites)], debs)
                for number in range(jobs)
            ]
            try:
                for worker in workers:
                    worker.result()
            finally:
                # Ctrl-C, too: each worker ends its trial and takes its host away.
                campaign.stopping.set()


if __name__ == "__main__":
    sys.exit(main())
