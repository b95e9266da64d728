"""systemd's watchdog over a service that waits (sd_notify(3)): silence kills it."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


class Watchdog:
    """Demands a sign of life within so many seconds, as long as the context lasts.

    Outside a service, or one that is not listened to, nothing is demanded.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> Watchdog:
        _notify(f"WATCHDOG_USEC={round(self._seconds * 1_000_000)}\nWATCHDOG=1")
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        _notify("WATCHDOG_USEC=0")

    def alive(self) -> None:
        """Give a sign of life."""
        _notify("WATCHDOG=1")


def _notify(message: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # an abstract one
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
        connection.sendto(message.encode(), address)
