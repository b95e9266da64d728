"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tests.lab import SUITES
from tests.matrix.columns import COLUMNS
from tests.matrix.results import Result
from tests.matrix.rows import ROWS

_NAMED = 12
"""Of each kind in a cell; a whole table of routes tells no more."""


def table(results: Iterable[Result]) -> str:
    """A table of each suite, what is missing by name, and what is below the bar."""
    cells = {result.key: result for result in results}
    parts = []
    for suite in SUITES:
        columns = [name for name in COLUMNS if any(k[0] == suite and k[2] == name for k in cells)]
        if columns:
            parts.append("\n".join(_table(suite, columns, cells)))
    parts += ["\n".join(lines) for each in cells.values() if (lines := [*_named(each)])]
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


def _named(result: Result) -> Iterator[str]:
    """What is missing, and what was away the longest."""
    if result.seen is None:
        return
    missing = [f"`{line}`" for line in result.seen.missing]
    away = sorted(result.seen.away.items(), key=lambda each: each[1], reverse=True)
    late = [f"`{name}` {ms:.1f} ms" for name, ms in away]
    pings = [f"{asked}: {lost}" for asked, lost in result.seen.lost.items() if lost]
    for what, named in (("missing", missing), ("away", late), ("pings lost", pings)):
        if named:
            yield f"{' / '.join(result.key)}, {what}:\n"
            yield from (f"- {each}" for each in named[:_NAMED])
            if (more := len(named) - _NAMED) > 0:
                yield f"- and {more} more"
            yield ""
