"""The kernel's messages, recorded with Linux 6.18, as events."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path

import pytest
from hypothesis import given, strategies

from hostnet.ledger.objects import Key
from hostnet.ledger.rtnetlink import Event, read

RECORDED = Path(__file__).with_name("recorded") / "rtnetlink-6.18.txt"
"""Lines of a command and one message of those that it caused, in hexadecimal."""

NAMES = {2: "p0", 3: "ens33", 4: "vx"}


def events(command: str) -> list[Event]:
    """What the messages of a command tell."""
    lines = (line.split(" | ") for line in RECORDED.read_text().splitlines())
    messages = [bytes.fromhex(text) for said, text in lines if said == command]
    assert messages
    return [event for data in messages for event in read(data, 1.0, dict(NAMES))]


NETWORK, MAC = ip_network("10.9.0.0/16"), "0e:00:00:00:00:02"
BLACKHOLE = ("rule", 6, 5, ip_network("fd00::/8"), None, None, "blackhole", None)
REMOTE = ip_address("192.0.2.6")
TOLD: dict[str, tuple[Key, bool, int]] = {
    "ip route del 10.9.0.0/16 via 192.0.2.6 metric 30 tos 0x10 proto 80": (
        ("route", 4, 254, NETWORK, None, 0x10, 30),
        True,
        4025,
    ),
    "ip route add blackhole default table 2004": (
        ("route", 4, 2004, ip_network("0.0.0.0/0"), None, 0, 0),
        False,
        4027,
    ),
    "ip -6 route del fd00:1::/64 from 2001:db8::/64 via fe80::6 dev ens33": (
        ("route", 6, 254, ip_network("fd00:1::/64"), ip_network("2001:db8::/64"), 0, 1024),
        True,
        4035,
    ),
    "ip address del 10.8.0.2 peer 10.8.0.1/32 dev ens33": (
        ("address", "ens33", ip_interface("10.8.0.2/32")),
        True,
        4039,
    ),
    "ip address del 2001:db8::5/64 dev ens33": (
        ("address", "ens33", ip_interface("2001:db8::5/64")),
        True,
        0,
    ),
    "ip rule del pref 9": (
        ("rule", 4, 9, ip_network("10.0.0.0/8"), ip_network("10.1.0.0/16"), 0x200, "lookup", 2004),
        True,
        4045,
    ),
    "ip -6 rule del pref 5": (BLACKHOLE, True, 4049),
    "ip nexthop del id 101": (("nexthop", 101), True, 4053),
    "ip neigh add 192.0.2.77 lladdr 02:00:00:00:00:77 dev ens33 nud permanent": (
        ("neighbour", "ens33", ip_address("192.0.2.77")),
        False,
        4055,
    ),
    "ip neigh del 192.0.2.77 dev ens33": (
        ("neighbour", "ens33", ip_address("192.0.2.77")),
        True,
        0,
    ),
    "bridge fdb append 0e:00:00:00:00:02 dev vx dst 192.0.2.6 self permanent": (
        ("fdb", "vx", MAC, None, REMOTE),
        False,
        0,
    ),
    "bridge fdb del 0e:00:00:00:00:02 dev vx dst 192.0.2.6 self permanent": (
        ("fdb", "vx", MAC, None, REMOTE),
        True,
        0,
    ),
    "ip link del vx": (("link", "vx"), True, 0),
}


@pytest.mark.parametrize("command", TOLD)
def test_message(command: str) -> None:
    (event,) = events(command)
    assert (event.key, event.gone, event.port) == TOLD[command]
    assert not event.replaced


def test_a_replacement_is_no_absence() -> None:
    first, second = events("ip route replace 10.8.0.0/16 via 192.0.2.7")
    assert first.key == second.key
    assert (first.replaced, second.replaced) == (False, True)


def test_a_port_that_leaves_its_bridge_is_not_gone() -> None:
    assert not events("ip link set p0 nomaster")


def test_a_link_that_is_down_is_there() -> None:
    told = events("ip link set ens33 down")
    assert {(event.key, event.gone, event.down) for event in told} == {
        (("link", "ens33"), False, True),
        (("link", "p0"), False, False),
    }


def test_names_are_learned() -> None:
    names: dict[int, str] = {}
    lines = RECORDED.read_text().splitlines()
    texts = (line.partition(" | ")[2] for line in lines if line.startswith("ip link set ens33"))
    for text in texts:
        list(read(bytes.fromhex(text), 0.0, names))
    assert names == {3: "ens33", 2: "p0"}


WHOLE = [bytes.fromhex(line.partition(" | ")[2]) for line in RECORDED.read_text().splitlines()]


@given(strategies.sampled_from(WHOLE), strategies.data())
def test_nothing_that_is_cut_or_broken_raises(message: bytes, data: strategies.DataObject) -> None:
    length = data.draw(strategies.integers(0, len(message)))
    assert not [*read(message[:length], 0.0, {})][1:]
    at = data.draw(strategies.integers(4, len(message) - 1))
    broken = bytearray(message)
    broken[at] = data.draw(strategies.integers(0, 255))
    list(read(bytes(broken), 0.0, {}))


def test_several_in_one_datagram() -> None:
    assert len(list(read(WHOLE[0] + WHOLE[1], 0.0, {}))) == 2
