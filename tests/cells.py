"""A matrix of cells, each met on a booted host of its own: what `make matrix-…` have in common.

What is in the results file is not done again, so that a run can be ended at any time and gone on
with later.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from subprocess import SubprocessError
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from tests.checkout import ROOT
from tests.lab import SUITES, cleanup, plugin
from tests.lab.errors import LabError
from tests.lines import Lines

Cell = tuple[str, str, str]
"""Suite, row, column."""


class Result(Protocol):
    """What became of a cell, a dataclass.

    `error`: it was not done as it should be, and nothing else holds.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def key(self) -> Cell:
        """Which it is."""

    @property
    def error(self) -> str:
        """A traceback, or nothing."""

    @property
    def wrong(self) -> str:
        """What is below the bar; empty if nothing."""


R = TypeVar("R", bound=Result)
P = TypeVar("P")


@dataclass(frozen=True)
class When:
    """What a result says of its run."""

    commit: str
    at: str


class Results(Generic[R]):
    """A file of results that is only ever added to; `read` makes one of what a line holds."""

    def __init__(self, path: Path, read: Callable[[dict[str, Any]], R]) -> None:
        self._lines = Lines(path)
        self._read = read

    def add(self, result: R) -> None:
        """Write it down."""
        self._lines.append(asdict(result))

    def all(self) -> list[R]:
        """The last result of each cell."""
        found = {result.key: result for result in map(self._read, self._lines)}
        return list(found.values())


@dataclass(frozen=True)
class Matrix(Generic[R, P]):
    """One of them. `build` makes what is installed on the hosts, in a scratch folder."""

    name: str
    about: str
    rows: Sequence[str]
    columns: Sequence[str]
    results: Path
    read: Callable[[dict[str, Any]], R]
    build: Callable[[Path], P]
    perform: Callable[[Cell, P, When], R]
    """Raises what `failed` is then called for."""
    failed: Callable[[Cell, When, str], R]
    table: Callable[[Sequence[R]], str]

    def main(self) -> int:
        """Fill the cells that are left, and print all; 1 if one is below the bar."""
        given = self._arguments()
        results = Results(given.results, self.read)
        if not given.table:
            if reason := plugin.why_not():
                print(reason, file=sys.stderr)
                return 2
            cleanup.install()
            self._fill(self._left(given, results), results, given.jobs)
        found = results.all()
        print(self.table(found))
        return int(any(result.wrong for result in found))

    def _arguments(self) -> argparse.Namespace:
        parser = argparse.ArgumentParser(prog=f"python -m {self.name}", description=self.about)
        every = {"rows": list(self.rows), "columns": list(self.columns), "suites": list(SUITES)}
        for word, values in every.items():
            parser.add_argument(f"--{word}", nargs="+", choices=values, default=values)
        parser.add_argument("--jobs", type=int, default=1, help="hosts at the same time (1)")
        parser.add_argument("--results", type=Path, default=self.results, metavar="FILE")
        parser.add_argument("--again", action="store_true", help="what is in the results file, too")
        parser.add_argument("--table", action="store_true", help="fill nothing, only print")
        return parser.parse_args()

    def _left(self, given: argparse.Namespace, results: Results[R]) -> deque[Cell]:
        done = set() if given.again else {each.key for each in results.all() if not each.error}
        cells = (
            (suite, row, column)
            for column in given.columns
            for row in given.rows
            for suite in given.suites
        )
        return deque(cell for cell in cells if cell not in done)

    def _fill(self, left: deque[Cell], results: Results[R], jobs: int) -> None:
        stopping = threading.Event()
        commit = _commit()

        def work() -> None:
            while left and not stopping.is_set():
                try:
                    cell = left.popleft()
                except IndexError:
                    return
                result = self._result(cell, built, commit)
                results.add(result)
                print(result, flush=True)
                if result.error:
                    print(result.error, file=sys.stderr, flush=True)

        with tempfile.TemporaryDirectory(prefix="hostnet-matrix-") as scratch:
            built = self.build(Path(scratch))
            with ThreadPoolExecutor(jobs) as pool:
                workers = [pool.submit(work) for _ in range(jobs)]
                try:
                    for worker in workers:
                        worker.result()
                finally:
                    # Ctrl-C, too: each worker ends its cell and takes its host away.
                    stopping.set()

    def _result(self, cell: Cell, built: P, commit: str) -> R:
        when = When(commit, datetime.now(timezone.utc).isoformat(timespec="seconds"))
        try:
            return self.perform(cell, built, when)
        except (LabError, AssertionError, OSError, SubprocessError):
            return self.failed(cell, when, traceback.format_exc())


def _commit() -> str:
    argv = ["git", "-c", "safe.directory=*", "-C", str(ROOT), "describe", "--always", "--dirty"]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()
