"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.lab import SUITES
from tests.matrix.columns import COLUMNS
from tests.matrix.results import Result
from tests.matrix.rows import ROWS

_NAMED = 12
"""Of the missing ones in a cell; a whole table of routes tells no more."""


def table(results: Iterable[Result]) -> str:
    """A table of each suite, what is missing by name, and what is below the bar."""
    cells = {result.key: result for result in results}
    parts = []
    for suite in SUITES:
        columns = [name for name in COLUMNS if any(k[0] == suite and k[2] == name for k in cells)]
        if columns:
            parts.append("\n".join(_table(suite, columns, cells)))
    found = [result for result in cells.values() if result.seen and result.seen.missing]
    parts += ["\n".join(_missing(result)) for result in found]
    wrong = [
        f"- {'/'.join(result.key)}: {result.wrong}" for result in cells.values() if result.wrong
    ]
    parts.append("\n".join(["Below the bar:", *wrong] if wrong else ["Nothing is below the bar."]))
    return "\n\n".join(parts)


def _table(
    suite: str, columns: list[str], cells: dict[tuple[str, str, str], Result]
) -> Iterator[str]:
    yield f"### {suite}\n"
    yield f"| | {' | '.join(columns)} |"
    yield f"|---|{'---|' * len(columns)}"
    for row in ROWS:
        texts = (
            result.text if (result := cells.get((suite, row, column))) else "" for column in columns
        )
        yield f"| {row} | {' | '.join(texts)} |"


def _missing(result: Result) -> Iterator[str]:
    assert result.seen is not None
    yield f"Missing, {' / '.join(result.key)}:\n"
    yield from (f"- `{line}`" for line in result.seen.missing[:_NAMED])
    if (more := len(result.seen.missing) - _NAMED) > 0:
        yield f"- and {more} more"
