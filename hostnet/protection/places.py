"""Where the files lie that protect a container network, and whether a host is to have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.model import Image, Kind
from hostnet.templates import SIGNATURE

if TYPE_CHECKING:
    from hostnet.model import Observed

OPT_OUTS = "/etc/systemd/networkd.conf.d/10-hostnet-cni.conf"
UNMANAGED = "/etc/systemd/network/05-hostnet-cni.network"
"""Before netplan's 10-netplan-*: networkd takes the first file that matches."""
LINK = "/etc/systemd/network/10-hostnet-cni.link"
NETWORK_MANAGER = "/etc/NetworkManager/conf.d/99-hostnet-cni.conf"
PATHS = (OPT_OUTS, UNMANAGED, LINK, NETWORK_MANAGER)
"""Those of a fixed name; beside them one for each link whose addresses are kept."""
NEXT_HOPS = "ManageForeignNextHops"
"""The youngest of the opt-outs; an older networkd does not know it (252 does not)."""
_KEPT = "/etc/systemd/network/10-netplan-{}.network.d/10-hostnet-cni.conf"


def keeper(id_: str) -> str:
    """The drop-in beside what netplan renders for the Netdef."""
    return _KEPT.format(id_)


def is_keeper(path: str) -> bool:
    """Whether the file is such a drop-in."""
    head, tail = _KEPT.split("{}")
    return path.startswith(head) and path.endswith(tail)


def is_asked(observed: Observed, *, kubernetes: bool) -> bool:
    """Whether a host is to be protected: it was said, there are containers, or it is already."""
    return kubernetes or bool(observed.cni_signs) or is_ours(observed.image(OPT_OUTS))


def is_ours(image: Image) -> bool:
    """Whether hostnet made the file, by its first line."""
    return image.kind is Kind.FILE and image.data.startswith(SIGNATURE)
