"""Where a machine finds what it shall be when it boots for the first time, in their order.

None of them is the kernel's own ``ip=``: that is for a root on the network, and says nothing
that could be checked.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hostnet.errors import Refused
from hostnet.findings import NODE_UNTRUSTED, Finding
from hostnet.host.command import CommandError, run
from hostnet.host.files import Files
from hostnet.host.trusted import weakness
from hostnet.host.udev import settle
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

PATHS = (
    "/etc/hostnet/node.yaml",
    "/boot/hostnet/node.yaml",
    "/boot/efi/hostnet/node.yaml",
    "/boot/firmware/hostnet/node.yaml",
    "/efi/hostnet/node.yaml",
)
"""The image's own, then where a partition can be that a hypervisor or a card reader writes."""
CREDENTIAL = "hostnet.node"
"""systemd.exec(5), LoadCredential=: given by a container manager, SMBIOS, or the kernel's
command line (systemd.set_credential=); the service has it in a folder of its own."""
OPT_IN = "/etc/hostnet/volume"
"""Whose presence lets a volume speak: else anyone who plugs one in would configure the host."""
VOLUME = "/dev/disk/by-label/HOSTNET"
ON_VOLUME = "/node.yaml"
LARGEST = 64 << 10
"""Bytes of a description at boot."""
_MOUNTED = "/run/hostnet/volume"
_OPTIONS = "ro,nosuid,nodev,noexec"
_SECONDS = 10.0
"""For udev to name the volume, and for each of mount and umount."""


class Description(Value):
    """A description's text and where it was."""

    path: str
    data: bytes


def find(files: Files) -> Description | None:
    """The first description there is; None without one.

    Raises Refused for one that is no regular file, is too large, or that others than root can
    change.
    """
    for path in PATHS:
        found = _read(files, path, path)
        if found is not None:
            _demand_trusted(path)
            return found
    if folder := os.environ.get("CREDENTIALS_DIRECTORY"):
        path = f"{folder}/{CREDENTIAL}"
        if (found := _read(files, path, f"the credential {CREDENTIAL}")) is not None:
            return found
    if files.exists(OPT_IN) and _is_plugged():
        with _volume() as volume:
            return _read(volume, ON_VOLUME, f"{VOLUME}{ON_VOLUME}")
    return None


def _read(files: Files, path: str, called: str) -> Description | None:
    source = files.read(path, limit=LARGEST)
    if source.problem is None and source.target is None:
        return None
    problem = source.problem or (None if source.target == path else "lies behind a symlink")
    if problem is not None:
        raise Refused(f"{called} {problem}", ())
    return Description(called, source.data)


def _demand_trusted(path: str) -> None:
    weak = weakness([path])
    if weak is not None:
        found = Finding(NODE_UNTRUSTED, f"others than root can change {weak.part}")
        raise Refused(f"{path} is not believed", (found,))


def _is_plugged() -> bool:
    """Whether there is a volume; this early udev has often not looked at it yet."""
    if not os.path.exists(VOLUME):
        settle(_SECONDS, unless=VOLUME)
    return os.path.exists(VOLUME)


@contextmanager
def _volume() -> Iterator[Files]:
    """The volume, mounted where only root looks for as long as it is read."""
    os.makedirs(_MOUNTED, mode=0o700, exist_ok=True)
    try:
        run(["mount", "-o", _OPTIONS, VOLUME, _MOUNTED], timeout=_SECONDS)
    except CommandError as error:
        raise Refused(f"{VOLUME} cannot be mounted: {error.why or error.what}", ()) from None
    try:
        with Files(_MOUNTED) as volume:
            yield volume
    finally:
        run(["umount", _MOUNTED], timeout=_SECONDS, accept=None)
