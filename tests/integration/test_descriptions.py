"""Where a first boot finds what a machine shall be, and what it does not believe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hostnet.errors import Refused
from hostnet.host.descriptions import LARGEST, PATHS, find
from hostnet.host.files import Files
from tests import needs
from tests.checkout import ROOT

OURS, ON_BOOT = (path.lstrip("/") for path in PATHS[:2])


def put(root: Path, name: str, text: str = "node: x\n") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def found(root: Path) -> tuple[str, str] | None:
    with Files(str(root)) as files:
        description = find(files)
    return (description.path, description.data.decode()) if description else None


def test_the_first_that_is_there_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(tmp_path) is None
    put(tmp_path, "credentials/hostnet.node", "c")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/credentials")
    assert found(tmp_path) == ("the credential hostnet.node", "c")
    put(tmp_path, ON_BOOT, "b")
    assert found(tmp_path) == (f"/{ON_BOOT}", "b")
    put(tmp_path, OURS, "a")
    assert found(tmp_path) == (f"/{OURS}", "a")


@pytest.mark.parametrize("bad", ["symlink", "folder", "fifo", "large", "linked folder"])
def test_only_a_regular_file_of_its_own_is_followed(tmp_path: Path, bad: str) -> None:
    put(tmp_path, ON_BOOT, "not even looked at")
    path = put(tmp_path, OURS)
    if bad == "large":
        path.write_text("#" * (LARGEST + 1))
    elif bad == "linked folder":
        path.parent.rename(tmp_path / "etc/other")
        path.parent.symlink_to("other")
    else:
        path.unlink()
        if bad == "symlink":
            path.symlink_to("../passwd")
            put(tmp_path, "etc/passwd")
        elif bad == "folder":
            path.mkdir()
        else:
            os.mkfifo(path)
    with pytest.raises(Refused, match=f"/{OURS}"):
        found(tmp_path)


VOLUME = """
set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /dev/disk
mkdir /dev/disk/by-label
ln -s "$(losetup --find --show --read-only "$1")" /dev/disk/by-label/HOSTNET
shift
trap 'losetup --detach "$(readlink /dev/disk/by-label/HOSTNET)"' EXIT
"$@"
"""
PROGRAM = """
import sys
from hostnet.host.descriptions import find
from hostnet.host.files import Files
with Files(sys.argv[1]) as files:
    found = find(files)
    print(found and (found.path, found.data.decode()))
    print("hostnet/volume" in open("/proc/self/mounts").read())
"""


def test_a_volume_speaks_only_where_the_image_lets_it(tmp_path: Path) -> None:
    needs.root()
    needs.require(Path("/dev/loop-control").exists(), "there are no loop devices")
    put(tmp_path, "volume/node.yaml", "node: v\n")
    image = tmp_path / "image"
    argv = [needs.tool("mkfs.ext4"), "-q", "-L", "HOSTNET", "-d", str(tmp_path / "volume")]
    subprocess.run([*argv, str(image), "2M"], check=True, capture_output=True)
    (tmp_path / "root").mkdir()
    made = not os.path.isdir("/dev/disk")
    os.makedirs("/dev/disk", exist_ok=True)
    try:
        assert said_of(image, tmp_path / "root") == "None\nFalse\n"
        put(tmp_path, "root/etc/hostnet/volume", "")
        wanted = ("/dev/disk/by-label/HOSTNET/node.yaml", "node: v\n")
        assert said_of(image, tmp_path / "root") == f"{wanted}\nFalse\n"
    finally:
        if made:
            os.rmdir("/dev/disk")


def said_of(image: Path, root: Path) -> str:
    argv = [needs.tool("unshare"), "--mount", "sh", "-c", VOLUME, "sh", str(image)]
    done = subprocess.run(
        [*argv, sys.executable, "-c", PROGRAM, str(root)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
