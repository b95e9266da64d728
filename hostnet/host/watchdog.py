"""systemd's watchdog over a service that waits (sd_notify(3)): silence kills it."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def watchdog(seconds: float) -> Iterator[Callable[[], None]]:
    """Demand a sign of life within so many seconds, as long as the context lasts.

    What it yields gives one. Outside a service, or one that is not listened to, nothing is
    demanded.
    """
    _notify(f"WATCHDOG_USEC={round(seconds * 1_000_000)}\nWATCHDOG=1")
    try:
        yield lambda: _notify("WATCHDOG=1")
    finally:
        _notify("WATCHDOG_USEC=0")


def _notify(message: str) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):  # an abstract one
        address = "\0" + address[1:]
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
        connection.sendto(message.encode(), address)
