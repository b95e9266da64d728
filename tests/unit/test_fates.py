"""What is told of others' objects, and how the journal keeps it."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

from hostnet.host.files import Files
from hostnet.ledger.account import account
from hostnet.ledger.fates import Fates, Lost, Restored, by_owner
from hostnet.ledger.own import Own
from hostnet.ledger.owners import Owners
from hostnet.ledger.rtnetlink import Event
from hostnet.ledger.watched import Watch
from hostnet.ops import Held, Hold
from hostnet.plan import Plan
from hostnet.transaction.fates import add, fates
from hostnet.transaction.marks import State
from hostnet.transaction.record import plan_from, plan_to
from hostnet.verification import ExpectedRoute
from tests.integration.foreign import NEW, OLD, OWN
from tests.unit.crash_plan import begun
from tests.unit.ledgers import called, recorded, without

HERE = recorded()
ROUTE = called(HERE, "route 10.246.2.0/24")
NETWORKD = 4219792620
A, B = Restored("route a", "Calico", 3.0), Restored("route b", "Cilium", 1.0)
GONE = Lost("route a", "Calico", "its link is gone", "restart it")


def watch(*events: Event) -> Watch:
    return Watch(0.0, 10.0, events, frozenset([NETWORKD]))


def test_an_object_counts_once_with_its_longest_absence() -> None:
    both = Fates((A, B)).then(Fates((Restored("route a", "Calico", 2.0),)))
    assert both.restored == (A, B)


def test_the_last_word_counts() -> None:
    assert Fates((A, B)).then(Fates((), (GONE,))) == Fates((B,), (GONE,))
    assert Fates((), (GONE,)).then(Fates((A,))) == Fates((A,))
    assert Fates((), (), ("link x",)).then(Fates()) == Fates()


def test_the_owner_of_most_comes_first() -> None:
    found = by_owner((B, A, Restored("route c", "Calico", 1.0)))
    assert [(owner, len(each)) for owner, each in found.items()] == [("Calico", 2), ("Cilium", 1)]


def test_what_was_away_and_is_back_is_told_with_its_time() -> None:
    seen = watch(
        Event(1.0, ROUTE.key, gone=True, port=NETWORKD), Event(1.05, ROUTE.key, gone=False)
    )
    told = account(HERE, HERE, OWN, seen, {}, Owners((), HERE), {})
    assert [(each.owner, each.milliseconds) for each in told.restored] == [("kube-router", 50.0)]
    assert not told.lost


def test_what_is_not_back_is_told_with_the_kernels_word_and_the_cure() -> None:
    seen = watch(Event(1.0, ROUTE.key, gone=True, port=NETWORKD))
    after = without(HERE, "route 10.246.2.0/24")
    refused = {ROUTE.key: "Nexthop has invalid gateway."}
    (lost,) = account(HERE, after, OWN, seen, {}, Owners((), HERE), refused).lost
    assert (lost.owner, lost.why) == ("kube-router", "Nexthop has invalid gateway.")
    assert str(lost).endswith(lost.remedy)


def test_what_its_owner_removed_is_not_told() -> None:
    seen = watch(Event(1.0, ROUTE.key, gone=True, port=812))
    told = account(HERE, without(HERE, "route 10.246.2.0/24"), OWN, seen, {}, Owners((), HERE), {})
    assert told == Fates()


def test_a_tunnel_from_the_address_that_goes_is_of_no_use() -> None:
    told = account(HERE, HERE, OWN, watch(), {OLD: NEW}, Owners((), HERE), {})
    assert [(each.what, each.owner) for each in told.lost][:1] == [("link flannel.1", "Flannel")]


def test_a_journal_adds_up(files: Files) -> None:
    journal = begun(files, State.TRIAL)
    assert fates(journal) == Fates()
    add(journal, Fates((A,)))
    add(journal, Fates((B,), (GONE,), ("link x: mtu 1 is now 2",)))
    assert fates(journal) == Fates((B,), (GONE,), ("link x: mtu 1 is now 2",))


def test_a_plan_keeps_whose_is_what() -> None:
    route = ExpectedRoute(ip_network("10.0.0.0/8"), ip_address("192.0.2.1"), 5)
    own = Own(
        frozenset(["ens33", "br0"]),
        frozenset([OLD, ip_address("2001:db8::5")]),
        frozenset([(ip_network("10.0.0.0/8"), None), (ip_network("::/0"), ip_address("fe80::1"))]),
    )
    held = Held("ens33", (ip_interface("192.0.2.5/24"),), (route,))
    plan = Plan("ens33", trial=(Hold((held,), own, ((OLD, NEW),)),))
    assert plan_from(plan_to(plan, {}), lambda _: b"") == plan
