"""Ready descriptions of hosts, each one a kind of machine people really have."""

from __future__ import annotations

from collections.abc import Callable

from tests.lab.host import Host
from tests.lab.machine import Machine, Nic

INSTALLER = """\
# This is the network config written by 'subiquity'
network:
  ethernets:
    ens33:
      dhcp4: true
  version: 2
"""

COMMENTED = """\
# Netz im Keller, Stand Maerz. Ask Jana before touching the MTU!
network:
    version: 2      # 4 spaces, since the wiki says so
    renderer: networkd
    ethernets:
        # the card on the board, not the one in the slot
        ens33:
            dhcp4: yes          # static some day
            optional: true
            dhcp4-overrides: {use-mtu: false}   # the switch lies


# end of file
"""

VLAN = """\
network:
  version: 2
  ethernets:
    ens33:
      dhcp4: true
  vlans:
    vlan15:
      id: 15
      link: ens33
      addresses: [10.15.0.2/24]
      optional: true
"""

COVERING = """\
network:
  version: 2
  ethernets:
    all-en:
      match:
        name: "en*"
      dhcp4: true
"""

DUAL_STACK = """\
network:
  version: 2
  ethernets:
    ens33:
      dhcp4: true
      accept-ra: true
"""

_SEED = "/var/lib/cloud/seed/nocloud"
_CLOUD_CONFIG = """\
datasource_list: [NoCloud]
system_info: {network: {renderers: [netplan]}}
cloud_init_modules: [seed_random]
cloud_config_modules: []
cloud_final_modules: []
"""
_PERMANENT = "[Match]\nPermanentMACAddress=\nMACAddress={mac}\n"


def installer_dhcp() -> Machine:
    """A freshly installed server: one card, IPv4 by DHCP, the installer's own file."""
    return Machine().having("/etc/netplan/00-installer-config.yaml", INSTALLER, 0o600)


def commented() -> Machine:
    """A file somebody wrote by hand: comments, odd indentation, flow style, empty lines."""
    return Machine().having("/etc/netplan/01-netcfg.yaml", COMMENTED, 0o600)


def vlan() -> Machine:
    """A card that carries a VLAN, in the configuration only: the VLAN's link never appears.

    The lab's kernels may lack 8021q, and where the VLAN cannot be made, networkd gives up the
    *card* as failed (all suites). With netplan's .netdev masked the card comes up; an empty
    `VLAN=` in a drop-in does the same on sid only.
    """
    masked = "/etc/systemd/network/10-netplan-vlan15.netdev"
    return Machine().having("/etc/netplan/50-vlan.yaml", VLAN, 0o600).linked(masked, "/dev/null")


def covering_match() -> Machine:
    """Two cards, ens33 and ens34, on two networks, and one Netdef whose match covers both."""
    cards = (Nic("ens33", "br0"), Nic("ens34", "br1"))
    return Machine().having("/etc/netplan/01-all.yaml", COVERING, 0o600).plugged(*cards)


def dual_stack() -> Machine:
    """IPv4 by DHCP and IPv6 by router advertisement; wants `Router(dual_stack=True)`."""
    return Machine().having("/etc/netplan/00-installer-config.yaml", DUAL_STACK, 0o600)


def cloud_init(nic: str = "ens33", mac: str = "52:54:00:c1:00:01") -> Machine:
    """A cloud image: cloud-init finds its NoCloud seed and renders 50-cloud-init.yaml itself.

    It renders `match: {macaddress: …}` and `set-name:` on all suites, which netplan (0.106 to
    1.2) turns into `PermanentMACAddress=`. A veth has no permanent address, so by itself that
    never matches: no address, and networkd-wait-online holds the boot for two minutes. The two
    drop-ins stand for the hardware: they let networkd and udev compare the address the card has.
    networkd merges them into whatever netplan generates for the Netdef named like the card, a
    trial's file included. Seen working on all three suites, at the first and at later boots; the
    link file takes effect from the second boot on, as on a real machine.

    cloud-init is the real one; its modules beside the network (package sources, SSH keys, users)
    are switched off for the sake of time.
    """
    machine = (
        Machine(nics=(Nic(nic, mac=mac),))
        .without("/etc/cloud/cloud-init.disabled")
        .having("/etc/cloud/cloud.cfg.d/95-lab.cfg", _CLOUD_CONFIG)
        .having(f"{_SEED}/user-data", "#cloud-config\n{}\n")
        .having(f"{_SEED}/meta-data", "instance-id: first\n")
    )
    for kind in ("network", "link"):
        folder = f"/etc/systemd/network/10-netplan-{nic}.{kind}.d"
        machine = machine.having(f"{folder}/permanent-address.conf", _PERMANENT.format(mac=mac))
    return machine


def new_instance(host: Host, identity: str) -> None:
    """Make cloud-init take the next boot for the first of a new instance, as a cloned disk does."""
    host.write(f"{_SEED}/meta-data", f"instance-id: {identity}\n")


ALL: dict[str, Callable[[], Machine]] = {
    "installer-dhcp": installer_dhcp,
    "commented": commented,
    "vlan": vlan,
    "covering-match": covering_match,
    "dual-stack": dual_stack,
    "cloud-init": cloud_init,
}
"""By the name the command line knows them by."""
