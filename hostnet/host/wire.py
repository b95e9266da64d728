"""A socket on one link, below IP: what ARP and neighbour discovery speak through."""

from __future__ import annotations

import socket
import struct
from array import array
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    Instruction = tuple[int, int, int, int]

_Self = TypeVar("_Self", bound="Wire")
_ETHERNET = 1  # ARPHRD_ETHER, linux/if_arp.h
_SO_ATTACH_FILTER = 26


class Wire:
    """A socket of the packet family (packet(7)), for one protocol; a context manager.

    It needs CAP_NET_RAW, and passes by routes and firewalls. Every method raises OSError:
    the link is gone or down, or the capability is missing.
    """

    def __init__(self, link: str, protocol: int, passing: Sequence[Instruction] = ()) -> None:
        """``passing`` is a program (struct sock_filter) that the kernel asks of each packet."""
        # With a protocol from the start it would hear every link until it is bound.
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, 0)
        try:
            if passing:
                self._attach(passing)
            self._socket.bind((link, protocol))
        except OSError:
            self.close()
            raise
        self._link, *_, hardware, mac = self._socket.getsockname()
        self._protocol = protocol
        self._mac: bytes = mac
        self.speaks = hardware == _ETHERNET
        """Whether the link is one where addresses are resolved; a tunnel's are not."""

    @property
    def mac(self) -> str:
        """The link's own MAC."""
        return self._mac.hex(":")

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def __enter__(self: _Self) -> _Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _transmit(self, data: bytes, mac: bytes) -> None:
        """Send it to the MAC; nothing on a link that has no such addresses."""
        if self.speaks:
            self._socket.sendto(data, (self._link, self._protocol, 0, _ETHERNET, mac))

    def _attach(self, passing: Sequence[Instruction]) -> None:
        program = array("B", b"".join(struct.pack("=HBBI", *each) for each in passing))
        pointer, _ = program.buffer_info()
        fprog = struct.pack("@HP", len(passing), pointer)  # struct sock_fprog
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)
