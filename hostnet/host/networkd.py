"""The process of networkd: since when it runs, having it read its files, and asking it."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

from hostnet.host import cgroup
from hostnet.host.command import run
from hostnet.host.earlyboot import NETWORKD
from hostnet.host.fields import Unreadable

if TYPE_CHECKING:
    from hostnet.dns.facts import Sourced
    from hostnet.model import IP

_LEASES = "/run/systemd/netif/leases"
_SOCKET = "/run/systemd/netif/io.systemd.Network"
_SOURCES: dict[str, Sourced] = {
    "static": "static",
    "DHCPv4": "dhcp",
    "DHCPv6": "dhcp",
    "NDisc": "ra",
    "runtime": "runtime",
}
"""networkd's words (systemd, src/network/networkd-util.c, network_config_source_table)."""
_PATIENCE = 1.0
"""Seconds for an answer that takes 2 ms: who looks at a status waits no longer."""
_SECONDS = 10.0
"""For what returns in milliseconds."""
_TICK = 1 / os.sysconf("SC_CLK_TCK")


def restart_networkd(timeout: float) -> None:
    """Restart it, however often it has been lately. Returns once it has listed the links.

    Raises CommandError if it does not start.
    """
    forgive_networkd()
    run(["systemctl", "restart", NETWORKD], timeout=timeout)


def networkd_runs() -> bool:
    """Whether it is up, and not only being started again and again."""
    asked = ["systemctl", "is-active", "--quiet", NETWORKD]
    return run(asked, timeout=_SECONDS, accept=None).returncode == 0


def forgive_networkd() -> None:
    """Let it start however often it has failed to.

    Else the sixth start in ten seconds is refused (systemd.unit(5), StartLimitBurst=).
    Raises CommandError if there is no systemctl.
    """
    units = (NETWORKD, NETWORKD.replace(".service", ".socket"))
    run(["systemctl", "reset-failed", *units], timeout=_SECONDS, accept=None)


def started_after(moment: float | None) -> bool | None:
    """Whether it started after the moment (seconds since 1970); None if either is not known.

    Reckoned by the clock as it is now: one that was set in between misleads.
    """
    if moment is None or (ticks := _ticks()) is None:
        return None
    boot = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    # The kernel tells the tick in which it started, so it may be one tick later.
    return boot + (ticks + 1) * _TICK > moment


def leased(index: int) -> IP | None:
    """The IPv4 address that it has leased for the link, by its own word.

    None if it has none, or does not write it there: that of systemd 262 does not.
    """
    try:
        with open(f"{_LEASES}/{index}", encoding="utf-8", errors="replace") as lease:
            told = dict(line.rstrip("\n").partition("=")[::2] for line in lease)
        return ip_address(told["ADDRESS"])
    except (OSError, KeyError, ValueError):
        return None


def server_sources(index: int) -> dict[IP, Sourced]:
    """Who named each nameserver of the link, as networkd itself tells.

    Nothing where it does not run or does not say: that of systemd 257 cannot be asked so, and
    writes its leases into /run/systemd/netif/leases instead.
    """
    if not any(map(os.path.exists, cgroup.lists(NETWORKD))):
        return {}  # else the question would start it
    from hostnet.host import varlink  # which others need not pay for

    try:
        asked = {"InterfaceIndex": index}
        answer = varlink.ask(_SOCKET, "io.systemd.Network.Link.Describe", asked, _PATIENCE)
        servers = answer.entry("Interface").entries("DNS")
        found = ((each.ip("AddressString"), each.text("ConfigSource") or "") for each in servers)
        return {ip: _SOURCES[word] for ip, word in found if ip is not None and word in _SOURCES}
    except (OSError, Unreadable):
        return {}


def _ticks() -> int | None:
    """When its first process started, in ticks since boot (proc_pid_stat(5), field 22)."""
    for path in cgroup.lists(NETWORKD):
        with suppress(OSError, ValueError, IndexError):
            with open(path, encoding="ascii") as processes:
                pid = int(processes.readline())
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
                # The name, field 2, is in parentheses and may hold anything.
                return int(stat.read().rpartition(")")[2].split()[19])
    return None
