"""How NetworkManager is told to keep resolv.conf (NetworkManager.conf(5), section main)."""

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


def read(files: Iterable[SourceFile]) -> NetworkManager:
    """What the files add up to; of two drop-ins of one name the later folder's counts."""
    dns, rc_manager = "default", "auto"
    chosen = {basename(file.path): file for file in sorted(files, key=_rank)}
    for file in sorted(chosen.values(), key=lambda file: (_rank(file), file.path)):
        for key, setting in assignments(file, "main"):
            if key == "dns":
                dns = setting.value
            elif key == "rc-manager":
                rc_manager = setting.value
    return NetworkManager(dns, rc_manager)


def _rank(file: SourceFile) -> float:
    return 1.5 if file.path == MAIN else float(FOLDERS.index(dirname(file.path)))
