"""Who changed a file, as far as signs tell: its text, its package, dpkg, the system's journal."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from hostnet.dns.writers import HOSTNET, RESOLVED, UNKNOWN, writer_of
from hostnet.host.command import CommandError, run
from hostnet.value import replace

if TYPE_CHECKING:
    from hostnet.host.files import Files
    from hostnet.tampering import Tampering

_AROUND = 2.0
"""Seconds before and after the change in which a program is suspected."""
_SECONDS = 5.0
_DPKG_LOG = "/var/log/dpkg.log"
_SUSPECTS = {
    "NetworkManager": "NetworkManager",
    "dhclient": "dhclient",
    "dhcpcd": "dhcpcd",
    "tailscaled": "tailscale",
    "cloud-init": "cloud-init",
    "resolvconf": "resolvconf",
    "connmand": "connman",
    "wg-quick": "wg-quick",
    "ansible": "ansible",
    "openvpn": "openvpn",
    "sudo": "sudo",
}
"""By the name in the journal. Who writes the line of sudo is told with his command."""


def named(entry: Tampering, files: Files, moment: float) -> Tampering:
    """The entry with the moment, and with whoever it seems to have been."""
    writer, sign = _signs(entry, files, moment)
    return replace(entry, when=moment, writer=writer, sign=sign)


def _signs(entry: Tampering, files: Files, moment: float) -> tuple[str, str]:
    is_path = entry.what.startswith("/")
    if is_path:
        writer = writer_of(entry.after.removeprefix("symlink to "), entry.after)
        if writer not in (UNKNOWN, HOSTNET, RESOLVED):
            return writer, "its text says so"
    if (package := _dpkg(files, moment)) is not None:
        return f"dpkg ({package})", f"{_DPKG_LOG} within {_AROUND:g} s"
    if (found := _journal(moment)) is not None:
        return found
    owner = _package(entry.what) if is_path else None
    return (f"package {owner}", "the file is its") if owner else (UNKNOWN, "")


def _dpkg(files: Files, moment: float) -> str | None:
    """What dpkg was at work on; its log has local times in whole seconds."""
    tail = files.read(_DPKG_LOG, limit=1 << 24).data[-20000:].decode(errors="replace")
    for line in reversed(tail.splitlines()):
        words = line.split()
        try:
            when = time.mktime(time.strptime(" ".join(words[:2]), "%Y-%m-%d %H:%M:%S"))
        except ValueError:
            continue
        if when < moment - _AROUND - 1:
            break
        if when <= moment + _AROUND and len(words) > 3 and words[2] != "startup":
            return words[3] if words[2] != "status" else words[4].partition(":")[0]
    return None


def _journal(moment: float) -> tuple[str, str] | None:
    argv = ["journalctl", "-q", "-o", "json", "--output-fields=SYSLOG_IDENTIFIER,_COMM,MESSAGE"]
    argv += [f"--since=@{moment - _AROUND:.0f}", f"--until=@{moment + _AROUND + 1:.0f}"]
    try:
        lines = run(argv, timeout=_SECONDS, accept=None).text.splitlines()
    except CommandError:
        return None
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            continue
        for key in ("SYSLOG_IDENTIFIER", "_COMM"):
            name = str(found.get(key, ""))
            for suspect, writer in _SUSPECTS.items():
                if name.startswith(suspect):
                    message = str(found.get("MESSAGE", ""))[:200]
                    return writer, f"the journal within {_AROUND:g} s: {message}"
    return None


def _package(path: str) -> str | None:
    try:
        done = run(["dpkg-query", "-S", path], timeout=_SECONDS, accept=None)
    except CommandError:
        return None
    return done.text.partition(":")[0] if done.returncode == 0 else None
