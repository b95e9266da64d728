"""What the keys of a definition say, as far as they can be read."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from hostnet.netplan.document import Mapping, parse
from hostnet.netplan.netdef import Netdef, address_text, as_address, as_ip, as_number
from tests.unit.builders import address


def netdef(text: str, *, section: str = "ethernets") -> Netdef:
    root = parse("x.yaml", text.encode()).root
    return Netdef("ens33", section, root if isinstance(root, Mapping) else Mapping())


FLAGS = {
    "true": True, "True": True, "on": True, "YES": True, "y": True, "false": False, "off": False,
    "No": False, "n": False, "1": None, "": None, "'true'": True, "[true]": None,
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), FLAGS.items())
def test_a_boolean_is_netplans(text: str, *, value: bool | None) -> None:
    assert netdef(f"dhcp4: {text}").flag("dhcp4") is value


def test_an_absent_boolean_is_none() -> None:
    assert netdef("mtu: 1").flag("dhcp4") is None


def test_addresses_come_with_their_options_and_what_cannot_be_read_is_left_out() -> None:
    found = netdef(
        "addresses: [10.0.0.5/24, 'fd00::5/64', {10.0.0.6/24: {label: x}}, 10.0.0.7, x/24,"
        " 'fe80::1%e/64', 10.0.0.8/33, [], {}]"
    ).addresses()
    texts = ("10.0.0.5/24", "fd00::5/64", "10.0.0.6/24")
    assert [value for value, _ in found] == [address(text) for text in texts]
    assert [address_text(node) for _, node in found] == list(texts)


def test_routes_come_with_gateway4_and_gateway6_first() -> None:
    found = netdef(
        "routes:\n"
        "- {to: default, via: 10.0.0.1, metric: 5, on-link: yes}\n"
        "- {to: 0.0.0.0/0, via: 10.0.0.2, table: 7}\n"
        "- {to: 10.1.2.3/8, via: 10.0.0.3}\n"
        "- {to: default, via: 'fe80::1'}\n"
        "- {to: '::/0', scope: link}\n"
        "- {to: x, via: 10.0.0.1}\n"
        "- {via: 10.0.0.1}\n"
        "- text\n"
        "gateway4: 10.0.0.9\n"
        "gateway6: 'fd00::9'\n"
    ).routes()
    shown = [
        (str(r.to), str(r.via), r.metric, r.table, r.on_link, r.is_main_default) for r in found
    ]
    assert shown == [
        ("0.0.0.0/0", "10.0.0.9", None, 254, False, True),
        ("::/0", "fd00::9", None, 254, False, True),
        ("0.0.0.0/0", "10.0.0.1", 5, 254, True, True),
        ("0.0.0.0/0", "10.0.0.2", None, 7, False, False),
        ("10.0.0.0/8", "10.0.0.3", None, 254, False, False),
        ("::/0", "fe80::1", None, 254, False, True),
        ("::/0", "None", None, 254, False, True),
    ]


def test_the_gateway_is_the_first_default_of_the_main_table() -> None:
    found = netdef("routes: [{to: default, via: 10.0.0.1, table: 5}, {to: default, via: 10.0.0.2}]")
    gateway = found.gateway(4)
    assert gateway is not None
    assert gateway.via == ip_address("10.0.0.2")
    assert gateway.to == ip_network("0.0.0.0/0")
    assert found.gateway(6) is None


def test_nameservers_and_search_are_texts() -> None:
    found = netdef("nameservers: {addresses: [9.9.9.9, x, [y]], search: [lan, no]}")
    assert [text for text, _ in found.nameservers()] == ["9.9.9.9", "x"]
    assert found.search() == ("lan", "no")
    assert netdef("nameservers: [9.9.9.9]").nameservers() == ()


def test_only_physical_links_have_a_match() -> None:
    text = "match: {name: 'en*', macaddress: 'AA:BB:CC:00:00:01', driver: [a, b]}"
    match = netdef(text).match
    assert match is not None
    assert (match.name, match.mac, match.drivers) == ("en*", "aa:bb:cc:00:00:01", ("a", "b"))
    assert netdef(text, section="bonds").match is None
    assert netdef("mtu: 1").match is None


COVERS = {
    "{}": True, "{name: 'en*'}": True, "{name: 'en?'}": True, "{name: 'en[0-9]'}": True,
    "{driver: e1000}": True, "{name: ens33}": False, "{macaddress: x}": False,
    "{name: 'en*', macaddress: x}": False, "{name: ens33, driver: 'e*'}": False,
}  # fmt: skip


@pytest.mark.parametrize(("text", "covers"), COVERS.items())
def test_a_match_may_cover_several(text: str, *, covers: bool) -> None:
    match = netdef(f"match: {text}").match
    assert match is not None
    assert match.may_cover_several == covers


def test_texts_are_values_or_none() -> None:
    assert as_address("10.0.0.5/24") == address("10.0.0.5/24")
    for text in (None, "", "10.0.0.5", "10.0.0.5/", "x/24", "fe80::1%e/64", "10.0.0.5/24abc"):
        assert as_address(text) is None
    assert as_ip("fd00::1") == ip_address("fd00::1")
    for text in (None, "", "10.0.0.5/24", "fe80::1%e", "x"):
        assert as_ip(text) is None
    assert as_number("0") == 0
    assert as_number("4294967295") == 4294967295
    for text in (None, "", "-1", "+1", "1e3", "0x1f", "²", " 1", "1_0", "9" * 11, "9" * 5000):
        assert as_number(text) is None


def test_it_is_rendered_to_a_file_of_its_id() -> None:
    assert netdef("{}").network_file == "/run/systemd/network/10-netplan-ens33.network"
