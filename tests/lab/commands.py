"""Running commands: the one place where the laboratory starts short-lived processes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.lab.errors import CommandFailed

ENVIRONMENT: Mapping[str, str] = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/root",
    "TERM": "dumb",
}
"""What a root login would have, and nothing of the developer's own shell."""


@dataclass(frozen=True)
class Completed:
    """What became of a command."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both streams, for a message."""
        return self.stdout + self.stderr


def execute(
    argv: Sequence[str],
    *,
    where: str = "machine",
    prefix: Sequence[str] = (),
    check: bool = True,
    input: str | bytes | None = None,
    timeout: float = 60,
    env: Mapping[str, str] | None = None,
) -> Completed:
    """Run a command with a deadline; `prefix` says how to get where it runs.

    nsenter forks when it enters a PID namespace, so killing it alone would leave the command
    behind: past its deadline the whole process group goes.
    """
    process = subprocess.Popen(
        [*prefix, *argv],
        stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**ENVIRONMENT, **(env or {})},
        start_new_session=True,
    )
    data = input.encode() if isinstance(input, str) else input
    try:
        stdout, stderr = process.communicate(data, timeout)
    except BaseException as problem:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        if isinstance(problem, subprocess.TimeoutExpired):
            output = (stdout + stderr).decode(errors="replace")
            raise CommandFailed(where, argv, "no end", f"after {timeout} s\n{output}") from None
        raise
    done = Completed(
        tuple(argv),
        process.returncode,
        stdout.decode(errors="replace"),
        stderr.decode(errors="replace"),
    )
    if check and done.returncode != 0:
        raise CommandFailed(where, argv, done.returncode, done.output)
    return done
