"""Trees of files for the tests of host/files, with what they look at and who they act as."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from hostnet.change import Change
from hostnet.errors import HostnetError
from hostnet.host.files import Files
from hostnet.model import Image, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
A, B, C = "/etc/netplan/a.yaml", "/etc/netplan/b.yaml", "/etc/other/c.conf"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with three files, beside which lies something that must never change."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.yaml").write_text("outside\n")
    root = tmp_path / "root"
    fill(root)
    return root


def fill(root: Path) -> None:
    """The usual files below a root."""
    for path in (A, B, C):
        file = root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"old {path}\n")
        file.chmod(0o640)


@pytest.fixture
def files(root: Path) -> Iterator[Files]:
    """The tree, opened."""
    with Files(str(root)) as files:
        yield files


def text(content: str | bytes, mode: int = 0o600) -> Image:
    """The image of a file."""
    data = content if isinstance(content, bytes) else content.encode()
    return Image(Kind.FILE, data, mode, os.geteuid(), os.getegid())


def link(target: str) -> Image:
    """The image of a symlink."""
    return Image(Kind.SYMLINK, target.encode(), 0o777, os.geteuid(), os.getegid())


def to(files: Files, path: str, after: Image) -> Change:
    """The change from what is there to the image."""
    return Change(path, files.image(path), after, "test")


def attempt(files: Files, changes: list[Change]) -> HostnetError | None:
    """Commit, and return what it was refused or failed with."""
    try:
        files.commit(changes)
    except HostnetError as error:
        return error
    return None


def snapshot(folder: Path) -> dict[str, tuple[object, ...]]:
    """Everything below the folder: names, kinds, modes, owners, bytes."""
    found: dict[str, tuple[object, ...]] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        owned = (stat.filemode(status.st_mode), status.st_uid, status.st_gid)
        if path.is_symlink():
            found[str(path)] = (*owned, os.readlink(path))
        else:
            found[str(path)] = (*owned, path.read_bytes() if path.is_file() else None)
    return found


def temporary(folder: Path) -> list[Path]:
    """Temporary files that a commit left there."""
    return list(folder.rglob(".hostnet-*"))


def as_nobody(work: Callable[[], None]) -> None:
    """Run it in a child that is an ordinary user, and fail as it fails.

    A fork, not a new interpreter: python and the checkout may lie in root's home.
    """
    child = os.fork()
    if child == 0:
        _as_nobody(work)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "see the output"


def _as_nobody(work: Callable[[], None]) -> NoReturn:
    status = 1
    try:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        work()
        status = 0
    finally:
        if status:
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(status)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that an ordinary user can reach and owns; pytest's are root's alone."""
    with tempfile.TemporaryDirectory(prefix="hostnet-test-") as folder:
        path = Path(folder)
        path.chmod(0o755)
        fill(path / "root")
        if os.geteuid() == 0:
            for name in (path, *path.rglob("*")):
                os.chown(name, NOBODY, NOBODY)
        yield path
