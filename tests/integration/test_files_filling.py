"""host/files, rendered files: each whole or not at all, in a folder that no machine lives by."""

from __future__ import annotations

import os
import resource
import signal
import stat
from typing import TYPE_CHECKING

import pytest

from hostnet.host.files import Files, Unreadable
from hostnet.host.filling import NotWritten
from tests.integration.test_files_full_disks import tmpfs
from tests.integration.test_interrupts import alone
from tests.integration.trees import temporary

if TYPE_CHECKING:
    from pathlib import Path

SOME = (
    ("/one.yaml", "one\n", 0o600),
    ("/n1/etc/a.conf", "a\n", 0o644),
    ("/n1/etc/b", "b\n", 0o644),
)


def filled(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        f"/{each.relative_to(folder)}": (each.read_text(), stat.S_IMODE(each.lstat().st_mode))
        for each in folder.rglob("*")
        if each.is_file()
    }


WANTED = {path: (text, mode) for path, text, mode in SOME}


def test_what_is_not_so_is_written_and_the_rest_is_left_alone(tmp_path: Path) -> None:
    old_mask = os.umask(0o077)
    try:
        with Files(str(tmp_path)) as files:
            files.fill(SOME)
    finally:
        os.umask(old_mask)
    assert filled(tmp_path) == WANTED
    assert stat.S_IMODE((tmp_path / "n1/etc").stat().st_mode) == 0o755
    (tmp_path / "one.yaml").chmod(0o644)
    (tmp_path / "n1/etc/b").write_text("another\n")
    kept = (tmp_path / "n1/etc/a.conf").stat()
    with Files(str(tmp_path)) as files:
        files.fill(SOME)
    assert filled(tmp_path) == WANTED
    assert (tmp_path / "n1/etc/a.conf").stat() == kept
    assert temporary(tmp_path) == []


def test_a_symlink_leads_nowhere_else(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "theirs").write_text("theirs\n")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "one.yaml").symlink_to(outside / "theirs")
    (folder / "n1").symlink_to(outside)
    with Files(str(folder)) as files, pytest.raises(NotWritten) as caught:
        files.fill(SOME)
    assert caught.value.what.startswith("/n1/etc cannot be written: ")
    assert (folder / "one.yaml").read_text() == "one\n"
    assert [each.name for each in outside.iterdir()] == ["theirs"]
    assert (outside / "theirs").read_text() == "theirs\n"


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").mkdir()
    with Files(str(tmp_path)) as files, pytest.raises(Unreadable):
        files.fill(SOME)


def test_on_a_full_disk_each_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    with tmpfs(folder, "size=64k"):
        (folder / "big").write_text("old\n")
        with Files(str(folder)) as files, pytest.raises(NotWritten) as caught:
            files.fill((("/small", "small\n", 0o600), ("/big", "x" * (1 << 20), 0o600)))
        assert caught.value.what == "/big cannot be written: No space left on device"
        assert {each.name: each.read_text() for each in folder.iterdir()} == {
            "big": "old\n",
            "small": "small\n",
        }


def _interrupted(folder: str) -> None:
    # The kernel sends the signal in the middle of the file.
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))
    signal.signal(signal.SIGXFSZ, signal.default_int_handler)
    with Files(folder) as files, pytest.raises(KeyboardInterrupt):
        files.fill((("/small", "small\n", 0o600), ("/big", "larger than that\n", 0o600)))


def test_an_interrupt_leaves_no_half_file_behind(tmp_path: Path) -> None:
    alone(_interrupted, str(tmp_path))
    assert filled(tmp_path) == {"/small": ("small\n", 0o600)}
