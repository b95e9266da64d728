"""What the kernel is told to hold, line by line."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

from hostnet.host.hold import batches
from hostnet.model import DEFAULT_ROUTE
from hostnet.ops import Held
from hostnet.verification import ExpectedRoute

MARK = "proto kernel metric 1752039424"
OLD, NEW = ip_interface("192.0.2.5/24"), ip_interface("192.0.2.6/24")
GATEWAY = ip_address("192.0.2.1")
RULE = "rule add pref 1 ipproto udp sport 68 dport 67 lookup 1752039424 protocol kernel"
SERVING = (
    "rule add pref 32765 iif lo lookup 1752039425 suppress_prefixlength 0 protocol kernel",
    "rule add pref 32767 iif lo lookup 1752039425 protocol kernel",
)


def lines(*held: Held) -> dict[int, list[str]]:
    return {
        family: [" ".join(line.split()).replace(MARK, "MARK") for line in found]
        for family, found in batches(held).items()
    }


def test_each_address_its_network_and_each_route_once() -> None:
    near, far = ip_network("192.0.2.1/32"), ip_network("10.0.0.0/8")
    routes = (
        ExpectedRoute(DEFAULT_ROUTE[4], GATEWAY),
        ExpectedRoute(near),
        ExpectedRoute(far, GATEWAY),
        ExpectedRoute(OLD.network),
    )
    found = lines(Held("ens33", (OLD, NEW), routes))
    assert found[6] == []
    assert found[4] == [
        "nexthop replace id 1752039425 dev ens33 proto kernel",
        "nexthop replace id 1752039426 dev ens33 proto kernel",
        "route replace local 192.0.2.5 nhid 1752039425 table local MARK",
        "route replace local 192.0.2.6 nhid 1752039425 table local MARK",
        "nexthop replace id 1752039427 dev ens33 proto kernel",
        "route append broadcast default nhid 1752039427 table 1752039424 MARK",
        "route replace 192.0.2.0/24 nhid 1752039426 scope link src 192.0.2.5 table 1752039425 MARK",
        "nexthop replace id 1752039428 via 192.0.2.1 dev ens33 onlink proto kernel",
        "route replace 0.0.0.0/0 nhid 1752039428 src 192.0.2.5 table 1752039425 MARK",
        "route replace 192.0.2.1/32 nhid 1752039426 src 192.0.2.5 table 1752039425 MARK",
        "route replace 10.0.0.0/8 nhid 1752039428 src 192.0.2.5 table 1752039425 MARK",
        RULE,
        *SERVING,
    ]


def test_the_source_of_a_route_is_the_address_beside_its_gateway() -> None:
    other = ip_interface("198.51.100.5/24")
    held = Held("ens33", (other, NEW), (ExpectedRoute(DEFAULT_ROUTE[4], GATEWAY),))
    assert (
        "route replace 0.0.0.0/0 nhid 1752039428 src 192.0.2.6 table 1752039425 MARK"
        in lines(held)[4]
    )


def test_each_family_and_each_link_has_its_own_nexthops() -> None:
    six = ip_interface("2001:db8::5/64")
    found = lines(
        Held("ens33", (OLD, six), (ExpectedRoute(DEFAULT_ROUTE[6], ip_address("fe80::1")),)),
        Held("ens34", (ip_interface("10.0.0.9/24"),)),
    )
    assert found[4][0] == "nexthop replace id 1752039425 dev ens33 proto kernel"
    assert "nexthop replace id 1752039428 dev ens34 proto kernel" in found[4]
    assert found[6] == [
        "nexthop replace id 1752039431 dev ens33 proto kernel",
        "nexthop replace id 1752039432 dev ens33 proto kernel",
        "route replace local 2001:db8::5 nhid 1752039431 table local MARK",
        "route replace 2001:db8::/64 nhid 1752039432 src 2001:db8::5 table 1752039425 MARK",
        "nexthop replace id 1752039433 via fe80::1 dev ens33 onlink proto kernel",
        "route replace ::/0 nhid 1752039433 src 2001:db8::5 table 1752039425 MARK",
        *SERVING,
    ]


def test_a_route_of_another_family_than_any_address_is_not_held() -> None:
    held = Held("ens33", (OLD,), (ExpectedRoute(DEFAULT_ROUTE[6], ip_address("fe80::1")),))
    assert lines(held)[6] == []
