"""Definitions that others refer to, or share: they lose the interface, and the rest stays."""

from __future__ import annotations

from tests.e2e.conftest import Boot
from tests.e2e.steps import OURS, WANTED, hostnet, on_each, own_complaints
from tests.lab import fixtures
from tests.lab.host import Host


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
    argv = ["static", "ens33", f"{WANTED}/24"]
    first = host.run(["hostnet", *argv], check=False)
    if host.suite == "bookworm" and f"{other}/24 is not on ens34" in first.stderr:
        # A fault of systemd 252 (README, Limits): 1 of 20 times, and only a restart helps.
        assert first.returncode == 6, first.output
        host.run(["systemctl", "restart", "systemd-networkd.service"])
        assert host.wait_address("ens34") == other
        hostnet(host, *argv)
    else:
        assert first.returncode == 0, first.output

    assert host.addresses("ens33") == [f"{WANTED}/24"]
    assert host.addresses("ens34") == [f"{other}/24"]
    assert "all-en" not in host.read("/etc/netplan/01-all.yaml") + host.read(OURS)
    host.reboot()
    host.router.wait_reachable(WANTED)
    assert host.wait_address("ens34") == other
    assert hostnet(host, "static", "ens33", f"{WANTED}/24").stdout == "ens33: already so\n"
