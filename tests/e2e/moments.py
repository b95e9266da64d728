"""The moments of a change at which something can befall it, told from outside.

The journal and the files are watched through the host's /proc/PID/root. Where a moment is over
within a millisecond, strace slows the transaction's renames down, so that it can be met; the
product knows nothing of it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from tests import needs
from tests.e2e.steps import OURS, WANTED, Running, lease_again
from tests.lab.errors import LabError
from tests.lab.host import Host
from tests.lab.waiting import until

ASKED = ("static", "ens33", f"{WANTED}/24")
_APPLY = "netplan apply"
_DELAY = 250_000
"""Microseconds before every rename: ample for whoever polls, and little for a whole test."""


class Missed(LabError):
    """The change was over before the moment came."""


@dataclass(frozen=True)
class Moment:
    """A step of the journal, and where a host whose power goes then must be afterwards."""

    name: str
    reached: Callable[[Running], bool]
    forward: bool = False
    """The new state, and not the old."""
    slow_from: str | None = None
    """What it tells just before renames become slow; "" from its very beginning."""
    stopped: bool = False
    """Its service is stopped in the trial, so that it undoes."""

    def __str__(self) -> str:
        return self.name


def _at(state: str, doing: str = "") -> Callable[[Running], bool]:
    return lambda change: change.state == state and change.doing.startswith(doing)


def _has_ours(change: Running) -> bool:
    return change.host.path(OURS).exists()


def _has_ours_on_disk(change: Running) -> bool:
    """As after the performer's own fsync, which comes a moment after the name is there."""
    if not _has_ours(change):
        return False
    folder = os.open(change.host.path(OURS).parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return True


MOMENTS = {
    moment.name: moment
    for moment in (
        Moment("prepared", _at("prepared")),
        Moment("trial", _at("trial"), slow_from=""),
        Moment("applying", _at("trial", _APPLY)),
        Moment("verifying", _at("trial", "verifying")),
        Moment("asking", _at("trial", "asking")),
        Moment("waiting", _at("waiting")),
        # It tells of the writing when its mark is on the disk; before, recovery may go back.
        Moment(
            "promoting",
            lambda change: _at("promoting", "writing")(change) and not _has_ours(change),
            forward=True,
            slow_from=_APPLY,
        ),
        Moment(
            "first-file",
            lambda change: _at("promoting", "writing")(change) and _has_ours_on_disk(change),
            forward=True,
            slow_from=_APPLY,
        ),
        Moment("reapplying", _at("promoting", _APPLY), forward=True),
        Moment("verifying-again", _at("promoting", "verifying"), forward=True),
        Moment("asking-again", _at("promoting", "asking"), forward=True),
        Moment("committed", _at("committed"), forward=True),
        Moment("undoing", _at("undoing"), stopped=True),
    )
}
"""By name, in the order in which a change comes to them."""


@contextmanager
def met(change: Running, moment: Moment) -> Iterator[None]:
    """Run the block at this moment of a change that has just been begun. Raises Missed."""
    with _slowed(change, moment.slow_from) if moment.slow_from is not None else nullcontext():
        if moment.stopped:
            change.wait_for(_APPLY)
            change.host.run(["systemctl", "stop", "--no-block", change.unit])

        def reached() -> bool:
            if moment.reached(change):
                return True
            if change.ended:
                raise Missed(f"{moment} is not reached; told: {change.told}")
            return False

        until(reached, f"{change.host.suite}: {moment} is not reached", 60, 0.0005)
        yield


def cut_power(host: Host, moment: Moment) -> None:
    """Begin a change of a host that has its lease, and end the host at this moment of it.

    Anew where the change was faster than whoever looks at it. Raises Missed after some times.
    """
    for _ in range(3):
        with suppress(Missed):
            if _is_cut(host, moment):
                return
            host.boot()
        lease_again(host)
    raise Missed(f"{host.suite}: {moment} is never reached")


def _is_cut(host: Host, moment: Moment) -> bool:
    """Whether the change was still there when all stood still."""
    host.disk.sync()
    with Running(host, *ASKED) as change, met(change, moment):
        host.freeze()
        here = moment.reached(change)
        host.power_cut()
    return here


@contextmanager
def _slowed(change: Running, told: str) -> Iterator[None]:
    """Make every rename of the performer wait, from when it has told of this."""
    change.wait_for(told)
    until(lambda: change.worker is not None, "nobody performs the change", 30, 0.001)
    calls = "rename,renameat,renameat2"
    argv = [needs.tool("strace"), "-qq", "-p", str(change.worker), "-e", f"trace={calls}"]
    argv += ["-e", f"inject={calls}:delay_enter={_DELAY}", "-o", "/dev/null"]
    status = Path(f"/proc/{change.worker}/status")
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL) as tracer:
        try:
            until(lambda: "TracerPid:\t0\n" not in status.read_text(), "strace does not attach")
            yield
        finally:
            tracer.terminate()
