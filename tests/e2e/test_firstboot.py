"""The first boot of an image: it becomes the node it is described as, before its network is up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.e2e.steps import CLOUD_SWITCH, INSTALLER, OURS, files_of, hostnet, on_each
from tests.e2e.test_package import brought
from tests.lab import SUITES, fixtures
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory
from tests.lab.machine import Machine

UNIT = "hostnet-firstboot.service"
NODE_FILE = "/etc/hostnet/node.yaml"
MARKS = "/var/lib/hostnet/firstboot"
SITE = """\
nodes:
  - node: one
    select: {{hostname: clone-1}}
    interfaces: {{ens33: {{addresses: [192.168.141.11/24], gateway: 192.168.141.1}}}}
  - node: two
    select: {{mac: '{mac}'}}
    interfaces: {{ens33: {{addresses: [192.168.141.12/24], gateway: 192.168.141.1}}}}
  - node: three
    select: {{machine-id: {machine_id}}}
    interfaces: {{ens33: {{addresses: [192.168.141.13/24], gateway: 192.168.141.1}}}}
"""
NODE = """\
node: {name}
interfaces:
  ens33: {{addresses: [192.168.141.{at}/24], gateway: 192.168.141.1, nameservers: 192.168.141.1}}
"""


def bake(host: Host, debs: Sequence[Path]) -> None:
    """Make the image, which is not booted."""
    host.run(["dpkg", "--install", *brought(host, debs)], timeout=120)


def comes_up(host: Host, address: str) -> None:
    host.router.wait_reachable(address)
    assert host.addresses() == [f"{address}/24"]
    assert [route["gateway"] for route in host.routes("default")] == ["192.168.141.1"]


def runs(host: Host) -> str:
    """The process of the unit in this boot; empty if none was started."""
    argv = ["systemctl", "show", "--value", "-p", "ExecMainPID", UNIT]
    return host.run(argv).stdout.strip().replace("0", "", 1)


def test_clones_of_one_image_become_three_nodes_once(
    laboratory: type[Laboratory], debs: list[Path]
) -> None:
    with laboratory() as lab:
        machine = fixtures.installer_dhcp()
        hosts = {
            suite: lab.host(suite, machine, name=f"clone-{at}", boot=False)
            for at, suite in enumerate(SUITES, 1)
        }
        second, third = list(hosts.values())[1:]
        told = {"mac": second.mac("ens33"), "machine_id": third.read("/etc/machine-id").strip()}
        wanted = {id(host): f"192.168.141.1{at}" for at, host in enumerate(hosts.values(), 1)}

        def scenario(host: Host) -> None:
            bake(host, debs)
            host.write(NODE_FILE, SITE.format(**told))
            assert host.boot() == "running"
            address = wanted[id(host)]
            comes_up(host, address)
            assert f"{address}/24" in host.read(OURS)
            assert "dhcp4" not in host.read(INSTALLER)
            assert host.exists(CLOUD_SWITCH)
            assert runs(host)
            assert hostnet(host, "status", "--exit-code").returncode == 0
            # Done is done: no process is started any more, and no file touched.
            before = host.mtimes(["/etc/netplan", "/var/lib/hostnet"])
            for _ in range(5):
                assert host.reboot() == "running"
                comes_up(host, address)
                assert runs(host) == ""
            assert host.mtimes(["/etc/netplan", "/var/lib/hostnet"]) == before

        on_each(hosts, scenario)


def test_a_clone_of_a_machine_that_was_configured_is_configured_anew(
    laboratory: type[Laboratory], debs: list[Path]
) -> None:
    with laboratory() as lab:
        host = lab.host("trixie", fixtures.installer_dhcp(), name="clone", boot=False)
        bake(host, debs)
        host.write(NODE_FILE, NODE.format(name="first", at=21))
        host.boot()
        comes_up(host, "192.168.141.21")
        host.shutdown()
        host.write("/etc/machine-id", f"{'5' * 32}\n")
        host.write(NODE_FILE, NODE.format(name="second", at=22))
        assert host.boot() == "running"
        comes_up(host, "192.168.141.22")
        assert host.run(["ls", MARKS]).stdout.split()[0] == "5" * 32


@pytest.mark.parametrize("source", ["credential", "boot"])
def test_other_sources_are_found(
    laboratory: type[Laboratory], debs: list[Path], source: str
) -> None:
    text = NODE.format(name="node", at=31)
    machine = fixtures.installer_dhcp()
    if source == "credential":
        machine = machine.told("hostnet.node", text)

    def scenario(host: Host) -> None:
        bake(host, debs)
        if source == "boot":
            host.write("/boot/hostnet/node.yaml", text)
        assert host.boot() == "running"
        comes_up(host, "192.168.141.31")

    with laboratory() as lab:
        suites = SUITES if source == "credential" else SUITES[:1]
        on_each({suite: lab.host(suite, machine, boot=False) for suite in suites}, scenario)


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (SITE.format(mac="52:54:00:00:00:99", machine_id="0" * 32), 0o644, "HN091"),
        (NODE.format(name="node", at=41).replace("ens33", "ens77"), 0o644, "HN030"),
        (NODE.format(name="node", at=41), 0o666, "HN094"),
        (NODE.format(name="node", at=41).replace("/24", "/33"), 0o644, "HN010"),
    ],
)
def test_what_is_refused_leaves_the_images_own_network(
    laboratory: type[Laboratory], debs: list[Path], text: str, mode: int, said: str
) -> None:
    with laboratory() as lab:
        host = lab.host("bookworm", fixtures.installer_dhcp(), boot=False)
        bake(host, debs)
        host.write(NODE_FILE, text, mode)
        before = files_of(host, "/etc/netplan")
        assert host.boot() == "degraded"
        assert host.wait_address().startswith("192.168.141.1")
        assert files_of(host, "/etc/netplan") == before
        assert not host.exists(MARKS)
        assert said in host.journal(UNIT)
        assert said in host.console()


def test_nothing_to_do_costs_a_boot_nothing(laboratory: type[Laboratory], debs: list[Path]) -> None:
    with laboratory() as lab:
        host = lab.host("sid", Machine(), boot=False)
        bake(host, debs)
        host.boot()
        assert runs(host) == ""
        assert not host.exists("/var/lib/hostnet")
        assert host.unit_state(UNIT).enabled == "enabled"
