"""What is tried in a network of its own: `python -m tests.integration.ledger_inside NAME`.

long because they are one list, each a short story of the same world.
Each function finds the world of `foreign` made, and takes things away as networkd would (the
`taker`, which this process poses as networkd for) or as another program would (`ip`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from itertools import chain
from pathlib import Path

from hypothesis import HealthCheck, given, settings, strategies

from hostnet.host import ledger
from hostnet.host.watch import ports
from hostnet.ledger.difference import Difference, compare
from hostnet.ledger.objects import Key, Ledger
from hostnet.ledger.replay import replay
from hostnet.ledger.watched import Watch, absences
from hostnet.ledger.words import shown
from tests.integration.foreign import NEW, OLD, OWN
from tests.integration.taker import Taker
from tests.integration.trial import Trial, ip, names
from tests.lab.waiting import until

# --- each is a test --------------------------------------------------------------------


def all_of_it_comes_back() -> None:
    """Every foreign object of every owner but links."""
    trial = Trial()
    taken = trial.foreign()
    with trial.watched():
        trial.taker.take(taken)
    assert len(trial.difference().missing) > 70
    plan = trial.put_back()
    assert not plan.left, plan.left
    assert trial.difference() == Difference(), names(trial.difference().missing)


def the_rules_of_every_host_come_back() -> None:
    """`lookup main` is the system's, and the host is mute without it."""
    trial = Trial()
    rules = [rule.key for rule in trial.before.rules if rule.priority == 32766]
    with trial.watched():
        assert len(trial.taker.take(rules)) == 2
    assert len(trial.put_back().lines) == 2
    assert trial.difference() == Difference()


def any_part_comes_back() -> None:
    """Whatever networkd takes away, and whatever goes along with it."""
    trial = Trial()
    things = trial.foreign()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(strategies.sets(strategies.sampled_from(sorted(things, key=repr))))
    def some(keys: set[Key]) -> None:
        with trial.watched():
            trial.taker.take(keys)
        plan = trial.put_back()
        assert not plan.left, plan.left
        assert trial.difference() == Difference(), names(trial.difference().missing)

    some()


def what_its_owner_removed_stays_removed() -> None:
    """A route, a rule, a VIP, a nexthop and what hung on it, a pod's link with its route."""
    trial = Trial()
    with trial.watched():
        ip("route del blackhole 10.245.0.0/26")
        ip("rule del pref 512")
        ip("address del 192.0.2.100/32 dev ens33")
        ip("nexthop del id 104")
        ip("-6 nexthop del id 105")
        ip("link del eni0123456789a")
        lost = [x.key for x in trial.before.routes if x.protocol == 12 and x.family == 4]
        assert trial.taker.take(lost) == set(lost)
    plan = trial.put_back()
    assert [line.text for line in plan.lines] == [
        "route append 10.245.64.0/26 table 254 proto 12 scope 0 via 192.0.2.6 dev ens33 onlink"
    ]
    owners = {shown(left.thing).split(" via")[0] for left in plan.left if left.by_owner}
    missed = {
        "route blackhole 10.245.0.0/26 proto 80",
        "rule pref 512 from all to 192.0.2.200/32 lookup 254 (IPv4)",
        "address 192.0.2.100/32 on ens33",
        "nexthop id 104 blackhole protocol 11",
        "route blackhole 10.251.0.0/16 nhid 104 proto 186",
        "route fd00:250::/64 nhid 105 proto 186",
        "link eni0123456789a",
        "route 192.0.2.200/32 dev eni0123456789a proto 3",
    } - owners
    assert not missed, (missed, plan.left)
    assert not [shown(left.thing) for left in plan.left if not left.by_owner]


def taken_by_networkd_and_then_by_its_owner() -> None:
    """The last word is the owner's."""
    trial = Trial()
    lost = {x.key: x for x in trial.before.routes if x.protocol == 17 and x.table == 254}
    with trial.watched():
        trial.taker.take(lost)
        ip("route add 10.246.2.0/24 via 192.0.2.8 proto 17")
        ip("route del 10.246.2.0/24 via 192.0.2.8 proto 17")
    assert [left.by_owner for left in trial.replay().left] == [True]


def what_its_owner_made_otherwise_stays_so() -> None:
    """A route that was replaced is not lost, and nothing is put beside it."""
    trial = Trial()
    with trial.watched():
        ip("route replace 10.246.2.0/24 via 192.0.2.9 proto 17")
    difference = trial.difference()
    assert not difference.missing
    assert [names(pair) for pair in difference.replaced] == [
        [
            "route 10.246.2.0/24 via 192.0.2.8 dev ens33 proto 17",
            "route 10.246.2.0/24 via 192.0.2.9 dev ens33 proto 17",
        ]
    ]


