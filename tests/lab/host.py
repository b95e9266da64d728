"""A booted host and what a test does with it.

long because tests read it as one list of what can be done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab import cleanup, images, snapshot, wheel
from tests.lab.commands import Completed, execute
from tests.lab.disk import Disk
from tests.lab.errors import LabError
from tests.lab.machine import Machine, Nic
from tests.lab.nspawn import Boot
from tests.lab.router import Router
from tests.lab.tree import Tree
from tests.lab.waiting import until


@dataclass(frozen=True)
class UnitState:
    """What systemd says of a unit."""

    load: str
    active: str
    sub: str
    enabled: str
    pid: int


@dataclass(frozen=True)
class Entry:
    """What is at a path: enough to prove that nothing touched it."""

    kind: str
    mode: int
    owner: tuple[int, int]
    data: bytes
    mtime_ns: int


class Host:
    """A Debian host in systemd-nspawn, plugged into a router; a context manager.

    Entering makes the tree and, unless `boot=False`, boots it. Commands, reads and writes work
    on a host that is off as well: they then happen in its tree.
    """

    def __init__(
        self,
        suite: str,
        router: Router,
        machine: Machine | None = None,
        *,
        name: str = "node",
        boot: bool = True,
    ) -> None:
        self.suite = suite
        self.router = router
        self.machine = machine or Machine()
        self.name = name
        self._boot_at_once = boot
        self._boot: Boot | None = None
        self._undo = ExitStack()

    def __enter__(self) -> Host:
        with ExitStack() as undo:
            self.folder = cleanup.run_folder(cleanup.unique())
            undo.callback(cleanup.remove_folder, self.folder)
            image = images.image(self.suite, containers=self.machine.containers)
            self._tree = Tree(
                self.folder, image, disk=self.machine.disk, synced=self.machine.synced
            )
            undo.callback(self._tree.unmount)
            undo.callback(self._end)
            self._tree.furnish(self.machine, self.name)
            if self._boot_at_once:
                self.boot()
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    # --- power

    def boot(self, *, within: float = 180) -> str:
        """Boot and wait until systemd has finished; returns `running` or `degraded`."""
        if self.running:
            raise LabError(f"{self.name} is running already")
        self._end()  # what is left of a host that powered itself off
        macs = {nic.name: self.mac(nic.name) for nic in self.machine.nics}
        self._boot = Boot(self.name, self._tree.root, self.machine, macs, self.router)
        return self.wait_boot(within=within)

    def wait_boot(self, *, within: float = 180) -> str:
        """Wait until systemd calls the system running or degraded, and return which."""
        boot = self._running()
        state = boot.wait(within)
        if state not in ("running", "degraded"):
            failed = execute(["systemctl", "--failed"], prefix=boot.entering, check=False).stdout
            raise LabError(f"{self.name} is {state!r}\n{failed}\n{boot.console()}")
        return state

    def shutdown(self) -> None:
        """Shut down cleanly."""
        boot, self._boot = self._running(), None
        boot.power_off()

    def console(self) -> str:
        """Return what this boot wrote on the console."""
        return self._running().console(10_000)

    def wait_off(self, *, within: float = 120) -> None:
        """Wait until the host has ended by itself; `systemctl reboot` inside ends it, too."""
        until(lambda: not self.running, f"{self.name} stays up", within)

    def reboot(self) -> str:
        """Shut down cleanly and boot again; /run is then empty, as on a machine."""
        self.shutdown()
        return self.boot()

    def freeze(self) -> None:
        """Let all of it stand still; only a power cut follows."""
        self._running().freeze()

    def power_cut(self) -> None:
        """End everything at this very moment.

        What was not synced is lost on a machine `with_disk`. On others the page cache stays, and
        the next boot finds it there: that proves nothing about a missing fsync.
        """
        if self._tree.disk is None:
            self._end()
        else:
            self.freeze()
            self._tree.disk.keep()
            self._end()
            self._tree.disk.forget()

    @property
    def disk(self) -> Disk:
        """The disk of a machine `with_disk`."""
        if self._tree.disk is None:
            raise LabError(f"{self.name} has no disk of its own")
        return self._tree.disk

    @property
    def running(self) -> bool:
        """Tell whether the host is up (it may have powered itself off)."""
        return self._boot is not None and self._boot.running

    @property
    def pid(self) -> int:
        """The host's PID 1, as the machine numbers it."""
        return self._running().pid

    # --- commands and files

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        input: str | bytes | None = None,
        timeout: float = 60,
        env: dict[str, str] | None = None,
    ) -> Completed:
        """Run a command inside as root, in a clean environment."""
        return execute(
            argv,
            where=f"{self.name} ({self.suite})",
            prefix=self.entering,
            check=check,
            input=input,
            timeout=timeout,
            env=env,
        )

    @property
    def entering(self) -> list[str]:
        """The prefix of an argv that shall run inside."""
        if self._boot is None:
            return ["chroot", str(self._tree.root)]
        return self._running().entering

    def ip(self, *argv: str) -> list[dict[str, Any]]:
        """Return what `ip -j …` prints inside, parsed."""
        found: list[dict[str, Any]] = json.loads(self.run(["ip", "-j", *argv]).stdout or "[]")
        return found

    def write(self, path: str, data: str | bytes, mode: int = 0o644) -> None:
        """Write a file in place, making its folder where absent."""
        script = 'umask 077; install -d -m 755 "$(dirname "$1")"; cat > "$1" && chmod "$2" "$1"'
        self.run(["sh", "-c", script, "sh", path, f"{mode:o}"], input=data)

    def read(self, path: str) -> str:
        """Return a file's text."""
        return self.run(["cat", path]).stdout

    def exists(self, path: str) -> bool:
        """Tell whether there is anything at a path, a dangling link included."""
        script = 'test -e "$1" || test -L "$1"'
        return self.run(["sh", "-c", script, "sh", path], check=False).returncode == 0

    def path(self, path: str) -> Path:
        """Return where this machine finds a path of the running host; cheap enough to poll."""
        return Path(f"/proc/{self.pid}/root", path.lstrip("/"))

    def snapshot(self, paths: Sequence[str]) -> dict[str, Entry]:
        """Return what is at these paths and below them; what is absent is left out."""
        found = json.loads(self.run(["python3", "-c", snapshot.PROGRAM, *paths]).stdout)
        return {
            path: Entry(kind, mode, (uid, gid), bytes.fromhex(data), mtime)
            for path, kind, mode, uid, gid, data, mtime in found
        }

    def mtimes(self, paths: Sequence[str]) -> dict[str, int]:
        """Return the modification times of these paths and all below, in nanoseconds."""
        return {path: entry.mtime_ns for path, entry in self.snapshot(paths).items()}

    def install_wheel(self, path: Path) -> None:
        """Install a wheel for the host's own Python, its dependencies being Debian's packages."""
        self.run(["tar", "-x", "-C", "/", "-f", "-"], input=wheel.as_tar(path))
        self.run(["python3", "-m", "compileall", "-q", *wheel.packages(path)])

    def install_debs(self, *paths: Path) -> None:
        """Install Debian packages whose dependencies the image has: no network brings more."""
        folder = "/var/tmp/debs"
        for path in paths:
            self.write(f"{folder}/{path.name}", path.read_bytes())
        self.run(["dpkg", "--install", *(f"{folder}/{path.name}" for path in paths)])
        self.run(["rm", "-r", folder])

    # --- network

    def mac(self, nic: str) -> str:
        """Return a card's MAC address: locally administered, the same in every run."""
        for each in self.machine.nics:
            if each.name == nic:
                return each.mac or self._derived_mac(each)
        raise LabError(f"{self.name} has no card {nic}")

    def addresses(self, nic: str = "ens33", family: int = 4) -> list[str]:
        """Return a link's global addresses as `address/prefix`, in the kernel's order."""
        found = self.ip(f"-{family}", "address", "show", "dev", nic)
        return [
            f"{each['local']}/{each['prefixlen']}"
            for link in found
            for each in link.get("addr_info", [])
            if each["scope"] == "global" and not each.get("tentative")
        ]

    def wait_address(self, nic: str = "ens33", family: int = 4, *, within: float = 60) -> str:
        """Return the first global address of a link, without its prefix, once it has one."""
        found: list[str] = []

        def arrived() -> bool:
            found[:] = self.addresses(nic, family)
            return bool(found)

        complaint = f"{self.name} ({self.suite}) has no IPv{family} address on {nic}"
        until(arrived, complaint, within, 0.02)
        return found[0].partition("/")[0]

    def netplan_apply(self, nic: str = "ens33") -> str:
        """Apply by hand, and return the card's address.

        systemd 252 now and then leases one and never sets it (README, Limits); the operator then
        restarts networkd.
        """
        self.run(["netplan", "apply"])
        try:
            return self.wait_address(nic, within=5 if self.suite == "bookworm" else 60)
        except LabError:
            if self.suite != "bookworm":
                raise
        self.run(["systemctl", "restart", "systemd-networkd.service"])
        return self.wait_address(nic)

    def routes(self, *what: str, family: int = 4) -> list[dict[str, Any]]:
        """Return routes as iproute2 describes them; `what` as after `ip route show`."""
        return self.ip(f"-{family}", "route", "show", *what)

    def cable(self, nic: str, *, connected: bool) -> None:
        """Pull a card's cable out of the router, or put it back."""
        self.router.cable(self._running().ports[nic], connected=connected)

    # --- systemd

    def journal(self, unit: str | None = None) -> str:
        """Return this boot's journal, of one unit or of all."""
        chosen = ["-u", unit] if unit else []
        return self.run(["journalctl", "--no-pager", "-b", "-o", "short-monotonic", *chosen]).stdout

    def unit_state(self, name: str) -> UnitState:
        """Return what systemd says of a unit."""
        wanted = "LoadState,ActiveState,SubState,UnitFileState,MainPID"
        shown = self.run(["systemctl", "show", "-p", wanted, name]).stdout
        value = dict(line.split("=", 1) for line in shown.splitlines())
        return UnitState(
            value["LoadState"],
            value["ActiveState"],
            value["SubState"],
            value.get("UnitFileState", ""),
            int(value.get("MainPID", "0")),
        )

    def _derived_mac(self, nic: Nic) -> str:
        digest = hashlib.sha256(f"{self.name} {nic.name}".encode()).digest()
        return ":".join(f"{byte:02x}" for byte in (0x02, *digest[:5]))

    def _end(self) -> None:
        if self._boot is not None:
            boot, self._boot = self._boot, None
            boot.end()

    def _running(self) -> Boot:
        if self._boot is None:
            raise LabError(f"{self.name} is off")
        return self._boot
