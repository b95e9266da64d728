"""Links, addresses and routes read from real kernels: this one's, and namespaces of it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from ipaddress import ip_address, ip_interface, ip_network
from pathlib import Path

import pytest

from hostnet.host import links
from hostnet.model import KernelRoute, Link, LinkAddress
from tests import needs
from tests.checkout import ROOT

READ = """
import pickle, sys
from hostnet.host import links
sys.stdout.buffer.write(pickle.dumps(links.read()))
"""

# sysfs shows the links of the namespace it was mounted in.
PROLOGUE = "set -e; mount -t sysfs sysfs /sys; ip link set lo up\n"
PAIR = """
ip link add lan0 type veth peer name peer0
ip link set lan0 address 02:00:00:00:00:01
ip link property add dev lan0 altname enp0s3lan
ip link set peer0 up
ip link set lan0 mtu 1400 up
"""

Found = tuple[dict[str, Link], tuple[KernelRoute, ...]]


def read_in_namespace(script: str, *prefix: str) -> Found:
    """What links.read() finds in a new network namespace after the script ran there."""
    needs.root()
    unshare = [needs.tool("unshare"), "--net", "--mount", "sh", "-c"]
    argv = [*unshare, f'{PROLOGUE}{script}\nexec "$@"', "sh", *prefix, sys.executable, "-c", READ]
    done = subprocess.run(argv, stdout=subprocess.PIPE, cwd=ROOT, timeout=60)
    assert done.returncode == 0
    found, routes = pickle.loads(done.stdout)
    return {link.name: link for link in found}, routes


def test_this_machine() -> None:
    needs.tool("ip")
    found, _ = links.read()
    assert [link.index for link in found] == sorted(link.index for link in found)
    for link in found:
        sysfs = Path("/sys/class/net", link.name)
        if sysfs.exists():  # /sys may be of another namespace than we are
            assert link.mtu == int((sysfs / "mtu").read_text())
    lo = next(link for link in found if link.loopback)
    assert lo.has(ip_interface("127.0.0.1/8"))
    assert (lo.kind, lo.mac, lo.permanent_mac) == ("loopback", None, None)


def test_one_process_answers(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    strace = (needs.tool("strace"), "-f", "-e", "trace=execve", "-qq", "-o", str(trace))
    read_in_namespace("", *strace)
    started = [line for line in trace.read_text().splitlines() if line.endswith(" = 0")]
    assert len(started) == 2, started  # python itself, and ip


def test_a_pair_with_addresses_and_routes() -> None:
    found, routes = read_in_namespace(
        PAIR
        + """
        ip address add 10.0.0.5/24 dev lan0
        ip address add 10.0.0.6/24 dev lan0 valid_lft 600 preferred_lft 600
        ip address add fd77::5/64 dev lan0 nodad
        ip route add default via 10.0.0.1 metric 100 proto static
        ip route add 10.9.0.0/16 via 10.0.0.1 src 10.0.0.6 proto dhcp
        ip -6 route add default via fe80::1 dev lan0 metric 77 proto ra
        ip route add blackhole 10.8.0.0/16
        ip route add default via 10.0.0.1 table 100
        """
    )
    lan = found["lan0"]
    assert (lan.kind, lan.driver, lan.mtu, lan.up, lan.carrier) == (
        "veth",
        "veth",
        1400,
        True,
        True,
    )
    assert (lan.mac, lan.permanent_mac) == ("02:00:00:00:00:01", None)
    assert lan.altnames == ("enp0s3lan",)
    assert lan.parent is None
    assert lan.addresses[0] == LinkAddress(ip_interface("10.0.0.5/24"))
    leased = lan.addresses[1]
    assert leased.dynamic
    assert leased.valid_for is not None
    assert 500 < leased.valid_for <= 600
    assert lan.has(ip_interface("fd77::5/64"))
    assert not lan.has(ip_interface("10.0.0.5/25"))

    four = KernelRoute(ip_network("0.0.0.0/0"), "lan0", ip_address("10.0.0.1"), 100, "static")
    six = KernelRoute(ip_network("::/0"), "lan0", ip_address("fe80::1"), 77, "ra")
    assert [r for r in routes if r.to.prefixlen == 0] == [four, six]
    source = next(r for r in routes if r.to == ip_network("10.9.0.0/16"))
    assert (source.source, source.protocol) == (ip_address("10.0.0.6"), "dhcp")
    assert ip_network("10.8.0.0/16") not in [r.to for r in routes]


def test_a_link_that_is_down_has_neither() -> None:
    found, _ = read_in_namespace("ip link add lan0 type veth peer name peer0; ip link set lan0 up")
    assert (found["lan0"].up, found["lan0"].carrier) == (True, False)
    assert (found["peer0"].up, found["peer0"].carrier) == (False, False)


def test_a_duplicate_address_is_seen_as_such() -> None:
    wait = "for i in $(seq 50); do ip address show dev peer0 | grep -q dadfailed && break; "
    found, _ = read_in_namespace(
        PAIR
        + "ip address add fd77::5/64 dev lan0 nodad\nip address add fd77::5/64 dev peer0\n"
        + wait
        + "sleep 0.1; done"
    )
    address = next(a for a in found["peer0"].addresses if str(a.address) == "fd77::5/64")
    assert address.failed
    assert not found["peer0"].has(address.address)


def test_members_and_what_is_stacked() -> None:
    found, _ = read_in_namespace(
        PAIR
        + """
        ip link add br0 type bridge
        ip link set peer0 master br0
        ip link add vx0 type vxlan id 7 dstport 4789 dev lan0
        ip link add mv0 link lan0 type macvlan
        """
    )
    assert found["br0"].kind == "bridge"
    assert found["peer0"].master == "br0"
    assert (found["vx0"].kind, found["vx0"].parent) == ("vxlan", "lan0")
    assert (found["mv0"].kind, found["mv0"].parent) == ("macvlan", "lan0")
    assert {link.permanent_mac for link in found.values()} == {None}


def test_a_vlan_and_its_link() -> None:
    needs.link_kind("vlan", "id", "5")
    found, _ = read_in_namespace(PAIR + "ip link add link lan0 name lan0.5 type vlan id 5")
    assert (found["lan0.5"].kind, found["lan0.5"].parent) == ("vlan", "lan0")


def test_a_bond_and_its_member() -> None:
    needs.link_kind("bond")
    found, _ = read_in_namespace(
        PAIR + "ip link add bond0 type bond; ip link set lan0 down; ip link set lan0 master bond0"
    )
    assert found["bond0"].kind == "bond"
    assert found["lan0"].master == "bond0"


def test_links_that_come_and_go_do_not_disturb() -> None:
    # More links than one answer of the kernel holds, and others that never rest.
    found, _ = read_in_namespace(
        PAIR
        + """
        for i in $(seq 60); do echo "link add a$i type veth peer name b$i"; done | ip -batch -
        (for i in $(seq 400); do
            echo "link add c$i type veth peer name d$i"; echo "link delete c$i"
        done | ip -batch - ) &
        """
    )
    assert found["lan0"].mtu == 1400
    assert {f"a{i}" for i in range(1, 61)} <= set(found)


def test_networkd_and_udev_are_read_by_index() -> None:
    # In a /run of the namespace's own; the index of lan0 is asked for, never assumed.
    found, _ = read_in_namespace(
        PAIR
        + """
        mount -t tmpfs tmpfs /run
        mkdir -p /run/systemd/netif/links /run/udev/data
        index=$(cat /sys/class/net/lan0/ifindex)
        echo 'NETWORK_FILE=/run/systemd/network/10-netplan-lan0.network
DNS=10.0.0.53 fd77::53
DOMAINS=corp.example
ROUTE_DOMAINS=.
ADMIN_STATE=configured' > /run/systemd/netif/links/$index
        echo 'E:ID_PATH=pci-0000:00:03.0' > /run/udev/data/n$index
        """
    )
    lan = found["lan0"]
    assert lan.network_file == "/run/systemd/network/10-netplan-lan0.network"
    assert lan.nameservers == (ip_address("10.0.0.53"), ip_address("fd77::53"))
    assert lan.search == ("corp.example", "~.")
    assert lan.setup == "configured"
    assert lan.bus_path == "pci-0000:00:03.0"
    assert found["peer0"].network_file is None


def test_hardware_of_this_machine_has_its_driver() -> None:
    found, _ = links.read()
    hardware = [link for link in found if os.path.exists(f"/sys/class/net/{link.name}/device")]
    if not hardware:
        pytest.skip("no network hardware here")
    for link in hardware:
        assert link.driver
        assert link.kind in ("ether", "wifi")
