"""Nameservers and domains as texts: systemd's spelling, and what is none."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from hostnet.dns.server import Server, as_server, servers_of

FOUR, SIX, LOCAL = ip_address("10.0.0.1"), ip_address("fd77::1"), ip_address("fe80::1")

SPELLINGS = {
    "10.0.0.1": Server(FOUR),
    "10.0.0.1:5353": Server(FOUR, 5353),
    "10.0.0.1:5353%2#dns.example": Server(FOUR, 5353, "2", "dns.example"),
    "10.0.0.1%ens33": Server(FOUR, link="ens33"),
    "fd77::1": Server(SIX),
    "[fd77::1]": Server(SIX),
    "[fd77::1]:53": Server(SIX, 53),
    "fe80::1%2#dns.example": Server(LOCAL, link="2", name="dns.example"),
    "[fe80::1]:853%ens33#dns.example": Server(LOCAL, 853, "ens33", "dns.example"),
    "1.1.1.1#one.one.one.one": Server(ip_address("1.1.1.1"), name="one.one.one.one"),
    "::1": Server(ip_address("::1")),
    "2001:db8::1:53": Server(ip_address("2001:db8::1:53")),
}
NONE = (
    "", "#dns.example", "dns.example", "10.0.0.1:0", "10.0.0.1:70000", "10.0.0.1:", "10.0.0.1/24",
    "[10.0.0.1]:53", "10.0.0.1 ", "10.0.0.1\n", "10.0.0.1#a b", "10.0.0.1#a\nDNS=6.6.6.6",
    "10.0.0.1%", "10.0.0.1#", "[fd77::1", "010.0.0.1", "fd77::1:dns", "10.0.0.1#-x",
)  # fmt: skip


@pytest.mark.parametrize(("text", "server"), SPELLINGS.items())
def test_a_server_in_systemds_spelling(text: str, server: Server) -> None:
    assert as_server(text) == server
    assert as_server(str(server)) == server


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_server(text: str) -> None:
    assert as_server(text) is None


def test_of_many_each_once_and_what_is_none_passed_over() -> None:
    assert servers_of(["10.0.0.1", "x", "fd77::1", "10.0.0.1"]) == (Server(FOUR), Server(SIX))


def test_only_a_plain_one_fits_into_resolv_conf() -> None:
    assert Server(LOCAL, link="ens33").is_plain
    assert not Server(FOUR, 53).is_plain
    assert not Server(FOUR, name="dns.example").is_plain
