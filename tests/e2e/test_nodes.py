"""hostnet apply on a running host: one interface after the other, tried and verified."""

from __future__ import annotations

import json

from tests.e2e.conftest import BootWorlds
from tests.e2e.steps import configuration, hostnet, on_each, silence
from tests.integration.schemas import check
from tests.lab import fixtures
from tests.lab.host import Host
from tests.lab.lookups import World, asks
from tests.lab.machine import Nic
from tests.lab.names import DEAD, PINNED

PATH = "/root/site.yaml"
NODE = """\
nodes:
  - node: elsewhere
    interfaces: {ens33: {addresses: [192.168.141.55/24], gateway: none}}
  - node: node
    interfaces:
      ens34: {addresses: [192.168.142.56/24], gateway: none}
      ens33: {addresses: [192.168.141.56/24], gateway: 192.168.141.1}
"""
PINS = {
    "bookworm": f"{{servers: {PINNED.ipv4}}}",
    "trixie": f"{{servers: {PINNED.ipv4}, mode: direct}}",
    "sid": f"{{servers: {PINNED.ipv4}, strict: true}}",
}


def test_a_running_host_becomes_its_node(boot_worlds: BootWorlds) -> None:
    cards = (Nic("ens33", "br0"), Nic("ens34", "br1"))
    on_each(boot_worlds(fixtures.installer_dhcp().plugged(*cards)), _becomes_its_node)


def _becomes_its_node(world: World) -> None:
    host, pin = world.host, PINS[world.host.suite]
    host.wait_address()
    refused(host, NODE.replace("gateway: 192.168.141.1", "gateway: 192.168.143.1"), "HN012")
    refused(host, NODE + "    vlans: {vlan5: {id: 5, link: ens33}}\n", "HN095")
    host.write(PATH, f"{NODE}    dns: {pin}\n")
    both = hostnet(host, "apply", PATH, "--confirm", "60", "--json", exits=2)
    assert "2 interfaces" in both.stdout

    applied = hostnet(host, "apply", PATH, "--json")
    assert "ens34 is changed and kept" in applied.stderr
    done = json.loads(applied.stdout)
    check("apply", done)
    assert (done["node"], done["outcome"], len(done["results"])) == ("node", "committed", 2)
    assert host.addresses() == ["192.168.141.56/24"]
    assert host.addresses("ens34") == ["192.168.142.56/24"]
    _is_pinned(world, pin)
    with silence(host):
        assert hostnet(host, "apply", PATH).stdout == "ens34: already so\nens33: already so\n"

    # An interface that comes before the last changes, and leaves DNS as it is pinned.
    moved = NODE.replace("142.56", "142.57")
    host.write(PATH, f"{moved}    dns: {pin}\n")
    done = json.loads(hostnet(host, "apply", PATH, "--json").stdout)
    assert [each["outcome"] for each in done["results"]] == ["committed", "already-so"]
    _is_pinned(world, pin)

    # What does not answer is not pinned, and the address that was to come with it does not come.
    bad = moved.replace("141.56", "141.58")
    host.write(PATH, f"{bad}    dns: {{servers: {DEAD.ipv4}}}\n")
    before = configuration(host, nameservers=lambda: "")
    done = json.loads(hostnet(host, "apply", PATH, "--json", exits=3).stdout)
    assert "HN057" in [finding["id"] for finding in done["findings"]]
    assert configuration(host, nameservers=lambda: "") == before
    assert host.reboot() == "running"
    host.router.wait_reachable("192.168.141.56")
    assert host.addresses("ens34") == ["192.168.142.57/24"]
    _is_pinned(world, pin)
    hostnet(host, "dns", "unpin")
    assert host.addresses() == ["192.168.141.56/24"]


def _is_pinned(world: World, pin: str) -> None:
    status = json.loads(hostnet(world.host, "dns", "status", "--json").stdout)
    assert status["pinned"] == ("direct" if "direct" in pin else "resolved")
    asks(world, PINNED)


def refused(host: Host, text: str, rule: str) -> None:
    """What is wrong with any interface is told before the first is touched."""
    before = configuration(host)
    host.write(PATH, text)
    done = json.loads(hostnet(host, "apply", PATH, "--json", exits=3).stdout)
    assert rule in [finding["id"] for finding in done["findings"]]
    assert configuration(host) == before
