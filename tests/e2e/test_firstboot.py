"""The first boot of an image: it becomes the node it is described as, before its network is up.

One host of each suite is all images in turn: between two of them it is made anew while it is off.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.steps import CLOUD_SWITCH, INSTALLER, OURS, WANTED, files_of, hostnet, on_each
from tests.e2e.test_package import (
    ANSWERS,
    INSTALLED,
    SITES_CARD,
    brought,
    building,
    preseed,
    states,
)
from tests.lab import SUITES, fixtures
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory
from tests.lab.lookups import World, Worlds, asks
from tests.lab.names import PINNED
from tests.lab.waiting import until

UNIT = "hostnet-firstboot.service"
RESOLVED = "systemd-resolved.service"
NODE_FILE = "/etc/hostnet/node.yaml"
OPT_IN = "/etc/hostnet/volume"
LATE = 'KERNEL=="loop*", PROGRAM="/bin/sleep 1"\n'
"""udev comes to name the volume only when hostnet has looked for it already."""
MEMORY = "/var/lib/hostnet"
MARKS = f"{MEMORY}/firstboot"
SITE = f"""\
nodes:
  - node: one
    select: {{hostname: clone-1}}
    interfaces: {{ens33: {{addresses: [192.168.141.11/24], gateway: 192.168.141.1}}}}
    dns: {{servers: {PINNED.ipv4}}}
  - node: two
    select: {{mac: '%(mac)s'}}
    interfaces: {{ens33: {{addresses: [192.168.141.12/24], gateway: 192.168.141.1}}}}
    dns: {{servers: {PINNED.ipv4}, mode: direct}}
  - node: three
    select: {{machine-id: %(machine_id)s}}
    interfaces: {{ens33: {{addresses: [192.168.141.13/24], gateway: 192.168.141.1}}}}
    dns: {{servers: {PINNED.ipv4}, strict: true}}
"""
MODES = ("resolved", "direct", "resolved")
NODE = """\
node: {name}
interfaces:
  ens33: {{addresses: [192.168.141.{at}/24], gateway: 192.168.141.1, nameservers: 192.168.141.1}}
"""
SEVERAL = """\
nodes:
  - {node: a, select: {hostname: [clone-1, clone-2, clone-3]}, bridges: {br0: {dhcp4: true}}}
  - {node: b, select: {hostname: [clone-3, clone-2, clone-1]}, bridges: {br1: {dhcp4: true}}}
