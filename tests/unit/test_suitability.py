"""Hosts that hostnet leaves alone, each with the reason and a way out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostnet.errors import Unsuitable
from hostnet.model import Netplan, Observed, SourceFile
from hostnet.suitability import demand_live_change, demand_ours, demand_readable
from tests.unit.builders import CLOUD, file, host, image, merged, nic

COMMAND = "hostnet static ens33"
NETPLAN = file(CLOUD, "network: {ethernets: {ens33: {}}}\n")
HOST = host(NETPLAN, nic("ens33", by="ens33"))


def test_a_host_that_has_all_is_changed() -> None:
    demand_live_change(HOST, COMMAND)
    demand_readable(HOST, COMMAND)


LACKS = {
    "systemd": ({"live": False}, "systemd does not run", "--root DIR"),
    "netplan": ({"netplan": None}, "netplan is not installed", "apt-get install netplan.io"),
    "its command": ({"netplan": Netplan("/x", None)}, "netplan is not installed", "netplan.io"),
    "root": ({"privileged": False}, "needs root", f"Run: sudo {COMMAND}"),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "what", "remedy"), LACKS.values(), ids=LACKS)
def test_a_host_that_lacks_something_is_told_what_to_do(
    fields: dict[str, bool | Netplan | None], what: str, remedy: str
) -> None:
    observed = host(NETPLAN, **fields)
    with pytest.raises(Unsuitable) as caught:
        demand_live_change(observed, COMMAND)
    assert what in caught.value.what
    assert remedy in caught.value.remedy
    assert caught.value.exit_code == 4


def test_an_ordinary_user_is_told_the_command_where_he_may_not_read() -> None:
    closed = replace(NETPLAN, problem="cannot be read: Permission denied")
    with pytest.raises(Unsuitable) as caught:
        demand_readable(image(closed), COMMAND)
    assert caught.value.remedy == f"Run: sudo {COMMAND}"
    demand_readable(host(closed), COMMAND)
    demand_readable(image(replace(NETPLAN, problem="is a directory")), COMMAND)


def ours(observed: Observed, interface: str = "ens33") -> None:
    tree = merged(*observed.netplan_files)
    demand_ours(interface, tree.netdef(interface), tree.renderer, observed)


def interfaces(text: str) -> Observed:
    return replace(HOST, interfaces_files=(file("/etc/network/interfaces", text),))


def networks(*files: SourceFile) -> Observed:
    return replace(HOST, network_files=files)


MATCHING = "[Match]\nName=en* wl*\n[Network]\nDHCP=yes\n"
OTHERS = {
    "NetworkManager for all": (
        host(file(CLOUD, "network: {renderer: NetworkManager}\n"), nic("ens33")),
        "is configured by NetworkManager"),
    "NetworkManager for itself": (
        host(file(CLOUD, "network: {ethernets: {ens33: {renderer: NetworkManager}}}\n")),
        "is configured by NetworkManager"),
    "ifupdown": (interfaces("auto lo\n\niface ens33 inet dhcp\n"),
                 "ifupdown, in /etc/network/interfaces:3"),
    "ifupdown, indented": (interfaces("  iface   ens33 inet6 auto\n"), "interfaces:1"),
    "a .network file in use": (
        replace(HOST, links=(nic("ens33", network_file="/etc/systemd/network/20-x.network"),)),
        "is configured by /etc/systemd/network/20-x.network"),
    "a .network file that would come first": (
        networks(file("/etc/systemd/network/05-x.network", MATCHING)), "05-x.network"),
    "a .network file for all but": (
        networks(file("/etc/systemd/network/05-x.network", "[Match]\nName=!eth* wl*\n")),
        "05-x.network"),
    "a .network file of several lines": (
        networks(file("/etc/systemd/network/05-x.network",
                      "[Match]\nName = eth0\n\n[Match]\nName=ens33\n")), "05-x.network"),
}  # fmt: skip


@pytest.mark.parametrize(("observed", "what"), OTHERS.values(), ids=OTHERS)
def test_an_interface_of_another_program_is_left_to_it(observed: Observed, what: str) -> None:
    with pytest.raises(Unsuitable) as caught:
        ours(observed)
    assert what in caught.value.what
    assert caught.value.remedy


OURS = {
    "nobody else's": HOST,
    "ifupdown has another": interfaces("iface lo inet loopback\niface ens34\n# iface ens33\n"),
    "a .network file comes later": networks(file("/etc/systemd/network/20-x.network", MATCHING)),
    "a .network file matches others": networks(
        file("/etc/systemd/network/05-x.network", "[Match]\nName=eth*\n[Network]\nName=ens33\n")),
    "a .network file for all but it": networks(
        file("/etc/systemd/network/05-x.network", "[Match]\nName=!eth* en*\n")),
    "a .network file that starts anew": networks(
        file("/etc/systemd/network/05-x.network", "[Match]\nName=ens33\nName=\nName=eth0\n")),
    "a vendor's fallback is in use": replace(
        HOST, links=(nic("ens33", network_file="/usr/lib/systemd/network/80-x.network"),)),
    "NetworkManager has the others": host(
        file(CLOUD, "network:\n  renderer: NetworkManager\n"
                    "  ethernets: {ens33: {renderer: networkd}}\n")),
}  # fmt: skip


@pytest.mark.parametrize("observed", OURS.values(), ids=OURS)
def test_an_interface_of_networkd_is_ours(observed: Observed) -> None:
    ours(observed)
