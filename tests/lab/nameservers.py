"""Nameservers of one zone: `nameservers.py LOG HUSH ADDRESS,PORT=A,AAAA …`.

Every name in `lab.example` has the addresses that its server was given, so that an answer tells
who gave it; the root's own servers are known, and nothing else is. Over UDP and TCP. Each
question becomes a line `ADDRESS NAME TYPE` of the file LOG. A server whose address is a line of
the file HUSH hears and is silent: neither an answer nor a refusal comes back.
"""

from __future__ import annotations

import ctypes
import os
import selectors
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TextIO

ZONE = "lab.example"
TTL = 60
_HEADER = struct.Struct("!6H")
_TYPES = {b"\0\1": "A", b"\0\x1c": "AAAA", b"\0\2": "NS"}
_NXDOMAIN = 3
_EDNS = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
LOOK = 0.02
"""Seconds between two looks at HUSH."""
_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27  # asm-generic/socket.h
_DROP = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))  # socket(7), BPF: ret 0
_DROP_ALL = struct.pack("HL", 1, ctypes.addressof(_DROP))


@dataclass(frozen=True)
class Server:
    """One of them; `answers` by type."""

    address: str
    udp: socket.socket
    tcp: socket.socket
    answers: dict[str, bytes]


def main(log: str, hush: str, *servers: str) -> None:
    """Serve until killed."""
    selector = selectors.DefaultSelector()
    serving = [_open(*each.split("=")) for each in servers]
    for each in serving:
        selector.register(each.udp, selectors.EVENT_READ, each)
        selector.register(each.tcp, selectors.EVENT_READ, each)
    silent: set[str] = set()
    looked: tuple[int, int] | None = None
    with open(log, "a", buffering=1, encoding="ascii") as told:
        told.write("listening\n")
        while True:
            ready = selector.select(LOOK)
            found = os.stat(hush)
            if (now := (found.st_ino, found.st_mtime_ns)) != looked:
                looked, silent = now, _hush(hush, serving, silent)
            for key, _ in ready:
                server: Server = key.data
                if key.fileobj is server.udp:
                    data, client = server.udp.recvfrom(4096)
                    reply = _reply(data, server, told)
                    if reply and server.address not in silent:
                        server.udp.sendto(reply, client)
                else:
                    _converse(server, told)


def _open(where: str, answers: str) -> Server:
    address, port = where.split(",")
    family = socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6
    udp = socket.socket(family, socket.SOCK_DGRAM)
    udp.bind((address, int(port)))
    tcp = socket.create_server((address, int(port)), family=family)
    four, six = answers.split(",")
    answered = {"A": ip_address(four).packed, "AAAA": ip_address(six).packed}
    return Server(address, udp, tcp, answered)


def _hush(path: str, serving: list[Server], before: set[str]) -> set[str]:
    """Take who is silent from the file; his TCP drops what comes, as if nobody were there."""
    with open(path, encoding="ascii") as file:
        silent = set(file.read().split())
    for server in serving:
        if server.address in silent - before:
            server.tcp.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, _DROP_ALL)
        elif server.address in before - silent:
            server.tcp.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
    return silent


def _converse(server: Server, told: TextIO) -> None:
    """Answer one question over TCP (RFC 1035 section 4.2.2)."""
    with suppress(OSError), server.tcp.accept()[0] as client:
        client.settimeout(1)
        data = client.recv(4096)
        if reply := _reply(data[2:], server, told):
            client.sendall(struct.pack("!H", len(reply)) + reply)


def _reply(data: bytes, server: Server, told: TextIO) -> bytes:
    """Answer a question (RFC 1035 section 4); nothing to what is none.

    By hand, since a library took most of a processor where three hosts ask at the same time.
    """
    if len(data) < _HEADER.size + 5 or data[2] & 0x80:
        return b""
    number, flags, _, _, _, more = _HEADER.unpack_from(data)
    end = data.index(b"\0", _HEADER.size) + 5
    labels, type_ = data[_HEADER.size : end - 5], _TYPES.get(data[end - 4 : end - 2], "other")
    name = _name(labels)
    told.write(f"{server.address} {name or '.'} {type_}\n")
    records = b""
    rcode = 0
    if name == ZONE or name.endswith(f".{ZONE}"):
        if type_ in server.answers:
            address = server.answers[type_]
            records = _record(b"\xc0\x0c", data[end - 4 : end - 2], TTL, address)
    elif (name, type_) == ("", "NS"):
        records = _record(b"\0", data[end - 4 : end - 2], TTL, b"\1a\xc0\x0c")
    else:
        rcode = _NXDOMAIN
    # Recursion is to be had; of EDNS what a question with it must be answered (RFC 6891).
    answer = 0x8480 | flags & 0x0100 | rcode
    header = _HEADER.pack(number, answer, 1, bool(records), 0, bool(more))
    return header + data[_HEADER.size : end] + records + (_EDNS if more else b"")


def _name(labels: bytes) -> str:
    parts = []
    while labels:
        parts.append(labels[1 : 1 + labels[0]].decode("ascii", "replace").lower())
        labels = labels[1 + labels[0] :]
    return ".".join(parts)


def _record(name: bytes, type_: bytes, ttl: int, data: bytes) -> bytes:
    return name + type_ + struct.pack("!HIH", 1, ttl, len(data)) + data


if __name__ == "__main__":
    main(*sys.argv[1:])
