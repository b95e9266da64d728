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

    if host.suite == "bookworm":
        _undone_together(host)
    else:
        _moves_beside_the_pin(host, pin)
    _is_pinned(world, pin)
    at = host.addresses("ens34")
    assert host.reboot() == "running"
    host.router.wait_reachable("192.168.141.56")
    assert host.addresses("ens34") == at
    _is_pinned(world, pin)
    hostnet(host, "dns", "unpin")
    assert host.addresses() == ["192.168.141.56/24"]


def _undone_together(host: Host) -> None:
    """A nameserver that does not answer is not pinned, nor does the address stay beside it."""
    before = configuration(host, nameservers=lambda: "")
    dead = NODE.replace("141.56", "141.58") + f"    dns: {{servers: {DEAD.ipv4}}}\n"
    host.write(PATH, dead)
    hostnet(host, "apply", PATH, "--json", exits=6)
    assert configuration(host, nameservers=lambda: "") == before


def _moves_beside_the_pin(host: Host, pin: str) -> None:
    """An interface that comes before the last changes, and leaves DNS as it is pinned."""
    host.write(PATH, NODE.replace("142.56", "142.57") + f"    dns: {pin}\n")
    done = json.loads(hostnet(host, "apply", PATH, "--json").stdout)
    assert [each["outcome"] for each in done["results"]] == ["committed", "already-so"]
    assert host.addresses("ens34") == ["192.168.142.57/24"]


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
