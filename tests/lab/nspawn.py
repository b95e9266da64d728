"""One boot of a host: from the start of systemd-nspawn to the end of its last process."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from tests.lab import cleanup
from tests.lab.commands import execute
from tests.lab.errors import LabError
from tests.lab.machine import Machine
from tests.lab.router import Router
from tests.lab.volume import Volume
from tests.lab.waiting import until

_BEYOND = (
    *("ipc_lock", "sys_module", "sys_rawio", "sys_pacct", "sys_resource", "sys_time"),
    *("mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend"),
)
"""Capabilities nspawn withholds from a host. nsenter would give them back: `date -s` in a host
would set the machine's clock."""


class Boot:
    """A running host, known by its PID 1.

    The host's network namespace is ours, made before the boot with the cards already in it, so
    nspawn has no links to make, to name or to move.
    """

    def __init__(
        self, name: str, root: Path, machine: Machine, macs: dict[str, str], router: Router
    ) -> None:
        self.namespace = cleanup.unique()
        self._name = name
        self._root = root
        self._router = router
        self._console = root.parent / "console"
        self._group = cleanup.ControlGroup(self.namespace)
        self._nspawn: subprocess.Popen[bytes] | None = None
        self.ports: dict[str, str] = {}
        self._volume = Volume(root.parent, machine.volume) if machine.volume else None
        try:
            execute(["ip", "netns", "add", self.namespace])
            for nic in machine.nics:
                port = router.plug(self.namespace, nic.name, macs[nic.name], nic.network)
                self.ports[nic.name] = port
                self._hasten(nic.name)
            plugged = self._volume.options if self._volume else []
            told = [*self._credentials(machine), *plugged]
            self.pid = self._start(told, containers=machine.containers)
        except BaseException:
            self.end()
            raise

    @property
    def entering(self) -> list[str]:
        """Return the prefix of an argv that shall run inside, as root with the host's bounds."""
        bounds = ",".join(f"-{capability}" for capability in _BEYOND)
        inside = ["setpriv", f"--bounding-set={bounds}", "nsenter", "-t", str(self.pid), "-a", "--"]
        return [*self._group.joining("entered"), *inside]

    @property
    def running(self) -> bool:
        """Tell whether the host still runs; it may have powered itself off."""
        return self._nspawn is not None and self._nspawn.poll() is None

    def wait(self, within: float) -> str:
        """Return how the boot ended once it has: `running` or `degraded`."""
        socket = Path(f"/proc/{self.pid}/root/run/systemd/private")
        until(lambda: socket.exists() or self._ended(), f"{self._name} starts no systemd", within)
        argv = ["systemctl", "is-system-running", "--wait"]
        done = execute(argv, prefix=self.entering, check=False, timeout=within)
        return done.stdout.strip()

    def power_off(self, within: float = 120) -> None:
        """Shut down as an operator would."""
        assert self._nspawn is not None
        os.kill(self.pid, signal.SIGRTMIN + 4)
        try:
            self._nspawn.wait(within)
        except subprocess.TimeoutExpired:
            raise LabError(f"{self._name} does not shut down\n{self.console()}") from None
        finally:
            self.end()

    def freeze(self) -> None:
        """Let all of it stand still, what was entered from outside included; only `end` follows."""
        self._group.freeze()

    def end(self) -> None:
        """End all of it at once, as a power cut does, and remove what belonged to this boot.

        SIGKILL to systemd-nspawn alone leaves the host running (seen with 252), and so does the
        end of its namespace's name; the control group holds both.
        """
        self._group.remove()
        if self._volume is not None:
            self._volume.close()
            self._volume = None
        for port in self.ports.values():
            self._router.unplug(port)
        execute(["ip", "netns", "delete", self.namespace], check=False)
        propagate = Path("/run/systemd/nspawn/propagate", self.namespace)
        if propagate.is_dir():
            propagate.rmdir()

    def console(self, lines: int = 20) -> str:
        """Return the last lines of what the host wrote on its console."""
        text = self._console.read_text(errors="replace") if self._console.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def _hasten(self, nic: str) -> None:
        """Make duplicate address detection take 0.1 s instead of one to two, twice a boot.

        It is still done, and still finds a neighbour with the same address on this wire.
        """
        keys = (f"neigh/{nic}/retrans_time_ms=100", f"conf/{nic}/router_solicitation_delay=0")
        enter = ["nsenter", f"--net=/run/netns/{self.namespace}", "--"]
        execute(["sysctl", "-qw", *(f"net/ipv6/{key}" for key in keys)], prefix=enter)

    def _credentials(self, machine: Machine) -> list[str]:
        found = []
        for name, text in machine.credentials.items():
            path = self._console.with_name(f"credential-{name}")
            path.write_text(text)
            found.append(f"--load-credential={name}:{path}")
        return found

    def _start(self, told: list[str], *, containers: bool) -> int:
        argv = [
            # both: --network-namespace-path alone leaves /sys showing the machine's own links
            # (seen with 252), and then udev and networkd wait for a link that never comes
            *("nsenter", f"--net=/run/netns/{self.namespace}", "--"),
            # else /sys is read-only, udev does not run and `netplan apply` dies half-way
            *("env", "SYSTEMD_NSPAWN_API_VFS_WRITABLE=1"),
            # systemd 258 and later refuse cgroup v1
            "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1",
            *("systemd-nspawn", "--quiet", f"--directory={self._root}"),
            *(f"--machine={self.namespace}", f"--hostname={self._name}"),
            f"--network-namespace-path=/run/netns/{self.namespace}",
            *("--capability=CAP_NET_ADMIN", "--register=no", "--keep-unit", "--boot"),
            *("--console=read-only", "--resolv-conf=off", "--timezone=off", "--link-journal=no"),
            # runc gives each container a session keyring, and a device filter
            *(("--system-call-filter=@keyring bpf",) if containers else ()),
            *told,
        ]
        with self._console.open("wb") as console:
            self._nspawn = self._group.start(argv, console)
        seen: list[list[int]] = [[]]

        def settled() -> bool:
            # twice the same: what is there at one look may be gone at the next (seen once)
            seen.append(self._inits())
            return bool(seen[-1]) and seen[-1] == seen[-2]

        until(settled, f"{self._name} has no PID 1")
        return seen[-1][0]

    def _inits(self) -> list[int]:
        """Return nspawn's child that is PID 1 of a namespace (an earlier child only sets up)."""
        self._ended()
        assert self._nspawn is not None
        pid = self._nspawn.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            return [int(child) for child in children if _is_init(child)]
        except OSError:  # a process that has just ended
            return []

    def _ended(self) -> bool:
        if self.running:
            return False
        raise LabError(f"{self._name} does not boot\n{self.console()}")


def _is_init(pid: str) -> bool:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("NSpid:"):
            return line.split()[2:] == ["1"]
    return False
