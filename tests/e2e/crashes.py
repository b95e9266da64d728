"""A change of a booted host that a power cut ends at one exact moment, made from outside.

The journal and the files are watched through the host's /proc/PID/root. Where two renames
follow each other within a millisecond, strace slows the transaction's renames down, so that
the moment between them can be met; the product knows nothing of it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests import needs
from tests.e2e.steps import WANTED, Running
from tests.lab.host import Host
from tests.lab.waiting import until

ASKED = ("static", "ens33", f"{WANTED}/24")
_DELAY = 250_000
"""Microseconds before every rename: ample for whoever polls, and little for a whole test."""


@dataclass(frozen=True)
class Moment:
    """When the power goes, and where the host must be afterwards."""

    name: str
    reached: Callable[[Running], bool]
    forward: bool
    slowly: bool = False
    stopped: bool = False
    """Its service is stopped in the trial, so that it undoes."""

    def __str__(self) -> str:
        return self.name


def cut_power(host: Host, moment: Moment) -> None:
    """Begin a change, and end the host at this moment of it."""
    with Running(host, *ASKED) as change, _slowed(change) if moment.slowly else nullcontext():
        if moment.stopped:
            change.wait_for("netplan apply")
            host.run(["systemctl", "stop", "--no-block", change.unit])
        until(lambda: moment.reached(change), f"{host.suite}: {moment} is not reached", 30, 0.0005)
        host.power_cut()


@contextmanager
def _slowed(change: Running) -> Iterator[None]:
    """Make every rename of the performer wait, from its trial on."""
    change.wait_for("netplan apply")
    pid = performer(change)
    calls = "rename,renameat,renameat2"
    argv = [needs.tool("strace"), "-qq", "-p", str(pid), "-e", f"trace={calls}"]
    argv += ["-e", f"inject={calls}:delay_enter={_DELAY}", "-o", "/dev/null"]
    status = Path(f"/proc/{pid}/status")
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL) as tracer:
        try:
            until(lambda: "TracerPid:\t0\n" not in status.read_text(), "strace does not attach")
            yield
        finally:
            tracer.terminate()


def performer(change: Running) -> int:
    """The number on this machine of the process that performs the change."""
    assert change.journal is not None
    wanted = f"\0run\0/var/lib/hostnet/journal/{change.journal.name}\0"
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if wanted in path.read_text(errors="replace"):
                return int(path.parent.name)
        except OSError:  # it has ended
            continue
    raise AssertionError(f"nobody performs {change.journal.name}")


def has_ours(change: Running) -> bool:
    """Tell whether the first file of the promotion is there."""
    assert change.journal is not None
    root = change.journal.parents[4]
    return (root / "etc/netplan/90-hostnet.yaml").exists()


def times(host: Host) -> set[str]:
    """Inode and times of all that `hostnet recover` could write to."""
    folders = ("/etc", "/var/lib/hostnet", "/run/netplan", "/run/systemd/network")
    script = 'for each; do test -d "$each" && find "$each" -printf "%p %i %T@ %C@\\n"; done; true'
    return set(host.run(["sh", "-c", script, "sh", *folders]).stdout.splitlines())
