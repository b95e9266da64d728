"""How NetworkManager is told to leave DNS alone (NetworkManager.conf(5), section main)."""

from __future__ import annotations

from posixpath import basename, dirname
from typing import TYPE_CHECKING

from hostnet.dns.facts import NetworkManager
from hostnet.dns.syntax import assignments

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.model import SourceFile

MAIN = "/etc/NetworkManager/NetworkManager.conf"
FOLDERS = (
    "/usr/lib/NetworkManager/conf.d",
    "/run/NetworkManager/conf.d",
    "/etc/NetworkManager/conf.d",
)
"""The later, the higher its priority; the main file stands before that in /etc."""
OURS = f"{FOLDERS[-1]}/99-hostnet-dns.conf"
"""With it none of the other settings counts: no file is written, and resolved is told nothing."""
SERVICE = "NetworkManager.service"
_WANTED = {"dns": ("none",), "systemd-resolved": ("false", "no", "off", "0")}


def read(files: Iterable[SourceFile], links: tuple[str, ...] = ()) -> NetworkManager:
    """What the files add up to; of two drop-ins of one name the later folder's counts.

    ``links`` are those that it manages.
    """
    chosen = {basename(file.path): file for file in sorted(files, key=_rank)}
    later = (f for f in chosen.values() if (_rank(f), f.path) > (len(FOLDERS) - 1, OURS))
    told = {
        key: setting
        for file in sorted(later, key=lambda file: file.path)
        for key, setting in assignments(file, "main")
        if key in _WANTED
    }
    against = (f"{key}={s.value} at {s.origin}" for key, s in told.items()
               if s.value.lower() not in _WANTED[key])  # fmt: skip
    return NetworkManager(links, next(against, ""))


def _rank(file: SourceFile) -> float:
    return 1.5 if file.path == MAIN else float(FOLDERS.index(dirname(file.path)))
