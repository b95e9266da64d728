"""A power cut of a host with a disk loses what was not synced, and only that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import cleanup, fixtures
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory

pytestmark = pytest.mark.e2e

_WRITER = """
import os

def write(name, data, *, synced):
    with open(name, "w") as file:
        file.write(data)
        file.flush()
        if synced:
            os.fsync(file.fileno())

os.makedirs("/etc/hostnet/deep", exist_ok=True)
os.chdir("/etc/hostnet/deep")
folder = os.open(".", os.O_RDONLY)
write("kept", "first", synced=True)
write("new", "second", synced=False)
os.rename("new", "emptied")  # its name will be there, what it held will not
write("new", "second", synced=True)
os.rename("new", "kept")
os.fsync(folder)
write("new", "third", synced=True)
os.rename("new", "kept")  # its folder is not synced
write("lost", "never synced", synced=False)
print("written", flush=True)
"""


@pytest.fixture(scope="module")
def host(laboratory: type[Laboratory]) -> Iterator[Host]:
    with laboratory() as lab:
        yield lab.host("trixie", fixtures.installer_dhcp().with_disk())


def test_what_was_not_synced_is_lost_and_what_was_is_there(host: Host) -> None:
    files = {
        "/etc/hostnet/deep/kept": b"second",
        "/etc/hostnet/deep/new": b"third",
        "/etc/hostnet/deep/emptied": b"",
    }
    for _ in range(2):  # the disk it goes on with forgets as well
        host.run(["python3", "-c", _WRITER])
        assert host.read("/etc/hostnet/deep/kept") == "third"
        assert host.read("/etc/hostnet/deep/lost") == "never synced"
        host.power_cut()
        found = host.snapshot(["/etc/hostnet/deep"])
        assert {path: each.data for path, each in found.items() if each.kind == "file"} == files
        assert host.boot() == "running"
        host.router.wait_reachable(host.wait_address())
        host.run(["rm", "-r", "/etc/hostnet"])
        host.disk.sync()


def test_a_clean_end_loses_nothing(host: Host) -> None:
    host.write("/etc/hostnet/written", "not synced")
    host.reboot()
    assert host.read("/etc/hostnet/written") == "not synced"
    host.write("/etc/hostnet/written", "but now")
    host.disk.sync()
    host.power_cut()
    assert host.read("/etc/hostnet/written") == "but now"
    host.boot()


def test_a_process_entered_from_outside_stands_still_as_well(host: Host) -> None:
    """Else it would go on writing to the disk while that is copied."""
    script = "exec > /run/busy; while :; do echo; done"
    with subprocess.Popen([*host.entering, "sh", "-c", script]) as busy:
        written = Path(f"/proc/{host.pid}/root/run/busy")
        while not written.exists():
            assert busy.poll() is None
        host.power_cut()
        assert busy.wait(60) != 0
    host.boot()


def test_a_full_disk_is_full(host: Host) -> None:
    with host.disk.full():
        done = host.run(["sh", "-c", "echo x > /etc/one-more"], check=False)
        assert done.returncode != 0
    host.write("/etc/one-more", "x\n")
    host.run(["rm", "/etc/one-more"])


_RUN = """
import time
from tests.lab import cleanup, fixtures
from tests.lab.laboratory import Laboratory
cleanup.install()
with Laboratory() as lab:
    host = lab.host("trixie", fixtures.installer_dhcp().with_disk())
    host.power_cut()
    host.boot()
    print(cleanup.owner(), flush=True)
    time.sleep(600)
"""


@pytest.mark.usefixtures("laboratory")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_disk_outlives_its_run(number: signal.Signals) -> None:
    root = Path(__file__).parents[2]
    argv = [sys.executable, "-c", _RUN]
    with subprocess.Popen(
        argv, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as run:
        assert run.stdout is not None
        owner = run.stdout.readline().strip()
        assert "loop device" in "\n".join(cleanup.leftovers(owner))
        os.kill(run.pid, number)
        run.wait(180)
    if number == signal.SIGKILL:
        cleanup.sweep()
    assert cleanup.leftovers(owner) == []
