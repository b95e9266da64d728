"""host/files, reading: nothing leads out of the root, and what is no file is named."""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostnet.change import Change
from hostnet.errors import Unsuitable
from hostnet.host.files import Files, StalePlan, Unreadable
from hostnet.model import ABSENT, Kind
from hostnet.netplan.document import MAX_BYTES
from tests import needs

if TYPE_CHECKING:
    pass

from tests.integration.trees import ROOT, A, B, C, link, text, to


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
