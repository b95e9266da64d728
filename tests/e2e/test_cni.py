"""What others have in the kernel outlives what hostnet does: a sample of `make matrix-cni`.

Each cell is met on one suite, in turn; HOSTNET_ALL_SUITES=1 meets each on every one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.steps import ALL
from tests.lab import SUITES
from tests.lab.laboratory import Laboratory
from tests.matrix.cell import perform
from tests.matrix.columns import COLUMNS
from tests.matrix.results import BAR, Result
from tests.matrix.rows import ROWS

CELLS = (
    ("Calico", "address"),
    ("Cilium < 1.14", "killed"),
    ("CNI plugins", "address"),
    ("keepalived", "dead gateway"),
    ("AWS VPC", "taken over"),
    ("Docker", "gateway"),
    ("Flannel", "already so"),
    ("kube-router", "dead gateway"),
    ("CNI plugins", "killed"),
    ("Docker", "address"),
)
BUSY = 50
"""How much longer putting back may take on a machine that runs all tests: none is none, though."""
CASES = [
    pytest.param(row, column, suite, id=f"{row}-{column}-{suite}".replace(" ", "-"))
    for number, (row, column) in enumerate(CELLS)
    for suite in (SUITES if ALL else (SUITES[(number + number // 3) % len(SUITES)],))
]


@pytest.mark.parametrize(("row", "column", "suite"), CASES)
def test_nothing_is_missing_and_nothing_was_away(
    row: str, column: str, suite: str, wheel: Path, laboratory: type[Laboratory]
) -> None:
    assert laboratory
    seen = perform(suite, ROWS[row], COLUMNS[column], wheel)
    result = Result(suite, row, column, "", "", seen)
    print(result)
    wrong = result.below(BAR[suite] * BUSY)
    assert not wrong, (wrong, seen.missing, seen.away, seen.lost)
    assert seen.objects > 6  # the rules that every host has
    assert seen.complete
