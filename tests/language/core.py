"""netplan's C core of one release, run in the lab's image of it."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType

from hostnet.host.oracle import OUT_OF_REACH
from hostnet.model import Position
from hostnet.netplan.releases import Release
from tests.lab.images import image
from tests.lab.tree import Tree

SUITES: dict[Release, str] = {"0.106": "bookworm", "1.1": "trixie", "1.2": "sid"}
_CORES = ("usr/libexec/netplan/configure", "usr/libexec/netplan/generate")
_SWITCH = ("usr/bin/ovs-vsctl", "snap/bin/ovs-vsctl")
"""Without it netplan takes nothing of Open vSwitch, and nobody else's rule would be seen."""


@dataclass(frozen=True)
class Said:
    """What the core said: whether it took the files, its first line, and the place in that."""

    accepted: bool
    crashed: bool
    message: str
    position: Position | None


class Core:
    """The core in an image of its own, which goes with the context."""

    def __init__(self, release: Release) -> None:
        self.release: Release = release
        self._folder = Path(tempfile.mkdtemp(prefix="hostnet-core-"))
        self._tree = Tree(self._folder, image(SUITES[release]))
        self._root = self._tree.root
        self._core = next(path for path in _CORES if (self._root / path).exists())
        for path in _SWITCH:
            tool = self._root / path
            tool.parent.mkdir(parents=True, exist_ok=True)
            tool.write_text("#!/bin/sh\n")
            tool.chmod(0o755)
        self._numbers = count()

    def __enter__(self) -> Core:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._tree.unmount()
        shutil.rmtree(self._folder)

    def judge(self, files: dict[str, bytes]) -> Said:
        """What it says of the files, which lie in /etc/netplan."""
        name = f"case{next(self._numbers)}"
        folder = self._root / name
        etc = folder / "etc/netplan"
        etc.mkdir(parents=True)
        for file, data in files.items():
            (etc / file).write_bytes(data)
            (etc / file).chmod(0o600)
        argv = ["chroot", str(self._root), f"/{self._core}", "--root-dir", f"/{name}"]
        env = {"PATH": "/usr/sbin:/usr/bin", **OUT_OF_REACH}
        done = subprocess.run(argv, env=env, capture_output=True, timeout=60)
        shutil.rmtree(folder)
        text = done.stderr.decode(errors="replace").replace(f"/{name}/etc/netplan/", "")
        lines = [line for line in text.splitlines() if line and "WARNING **" not in line]
        return Said(
            done.returncode == 0,
            done.returncode < 0 or done.returncode > 128,
            next((line for line in lines if _is_error(line)), lines[0] if lines else ""),
            next((place for line in lines if (place := _place(line))), None),
        )


def _is_error(line: str) -> bool:
    return _place(line) is not None or "rror" in line


def _place(line: str) -> Position | None:
    found = re.match(r"([^:/ ]+\.yaml):(\d+):(\d+): ", line)
    return Position(found[1], int(found[2]), int(found[3])) if found else None