def changed_links_are_named() -> None:
    """MAC, MTU, master and state of those that are not netplan's."""
    ip("link set pod1234 up")
    trial = Trial()
    with trial.watched():
        ip("link set flannel.1 address 0e:00:00:00:00:99")
        ip("link set kube-bridge mtu 1400")
        ip("link set veth1234 nomaster")
        ip("link set kube-bridge up")
        ip("link set cilium_host down")
        ip("link set ens33 mtu 1400")
    changes = {str(change) for change in compare(trial.before, trial.after, OWN).links}
    assert changes >= {
        "link flannel.1: mac 0e:00:00:00:00:01 is now 0e:00:00:00:00:99",
        "link veth1234: master cni0 is now none",
        "link cilium_host: state up is now down",
    }
    assert any(change.startswith("link kube-bridge: mtu 1500 is now 1400") for change in changes)
    assert not any("ens33" in change for change in changes)


def a_link_made_anew_is_its_owners() -> None:
    """What hung on the old one is left to him."""
    trial = Trial()
    with trial.watched():
        ip("link del kube-ipvs0")
        ip("link add kube-ipvs0 type bridge")
    plan = trial.replay()
    assert not plan.lines
    assert {left.why for left in plan.left} == {"its owner made kube-ipvs0 anew"}
    assert all(left.by_owner for left in plan.left)


def a_gone_link_is_named_with_all_on_it() -> None:
    """If one of netplan's went as well, with which it may have gone."""
    trial = Trial()
    with trial.watched():
        ip("link del ens33")
        ip("link del cilium_host")
    left = {shown(each.thing): each for each in trial.replay().left}
    assert left["link cilium_host"].why == "the link is gone"
    assert left["address 10.0.1.210/32 on cilium_host"].why == "its link cilium_host is gone"
    assert not left["link cilium_host"].by_owner


def a_route_from_the_old_address_comes_from_the_new() -> None:
    """The kernel deletes it with the address; its next life is from the one that came."""
    trial = Trial()
    ip("address add 192.0.2.50/24 dev ens33")
    with trial.watched():
        ip("address del 192.0.2.5/24 dev ens33")
    # It was networkd's to delete.
    took = frozenset(event.port for event in trial.watch.events)
    trial.watch = replace(trial.watch, networkd=took)
    plan = trial.put_back({OLD: NEW})
    assert names(plan.rewritten) == ["route 10.245.129.0/26 via 192.0.2.7 dev ens33 proto 80"]
    after = {route.key: route for route in ledger.read().routes}
    assert [after[route.key].source for route in plan.rewritten] == [NEW]
    nowhere = trial.replay()
    assert [left.why for left in nowhere.left] == [
        "its source 192.0.2.5 is no address of this host any more"
    ]


def what_goes_unseen_comes_back() -> None:
    """IPv4 routes of a link that was down for a moment, of which the kernel says nothing."""
    trial = Trial()
    with trial.watched():
        ip("link set cilium_host down")
        time.sleep(0.02)
        ip("link set cilium_host up")
    wanted = {x.key for x in trial.before.routes if x.table == 2005}
    told = {event.key for event in trial.watch.events if event.gone}
    assert not wanted & told
    trial.put_back()
    assert trial.difference() == Difference(), names(trial.difference().missing)


def short_absences_are_counted() -> None:
    """From its deletion, or where that is not told, from what it went with."""
    trial = Trial()
    deleted = [x for x in trial.before.routes if x.to == ip_network("10.245.64.0/26")]
    unseen = [x for x in trial.before.routes if x.to == ip_network("10.0.1.210/32")]
    with trial.watched():
        trial.taker.take([deleted[0].key])
        ip("link set cilium_host down")
        time.sleep(0.05)
        trial.after = ledger.read()
        lost = compare(trial.before, trial.after, OWN)
        ip("link set cilium_host up")
        plan = replay(lost, trial.before, trial.after, OWN, Watch(), {})
        ledger.put_back(plan.lines)
        ip("route replace 10.246.2.0/24 via 192.0.2.8 proto 17")  # never away
    away = {each.thing.key: each for each in absences(trial.before, OWN, trial.watch)}
    for route in (deleted[0], next(x for x in unseen if x.table == 2005)):
        assert away[route.key].is_over
        assert 50 <= away[route.key].milliseconds < 5000
    assert not any(
        each.thing.key[3] == ip_network("10.246.2.0/24")
        for each in away.values()
        if each.thing.key[0] == "route"
    )


def a_flood_is_survived_and_told() -> None:
    """More messages than the kernel keeps (ENOBUFS): an address is then left to its owner."""
    trial = Trial(buffer=1)
    lines = [f"route add 10.99.{n // 250}.{n % 250} dev ens33" for n in range(3000)]
    text = "\n".join(chain(lines, (line.replace("add", "del") for line in lines)))
    with trial.watched():
        subprocess.run(["ip", "-batch", "-"], input=text.encode(), check=True)
        vip = next(x for x in trial.before.addresses if x.label == "ens33:vip")
        trial.taker.take([vip.key])
    assert not trial.watch.is_complete
    assert [left.why for left in trial.replay().left] == [
        "whether its owner removed it could not be seen"
    ]


