"""What is done to a host with pinned DNS, by its operator or by a stranger.

The words of programs stand beside where they are from.
"""

from __future__ import annotations

import time

from tests.lab import fixtures, strangers
from tests.lab.host import Host
from tests.lab.lookups import World
from tests.lab.names import SECOND
from tests.lab.waiting import until

RESOLVED = "systemd-resolved.service"
CONF = "/etc/resolv.conf"
WORDS = f"nameserver {SECOND.ipv4}"
LINE = f"{WORDS}\n"
KUBESPRAY = f"""\
[Resolve]
DNS=169.254.25.10
FallbackDNS={SECOND.ipv4}
Domains=default.svc.cluster.local svc.cluster.local
#LLMNR=no
#MulticastDNS=no
DNSSEC=no
Cache=no-negative
#DNSStubListener=yes
"""
"""What its roles/kubernetes/preinstall/templates/resolved.conf.j2 comes to with nodelocaldns."""
KUBESPRAY_BLOCK = f"""\
# Ansible entries BEGIN
domain cluster.local
search default.svc.cluster.local svc.cluster.local
nameserver 169.254.25.10
nameserver {SECOND.ipv4}
options ndots:2 timeout:2 attempts:2
# Ansible entries END
"""
"""The same where resolved does not run: tasks/0060-resolvconf.yml, before what was there, of which
it takes nameservers, search domains and options away."""
_BLOCK_HAS = (["nameserver"], ["search"], ["domain"], ["options"])
LATER = f"[Resolve]\nDNS={SECOND.ipv4}\nDomains=~.\n"
_TAKEN = """\
[device-lab]
match-device=interface-name:ens34
managed=1
"""
"""NetworkManager leaves veth alone by a rule of udev's; a card it would take."""
_PROFILE = """\
[connection]
id=ens34
type=ethernet
interface-name=ens34

[ipv4]
method=auto

[ipv6]
method=ignore
"""
_SECOND_CARD = """\
network:
  version: 2
  ethernets:
    ens34:
      dhcp4: true
"""
_OTHER_INSTANCE = f"""\
version: 2
ethernets:
  ens33:
    match: {{macaddress: "MAC"}}
    set-name: ens33
    dhcp4: true
    nameservers: {{addresses: [{SECOND.ipv4}]}}
"""


# --- what operators do ------------------------------------------------------------------


def restart_resolved(world: World, _mode: str) -> None:
    """It reads its files anew."""
    world.host.run(["systemctl", "restart", RESOLVED])


def restart_networkd(world: World, _mode: str) -> None:
    """Its leases are asked for anew."""
    world.host.run(["systemctl", "restart", "systemd-networkd"])
    world.host.wait_address()


def reload_networkd(world: World, _mode: str) -> None:
    """The files are read again, and the card is set up anew."""
    world.host.run(["networkctl", "reload"])
    world.host.run(["networkctl", "reconfigure", "ens33"])
    world.host.wait_address()


def renew(world: World, _mode: str) -> None:
    """The lease names another server from now on."""
    router = world.host.router
    router.name_servers(SECOND.ipv4)
    before = router.log().count("DHCPACK")
    world.host.run(["networkctl", "renew", "ens33"])
    until(lambda: router.log().count("DHCPACK") > before, "no lease is renewed")


def apply(world: World, _mode: str) -> None:
    """With nothing changed."""
    world.host.netplan_apply()


def reboot(world: World, _mode: str) -> None:
    """A clean one."""
    world.host.reboot()


def reinstall_resolved(world: World, _mode: str) -> None:
    """As `apt-get install --reinstall` does."""
    strangers.install(world.host, "systemd-resolved")


def new_instance(world: World, _mode: str) -> None:
    """A clone of the disk: cloud-init has every reason to render, and other servers to name."""
    seed = "/var/lib/cloud/seed/nocloud/network-config"
    world.host.write(seed, _OTHER_INSTANCE.replace("MAC", world.host.mac("ens33")))
    fixtures.new_instance(world.host, "second")
    world.host.reboot()
    assert world.host.read("/var/lib/cloud/data/instance-id").strip() == "second"


