"""Printing: results on stdout, progress and warnings on stderr, safe for a terminal."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from hostnet.errors import HostnetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hostnet.findings import Finding

CANCELLED = 6
"""Interrupted before anything was done: the old state is in force."""


_WIDTH = 70
"""Long enough to overwrite any step's line."""


def safe(text: str) -> str:
    """The text without control characters that would steer a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else f"\\x{ord(c):02x}" for c in text)


def out(text: str) -> None:
    """A line of the result."""
    click.echo(safe(text))


def err(text: str, end: str = "\n") -> None:
    """A line beside the result; a terminal that has gone takes nothing along."""
    try:
        click.echo(safe(text) + end, err=True, nl=False)
    except OSError:
        return


def out_json(document: dict[str, Any]) -> None:
    """A JSON document as the result."""
    click.echo(json.dumps(document, indent=2))


def progress(*, quiet: bool) -> Callable[[str], None]:
    """Shows each step on stderr: at a terminal in one line, elsewhere a line each."""
    if quiet:
        return lambda _message: None
    end = "\r" if sys.stderr.isatty() else "\n"
    return lambda message: err(f"{message} ...".ljust(_WIDTH if end == "\r" else 0), end)


def findings(found: Iterable[Finding]) -> None:
    """Every finding with its place and what to do."""
    for finding in found:
        err(str(finding))
        err(f"    {finding.advice}")


@contextmanager
def reporting(*, as_json: bool) -> Iterator[None]:
    """End with an error's own exit code after saying what, why and what to do.

    SIGTERM is an interrupt (a trial is undone); SIGHUP detaches: the terminal is gone,
    and the service that performs the change needs none.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    except HostnetError as error:
        if as_json:
            from hostnet import report

            out_json(report.error(error))
        else:
            _error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        err("hostnet: interrupted; nothing was changed")
        sys.exit(CANCELLED)


def _error(error: HostnetError) -> None:
    findings(getattr(error, "findings", ()))
    err(f"hostnet: {error.what}" + (f": {error.why}" if error.why else ""))
    if error.remedy:
        err(error.remedy)
