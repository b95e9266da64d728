"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.lab import SUITES
from tests.matrix_dns.results import Result
from tests.matrix_dns.rows import ROWS

MODES = ("resolved", "direct")


def table(results: Iterable[Result]) -> str:
    """One table, with its dates; whom `hostnet dns log` named, and what is below the bar."""
    cells = {result.key: result for result in results}
    parts = ["\n".join(_table(cells)), "\n".join(_told(cells))]
    days = sorted({result.at[:10] for result in cells.values()})
    parts.append(f"Met on {days[0]}{f' to {days[-1]}' if days[1:] else ''}." if days else "Empty.")
    wrong = [
        f"- {'/'.join(result.key)}: {result.wrong}" for result in cells.values() if result.wrong
    ]
    parts.append("\n".join(["Below the bar:", *wrong] if wrong else ["Nothing is below the bar."]))
    return "\n\n".join(parts)


def _table(cells: dict[tuple[str, str, str], Result]) -> Iterator[str]:
    columns = [(suite, mode) for mode in MODES for suite in SUITES]
    yield f"| | {' | '.join(f'{mode}, {suite}' for suite, mode in columns)} |"
    yield f"|---|{'---|' * len(columns)}"
    for row in ROWS:
        found = (cells.get((suite, row, mode)) for suite, mode in columns)
        yield f"| {row} | {' | '.join(each.text if each else '' for each in found)} |"


def _told(cells: dict[tuple[str, str, str], Result]) -> Iterator[str]:
    """Of each row, once each."""
    yield "| | `hostnet dns log` |"
    yield "|---|---|"
    for row in ROWS:
        seen = (each.seen for each in cells.values() if each.row == row and each.seen)
        told = dict.fromkeys(line for each in seen for line in each.told)
        if told:
            yield f"| {row} | {'; '.join(told)} |"
