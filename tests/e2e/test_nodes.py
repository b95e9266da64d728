"""hostnet apply on a running host: one interface after the other, tried and verified."""

from __future__ import annotations

import json

from tests.e2e.conftest import Boot
from tests.e2e.steps import configuration, hostnet, silence
from tests.integration.schemas import check
from tests.lab import fixtures
from tests.lab.host import Host
from tests.lab.machine import Nic

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


def test_a_running_host_becomes_its_node(boot: Boot) -> None:
    cards = (Nic("ens33", "br0"), Nic("ens34", "br1"))
    host = boot(fixtures.installer_dhcp().plugged(*cards))["trixie"]
    host.wait_address()
    host.write(PATH, NODE)
    refused(host, NODE.replace("gateway: 192.168.141.1", "gateway: 192.168.143.1"), "HN012")
    refused(host, NODE + "    vlans: {vlan5: {id: 5, link: ens33}}\n", "HN095")
    host.write(PATH, NODE)
    both = hostnet(host, "apply", PATH, "--confirm", "60", "--json", exits=2)
    assert "2 interfaces" in both.stdout

    applied = hostnet(host, "apply", PATH, "--json")
    assert "ens34 is changed and kept" in applied.stderr
    done = json.loads(applied.stdout)
    check("apply", done)
    assert (done["node"], done["outcome"], len(done["results"])) == ("node", "committed", 2)
    assert host.addresses() == ["192.168.141.56/24"]
    assert host.addresses("ens34") == ["192.168.142.56/24"]
    with silence(host):
        assert hostnet(host, "apply", PATH).stdout == "ens34: already so\nens33: already so\n"
    assert host.reboot() == "running"
    host.router.wait_reachable("192.168.141.56")
    assert host.addresses("ens34") == ["192.168.142.56/24"]


def refused(host: Host, text: str, rule: str) -> None:
    """What is wrong with any interface is told before the first is touched."""
    before = configuration(host)
    host.write(PATH, text)
    done = json.loads(hostnet(host, "apply", PATH, "--json", exits=3).stdout)
    assert rule in [finding["id"] for finding in done["findings"]]
    assert configuration(host) == before
