"""Hosts and interfaces that hostnet does not touch, and why (exit code 4)."""

from __future__ import annotations

from posixpath import basename
from typing import TYPE_CHECKING

from hostnet.errors import Unsuitable, needs_root
from hostnet.networkfile import matches
from hostnet.protection.places import UNMANAGED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.model import Observed, SourceFile
    from hostnet.netplan.netdef import Netdef

_NETPLAN_FILE = "10-netplan-"


def demand_live_change(observed: Observed, command_line: str) -> None:
    """The running host can be changed at all: root, systemd, networkd, netplan.

    Raises Unsuitable.
    """
    system = observed.system
    if not system.live:
        raise Unsuitable(
            "systemd does not run this machine",
            "a live change needs systemd as PID 1, networkd and netplan",
            "Use --root DIR to write the files of an image; --root /. for the tree you are in.",
        )
    demand_netplan(observed)
    if not system.privileged:
        raise needs_root("changing the network needs root", command_line)


def demand_readable(observed: Observed, command_line: str) -> None:
    """An ordinary user can read netplan's files, or is told that he cannot.

    Raises Unsuitable; to root the files are not broken.
    """
    if observed.system.privileged:
        return
    for file in observed.netplan_files:
        if file.problem is not None and "ermission" in file.problem:
            raise Unsuitable(
                f"{file.path} can be read by root only",
                "the plan depends on every file that netplan reads",
                f"Run: sudo {command_line}",
            )


def demand_netplan(observed: Observed) -> None:
    """netplan is installed, command and C core. Raises Unsuitable."""
    netplan = observed.system.netplan
    if netplan is None or netplan.command is None:
        raise Unsuitable(
            "netplan is not installed",
            "hostnet lets netplan judge and apply every configuration",
            "Run: sudo apt-get install netplan.io",
        )


def demand_ours(
    interface: str, netdef: Netdef | None, renderer: str | None, observed: Observed
) -> None:
    """Nobody but netplan with networkd configures the interface. Raises Unsuitable."""
    if (netdef.renderer if netdef else renderer) == "NetworkManager":
        raise Unsuitable(
            f"{interface} is configured by NetworkManager (renderer: NetworkManager)",
            "hostnet speaks with systemd-networkd only",
            f"Give it to networkd (renderer: networkd), or use nmcli for {interface}.",
        )
    for file, line in _ifupdown(interface, observed.interfaces_files):
        raise Unsuitable(
            f"{interface} is configured by ifupdown, in {file}:{line}",
            "two programs would set its addresses",
            f"Remove its stanza there first (ifdown {interface} while you have a console).",
        )
    for path in _foreign_network_files(interface, netdef, observed):
        raise Unsuitable(
            f"{interface} is configured by {path}, which netplan did not write",
            "networkd uses one file for a link, the first by name that matches",
            f"Move {path} away, or let its [Match] leave {interface} out.",
        )


def _ifupdown(interface: str, files: tuple[SourceFile, ...]) -> Iterator[tuple[str, int]]:
    for file in files:
        for number, line in enumerate(file.data.decode(errors="replace").splitlines(), 1):
            words = line.split()
            if len(words) > 1 and words[0] == "iface" and words[1] == interface:
                yield file.path, number


def _foreign_network_files(
    interface: str, netdef: Netdef | None, observed: Observed
) -> Iterator[str]:
    """Files that configure the interface now, or would before netplan's.

    Vendor files in /usr/lib are fallbacks that sort behind netplan's and give way. Our own
    gives way to what netplan defines: then it leaves the name out.
    """
    link = observed.link(interface)
    in_use = link.network_file if link else None
    foreign = in_use and not in_use.startswith("/usr/") and not _is_netplans(in_use)
    if in_use and foreign and in_use != UNMANAGED:
        yield in_use
    ours = basename(netdef.network_file) if netdef else f"{_NETPLAN_FILE}{interface}.network"
    for file in observed.network_files:
        if basename(file.path) < ours and file.path != UNMANAGED and matches(file, interface):
            yield file.path


def _is_netplans(path: str) -> bool:
    return basename(path).startswith(_NETPLAN_FILE)
