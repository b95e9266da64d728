"""Probes go the way they are bound to: the old path proves nothing."""

from __future__ import annotations

import pytest

from tests.integration.asked import asked_in, nameserver, webserver
from tests.integration.world import WIRE

# The same server is behind both links, and the old one still works.
TWO_PATHS = WIRE + (
    """
ip link add lan1 type veth peer name peer1 netns peer
ip link set lan1 up
ip -n peer link set peer1 up
ip address add 10.9.0.1/24 dev lan1
ip -n peer address add 192.0.2.53/32 dev lo
ip route add default via 10.0.0.2 dev lan0 metric 10
ip route add default via 10.9.0.2 dev lan1 metric 20
"""
    + nameserver("192.0.2.53")
    + webserver("192.0.2.53", 6443, "200")
)
NEW = ("10.9.0.1", "lan1")
TARGETS = (
    *("nameserver:192.0.2.53", "ping:192.0.2.53", "tcp:192.0.2.53:6443"),
    *("http:http://192.0.2.53:6443/", "dns:four.example@192.0.2.53"),
)


@pytest.mark.parametrize("way", [NEW, (None, "lan1")], ids=["from the address", "by the link"])
def test_the_old_path_proves_nothing(way: tuple[str | None, str]) -> None:
    old = [(name, None, None) for name in TARGETS]
    new = [(name, *way) for name in TARGETS]
    answers = asked_in(TWO_PATHS, *old, *new, within=4)
    assert [answer.ok for answer in answers] == [True] * len(old) + [False] * len(new)


def test_the_new_path_is_what_is_asked() -> None:
    # The old one is gone at the far end, which nobody here has noticed.
    world = TWO_PATHS + "ip -n peer address add 10.9.0.2/24 dev peer1\n"
    world += "ip -n peer link set peer0 down\n"
    new = [(name, *NEW) for name in TARGETS]
    answers = asked_in(world, *new, ("gateway:10.9.0.2", *NEW), within=20)
    assert all(answer.ok for answer in answers), answers


def test_a_probe_comes_from_its_source() -> None:
    # The peer lets nobody through but the second address of the link.
    world = WIRE + "ip address add 10.0.0.7/24 dev lan0\n" + nameserver("10.0.0.2")
    world += "ip -n peer route add blackhole 10.0.0.1/32\n"
    answers = asked_in(
        world,
        ("nameserver:10.0.0.2", "10.0.0.7", "lan0"),
        ("nameserver:10.0.0.2", "10.0.0.1", "lan0"),
        ("ping:10.0.0.2", "10.0.0.7", "lan0"),
        ("ping:10.0.0.2", "10.0.0.1", "lan0"),
        within=4,
    )
    assert [answer.ok for answer in answers] == [True, False, True, False]
