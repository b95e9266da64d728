"""What end-to-end tests do with hosts: on all at once, with hostnet, watching a transaction.

long because tests read it as one list of what can be done.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.lab import fixtures
from tests.lab.commands import ENVIRONMENT, Completed
from tests.lab.errors import LabError
from tests.lab.events import Call, Event, Events, record_events
from tests.lab.host import Host
from tests.lab.waiting import until

Hosts = Mapping[str, Host]
"""One booted host of each suite, by the suite's name."""
S = TypeVar("S")
T = TypeVar("T")

ALL = os.environ.get("HOSTNET_ALL_SUITES") == "1"
"""Whether each case runs on every suite, and not on one in turn."""
WANTED = "192.168.141.134"
"""An address of the router's network outside its DHCP pool."""
OURS = "/etc/netplan/90-hostnet.yaml"
INSTALLER = "/etc/netplan/00-installer-config.yaml"
CLOUD_SWITCH = "/etc/cloud/cloud.cfg.d/99-hostnet-network.cfg"
_READ_ONLY = {"Hello", "Get", "GetAll", "GetLink", "GetUnit", "GetUnitFileState", "Ping"}
_JOURNAL = "/var/lib/hostnet/journal"


def on_each(hosts: Mapping[str, S], scenario: Callable[[S], T]) -> dict[str, T]:
    """Do the same on all hosts at the same time; every failure says on which."""
    with ThreadPoolExecutor(len(hosts)) as pool:
        futures = {suite: pool.submit(scenario, host) for suite, host in hosts.items()}
    for suite, future in futures.items():
        if future.exception() is not None:
            print(f"failed on {suite}: {future.exception()}", file=sys.stderr)
    return {suite: future.result() for suite, future in futures.items()}


# --- running hostnet -------------------------------------------------------------------


def hostnet(host: Host, *argv: str, exits: int = 0, env: dict[str, str] | None = None) -> Completed:
    """Run hostnet as root on the host; any other exit code is a failure."""
    done = host.run(["hostnet", *argv], check=False, timeout=300, env=env)
    expect(host, done.returncode, done.output, exits)
    return done


def expect(host: Host, code: int, output: str, exits: int) -> None:
    """Demand an exit code, and show all that could explain another one."""
    if code != exits:
        log = "\n".join(host.journal().splitlines()[-80:]) if host.running else ""
        raise AssertionError(f"{host.suite}: exit {code}, expected {exits}\n{output}\n{log}")


class Running:
    """hostnet, running in the background of a host; a context manager."""

    def __init__(
        self,
        host: Host,
        *argv: str,
        through: Sequence[str] = (),
        stdin: int = subprocess.DEVNULL,
        session: Mapping[str, str] | None = None,
    ) -> None:
        self.host = host
        self.argv = argv
        self._earlier = {each.name for each in _transactions(host)}
        self._process = subprocess.Popen(
            [*(through or host.entering), "hostnet", *argv],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**ENVIRONMENT, **(session or {})},
            text=True,
        )

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                self.kill(signal.SIGKILL)
            self.hang_up()
        self._process.communicate()

    @property
    def journal(self) -> Path | None:
        """The journal of its transaction, seen from this machine; None before it begins."""
        found = _transactions(self.host)
        return next((each for each in found if each.name not in self._earlier), None)

    def wait_for(self, step: str) -> None:
        """Return once the transaction has told of a step that contains this text."""
        what = f"{self.host.suite}: no step {step!r}; told: {self.told}"
        until(lambda: self.journal is not None and step in self.told, what, 120, 0.002)

    @property
    def told(self) -> str:
        """The steps so far."""
        return _text(self.journal, "progress")

    def wait_state(self, *states: str) -> str:
        """Return the journal's last mark once it is one of these."""
        until(lambda: self.state in states, f"{self.host.suite}: {self.state}, not {states}", 180)
        return self.state

    @property
    def doing(self) -> str:
        """The last step that it told of."""
        return self.told.rstrip("\n").rpartition("\n")[2]

    @property
    def state(self) -> str:
        """The journal's last mark."""
        return _text(self.journal, "state")

    @property
    def unit(self) -> str:
        """The transaction's service."""
        assert self.journal is not None
        return f"hostnet-transaction-{self.journal.name.rpartition('-')[2]}.service"

    @property
    def processes(self) -> dict[int, str]:
        """The processes of its service as this machine numbers them, each with its arguments."""
        found = {}
        if self.journal is not None:
            group = self.host.path(f"/sys/fs/cgroup/system.slice/{self.unit}")
            for pid in _text(group, "cgroup.procs").split():
                found[int(pid)] = _text(Path("/proc", pid), "cmdline").replace("\0", " ")
        return found

    @property
    def worker(self) -> int | None:
        """Whoever performs the change or undoes it."""
        return self.process("-m hostnet.transaction")

    def process(self, argument: str) -> int | None:
        """The first process of its service that has this among its arguments."""
        return next((pid for pid, argv in self.processes.items() if argument in argv), None)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Whoever performs the change stands still while the block runs."""
        worker = self.worker
        if worker is not None:
            os.kill(worker, signal.SIGSTOP)
        try:
            yield
        finally:
            if worker is not None:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGCONT)

    @contextmanager
    def paused_once(self, true: Callable[[], object], complaint: str) -> Iterator[None]:
        """As `paused`, in the state that is asked for: until then it goes on by small steps.

        Who only looked again and again would find the change over if he looked too late.
        """
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            with self.paused():
                if true():
                    yield
                    return
            time.sleep(0.05)
        raise LabError(f"{self.host.suite}: {complaint}; told: {self.told}")

    @property
    def exit_code(self) -> int | None:
        """The command's; None while it runs."""
        return self._process.poll()

    @property
    def ended(self) -> bool:
        """Whether neither the command nor its service is at work any more."""
        return self.exit_code is not None and not self.processes

    def hang_up(self) -> None:
        """End the connection it was begun through, as far as it is one."""
        self._process.kill()

    def kill(self, number: int) -> None:
        """Send hostnet a signal, and not nsenter, whose child it is."""
        pid = self._process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            os.kill(int(child), number)

    def wait(self, exits: int | None = None) -> str:
        """Wait for its end, and return all it printed."""
        output, _ = self._process.communicate(timeout=300)
        if exits is not None:
            expect(self.host, self._process.returncode, output, exits)
        return output


