"""A program that takes things away from the kernel by an rtnetlink socket of its own.

It does what networkd does to others' objects, without being it: dumps them, and sends each
back as a deletion. Its port is not its process id, as networkd's is not.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Collection, Iterator

from hostnet.ledger.objects import Key, Ledger
from hostnet.ledger.rtnetlink import read

_HEADER = struct.Struct("=IHHII")
_DUMP = 0x301  # NLM_F_REQUEST | NLM_F_DUMP
_DELETE = 0x5  # NLM_F_REQUEST | NLM_F_ACK
_ERROR, _DONE = 2, 3
_RULE, _ROUTE, _NEXTHOP, _NEIGHBOUR, _ADDRESS = 32, 24, 104, 28, 20
_KINDS = (
    *((_RULE, 2, 12), (_RULE, 10, 12), (_ROUTE, 2, 12), (_ROUTE, 10, 12), (_NEXTHOP, 0, 8)),
    *((_NEIGHBOUR, 0, 12), (_NEIGHBOUR, 7, 12), (_ADDRESS, 0, 8)),
)
"""RTM_NEW*, family, size of the header; what hangs on others goes first."""
_NEXTHOP_ID, _WAYS = 30, {4, 5, 9, 18}  # RTA_NH_ID; RTA_OIF, GATEWAY, MULTIPATH, VIA


class Taker:
    """Takes objects away, by their keys."""

    def __init__(self, ledger: Ledger) -> None:
        self._names = {link.index: link.name for link in ledger.links}
        first = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        first.bind((0, 0))  # has the process id as its port
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        self._socket.bind((0, 0))
        self.port: int = self._socket.getsockname()[0]
        first.close()

    def take(self, keys: Collection[Key]) -> set[Key]:
        """Take away what is there of these; return what was, and went by this."""
        taken = set()
        for kind, family, size in _KINDS:
            for message in list(self._dump(kind, family, size)):
                event = next(read(message, 0.0, self._names), None)
                if event and event.key in keys and self._delete(kind, message[16:], size):
                    taken.add(event.key)
        return taken

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def _dump(self, kind: int, family: int, size: int) -> Iterator[bytes]:
        body = bytes([family]) + bytes(size - 1)
        self._socket.send(_HEADER.pack(16 + size, kind + 2, _DUMP, 1, 0) + body)
        while True:
            data = self._socket.recv(1 << 18)
            while data:
                length, type_ = struct.unpack_from("=IH", data)
                if type_ in (_DONE, _ERROR):
                    return
                yield data[:length]
                data = data[(length + 3) & ~3 :]

    def _delete(self, kind: int, body: bytes, size: int) -> bool:
        attributes = dict(_attributes(body[size:]))
        if kind == _NEXTHOP:
            attributes = {1: attributes[1]}
        if kind == _ROUTE and _NEXTHOP_ID in attributes:  # either this, or the ways it has
            attributes = {n: each for n, each in attributes.items() if n not in _WAYS}
        packed = body[:size] + b"".join(attributes.values())
        self._socket.send(_HEADER.pack(16 + len(packed), kind + 1, _DELETE, 2, 0) + packed)
        answer = self._socket.recv(1 << 16)
        return bool(struct.unpack_from("=i", answer, 16)[0] == 0)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:
        length, number = struct.unpack_from("=HH", data)
        padded = (length + 3) & ~3
        yield number & 0x3FFF, data[:padded].ljust(padded, b"\0")
        data = data[padded:]
