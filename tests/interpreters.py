"""The Python interpreters of this machine, so that tests can use more than the running one."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

VERSIONS = tuple((3, minor) for minor in range(10, 15))
"""What hostnet supports: Ubuntu 22.04 has 3.10, Debian sid and Ubuntu 26.04 have 3.14."""


@dataclass(frozen=True)
class Interpreter:
    """A Python that has been run and said its version."""

    path: str
    version: str

    def __str__(self) -> str:
        return f"python{self.version}"


RUNNING = Interpreter(sys.executable, platform.python_version())


def find(minor: int) -> Interpreter | None:
    """Return some Python 3.minor, or None. A name on PATH may be a placeholder, so it is run."""
    if sys.version_info[:2] == (3, minor):
        return RUNNING
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    names = sorted(pyenv.glob(f"versions/3.{minor}.*/bin/python3"), reverse=True)
    found = [shutil.which(f"python3.{minor}"), f"/usr/bin/python3.{minor}", *map(str, names)]
    for path in found:
        if path and (version := _version(path)) and version.startswith(f"3.{minor}."):
            return Interpreter(path, version)
    return None


def _version(path: str) -> str | None:
    argv = [path, "-c", "import platform, venv; print(platform.python_version())"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    except OSError:
        return None
    said = done.stdout.strip()
    return said if done.returncode == 0 and re.fullmatch(r"3\.\d+\.\d+\S*", said) else None