def _transactions(host: Host) -> list[Path]:
    folder = host.path(_JOURNAL)
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _text(folder: Path | None, name: str) -> str:
    if folder is None:
        return ""
    try:
        return (folder / name).read_text()
    except OSError:
        return ""


# --- looking at a host -----------------------------------------------------------------


@dataclass(frozen=True)
class Configuration:
    """All that a change may touch: files without their times, and what the kernel has."""

    files: Mapping[str, tuple[str, int, tuple[int, int], bytes]]
    addresses: tuple[str, ...]
    default_routes: tuple[str, ...]
    nameservers: str


def configuration(
    host: Host, nic: str = "ens33", *, nameservers: Callable[[], str] | None = None
) -> Configuration:
    """Look at a host's configuration, to be compared with another look.

    `nameservers` answers in resolved's place where that cannot be asked.
    """
    ask = nameservers or (lambda: host.run(["resolvectl", "dns", nic]).stdout)
    paths = ("/etc/netplan", "/run/netplan", "/etc/cloud/cloud.cfg.d", "/etc/resolv.conf")
    return Configuration(
        files_of(host, *paths),
        (*host.addresses(nic), *host.addresses(nic, 6)),
        tuple(f"{r.get('gateway')} {r.get('protocol')}" for r in host.routes("default")),
        ask(),
    )


def files_of(host: Host, *paths: str) -> dict[str, tuple[str, int, tuple[int, int], bytes]]:
    """Kind, mode, owner and bytes of all below these paths; the folders themselves left out."""
    return {
        path: (entry.kind, entry.mode, entry.owner, entry.data)
        for path, entry in host.snapshot(paths).items()
        if entry.kind != "folder"
    }


def times(host: Host) -> set[str]:
    """Every name, inode, mtime and ctime of what hostnet could have written to.

    Its lock in /run/hostnet is left out: the first run after a boot makes that.
    """
    folders = ["/etc", "/run/netplan", "/run/systemd/network", "/run/systemd/system"]
    folders += ["/run/systemd/transient", "/var/lib/hostnet"]
    script = 'for folder; do test -d "$folder" && find "$folder" -printf "%p %i %T@ %C@\\n"; done'
    return set(host.run(["sh", "-c", f"{script}; true", "sh", *folders]).stdout.splitlines())


def resolves(host: Host, name: str) -> bool:
    """Tell whether a name that was never asked for resolves, through resolved to the router."""
    found = host.run(["getent", "ahostsv4", f"{name}.example.test"], check=False).stdout
    asked = f"{name}.example.test" in host.router.queries()
    return asked and found.startswith("192.0.2.7")


@contextmanager
def silence(host: Host) -> Iterator[None]:
    """Demand that the block changes no file's times, no link, and asks the bus to do nothing."""
    hostnet(host, "--version")  # a first run may compile modules
    before = times(host)
    seen: Events
    with record_events(host) as seen:
        yield
    after = times(host)
    assert after == before, f"{host.suite}: {sorted(after ^ before)}"
    assert [event for event in seen.network() if not _renews(event)] == []
    assert writes(seen.calls) == []


def _renews(event: Event) -> bool:
    """Whether a router was heard again, which nobody can foretell: the address had been there."""
    words = event.text.split()
    marks = {"ADDR": {"inet6", "dynamic"}, "ROUTE": {"proto", "ra"}}.get(event.kind)
    return marks is not None and words[0] != "Deleted" and marks <= {*words}


def writes(calls: Sequence[Call]) -> list[Call]:
    """The calls that are not known to be mere questions."""
    return [call for call in calls if call.member not in _READ_ONLY]


def own_complaints(done: Completed) -> list[str]:
    """What netplan says on stderr, without 0.106's remark about Open vSwitch on every host."""
    return [line for line in done.stderr.splitlines() if "ovsdb-server.service" not in line]


# --- from one test to the next ---------------------------------------------------------


def lease_again(host: Host) -> str:
    """Put a plain DHCP host back to what it was after its first boot; its leased address."""
    fresh = {INSTALLER: ("file", 0o600, (0, 0), fixtures.INSTALLER.encode())}
    if files_of(host, "/etc/netplan", "/run/netplan", CLOUD_SWITCH) != fresh:
        host.run(["sh", "-c", f"rm -rf /etc/netplan/* /run/netplan/* {CLOUD_SWITCH}"])
        host.write(INSTALLER, fixtures.INSTALLER, 0o600)
        host.netplan_apply()
    leased = [""]

    def arrived() -> bool:
        found = host.addresses()
        leased[0] = found[0].partition("/")[0] if len(found) == 1 else ""
        return leased[0] in {lease.address for lease in host.router.leases()}

    until(arrived, f"{host.suite} has no lease", every=0.05)
    until(lambda: "192.168.141.1" in host.run(["resolvectl", "dns", "ens33"]).stdout, "no DNS")
    return leased[0]
