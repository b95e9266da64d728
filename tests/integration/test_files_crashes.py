"""host/files and crashes, made from outside with strace: synced, in order, old or new."""

from __future__ import annotations

import errno
import gc
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostnet.errors import Stranded
from hostnet.host.files import Files
from tests import needs

if TYPE_CHECKING:
    pass

from tests.integration.trees import ROOT, A, B, C, snapshot, temporary, text, to

_SCRIPT = """
import sys
from hostnet.change import Change
from hostnet.errors import HostnetError
from hostnet.host.files import Files
from hostnet.model import Image, Kind
with Files(sys.argv[1]) as files:
    new = Image(Kind.FILE, b"new", 0o600, *files.owner)
    changes = [Change(path, files.image(path), new, "test") for path in sys.argv[2:]]
    try:
        files.commit(changes)
    except HostnetError as error:
        print(type(error).__name__, error.what, error.why, error.remedy, sep="\\n")
        sys.exit(error.exit_code)
"""


def traced(root: Path, *options: str) -> tuple[int, str, str]:
    """A commit of A, B and C in a process of its own under strace: status, output, calls."""
    log = root.parent / "calls"
    argv = [needs.tool("strace"), "-y", "-o", str(log), *options, sys.executable]
    argv += ["-c", _SCRIPT, str(root), A, B, C]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, log.read_text()


_SYNC = "trace=fsync,fdatasync,rename,renameat,renameat2"


def test_all_is_on_disk_before_the_first_name_changes(root: Path) -> None:
    status, _, calls = traced(root, "-e", _SYNC)
    assert status == 0
    found = re.findall(r"^(fsync|rename\w*)\((?:\d+<(.*?)>)?.*?\) = 0$", calls, re.M)
    kinds = [name.rstrip("at2") if name.startswith("rename") else name for name, _ in found]
    # The new content of three files, then each name and its folder, in the order of the plan;
    # the old content is there already, and only gets a second name.
    assert kinds == ["fsync"] * 3 + ["rename", "fsync"] * 3
    folders = [Path(where).relative_to(root) for _, where in found[4::2]]
    assert [str(folder) for folder in folders] == ["etc/netplan", "etc/netplan", "etc/other"]
    names = re.findall(r"rename\w*\(.*, \"([^.].*?)\"\)", calls)
    assert names == ["a.yaml", "b.yaml", "c.conf"]


def test_a_failing_rename_undoes_those_before_it(root: Path) -> None:
    before = snapshot(root)
    inject = "inject=rename,renameat,renameat2:error=EIO:when=3"
    status, output, _ = traced(root, "-e", _SYNC, "-e", inject)
    assert status == 6
    assert output.startswith(f"WriteFailed\n{C} cannot be written")
    assert snapshot(root) == before


def test_a_failing_sync_of_a_folder_undoes_too(root: Path) -> None:
    before = snapshot(root)
    status, _, _ = traced(root, "-e", _SYNC, "-e", "inject=fsync:error=EIO:when=5")
    assert status == 6
    assert snapshot(root) == before


def test_an_undo_that_fails_is_not_silent_and_keeps_the_old_content(root: Path) -> None:
    inject = "inject=rename,renameat,renameat2:error=EIO:when=3+"
    status, output, _ = traced(root, "-e", _SYNC, "-e", inject)
    assert status == 7
    kind, what, why, remedy = output.splitlines()
    assert kind == Stranded.__name__
    assert what == f"could not be put back: {B}, {A}"
    assert os.strerror(errno.EIO) in why
    commands = remedy.partition(": ")[2].split("; ")
    assert len(temporary(root)) == 2
    for line in commands:
        subprocess.run(line.split(), check=True)
    assert (root / A[1:]).read_text() == f"old {A}\n"
    assert (root / B[1:]).read_text() == f"old {B}\n"
    assert temporary(root) == []


@pytest.mark.parametrize(
    ("call", "when"),
    [("fsync", when) for when in range(1, 7)]
    + [("rename,renameat,renameat2", w) for w in (1, 2, 3)],
)
def test_a_crash_leaves_every_file_whole_and_the_rest_is_swept(
    root: Path, files: Files, call: str, when: int
) -> None:
    status, _, _ = traced(root, "-e", _SYNC, "-e", f"inject={call}:signal=KILL:when={when}")
    assert status in (-signal.SIGKILL, 128 + signal.SIGKILL)
    contents = [(root / path[1:]).read_text() for path in (A, B, C)]
    new = [content == "new" for content in contents]
    olds = [f"old {path}\n" for path in (A, B, C)]
    assert all(n or c == o for n, c, o in zip(new, contents, olds, strict=True))
    assert new == sorted(new, reverse=True), "a later name changed before an earlier one"
    left = len(temporary(root))
    (root / "etc/netplan/.hostnet-notes").write_text("not ours")
    swept = [*files.sweep("/etc/netplan"), *files.sweep("/etc/other")]
    assert len(swept) == left
    assert [path.name for path in temporary(root)] == [".hostnet-notes"]


def test_an_interrupt_undoes(root: Path, files: Files) -> None:
    class Stop(BaseException):
        pass

    def stop(*_: object) -> None:
        raise Stop

    handler = signal.signal(signal.SIGALRM, stop)
    gc.disable()  # an alarm in a callback of the collector (hypothesis has one) would be lost
    stopped = 0
    try:
        for number in range(60):
            before = snapshot(root)
            changes = [to(files, path, text(f"{number}")) for path in (A, B, C)]
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0002 * (number + 1))
                files.commit(changes)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except Stop:
                stopped += 1
                now = snapshot(root)
                done = all(files.read(path).data == b"%d" % number for path in (A, B, C))
                assert now == before or done
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        gc.enable()
    assert stopped > 0


def test_a_folder_replaced_while_files_are_staged_makes_the_plan_stale(root: Path) -> None:
    (root / "etc/netplan").rename(root / "etc/real")
    (root / "etc/netplan").symlink_to("real")
    shutil.copytree(root / "etc/real", root / "etc/copy")
    (root / "etc/swap").symlink_to("copy")
    argv = [needs.tool("strace"), "-o", "/dev/null", "-e", "trace=fsync"]
    argv += ["-e", "inject=fsync:delay_exit=1000000:when=3", sys.executable, "-c", _SCRIPT]
    with subprocess.Popen(
        [*argv, str(root), A, B, C], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as process:
        end = time.monotonic() + 30
        while len(temporary(root)) < 5 and time.monotonic() < end:
            time.sleep(0.01)
        (root / "etc/swap").rename(root / "etc/netplan")
        assert process.stdout is not None
        output = process.stdout.read().decode()
    assert process.returncode == 3
    assert "its folder has been replaced" in output
    for folder in ("real", "copy"):
        assert (root / "etc" / folder / "a.yaml").read_text() == f"old {A}\n"
    assert temporary(root) == []
