"""ARP on one link: probes, requests and announcements of IPv4 addresses.

RFC 826 has the packet, RFC 5227 what to say before and after an address is taken.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

from hostnet.host.wire import Wire
from hostnet.value import Value

_ETH_P_ARP = 0x0806
_ETH_P_IP = 0x0800
_ETHERNET = 1  # ARPHRD_ETHER, linux/if_arp.h
_BROADCAST = b"\xff" * 6
_NOBODY = b"\0" * 6
_FORM = struct.Struct("!HHBBH6s4s6s4s")
_REQUEST, _REPLY = 1, 2
UNSPECIFIED = IPv4Address(0)


class Packet(Value):
    """What a neighbour said; ``mac`` is its own."""

    operation: int
    mac: str
    sender: IPv4Address
    target: IPv4Address

    @classmethod
    def parse(cls, data: bytes) -> Packet | None:
        """The packet, or None if it is none of IPv4 over Ethernet."""
        if len(data) < _FORM.size:
            return None
        *form, operation, mac, sender, _, target = _FORM.unpack_from(data)
        if form != [_ETHERNET, _ETH_P_IP, 6, 4] or operation not in (_REQUEST, _REPLY):
            return None
        return cls(operation, mac.hex(":"), IPv4Address(sender), IPv4Address(target))

    @property
    def claims(self) -> IPv4Address:
        """The address that its sender has, or is about to take (RFC 5227 section 2.1.1)."""
        return self.target if self.sender == UNSPECIFIED else self.sender

    @property
    def answers(self) -> bool:
        """Whether it is an answer, by the host that has the address."""
        return self.operation == _REPLY


class Arp(Wire):
    """ARP on a link."""

    def __init__(self, link: str) -> None:
        super().__init__(link, _ETH_P_ARP)

    def request(self, ip: IPv4Address, source: IPv4Address = UNSPECIFIED) -> None:
        """Ask who has the address, as the host that has ``source``.

        From nowhere it is a probe, which claims nothing (RFC 5227 section 2.1).
        """
        self._send(source, ip)

    def announce(self, ip: IPv4Address) -> None:
        """Tell that the address is here now; caches are to be updated (RFC 5227 section 2.3)."""
        self._send(ip, ip)

    def heard(self) -> Packet | None:
        """The next packet that came in, at once; None if none did, or it was no ARP."""
        try:
            return Packet.parse(self._socket.recv(_FORM.size))
        except BlockingIOError:
            return None

    def _send(self, sender: IPv4Address, target: IPv4Address) -> None:
        form = (_ETHERNET, _ETH_P_IP, 6, 4, _REQUEST)
        data = _FORM.pack(*form, self._mac, sender.packed, _NOBODY, target.packed)
        self._transmit(data, _BROADCAST)
