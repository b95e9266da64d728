"""iproute2's JSON, recorded in a network full of others' objects, as a ledger."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

import pytest

from hostnet.host.fields import Unreadable
from hostnet.host.ledger import parse, refusals
from hostnet.ledger.objects import FdbEntry, Hop, HostAddress, LinkState, Neighbour, Nexthop
from hostnet.ledger.replay import Batch, Line
from hostnet.ledger.words import making, shown
from tests.unit.ledgers import VERSIONS, called, recorded

EMPTY = ("[]",) * 8


@pytest.mark.parametrize("version", VERSIONS)
def test_all_releases_show_the_same(version: str) -> None:
    def plain(release: str) -> set[object]:
        return {
            each
            for each in recorded(release).objects()
            if not any(hop.encap for hop in getattr(each, "hops", ()))
        }

    assert plain(version) == plain("6.1")


LINES = {
    "route 10.244.1.0/24": "via 10.244.1.0 dev flannel.1 onlink",
    "route blackhole 10.245.0.0/26": "route append blackhole 10.245.0.0/26 table 254 proto 80",
    "route throw 10.245.0.0/16": "throw 10.245.0.0/16 table 1 proto 80 scope 0",
    "route local 0.0.0.0/0 table 2004": "local 0.0.0.0/0 table 2004 proto 2 scope 254 dev lo",
    "route local ::/0 table 2004": "route add local ::/0 table 2004 proto 2 metric 1024 dev lo",
    "route 0.0.0.0/0 table 2005": "mtu 1450 via 10.0.1.210 dev cilium_host",
    "route 10.245.129.0/26": "src 192.0.2.5 via 192.0.2.7",
    "route 10.250.0.0/16": "route append 10.250.0.0/16 table 254 proto 186 scope 0 metric 20 nhid",
    "route blackhole 10.251.0.0/16": "append 10.251.0.0/16 table 254 proto 186 scope 0 metric",
    "route 10.252.0.0/16": "nexthop via 192.0.2.12 dev ens33 onlink weight 1",
    "route 10.253.0.0/16": "via inet6 fe80::9 dev ens33",
    "route 10.254.0.0/16": "tos 0x10 table 254 proto 3 scope 0 realms 5/6 mtu 1400 advmss 1300 "
    "initcwnd 20 rto_min 50ms quickack 1 congctl reno via 192.0.2.11 dev ens33",
    "route unreachable 10.254.2.0/24": "metric 4278198272",
    "route blackhole fd00:10:245::/122": "route add blackhole fd00:10:245::/122 table 254 "
    "proto 80 metric 1024",
    "route fd00:253::/64": "pref high via fe80::6 dev ens33",
    "route fd00:255::/64": "fd00:255::/64 from 2001:db8::/64 table 254",
    "rule pref 99 not from all fwmark 0x100000/0x100000 lookup 1 (IPv6)": "rule add pref 99 not",
    "rule pref 301": "rule add pref 301 not from all fwmark 0xca6c lookup 51820",
    "rule pref 302": "from all suppress_prefixlength 0 lookup 254",
    "rule pref 303": "rule add pref 303 from all goto 32766",
    "rule pref 304": "from 10.0.0.0/8 to 10.1.0.0/16 tos 0x10 iif lo oif ens33 ipproto 6 "
    "sport 10-20 dport 80 uidrange 5-6 lookup 52",
    "rule pref 305": "from all iif gone0 type prohibit",
    "rule pref 1536": "from 192.0.2.200/32 lookup 2",
    "nexthop id 103": "nexthop add id 103 group 101,3/102,1 protocol 11",
    "nexthop id 104": "nexthop add id 104 blackhole protocol 11",
    "address 192.0.2.101/32": "192.0.2.101/32 dev ens33 scope 0 label ens33:vip",
    "address 2001:db8::100/128": "dev ens33 scope 0 preferred_lft 0 nodad",
    "neighbour fe80::77": "neigh replace fe80::77 lladdr 02:00:00:00:00:77 dev ens33 nud "
    "permanent router",
    "FDB entry 0e:00:00:00:00:02": "fdb append 0e:00:00:00:00:02 dev flannel.1 dst 192.0.2.6 self",
    "FDB entry 0e:00:00:00:00:55": "fdb add 0e:00:00:00:00:55 dev veth1234 master static",
}


@pytest.mark.parametrize("name", LINES)
def test_the_words_that_make_it_again(name: str) -> None:
    assert LINES[name] in making(called(recorded(), name))


def test_values() -> None:
    ledger = recorded()
    flannel = called(ledger, "link flannel.1")
    assert isinstance(flannel, LinkState)
    assert (flannel.kind, flannel.mtu, flannel.state) == ("vxlan", 1450, "up")
    assert flannel.sends_from == ip_address("192.0.2.5")
    veth = called(ledger, "link veth1234")
    assert isinstance(veth, LinkState)
    assert veth.master == "cni0"
    ids = {nexthop.id: nexthop.family for nexthop in ledger.nexthops}
    assert ids == {101: 4, 102: 4, 103: None, 104: 4, 105: 6, 106: 6}
    assert Neighbour("flannel.1", ip_address("10.244.1.0"), "0e:00:00:00:00:02") in set(
        ledger.neighbours
    )
    leased = called(ledger, "address 198.51.100.9/24")
    assert isinstance(leased, HostAddress)
    assert leased.passing
    assert {shown(entry) for entry in ledger.fdb} == {
        "FDB entry 0e:00:00:00:00:02 behind 192.0.2.6 on flannel.1",
        "FDB entry 0e:00:00:00:00:55 on veth1234",
    }


@pytest.mark.parametrize(
    ("version", "to"),
    [("6.1", "192.0.2.9/32"), ("6.15", "10.254.9.0/24"), ("7.3", "10.254.9.0/24")],
)
def test_an_encapsulation_stands_for_itself(version: str, to: str) -> None:
    (route,) = [each for each in recorded(version).routes if any(x.encap for x in each.hops)]
    assert "dst 192.0.2.9" in route.hops[0].encap
    assert route.to == ip_network(to)  # 6.1 writes two keys of one name


def test_older_words_for_numbers() -> None:
    old = (
        '[{"type":"blackhole","dst":"10.1.0.0/16","protocol":"kernel","scope":"link",'
        '"table":"local","flags":[]}]'
    )
    ledger = parse(("[]", old, *("[]",) * 5, ""))
    (route,) = ledger.routes
    assert (route.type, route.protocol, route.scope, route.table) == ("blackhole", 2, 253, 255)


def test_peers_bridges_and_what_cannot_be_made() -> None:
    addresses = (
        '[{"ifindex":3,"ifname":"tun0","flags":["POINTOPOINT","UP"],"mtu":1500,"addr_info":['
        '{"family":"inet","local":"10.8.0.2","address":"10.8.0.1","prefixlen":32,"scope":"0",'
        '"noprefixroute":true,"valid_life_time":4294967295}]}]'
    )
    rules = '[{"priority":7,"src":"all","table":"9","moon":"full"},{"priority":8,"l3mdev":null}]'
    nexthops = '[{"id":1,"group":[{"id":2}],"type":"resilient"},{"id":2,"encap":{"mpls":5}}]'
    fdb = (
        '[{"mac":"02:00:00:00:00:01","ifname":"br0","vlan":5,"flags":["sticky"],"master":"br0",'
        '"state":"static"},'
        '{"mac":"02:00:00:00:00:02","ifname":"br0","flags":[],"master":"br0","state":""},'
        '{"mac":"33:33:00:00:00:02","ifname":"br0","flags":["self"],"state":"permanent"}]'
    )
    ledger = parse((addresses, "[]", rules, "[]", nexthops, "[]", "[]", fdb))
    (address,) = ledger.addresses
    assert address.peer == ip_interface("10.8.0.1/32")
    assert making(address) == (
        "address add 10.8.0.2 peer 10.8.0.1/32 dev tun0 scope 0 noprefixroute"
    )
    assert ledger.links[0].state == "up"
    assert [rule.unusual for rule in ledger.rules] == ["moon", ""]
    assert making(ledger.rules[1]) == "rule add pref 8 from all l3mdev"
    assert [nexthop.unusual for nexthop in ledger.nexthops] == ["resilient", "mpls 5"]
    assert ledger.fdb == (
        FdbEntry("br0", "02:00:00:00:00:01", "master", "static", None, 5, ("sticky",)),
    )
    assert making(ledger.fdb[0]) == "fdb add 02:00:00:00:00:01 dev br0 vlan 5 sticky master static"


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (0, '[{"ifname":"a"}]'),
        (0, '[{"ifname":"a","ifindex":1,"addr_info":[{"family":"inet","local":"x"}]}]'),
        (1, '[{"dst":"10.0.0.0/99"}]'),
        (2, '[{"priority":1,"src":"10.0.0.0","srclen":77}]'),
        (2, '[{"priority":1,"src":"all","fwmark":"moon"}]'),
        (2, '[{"priority":1,"src":"all","table":"moon"}]'),
        (4, '[{"gateway":"10.0.0.1"}]'),
        (1, "moon"),
    ],
)
def test_what_is_not_known_is_an_error(place: int, text: str) -> None:
    answers = ["[]"] * 5
    answers[place] = text
    with pytest.raises(Unreadable):
        parse((*answers, "[]", "[]", ""))


def test_nothing_at_all() -> None:
    assert not list(parse(EMPTY).objects())


def test_refusals_by_their_lines() -> None:
    lines = tuple(
        Line(Batch.IP4, text, Nexthop(number, 4, Hop("a")))
        for number, text in enumerate(("one", "two", "three", "four"))
    )
    stderr = (
        "RTNETLINK answers: File exists\nCommand failed -:1\n"
        "Error: Nexthop has invalid gateway.\nCommand failed -:2\n"
        'Cannot find device "gone0"\nCommand failed -:4\n'
    )
    assert [(each.line.text, each.why) for each in refusals(lines, stderr)] == [
        ("two", "Error: Nexthop has invalid gateway."),
        ("four", 'Cannot find device "gone0"'),
    ]