def what_is_taken_comes_back_while_the_change_goes_on() -> None:
    """Twice, as `netplan apply` has networkd configure a link twice."""
    trial = Trial()
    taken = trial.foreign()
    with trial.kept() as kept:
        for _ in range(2):
            assert len(trial.taker.take(taken)) > 70
            until(lambda: trial.difference() == Difference(), "all is back", 20)
    assert not kept.fates.lost, kept.fates.lost
    assert not kept.fates.links
    assert len(kept.fates.restored) > 70
    assert all(each.milliseconds > 0 for each in kept.fates.restored)


def what_its_owner_removes_meanwhile_stays_removed() -> None:
    """Nor is it told: he knows."""
    trial = Trial()
    gone = [x for x in trial.before.routes if x.protocol == 17 and x.table == 254]
    with trial.kept() as kept:
        ip("route del 10.246.2.0/24 via 192.0.2.8 proto 17")
        trial.taker.take([x.key for x in trial.before.routes if x.protocol == 80])
        until(lambda: len(trial.difference().missing) == len(gone), "Calico's are back", 20)
    assert trial.difference().missing == tuple(gone)
    assert not kept.fates.lost


def what_cannot_come_back_is_named_with_its_cure() -> None:
    """Nothing has taken the place of the address it comes from."""
    trial = Trial()
    with trial.kept() as kept:
        trial.taker.take([x.key for x in trial.before.addresses if x.address.ip == OLD])
    lost = {each.what: each for each in kept.fates.lost}
    route = lost["route 10.245.129.0/26 via 192.0.2.7 dev ens33 proto 80"]
    assert route.owner == "Calico"
    assert route.why == "its source 192.0.2.5 is no address of this host any more"
    assert route.remedy == "kubectl -n kube-system rollout restart daemonset/calico-node"


def the_route_from_an_address_that_moved_comes_from_the_new() -> None:
    """Both are there, so it is swapped, and never away."""
    ip("address add 192.0.2.50/24 dev ens33")
    trial = Trial()
    with trial.kept(((OLD, NEW),)) as kept:
        trial.taker.take([x.key for x in trial.before.addresses if x.address.ip == OLD])
    after = {x.key: x for x in ledger.read().routes}
    moved = [x for x in trial.before.routes if x.source == OLD and x.protocol == 80]
    assert [after[x.key].source for x in moved] == [NEW]
    restored = {each.what: each.milliseconds for each in kept.fates.restored}
    assert restored["route 10.245.129.0/26 via 192.0.2.7 dev ens33 proto 80"] == 0.0
    # What sends from the old one is of no use any more, and its owner is named.
    tunnels = {each.what: each.owner for each in kept.fates.lost}
    assert tunnels["link flannel.1"] == "Flannel"


def a_link_that_is_not_as_it_was_is_told() -> None:
    """Verification fails on it."""
    trial = Trial()
    with trial.kept() as kept:
        ip("link set flannel.1 address 0e:00:00:00:00:99")
        trial.taker.take([x.key for x in trial.before.routes if x.protocol == 17])
    assert kept.fates.links == ("link flannel.1: mac 0e:00:00:00:00:01 is now 0e:00:00:00:00:99",)


def refusals_name_their_lines() -> None:
    """One does not stop the others, and what is there already is none."""
    trial = Trial()
    lost = {x.key for x in trial.before.routes if x.protocol in (12, 17, 80)}
    with trial.watched():
        trial.taker.take(lost)
    ip("route add 10.246.2.0/24 via 192.0.2.8 proto 17")
    lines = trial.replay().lines
    ip("address del 192.0.2.5/24 dev ens33")
    refused = ledger.put_back(lines)
    assert "route append 10.245.129.0/26 table 254" in refused[0].line.text
    assert all(each.why for each in refused)
    there = {route.to for route in ledger.read().routes}
    assert {ip_network("10.245.0.0/26"), ip_network("10.246.2.0/24")} <= there


def ports_are_those_of_its_processes() -> None:
    """By inode: the process id is the port of one socket at most."""
    with tempfile.NamedTemporaryFile("w") as processes:
        processes.write(f"{os.getpid()}\n")
        processes.flush()
        taker = Taker(Ledger())
        assert taker.port != os.getpid()
        assert taker.port in ports([processes.name])
        assert ports([processes.name, str(Path(processes.name) / "gone")]) == {taker.port}
        taker.close()
        assert not ports([processes.name])


TESTS: dict[str, Callable[[], None]] = {
    name: each
    for name, each in list(globals().items())
    if callable(each) and each.__module__ == __name__
}

if __name__ == "__main__":
    TESTS[sys.argv[1]]()
