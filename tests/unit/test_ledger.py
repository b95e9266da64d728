"""Whose an object is, by origin and by name, and what is missing of others'."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_interface, ip_network

import pytest

from hostnet.ledger.difference import Difference, compare
from hostnet.ledger.objects import Hop, HostAddress, Ledger, LinkState, Nexthop, Route, Rule
from hostnet.ledger.origin import Origin, origin
from hostnet.ledger.own import Own
from hostnet.ledger.owners import FILES, Owners
from hostnet.ledger.words import shown
from hostnet.model import HELD_MARK
from tests.integration.foreign import OWN
from tests.unit.ledgers import called, recorded, without

HERE = recorded()

ORIGINS = {
    "link lo": Origin.SYSTEM,
    "link ens33": Origin.OURS,
    "link flannel.1": Origin.FOREIGN,
    "address 192.0.2.5/24": Origin.OURS,
    "address 192.0.2.100/32": Origin.FOREIGN,
    "address 2001:db8::100/128": Origin.FOREIGN,
    "address 127.0.0.1/8": Origin.SYSTEM,
    "address fe80::ff:fe00:1/64": Origin.SYSTEM,
    "address 198.51.100.9/24": Origin.SYSTEM,
    "route 0.0.0.0/0 via 192.0.2.1 dev ens33 proto 4": Origin.OURS,
    "route ::/0 via": Origin.OURS,
    "route 0.0.0.0/0 table 2 ": Origin.FOREIGN,
    "route 192.0.2.0/24 dev ens33": Origin.SYSTEM,
    "route 10.244.0.0/24 dev cni0": Origin.SYSTEM,
    "route 2001:db8::/64 dev ens33": Origin.SYSTEM,
    "route local 192.0.2.5/32": Origin.SYSTEM,
    "route local 0.0.0.0/0 table 2004": Origin.FOREIGN,
    "route local ::/0 table 2004": Origin.FOREIGN,
    "route 0.0.0.0/0 table 2005": Origin.FOREIGN,
    "route 10.0.1.210/32 table 2005": Origin.FOREIGN,
    "route 10.0.1.0/24 via": Origin.FOREIGN,
    "route blackhole 10.245.0.0/26": Origin.FOREIGN,
    "rule pref 32766 from all lookup 254 protocol 2 (IPv4)": Origin.SYSTEM,
    "rule pref 100 from all lookup 255 protocol 2 (IPv6)": Origin.FOREIGN,
    "rule pref 512": Origin.FOREIGN,
    "nexthop id 101": Origin.FOREIGN,
    "neighbour 10.244.1.0": Origin.FOREIGN,
    "FDB entry 0e:00:00:00:00:02": Origin.FOREIGN,
}


@pytest.mark.parametrize("name", ORIGINS)
def test_origin(name: str) -> None:
    assert origin(called(HERE, name), OWN) is ORIGINS[name]


def test_what_is_held_is_ours() -> None:
    to = ip_network("10.0.0.0/8")
    held = (
        Route(4, to, 254, protocol=2, metric=HELD_MARK, nexthop=HELD_MARK + 1),
        Route(4, to, HELD_MARK, "broadcast", protocol=2),
        Rule(4, 1, table=HELD_MARK),
        Nexthop(HELD_MARK + 1, 4, Hop("ens33")),
    )
    assert {origin(each, OWN) for each in held} == {Origin.OURS}


def test_what_routers_and_leases_bring_is_the_systems() -> None:
    for protocol in (1, 9, 16):
        route = Route(4, ip_network("10.0.0.0/8"), 254, protocol=protocol, hops=(Hop("ens33"),))
        assert origin(route, Own()) is Origin.SYSTEM
    way = Nexthop(2966761649, 6, Hop("ens33"), protocol=9)
    assert origin(way, Own()) is Origin.SYSTEM
    assert origin(replace(way, protocol=4), Own()) is Origin.FOREIGN
    ipv4ll = HostAddress("ens33", ip_interface("169.254.7.7/16"), scope=253)
    assert origin(ipv4ll, OWN) is Origin.SYSTEM
    assert origin(replace(ipv4ll, link="eth9"), OWN) is Origin.FOREIGN


CALICO, CANAL = "/etc/cni/net.d/10-calico.conflist", "/etc/cni/net.d/10-canal.conflist"
AWS, CILIUM = "/etc/cni/net.d/10-aws.conflist", "/etc/cni/net.d/05-cilium.conflist"
OWNERS = [
    ("link cali0123456789a", "Calico", ()),
    ("link cali0123456789a", "Canal", (CANAL,)),
    ("link flannel.1", "Flannel", ()),
    ("link flannel.1", "Canal", (CANAL,)),
    ("link veth1234", "Flannel", ()),
    ("route 10.244.1.0/24", "Flannel", ()),
    ("route 10.245.128.0/26", "Calico", ()),
    ("route 10.245.64.0/26", "BIRD", ()),
    ("route 10.245.64.0/26", "Calico", (CALICO,)),
    ("route 10.245.0.7/32", "Calico", ()),
    ("rule pref 99 not from all fwmark 0x100000/0x100000 lookup 1 (IPv4)", "unknown", ()),
    ("rule pref 99 not from all fwmark 0x100000/0x100000 lookup 1 (IPv4)", "Calico", (CALICO,)),
    ("rule pref 10 from all fwmark 0xa00/0xf00 lookup 2005 protocol 2 (IPv4)", "Cilium", ()),
    ("rule pref 100 from all lookup 255 protocol 2 (IPv4)", "Cilium", (CILIUM,)),
    ("route local 0.0.0.0/0 table 2004", "Cilium", ()),
    ("route 10.246.2.0/24", "kube-router", ()),
    ("rule pref 512", "AWS VPC CNI", (AWS,)),
    ("route 0.0.0.0/0 table 2 ", "AWS VPC CNI", (AWS,)),
    ("route 192.0.2.200/32", "AWS VPC CNI", (AWS,)),
    ("address 10.96.0.1/32", "kube-proxy (IPVS)", ()),
    ("address 192.0.2.100/32", "unknown", ()),
    ("address 192.0.2.100/32", "keepalived", ("/etc/keepalived/keepalived.conf",)),
    ("address 192.0.2.100/32", "kube-vip", ("/etc/kubernetes/manifests/kube-vip.yaml",)),
    ("rule pref 5270 from all lookup 52 (IPv4)", "Tailscale", ()),
    ("rule pref 301", "WireGuard", ()),
    ("route throw 127.0.0.0/8", "Tailscale", ()),
    ("nexthop id 103", "FRR", ()),
    ("route 10.250.0.0/16", "FRR", ()),
    ("neighbour 192.0.2.77", "unknown", ()),
]


@pytest.mark.parametrize(("name", "owner", "files"), OWNERS)
def test_owner(name: str, owner: str, files: tuple[str, ...]) -> None:
    found = Owners(files, HERE).of(called(HERE, name))
    assert found.name == owner
    assert found.needs


def test_files_that_tell_owners() -> None:
    assert "/etc/keepalived/keepalived.conf" in FILES


def test_equal_ledgers_differ_in_nothing() -> None:
    assert compare(HERE, recorded("7.3"), OWN).links == ()
    assert compare(HERE, HERE, OWN) == Difference()
    assert compare(HERE, HERE, OWN).is_none


def test_only_what_others_lost_is_missing() -> None:
    after = without(
        HERE,
        "route 0.0.0.0/0 via 192.0.2.1",
        "address 192.0.2.5/24",
        "route 192.0.2.0/24",
        "route 10.246.2.0/24",
        "rule pref 32766 from all lookup 254 protocol 2 (IPv4)",
    )
    difference = compare(HERE, after, OWN)
    assert [shown(each) for each in difference.missing] == [
        "route 10.246.2.0/24 via 192.0.2.8 dev ens33 proto 17",
        "rule pref 32766 from all lookup 254 protocol 2 (IPv4)",
    ]
    assert not difference.is_none


def test_what_is_replaced_is_not_missing() -> None:
    route = called(HERE, "route 10.246.2.0/24")
    assert isinstance(route, Route)
    instead = replace(route, protocol=80)
    routes = tuple(instead if each == route else each for each in HERE.routes)
    difference = compare(HERE, replace(HERE, routes=routes), OWN)
    assert difference == Difference(replaced=((route, instead),))
    assert difference.is_none


def test_one_of_two_routes_of_one_key_is_missing() -> None:
    after = without(HERE, "route 10.254.1.0/24 via 192.0.2.12")
    assert len(compare(HERE, after, OWN).missing) == 1


def test_changed_links() -> None:
    before = LinkState("cni0", 7, "bridge", "0a:00:00:00:00:01", 1450, None, "up")
    after = replace(before, mac="0a:00:00:00:00:02", state="down")
    (change,) = compare(Ledger((before,)), Ledger((after,)), OWN).links
    assert str(change) == (
        "link cni0: mac 0a:00:00:00:00:01 is now 0a:00:00:00:00:02, state up is now down"
    )
    mine = Own(links=frozenset(["cni0"]))
    assert compare(Ledger((before,)), Ledger((after,)), mine) == Difference()


def test_a_bridge_takes_its_mac_and_mtu_from_pods_that_come_and_go() -> None:
    bridge = LinkState("cni0", 5, "bridge", "02:00:00:00:00:01", 1500)
    pod = LinkState("veth1", 6, "veth", "02:00:00:00:00:01", 1450, "cni0")
    other = replace(bridge, mac="02:00:00:00:00:02", mtu=1450)
    came = compare(Ledger((bridge,)), Ledger((other, pod)), Own())
    assert not came.links
    (change,) = compare(Ledger((bridge, pod)), Ledger((other, pod)), Own()).links
    assert change.what == ("mac", "mtu")
    down = replace(other, state="down")
    assert compare(Ledger((bridge,)), Ledger((down, pod)), Own()).links[0].what == ("state",)
