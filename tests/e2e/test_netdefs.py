"""Definitions that others refer to, or share: they lose the interface, and the rest stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.e2e.conftest import Boot
from tests.e2e.steps import OURS, WANTED, Running, hostnet, on_each, own_complaints
from tests.lab import fixtures
from tests.lab.host import Host
from tests.lab.waiting import until


def test_a_card_that_carries_a_vlan_stays_known_to_it(boot: Boot) -> None:
    on_each(boot(fixtures.vlan()), _under_a_vlan)


def _under_a_vlan(host: Host) -> None:
    host.wait_address()
    hostnet(host, "static", "ens33", f"{WANTED}/24")

    before = "    ens33:\n      dhcp4: true\n"
    assert before in fixtures.VLAN
    assert host.read("/etc/netplan/50-vlan.yaml") == fixtures.VLAN.replace(
        before, "    ens33: {}\n"
    )
    assert host.addresses() == [f"{WANTED}/24"]
    assert own_complaints(host.run(["netplan", "generate"])) == []
    rendered = host.read("/run/systemd/network/10-netplan-ens33.network")
    assert "VLAN=vlan15" in rendered


def test_a_match_that_covers_two_cards_becomes_one_definition_each(boot: Boot) -> None:
    on_each(boot(fixtures.covering_match()), _from_a_covering_match)


def _from_a_covering_match(host: Host) -> None:
    host.wait_address("ens33")
    other = host.wait_address("ens34")
    hostnet(host, "static", "ens33", f"{WANTED}/24")

    assert host.addresses("ens33") == [f"{WANTED}/24"]
    assert host.addresses("ens34") == [f"{other}/24"]
    assert "all-en" not in host.read("/etc/netplan/01-all.yaml") + host.read(OURS)
    host.reboot()
    host.router.wait_reachable(WANTED)
    assert host.wait_address("ens34") == other
    assert hostnet(host, "static", "ens33", f"{WANTED}/24").stdout == "ens33: already so\n"


LOSES = """
first=$(systemctl show --value -p MainPID systemd-networkd)
while [ "$(systemctl show --value -p MainPID systemd-networkd)" = "$first" ]; do
    ip address delete "$1" dev ens34 2> /dev/null || true
done
"""
"""What networkd of systemd 252 does by itself now and then: it has a lease, and no address."""


def test_an_address_that_was_leased_and_is_never_set_is_brought_back(boot: Boot) -> None:
    hosts = boot(fixtures.covering_match())
    # 262 writes no leases into /run/systemd/netif, and none was seen to need it.
    on_each({suite: hosts[suite] for suite in ("bookworm", "trixie")}, _stuck)


def _stuck(host: Host) -> None:
    host.wait_address("ens33")
    other = host.wait_address("ens34")
    with (
        ThreadPoolExecutor(1) as beside,
        Running(host, "static", "ens33", f"{WANTED}/24") as change,
    ):
        change.wait_for("netplan apply")
        with change.paused():
            lost = beside.submit(host.run, ["sh", "-c", LOSES, "sh", f"{other}/24"], timeout=300)
            until(lambda: not host.addresses("ens34"), "nothing is lost")
        assert "kept for every boot" in change.wait(0)
        lost.result()
    restarting = f"restarting systemd-networkd, which has leased {other} and does not set it"
    assert change.told.count(restarting) == 1
    assert host.wait_address("ens34") == other
    assert host.addresses("ens33") == [f"{WANTED}/24"]
