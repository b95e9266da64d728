"""A container network on a host: protected, nothing of it is ever away, whatever touches networkd.

Each story runs on one suite in turn, on hosts with a static address; HOSTNET_ALL_SUITES=1 takes
each to every suite.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from hostnet.protection.places import LINK, OPT_OUTS, UNMANAGED, keeper
from tests.e2e.conftest import Boot
from tests.e2e.steps import ALL, OURS, Hosts, Running, files_of, hostnet, lease_again, silence
from tests.integration.schemas import check
from tests.lab import SUITES, fixtures
from tests.lab.host import Host
from tests.lab.waiting import until

OWN, NEXT = "192.168.141.134", "192.168.141.135"
AT_MOST = 5.0
"""Milliseconds of silence, by pings lost in a row, as in test_make_before_break."""
STATIC = f"""\
network:
  version: 2
  ethernets:
    ens33:
      addresses: [{OWN}/24]
      routes: [{{to: default, via: 192.168.141.1}}]
      nameservers: {{addresses: [192.168.141.1]}}
"""
WIDE = "/etc/netplan/01-wide.yaml"
COVERING = "network: {ethernets: {wide: {match: {name: 'c*'}, dhcp4: true}}}\n"
EVERY = {OPT_OUTS, UNMANAGED, LINK, keeper("ens33")}
FOLDERS = ("/etc/systemd/network", "/etc/systemd/networkd.conf.d")
LINKS = ("cali0123456789a", "cni0", "flannel.1")
CONTAINERS = """
ip link add flannel.1 type vxlan id 1 dstport 8472 dev ens33 nolearning
ip link set flannel.1 up
ip link add cni0 type bridge
ip link set cni0 up
ip address add 10.244.0.1/24 dev cni0
ip link add cali0123456789a type veth peer name pod0
ip link set cali0123456789a up
ip link set pod0 up
ip route add 10.245.0.7 dev cali0123456789a scope link
ip route add blackhole 10.245.0.0/26 proto 80
ip route add 10.245.64.0/26 via 192.168.141.6 dev ens33 proto bird onlink
ip route add 10.245.128.0/26 via 192.168.141.7 dev ens33 proto 80
ip route add 10.245.192.0/26 dev ens33 table 100 proto 80
ip route add 10.246.2.0/24 via 192.168.141.8 dev ens33 proto 17
ip rule add pref 99 not fwmark 0x100000/0x100000 lookup 100
ip rule add pref 512 to 192.168.141.200 lookup main
ip -6 rule add pref 99 fwmark 0x100000/0x100000 lookup 100
ip -6 route add blackhole fd00:10:245::/122 proto 80
ip nexthop add id 101 via 192.168.141.11 dev ens33 proto zebra
ip route add 10.250.0.0/16 nhid 101 proto bgp metric 20
ip address add 192.168.141.90/32 dev ens33
ip address add 2001:db8::90/128 dev ens33 nodad preferred_lft 0
ip rule add pref 100 lookup local
ip rule del pref 0
"""
SHOW = """
for family in -4 -6; do ip $family rule; ip $family route show table all; done
ip nexthop
ip -o address | sed 's/ valid_lft.*//' | cut -d: -f2-
"""


def story(number: int) -> pytest.MarkDecorator:
    """Each on another suite."""
    return pytest.mark.parametrize("suite", SUITES if ALL else (SUITES[number % len(SUITES)],))


@pytest.fixture(scope="module")
def hosts(booting: Callable[[ExitStack], Boot]) -> Iterator[Hosts]:
    with ExitStack() as stack:
        machine = fixtures.installer_dhcp()
        yield booting(stack)(machine)


def contained(host: Host, *, static: bool = True) -> None:
    """The host with a container network and nothing of ours, whatever the last test left."""
    if host.exists(f"/sys/class/net/{LINKS[0]}") or host.exists(OPT_OUTS):
        host.reboot()
    host.run(["sh", "-c", f"rm -rf {' '.join(EVERY)} {WIDE} {OURS}"])
    host.run(["systemctl", "restart", "systemd-networkd"])
    lease_again(host)
    if static:
        host.write("/etc/netplan/00-installer-config.yaml", STATIC, 0o600)
        host.run(["netplan", "apply"])
        until(lambda: host.addresses() == [f"{OWN}/24"], f"{host.suite}: not {OWN} alone")
    host.run(["sh", "-ec", CONTAINERS])


def there(host: Host) -> set[str]:
    """All that a kernel has, without what it makes itself of links that come up."""
    lines = host.run(["sh", "-c", SHOW]).stdout.splitlines()
    return {line for line in lines if "fe80::" not in line and "ff00::" not in line}


def lost(host: Host, before: set[str], *addresses: str) -> set[str]:
    """What is no more there, but for what speaks of these addresses, and holds that have ended."""
    gone = before - there(host)
    return {line for line in gone if not any(address in line for address in addresses)}


def unmanaged(host: Host) -> dict[str, Any]:
    """What `cni status` says once networkd, restarted a moment ago, leaves every link alone."""
    found: dict[str, Any] = {}

    def settled() -> bool:
        found.update(json.loads(hostnet(host, "cni", "status", "--json").stdout))
        return {link["setup"] for link in found["links"]} == {"unmanaged"}

    until(settled, f"{host.suite}: networkd manages links of containers")
    return found


def protection(host: Host) -> set[str]:
    """Files of ours that are there."""
    return {path for path in files_of(host, *FOLDERS) if path in EVERY}


@story(0)
def test_it_is_protected_without_a_loss_and_so_is_what_comes_after(
    hosts: Hosts, suite: str
) -> None:
    host = hosts[suite]
    contained(host)
    before = there(host)
    with host.router.measure_gap(OWN) as seen:
        done = hostnet(host, "cni", "protect", "--json")
        assert lost(host, before) == set()
        host.run(["netplan", "apply"])
        host.run(["systemctl", "restart", "systemd-networkd"])
        host.run(["networkctl", "reconfigure", "ens33"])
        until(lambda: lost(host, before) == set(), f"{suite}: something is lost")
    assert json.loads(done.stdout)["outcome"] == "committed"
    assert json.loads(done.stdout)["lost"] == []
    assert lost(host, before) == set()
    print(f"{suite}: {seen.lost_ms:.0f} ms of silence, netplan and networkd by themselves included")

    assert protection(host) == EVERY
    status = unmanaged(host)
    check("cni", status)
    assert status["protected"]
    assert next(file["loaded"] for file in status["files"]) is True
    with silence(host):
        again = hostnet(host, "cni", "protect")
    assert again.stdout == "container networks: already so\n"

    host.run(["touch", OPT_OUTS])
    assert f"{OPT_OUTS}: as-wanted, not loaded" in hostnet(host, "cni", "status").stdout
    late = json.loads(hostnet(host, "cni", "protect", "--json").stdout)
    assert (late["diff"], late["outcome"]) == ([], "committed")
    assert f"{OPT_OUTS}: as-wanted, loaded" in hostnet(host, "cni", "status").stdout
    assert lost(host, before) == set()


@story(1)
def test_a_new_address_leaves_what_is_others(hosts: Hosts, suite: str) -> None:
    host = hosts[suite]
    contained(host)
    before = there(host)
    result = json.loads(hostnet(host, "static", "ens33", f"{NEXT}/24", "--json").stdout)
    assert result["outcome"] == "committed"
    assert {diff["path"] for diff in result["diff"]} >= EVERY
    assert [each for each in result["lost"] if "flannel" not in each["what"]] == []
    assert lost(host, before, OWN) == set()
    # Its own old address is not kept with the others'.
    addresses = {address.partition("/")[0] for address in host.addresses()}
    assert addresses == {NEXT, "192.168.141.90"}


@story(2)
def test_so_does_the_pin_of_a_lease_on_a_node_to_be(hosts: Hosts, suite: str) -> None:
    host = hosts[suite]
    contained(host, static=False)
    for link in LINKS:
        host.run(["ip", "link", "del", link])
    before = there(host)
    leased = host.router.log().count("DHCPRELEASE")
    mine = next(a.partition("/")[0] for a in host.addresses() if not a.endswith("/32"))
    with host.router.measure_gap(mine) as seen:
        hostnet(host, "static", "ens33", "--kubernetes")
    print(f"{suite}: {seen.lost_ms:.0f} ms of silence")
    assert seen.lost_ms <= AT_MOST
    assert lost(host, before, mine) == set()
    assert protection(host) == EVERY
    assert host.router.log().count("DHCPRELEASE") == leased
    done = hostnet(host, "static", "ens33", "--kubernetes")
    assert done.stdout == "ens33: already so\n"


@story(0)
def test_what_is_cut_short_leaves_neither_file_nor_loss(hosts: Hosts, suite: str) -> None:
    host = hosts[suite]
    contained(host)
    before, files = there(host), files_of(host, *FOLDERS)
    with Running(host, "cni", "protect") as change:
        change.wait_for("restarting systemd-networkd")
        with change.paused():
            host.run(["systemctl", "kill", "--signal=KILL", change.unit])
        said = change.wait(exits=6)
    assert "The old state is back and was verified" in said
    assert files_of(host, *FOLDERS) == files
    assert lost(host, before) == set()
    assert host.unit_state("systemd-networkd.service").active == "active"


@story(1)
def test_a_networkd_that_does_not_start_is_undone(hosts: Hosts, suite: str) -> None:
    host = hosts[suite]
    contained(host)
    before, files = there(host), files_of(host, *FOLDERS)
    broken = "/run/systemd/system/systemd-networkd.service.d/broken.conf"
    host.write(broken, f"[Service]\nExecStartPre=/usr/bin/test ! -e {OPT_OUTS}\n")
    host.run(["systemctl", "daemon-reload"])
    for argv in (("cni", "protect"), ("static", "ens33", f"{NEXT}/24")):
        said = hostnet(host, *argv, exits=6).output
        assert "systemctl restart systemd-networkd" in said
        assert files_of(host, *FOLDERS) == files
        assert lost(host, before) == set()
        assert host.unit_state("systemd-networkd.service").active == "active"
    host.run(["rm", broken])
    host.run(["systemctl", "daemon-reload"])


@story(2)
def test_a_wildcard_takes_no_links_of_containers(hosts: Hosts, suite: str) -> None:
    host = hosts[suite]
    contained(host)
    host.write(WIDE, COVERING, 0o600)
    host.run(["netplan", "apply"])
    online = ["/usr/lib/systemd/systemd-networkd-wait-online", "--timeout=3"]
    assert host.run(online, check=False).returncode != 0
    found = json.loads(hostnet(host, "cni", "status", "--json", "--exit-code", exits=10).stdout)
    told = {finding["id"] for finding in found["findings"]}
    assert {"HN060", "HN062", "HN064"} <= told
    assert {link["setup"] for link in found["links"]} != {"unmanaged"}

    hostnet(host, "cni", "protect")
    found = unmanaged(host)
    assert not {"HN062", "HN064"} & {finding["id"] for finding in found["findings"]}
    assert host.run([online[0], "--timeout=50"], check=False).returncode == 0


@story(0)
def test_it_is_taken_away_only_when_the_containers_are(hosts: Hosts, suite: str) -> None:
    host = hosts[suite]
    contained(host)
    hostnet(host, "cni", "protect")
    refused = hostnet(host, "cni", "unprotect", exits=3)
    assert "HN063" in refused.output
    assert protection(host) == EVERY
    host.reboot()
    assert json.loads(hostnet(host, "cni", "status", "--json").stdout)["protected"]
    done = hostnet(host, "cni", "unprotect")
    assert "container networks: changed, verified" in done.stdout
    assert protection(host) == set()
    assert hostnet(host, "cni", "unprotect").stdout == "container networks: already so\n"
    assert host.addresses() == [f"{OWN}/24"]


@story(1)
def test_udev_leaves_the_macs_of_containers_alone(hosts: Hosts, suite: str) -> None:
    host = hosts[suite]
    contained(host)
    hostnet(host, "cni", "protect")
    host.run(["udevadm", "control", "--reload"])
    macs = set()
    for _ in range(2):
        host.run(["ip", "link", "add", "flannel.7", "type", "vxlan", "id", "7", "dstport", "8472"])
        made = host.read("/sys/class/net/flannel.7/address")
        host.run(["udevadm", "settle"])
        assert host.read("/sys/class/net/flannel.7/address") == made
        assert (
            "10-hostnet-cni.link"
            in host.run(["udevadm", "info", "-q", "property", "/sys/class/net/flannel.7"]).stdout
        )
        macs.add(made)
        host.run(["ip", "link", "del", "flannel.7"])
    # By its name alone, as 99-default.link has it, it would be the same each time.
    assert len(macs) == 2