def flap(world: World, _mode: str) -> None:
    """The cable is out for three seconds."""
    world.host.cable("ens33", connected=False)
    time.sleep(3)
    world.host.cable("ens33", connected=True)
    world.host.router.wait_reachable(world.host.wait_address(), 20)


# --- strangers at resolv.conf -----------------------------------------------------------


def echo(world: World, _mode: str) -> None:
    """Into whatever the name leads to."""
    _shell(world.host, f"echo '{WORDS}' >{CONF}")


def rename(world: World, _mode: str) -> None:
    """As editors and Ansible write."""
    _shell(world.host, f"echo '{WORDS}' >{CONF}.new && mv {CONF}.new {CONF}")


def swap(world: World, _mode: str) -> None:
    """As `ln -sf` does it, which leaves no moment without the name."""
    world.host.write("/run/stranger/resolv.conf", LINE)
    _shell(world.host, f"ln -s /run/stranger/resolv.conf {CONF}.new && mv -T {CONF}.new {CONF}")


def delete(world: World, _mode: str) -> None:
    """Nobody writes another."""
    world.host.run(["rm", CONF])


# --- strangers at resolved --------------------------------------------------------------


def kubespray(world: World, mode: str) -> None:
    """resolvconf_mode: host_resolvconf, its default."""
    if mode == "direct":
        old = world.host.read(CONF).splitlines(keepends=True)
        rest = (line for line in old if line.split()[:1] not in _BLOCK_HAS)
        world.host.write(f"{CONF}.ansible", KUBESPRAY_BLOCK + "".join(rest))
        world.host.run(["mv", f"{CONF}.ansible", CONF])
    else:
        world.host.write("/etc/systemd/resolved.conf", KUBESPRAY)
        restart_resolved(world, mode)


def later_drop_in(world: World, mode: str) -> None:
    """What sorts after hostnet's own adds to it."""
    world.host.write("/etc/systemd/resolved.conf.d/zz-site.conf", LATER)
    restart_resolved(world, mode)


def set_by_call(world: World, _mode: str) -> None:
    """For the link, and for every name."""
    world.host.run(["resolvectl", "dns", "ens33", SECOND.ipv4])
    world.host.run(["resolvectl", "domain", "ens33", "~."])


def mask(world: World, mode: str) -> None:
    """The other way round where the pin has masked it."""
    if mode == "direct":
        world.host.run(["systemctl", "unmask", RESOLVED])
        started = world.host.run(["systemctl", "enable", "--now", RESOLVED], check=False)
        # The pin may have masked it again already.
        assert started.returncode == 0 or "is masked" in started.output, started
    else:
        world.host.run(["systemctl", "mask", "--now", RESOLVED])


# --- programs ---------------------------------------------------------------------------


def network_manager(world: World, _mode: str) -> None:
    """It takes the second card, whose lease names a server."""
    host = world.host
    host.write("/etc/NetworkManager/conf.d/10-lab.conf", _TAKEN)
    host.write("/etc/NetworkManager/system-connections/ens34.nmconnection", _PROFILE, 0o600)
    strangers.install(host, "network-manager")
    host.run(["systemctl", "start", "NetworkManager"])
    argv = ["nmcli", "-g", "GENERAL.STATE", "device", "show", "ens34"]
    connected = lambda: host.run(argv, check=False).stdout.startswith("100")  # noqa: E731
    until(connected, f"{host.suite}: NetworkManager does not take ens34", 30, 0.2)


def openresolv(world: World, _mode: str) -> None:
    """Its package and resolved's exclude each other; what a DHCP client found is told to it."""
    host = world.host
    host.run(["dpkg", "--remove", "libnss-resolve", "systemd-resolved"])
    strangers.install(host, "openresolv")
    # It sees that the file is not its own, and says how to have it written all the same.
    host.run(["resolvconf", "-a", "ens33.dhcp"], input=LINE, check=False)
    host.run(["resolvconf", "-u"])


def second_card(world: World, _mode: str) -> None:
    """By a file of its own, whose lease names the router."""
    world.host.write("/etc/netplan/60-second.yaml", _SECOND_CARD, 0o600)
    world.host.netplan_apply("ens34")


def _shell(host: Host, script: str) -> None:
    host.run(["sh", "-ec", script])
