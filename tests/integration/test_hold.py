"""Held addresses in a kernel of which all else was taken away, in a network of its own."""

from __future__ import annotations

import subprocess
import sys

from tests import needs
from tests.checkout import ROOT
from tests.integration.world import SETTLED

WORLD = f"""
set -e
{SETTLED}
ip link set lo up
ip link add lan0 type veth peer name peer0
ip link set lan0 up
ip link set peer0 up
ip address add 192.0.2.5/24 dev lan0
ip address add 2001:db8::5/64 dev lan0 nodad
ip route add default via 192.0.2.1
ip link add lan1 type veth peer name peer1
ip link set lan1 up
ip link set peer1 up
ip address add 198.51.100.5/24 dev lan1
ip route add default via 198.51.100.1 metric 1000
"""
SHOW = """
ip route show table all
ip -6 route show table all
ip rule
ip nexthop
"""
PROGRAM = """
import socket, subprocess, sys
from ipaddress import ip_address, ip_interface
from hostnet.ops import Held
from hostnet.verification import ExpectedRoute
from hostnet.host.hold import hold, release
from hostnet.model import DEFAULT_ROUTE

def sh(script):
    return subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=True).stdout

addresses = ip_interface("192.0.2.5/24"), ip_interface("2001:db8::5/64")
held = (Held("lan0", addresses, (ExpectedRoute(DEFAULT_ROUTE[4], ip_address("192.0.2.1")),)),)
show = sys.argv[1]
before = sh(show)
hold(held)
try:
    hold(held)  # to begin again changes nothing
    sh("ip address flush dev lan0 scope global")
    for to, how in {
        "192.0.2.5 from 192.0.2.9 iif lan0": "local 192.0.2.5 from 192.0.2.9 dev lo",
        "192.0.2.9": "192.0.2.9 dev lan0 src 192.0.2.5",
        # Of a default route of another link the host may as well make use meanwhile.
        "203.0.113.9": "203.0.113.9 via 198.51.100.1 dev lan1",
        "2001:db8::5": "local 2001:db8::5",
        "2001:db8::9": "2001:db8::9 ",
    }.items():
        found = sh("ip route get " + to).replace("table 1752039425 ", "")
        assert how in found, (to, found)
    # What it forwards would get a source that is not for this link from MASQUERADE.
    sh("ip route del default metric 1000")
    assert "via 192.0.2.1 dev lan0 table 1752039425 src 192.0.2.5" in sh("ip route get 203.0.113.9")
    sh("echo 1 >/proc/sys/net/ipv4/ip_forward")
    forwarded = ["ip", "route", "get", "203.0.113.9", "from", "198.51.100.9", "iif", "lan1"]
    assert subprocess.run(forwarded, capture_output=True).returncode != 0
    sh("ip route add default via 198.51.100.1 metric 1000")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:  # as networkd's
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lan0")
        client.bind(("192.0.2.5", 68))
        try:
            client.sendto(b"release", ("192.0.2.1", 67))
            raise AssertionError("a lease can be given back")
        except PermissionError:
            pass
        client.sendto(b"anything else", ("192.0.2.1", 68))
    sh("ip address add 192.0.2.5/24 dev lan0; ip route add default via 192.0.2.1")
    sh("ip address add 2001:db8::5/64 dev lan0 nodad")
finally:
    release()
assert sh(show) == before, (before, sh(show))
release()  # where nothing is held
assert sh(show) == before
"""


def test_what_is_held_is_served_and_leaves_nothing() -> None:
    needs.root()
    needs.link_kind("veth")
    unshare = [needs.tool("unshare"), "--net", "sh", "-c", f'{WORLD}\nexec "$@"', "sh"]
    argv = [*unshare, sys.executable, "-c", PROGRAM, SHOW]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
