"""One cell: a node with pinned DNS, what is done to it, and what its programs and pods go by."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.e2e.steps import hostnet
from tests.lab import kubelet
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory
from tests.lab.lookups import World, asks
from tests.lab.machine import Machine
from tests.lab.names import LEASED, PINNED
from tests.lab.waiting import until
from tests.matrix_dns.seen import Seen
from tests.matrix_dns.watching import Look, Stretch, Watch, stretches

Act = Callable[[World, str], None]
"""What is done; the other argument is the mode of the pin."""

STAY = 6.0
"""Seconds for which all must be as pinned in the end."""
WITHIN = 90.0
"""Seconds after the act in which that must have come."""
PODS = {"resolved": kubelet.UPLINK, "direct": kubelet.HOST}
"""The file that kubelet hands on, by mode."""
SERVERS = (PINNED.ipv4, PINNED.ipv6)


@dataclass(frozen=True)
class Doing:
    """What is done. `harmless`: nobody means DNS by it, so nobody may be told of."""

    act: Act
    harmless: bool = False
    reboots: bool = False


@contextmanager
def node(suite: str, machine: Machine, debs: Sequence[Path]) -> Iterator[World]:
    """A booted node with hostnet, and nameservers beside it."""
    with Laboratory() as lab:
        host = lab.host(suite, machine, router=lab.router(dual_stack=True))
        host.install_debs(*debs)
        yield World(host, lab.names(host.router))


def pin(world: World, mode: str) -> None:
    """Pin, and see that it is the pinned server that is asked."""
    host = world.host
    host.wait_address()
    host.wait_address(family=6)
    argv = ["resolvectl", "dns", "ens33"]
    until(lambda: LEASED.ipv4 in host.run(argv).stdout, f"{host.suite}: no lease", 20, 0.1)
    hostnet(host, "dns", "pin", *SERVERS, "--mode", mode, "--repoint-kubelet")
    asks(world, PINNED)


def look(world: World, mode: str, doing: Doing, stay: float = STAY) -> Seen:
    """Let it happen on a node with a pin, and wait until all was as pinned for so many seconds."""
    host = world.host
    earlier, begun = len(entries(host)), time.time()
    with Watch(host, world.names, PODS[mode]) as watch:
        usual = usually(watch, mode)
        if not doing.reboots:
            doing.act(world, mode)
            acted = time.monotonic()
            stays = watch.wait_good(usual, acted, stay, WITHIN)
        looks = watch.end()
    if doing.reboots:
        doing.act(world, mode)
        acted = time.monotonic()
        usual = replace(usual, at=acted)
        with Watch(host, world.names, PODS[mode]) as watch:
            stays = watch.wait_good(usual, acted, stay, WITHIN)
            looks = watch.end()
    found = stretches([each for each in looks if each.at > usual.at], usual, acted)
    wrong = [each for each in found if each.fault]
    longest = max(wrong, key=lambda each: each.seconds, default=Stretch(0.0, ""))
    told = entries(host)[earlier:]
    status = json.loads(hostnet(host, "dns", "status", "--json").stdout)
    complaints = [
        "" if stays else f"{looks[-1].fault(usual) or 'silence'}, {WITHIN:g} s after the act",
        "nobody was told of it" if wrong and not told else "",
        "told of somebody who did nothing" if doing.harmless and told else "",
        "told with a wrong time" if any(each["when"] < begun - 2 for each in told) else "",
        "" if status["pinned"] == mode else f"pinned: {status['pinned']}",
        *(_given_to_pods(host) if doing.reboots else ()),
    ]
    return Seen(
        longest.seconds,
        longest.fault,
        len(wrong),
        max((each.seconds for each in found if not each.fault), default=0.0),
        tuple(dict.fromkeys(f"{each['what']} by {each['writer']}" for each in told)),
        tuple(each["id"] for each in status["findings"]),
        "; ".join(filter(None, complaints)),
    )


def _given_to_pods(host: Host) -> Iterator[str]:
    """kubelet has made one when the host came up."""
    until(lambda: host.exists(kubelet.POD), f"{host.suite}: kubelet makes no pod", 20, 0.2)
    found = re.findall(r"(?m)^nameserver (\S+)", host.read(kubelet.POD))
    if not found or not set(found) <= set(SERVERS):
        yield f"a pod of the boot has {found}"


def usually(watch: Watch, mode: str) -> Look:
    """What the watcher sees before anything is done; only the pinned servers."""
    until(lambda: any(look.answer for look in watch.looks), "nothing is answered")
    usual = next(look for look in reversed(watch.looks) if look.answer)
    assert usual.answer == PINNED.answer, usual
    servers = set(re.findall(r"nameserver (\S+)", f"{usual.conf} {usual.pods}"))
    assert servers <= {*SERVERS, "127.0.0.53"}, usual
    assert usual.resolved == (mode == "resolved"), usual
    return usual


def entries(host: Host) -> list[dict[str, Any]]:
    """What hostnet has told of others so far."""
    found = json.loads(hostnet(host, "dns", "log", "--json").stdout)
    return list(found["entries"])
