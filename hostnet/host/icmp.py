"""ICMP echo, as `ping` asks: RFC 792 for IPv4, RFC 4443 section 4.1 for IPv6."""

from __future__ import annotations

import os
import socket
import struct
import time
from typing import TYPE_CHECKING

from hostnet.host import bound

if TYPE_CHECKING:
    from hostnet.model import IP
    from hostnet.probes import Probe

_HEADER = struct.Struct("!BBHHH")
_REQUEST = {4: 8, 6: 128}
_REPLY = {4: 0, 6: 129}
_PROTOCOL = {4: socket.IPPROTO_ICMP, 6: socket.IPPROTO_ICMPV6}
_LARGEST = 1 << 16
_NONCE = 16
"""Bytes by which an answer is known: a raw socket hears those to all others, too."""


def echo(ip: IP, probe: Probe, until: float) -> None:
    """Ask the address for an echo, once, and wait for it until then (time.monotonic()).

    Raises OSError (TimeoutError: none came; PermissionError: CAP_NET_RAW is missing).
    """
    # Not by `secrets`: it takes 7 ms to import, for a library of cryptography.
    nonce = os.urandom(_NONCE)
    rest = (int.from_bytes(os.urandom(2), "big"), 1)  # identifier, sequence number
    unsigned = _HEADER.pack(_REQUEST[ip.version], 0, 0, *rest) + nonce
    # Of ICMPv6 the kernel makes the checksum itself (RFC 3542 section 3.1).
    request = _HEADER.pack(_REQUEST[ip.version], 0, checksum(unsigned), *rest) + nonce
    with bound.sock(socket.SOCK_RAW, ip, probe, _PROTOCOL[ip.version]) as raw:
        raw.settimeout(max(until - time.monotonic(), 0.001))
        # Connected, it hears this host alone, and of it that there is no way there.
        raw.connect(bound.sockaddr(ip, 0, probe))
        raw.send(request)
        while (left := until - time.monotonic()) > 0:
            raw.settimeout(left)
            if _is_reply(raw.recv(_LARGEST), ip.version, nonce):
                return
    raise TimeoutError("no reply")


def checksum(message: bytes) -> int:
    """The Internet checksum of the message, whose own field is zero (RFC 1071)."""
    data = message + b"\0" * (len(message) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _is_reply(data: bytes, version: int, nonce: bytes) -> bool:
    # With its IP header for IPv4, without for IPv6 (raw(7)).
    message = data[(data[0] & 0x0F) * 4 :] if version == 4 and data else data
    return (
        len(message) >= _HEADER.size
        and message[0] == _REPLY[version]
        and message[_HEADER.size :] == nonce
    )
