"""The description of a host before it is booted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class File:
    """What a path shall hold; `link` makes it a symbolic link instead of a regular file."""

    data: bytes = b""
    mode: int = 0o644
    link: str | None = None


@dataclass(frozen=True)
class Nic:
    """A network card: its name in the host's kernel and the router's bridge it is plugged into.

    The veth is created with this very name inside the host's namespace before the host boots, so
    there is neither nspawn's `host0` nor a race with a rename, on any suite and at every boot.
    """

    name: str = "ens33"
    network: str = "br0"
    mac: str | None = None
    """None: derived from the host's name and the card's, the same at every boot and run."""


@dataclass(frozen=True)
class Machine:
    """A host to be: what its tree holds beyond the image, and its network cards."""

    files: Mapping[str, File] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    nics: tuple[Nic, ...] = (Nic(),)
    disk: bool = False
    """Whether it has a disk that forgets at a power cut what was not synced (`tests.lab.disk`)."""

    synced: bool = False
    """Whether its fsync waits for the machine's disk, as a user's does."""

    containers: bool = False
    """Whether it can run containers: its image has `images.CONTAINERS`, and more is allowed."""

    credentials: Mapping[str, str] = field(default_factory=dict)
    """What the container manager hands to systemd (systemd.exec(5), credentials)."""

    volume: Mapping[str, str] = field(default_factory=dict)
    """The files of a volume that is plugged in (`tests.lab.volume`); none: there is no volume."""

    def having(self, path: str, text: str, mode: int = 0o644) -> Machine:
        """Return the same machine with one more file."""
        return replace(self, files={**self.files, path: File(text.encode(), mode)})

    def linked(self, path: str, target: str) -> Machine:
        """Return the same machine with one more symbolic link."""
        return replace(self, files={**self.files, path: File(link=target)})

    def without(self, *paths: str) -> Machine:
        """Return the same machine with paths of the image taken away."""
        return replace(self, absent=(*self.absent, *paths))

    def plugged(self, *nics: Nic) -> Machine:
        """Return the same machine with other network cards."""
        return replace(self, nics=nics)

    def told(self, credential: str, text: str) -> Machine:
        """Return the same machine with a credential of systemd's."""
        return replace(self, credentials={**self.credentials, credential: text})

    def carrying(self, name: str, text: str) -> Machine:
        """Return the same machine with a volume plugged in that has one more file."""
        return replace(self, volume={**self.volume, name: text})

    def with_disk(self) -> Machine:
        """Return the same machine with power cuts that tell of a missing fsync."""
        return replace(self, disk=True)

    def with_fsync(self) -> Machine:
        """Return the same machine with an fsync that takes as long as the machine's disk does."""
        return replace(self, synced=True)

    def with_containers(self) -> Machine:
        """Return the same machine with Docker, CNI plugins and keepalived, none of them started."""
        return replace(self, containers=True)
