"""Which probes a link has, how they are bound, and which must answer after a change."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from hostnet.demands import automatic, beforehand, bound, demanded, without
from hostnet.errors import UsageError
from hostnet.model import DEFAULT_ROUTE, KernelRoute
from hostnet.probes import Answer, Probe, parse_probe
from hostnet.verification import Expectation, ExpectedRoute
from tests.unit.builders import address

NEW, SIX = ip_address("192.168.141.134"), ip_address("2001:db8:1::134")
VIA4 = ExpectedRoute(DEFAULT_ROUTE[4], ip_address("192.168.141.2"))
VIA6 = ExpectedRoute(DEFAULT_ROUTE[6], ip_address("fe80::1"))
WANTED = Expectation(
    "ens33",
    (address("192.168.141.134/24"), address("2001:db8:1::134/64")),
    routes=(VIA4, VIA6),
    nameservers=(ip_address("9.9.9.9"), ip_address("2620:fe::fe")),
    search=("corp.example",),
)
BEFORE = replace(
    WANTED,
    addresses=(address("192.168.141.50/24"),),
    routes=(VIA4,),
    nameservers=(ip_address("9.9.9.9"),),
)


def probe(name: str, source: str | None = None, link: str | None = None) -> Probe:
    return Probe(parse_probe(name).target, ip_address(source) if source else None, link)


def answer(name: str, *, ok: bool = True) -> Answer:
    return Answer(parse_probe(name), ok, "fine" if ok else "no reply", 3)


def test_a_host_with_both_families() -> None:
    assert automatic(WANTED, "https://10.0.0.1:6443") == (
        probe("gateway:192.168.141.2", "192.168.141.134", "ens33"),
        probe("gateway:fe80::1", "2001:db8:1::134", "ens33"),
        probe("nameserver:9.9.9.9", "192.168.141.134", "ens33"),
        probe("nameserver:2620:fe::fe", "2001:db8:1::134", "ens33"),
        probe("lookup:corp.example"),
        probe("api-server:https://10.0.0.1:6443", "192.168.141.134", "ens33"),
    )


def test_no_gateway_and_no_nameserver_is_fine() -> None:
    bare = Expectation("ens33", WANTED.addresses)
    assert automatic(bare, None) == (probe("lookup:example"),)


def test_a_route_to_one_network_has_no_gateway_to_ask() -> None:
    route = ExpectedRoute(ip_network("10.0.0.0/8"), ip_address("192.168.141.9"))
    assert [p.kind for p in automatic(replace(WANTED, routes=(route,), nameservers=()), None)] == [
        "lookup"
    ]


def test_what_stands_twice_is_asked_once() -> None:
    twice = replace(WANTED, routes=(VIA4, VIA4), nameservers=(ip_address("9.9.9.9"),) * 2)
    assert [str(each) for each in automatic(twice, None)] == [
        "gateway:192.168.141.2",
        "nameserver:9.9.9.9",
        "lookup:corp.example",
    ]


def test_loopback_nameservers_are_left_out() -> None:
    stub = replace(WANTED, nameservers=(ip_address("127.0.0.53"), ip_address("::1")))
    assert not [p for p in automatic(stub, None) if p.kind == "nameserver"]


@pytest.mark.parametrize("url", ["", "https://", "https://u:p@host", "ftp://x", "https://a\nb"])
def test_an_api_server_that_makes_no_sense_is_none(url: str) -> None:
    assert "api-server" not in [p.kind for p in automatic(WANTED, url)]


@pytest.mark.parametrize(
    ("search", "domain"),
    [
        (None, "example"),
        ((), "example"),
        (("~.",), "example"),
        (("~corp", "lan."), "lan"),
        (("local", "office.LOCAL", "corp"), "corp"),
        ((".",), "example"),
        ((".".join(["long"] * 50), "corp"), "corp"),
    ],
)
def test_the_domain_to_look_up(search: tuple[str, ...] | None, domain: str) -> None:
    assert probe(f"lookup:{domain}") in automatic(replace(WANTED, search=search), None)


# --- the way -----------------------------------------------------------------------------

ONE_FAMILY = replace(WANTED, addresses=WANTED.addresses[:1], routes=(VIA4,))
NO_GATEWAY = replace(WANTED, routes=())
ONLY_SIX = replace(WANTED, addresses=WANTED.addresses[1:], routes=(VIA6,))
ELSEWHERE = (
    KernelRoute(ip_network("10.0.0.0/8"), "ens34", ip_address("172.16.0.1")),
    KernelRoute(ip_network("172.16.0.0/24"), "ens34"),
    KernelRoute(DEFAULT_ROUTE[4], "ens34", ip_address("172.16.0.1")),
    KernelRoute(ip_network("192.168.0.0/16"), "ens33"),
)
FROM4, FROM6, FREE = ("192.168.141.134", "ens33"), ("2001:db8:1::134", "ens33"), (None, None)


@pytest.mark.parametrize(
    ("name", "wanted", "way"),
    [
        ("tcp:8.8.8.8:53", WANTED, FROM4),
        ("tcp:[2620:fe::fe]:53", WANTED, FROM6),
        ("tcp:192.168.141.7:53", NO_GATEWAY, FROM4),
        ("tcp:8.8.8.8:53", NO_GATEWAY, FREE),
        ("tcp:[2620:fe::fe]:53", ONE_FAMILY, FREE),
        ("tcp:[fe80::7]:53", NO_GATEWAY, FROM6),
        ("ping:192.168.141.134", WANTED, FREE),  # its own address: no link leads there
        ("ping:host.example", WANTED, FROM4),
        ("ping:host.example", ONLY_SIX, FROM6),
        ("ping:host.example", NO_GATEWAY, FREE),
        ("http:https://host.example/", WANTED, FROM4),
        ("http:https://[2620:fe::fe]/", WANTED, FROM6),
        ("dns:a.example@8.8.8.8", WANTED, FROM4),
        ("dns:a.example@8.8.8.8", NO_GATEWAY, FREE),
        ("dns:a.example", WANTED, FREE),
        ("lookup:a.example", WANTED, FREE),
        ("cmd:/bin/true", WANTED, FROM4),
        ("cmd:/bin/true", NO_GATEWAY, FREE),
        # a gateway is asked on the link itself, whatever the routes say
        ("gateway:10.9.9.9", WANTED, FROM4),
        ("gateway:fe80::1", ONE_FAMILY, (None, "ens33")),
        # ELSEWHERE
        ("nameserver:10.1.2.3", WANTED, FREE),
        ("nameserver:172.16.0.9", WANTED, FREE),
        ("nameserver:9.9.9.9", WANTED, FROM4),
        ("nameserver:9.9.9.9", NO_GATEWAY, FREE),
        ("nameserver:192.168.141.7", WANTED, FROM4),
    ],
)
def test_the_way_of_a_probe(
    name: str, wanted: Expectation, way: tuple[str | None, str | None]
) -> None:
    assert bound(parse_probe(name), wanted, ELSEWHERE) == probe(name, *way)


def test_the_address_nearest_to_the_target_asks() -> None:
    several = replace(WANTED, addresses=(address("10.9.0.1/24"), address("192.168.141.134/24")))
    asking = [
        bound(parse_probe(name), several).source for name in ("ping:8.8.8.8", "ping:10.9.0.7")
    ]
    assert asking == [NEW, ip_address("10.9.0.1")]


def test_a_gateway_outside_every_network_is_asked_from_the_first_address() -> None:
    on_link = replace(ONE_FAMILY, addresses=(address("203.0.113.7/32"),))
    assert automatic(on_link, None)[0].source == ip_address("203.0.113.7")


# --- before and after --------------------------------------------------------------------


def test_before_the_change_only_what_is_in_use_is_asked() -> None:
    assert beforehand(automatic(WANTED, "https://10.0.0.1:6443"), BEFORE) == (
        probe("gateway:192.168.141.2", "192.168.141.50", "ens33"),
        probe("nameserver:9.9.9.9", "192.168.141.50", "ens33"),
        probe("lookup:corp.example"),
        probe("api-server:https://10.0.0.1:6443", "192.168.141.50", "ens33"),
    )


def test_what_answered_and_what_is_new_must_answer() -> None:
    probes = automatic(WANTED, None)
    baseline = [
        answer("gateway:192.168.141.2"),
        answer("nameserver:9.9.9.9", ok=False),
        answer("lookup:corp.example"),
    ]
    must, warnings = demanded(probes, baseline)
    assert [str(each) for each in must] == [
        "gateway:192.168.141.2",
        "gateway:fe80::1",
        "nameserver:2620:fe::fe",
        "lookup:corp.example",
    ]
    assert set(must) <= set(probes)
    assert warnings == (
        "nameserver:9.9.9.9 did not answer before the change, and need not after it: no reply",
    )


def test_what_the_operator_asks_must_answer_whatever_was_before() -> None:
    asked = (probe("tcp:10.0.0.1:22"), probe("nameserver:9.9.9.9"), probe("tcp:10.0.0.1:22"))
    baseline = [answer(name, ok=False) for name in ("nameserver:9.9.9.9", "tcp:10.0.0.1:22")]
    must, warnings = demanded(automatic(BEFORE, None), baseline, asked)
    assert [str(each) for each in must] == [
        "gateway:192.168.141.2",
        "lookup:corp.example",
        "tcp:10.0.0.1:22",
        "nameserver:9.9.9.9",
    ]
    assert warnings == ()


@pytest.mark.parametrize(
    ("names", "left"),
    [
        ((), ["gateway:192.168.141.2", "nameserver:9.9.9.9", "lookup:corp.example"]),
        (("gateway",), ["nameserver:9.9.9.9", "lookup:corp.example"]),
        (("lookup", "nameserver:9.9.9.9"), ["gateway:192.168.141.2"]),
        (("gateway", "nameserver", "lookup", "api-server"), []),
    ],
)
def test_probes_left_out(names: tuple[str, ...], left: list[str]) -> None:
    assert [str(each) for each in without(automatic(BEFORE, None), names)] == left


@pytest.mark.parametrize("name", ["Gateway", "ping", "nameserver:8.8.8.8", "", "a\x1b[2J"])
def test_an_unknown_probe_cannot_be_left_out(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        without(automatic(BEFORE, None), ["gateway", name])
    assert caught.value.what == f"no probe is called {name!r}"
    assert "nameserver:9.9.9.9" in caught.value.why
    assert "api-server" in caught.value.remedy
