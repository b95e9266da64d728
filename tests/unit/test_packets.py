"""Packets of neighbours, as bytes from anyone: read if they are valid, and else nothing."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address

import pytest
from hypothesis import given, strategies as st

from hostnet.host import arp, ndisc
from hostnet.host.icmp import checksum

MAC, FRAME = "02:00:00:00:00:02", bytes.fromhex("0200000000ff")
ARP = bytes.fromhex("00010800060400020200000000020a0000020200000000010a000001")
# An advertisement of fd77::2 to all nodes, captured from Linux.
HEADER = (
    "6000000000203aff" + "fd770000000000000000000000000002" + "ff020000000000000000000000000001"
)
TARGET = "fd770000000000000000000000000002"


def icmpv6(type_: str, rest: str, header: str = HEADER) -> bytes:
    """A message with its right checksum; ``rest`` follows the checksum."""
    unsigned = bytes.fromhex(f"{type_}0000{rest}")
    whole = bytes.fromhex(header)
    pseudo = whole[8:40] + len(unsigned).to_bytes(4, "big") + b"\0\0\0\x3a"
    total = checksum(pseudo + unsigned)
    fresh = whole[:4] + len(unsigned).to_bytes(2, "big") + whole[6:]
    return fresh + unsigned[:2] + total.to_bytes(2, "big") + unsigned[4:]


ADVERTISED = icmpv6("8800", f"20000000{TARGET}0201020000000002")
PROBE_HEADER = HEADER.replace(TARGET, "0" * 32)


def test_an_arp_reply() -> None:
    packet = arp.Packet.parse(ARP + b"\0" * 18)  # Ethernet pads to 46 bytes
    assert packet == arp.Packet(2, MAC, IPv4Address("10.0.0.2"), IPv4Address("10.0.0.1"))
    assert packet.answers
    assert packet.claims == ip_address("10.0.0.2")


def test_an_arp_probe_claims_what_it_asks_for() -> None:
    packet = arp.Packet.parse(ARP[:7] + b"\1" + ARP[8:14] + b"\0" * 4 + ARP[18:])
    assert packet
    assert not packet.answers
    assert packet.claims == ip_address("10.0.0.1")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        ARP[:27],
        b"\0\x06" + ARP[2:],  # IEEE 802
        ARP[:2] + b"\x86\xdd" + ARP[4:],
        ARP[:4] + b"\x14" + ARP[5:],  # InfiniBand's MACs are longer
        ARP[:6] + b"\0\x03" + ARP[8:],  # reverse ARP
    ],
)
def test_what_is_no_arp_of_ours(data: bytes) -> None:
    assert arp.Packet.parse(data) is None


@given(st.binary(max_size=64))
def test_any_bytes_are_arp_or_nothing(data: bytes) -> None:
    arp.Packet.parse(data)


def test_an_advertisement() -> None:
    packet = ndisc.Packet.parse(ADVERTISED, FRAME)
    assert packet
    assert packet.answers
    assert (packet.claims, packet.mac) == (ip_address("fd77::2"), MAC)


def test_without_an_option_the_frame_tells_the_mac() -> None:
    for rest in (TARGET, TARGET + "0101020000000002", TARGET + "0200", TARGET + "0201"):
        packet = ndisc.Packet.parse(icmpv6("8800", "20000000" + rest), FRAME)
        assert packet
        assert packet.mac == FRAME.hex(":")


def test_the_mac_stands_behind_other_options() -> None:
    options = "0e01aabbccddeeff" + "0201020000000002"
    packet = ndisc.Packet.parse(icmpv6("8800", f"20000000{TARGET}{options}"), FRAME)
    assert packet
    assert packet.mac == MAC


def test_a_solicitation_claims_its_source_or_from_nowhere_its_target() -> None:
    asking = ndisc.Packet.parse(icmpv6("8700", "00000000" + "0" * 31 + "9"), FRAME)
    probing = ndisc.Packet.parse(icmpv6("8700", "00000000" + TARGET, PROBE_HEADER), FRAME)
    assert asking
    assert probing
    assert (asking.answers, asking.claims) == (False, ip_address("fd77::2"))
    assert (probing.answers, probing.claims) == (False, ip_address("fd77::2"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        ADVERTISED[:63],
        ADVERTISED[:7] + b"\xfe" + ADVERTISED[8:],  # came through a router
        ADVERTISED[:6] + b"\x11" + ADVERTISED[7:],  # UDP
        ADVERTISED[:-1] + b"\x03",  # the checksum is another's
        ADVERTISED[:4] + b"\0\x10" + ADVERTISED[6:],  # shorter than such a message
        icmpv6("8801", f"20000000{TARGET}"),
        icmpv6("8600", f"20000000{TARGET}"),  # a router's
    ],
)
def test_what_is_no_neighbour_discovery(data: bytes) -> None:
    assert ndisc.Packet.parse(data, FRAME) is None


@given(st.binary(max_size=40))
def test_any_options_are_read_to_their_end(options: bytes) -> None:
    packet = ndisc.Packet.parse(icmpv6("8800", f"20000000{TARGET}{options.hex()}"), FRAME)
    assert packet
    assert packet.claims == ip_address("fd77::2")


@given(st.binary(max_size=120))
def test_any_bytes_are_neighbour_discovery_or_nothing(data: bytes) -> None:
    ndisc.Packet.parse(data, FRAME)


def test_the_checksum_of_the_rfc() -> None:
    # RFC 1071 section 3 sums these up to ddf2.
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF ^ 0xDDF2
    assert checksum(b"\1") == 0xFEFF
