"""A dbus-daemon of a test's own, and the peers on it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hostnet.host.bus import Bus
from tests import needs
from tests.checkout import ROOT

CONFIGURATION = """\
<busconfig>
  <listen>unix:path={folder}/bus</listen>
  <servicedir>{folder}/services</servicedir>
  <policy context="default">
    <allow user="*"/> <allow own="*"/> <allow send_destination="*"/> <allow receive_sender="*"/>
  </policy>
</busconfig>
"""


class PrivateBus:
    """One at a time, at the same address, so that it can die and come back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"unix:path={folder}/bus"
        self.processes: list[subprocess.Popen[str]] = []
        (folder / "services").mkdir()
        (folder / "bus.conf").write_text(CONFIGURATION.format(folder=folder))

    def start(self) -> subprocess.Popen[str]:
        argv = [needs.tool("dbus-daemon"), f"--config-file={self.folder}/bus.conf", "--nofork"]
        return self._spawn([*argv, "--print-address"])

    def peer(self, **behaviour: object) -> subprocess.Popen[str]:
        argv = [sys.executable, "-m", "tests.integration.peer", self.address]
        return self._spawn([*argv, json.dumps(behaviour)])

    def connect(self, deadline: float = 10.0) -> Bus:
        return Bus(self.address, deadline=deadline)

    def make_startable(self, name: str) -> Path:
        """Let the bus start a service at need; return the file that shows if it did."""
        started = self.folder / "started"
        # It fails at once, so that the bus waits no longer for it.
        program = f"/bin/sh -c '>{started}; exit 1'"
        service = f"[D-BUS Service]\nName={name}\nExec={program}\n"
        (self.folder / "services" / f"{name}.service").write_text(service)
        return started

    def end(self) -> None:
        for process in self.processes:
            stop(process)

    def _spawn(self, argv: list[str]) -> subprocess.Popen[str]:
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.processes.append(process)
        assert process.stdout
        assert process.stdout.readline(), "it ended before it was ready"
        return process


def stop(process: subprocess.Popen[str]) -> None:
    """Kill it, and wait until it is dead."""
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


@contextmanager
def private_bus(folder: Path) -> Iterator[PrivateBus]:
    """Have one that runs, with no peer yet; all of it ends with the context."""
    bus = PrivateBus(folder)
    try:
        bus.start()
        yield bus
    finally:
        bus.end()
