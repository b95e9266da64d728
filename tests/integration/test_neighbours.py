"""Conflicts, questions and announcements on a real wire; the neighbour is another kernel."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from hostnet.host.neighbours import Conflict, NotAsked, conflicts, resolve
from tests import needs
from tests.integration.asked import LATE
from tests.integration.world import OURS, PEERS, PYTHON, WIRE, found_in

IMPORTS = """
import time
from hostnet.host.neighbours import announce, conflicts, resolve, NotAsked
"""
CONFLICTS = (
    IMPORTS
    + """
begin = time.monotonic()
asked = [ip(text) for text in ("10.0.0.2", "10.0.0.9", "fd77::9", "fd77::2")]
result = conflicts("lan0", asked, {own!r}), time.monotonic() - begin
"""
)
# Beside a /24 of quiet neighbours, one that never is.
NOISE = "ip netns exec peer ping -q -f -s 1400 -w 20 fd77::1 >/dev/null 2>&1 &\n"


@pytest.mark.parametrize("world", [WIRE, WIRE + NOISE], ids=["quiet", "noisy"])
def test_a_neighbour_has_the_address(world: str) -> None:
    if world != WIRE:
        needs.tool("ping")
    found, seconds = found_in(world, CONFLICTS.format(own=[]))
    assert found == (
        Conflict(ip_address("10.0.0.2"), PEERS),
        Conflict(ip_address("fd77::2"), PEERS),
    )
    assert 0.3 <= seconds < 0.3 + LATE


def test_links_of_this_host_are_no_neighbours() -> None:
    found, _ = found_in(WIRE, CONFLICTS.format(own=[PEERS.upper(), OURS]))
    assert found == ()


def test_what_this_very_link_has_is_no_conflict() -> None:
    code = 'result = conflicts("lan0", [ip("10.0.0.1"), ip("fd77::1")], [])'
    assert found_in(WIRE, IMPORTS + code) == ()


def test_a_neighbour_that_is_about_to_take_the_address_too() -> None:
    # Both probe from nowhere and neither has it: RFC 5227 section 2.1.1, RFC 4862 section 5.4.3.
    addresses = '[ip("10.0.0.9"), ip("fd77::9")]'
    theirs = IMPORTS.replace("\n", ";").strip(";")
    other = (
        f"from pathlib import Path\nfrom ipaddress import ip_address as ip\n{theirs}\n"
        f'while True:\n    found = conflicts("peer0", {addresses}, [])\n'
        '    if len(found) == 2:\n        Path("/run/theirs").write_text(str(found))\n'
    )
    world = WIRE + f"ip netns exec peer {PYTHON} -c '{other}' &\n"
    code = f"""
from pathlib import Path
until = time.monotonic() + 50
mine, theirs = (), Path("/run/theirs")
while len(mine) < 2 or not theirs.exists() or not theirs.stat().st_size:
    assert time.monotonic() < until
    mine = conflicts("lan0", {addresses}, []) or mine
result = mine, theirs.read_text()
"""
    mine, other_side = found_in(world, IMPORTS + code)
    assert mine == (
        Conflict(ip_address("10.0.0.9"), PEERS),
        Conflict(ip_address("fd77::9"), PEERS),
    )
    assert other_side.count(OURS) == 2


def test_a_kernel_takes_the_question_for_the_detection_of_duplicates_that_it_is() -> None:
    # It is detecting duplicates of the address itself, so it gives the address up (RFC 4862).
    world = (
        WIRE
        + """
ip netns exec peer sh -c 'cd /proc/sys/net/ipv6/conf
    echo 1 >all/accept_dad; echo 1 >peer0/accept_dad; echo 30 >peer0/dad_transmits'
ip -n peer address add fd77::9/64 dev peer0
"""
    )
    code = """
