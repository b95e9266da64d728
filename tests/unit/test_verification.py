"""Whether a host is as expected: everything that is not so is named."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from hostnet.model import DEFAULT_ROUTE, IP, KernelRoute, Link, LinkAddress
from hostnet.verification import Expectation, ExpectedRoute, is_hopeless, unmet
from tests.unit.builders import Value, address, default, held, lease, nic

WANTED = Expectation(
    "ens33",
    (address("192.168.141.134/24"),),
    (ip_address("192.168.141.50"),),
    (ExpectedRoute(DEFAULT_ROUTE[4], ip_address("192.168.141.2"), 100),),
    (ip_address("9.9.9.9"),),
    ("lan.", "Corp"),
    1500,
    "/run/systemd/network/10-netplan-ens33.network",
)
LINK = nic("ens33", held("192.168.141.134/24"), by="ens33")
ROUTES = (default("192.168.141.2"),)
NAMES: tuple[tuple[IP, ...], tuple[str, ...]] = ((ip_address("9.9.9.9"),), ("lan", "corp."))


def test_nothing_is_missing_where_all_is_so() -> None:
    assert unmet(WANTED, (nic("ens34"), LINK), ROUTES, NAMES) == ()


def test_what_is_not_expected_may_be_anything() -> None:
    other = nic("ens33", lease("10.0.0.9/24"), mtu=9000)
    assert unmet(Expectation("ens33"), (other,), (), ((), ())) == ()


def test_more_than_expected_is_fine() -> None:
    link = replace(LINK, addresses=(*LINK.addresses, held("10.0.0.1/32")))
    names = ((*NAMES[0], ip_address("1.1.1.1")), (*NAMES[1], "more"))
    assert unmet(WANTED, (link,), (*ROUTES, default("192.168.141.9", metric=7)), names) == ()


def test_without_resolved_no_names_are_demanded() -> None:
    assert unmet(WANTED, (LINK,), ROUTES, None) == ()


def broken(have: LinkAddress, **fields: Value) -> Link:
    return replace(LINK, addresses=(replace(have, **fields),))


ADDRESS = held("192.168.141.134/24")
LINKS = {
    "the link is gone": ((), "there is no link ens33"),
    "another link has it": ((nic("ens34", ADDRESS),), "there is no link ens33"),
    "no address": ((replace(LINK, addresses=()),), "192.168.141.134/24 is not on ens33"),
    "another prefix": (
        (replace(LINK, addresses=(held("192.168.141.134/25"),)),), "is not on ens33"),
    "not usable yet": ((broken(ADDRESS, tentative=True),), "is not usable yet (tentative)"),
    "a duplicate": ((broken(ADDRESS, failed=True),), "is used by another host"),
    "the old one is still there": (
        (replace(LINK, addresses=(ADDRESS, lease("192.168.141.50/24"))),),
        "192.168.141.50 is still on ens33"),
    "the old one with another prefix": (
        (replace(LINK, addresses=(ADDRESS, held("192.168.141.50/32"))),),
        "192.168.141.50 is still on ens33"),
    "no carrier": (
        (replace(LINK, addresses=(), carrier=False),), "ens33 has no carrier"),
    "another MTU": ((replace(LINK, mtu=1400),), "the MTU of ens33 is 1400, not 1500"),
    "another file": (
        (replace(LINK, network_file="/etc/systemd/network/x.network"),),
        "networkd uses /etc/systemd/network/x.network for ens33"),
    "no file": ((replace(LINK, network_file=None),), "networkd uses no file for ens33"),
}  # fmt: skip


@pytest.mark.parametrize(("links", "message"), LINKS.values(), ids=LINKS)
def test_what_a_link_lacks_is_named(links: tuple[Link, ...], message: str) -> None:
    missing = unmet(WANTED, links, ROUTES, NAMES)
    assert any(message in text for text in missing), missing


ROUTE_FAULTS: dict[str, tuple[KernelRoute, ...]] = {
    "none": (),
    "through another link": (default("192.168.141.2", "ens34"),),
    "through another gateway": (default("192.168.141.9"),),
    "with another metric": (default("192.168.141.2", metric=200),),
}


@pytest.mark.parametrize("routes", ROUTE_FAULTS.values(), ids=ROUTE_FAULTS)
def test_a_route_that_is_missing_is_named(routes: tuple[KernelRoute, ...]) -> None:
    (missing,) = unmet(WANTED, (LINK,), routes, NAMES)
    assert missing == "the route to 0.0.0.0/0 via 192.168.141.2 is missing"


def test_a_route_without_a_metric_may_have_any() -> None:
    wanted = replace(WANTED, routes=(ExpectedRoute(DEFAULT_ROUTE[4], ip_address("192.168.141.2")),))
    assert unmet(wanted, (LINK,), (default("192.168.141.2", metric=7),), NAMES) == ()


def test_names_that_are_missing_are_named() -> None:
    assert unmet(WANTED, (LINK,), ROUTES, ((ip_address("1.1.1.1"),), ("lan",))) == (
        "9.9.9.9 is not among the nameservers of ens33",
        "Corp is not among the search domains of ens33",
    )


def test_everything_that_is_missing_is_named_at_once() -> None:
    link = replace(LINK, addresses=(), mtu=1400, network_file=None)
    assert len(unmet(WANTED, (link,), (), ((), ()))) == 7


def test_waiting_is_in_vain_once_another_host_has_the_address() -> None:
    assert is_hopeless(WANTED, (broken(ADDRESS, failed=True),))
    assert not is_hopeless(WANTED, (broken(ADDRESS, tentative=True),))
    assert not is_hopeless(WANTED, (LINK,))
    foreign = replace(LINK, addresses=(ADDRESS, replace(held("10.0.0.1/24"), failed=True)))
    assert not is_hopeless(WANTED, (foreign,))
    assert not is_hopeless(WANTED, (replace(broken(ADDRESS, failed=True), name="ens34"),))
