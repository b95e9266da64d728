"""A change of a booted host that a power cut ends at one exact moment, made from outside.

The journal and the files are watched through the host's /proc/PID/root. Where two renames
follow each other within a millisecond, strace slows the transaction's renames down, so that
the moment between them can be met; the product knows nothing of it.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests import needs
from tests.lab import fixtures
from tests.lab.commands import ENVIRONMENT
from tests.lab.host import Host
from tests.lab.waiting import until

WANTED = "192.168.141.134"
OURS = "/etc/netplan/90-hostnet.yaml"
INSTALLER = "/etc/netplan/00-installer-config.yaml"
CLOUD_SWITCH = "/etc/cloud/cloud.cfg.d/99-hostnet-network.cfg"
FILES = ("/etc/netplan", "/run/netplan", "/etc/cloud/cloud.cfg.d")
_DELAY = 250_000
"""Microseconds before every rename: ample for whoever polls, and little for a whole test."""

Snapshot = dict[str, tuple[str, int, tuple[int, int], bytes]]


@dataclass(frozen=True)
class Moment:
    """When the power goes, and where the host must be afterwards."""

    name: str
    reached: Callable[[Change], bool]
    forward: bool
    slowly: bool = False
    stopped: bool = False
    """Its service is stopped in the trial, so that it undoes."""

    def __str__(self) -> str:
        return self.name


class Change:
    """`hostnet static`, running on a host, as it looks from outside."""

    def __init__(self, host: Host) -> None:
        self.entered = 0
        self._host = host
        self._root = Path(f"/proc/{host.pid}/root")
        self._before = self._journals()

    @property
    def journal(self) -> Path | None:
        """The folder of its journal, once there is one."""
        new = sorted(self._journals() - self._before)
        return new[-1] if new else None

    @property
    def state(self) -> str:
        """The journal's last mark."""
        return self._text("state")

    @property
    def told(self) -> str:
        """The steps that it has told of."""
        return self._text("progress")

    def has(self, path: str) -> bool:
        """Tell whether there is a file of this name on the host."""
        return (self._root / path.lstrip("/")).exists()

    @property
    def unit(self) -> str:
        """The transaction's service."""
        assert self.journal is not None
        return f"hostnet-transaction-{self.journal.name.rpartition('-')[2]}.service"

    @property
    def pid(self) -> int:
        """The performer's number on this machine; 0 while it does not run."""
        wanted = f"\0run\0/var/lib/hostnet/journal/{self.journal.name if self.journal else '?'}\0"
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if wanted in path.read_text(errors="replace"):
                    return int(path.parent.name)
            except OSError:
                continue
        return 0

    def kill_command(self) -> None:
        """Kill the command: the one child of the nsenter that brought it into the host."""
        (command,) = Path(f"/proc/{self.entered}/task/{self.entered}/children").read_text().split()
        os.kill(int(command), signal.SIGKILL)

    def _journals(self) -> set[Path]:
        folder = self._root / "var/lib/hostnet/journal"
        return set(folder.iterdir()) if folder.is_dir() else set()

    def _text(self, name: str) -> str:
        try:
            return (self.journal / name).read_text() if self.journal else ""
        except OSError:
            return ""


@contextmanager
def begun(host: Host) -> Iterator[Change]:
    """A change that has begun; its command is killed afterwards, if it still runs."""
    change = Change(host)
    argv = [*host.entering, "hostnet", "static", "ens33", f"{WANTED}/24"]
    with subprocess.Popen(
        argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=dict(ENVIRONMENT),
    ) as process:  # fmt: skip
        change.entered = process.pid
        try:
            yield change
        finally:
            process.kill()
            process.communicate()


def cut_power(host: Host, moment: Moment) -> None:
    """Begin a change, and end the host at this moment of it."""
    with begun(host) as change, _slowed(change) if moment.slowly else nullcontext():
        if moment.stopped:
            until(lambda: "netplan apply" in change.told, "no trial", 30, 0.001)
            host.run(["systemctl", "stop", "--no-block", change.unit])
        until(
            lambda: moment.reached(change),
            f"{host.suite}: {moment} is not reached",
            30,
            0.0005,
        )
        host.power_cut()


@contextmanager
def _slowed(change: Change) -> Iterator[None]:
    """Make every rename of the performer wait, from its trial on."""
    until(lambda: "netplan apply" in change.told and change.pid, "no performer", 30, 0.001)
    calls = "rename,renameat,renameat2"
    argv = [needs.tool("strace"), "-qq", "-p", str(change.pid), "-e", f"trace={calls}"]
    argv += ["-e", f"inject={calls}:delay_enter={_DELAY}", "-o", "/dev/null"]
    status = Path(f"/proc/{change.pid}/status")
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL) as tracer:
        try:
            until(lambda: "TracerPid:\t0\n" not in status.read_text(), "strace does not attach")
            yield
        finally:
            tracer.terminate()


def files_of(host: Host) -> Snapshot:
    """Kind, mode, owner and bytes of all that a change may write."""
    return {
        path: (entry.kind, entry.mode, entry.owner, entry.data)
        for path, entry in host.snapshot(FILES).items()
        if entry.kind != "folder"
    }


def times(host: Host) -> set[str]:
    """Inode and times of all that `hostnet recover` could write to."""
    folders = ("/etc", "/var/lib/hostnet", "/run/netplan", "/run/systemd/network")
    script = 'for each; do test -d "$each" && find "$each" -printf "%p %i %T@ %C@\\n"; done; true'
    return set(host.run(["sh", "-c", script, "sh", *folders]).stdout.splitlines())


def leased(host: Host) -> str:
    """Put the host back to what the installer made of it, and return the address it leases."""
    fresh = {INSTALLER: ("file", 0o600, (0, 0), fixtures.INSTALLER.encode())}
    own = {path: entry for path, entry in files_of(host).items() if "cloud.cfg.d" not in path}
    if own != fresh or host.exists(CLOUD_SWITCH):
        host.run(["sh", "-c", f"rm -rf /etc/netplan/* /run/netplan/* {CLOUD_SWITCH}"])
        host.write(INSTALLER, fixtures.INSTALLER, 0o600)
        host.run(["netplan", "apply"])
    until(
        lambda: (
            [lease.address for lease in host.router.leases()]
            == [address.partition("/")[0] for address in host.addresses()]
        ),
        f"{host.suite} has no lease",
        20,
        0.05,
    )
    return host.wait_address()


def resolves(host: Host, name: str) -> bool:
    """Tell whether a name that was never asked for resolves, through resolved to the router."""
    found = host.run(["getent", "ahostsv4", f"{name}.example.test"], check=False).stdout
    return found.startswith("192.0.2.7") and f"{name}.example.test" in host.router.queries()
