"""Telling everyone on the machine: neither a failed rollback nor a recovery is silent."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from hostnet.host.command import CommandError, run
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.errors import Stranded


class Kind(Value):
    """A kind of message: `journalctl MESSAGE_ID=...` finds all of it; ``priority`` as syslog's."""

    message_id: str
    priority: int


STRANDED = Kind("6c6f1d2b0a7f4a0d9a3e5d1f6b8c7e42", 1)
"""A rollback or a recovery that failed: an alert."""
RECOVERED = Kind("d0a5b8c44f0e4a63b7f1c9e2367a15d8", 5)
"""A change that a crash cut short was settled: a notice."""
ARMED = Kind("3f0c1f6f2f0b4f3e8a52c7d4f5a9be10", 4)
"""A change waits for its confirmation, and is undone without it: a warning."""
REVERTED = Kind("b6a1c5f0d7d84c0c9d3e40f1a2b86c9d", 4)
"""A change that waited was not confirmed; the old state is back: a warning."""
CONFIRMED = Kind("8e2d7a4c91b34f7fa5c60d3be9f4172a", 5)
"""A change that waited was confirmed and is kept: a notice."""
FOUGHT_OVER = Kind("4b7f0c9e5d2a4e7b8c31f6a0d9e85b21", 3)
"""Somebody undoes the pin of DNS again and again, and it is kept no longer: an error."""
_JOURNAL = "/run/systemd/journal/socket"
_WALL_TIMEOUT = 5.0


def announce(message: str, kind: Kind) -> None:
    """Write the message to every terminal and to the system's journal."""
    with suppress(OSError):
        _to_journal(message, kind)
    with suppress(CommandError):
        run(["wall", message], timeout=_WALL_TIMEOUT)


def announce_stranded(error: Stranded) -> None:
    """Tell everyone that the host is in neither state, and what puts it right by hand."""
    announce(f"hostnet: {error.what}: {error.why}\n{error.remedy}", STRANDED)


def _to_journal(message: str, kind: Kind) -> None:
    """The journal's native protocol (systemd.io, "Native Journal Protocol")."""
    data = message.encode()
    fields = [
        b"MESSAGE\n" + len(data).to_bytes(8, "little") + data,
        b"MESSAGE_ID=" + kind.message_id.encode(),
        b"PRIORITY=%d" % kind.priority,
        b"SYSLOG_IDENTIFIER=hostnet",
    ]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
        connection.sendto(b"\n".join(fields) + b"\n", _JOURNAL)
