"""The source tree these tests belong to, and packages built from it."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

from tests import needs

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "hostnet"


def sources(*folders: str) -> dict[Path, ast.Module]:
    """Parse every Python file below the folders, by its path in the checkout."""
    return {
        path.relative_to(ROOT): ast.parse(path.read_bytes(), str(path))
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def files() -> tuple[Path, ...]:
    """List what git has or would add: the checkout without its caches."""
    argv = [needs.tool("git"), "-c", "safe.directory=*", "-C", str(ROOT)]
    argv += ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    needs.require(done.returncode == 0, f"not in a git checkout: {done.stderr.strip()}")
    listed = {Path(name) for name in done.stdout.split("\0") if name}
    return tuple(sorted(path for path in listed if (ROOT / path).exists()))


def build_wheel(scratch: Path, python: str = sys.executable) -> Path:
    """Build the wheel with the setuptools that this python has, and return its path.

    In a copy: setuptools leaves a build/ folder behind, whose stale files enter the next wheel.
    """
    copy = scratch / "checkout"
    for path in files():
        if path.parts[0] in ("hostnet", "schemas") or len(path.parts) == 1:
            target = copy / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / path, target)
    argv = [python, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    argv += ["--no-build-isolation", "--wheel-dir", str(scratch), str(copy)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = scratch.glob("*.whl")
    return wheel


def build_debs(folder: Path) -> list[Path]:
    """Build the Debian packages into a folder, and return their paths."""
    argv = [str(ROOT / "debian" / "make-deb"), str(folder)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return [Path(line) for line in done.stdout.splitlines()]
