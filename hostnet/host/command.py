"""Other programs, run with a deadline: the one module that knows of subprocess.

Lists of arguments only, never a shell. A program gets an environment of ours (the
operator's PATH or LD_PRELOAD must not decide what root runs, nor his language what is
parsed), no standard input but what is given, and a session of its own, which is killed as
a whole at the deadline.
"""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from shlex import join
from typing import TYPE_CHECKING

from hostnet.errors import HostnetError
from hostnet.value import Value, field

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from subprocess import Popen

# Without /usr/local: on Debian its folders belong to group staff, and what a user other than
# root can write must not run as root.
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
ENVIRONMENT = {"PATH": PATH, "LC_ALL": "C.UTF-8"}
"""C.UTF-8 rather than C: English messages all the same, and names keep their letters."""

_LAST_LINES = 5
_LINE_LENGTH = 300
_REAP_SECONDS = 1.0
_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


class Completed(Value):
    """A program that ended; ``returncode`` is negative where a signal ended it."""

    argv: tuple[str, ...]
    returncode: int
    stdout: bytes = field(repr=False)
    stderr: str = field(repr=False)

    @property
    def text(self) -> str:
        """Standard output as text; bytes that are not UTF-8 show as U+FFFD."""
        return self.stdout.decode("utf-8", "replace")


class CommandError(HostnetError):
    """A program is not there, ended badly or not in time; ``returncode`` is None then.

    Its exit code says "host unsuitable, untouched": whoever runs a program that changes
    the host catches this and says what became of the host.
    """

    exit_code = 4

    def __init__(
        self,
        argv: Sequence[str],
        how: str,
        *,
        returncode: int | None = None,
        stderr: str = "",
        remedy: str = "",
    ) -> None:
        super().__init__(f"`{command_line(argv)}` {how}", last_lines(stderr), remedy)
        self.argv = tuple(argv)
        self.returncode = returncode
        self.stderr = stderr


def command_line(argv: Sequence[str]) -> str:
    """The command as one would type it."""
    return printable(join(argv))


def printable(text: str) -> str:
    """The text without colours, control characters and what reorders a line (bidi)."""
    plain = _ESCAPE.sub("", text).replace("\t", " ")
    return "".join(letter for letter in plain if letter.isprintable())


def last_lines(text: str) -> str:
    """The last lines of a program's messages, fit for a terminal."""
    lines = [printable(line).rstrip() for line in text.splitlines()]
    return "\n".join(line[:_LINE_LENGTH] for line in [x for x in lines if x][-_LAST_LINES:])


def find(name: str) -> str | None:
    """The path of a program that `run` would find, or None."""
    for folder in PATH.split(":"):
        path = f"{folder}/{name}"
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return None


def run(
    argv: Sequence[str],
    *,
    timeout: float,
    input: bytes | None = None,
    accept: Collection[int] | None = (0,),
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Completed:
    """Run a program to its end.

    ``accept``: the exit statuses that are an answer; None takes any, a signal too.
    ``env`` is added to ENVIRONMENT. Raises CommandError: not found, not executable, any
    other status, or the deadline of ``timeout`` seconds, at which it and its children die.
    """
    import subprocess

    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**ENVIRONMENT, **(env or {})},
            cwd=cwd,
            start_new_session=True,
            umask=0o022,
        )
    except FileNotFoundError as error:
        if cwd is not None and error.filename == cwd:
            raise CommandError(argv, f"cannot be started in {cwd}: no such folder") from None
        where = "" if "/" in argv[0] else f" in {PATH}"
        remedy = f"Install the package that has {printable(argv[0])}."
        raise CommandError(argv, f"cannot be run: not found{where}", remedy=remedy) from None
    except OSError as error:
        raise CommandError(argv, f"cannot be run: {error.strerror}") from None
    try:
        stdout, stderr = process.communicate(input, timeout)
    except subprocess.TimeoutExpired as expired:
        said = (expired.stderr or b"").decode("utf-8", "replace")
        raise CommandError(argv, f"did not end within {timeout:g} s", stderr=said) from None
    finally:
        _end(process)
    done = Completed(tuple(argv), process.returncode, stdout, stderr.decode("utf-8", "replace"))
    if accept is not None and done.returncode not in accept:
        raise CommandError(argv, ended(done), returncode=done.returncode, stderr=done.stderr)
    return done


def ended(done: Completed) -> str:
    """How it ended, as a sentence's end: ``exited with status 78``, ``was killed by SIGKILL``."""
    if done.returncode >= 0:
        return f"exited with status {done.returncode}"
    return f"was killed by {signal_name(-done.returncode)}"


def signal_name(number: int) -> str:
    """``SIGABRT`` for 6."""
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"


def _end(process: Popen[bytes]) -> None:
    """Kill what still runs, after the deadline or when a signal's exception came through."""
    from subprocess import TimeoutExpired

    if process.returncode is not None:
        return
    # Not reaped yet, so the number is still this session's and nobody else's. A program that
    # became another user, or waits for a dead disk, cannot be helped.
    with suppress(PermissionError, ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutExpired):
        process.wait(_REAP_SECONDS)
    # A grandchild that made a session of its own may hold these open; it is not waited for.
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
