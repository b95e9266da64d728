"""The files of hostnet on a host, and what each is for; their names are the code's own."""

from __future__ import annotations

from hostnet.cloudinit import CLOUD_FILE
from hostnet.dns.resolvconf import PATH as RESOLV_CONF
from hostnet.dns.resolvedconf import OUR_DROP_IN
from hostnet.host.descriptions import OPT_IN, PATHS
from hostnet.initial import DONE
from hostnet.owner import OUR_FILE
from hostnet.pinning import WAIT_ONLINE
from hostnet.plan import PINNED
from hostnet.protection.places import LINK, NETWORK_MANAGER, OPT_OUTS, UNMANAGED, keeper
from hostnet.tampering import LOG
from hostnet.transaction import LOCK, OPEN
from hostnet.transaction.journal import FOLDER

PLACES = (
    (OUR_FILE, "what hostnet configures, of all interfaces; its own, signed in the first line"),
    (CLOUD_FILE, "has cloud-init leave the network alone"),
    (OUR_DROP_IN, "the nameservers, where they are pinned through systemd-resolved"),
    (RESOLV_CONF, "the nameservers, where they are pinned without it"),
    (
        "/etc/systemd/network/10-netplan-IFACE.network.d/90-hostnet-dns.conf",
        "has networkd take no nameservers from routers, where netplan cannot say so (before 1.1)",
    ),
    (WAIT_ONLINE, "has the boot not wait for systemd-resolved, where it is masked (netplan 1.2)"),
    (OPT_OUTS, "has networkd leave routes and rules of others alone"),
    (UNMANAGED, "has networkd leave links of containers alone"),
    (LINK, "has udev leave their MAC addresses alone"),
    (keeper("IFACE"), "has networkd leave virtual addresses on the card alone"),
    (NETWORK_MANAGER, "has NetworkManager, where it is, leave links of containers alone"),
    (PATHS[0], "what this machine shall be, for its first boot; see hostnet-node(5)"),
    (OPT_IN, "lets a volume labelled HOSTNET say it"),
    (f"{DONE}/MACHINE-ID", "that it has become so, under this machine-id"),
    ("/run/netplan", "a trial, which a reboot forgets"),
    (LOCK, "held by whoever plans or begins a change"),
    (OPEN, "names the change that may be open, for the next boot"),
    (PINNED, "what was before the first pin, and comes back by unpinning"),
    (LOG, "what others changed of the pin"),
    (FOLDER, "one folder a change: its plan, and the files as they were, for root alone"),
)
