"""host/files, writing: several files changed as one, with kind, bytes, mode and owner."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostnet.host.files import Files, StalePlan, WriteFailed
from hostnet.model import ABSENT, Image, Kind
from tests import needs

if TYPE_CHECKING:
    from collections.abc import Callable

from tests.integration.trees import NOBODY, A, B, C, link, snapshot, temporary, text, to


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
