"""The kernel's settings that container networks depend on. Nobody needs root to read them."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from hostnet.host import fields
from hostnet.host.command import run
from hostnet.kubernetes.kernel import Kernel
from hostnet.kubernetes.signs import may_be_containers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.model import Family

_CONF = "/proc/sys/net/ipv4/conf"
_NAMES = ("rp_filter", "arp_ignore", "arp_announce")
_TIMEOUT = 10.0


def read() -> Kernel:
    """As they are now. Raises CommandError or Unreadable."""
    return Kernel(tuple(_settings()), (*_rules(4), *_rules(6)))


def _settings() -> Iterator[tuple[str, int]]:
    for link in os.listdir(_CONF) if os.path.isdir(_CONF) else ():
        if link == "all" or may_be_containers(link):
            for name in _NAMES:
                # A pod's link may go at any moment.
                with suppress(OSError, ValueError), open(f"{_CONF}/{link}/{name}") as file:
                    yield f"{link}/{name}", int(file.read())


def _rules(family: Family) -> Iterator[tuple[Family, int]]:
    argv = ["ip", f"-{family}", "-json", "-Numeric", "rule", "show"]
    done = run(argv, timeout=_TIMEOUT, accept=None)
    if done.returncode != 0:  # a kernel without IPv6
        return
    for entry in fields.entries("`ip rule`", done.text or "[]"):
        table = entry.text("table") or ""
        if table.isascii() and table.isdigit():
            yield family, int(table)