import subprocess
conflicts("lan0", [ip("fd77::9")], [])
result = subprocess.run(["ip", "-n", "peer", "address"], capture_output=True, text=True).stdout
"""
    assert "fd77::9/64 scope global dadfailed tentative" in found_in(world, IMPORTS + code)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("ip link delete lan0", "No such device"),
        ("ip link set lan0 down", "Network is down"),
    ],
)
@pytest.mark.parametrize("address", ["10.0.0.9", "fd77::9"])
def test_neighbours_that_cannot_be_asked(change: str, why: str, address: str) -> None:
    code = f"""
try:
    conflicts("lan0", [ip("{address}")], [])
except NotAsked as error:
    result = error.what, error.why
"""
    what, said = found_in(f"{WIRE}{change}", IMPORTS + code)
    assert (what, said) == (f"no neighbour on lan0 can be asked who has {address}", why)


def test_without_ipv6_on_the_link_neighbours_can_be_asked_all_the_same() -> None:
    off = "echo 1 >/proc/sys/net/ipv6/conf/lan0/disable_ipv6"
    found, _ = found_in(f"{WIRE}{off}", CONFLICTS.format(own=[]))
    assert Conflict(ip_address("fd77::2"), PEERS) in found


def test_a_link_where_nothing_is_resolved_has_no_conflicts() -> None:
    needs.root()
    assert conflicts("lo", [ip_address("192.0.2.1"), ip_address("2001:db8::1")], []) == ()


def test_nothing_to_ask_is_nothing_asked() -> None:
    assert conflicts("there-is-none", [], []) == ()


def test_who_may_not_ask_is_told() -> None:
    code = IMPORTS + 'result = None\nconflicts("lan0", [ip("10.0.0.9")], [])'
    caught = f"""
import os
os.setresuid(65534, 65534, 65534)
try:
    exec({code!r})
except NotAsked as error:
    result = error.why
"""
    assert found_in(WIRE, IMPORTS + caught) == "Operation not permitted"


def test_whether_a_neighbour_answers() -> None:
    code = """
result = []
for target, source in [
    ("10.0.0.2", "10.0.0.1"), ("fd77::2", "fd77::1"), ("10.0.0.2", None), ("fd77::2", None),
    ("10.0.0.9", "10.0.0.1"), ("fd77::9", "fd77::1"),
]:
    at = time.monotonic()
    mac = resolve("lan0", ip(target), source and ip(source), at + 0.5)
    result.append((mac, time.monotonic() - at < 0.4))
"""
    assert found_in(WIRE, IMPORTS + code) == [(PEERS, True)] * 4 + [(None, False)] * 2


def test_a_link_that_is_not_there() -> None:
    needs.root()
    with pytest.raises(OSError, match="No such device"):
        resolve("there-is-none", ip_address("192.0.2.1"), None, 0)
    with pytest.raises(NotAsked):
        conflicts("there-is-none", [ip_address("2001:db8::1")], [])


@pytest.mark.parametrize("forwarding", [0, 1])
def test_neighbours_learn_of_an_address_that_came(forwarding: int) -> None:
    # They still send to the host that had it; without announcement they would until it is stale.
    world = (
        WIRE
        + f"""
for address in 10.0.0.9 fd77::9; do
    ip -n peer neighbour add $address lladdr 02:00:00:00:00:99 dev peer0 nud stale
done
echo {forwarding} >/proc/sys/net/ipv6/conf/lan0/forwarding
"""
    )
    code = """
import json, subprocess
announce("lan0", [ip("10.0.0.9"), ip("fd77::9")])
until = time.monotonic() + 5
while time.monotonic() < until:
    said = subprocess.run(["ip", "-n", "peer", "-j", "neighbour"], capture_output=True).stdout
    known = {each["dst"]: each for each in json.loads(said)}
    if all(known[text]["lladdr"] != "02:00:00:00:00:99" for text in ("10.0.0.9", "fd77::9")):
        break
result = [(known[text]["lladdr"], "router" in known[text]) for text in ("10.0.0.9", "fd77::9")]
"""
    assert found_in(world, IMPORTS + code) == [(OURS, False), (OURS, bool(forwarding))]
