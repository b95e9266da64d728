"""hostnet(7), from overview.txt: capitals are a heading, indented lines are shown as they are."""

from __future__ import annotations

from pkgutil import get_data
from typing import TYPE_CHECKING

from hostnet import __version__
from hostnet.cli.manual import roff
from hostnet.cli.manual.pages import BOOK, Page
from hostnet.findings import rules

if TYPE_CHECKING:
    from collections.abc import Iterator

_FINDINGS = "@FINDINGS@"


def overview(date: str) -> Page:
    """The page; ``date`` as for the others."""
    data = get_data(__name__, "overview.txt")
    assert data is not None  # only a loader without files has none
    lines = [roff.heading("hostnet", 7, date, f"hostnet {__version__}", BOOK)]
    for block in data.decode().strip().split("\n\n"):
        lines += _block(block.splitlines())
    return Page("hostnet", 7, "\n".join(lines) + "\n")


def _block(block: list[str]) -> Iterator[str]:
    if block == [_FINDINGS]:
        for rule in rules():
            head = f"{roff.bold(rule.id)} {roff.escaped(rule.name)} ({rule.severity})"
            yield from roff.entry(head, f"{rule.summary} {rule.remedy}")
    elif block[0].isupper():
        yield f".SH {block.pop(0)}"
        name, dash, what = " ".join(block).partition(" - ")
        yield rf"{name} \- {what}" if dash else roff.line(name)
    elif block[0].startswith("    "):
        yield ".PP"
        yield from roff.verbatim([each[4:] for each in block])
    else:
        yield ".PP"
        yield roff.line(" ".join(block))
