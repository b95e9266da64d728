"""Nameservers and names asked for: by queries of our own, and by the host's resolver."""

from __future__ import annotations

import time

from tests.integration.asked import FOUR, SIX, asked_in, details, nameserver
from tests.integration.world import WIRE

RESOLVER = """
echo 'hosts: files dns' >/run/nsswitch.conf
mount --bind /run/nsswitch.conf /etc/nsswitch.conf
{ echo 'nameserver 10.0.0.2'; echo 'options timeout:1 attempts:2'; } >/run/resolv.conf
mount --bind /run/resolv.conf /etc/resolv.conf
"""


def test_nameservers_answer_whatever_they_answer() -> None:
    world = WIRE + "ip -n peer address add 10.0.0.3/24 dev peer0\n"
    world += nameserver("10.0.0.2") + nameserver("10.0.0.3", "REFUSED") + nameserver("fd77::2")
    answers = asked_in(
        world,
        ("nameserver:10.0.0.2", *FOUR),
        ("nameserver:10.0.0.3", *FOUR),
        ("nameserver:fd77::2", *SIX),
        within=20,
    )
    assert details(answers) == [
        (True, "replies"),
        (True, "replies, but with REFUSED"),
        (True, "replies"),
    ]


def test_lost_packets_are_made_up_for() -> None:
    world = WIRE + nameserver("10.0.0.2", "late")
    [answer] = asked_in(world, ("nameserver:10.0.0.2", *FOUR), within=20)
    assert answer.ok, answer.detail


def test_no_nameserver_answers() -> None:
    # In turn: nobody has the port, nobody the address, no DNS, the answer to another question.
    world = WIRE
    for last, mode in ((3, "garbage"), (4, "forged")):
        world += f"ip -n peer address add 10.0.0.{last}/24 dev peer0\n"
        world += nameserver(f"10.0.0.{last}", mode)
    servers = ["10.0.0.2", "10.0.0.9", "10.0.0.3", "10.0.0.4"]
    answers = asked_in(world, *((f"nameserver:{ip}", *FOUR) for ip in servers), within=5)
    assert details(answers) == [
        (False, "connection refused"),
        (False, "no reply"),
        (False, "what answers there is no nameserver"),
        (False, "no reply"),
    ]


def test_names_are_looked_up() -> None:
    world = WIRE + RESOLVER + nameserver("10.0.0.2")
    answers = asked_in(
        world,
        ("lookup:example", None, None),
        ("dns:four.example", None, None),
        ("dns:six.example", None, None),
        ("dns:four.example@10.0.0.2", *FOUR),
        ("dns:six.example@10.0.0.2", *FOUR),
        within=20,
    )
    assert details(answers) == [
        (True, "names below example can be looked up"),
        (True, "192.0.2.7"),
        (True, "2001:db8::7"),
        (True, "10.0.0.2 has it, type A"),
        (True, "10.0.0.2 has it, type AAAA"),
    ]


def test_names_that_there_are_not() -> None:
    world = WIRE + RESOLVER + nameserver("10.0.0.2")
    answers = asked_in(
        world,
        ("dns:none.example", None, None),
        ("dns:none.example@10.0.0.2", *FOUR),
        ("dns:corp.example@10.0.0.2", *FOUR),
        ("tcp:none.example:80", None, None),
        within=10,
    )
    unknown = "none.example cannot be looked up: Name or service not known"
    assert details(answers) == [
        (False, unknown),
        (False, "10.0.0.2 replies with NXDOMAIN"),
        (False, "10.0.0.2 has no address for corp.example"),
        (False, unknown),
    ]


def test_nothing_can_be_looked_up() -> None:
    world = WIRE + RESOLVER + nameserver("10.0.0.2", "SERVFAIL")
    [answer] = asked_in(world, ("lookup:example", None, None), within=6)
    assert (answer.ok, answer.detail) == (False, "temporary failure in name resolution")


def test_what_was_in_the_way_is_told_though_the_last_try_hangs() -> None:
    # Nobody has the port, which is told at once; then nobody is on the wire any more.
    world = WIRE + RESOLVER.replace("timeout:1", "timeout:30")
    refused = "ip netns exec peer grep -q OutType3 /proc/net/snmp"
    world += f"(until {refused}; do sleep 0.05; done; sleep 1; ip -n peer link set peer0 down) &\n"
    [answer] = asked_in(world, ("lookup:example", None, None), within=6)
    assert (answer.ok, answer.detail) == (False, "temporary failure in name resolution")


def test_a_lookup_that_hangs_keeps_nobody_waiting() -> None:
    # Nobody is on the wire, and the C library waits for as long as it can be told to.
    world = WIRE + RESOLVER.replace("timeout:1", "timeout:30").replace("10.0.0.2", "10.0.0.9")
    begin = time.monotonic()
    [answer] = asked_in(world, ("lookup:example", None, None), within=1)
    assert (answer.ok, answer.detail) == (False, "no reply within 1 s")
    assert time.monotonic() - begin < 25  # the process has ended, too
