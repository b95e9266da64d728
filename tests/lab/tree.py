"""A host's root file system: an overlay over the image, kept for as long as the host lives.

flock and rename work as on any disk: both layers lie on one real file system. What tests say of
fsync they say of hosts with a disk (`tests.lab.disk`). All others have none, unless they ask: each
would wait for whatever else the machine writes, and for all of it when its overlay goes.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import ExitStack
from pathlib import Path

from tests.lab.commands import execute
from tests.lab.disk import Disk
from tests.lab.machine import File, Machine


class Tree:
    """The mounted overlay; what is written stays over reboots and power cuts.

    With a disk, /etc and /var/lib lie on that, and what was not synced does not stay.
    """

    def __init__(
        self, folder: Path, image: Path, *, disk: bool = False, synced: bool = False
    ) -> None:
        self.root = folder / "root"
        for part in ("root", "upper", "work"):
            (folder / part).mkdir()
        # redirect_dir: renaming a folder of the image would otherwise end in EXDEV
        layers = f"lowerdir={image},upperdir={folder / 'upper'},workdir={folder / 'work'}"
        options = f"{layers},redirect_dir=on" + ("" if synced else ",volatile")
        with ExitStack() as undo:
            execute(["mount", "-t", "overlay", "-o", options, "overlay", str(self.root)])
            undo.callback(execute, ["umount", str(self.root)])
            self.disk = Disk(folder, self.root) if disk else None
            if self.disk is not None:
                undo.callback(self.disk.unmount)
            self._mounts = undo.pop_all()

    def furnish(self, machine: Machine, name: str) -> None:
        """Put in what makes an image this host, while it is not running.

        Without a machine-id of its own a host would think it boots for the first time and enable
        all units again; with one of the image, all would have the same DHCP client identity.
        """
        identity = hashlib.md5(f"hostnet lab {name}".encode()).hexdigest()
        files = {
            "/etc/hostname": File(f"{name}\n".encode()),
            "/etc/machine-id": File(f"{identity}\n".encode(), 0o444),
            "/etc/hosts": File(f"127.0.0.1 localhost\n127.0.1.1 {name}\n".encode()),
            **machine.files,
        }
        for path in machine.absent:
            where = self._inside(path)
            if where.is_dir() and not where.is_symlink():
                shutil.rmtree(where)
            else:
                where.unlink(missing_ok=True)
        for path, file in files.items():
            where = self._inside(path)
            where.parent.mkdir(parents=True, exist_ok=True)
            if where.is_symlink() or file.link is not None:
                where.unlink(missing_ok=True)
            if file.link is not None:
                os.symlink(file.link, where)
            else:
                where.write_bytes(file.data)
                where.chmod(file.mode)
        if self.disk is not None:
            self.disk.sync()

    def unmount(self) -> None:
        """Take the overlay away; its layers go with the host's folder."""
        self._mounts.close()

    def _inside(self, path: str) -> Path:
        """Return the path below the root; an absolute link on the way would lead outside."""
        where = self.root / path.lstrip("/")
        for parent in where.parents:
            if parent == self.root:
                return where
            if parent.is_symlink() and os.readlink(parent).startswith("/"):
                raise ValueError(f"{path} leads through the absolute link {parent}")
        raise ValueError(f"{path} is not below the root")
