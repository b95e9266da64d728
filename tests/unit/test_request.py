"""Texts of a command line become a Request, or findings, all at once."""

from __future__ import annotations

import shlex
from ipaddress import ip_address, ip_interface, ip_network

import pytest
from hypothesis import given, settings, strategies as st

from hostnet.model import Gateway, Request, Route
from hostnet.request import command_line, parse
from hostnet.telling import quoted
from tests.unit.builders import Value

Asked = dict[str, Value]

BAD: dict[str, tuple[Asked, ...]] = {
    "HN010": tuple(
        {"addresses": [text]}
        for text in (
            "", "/24", "x/24", "192.168.141/24", "192.168.141.256/24", "192.168.141.01/24",
            "192.168.1.5/", "192.168.1.5/0", "192.168.1.5/33", "192.168.1.5/-1", "192.168.1.5/+24",
            "192.168.1.5/24abc", "192.168.1.5/ 24", "192.168.1.5/24\n", "192.168.1.5/²4",
            "192.168.1.5/255.255.255.0", "192.168.1.5/24/24", "192.168.1.5/00249",
            "192.168.1.5/" + "9" * 5000, "fd00::/129", "fd00:::5/64", "fe80::5%ens33/64",
            "fe80::5%ens33", "192.168.1.5/24 # x", "'192.168.1.5/24'", "../192.168.1.5/24",
            "1e3/24", "0x7f.1/8", "\x1b[31m/24", "192.168.1.5/24\nDNS=6.6.6.6",
        )
    ),
    "HN011": ({"addresses": ["192.168.141.134"]}, {"addresses": ["fd00::5"]}),
    "HN018": tuple(
        {"gateways": [text]}
        for text in ("", "x", "192.168.141.2/24", "None", "fe80::1%ens33", "10.0.0.1\n", "10.1")
    ),
    "HN021": tuple(
        {"dns": [text]}
        for text in ("", "x", "8.8.8.8:53", "9.9.9.9#dns.quad9.net", "9.9.9.9 1.1.1.1",
                     "9.9.9.9\nDomains=~.", "fe80::1%ens33", "dns.google")
    ),
    "HN024": tuple(
        {"search": [text]}
        for text in ("", ".", "a..b", "-a.b", "a-.b", "a b", "a\nDNS=6.6.6.6", "a#b", "a'b", 'a"b',
                     "../x", "ü.de", "a" * 64, "a." * 127 + "a", "~.", "a\x00b", "a\u0661b")
    ),
    "HN025": tuple(
        {"routes": [text]}
        for text in ("", ",", "10.0.0.0/8", "10.0.0.0,10.0.0.1", "10.0.0.0/8,x", "x/8,10.0.0.1",
                     "10.0.0.0/8,10.0.0.1,", "10.0.0.0/8,10.0.0.1,-1", "10.0.0.0/8,10.0.0.1,1e3",
                     "10.0.0.0/8,10.0.0.1," + "9" * 5000, "10.0.0.0/8,10.0.0.1,1,2",
                     "10.0.0.0/8,fd00::1", "fd00::/64,10.0.0.1", "fd00::/64,fe80::1%ens33",
                     "10.0.0.0/33,10.0.0.1", "10.0.0.0/8,10.0.0.1\n", "default,x")
    ),
    "HN026": ({"routes": ["10.0.0.5/8,10.0.0.1"]}, {"routes": ["fd00::5/64,fd00::1"]}),
    "HN028": ({"metric": -1}, {"metric": 1 << 32}, {"routes": ["10.0.0.0/8,10.0.0.1,4294967296"]}),
    "HN033": tuple(
        {"interface": text}
        for text in ("", ".", "..", "a/b", "../x", "a b", "a:b", "a\nb", "x" * 16, "é" * 8, "\x1b",
                     "a\u2028b", "\udc80", "\ud800", "a\x00")
    ),
}  # fmt: skip

GOOD: dict[str, tuple[Asked, ...]] = {
    "HN010": ({"addresses": ["192.168.141.134/24", "fd00::5/64"]}, {"addresses": ["10.0.0.5/024"]}),
    "HN011": ({"addresses": ["10.0.0.5/1", "10.0.0.5/32", "fd00::5/1", "fd00::5/128"]},),
    "HN018": ({"gateways": ["192.168.141.2", "fe80::1"]}, {"gateways": ["none"]}),
    "HN021": ({"dns": ["9.9.9.9", "2620:fe::fe"]}, {"dns": []}),
    "HN024": (
        {"search": ["corp.example", "lan", "a.", "_tcp.x", "0.pool", "no", "x" * 63, "a-b"]},
        {"search": ["a." * 126 + "a"]},
    ),
    "HN025": ({"routes": ["10.0.0.0/8,10.0.0.1", "default,10.0.0.1", "::/0,fe80::1,5"]},),
    "HN026": ({"routes": ["10.0.0.0/8,10.0.0.1,0", "10.1.2.3/32,10.0.0.1,4294967295"]},),
    "HN028": ({"metric": 0}, {"metric": (1 << 32) - 1}),
    "HN033": tuple(
        {"interface": text}
        for text in ("ens33", "eth0.5", "br-lan", "x" * 15, "é" * 7, "no", "0777", "a'b", "a#b")
    ),
}


