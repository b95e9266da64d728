"""A power cut while a pin of DNS is tried, or just kept: the next boot has names either way."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.conftest import BootWorlds
from tests.e2e.steps import files_of, hostnet, on_each
from tests.lab import fixtures, kubelet
from tests.lab.lookups import World, asks
from tests.lab.names import LEASED, PINNED

PIN = ("dns", "pin", PINNED.ipv4, "--mode", "direct", "--repoint-kubelet")
NODE = kubelet.node(fixtures.installer_dhcp())
RESOLVED = "systemd-resolved.service"


def test_a_pin_that_was_tried_is_forgotten_and_one_that_was_kept_is_there(
    boot_worlds: BootWorlds,
) -> None:
    on_each(boot_worlds(NODE), _cut)


def _cut(world: World) -> None:
    host = world.host
    host.wait_address()
    asks(world, LEASED)
    before = files_of(host, "/etc", "/var/lib/kubelet")
    hostnet(host, *PIN, "--confirm", "120", "-q")
    asks(world, PINNED)

    host.power_cut()
    host.boot()
    host.wait_address()
    assert files_of(host, "/etc", "/var/lib/kubelet") == before
    state = host.unit_state(RESOLVED)
    assert (state.active, state.enabled) == ("active", "enabled")
    asks(world, LEASED)
    assert _status(world)["pinned"] is None

    hostnet(host, *PIN, "-q")
    host.power_cut()
    host.boot()
    host.wait_address()
    asks(world, PINNED)
    assert host.unit_state(RESOLVED).active == "inactive"
    assert _status(world)["pinned"] == "direct"


def _status(world: World) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(hostnet(world.host, "dns", "status", "--json").stdout)
    return found
