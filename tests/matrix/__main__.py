"""`python -m tests.matrix`: every cell that is not in the results file yet; prints the table.

A run can be ended at any time and gone on with later. Exits with 1 if a cell where hostnet acts
is below the bar.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.cells import Cell, Matrix, When
from tests.checkout import build_wheel
from tests.matrix.cell import perform
from tests.matrix.columns import COLUMNS
from tests.matrix.results import Result, read
from tests.matrix.rows import ROWS
from tests.matrix.table import table


def _perform(cell: Cell, wheel: Path, when: When) -> Result:
    suite, row, column = cell
    return Result(*cell, when.commit, when.at, perform(suite, ROWS[row], COLUMNS[column], wheel))


def _failed(cell: Cell, when: When, why: str) -> Result:
    return Result(*cell, when.commit, when.at, error=why)


MATRIX = Matrix(
    "tests.matrix",
    str(__doc__),
    list(ROWS),
    list(COLUMNS),
    Path("matrix.jsonl"),
    read,
    build_wheel,
    _perform,
    _failed,
    table,
)

if __name__ == "__main__":
    sys.exit(MATRIX.main())
