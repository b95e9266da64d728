"""What this machine tells of itself: the name, the cards, the numbers it is known by."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from hostnet.node.model import Machine

_NET = "/sys/class/net"
_SERIALS = ("/sys/class/dmi/id/product_serial", "/sys/firmware/devicetree/base/serial-number")
"""Of a PC or a virtual one (root alone may read it), and of a board (devicetree)."""
_NOBODYS = "00:00:00:00:00:00"


def machine() -> Machine:
    """This machine; what cannot be read is empty."""
    return Machine(
        socket.gethostname(),
        tuple(sorted(_macs())),
        _first("/etc/machine-id"),
        next((serial for path in _SERIALS if (serial := _first(path))), ""),
    )


def _macs() -> set[str]:
    """Of every card that has one; a bond's own is that of one of them."""
    found = set()
    with suppress(OSError):
        for name in os.listdir(_NET):
            mac = _first(f"{_NET}/{name}/address").lower()
            if mac and mac != _NOBODYS:
                found.add(mac)
    return found


def _first(path: str) -> str:
    """The first line of a small file of the kernel's or systemd's; empty where it cannot be had."""
    try:
        with open(path, "rb") as file:
            text = file.read(4096).decode(errors="replace")
    except OSError:
        return ""
    return text.replace("\0", "\n").partition("\n")[0].strip()
