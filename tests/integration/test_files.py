"""host/files: whole files below a root, on a real disk, with real races, full disks and crashes."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

from hostnet.change import Change
from hostnet.errors import Busy, HostnetError, Stranded, Unsuitable
from hostnet.host.files import Files, StalePlan, Unreadable, WriteFailed
from hostnet.model import ABSENT, Image, Kind
from hostnet.netplan.document import MAX_BYTES
from tests import needs

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
    for path in (A, B, C):
        file = root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"old {path}\n")
        file.chmod(0o640)


@pytest.fixture
def files(root: Path) -> Iterator[Files]:
    with Files(str(root)) as files:
        yield files


def text(content: str | bytes, mode: int = 0o600) -> Image:
    data = content if isinstance(content, bytes) else content.encode()
    return Image(Kind.FILE, data, mode, os.geteuid(), os.getegid())


def link(target: str) -> Image:
    return Image(Kind.SYMLINK, target.encode(), 0o777, os.geteuid(), os.getegid())


def to(files: Files, path: str, after: Image) -> Change:
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


# --- reading -----------------------------------------------------------------------------


def test_a_file_is_read_with_its_image(files: Files) -> None:
    found = files.read(A)
    assert (found.data, found.problem, found.target) == (b"old %s\n" % A.encode(), None, A)
    assert found.image == text(f"old {A}\n", 0o640)
    assert found.image == files.image(A)


def test_what_is_absent_has_neither_problem_nor_image(files: Files) -> None:
    for path in ("/etc/netplan/none.yaml", "/no/such/folder/x", f"{A}/x"):
        found = files.read(path)
        assert (found.data, found.problem, found.target, found.image) == (b"", None, None, ABSENT)
        assert files.image(path) == ABSENT
        assert not files.exists(path)
        assert files.readlink(path) is None
        assert files.names(path) == ()


def test_reading_changes_no_time(files: Files, root: Path) -> None:
    before = [(p.lstat().st_mtime_ns, p.lstat().st_ctime_ns) for p in sorted(root.rglob("*"))]
    files.read(A)
    files.image(B)
    files.names("/etc/netplan")
    files.commit([to(files, A, files.image(A))])
    after = [(p.lstat().st_mtime_ns, p.lstat().st_ctime_ns) for p in sorted(root.rglob("*"))]
    assert before == after


@pytest.mark.parametrize(
    ("target", "where"),
    [
        ("b.yaml", B),
        ("/etc/netplan/b.yaml", B),
        ("../../../../../../../etc/netplan/b.yaml", B),
        (".././/netplan/../other/c.conf", C),
    ],
)
def test_links_lead_inside_the_root(files: Files, root: Path, target: str, where: str) -> None:
    (root / "etc/netplan/l.yaml").symlink_to(target)
    found = files.read("/etc/netplan/l.yaml")
    assert found.data == f"old {where}\n".encode()
    assert found.target == where
    assert found.image == files.image(where)
    assert files.image("/etc/netplan/l.yaml") == link(target)
    assert files.readlink("/etc/netplan/l.yaml") == target


def test_a_linked_folder_is_part_of_the_target(files: Files, root: Path) -> None:
    (root / "usr").mkdir()
    (root / "etc/netplan").rename(root / "usr/netplan")
    (root / "lib").symlink_to("usr")
    (root / "etc/netplan").symlink_to("/lib/netplan")
    assert files.read(A).target == "/usr/netplan/a.yaml"
    assert files.names("/etc/netplan") == ("a.yaml", "b.yaml")


def test_no_name_leads_outside(files: Files, root: Path) -> None:
    outside = root.parent / "outside"
    for number, target in enumerate(
        [str(outside), "../../../outside", "../../../../../.." + str(outside), "/proc/self/root"]
    ):
        (root / f"etc/netplan/out{number}").symlink_to(target)
        assert files.names(f"/etc/netplan/out{number}") == ()
        assert files.read(f"/etc/netplan/out{number}/a.yaml").data == b""
    assert files.read("/../outside/a.yaml").data == b""
    assert files.read("/etc/../../outside/a.yaml").data == b""


def test_links_in_a_circle_end(files: Files, root: Path) -> None:
    (root / "x").symlink_to("y")
    (root / "y").symlink_to("/x")
    found = files.read("/x")
    assert found.problem == f"cannot be read: {os.strerror(errno.ELOOP)}"
    assert not files.exists("/x")


def test_forty_links_are_followed_and_one_more_is_not(files: Files, root: Path) -> None:
    (root / "link0").symlink_to("/etc/netplan/a.yaml")
    for number in range(1, 41):
        (root / f"link{number}").symlink_to(f"link{number - 1}")
    assert files.read("/link39").problem is None
    assert files.read("/link40").problem is not None


def test_a_link_to_nothing_says_where_it_leads(files: Files, root: Path) -> None:
    (root / "etc/resolv.conf").symlink_to("../run/systemd/resolve/stub-resolv.conf")
    found = files.read("/etc/resolv.conf")
    assert found.problem == (
        "is a symlink to ../run/systemd/resolve/stub-resolv.conf, which does not exist"
    )
    assert found.image.kind is Kind.SYMLINK
    assert not files.exists("/etc/resolv.conf")


def test_what_is_no_file_is_named_and_does_not_block(files: Files, root: Path) -> None:
    os.mkfifo(root / "etc/netplan/pipe")
    (root / "etc/netplan/folder").mkdir()
    start = time.monotonic()
    assert files.read("/etc/netplan/pipe").problem == "is a named pipe, not a file"
    assert files.read("/etc/netplan/folder").problem == "is a directory"
    assert files.read("/").problem == "is a directory"
    with pytest.raises(Unreadable, match="cannot be read") as caught:
        files.image("/etc/netplan/pipe")
    assert "named pipe" in caught.value.why
    assert caught.value.exit_code == 4
    with pytest.raises(StalePlan, match="not as it was"):
        files.commit([Change("/etc/netplan/pipe", ABSENT, text("x"), "test")])
    assert time.monotonic() - start < 5


def test_a_device_is_not_even_opened(files: Files, root: Path) -> None:
    needs.root()
    os.mknod(root / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    assert files.read("/zero").problem == "is a device, not a file"
    log = root.parent / "opened"
    script = "import sys; from hostnet.host.files import Files; Files(sys.argv[1]).read('/zero')"
    argv = [needs.tool("strace"), "-o", str(log), "-e", "trace=readlinkat,open,openat"]
    subprocess.run([*argv, sys.executable, "-c", script, str(root)], cwd=ROOT, check=True)
    assert '"zero"' in log.read_text(), "it was looked at"
    assert not re.search(r'^open.*"zero"', log.read_text(), re.MULTILINE)


def test_a_large_file_is_not_read(files: Files, root: Path) -> None:
    large = root / "etc/netplan/large.yaml"
    large.write_bytes(b"x" * MAX_BYTES)
    assert files.read("/etc/netplan/large.yaml").problem is None
    large.write_bytes(b"x" * (10 << 20))
    found = files.read("/etc/netplan/large.yaml")
    assert (found.problem, found.data) == (f"has {10 << 20} bytes, more than {MAX_BYTES}", b"")
    os.truncate(large, 1 << 40)
    assert "more than" in str(files.read("/etc/netplan/large.yaml").problem)
    with pytest.raises(Unreadable):
        files.image("/etc/netplan/large.yaml")


def test_a_file_of_the_kernel_is_read_whatever_its_size_says() -> None:
    with Files("/") as files:
        assert files.is_host
        assert files.read("/proc/self/status").data.startswith(b"Name:")
        assert files.read("/proc/self/cwd/").problem == "is a directory"


def test_names_are_sorted_and_may_be_any_bytes(files: Files, root: Path) -> None:
    with open(os.fsencode(root) + b"/etc/netplan/\xff", "wb"):
        pass
    assert files.names("/etc/netplan") == ("a.yaml", "b.yaml", "\udcff")
    assert files.names("/") == ("etc",)


def test_a_program_is_told_from_a_file(files: Files, root: Path) -> None:
    (root / "run").write_text("x")
    (root / "run").chmod(0o755)
    (root / "link").symlink_to("/run")
    assert files.executable("/run")
    assert files.executable("/link")
    assert not files.executable(A)
    assert not files.executable("/etc")


def test_a_root_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unsuitable, match="No such file"):
        Files(str(tmp_path / "none"))
    (tmp_path / "link").symlink_to(tmp_path)
    with Files(str(tmp_path / "link")) as files:
        assert not files.is_host


def test_a_relative_path_is_a_mistake_of_the_caller(files: Files) -> None:
    with pytest.raises(ValueError, match="not an absolute path"):
        files.read("etc/netplan/a.yaml")


# --- writing -----------------------------------------------------------------------------


def test_several_files_become_new_with_mode_and_owner(files: Files, root: Path) -> None:
    new = Image(Kind.FILE, b"new\n", 0o4751, *((12, 34) if os.geteuid() == 0 else files.owner))
    old_mask = os.umask(0o077)
    try:
        files.commit([to(files, A, new), to(files, "/x/y/z.conf", new), to(files, B, ABSENT)])
    finally:
        os.umask(old_mask)
    assert files.image(A) == files.image("/x/y/z.conf") == new
    assert files.image(B) == ABSENT
    assert stat.S_IMODE((root / "x/y").stat().st_mode) == 0o755
    assert temporary(root) == []


@pytest.mark.parametrize("after", [text("a file\n", 0o644), link("../other/c.conf"), ABSENT])
@pytest.mark.parametrize("before", [text("was\n", 0o600), link("/nowhere"), ABSENT])
def test_every_kind_becomes_every_other_and_back(
    files: Files, root: Path, before: Image, after: Image
) -> None:
    path = "/etc/netplan/x"
    start = to(files, path, before)
    files.commit([start])
    there = snapshot(root)
    change = to(files, path, after)
    files.commit([change])
    assert files.image(path) == after
    files.commit([change.inverse])
    assert files.image(path) == before
    assert snapshot(root) == there
    files.commit([start.inverse])
    assert files.image(path) == ABSENT


def test_a_change_replaces_the_link_and_not_what_it_leads_to(files: Files, root: Path) -> None:
    (root / "etc/netplan/l.yaml").symlink_to("a.yaml")
    files.commit([to(files, "/etc/netplan/l.yaml", text("new\n"))])
    assert files.readlink("/etc/netplan/l.yaml") is None
    assert files.read(A).data == f"old {A}\n".encode()


def test_the_owner_of_a_link_is_kept(files: Files) -> None:
    needs.root()
    theirs = Image(Kind.SYMLINK, b"a.yaml", 0o777, NOBODY, NOBODY)
    files.commit([to(files, "/etc/netplan/l", theirs)])
    assert files.image("/etc/netplan/l") == theirs
    assert files.image(A).uid == 0


def test_ten_megabytes_are_written_whole(files: Files, root: Path) -> None:
    data = os.urandom(10 << 20)
    files.commit([to(files, A, text(data))])
    assert (root / A[1:]).read_bytes() == data


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda p: p.write_text("another"), "its content is another"),
        (lambda p: p.chmod(0o600), "its mode was 0640 and is 0600"),
        (lambda p: p.unlink(), "it was file and is absent"),
        (lambda p: (p.unlink(), p.symlink_to("a.yaml")), "it was file and is symlink"),
        (lambda p: (p.unlink(), p.mkdir()), "it is a directory"),
        (lambda p: shutil.rmtree(p.parent), "it was file and is absent"),
    ],
)
def test_a_stale_plan_changes_nothing(
    files: Files, root: Path, spoil: Callable[[Path], object], why: str
) -> None:
    changes = [to(files, A, text("new")), to(files, C, text("new")), to(files, "/new", text("n"))]
    spoil(root / C[1:])
    before = snapshot(root)
    with pytest.raises(StalePlan) as caught:
        files.commit(changes)
    assert caught.value.path == C
    assert caught.value.why == f"{why}; nothing was changed"
    assert caught.value.exit_code == 3
    assert snapshot(root) == before


def test_another_owner_makes_a_plan_stale(files: Files, root: Path) -> None:
    needs.root()
    change = to(files, A, text("new"))
    os.chown(root / A[1:], 1, 2)
    with pytest.raises(StalePlan, match="plan") as caught:
        files.commit([change])
    assert caught.value.why.startswith("its owner was 0:0 and is 1:2")


def test_what_appeared_meanwhile_is_not_overwritten(files: Files, root: Path) -> None:
    change = to(files, "/etc/netplan/new.yaml", text("ours"))
    (root / "etc/netplan/new.yaml").write_text("theirs")
    with pytest.raises(StalePlan):
        files.commit([change])
    assert (root / "etc/netplan/new.yaml").read_text() == "theirs"


def test_one_name_twice_is_a_mistake_of_the_caller(files: Files) -> None:
    with pytest.raises(ValueError, match="twice"):
        files.commit([to(files, A, ABSENT), to(files, A, text("x"))])


def test_one_file_under_two_names_is_found_before_it_is_written_twice(
    files: Files, root: Path
) -> None:
    (root / "alias").symlink_to("etc/netplan")
    before = snapshot(root)
    with pytest.raises(StalePlan):
        files.commit([to(files, A, text("1")), to(files, "/alias/a.yaml", text("2"))])
    assert snapshot(root) == before


def test_folders_that_were_made_go_again(files: Files, root: Path) -> None:
    (root / "etc/file").write_text("x")
    before = snapshot(root)
    with pytest.raises(WriteFailed, match="/etc/file/x"):
        files.commit([to(files, "/p/q/r", text("x")), to(files, "/etc/file/x", text("x"))])
    assert snapshot(root) == before


# --- disks that are full, read-only or obstinate -------------------------------------------


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


# --- crashes, made from outside with strace ------------------------------------------------

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
    # new and old of three files, then each name and its folder, in the order of the plan
    assert kinds == ["fsync"] * 6 + ["rename", "fsync"] * 3
    folders = [Path(where).relative_to(root) for _, where in found[7::2]]
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
    status, _, _ = traced(root, "-e", _SYNC, "-e", "inject=fsync:error=EIO:when=8")
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
    [("fsync", when) for when in range(1, 10)]
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
    stopped = 0
    try:
        for number in range(60):
            before = snapshot(root)
            changes = [to(files, path, text(f"{number}")) for path in (A, B, C)]
            signal.setitimer(signal.ITIMER_REAL, 0.0002 * (number + 1))
            try:
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
    assert stopped > 0


def test_a_folder_replaced_while_files_are_staged_makes_the_plan_stale(root: Path) -> None:
    (root / "etc/netplan").rename(root / "etc/real")
    (root / "etc/netplan").symlink_to("real")
    shutil.copytree(root / "etc/real", root / "etc/copy")
    (root / "etc/swap").symlink_to("copy")
    argv = [needs.tool("strace"), "-o", "/dev/null", "-e", "trace=fsync"]
    argv += ["-e", "inject=fsync:delay_exit=1000000:when=6", sys.executable, "-c", _SCRIPT]
    with subprocess.Popen(
        [*argv, str(root), A, B, C], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
    ) as process:
        end = time.monotonic() + 30
        while len(temporary(root)) < 6 and time.monotonic() < end:
            time.sleep(0.01)
        (root / "etc/swap").rename(root / "etc/netplan")
        assert process.stdout is not None
        output = process.stdout.read().decode()
    assert process.returncode == 3
    assert "its folder has been replaced" in output
    for folder in ("real", "copy"):
        assert (root / "etc" / folder / "a.yaml").read_text() == f"old {A}\n"
    assert temporary(root) == []


# --- races ---------------------------------------------------------------------------------


@contextmanager
def racing(step: Callable[[], None]) -> Iterator[mmap.mmap]:
    """Repeat the step in another process, as fast as it can; the first 8 bytes count."""
    counter = mmap.mmap(-1, 8)
    child = os.fork()
    if child == 0:
        try:
            while True:
                with suppress(OSError):
                    step()
                counter[:] = (int.from_bytes(counter[:], "little") + 1).to_bytes(8, "little")
        finally:
            os._exit(1)
    try:
        yield counter
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def exchange(one: Path, other: Path) -> None:
    """Swap two names in one step, so that the racing child loses no time."""
    libc = ctypes.CDLL(None, use_errno=True)
    here, rename_exchange = -100, 2
    names = (os.fsencode(one), os.fsencode(other))
    if libc.renameat2(here, names[0], here, names[1], rename_exchange) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")


def race(root: Path, files: Files, step: Callable[[], None]) -> None:
    """Read and commit for a while as the step is repeated; nothing outside is touched."""
    outside = root.parent / "outside"
    before = snapshot(outside)
    outcomes: dict[str, int] = {}
    end = time.monotonic() + 4
    with racing(step) as count:
        number = 0
        while time.monotonic() < end:
            number += 1
            for _ in range(40):
                assert b"outside" not in files.read(A).data
            new = text(f"{number}")
            changes = [Change("/etc/netplan/gone/new", ABSENT, new, "test")]
            with suppress(Unreadable):
                changes += [to(files, A, new), to(files, B, new)]
            error = attempt(files, changes)
            if error is None:
                attempt(files, [changes[0].inverse])
            outcome = "done" if error is None else type(error).__name__
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            assert snapshot(outside) == before
    assert int.from_bytes(count[:], "little") > 1000
    assert len(outcomes) > 1, outcomes


@pytest.mark.parametrize("target", ["absolute", "relative"])
def test_a_folder_swapped_thousands_of_times_never_leads_outside(
    root: Path, files: Files, target: str
) -> None:
    swap = root / "etc/swap"
    swap.symlink_to(root.parent / "outside" if target == "absolute" else "../../outside")
    race(root, files, lambda: exchange(swap, root / "etc/netplan"))


def test_a_linked_folder_swapped_thousands_of_times_never_leads_outside(
    root: Path, files: Files
) -> None:
    (root / "etc/netplan").rename(root / "etc/real")
    (root / "etc/netplan").symlink_to("real")
    swap = root / "etc/swap"
    swap.symlink_to("../../outside")
    race(root, files, lambda: exchange(swap, root / "etc/netplan"))


def test_a_file_swapped_for_a_link_is_never_read_or_written_through(
    root: Path, files: Files
) -> None:
    swap = root / "etc/netplan/swap"
    swap.symlink_to("../../../outside/a.yaml")
    race(root, files, lambda: exchange(swap, root / A[1:]))


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
        assert time.monotonic() - start < 1
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
