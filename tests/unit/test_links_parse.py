"""iproute2's JSON and the files beside it, recorded on hosts, as values."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path

import pytest

from hostnet.host.fields import Unreadable
from hostnet.host.links import Beside, parse
from hostnet.model import HELD_MARK, KernelRoute, Link

RECORDED = Path(__file__).with_name("recorded")
"""What `ip -j -d -batch -` printed, two lines a file, named by the version of iproute2."""

VERSIONS = ("5.9", "6.1", "6.15", "7.3")
KINDS = "6.1-kinds"
"""A network namespace with many kinds of links and routes."""

UDEV = "I:15\nE:ID_NET_DRIVER=e1000\nE:ID_PATH=pci-0000:00:03.0\nG:systemd\nV:1\n"
NETWORKD = """\
# This is private data. Do not parse.
ADMIN_STATE=configured
OPER_STATE=routable
NETWORK_FILE=/run/systemd/network/10-netplan-ens33.network
NETWORK_FILE_DROPINS=""
DNS=10.77.0.9 9.9.9.9#dns.quad9.net 10.77.0.9:5353 fd77::1 fd77::1
NTP=
DOMAINS=corp.example lan
ROUTE_DOMAINS=route.example
"""


def recorded(version: str) -> tuple[tuple[Link, ...], tuple[KernelRoute, ...]]:
    addresses, routes = (RECORDED / f"ip-{version}.txt").read_text().splitlines()
    return parse(addresses, routes)


def one(beside: Beside | None = None, **values: object) -> Link:
    entry = {"ifindex": 3, "ifname": "ens33", "link_type": "ether", **values}
    (link,), _ = parse(json.dumps([entry]), "[]", {3: beside} if beside else None)
    return link


def _with_address(local: str) -> str:
    address = {"family": "inet", "local": local, "prefixlen": 8}
    return json.dumps([{"ifindex": 3, "ifname": "x", "addr_info": [address]}])


def route(**values: object) -> tuple[KernelRoute, ...]:
    return parse("[]", json.dumps([values]))[1]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_host_of_every_release_reads_alike(version: str) -> None:
    (lo, link), routes = recorded(version)
    assert (lo.name, lo.kind, lo.loopback, lo.mac, lo.up) == ("lo", "loopback", True, None, True)
    assert (link.index, link.name, link.kind, link.mtu) == (2, "host0", "veth", 1500)
    assert link.up
    assert link.carrier
    assert not link.loopback
    assert link.permanent_mac is None
    assert link.driver == "veth"
    assert link.parent is None

    static, leased = (a for a in link.addresses if a.address.version == 4)
    assert not static.dynamic
    assert static.valid_for is None
    assert leased.dynamic
    assert leased.valid_for
    assert {a.scope for a in link.addresses if a.address.version == 6} == {"global", "link"}

    defaults = [r for r in routes if r.to.prefixlen == 0]
    assert [(r.to.version, r.protocol, r.link) for r in defaults] == [
        (4, "dhcp", "host0"),
        (6, "ra", "host0"),
    ]
    assert defaults[0].via == ip_address("10.77.0.1")
    assert defaults[0].source == leased.address.ip
    assert defaults[1].via == ip_address("fe80::e08c:b3ff:fece:300f")
    assert ip_network("fd77::/64") in [r.to for r in routes]
    assert {r.table for r in routes} == {254}


def test_a_duplicate_address_is_failed_and_not_usable() -> None:
    (_, link), _ = recorded("6.1")
    duplicate = ip_interface("fd77::5/64")
    assert next(a for a in link.addresses if a.address == duplicate).failed
    assert not link.has(duplicate)


def test_who_set_an_address_is_read_where_it_is_told() -> None:
    (_, link), _ = recorded("6.15")
    assert link.addresses[-1].protocol == "kernel_ll"


def test_kinds_masters_and_parents() -> None:
    links, _ = recorded(KINDS)
    assert [(x.name, x.kind, x.master, x.parent) for x in links] == [
        ("lo", "loopback", None, None),
        ("br1", "bridge", None, None),
        ("v1", "veth", None, None),
        ("v0", "veth", "br1", None),
        ("mv0", "macvlan", None, "v1"),
        ("vx0", "vxlan", None, "v1"),
        ("tap0", "tun", None, None),
        ("tun0", "tun", None, None),
    ]
    by_name = {link.name: link for link in links}
    assert by_name["v1"].altnames == ("some-alt",)
    assert by_name["tun0"].mac is None
    assert not by_name["tap0"].up
    assert [a.address for a in by_name["v1"].addresses[:2]] == [
        ip_interface("10.5.0.1/24"),
        ip_interface("10.5.0.2/32"),  # its peer is another
    ]


def test_routes_are_those_of_the_main_table_that_lead_somewhere() -> None:
    _, routes = recorded(KINDS)
    assert [(str(r.to), r.via and str(r.via), r.metric, r.protocol) for r in routes] == [
        ("0.0.0.0/0", "10.5.0.7", 0, "boot"),
        ("0.0.0.0/0", "10.5.0.8", 0, "boot"),
        ("0.0.0.0/0", None, 500, "boot"),
        ("10.5.0.0/24", None, 0, "kernel"),
        ("10.6.0.1/32", None, 0, "kernel"),
        ("10.97.0.1/32", None, 0, "80"),
        ("10.98.0.0/16", "fe80::1", 0, "boot"),
        ("fe80::/64", None, 256, "kernel"),
        ("fe80::/64", None, 256, "kernel"),
        ("fe80::/64", None, 256, "kernel"),
        ("::/0", None, 77, "boot"),
    ]


@pytest.mark.parametrize(
    ("values", "version"),
    [
        ({"dev": "ppp0"}, 4),
        ({"dev": "ppp0", "pref": "medium"}, 6),
        ({"gateway": "10.0.0.1"}, 4),
        ({"gateway": "fe80::1"}, 6),
        ({"via": {"family": "inet6", "host": "fe80::1"}}, 4),
        ({"nexthops": [{"gateway": "fe80::1", "dev": "a"}]}, 6),
    ],
)
def test_the_family_of_a_default_route(values: dict[str, object], version: int) -> None:
    (found,) = route(dst="default", **values)
    assert found.to.version == version


def test_a_route_held_by_hostnet_is_not_the_hosts() -> None:
    assert route(dst="default", gateway="10.0.0.1", dev="a", metric=HELD_MARK) == ()


def test_a_numeric_main_table_is_the_main_table() -> None:
    assert route(dst="10.0.0.0/8", dev="a", table="254")
    assert not route(dst="10.0.0.0/8", dev="a", table="100")


def test_physical_hardware_with_its_files() -> None:
    beside = Beside(mac_type="0\n".strip(), device=True, driver="x", udev=UDEV, networkd=NETWORKD)
    link = one(beside, address="02:00:00:00:00:01", flags=["UP", "LOWER_UP"])
    assert link.kind == "ether"
    assert link.permanent_mac == "02:00:00:00:00:01"
    assert link.driver == "e1000"
    assert link.bus_path == "pci-0000:00:03.0"
    assert link.network_file == "/run/systemd/network/10-netplan-ens33.network"
    assert [str(server) for server in link.nameservers] == ["10.77.0.9", "9.9.9.9", "fd77::1"]
    assert link.search == ("corp.example", "lan", "~route.example")
    assert link.setup == "configured"


@pytest.mark.parametrize(
    ("shown", "mac_type", "device", "permanent"),
    [
        ("02:00:00:00:00:99", "3", True, "02:00:00:00:00:99"),  # changed since
        (None, "0", True, "02:00:00:00:00:01"),  # never changed
        (None, "3", True, "02:00:00:00:00:01"),  # set, to what it was
        (None, "3", False, None),  # a veth that was given one
        (None, "1", True, None),  # hardware without one
        (None, "1", False, None),
        (None, "2", False, None),  # a vlan
        (None, "", False, None),  # the link is gone
    ],
)
def test_the_permanent_mac(
    shown: str | None,
    mac_type: str,
    device: bool,  # noqa: FBT001 (a column of the table)
    permanent: str | None,
) -> None:
    beside = Beside(mac_type=mac_type, device=device)
    assert one(beside, address="02:00:00:00:00:01", permaddr=shown).permanent_mac == permanent


@pytest.mark.parametrize(
    ("beside", "kind", "driver"),
    [
        (Beside(device=True, driver="virtio_net"), "ether", "virtio_net"),
        (Beside(device=True, driver="iwlwifi", wifi=True), "wifi", "iwlwifi"),
        (Beside(), "ether", None),
    ],
)
def test_kind_and_driver_of_hardware(beside: Beside, kind: str, driver: str | None) -> None:
    link = one(beside)
    assert (link.kind, link.driver) == (kind, driver)


def test_a_parent_in_another_namespace_has_no_name() -> None:
    assert one(link=None, link_index=7, linkinfo={"info_kind": "vlan"}).parent is None
    assert one(link="ens1", linkinfo={"info_kind": "vlan"}).parent == "ens1"


def test_what_is_missing_is_empty() -> None:
    (link,), routes = parse('[{}, {"ifindex": 3, "ifname": "ens33"}]', "[ ]")
    assert link == Link(3, "ens33", mtu=0)
    assert routes == ()


@pytest.mark.parametrize(
    ("addresses", "routes", "quoted"),
    [
        ("", "[]", "Expecting value"),
        ("{}", "[]", "all"),
        ("[1]", "[]", "[1]"),
        ('[{"ifname": "x"}]', "[]", "'ifname': 'x'"),
        ('[{"ifindex": "3", "ifname": "x"}]', "[]", "'ifindex': '3'"),
        ('[{"ifindex": true, "ifname": "x"}]', "[]", "True"),
        ('[{"ifindex": 3, "ifname": "x", "flags": "UP"}]', "[]", "'flags': 'UP'"),
        (_with_address("10.0.0.300"), "[]", "10.0.0.300"),
        ("[]", '[{"dst": "10.0.0.1/8"}]', "10.0.0.1/8"),
        ("[]", '[{"dst": "10.0.0.0/8", "gateway": "nowhere"}]', "nowhere"),
        ("[]", '[{"dst": "10.0.0.0/8", "metric": "many"}]', "many"),
    ],
)
def test_what_is_not_understood_is_quoted(addresses: str, routes: str, quoted: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(addresses, routes)
    assert quoted in caught.value.why


def test_a_quoted_answer_is_fit_for_a_terminal() -> None:
    with pytest.raises(Unreadable) as caught:
        parse("\x1b[31m" + "x" * 10_000, "[]")
    assert caught.value.why.isprintable()
    assert len(caught.value.why) < 1000


def test_a_control_character_in_a_name_does_not_hide_the_host() -> None:
    (link,), _ = parse('[{"ifindex": 3, "ifname": "a\x01b"}]', "[]")
    assert link.name == "a\x01b"
