"""Text as groff's man macros take it: man(7), groff_char(7). Pure."""

from __future__ import annotations

import re

_TABLE = str.maketrans(
    {
        "\\": r"\(rs",
        "-": r"\-",  # else it becomes a hyphen, and nobody can paste the option
        "'": r"\(aq",
        "`": r"\(ga",
        "^": r"\(ha",
        "~": r"\(ti",
    }
)
_LITERAL = re.compile(r"`([^`]+)`")


def escaped(words: str) -> str:
    """Words that mean nothing to groff; in running text only, see `line`."""
    return words.translate(_TABLE)


def bold(words: str) -> str:
    """To be typed as it is."""
    return rf"\fB{escaped(words)}\fR"


def italic(words: str) -> str:
    """To be replaced by the reader."""
    return rf"\fI{escaped(words)}\fR"


def line(words: str) -> str:
    """A line of running text; what stands between backticks is bold."""
    parts = enumerate(_LITERAL.split(words))
    return guarded("".join(bold(part) if at % 2 else escaped(part) for at, part in parts))


def guarded(words: str) -> str:
    """A line that is no request, whatever it begins with."""
    return rf"\&{words}" if words.startswith(".") else words


def verbatim(lines: list[str]) -> list[str]:
    """Lines that are shown as they are, set off from the text."""
    return [".RS 4", ".nf", *(guarded(escaped(each)) for each in lines), ".fi", ".RE"]


def entry(head: str, body: str) -> list[str]:
    """What is explained (already escaped), and its explanation (not yet)."""
    return [".TP", guarded(head), line(body)]


def heading(title: str, section: int, date: str, source: str, book: str) -> str:
    """The first line of a page."""
    return f'.TH "{escaped(title.upper())}" "{section}" "{date}" "{escaped(source)}" "{book}"'
