"""`python -m tests.matrix`: every cell that is not in the results file yet; prints the table.

A run can be ended at any time and gone on with later. Exits with 1 if a cell where hostnet acts
is below the bar.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
import traceback
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from pathlib import Path
from subprocess import SubprocessError

from tests.checkout import ROOT, build_wheel
from tests.lab import SUITES, cleanup, plugin
from tests.lab.errors import LabError
from tests.matrix.cell import perform
from tests.matrix.columns import COLUMNS
from tests.matrix.results import Result, Results
from tests.matrix.rows import ROWS
from tests.matrix.table import table

Cell = tuple[str, str, str]


def main() -> int:
    """Fill the cells that are left, and print all."""
    given = _arguments()
    results = Results(given.results)
    if not given.table:
        if reason := plugin.why_not():
            print(reason, file=sys.stderr)
            return 2
        cleanup.install()
        _fill(_left(given, results), results, given.jobs)
    found = results.all()
    print(table(found))
    return int(any(result.wrong for result in found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix", description=__doc__)
    parser.add_argument("--suites", nargs="+", choices=SUITES, default=list(SUITES))
    parser.add_argument("--rows", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--columns", nargs="+", choices=list(COLUMNS), default=list(COLUMNS))
    parser.add_argument("--jobs", type=int, default=1, help="hosts at the same time (1)")
    parser.add_argument("--results", type=Path, default=Path("matrix.jsonl"), metavar="FILE")
    parser.add_argument("--again", action="store_true", help="what is in the results file, too")
    parser.add_argument("--table", action="store_true", help="fill nothing, only print")
    return parser.parse_args()


def _left(given: argparse.Namespace, results: Results) -> deque[Cell]:
    done = set() if given.again else {each.key for each in results.all() if not each.error}
    cells = (
        (suite, row, column)
        for column in given.columns
        for row in given.rows
        for suite in given.suites
    )
    return deque(cell for cell in cells if cell not in done)


def _fill(left: deque[Cell], results: Results, jobs: int) -> None:
    stopping = threading.Event()
    commit = _commit()

    def work() -> None:
        while left and not stopping.is_set():
            try:
                cell = left.popleft()
            except IndexError:
                return
            result = _result(cell, wheel, commit)
            results.add(result)
            print(result, flush=True)
            if result.error:
                print(result.error, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="hostnet-matrix-") as scratch:
        wheel = build_wheel(Path(scratch))
        with ThreadPoolExecutor(jobs) as pool:
            workers = [pool.submit(work) for _ in range(jobs)]
            try:
                for worker in workers:
                    worker.result()
            finally:
                # Ctrl-C, too: each worker ends its cell and takes its host away.
                stopping.set()


def _result(cell: Cell, wheel: Path, commit: str) -> Result:
    suite, row, column = cell
    at = datetime.now(timezone.utc).isoformat(timespec="seconds")
    try:
        seen = perform(suite, ROWS[row], COLUMNS[column], wheel)
    except (LabError, AssertionError, OSError, SubprocessError):
        return Result(suite, row, column, commit, at, error=traceback.format_exc())
    return Result(suite, row, column, commit, at, seen)


def _commit() -> str:
    argv = ["git", "-c", "safe.directory=*", "-C", str(ROOT), "describe", "--always", "--dirty"]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