def findings_of(asked: Asked) -> tuple[str, ...]:
    _, findings = parse(**{"interface": "ens33", **asked})
    return tuple(finding.rule.id for finding in findings)


@pytest.mark.parametrize(
    ("id_", "asked"), [(i, a) for i, row in BAD.items() for a in row], ids=ascii
)
def test_what_does_not_parse_is_a_finding(id_: str, asked: Asked) -> None:
    assert findings_of(asked) == (id_,)


@pytest.mark.parametrize(
    ("id_", "asked"), [(i, a) for i, row in GOOD.items() for a in row], ids=ascii
)
def test_what_parses_is_none(id_: str, asked: Asked) -> None:
    assert findings_of(asked) == (), id_


def test_the_loopback_gets_no_address() -> None:
    assert findings_of({"interface": "lo"}) == ("HN032",)


def test_everything_wrong_is_told_at_once_and_what_is_right_is_kept() -> None:
    request, findings = parse(
        "a b", ["10.0.0.5", "10.0.0.5/24", "x/24"], gateways=["y", "10.0.0.1"],
        dns=["z", "9.9.9.9"], search=["-", "lan"], routes=["w", "10.1.0.0/16,10.0.0.9"],
        metric=-1, mtu=9000,
    )  # fmt: skip
    found = [finding.rule.id for finding in findings]
    assert sorted(found) == [
        "HN010", "HN011", "HN018", "HN021", "HN024", "HN025", "HN028", "HN033",
    ]  # fmt: skip
    assert request.addresses == (ip_interface("10.0.0.5/24"),)
    assert request.gateways == (Gateway(ip_address("10.0.0.1")),)
    assert request.dns == (ip_address("9.9.9.9"),)
    assert request.search == ("lan",)
    assert request.routes == (Route(ip_network("10.1.0.0/16"), ip_address("10.0.0.9")),)
    assert request.mtu == 9000


def test_a_request_is_made_of_values() -> None:
    request, findings = parse(
        "ens33", ["192.168.141.134/24", "fd00::5/64"], gateways=["none", "fe80::1"], on_link=True,
        routes=["default,10.0.0.1,5", "10.0.0.0/8,10.0.0.1"], metric=7, keep_dhcp=True,
    )  # fmt: skip
    assert findings == ()
    assert request == Request(
        "ens33",
        (ip_interface("192.168.141.134/24"), ip_interface("fd00::5/64")),
        (Gateway(None), Gateway(ip_address("fe80::1"))),
        on_link=True,
        routes=(
            Route(ip_network("0.0.0.0/0"), ip_address("10.0.0.1"), 5),
            Route(ip_network("10.0.0.0/8"), ip_address("10.0.0.1")),
        ),
        metric=7,
        keep_dhcp=True,
    )
    assert request.families == (4, 6)
    assert [route.is_default for route in request.routes] == [True, False]


def test_a_missing_prefix_is_told_with_a_prefix() -> None:
    _, (four, six) = parse("ens33", ["10.0.0.5", "fd00::5"])
    assert "10.0.0.5/24" in four.advice
    assert "fd00::5/64" in six.advice


def test_host_bits_of_a_route_are_told_with_the_network() -> None:
    _, (finding,) = parse("ens33", [], routes=["10.1.2.3/8,10.0.0.1"])
    assert finding.advice == "Write 10.0.0.0/8."


@settings(max_examples=150)
@given(
    st.text(max_size=30),
    st.sampled_from(("interface", "addresses", "gateways", "dns", "search", "routes")),
)
def test_no_text_passes_that_could_be_more_than_one_word(text: str, where: str) -> None:
    asked: Asked = {"interface": "ens33", where: text if where == "interface" else [text]}
    request, findings = parse(**asked)
    if not findings:
        assert text.isprintable()
        assert not any(char.isspace() for char in text)
        assert "\n" not in command_line(request)
    for finding in findings:
        assert finding.message.isprintable()
        assert len(finding.message) < 1000


def test_a_message_shows_a_text_quoted_and_not_too_long() -> None:
    assert quoted("a\x1b[31m\n") == "'a\\x1b[31m\\n'"
    assert len(quoted("x" * 500)) < 100


def test_the_command_to_paste_asks_for_the_same() -> None:
    asked: Asked = {
        "addresses": ["192.168.141.134/24", "fd00::5/64"], "gateways": ["none", "fe80::1"],
        "on_link": True, "dns": ["9.9.9.9"], "search": ["lan"],
        "routes": ["10.0.0.0/8,10.0.0.1,5", "10.1.0.0/16,10.0.0.1"], "mtu": 1400, "metric": 0,
        "keep_dhcp": True, "kubernetes": True,
    }  # fmt: skip
    request, findings = parse("a'b", **asked)
    assert findings == ()
    words = shlex.split(command_line(request))
    assert words == [
        "hostnet", "static", "a'b", "192.168.141.134/24", "fd00::5/64", "--gateway", "none",
        "--gateway", "fe80::1", "--on-link", "--dns", "9.9.9.9", "--search", "lan", "--route",
        "10.0.0.0/8,10.0.0.1,5", "--route", "10.1.0.0/16,10.0.0.1", "--mtu", "1400", "--metric",
        "0", "--keep-dhcp", "--kubernetes",
    ]  # fmt: skip
