"""Signs that a container network is on a host, and the names its links have.

The one list of these names: what tells a CNI, what networkd and udev are told to leave alone,
and what no wildcard of netplan may take. They are shell globs, as fnmatch(3), systemd and
Python read them alike (systemd.network(5), Name=).
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hostnet.model import Link

FOLDERS = ("/etc/cni/net.d", "/run/flannel")
_CONFIGURATION = (".conf", ".conflist", ".json", ".env")
_HEX = "[0-9a-f]"


class ContainerName(Value):
    """How a program names its links: a glob, one that it may have made, and its driver.

    ``telling``: nobody else calls a link so, so it is a sign by itself. The others are only
    told to be left alone where there is a sign.
    """

    glob: str
    example: str
    driver: str = "veth"
    telling: bool = True

    def names(self, link: str) -> bool:
        """Whether the program calls a link so."""
        # Hardly any link gets further, and a glob is compiled when it is first used.
        return link.startswith(self._stem) and fnmatchcase(link, self.glob)

    @cached_property
    def _stem(self) -> str:
        return "".join(takewhile(lambda letter: letter not in "*[", self.glob))

    def covers(self, name: str) -> bool:
        """Whether the glob, each of its classes taken as any letter, matches the name."""
        return fnmatchcase(name, self.wide)

    @property
    def wide(self) -> str:
        """The glob for who knows * and ? only (NetworkManager.conf(5))."""
        return re.sub(r"\[[^]]*\]", "?", self.glob)


NAMES = (
    # Calico: felix/config, InterfacePrefix and the names of its tunnels
    ContainerName(f"cali{_HEX * 6}*", "cali0123456789a"),
    ContainerName("tunl0", "tunl0", "ipip"),
    ContainerName("vxlan.calico", "vxlan.calico", "vxlan"),
    ContainerName("vxlan-v6.calico", "vxlan-v6.calico", "vxlan"),
    ContainerName("wireguard.cali", "wireguard.cali", "wireguard"),
    ContainerName("wg-v6.cali", "wg-v6.cali", "wireguard"),
    # Flannel and Canal: flannel.VNI (vxlan), flannel-wg; cni0 is of the bridge plugin
    ContainerName("flannel[.0-9]*", "flannel.1", "vxlan"),
    ContainerName("flannel-*", "flannel-wg", "wireguard"),
    ContainerName("cni[0-9]*", "cni0", "bridge"),
    # Cilium: docs.cilium.io, system requirements, systemd-based distributions
    ContainerName("cilium_*", "cilium_host"),
    ContainerName(f"lxc{_HEX * 6}*", "lxc0123456789ab"),
    ContainerName("lxc_health", "lxc_health"),
    # Weave Net, Antrea, kube-router
    ContainerName("weave", "weave", "bridge"),
    ContainerName("vethwe*", "vethwepl0123abc"),
    ContainerName("antrea-*", "antrea-gw0", "openvswitch"),
    ContainerName("kube-bridge", "kube-bridge", "bridge"),
    ContainerName("kube-dummy-if", "kube-dummy-if", "dummy"),
    ContainerName("kube-tunnel-*", "kube-tunnel-0", "ipip"),
    # kube-proxy in IPVS mode, NodeLocal DNSCache
    ContainerName("kube-ipvs0", "kube-ipvs0", "dummy"),
    ContainerName("nodelocaldns", "nodelocaldns", "dummy"),
    # Docker: a bridge of its own is br- and the first 12 digits of the network's id
    ContainerName("docker0", "docker0", "bridge"),
    ContainerName("docker_gwbridge", "docker_gwbridge", "bridge"),
    ContainerName(f"br-{_HEX * 12}", "br-0123456789ab", "bridge"),
    # Podman
    ContainerName("podman[0-9]*", "podman0", "bridge"),
    ContainerName("cni-podman[0-9]*", "cni-podman0", "bridge"),
    # The host's end of a pod's link, by plugins (bridge, ptp), Docker and Podman; AWS VPC CNI
    ContainerName("veth*", "veth01234567", telling=False),
    ContainerName(f"eni{_HEX * 11}", "eni0123456789a", telling=False),
    ContainerName("vlan.eth.*", "vlan.eth.1", "802.1Q VLAN Support", telling=False),
)


def is_container_link(name: str) -> bool:
    """Whether only a CNI or a container engine gives links such a name."""
    return any(each.names(name) for each in NAMES if each.telling)


def may_be_containers(name: str) -> bool:
    """Whether a CNI or a container engine gives links such a name, though others may, too."""
    return any(each.names(name) for each in NAMES)


def signs(folders: Mapping[str, tuple[str, ...]], links: Iterable[Link]) -> tuple[str, ...]:
    """Links first, then configuration files, each by its name."""
    found = [f"link {link.name}" for link in links if is_container_link(link.name)]
    for folder, names in folders.items():
        found += [f"{folder}/{name}" for name in names if name.endswith(_CONFIGURATION)]
    return tuple(found)
