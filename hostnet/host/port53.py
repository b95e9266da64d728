"""Who listens on port 53: the kernel's own tables (proc_net(5), tcp, udp).

They name the user of a socket, and its process to nobody but root, at the cost of a look
at every descriptor of every process; daemons have users of their own.
"""

from __future__ import annotations

import pwd
import sys
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from hostnet.dns.facts import Listener

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.model import IP

_PORT = "0035"
_STATES = {"udp": "07", "udp6": "07", "tcp": "0A", "tcp6": "0A"}
"""Bound and not connected; listening (net/tcp_states.h)."""


def listeners() -> tuple[Listener, ...]:
    """Everyone in this network namespace, each address and user once."""
    return tuple(dict.fromkeys(each for table in _STATES for each in _of(table)))


def _of(table: str) -> Iterator[Listener]:
    try:
        with open(f"/proc/net/{table}", encoding="ascii") as file:
            lines = file.readlines()[1:]
    except OSError:
        return
    for line in lines:
        words = line.split()
        address, _, port = words[1].partition(":")
        if port == _PORT and words[3] == _STATES[table]:
            yield Listener(_ip(address), _user(int(words[7])))


def _ip(text: str) -> IP:
    """The kernel prints words of 32 bits as the processor keeps them."""
    words = [text[at : at + 8] for at in range(0, len(text), 8)]
    data = b"".join(int(word, 16).to_bytes(4, sys.byteorder) for word in words)
    return IPv4Address(data) if len(data) == 4 else IPv6Address(data)


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""
