"""What a run leaves on the machine, and how it goes away again.

Everything that could outlive a process carries the owner's identity (pid and start time) in its
name: network namespaces, control groups, and a folder with overlay mounts. Context managers
remove things in the ordinary case, exceptions and Ctrl-C included. For the rest there is one
function, `remove(owner)`: it runs for this process at exit, and for dead owners when a later run
starts. Processes are only ever killed through the control group they were started in.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import IO

from tests.lab import cache
from tests.lab.commands import ENVIRONMENT
from tests.lab.errors import LabError
from tests.lab.waiting import until

PREFIX = "hnlab-"
_counter = itertools.count(1)


def owner() -> str:
    """Name this process so that no later process can be mistaken for it: pids are reused."""
    return f"{os.getpid()}-{_start_time(os.getpid())}"


def unique() -> str:
    """Return a name no other run and no other object of this run has."""
    return f"{PREFIX}{owner()}-{next(_counter)}"


def run_folder(name: str) -> Path:
    """Return a new folder for an object of this run."""
    return cache.folder("runs", owner(), name)


class ControlGroup:
    """A control group of our own for the processes of one object.

    It has two purposes. All descendants can be killed without searching by name. And nspawn with
    --keep-unit makes its `payload` group *below the caller's group*: two hosts started from one
    group would share it, and each systemd would take the other's processes for its own.
    """

    def __init__(self, name: str) -> None:
        self.path = _hierarchies()[0] / PREFIX.rstrip("-") / owner() / name
        while not self.path.is_dir():
            with contextlib.suppress(FileNotFoundError):  # another run's end took the parent
                self.path.mkdir(parents=True)
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, argv: Sequence[str], output: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start a lasting process in here."""
        process = subprocess.Popen(
            [*_joining(self.path), *argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(ENVIRONMENT),
        )
        self._started.append(process)
        return process

    def joining(self, name: str) -> list[str]:
        """Return the prefix of an argv that shall run in a group of this name below this one."""
        group = self.path / name
        group.mkdir(exist_ok=True)
        return _joining(group)

    def freeze(self) -> None:
        """Stop every process inside at one moment; killed they can be, and nothing else."""
        (self.path / "cgroup.freeze").write_text("1")
        events = self.path / "cgroup.events"
        frozen = lambda: "frozen 1" in events.read_text()  # noqa: E731
        until(frozen, f"processes in {self.path} do not freeze", every=0.001)

    def remove(self) -> None:
        """Kill what is left inside, all at once, and remove the group."""
        _kill(self.path)
        for process in self._started:
            process.wait()
        for path in _twins(self.path):
            _remove_groups(path)


def install() -> None:
    """Sweep dead runs now, and make sure that this one is removed however it ends.

    SIGTERM and SIGHUP kill Python without running any clean-up; here they become SystemExit.
    """
    sweep()
    pid = os.getpid()
    atexit.register(lambda: remove(owner()) if os.getpid() == pid else None)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _leave)


def sweep() -> None:
    """Remove what dead runs left; live ones, of whatever checkout, are not touched."""
    owners = {path.name for path in cache.folder("runs").iterdir()}
    for path in _twins(_hierarchies()[0] / PREFIX.rstrip("-")):
        if path.is_dir():
            owners |= {child.name for child in path.iterdir() if child.is_dir()}
    owners |= {"-".join(name.split("-")[1:3]) for name in _namespaces()}
    for name in owners:
        if not _alive(name):
            remove(name)


def remove_folder(folder: Path) -> None:
    """Remove a folder of a run, and the run's own when it was the last one in it."""
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(OSError):
        folder.parent.rmdir()


