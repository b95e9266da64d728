"""Who took an object away, for how long, and what is put back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address, ip_interface, ip_network

import pytest

from hostnet.ledger.difference import compare
from hostnet.ledger.moving import moving
from hostnet.ledger.objects import HostAddress, Key, Ledger, Route, Rule
from hostnet.ledger.replay import Batch, Replay, clinging, replay
from hostnet.ledger.rtnetlink import Event
from hostnet.ledger.watched import Author, Authors, Watch, absences
from hostnet.ledger.words import shown
from tests.integration.foreign import NEW, OLD, OWN
from tests.unit.ledgers import called, recorded, without

NETWORKD, FELIX = 4219792620, 812
NEW_ADDRESS = ip_interface("192.0.2.50/24")
HERE = recorded()


def seen(*events: tuple[float, str, Key, int]) -> Watch:
    """A watch of ten seconds: at, "-" gone or "+" come or "=" replaced or "v" down, port."""
    return Watch(
        0.0,
        10.0,
        tuple(
            Event(at, key, what == "-", port, what == "=", what == "v")
            for at, what, key, port in events
        ),
        frozenset([NETWORKD]),
    )


ROUTE = called(HERE, "route 10.245.129.0/26")
NHID = called(HERE, "route 10.250.0.0/16")
ADDRESS = called(HERE, "address 192.0.2.5/24").key
VIP = called(HERE, "address 192.0.2.100/32").key

AUTHORS: dict[str, tuple[Author, Sequence[tuple[float, str, Key, int]]]] = {
    "nobody": (Author.UNSEEN, []),
    "networkd": (Author.NETWORKD, [(1, "-", ROUTE.key, NETWORKD)]),
    "its owner": (Author.ANOTHER, [(1, "-", ROUTE.key, FELIX)]),
    "its owner last": (
        Author.ANOTHER,
        [(1, "-", ROUTE.key, NETWORKD), (2, "+", ROUTE.key, FELIX), (3, "-", ROUTE.key, FELIX)],
    ),
    "networkd last": (
        Author.NETWORKD,
        [(1, "-", ROUTE.key, FELIX), (2, "+", ROUTE.key, FELIX), (3, "-", ROUTE.key, NETWORKD)],
    ),
    "with its source": (
        Author.KERNEL,
        [(1, "-", ADDRESS, NETWORKD), (1, "-", ROUTE.key, 0)],
    ),
    "with its source, by another": (
        Author.ANOTHER,
        [(1, "-", ADDRESS, FELIX), (1, "-", ROUTE.key, 0)],
    ),
    "unseen, with addresses of both": (
        Author.UNSEEN,
        [(1, "-", ADDRESS, NETWORKD), (2, "-", VIP, FELIX)],
    ),
    "unseen, with another's address": (Author.ANOTHER, [(2, "-", VIP, FELIX)]),
}


@pytest.mark.parametrize("how", AUTHORS)
def test_author(how: str) -> None:
    author, events = AUTHORS[how]
    assert Authors(seen(*events)).of(ROUTE) is author


def test_routes_go_with_their_nexthop() -> None:
    watch = seen((1, "-", ("nexthop", 103), FELIX))
    assert Authors(watch).of(NHID) is Author.ANOTHER
    assert Authors(watch).of(called(HERE, "nexthop id 101")) is Author.UNSEEN


def test_absences() -> None:
    blackhole, cilium = (
        called(HERE, "route blackhole 10.245.0.0/26"),
        called(HERE, "route 10.0.1.0/24 via"),
    )
    watch = seen(
        (1.0, "-", blackhole.key, NETWORKD),
        (1.25, "+", blackhole.key, FELIX),
        (2.0, "-", blackhole.key, NETWORKD),
        (2.5, "+", blackhole.key, FELIX),
        (3.0, "=", NHID.key, FELIX),
        (4.0, "v", ("link", "cilium_host"), 0),
        (4.1, "v", ("link", "cilium_host"), 0),
        (4.2, "+", ("link", "cilium_host"), 0),
        (4.5, "+", cilium.key, FELIX),
        (5.0, "+", ROUTE.key, FELIX),
        (6.0, "-", ADDRESS, NETWORKD),
        (9.0, "-", VIP, NETWORKD),
    )
    found = {
        each.thing.key: (each.milliseconds, each.is_over) for each in absences(HERE, OWN, watch)
    }
    assert found == {
        VIP: (1000.0, False),
        blackhole.key: (750.0, True),
        cilium.key: (500.0, True),
    }


# --- back again ------------------------------------------------------------------------


def back(after: Ledger, watch: Watch | None = None, before: Ledger = HERE) -> Replay:
    return replay(compare(before, after, OWN), before, after, OWN, watch or seen(), {OLD: NEW})


def test_the_order_is_that_of_what_needs_what() -> None:
    nothing = Ledger(links=HERE.links)
    plan = back(nothing)
    assert {left.why for left in plan.left} == {
        "its encapsulation is not known well enough to make it again",
        "it was there for a limited time",
        "its source 192.0.2.50 is no address of this host any more",
    }
    for batch, first in ((Batch.IP4, "rule add pref 100"), (Batch.IP6, "rule add pref 100")):
        texts = [line.text for line in plan.lines if line.batch is batch]
        assert texts[0].startswith(first)
        kinds = [" ".join(text.split()[:1]) for text in texts if "lookup 25" not in text]
        assert kinds == sorted(kinds, key=["address", "neigh", "nexthop", "route", "rule"].index)
    four = [line.text for line in plan.lines if line.batch is Batch.IP4]
    ranks = [" via " in text for text in four if text.startswith("route")]
    assert ranks == sorted(ranks)
    groups = ["group" in text for text in four if text.startswith("nexthop")]
    assert groups == sorted(groups)
    assert all(line.text.startswith("fdb") for line in plan.lines if line.batch is Batch.BRIDGE)


def test_a_source_that_moved_is_rewritten() -> None:
    new = HostAddress("ens33", ip_interface("192.0.2.50/24"))
    gone = without(HERE, "address 192.0.2.5/24", "route 10.245.129.0/26")
    plan = back(replace(gone, addresses=(*gone.addresses, new)))
    (line,) = plan.lines
    assert "src 192.0.2.50" in line.text
    assert plan.rewritten == (ROUTE,)
    both = without(HERE, "route 10.245.129.0/26")
    plan = back(replace(both, addresses=(*both.addresses, new)))
    assert "src 192.0.2.5 " in plan.lines[0].text
    assert not plan.rewritten


def test_a_source_that_is_nowhere_is_named() -> None:
    plan = back(without(HERE, "address 192.0.2.5/24", "route 10.245.129.0/26"))
    assert [(left.why, left.by_owner) for left in plan.left] == [
        ("its source 192.0.2.50 is no address of this host any more", False)
    ]


def test_what_owners_removed_stays_removed_with_what_hung_on_it() -> None:
    after = without(
        HERE,
        "nexthop id 103",
        "nexthop id 101",
        "route 10.250.0.0/16",
        "route 10.0.1.0/24 via",
        "address 10.0.1.210/32 on cilium_host",
    )
    address = called(HERE, "address 10.0.1.210/32 on cilium_host")
    plan = back(after, seen((1, "-", ("nexthop", 101), FELIX), (1, "-", address.key, FELIX)))
    assert not plan.lines
    assert {(shown(left.thing).split(" via")[0], left.by_owner) for left in plan.left} == {
        ("nexthop id 101", True),
        ("nexthop id 103 group 101,3/102,1 protocol 11", True),
        ("route 10.250.0.0/16 nhid 103 proto 186", True),
        ("address 10.0.1.210/32 on cilium_host", True),
        ("route 10.0.1.0/24", True),
    }


def test_a_nexthop_that_is_gone_is_named() -> None:
    left = back(without(HERE, "nexthop id 103", "route 10.250.0.0/16"), seen(), HERE).left
    assert not left
    nowhere = replace(HERE, nexthops=())
    gone = without(nowhere, "route 10.250.0.0/16")
    plan = replay(compare(nowhere, gone, OWN), nowhere, gone, OWN, seen(), {})
    assert [each.why for each in plan.left] == ["nexthop object 103 is gone"]


def test_an_unwatched_address_is_left() -> None:
    watch = replace(seen(), is_complete=False)
    plan = back(without(HERE, "address 192.0.2.100/32", "route 10.246.2.0/24"), watch)
    assert [line.thing for line in plan.lines] == [called(HERE, "route 10.246.2.0/24")]
    assert [each.why for each in plan.left] == ["whether its owner removed it could not be seen"]


def test_links_are_never_made() -> None:
    gone = without(HERE, "link cni0", "address 10.244.0.1/24")
    assert {(each.why, each.by_owner) for each in back(gone).left} == {
        ("its owner removed cni0", True)
    }
    with_ours = without(gone, "link ens33")
    assert {(each.why, each.by_owner) for each in back(with_ours).left} == {
        ("the link is gone", False),
        ("its link cni0 is gone", False),
    }


def test_what_clings_to_the_old_address() -> None:
    rule = Rule(4, 1000, table=9, source=ip_network("192.0.2.5/32"))
    wide = Rule(4, 1001, table=9, source=ip_network("192.0.2.0/24"))
    after = replace(HERE, rules=(*HERE.rules, rule, wide))
    assert [(shown(each.thing), each.why) for each in clinging(after, {OLD: NEW})] == [
        ("link flannel.1", "it sends from 192.0.2.5"),
        ("rule pref 1000 from 192.0.2.5/32 lookup 9 (IPv4)", "it is for packets from 192.0.2.5"),
    ]
    assert not clinging(after, [ip_address("192.0.2.77")])


def test_without_networkds_ports_nothing_is_anothers() -> None:
    watch = replace(
        seen((1, "-", ROUTE.key, NETWORKD), (1, "-", VIP, NETWORKD)), networkd=frozenset()
    )
    plan = back(without(HERE, "route 10.245.129.0/26", "address 192.0.2.100/32"), watch)
    assert [line.thing for line in plan.lines] == [ROUTE]
    assert [each.by_owner for each in plan.left] == [False]


def test_a_route_is_led_from_the_new_address_while_both_are_there() -> None:
    both = replace(HERE, addresses=(*HERE.addresses, HostAddress("ens33", NEW_ADDRESS)))
    (line,) = moving(both, OWN, {OLD: NEW})
    assert line.text == (
        "route replace 10.245.129.0/26 table 254 proto 80 scope 0 src 192.0.2.50 "
        "via 192.0.2.7 dev ens33"
    )
    assert not list(moving(HERE, OWN, {OLD: NEW}))  # it is not there yet
    assert not list(moving(both, OWN, {}))
    assert isinstance(ROUTE, Route)
    twice = replace(both, routes=(*both.routes, replace(ROUTE, protocol=81)))
    assert not list(moving(twice, OWN, {OLD: NEW}))
