"""What became of the trials: lines of JSON in a file that is only ever added to, and their sum."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from tests.campaign.trials import Trial
from tests.lines import Lines

AGAIN = ("missed", "error")
"""Outcomes that say nothing about hostnet: the trial is tried again by the next run."""


@dataclass(frozen=True)
class Result:
    """One trial and its outcome: completed, undone, told or stranded (see README), or one of AGAIN.

    `silence` is the longest time for which the host was cut off; `took` is what the trial took.
    """

    suite: str
    key: str
    change: str
    address: str
    fault: str
    when: str
    before: str
    exit_code: int | None
    outcome: str
    silence: float
    took: float
    wrong: str
    at: str
    evidence: str

    @classmethod
    def of(
        cls,
        suite: str,
        trial: Trial,
        before: Iterable[str],
        exit_code: int | None,
        outcome: str,
        silence: float,
        took: float,
        wrong: str,
        evidence: str,
    ) -> Result:
        """The result of a trial, dated now."""
        return cls(
            suite,
            trial.key,
            trial.change,
            trial.address,
            trial.fault,
            trial.when,
            " ".join(before),
            exit_code,
            outcome,
            round(silence, 2),
            round(took, 1),
            wrong,
            datetime.now(timezone.utc).isoformat(timespec="seconds"),
            evidence,
        )

    def __str__(self) -> str:
        what = f"{self.suite:9} {self.key:32} {self.change:13} {self.fault:16} {self.when:16}"
        return f"{what} {self.outcome:10} {self.silence:6.2f} s  {self.wrong}".rstrip()


class Results:
    """The file."""

    def __init__(self, path: Path) -> None:
        self._lines = Lines(path)

    def add(self, result: Result) -> None:
        """Write it down."""
        self._lines.append(asdict(result))

    def all(self) -> list[Result]:
        """The last result of each trial, in the order of the file."""
        found = {(line["suite"], line["key"]): Result(**line) for line in self._lines}
        return list(found.values())

    def done(self) -> set[tuple[str, str]]:
        """Suite and key of the trials that need not be tried again."""
        return {(each.suite, each.key) for each in self.all() if each.outcome not in AGAIN}


_COLUMNS = ("trials", "stranded", "told", "undone", "completed", "wrong", "median", "p95", "worst")


def summary(results: list[Result]) -> str:
    """A table: all of it, then by suite, by fault and by change; silence in seconds."""
    rows = [("all", results)]
    for name in ("suite", "fault", "change"):
        values = dict.fromkeys(getattr(result, name) for result in results)
        rows += [
            (value, [result for result in results if getattr(result, name) == value])
            for value in values
        ]
    lines = [f"{'':17}" + "".join(f"{column:>10}" for column in _COLUMNS)]
    lines += [_row(name, chosen) for name, chosen in rows]
    bad = [str(each) for each in results if each.wrong or each.outcome in ("stranded", *AGAIN)]
    return "\n".join([*lines, *bad])


def _row(name: str, results: list[Result]) -> str:
    def count(outcome: str) -> int:
        return sum(result.outcome == outcome for result in results)

    counts = [len(results), *map(count, _COLUMNS[1:5]), sum(bool(each.wrong) for each in results)]
    silence = sorted(each.silence for each in results if each.outcome not in ("stranded", *AGAIN))
    times = (0.0, 0.0, 0.0)
    if silence:
        times = (
            statistics.median(silence),
            silence[max(0, -(-len(silence) * 95 // 100) - 1)],
            silence[-1],
        )
    figures = "".join(f"{number:10}" for number in counts)
    return f"{name:17}{figures}" + "".join(f"{seconds:10.2f}" for seconds in times)
