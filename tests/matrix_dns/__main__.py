"""`python -m tests.matrix_dns`: every cell that is not in the results file yet; prints the table.

A run can be ended at any time and gone on with later. Exits with 1 if a cell is below the bar:
everything as pinned again within 5 s.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.cells import Cell, Matrix, When
from tests.checkout import build_debs
from tests.matrix_dns.cell import STAY, node, pin
from tests.matrix_dns.results import Result, read
from tests.matrix_dns.rows import ROWS
from tests.matrix_dns.seen import Seen
from tests.matrix_dns.table import MODES, table


def perform(suite: str, row: str, mode: str, debs: Sequence[Path]) -> Seen:
    """Boot a node for it, and judge."""
    wanted = ROWS[row]
    if mode in wanted.without:
        return Seen(impossible=wanted.without[mode])
    with node(suite, wanted.machine, debs) as world:
        pin(world, mode)
        return wanted.see(world, mode, STAY)


def _perform(cell: Cell, debs: Sequence[Path], when: When) -> Result:
    return Result(*cell, when.commit, when.at, perform(*cell, debs))


def _failed(cell: Cell, when: When, why: str) -> Result:
    return Result(*cell, when.commit, when.at, error=why)


MATRIX = Matrix(
    "tests.matrix_dns",
    str(__doc__),
    list(ROWS),
    MODES,
    Path("matrix-dns.jsonl"),
    read,
    build_debs,
    _perform,
    _failed,
    table,
)

if __name__ == "__main__":
    sys.exit(MATRIX.main())