def remove(name: str) -> None:
    """Remove all that an owner has: processes first, for they hold everything else."""
    group = _hierarchies()[0] / PREFIX.rstrip("-") / name
    if group.is_dir():
        _kill(group)
    for path in _twins(group):
        _remove_groups(path)
        with contextlib.suppress(OSError):  # another run is still there, or none ever was
            path.parent.rmdir()
    for namespace in _namespaces():
        if namespace.startswith(f"{PREFIX}{name}-"):
            subprocess.run(["ip", "netns", "delete", namespace], check=False)
    for left in Path("/run/systemd/nspawn/propagate").glob(f"{PREFIX}{name}-*"):
        left.rmdir()
    folder = cache.folder("runs") / name
    for mount in sorted(mounts_below(folder), reverse=True):
        subprocess.run(["umount", "--lazy", str(mount)], check=False)
    shutil.rmtree(folder, ignore_errors=True)


def leftovers(name: str) -> list[str]:
    """List what an owner has on the machine now."""
    groups = _twins(_hierarchies()[0] / PREFIX.rstrip("-") / name)
    folder = cache.folder("runs") / name
    return [
        *(f"control group {path}" for path in groups if path.is_dir() and any(_children(path))),
        *(f"namespace {each}" for each in _namespaces() if each.startswith(f"{PREFIX}{name}-")),
        *(f"mount {mount}" for mount in mounts_below(folder)),
        *(f"loop device {name}" for name in _loops(folder)),
        *(f"folder {path}" for path in (folder.iterdir() if folder.is_dir() else ())),
    ]


def mounts_below(folder: Path) -> list[Path]:
    """Return the mount points below a folder."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = (Path(line.split()[4].encode().decode("unicode_escape")) for line in lines)
    return [point for point in points if folder in point.parents]


def _loops(folder: Path) -> list[str]:
    """Return the loop devices over a file below a folder; they should end with their mounts."""
    found = []
    for path in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):  # gone since it was listed
            if path.read_text().startswith(f"{folder}/"):
                found.append(path.parts[3])
    return found


def _joining(group: Path) -> list[str]:
    enter = 'echo 0 > "$1/cgroup.procs" && shift && exec "$@"'
    return ["sh", "-c", enter, "sh", str(group)]


def _hierarchies() -> list[Path]:
    """Return the cgroup2 mount, then (hybrid machines) systemd's cgroup v1 hierarchy.

    nspawn mirrors its groups in the latter, so they have to be removed there as well.
    """
    unified, named = [], []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, tail = line.partition(" - ")
        kind, _, options = tail.split()[:3]
        if kind == "cgroup2":
            unified.append(Path(fields.split()[4]))
        elif kind == "cgroup" and "name=systemd" in options.split(","):
            named.append(Path(fields.split()[4]))
    if not unified:
        raise LabError("no cgroup2 is mounted: systemd-nspawn cannot boot a host here")
    return unified[:1] + named[:1]


def _twins(path: Path) -> list[Path]:
    hierarchies = _hierarchies()
    relative = path.relative_to(hierarchies[0])
    return [hierarchy / relative for hierarchy in hierarchies]


def _kill(group: Path) -> None:
    """Kill every process of a group at once and wait until the kernel has let go of them."""
    (group / "cgroup.kill").write_text("1")
    deadline = time.monotonic() + 120
    while "populated 1" in (group / "cgroup.events").read_text():
        if time.monotonic() > deadline:
            raise LabError(f"processes in {group} do not end")
        time.sleep(0.005)


def _remove_groups(group: Path) -> None:
    if group.is_dir():
        for child in _children(group):
            _remove_groups(child)
        group.rmdir()


def _children(group: Path) -> list[Path]:
    return [child for child in group.iterdir() if child.is_dir()]


def _namespaces() -> list[str]:
    folder = Path("/run/netns")
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else ()
    return [name for name in names if name.startswith(PREFIX)]


def _alive(name: str) -> bool:
    pid, _, start = name.partition("-")
    try:
        return _start_time(int(pid)) == start
    except (ValueError, OSError):
        return False


def _start_time(pid: int) -> str:
    """Return the process's start in clock ticks; its name in `stat` may hold any character."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
