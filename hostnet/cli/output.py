"""Printing: results on stdout, progress and warnings on stderr, safe for a terminal."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from hostnet.errors import HostnetError, RolledBack
from hostnet.telling import silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from hostnet.findings import Finding
    from hostnet.result import Pending, Recovery, Result
    from hostnet.telling import Tell

_WIDTH = 70
"""Long enough to overwrite any step's line."""


def safe(text: str, *, line: bool = False) -> str:
    """The text without control characters that would steer a terminal.

    ``line``: it is one line, and a line break in it (of a file's name, of an argument)
    must not look like the next one.
    """
    kept = "" if line else "\n\t"
    return "".join(
        c if c.isprintable() or c in kept else c.encode("unicode_escape").decode() for c in text
    )


def out(text: str) -> None:
    """A line of the result; what the stream's encoding lacks is escaped."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    _write(sys.stdout, safe(text).encode(encoding, "backslashreplace").decode(encoding) + "\n")


def err(text: str, *, end: str = "\n", line: bool = True) -> None:
    """A line (or several) beside the result; a terminal that has gone takes nothing along."""
    try:
        _write(sys.stderr, safe(text, line=line) + end)
    except OSError:
        return


def out_json(document: dict[str, Any]) -> None:
    """A JSON document as the result."""
    import json

    _write(sys.stdout, json.dumps(document, indent=2) + "\n")


def _write(stream: TextIO | None, text: str) -> None:
    # There is none where a service is started with it closed.
    if stream is not None:
        stream.write(text)
        stream.flush()


@contextmanager
def progress(*, quiet: bool) -> Iterator[Tell]:
    """Shows each step on stderr: at a terminal in one line, which goes again; else a line each."""
    if quiet:
        yield silent
    elif not sys.stderr.isatty():
        yield lambda message: err(f"{message} ...")
    else:
        width = _width()
        try:
            yield lambda message: err(f"{message} ..."[:width].ljust(width), end="\r")
        finally:
            clear_progress()


def clear_progress() -> None:
    """Take the step's line away, at a terminal, before another line is told."""
    if sys.stderr.isatty():
        err(" " * _width(), end="\r")


def _width() -> int:
    return min(_WIDTH, (os.get_terminal_size(sys.stderr.fileno()).columns or 80) - 1)


def notice(message: str) -> None:
    """What the operator must know before it happens; it stays on the terminal."""
    err(f"hostnet: {message}")


def attend() -> Callable[[Pending], None] | None:
    """At a terminal a command stays until its change is confirmed elsewhere, or undone."""
    return (lambda pending: notice(waits(pending))) if sys.stdin.isatty() else None


def waits(pending: Pending) -> str:
    """What to do about a change that waits."""
    return (
        f"{pending.subject}: changed and verified; undone in {pending.seconds_left} s "
        f"({pending.revert_at}) unless you run: hostnet confirm {pending.token}"
    )


def out_result(result: Result, words: Mapping[str, str], *, as_json: bool) -> None:
    """What became of a change: as JSON, or its subject and the words for its outcome."""
    if as_json:
        from hostnet import report

        out_json(report.result(result))
    else:
        foreign(result)
        out(f"{safe(result.plan.subject, line=True)}: {words[result.outcome]}")


def out_change(subject: str, result: Result, *, as_json: bool, quiet: bool) -> None:
    """All of a change: what was found, each file with its reason, and what became of it."""
    if as_json:
        from hostnet import report

        out_json(report.result(result))
        return
    findings(result.findings)
    if result.outcome == "already-so":
        out(f"{subject}: already so")
        return
    if not quiet:
        for diff in result.diff:
            out(safe(f"# {diff.path}: {diff.reason}", line=True))
            out(diff.unified.rstrip("\n"))
        for reason in result.reasons:
            err(f"- {reason}")
    foreign(result)
    if result.pending is not None:
        out(waits(result.pending))
        return
    out(
        {
            "planned": f"{subject}: would change; nothing was written",
            "written": f"{subject}: written, in force at the image's next boot",
            "committed": f"{subject}: changed, verified, and kept for every boot",
        }[result.outcome]
    )


def foreign(result: Result | Recovery) -> None:
    """What others lost for a moment, in a line for each owner, and for good, with the cure."""
    if result.restored:
        from hostnet.ledger.fates import by_owner

        for owner, each in by_owner(result.restored).items():
            longest = max(one.milliseconds for one in each)
            err(f"- put back: {len(each)} of {owner}'s, away for {longest:.0f} ms at most")
    for lost in result.lost:
        err(f"hostnet: lost: {lost}")


def findings(found: Iterable[Finding]) -> None:
    """Every finding with its place and what to do."""
    for each in found:
        finding(each)


def finding(each: Finding) -> None:
    """A finding with its place, the line it is in, other places and what to do."""
    err(str(each))
    for line in each.excerpt.split("\n") if each.excerpt else ():
        err(f"    {line}")
    for related in each.related:
        err(f"    {related.position}: {related.message}")
    err(f"    {each.advice}")


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
        _end(error, as_json=as_json)
    except KeyboardInterrupt:
        # Before anything was done: a change under way has its own undo, and its own error.
        _end(RolledBack("interrupted; nothing was changed"), as_json=as_json)


def _end(error: HostnetError, *, as_json: bool) -> NoReturn:
    if as_json:
        from hostnet import report

        out_json(report.error(error))
    else:
        _error(error)
    sys.exit(error.exit_code)


def _error(error: HostnetError) -> None:
    findings(getattr(error, "findings", ()))
    why = f": {error.why}" if error.why else ""
    err(f"hostnet: {safe(error.what, line=True)}{why}", line=False)
    if error.remedy:
        err(error.remedy, line=False)
