"""A writer that never stops: hostnet gives up, and says so, and begins anew when it is told to."""

from __future__ import annotations

import json
import time

from hostnet.findings import PIN_FOUGHT_OVER
from hostnet.host.announce import FOUGHT_OVER
from hostnet.tampering import MOST, WINDOW
from tests.e2e.steps import hostnet
from tests.lab.host import Host
from tests.lab.lookups import World, asks
from tests.lab.machine import Machine
from tests.lab.names import PINNED
from tests.lab.waiting import until
from tests.matrix_dns.cell import PODS, SERVERS, WITHIN, entries, usually
from tests.matrix_dns.seen import Seen
from tests.matrix_dns.strangers import CONF, WORDS
from tests.matrix_dns.watching import Watch

WALLS = "/run/walls"
_WALL = f'#!/bin/sh\nprintf "%s\\n" "$*" >>{WALLS}\n'
_AGAIN = f"while :; do echo '{WORDS}' >{CONF}; sleep 1; done"
_SOON = 60.0
"""Seconds in which a fight of one write a second must have ended."""


def heard(machine: Machine) -> Machine:
    """The same machine, which remembers what everyone on it was told."""
    return machine.having("/usr/bin/wall", _WALL, 0o755)


def fight(world: World, mode: str, stay: float) -> Seen:
    """Let a program write every second until hostnet has had enough."""
    host = world.host
    complaints = []
    with Watch(host, world.names, PODS[mode]) as watch:
        usual = usually(watch, mode)
        begun = time.monotonic()
        host.run(["systemd-run", "--quiet", "--unit=stranger", "sh", "-c", _AGAIN])
        until(lambda: _has_ended(host), f"{host.suite}: the fight does not end", _SOON, 0.5)
        took = time.monotonic() - begun
        repairs = [each for each in entries(host) if each["repaired"]]
        time.sleep(stay)
        host.run(["systemctl", "stop", "stranger.service"])
        later = [each for each in entries(host) if each["repaired"]]
        if len(later) > len(repairs):
            complaints.append(f"{len(later) - len(repairs)} repairs after the end")
        if not 1 < len(repairs) <= MOST or took > WINDOW:
            complaints.append(f"{len(repairs)} repairs in {took:.0f} s")
        complaints += _told(host)
        # The operator has stopped the program, as he was told to.
        hostnet(host, "dns", "pin", *SERVERS, "--mode", mode, "--repoint-kubelet")
        if not watch.wait_good(usual, time.monotonic(), stay, WITHIN):
            complaints.append("another pin does not begin anew")
    asks(world, PINNED)
    if _has_ended(host):
        complaints.append(f"{PIN_FOUGHT_OVER.id} stays after another pin")
    told = dict.fromkeys(f"{each['what']} by {each['writer']}" for each in later)
    note = f"gave up after {len(repairs)} repairs in {took:.0f} s"
    return Seen(told=tuple(told), complaint="; ".join(complaints), note=note)


def _has_ended(host: Host) -> bool:
    found = json.loads(hostnet(host, "dns", "status", "--json").stdout)["findings"]
    return any(each["id"] == PIN_FOUGHT_OVER.id for each in found)


def _told(host: Host) -> list[str]:
    """Once each, with the program's name or the file's."""
    argv = ["journalctl", "-b", "-o", "cat", f"MESSAGE_ID={FOUGHT_OVER.message_id}"]
    journal = host.run(argv).stdout.splitlines()
    walls = host.read(WALLS).splitlines() if host.exists(WALLS) else []
    said = {"the journal": journal, "wall": walls}
    return [f"{len(each)} lines by {name}" for name, each in said.items() if len(each) != 1]