"""
REFUSED = {
    "bookworm": (NODE.format(name="node", at=41).replace("ens33", "ens77"), 0o644, "HN030"),
    "trixie": (NODE.format(name="node", at=41), 0o666, "HN094"),
    "sid": (NODE.format(name="node", at=41).replace("/24", "/33"), 0o644, "HN010"),
}


@pytest.fixture(scope="module")
def clones(laboratory: type[Laboratory], debs: list[Path]) -> Iterator[Worlds]:
    """An image of each suite, in which hostnet was installed with answers for debconf."""
    with laboratory() as lab:
        machines = dict.fromkeys(SUITES, fixtures.installer_dhcp())
        machines["trixie"] = machines["trixie"].plugged(SITES_CARD)
        hosts = {
            suite: lab.host(suite, machine, name=f"clone-{at}", boot=False)
            for at, (suite, machine) in enumerate(machines.items(), 1)
        }
        on_each(hosts, lambda host: _preseeded(host, debs))
        yield {suite: World(host, lab.names(host.router)) for suite, host in hosts.items()}


def _preseeded(host: Host, debs: Sequence[Path]) -> None:
    """While an image is built files are written, and nothing else."""
    preseed(host, {**ANSWERS, "gateway": "192.168.141.1"})
    preseed(host, {"pin": "true"}, kind="boolean")
    done = building(host, "dpkg", "--install", *brought(host, debs))
    assert done.returncode == 0, done.output
    assert states(host) == INSTALLED
    assert "hostnet: hostnet static ens33" in done.output
    assert f"--dns {PINNED.ipv4} --pin-dns --root /." in done.output
    assert "To retry" not in done.output
    assert f"{WANTED}/24" in host.read(OURS)
    assert list(files_of(host, MEMORY)) == [f"{MEMORY}/pinned.json"]
    # Else the change would be one of the machine that builds.
    done = building(host, "hostnet", "static", "eth0", "10.0.0.5/24")
    assert (done.returncode, "--root /." in done.stderr) == (4, True), done.output


def anew(host: Host, *, machine_id: str = "") -> None:
    """Another clone of the image, off, which no one configured: only its marks are there."""
    if host.running:
        host.shutdown()
    done = building(host, "hostnet", "dns", "unpin", "--root", "/.")
    assert done.returncode == 0, done.output
    host.run(
        ["sh", "-c", f"rm -rf /etc/netplan/* {NODE_FILE} {OPT_IN} /boot/hostnet {CLOUD_SWITCH}"]
    )
    host.write(INSTALLER, fixtures.INSTALLER, 0o600)
    host.write("/etc/machine-id", f"{machine_id or uuid.uuid4().hex}\n")
    host.machine = replace(host.machine, credentials={}, volume={})


def comes_up(host: Host, address: str) -> None:
    host.router.wait_reachable(address)
    assert host.addresses() == [f"{address}/24"]
    assert [route["gateway"] for route in host.routes("default")] == ["192.168.141.1"]


def runs(host: Host) -> str:
    """The process of the unit in this boot; empty if none was started."""
    argv = ["systemctl", "show", "--value", "-p", "ExecMainPID", UNIT]
    return host.run(argv).stdout.strip().replace("0", "", 1)


def is_pinned(world: World, mode: str) -> None:
    host = world.host
    status: dict[str, Any] = {}

    def good() -> bool:
        status.update(json.loads(hostnet(host, "dns", "status", "--json").stdout))
        return not status["findings"]

    until(good, f"{host.suite}: {status}", 20, 0.2)
    assert status["pinned"] == mode
    asks(world, PINNED)
    unit = host.unit_state(RESOLVED)
    assert unit.active == ("inactive" if mode == "direct" else "active")
    assert host.unit_state("hostnet-pin.path").active == "active"


def test_a_preseeded_image_is_as_it_was_answered_and_costs_its_boot_nothing(
    clones: Worlds,
) -> None:
    def scenario(world: World) -> None:
        host = world.host
        assert host.boot() == "running"
        comes_up(host, WANTED)
        is_pinned(world, "resolved")
        assert runs(host) == ""
        assert not host.exists(MARKS)
        assert host.unit_state(UNIT).enabled == "enabled"

    on_each(clones, scenario)


def test_clones_of_one_image_become_three_nodes_once(clones: Worlds) -> None:
    hosts = [world.host for world in clones.values()]
    told = {"mac": hosts[1].mac("ens33"), "machine_id": uuid.uuid4().hex}
    wanted = {id(host): (f"192.168.141.1{at}", MODES[at - 1]) for at, host in enumerate(hosts, 1)}

    def scenario(world: World) -> None:
        host = world.host
        anew(host, machine_id=told["machine_id"] if host is hosts[2] else "")
        host.write(NODE_FILE, SITE % told)
        assert host.boot() == "running"
        address, mode = wanted[id(host)]
        comes_up(host, address)
        is_pinned(world, mode)
        assert "ordering cycle" not in host.journal()
        assert "written; the network comes up with it" in host.journal(UNIT)
        assert f"{address}/24" in host.read(OURS)
        assert "dhcp4" not in host.read(INSTALLER)
        assert host.exists(CLOUD_SWITCH)
        assert runs(host)
        assert hostnet(host, "status", "--exit-code").returncode == 0
        # Done is done: no process is started any more, and no file touched.
        before = host.mtimes(["/etc/netplan", MEMORY])
        for _ in range(5):
            assert host.reboot() == "running"
            comes_up(host, address)
            assert runs(host) == ""
        assert host.mtimes(["/etc/netplan", MEMORY]) == before
        is_pinned(world, mode)

    on_each(clones, scenario)


def test_a_clone_of_a_clone_is_configured_anew_by_whatever_describes_it(
    clones: Worlds, site_package: Path
) -> None:
    """A file of the boot partition, another package of the image, a credential, a volume."""

    def scenario(world: World) -> None:
        host = world.host
        for at, source in (
            (31, "package" if host.suite == "trixie" else "boot"),
            (32, "credential"),
            (33, "volume"),
        ):
            anew(host)
            text = NODE.format(name="node", at=at)
            address = f"192.168.141.{at}"
            if source == "package":
                address = WANTED
                done = building(host, "dpkg", "--install", *brought(host, [site_package]))
                assert (done.returncode, host.exists(OURS)) == (0, False), done.output
            elif source == "boot":
                host.write("/boot/hostnet/node.yaml", text)
            elif source == "credential":
                host.machine = host.machine.told("hostnet.node", text)
            else:
                host.write(OPT_IN, "")
                host.write("/etc/udev/rules.d/10-late.rules", LATE)
                host.machine = host.machine.carrying("node.yaml", text)
            assert host.boot() == "running"
            comes_up(host, address)
            assert host.exists(f"{MARKS}/{host.read('/etc/machine-id').strip()}")

    on_each(clones, scenario)


def _is_on_console(host: Host, said: str) -> None:
    """Sooner or later: nspawn copies it."""
    until(lambda: said in host.console(), f"{host.suite}: no {said} on the console")


def test_what_is_refused_leaves_the_images_own_network(clones: Worlds) -> None:
    """No node is this machine, several are; and what only one of the suites has to show."""
    nobody = SITE % {"mac": "52:54:00:00:00:99", "machine_id": "0" * 32}

    def scenario(world: World) -> None:
        host = world.host
        cases = (
            (nobody.replace("clone-1", "clone-9"), 0o644, "HN091"),
            (SEVERAL, 0o644, "HN092"),
            REFUSED[host.suite],
        )
        for text, mode, said in cases:
            anew(host)
            host.write(NODE_FILE, text, mode)
            before = files_of(host, "/etc/netplan")
            assert host.boot() == "degraded"
            assert host.wait_address().startswith("192.168.141.1")
            assert files_of(host, "/etc/netplan") == before
            assert not host.exists(f"{MARKS}/{host.read('/etc/machine-id').strip()}")
            assert said in host.journal(UNIT)
            _is_on_console(host, said)

    on_each(clones, scenario)
