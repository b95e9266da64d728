"""host/files on disks that are full, read-only or obstinate: every file is as it was."""

from __future__ import annotations

import errno
import os
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostnet.errors import Unsuitable
from hostnet.host.files import Files, WriteFailed
from hostnet.model import ABSENT, Image
from hostnet.transaction import OPEN
from hostnet.transaction.marks import State
from hostnet.transaction.recover import recover
from hostnet.transaction.undo import undo
from tests import needs

if TYPE_CHECKING:
    from collections.abc import Iterator

from tests.integration.trees import A, B, C, attempt, fill, snapshot, temporary, text, to
from tests.unit.crash_plan import BEFORE, PREFIXES, begun, put, there


@contextmanager
def tmpfs(folder: Path, options: str) -> Iterator[None]:
    needs.root()
    folder.mkdir(exist_ok=True)
    argv = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    done = subprocess.run(argv, capture_output=True, text=True)
    needs.require(done.returncode == 0, f"no tmpfs can be mounted: {done.stderr}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_changes_nothing_wherever_it_fills(tmp_path: Path) -> None:
    root = tmp_path / "small"
    outcomes = []
    for pages_left in range(14):
        with tmpfs(root, "size=128k,mode=755"):
            fill(root)
            with Files(str(root)) as files:
                space = os.statvfs(root)
                free = space.f_bavail * space.f_frsize
                (root / "ballast").write_bytes(b"x" * (free - pages_left * 4096))
                new = text("n" * 5000)
                changes = [to(files, path, new) for path in (A, B, C, "/new/d")]
                before = snapshot(root)
                error = attempt(files, changes)
                if error is None:
                    assert all(files.image(path) == new for path in (A, B, C, "/new/d"))
                else:
                    assert isinstance(error, WriteFailed)
                    assert (error.errno, error.exit_code) == (errno.ENOSPC, 6)
                    assert os.strerror(errno.ENOSPC) in error.what
                    assert snapshot(root) == before
                outcomes.append(error is None)
                assert temporary(root) == []
    assert not outcomes[0]
    assert outcomes[-1]


@pytest.mark.parametrize("reached", PREFIXES[1:], ids=range(1, len(PREFIXES)))
def test_going_back_works_on_a_full_disk(tmp_path: Path, reached: dict[str, Image]) -> None:
    root = tmp_path / "small"
    with tmpfs(root, "size=256k,mode=755"), Files(str(root)) as files:
        put(files, reached)
        journal = begun(files, State.TRIAL)
        journal.mark(State.PROMOTING)
        space = os.statvfs(root)
        (root / "filler").write_bytes(b"x" * (space.f_bavail * space.f_frsize))
        with pytest.raises(WriteFailed):
            files.commit([to(files, "/etc/one-more", text("new"))])
        undo(journal, files)
        assert there(files) == BEFORE
        assert journal.state is State.UNDONE
        assert not files.exists(OPEN)
        assert recover(files).outcome == "nothing-open"


def test_a_file_gets_another_files_content_by_name_alone(files: Files, root: Path) -> None:
    fill(root)
    files.relink(A, B)
    for _ in range(2):
        assert (root / A[1:]).read_text() == f"old {B}\n"
        assert (root / A[1:]).samefile(root / B[1:])
        assert temporary(root) == []
        files.relink(A, B)  # it is so already
    with pytest.raises(WriteFailed, match="/etc/none"):
        files.relink("/etc/none/x", B)


def test_a_disk_without_inodes_changes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "small"
    outcomes = []
    for inodes in range(9, 17):
        with tmpfs(root, f"nr_inodes={inodes},mode=755"), Files(str(root)) as files:
            fill(root)
            before = snapshot(root)
            changes = [to(files, path, text("new")) for path in (A, B, C)]
            error = attempt(files, changes)
            if error is not None:
                assert isinstance(error, WriteFailed)
                assert error.errno == errno.ENOSPC
                assert snapshot(root) == before
            outcomes.append(error is None)
            assert temporary(root) == []
    assert set(outcomes) == {False, True}


def test_a_read_only_disk_is_named(tmp_path: Path) -> None:
    root = tmp_path / "ro"
    with tmpfs(root, "size=1m,mode=755"), Files(str(root)) as files:
        fill(root)
        subprocess.run(["mount", "-o", "remount,ro", str(root)], check=True)
        with pytest.raises(WriteFailed, match=os.strerror(errno.EROFS)):
            files.commit([to(files, A, text("new")), to(files, B, ABSENT)])
        with pytest.raises(WriteFailed, match=os.strerror(errno.EROFS)):
            files.commit([to(files, "/p/q", text("new"))])
        with pytest.raises(Unsuitable, match="lock"), files.lock("/run/hostnet/lock"):
            pass
        assert (root / A[1:]).read_text() == f"old {A}\n"


def test_a_name_that_cannot_be_replaced_puts_the_others_back(files: Files, root: Path) -> None:
    needs.root()
    (root / "etc/other/c.conf").write_text("immutable\n")
    argv = ["chattr", "+i", str(root / C[1:])]
    done = subprocess.run(argv, capture_output=True, text=True)
    needs.require(done.returncode == 0, f"this file system has no chattr: {done.stderr}")
    try:
        (root / "etc/netplan/l").symlink_to("a.yaml")
        before = snapshot(root)
        changes = [
            to(files, A, text("new")),
            to(files, B, ABSENT),
            to(files, "/etc/netplan/l", text("new")),
            to(files, "/made/new", text("new")),
            to(files, C, text("new")),
        ]
        with pytest.raises(WriteFailed, match=C) as caught:
            files.commit(changes)
        assert caught.value.why == "every file is as it was before"
        assert snapshot(root) == before
    finally:
        subprocess.run(["chattr", "-i", str(root / C[1:])], check=True)
