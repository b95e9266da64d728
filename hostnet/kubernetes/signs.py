"""Signs that a container network is on a host.

The names are those the programs give their own links: Calico (cali*, tunl0,
vxlan.calico), Flannel and Canal (flannel*, cni0), Weave, Cilium (cilium_*, lxc*),
kube-proxy's IPVS mode and node-local-dns, Docker (docker0, br-<id>), Podman, Antrea.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hostnet.model import Link

FOLDERS = ("/etc/cni/net.d", "/run/flannel")
_CONFIGURATION = (".conf", ".conflist", ".json", ".env")

_LINK = r"""
    (?: cali[0-9a-f]{6,} | tunl0 | vxlan\.calico | vxlan-v6\.calico | wireguard\.cali
      | flannel[.\d].* | flannel-.* | cni\d+ | cni-podman\d+ | podman\d+
      | weave | vethwe.* | cilium_.* | lxc[0-9a-f]{6,} | lxc_health
      | kube-ipvs0 | kube-bridge | nodelocaldns | antrea-.*
      | docker0 | docker_gwbridge | br-[0-9a-f]{12} )\Z"""


def is_container_link(name: str) -> bool:
    """Whether only a CNI or a container engine gives links such a name."""
    return re.match(_LINK, name, re.VERBOSE) is not None


def signs(folders: Mapping[str, tuple[str, ...]], links: Iterable[Link]) -> tuple[str, ...]:
    """Links first, then configuration files, each by its name."""
    found = [f"link {link.name}" for link in links if is_container_link(link.name)]
    for folder, names in folders.items():
        found += [f"{folder}/{name}" for name in names if name.endswith(_CONFIGURATION)]
    return tuple(found)
