"""A volume with a label that is plugged into a host before it boots, as a stick or a second disk.

The host gets the block device and nothing else: that the volume has a name in /dev/disk is the
work of the udev inside.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.lab.commands import execute

LABEL = "HOSTNET"
_COLDPLUG = "/etc/systemd/system/systemd-udev-trigger.service.d/20-volume.conf"
"""Hosts trigger events for their cards only (`tests.lab.images`); this one is theirs, too."""


class Volume:
    """A loop device over a file below a folder, until it is closed or this process ends."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        content, image = folder / "volume", folder / "volume.img"
        shutil.rmtree(content, ignore_errors=True)
        content.mkdir()
        for name, text in files.items():
            (content / name).write_text(text)
        image.unlink(missing_ok=True)
        execute(["mkfs.ext4", "-q", "-L", LABEL, "-d", str(content), str(image), "2M"])
        argv = ["losetup", "--find", "--show", "--read-only", str(image)]
        self._device = execute(argv).stdout.strip()
        self._open = os.open(self._device, os.O_RDONLY | os.O_CLOEXEC)
        # Now that it is open it goes with whoever closes it last (losetup(8), --detach).
        execute(["losetup", "--detach", self._device])

        self._coldplug = folder / "volume.conf"
        trigger = f"udevadm trigger --action=add --name-match={self._device}"
        self._coldplug.write_text(f"[Service]\nExecStart=-{trigger}\n")

    @property
    def options(self) -> list[str]:
        """What plugs it into a host, for systemd-nspawn."""
        return [f"--bind={self._device}", f"--bind-ro={self._coldplug}:{_COLDPLUG}"]

    def close(self) -> None:
        """Take it out."""
        os.close(self._open)
