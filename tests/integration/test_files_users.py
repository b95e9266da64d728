"""host/files as a user who is not root, and its lock."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostnet.change import Change
from hostnet.errors import Busy, Unsuitable
from hostnet.host.files import Files, StalePlan, Unreadable, WriteFailed
from hostnet.model import ABSENT, Image, Kind
from tests import needs

if TYPE_CHECKING:
    from collections.abc import Iterator

from tests.integration.trees import ROOT, A, B, C, as_nobody, attempt, snapshot, temporary, text, to

# --- users who are not root ------------------------------------------------------------------


def test_a_user_writes_below_a_root_of_his_own(public: Path) -> None:
    def work() -> None:
        with Files(str(public / "root")) as files:
            uid, gid = files.owner
            # A plan made for root's files: they stay the user's own.
            new = Image(Kind.FILE, b"new", 0o600, 0, 0)
            files.commit([to(files, A, new), to(files, B, ABSENT), to(files, "/n/w", new)])
            expected = Image(Kind.FILE, b"new", 0o600, uid, gid)
            assert files.image(A) == files.image("/n/w") == expected
            with files.lock("/run/hostnet/lock"):
                assert stat.S_IMODE((public / "root/run/hostnet").stat().st_mode) == 0o700

    as_nobody(work)
    assert temporary(public) == []


def test_a_user_is_told_what_he_may_not_read(public: Path) -> None:
    needs.root()
    root = public / "root"
    for path in (A, B):
        os.chown(root / path[1:], 0, 0)
        (root / path[1:]).chmod(0o600)
    (root / "secret").mkdir(mode=0o700)

    def work() -> None:
        with Files(str(root)) as files:
            denied = f"cannot be read: {os.strerror(errno.EACCES)}"
            assert files.read(A).problem == denied
            assert files.read("/secret/x").problem == denied
            for look, path in ((files.image, A), (files.names, "/secret")):
                with pytest.raises(Unreadable) as caught:
                    look(path)
                assert caught.value.problem == denied

    as_nobody(work)


def test_a_user_never_takes_a_file_from_its_owner(public: Path) -> None:
    needs.root()
    root = public / "root"
    os.chown(root / B[1:], 0, 0)
    (root / B[1:]).chmod(0o644)
    (root / "etc/other").chmod(0o555)
    before = snapshot(root)

    def work() -> None:
        with Files(str(root)) as files:
            for path, number in ((B, errno.EPERM), (C, errno.EACCES)):
                error = attempt(files, [to(files, A, text("new")), to(files, path, text("new"))])
                assert isinstance(error, WriteFailed)
                assert (error.path, error.errno) == (path, number)

    as_nobody(work)
    assert snapshot(root) == before


# --- the lock --------------------------------------------------------------------------------

LOCK = "/run/hostnet/lock"


@contextmanager
def held_elsewhere(root: Path) -> Iterator[int]:
    """Another process that has the lock; it is killed at the end."""
    script = (
        "import sys, time\nfrom hostnet.host.files import Files\n"
        "with Files(sys.argv[1]) as files, files.lock(sys.argv[2]):\n"
        "    print('held', flush=True)\n    time.sleep(600)\n"
    )
    argv = [sys.executable, "-c", script, str(root), LOCK]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process.pid
        finally:
            process.kill()


def test_only_one_process_has_the_lock_and_the_other_learns_who(root: Path, files: Files) -> None:
    with held_elsewhere(root) as pid:
        start = time.monotonic()
        with pytest.raises(Busy) as caught, files.lock(LOCK):
            pass
        assert time.monotonic() - start < 60
        assert caught.value.why == f"process {pid} holds {LOCK}"
        assert caught.value.exit_code == 5
    with files.lock(LOCK), pytest.raises(Busy), files.lock(LOCK):
        pass


def test_taking_the_lock_again_leaves_no_trace(root: Path, files: Files) -> None:
    with files.lock(LOCK):
        pass
    before = (root / LOCK[1:]).stat()
    with files.lock(LOCK):
        pass
    after = (root / LOCK[1:]).stat()
    assert (after.st_mtime_ns, after.st_ctime_ns) == (before.st_mtime_ns, before.st_ctime_ns)


def test_the_lock_is_roots_alone(root: Path, files: Files) -> None:
    with files.lock(LOCK):
        assert stat.S_IMODE((root / "run").stat().st_mode) == 0o755
        assert stat.S_IMODE((root / "run/hostnet").stat().st_mode) == 0o700
        assert stat.S_IMODE((root / LOCK[1:]).stat().st_mode) == 0o600


def test_the_lock_is_not_taken_through_a_link(root: Path, files: Files) -> None:
    victim = root / "victim"
    victim.write_text("as it was")
    (root / "run/hostnet").mkdir(parents=True)
    (root / LOCK[1:]).symlink_to("/victim")
    with pytest.raises(Unsuitable, match="lock"), files.lock(LOCK):
        pass
    assert victim.read_text() == "as it was"


def test_an_error_inside_lets_the_lock_go(files: Files) -> None:
    with pytest.raises(RuntimeError, match="inside"), files.lock(LOCK):
        raise RuntimeError("inside")
    with files.lock(LOCK):
        pass


def test_folders_are_made_once(files: Files, root: Path) -> None:
    files.make_folders("/var/lib/hostnet/journal", 0o700)
    assert stat.S_IMODE((root / "var/lib/hostnet").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "var/lib/hostnet/journal").stat().st_mode) == 0o700
    files.make_folders("/var/lib/hostnet/journal", 0o755)
    assert stat.S_IMODE((root / "var/lib/hostnet/journal").stat().st_mode) == 0o700
    with pytest.raises(WriteFailed):
        files.make_folders(f"{A}/x")


def test_nothing_stays_open(root: Path) -> None:
    before = os.listdir("/proc/self/fd")
    (root / "loop").symlink_to("loop")
    with Files(str(root)) as files:
        for _ in range(3):
            for path in (A, "/none/x", "/loop", "/loop/x", "/etc/../etc/netplan/x"):
                files.read(path)
                files.image(path) if path != "/loop/x" else None
                files.names(path) if "loop" not in path else None
            with suppress(StalePlan):
                files.commit([Change(A, ABSENT, text("x"), "stale")])
            with suppress(WriteFailed):
                files.commit([to(files, "/p/q", text("x")), to(files, f"{A}/x", text("x"))])
            files.commit([to(files, "/p/q", text("x")), to(files, B, ABSENT)])
            files.commit([to(files, "/p/q", ABSENT), to(files, B, text("x"))])
            with files.lock(LOCK):
                pass
    assert os.listdir("/proc/self/fd") == before
