"""Telling everyone on the machine: a rollback that failed is never silent."""

from __future__ import annotations

import socket
from contextlib import suppress

from hostnet.host.command import CommandError, run

STRANDED = "6c6f1d2b0a7f4a0d9a3e5d1f6b8c7e42"
"""MESSAGE_ID: `journalctl MESSAGE_ID=...` finds every rollback that failed."""
_JOURNAL = "/run/systemd/journal/socket"
_WALL_TIMEOUT = 5.0


def announce(message: str) -> None:
    """Write the message to every terminal and to the system's journal, as an alert."""
    with suppress(OSError):
        _to_journal(message)
    with suppress(CommandError):
        run(["wall", message], timeout=_WALL_TIMEOUT)


def _to_journal(message: str) -> None:
    """The journal's native protocol (systemd.io, "Native Journal Protocol")."""
    data = message.encode()
    fields = [
        b"MESSAGE\n" + len(data).to_bytes(8, "little") + data,
        b"MESSAGE_ID=" + STRANDED.encode(),
        b"PRIORITY=1",
        b"SYSLOG_IDENTIFIER=hostnet",
    ]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
        connection.sendto(b"\n".join(fields) + b"\n", _JOURNAL)
