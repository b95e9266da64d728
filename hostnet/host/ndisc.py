"""Neighbour discovery on one link: what `hostnet.host.arp` is to IPv4, for IPv6.

RFC 4861 has the messages, RFC 4862 section 5.4 what duplicate address detection says. The
packets are made whole and go through a socket of the packet family: an ordinary one can
send nothing from the unspecified address.
"""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from ipaddress import IPv6Address

from hostnet.host.icmp import checksum
from hostnet.host.wire import Wire
from hostnet.value import Value

_ETH_P_IPV6 = 0x86DD
_ICMPV6 = 58
_HOP_LIMIT = 255
"""What no router let pass; anything else is not from this link (RFC 4861 section 7.1)."""
_SOLICITATION, _ADVERTISEMENT = 135, 136
_SOURCE_MAC, _TARGET_MAC = 1, 2
"""Options: link-layer address of who sends, and of who has the target."""
_ROUTER, _OVERRIDE = 1 << 31, 1 << 29
_HEADER = struct.Struct("!IHBB16s16s")
_MESSAGE = struct.Struct("!BBHI16s")
_MTU = 1500

UNSPECIFIED = IPv6Address(0)
_ALL_NODES = IPv6Address("ff02::1")
_SOLICITED_NODE = int(IPv6Address("ff02::1:ff00:0"))

_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, _PACKET_MR_ALLMULTI = 263, 1, 2  # linux/if_packet.h
_FILTER = (
    # Of a busy link's traffic the kernel passes on these alone, else they would drown:
    (0x30, 0, 0, 6),  # the next header
    (0x15, 0, 4, _ICMPV6),
    (0x30, 0, 0, _HEADER.size),  # the ICMPv6 type
    (0x15, 1, 0, _SOLICITATION),
    (0x15, 0, 1, _ADVERTISEMENT),
    (0x06, 0, 0, 0xFFFF),
    (0x06, 0, 0, 0),
)


class Packet(Value):
    """What a neighbour said; ``mac`` is its own, as it says or as the frame came."""

    type: int
    mac: str
    source: IPv6Address
    target: IPv6Address

    @classmethod
    def parse(cls, data: bytes, frame_mac: bytes) -> Packet | None:
        """The packet, or None if it is no valid one of these two (RFC 4861 section 7.1)."""
        if len(data) < _HEADER.size + _MESSAGE.size:
            return None
        _, length, next_header, hops, source, destination = _HEADER.unpack_from(data)
        message = data[_HEADER.size : _HEADER.size + length]
        if (next_header, hops) != (_ICMPV6, _HOP_LIMIT) or len(message) < _MESSAGE.size:
            return None
        type_, code, _, _, target = _MESSAGE.unpack_from(message)
        if code or type_ not in (_SOLICITATION, _ADVERTISEMENT):
            return None
        if _checksum(source, destination, message):
            return None
        wanted = _SOURCE_MAC if type_ == _SOLICITATION else _TARGET_MAC
        mac = _option(message[_MESSAGE.size :], wanted) or frame_mac
        return cls(type_, mac.hex(":"), IPv6Address(source), IPv6Address(target))

    @property
    def claims(self) -> IPv6Address:
        """The address that its sender has, or is about to take (RFC 4862 section 5.4.3)."""
        asks = self.type == _SOLICITATION and self.source != UNSPECIFIED
        return self.source if asks else self.target

    @property
    def answers(self) -> bool:
        """Whether it is an answer, by the host that has the address."""
        return self.type == _ADVERTISEMENT


class Ndisc(Wire):
    """Neighbour discovery on a link."""

    def __init__(self, link: str) -> None:
        self._groups = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        super().__init__(link, _ETH_P_IPV6, _FILTER)
        try:
            self._index = socket.if_nametoindex(link)
        except OSError:
            self.close()
            raise

    def request(self, ip: IPv6Address, source: IPv6Address = UNSPECIFIED) -> None:
        """Ask who has the address, as the host that has ``source``.

        From nowhere it is a probe, which claims nothing (RFC 4862 section 5.4.2).
        """
        option: int | None = _SOURCE_MAC
        if source == UNSPECIFIED:
            self._join(ip)
            option = None  # there is no address to answer to (RFC 4861 section 4.3)
        self._send(source, _solicited_node(ip), _SOLICITATION, 0, ip, option)

    def announce(self, ip: IPv6Address) -> None:
        """Tell that the address is here now; caches are to be updated (RFC 4861 section 7.2.6)."""
        flags = _OVERRIDE | (_ROUTER if self._forwards() else 0)
        self._send(ip, _ALL_NODES, _ADVERTISEMENT, flags, ip, _TARGET_MAC)

    def heard(self) -> Packet | None:
        """The next packet that came in, at once; None if none did, or it was none of these."""
        try:
            data, (*_, frame_mac) = self._socket.recvfrom(_MTU)
        except BlockingIOError:
            return None
        return Packet.parse(data, frame_mac)

    def close(self) -> None:
        super().close()
        self._groups.close()

    def _join(self, ip: IPv6Address) -> None:
        """Hear whoever asks for the address, too: another host may be about to take it."""
        request = struct.pack("@iHH8x", self._index, _PACKET_MR_ALLMULTI, 0)
        self._socket.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, request)
        # For switches that forward a group only where it was joined (MLD snooping). It fails
        # where the link has no IPv6 yet, or has the group already.
        with suppress(OSError):
            group = _solicited_node(ip).packed + struct.pack("@I", self._index)
            self._groups.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)

    def _send(
        self,
        source: IPv6Address,
        group: IPv6Address,
        type_: int,
        flags: int,
        target: IPv6Address,
        option: int | None,
    ) -> None:
        options = b"" if option is None else struct.pack("!BB6s", option, 1, self._mac)
        unsigned = _MESSAGE.pack(type_, 0, 0, flags, target.packed) + options
        checksum = _checksum(source.packed, group.packed, unsigned)
        message = _MESSAGE.pack(type_, 0, checksum, flags, target.packed) + options
        addresses = (source.packed, group.packed)
        header = _HEADER.pack(6 << 28, len(message), _ICMPV6, _HOP_LIMIT, *addresses)
        mac = b"\x33\x33" + group.packed[-4:]  # RFC 2464 section 7
        self._transmit(header + message, mac)

    def _forwards(self) -> bool:
        """Whether the kernel calls itself a router here; its neighbours must hear the same."""
        try:
            with open(f"/proc/sys/net/ipv6/conf/{self._link}/forwarding", "rb") as file:
                return file.read().strip() not in (b"", b"0")
        except OSError:
            return False  # no IPv6 here


def _solicited_node(ip: IPv6Address) -> IPv6Address:
    """The group of all who have an address with these last bytes (RFC 4291 section 2.7.1)."""
    return IPv6Address(_SOLICITED_NODE | int(ip) & 0xFFFFFF)


def _option(options: bytes, wanted: int) -> bytes | None:
    """The MAC in the option of this type; None if there is none."""
    while len(options) >= 8:
        size = options[1] * 8
        if options[0] == wanted and size == 8:
            return options[2:8]
        options = options[size or len(options) :]
    return None


def _checksum(source: bytes, destination: bytes, message: bytes) -> int:
    """The ICMPv6 checksum (RFC 4443 section 2.3); 0 over a message that has the right one."""
    pseudo_header = source + destination + struct.pack("!I3xB", len(message), _ICMPV6)
    return checksum(pseudo_header + message)
