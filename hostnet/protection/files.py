"""The files that protect a container network: where each lies, what it says, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.kubernetes.signs import NAMES
from hostnet.netplan.netdef import STATIC_SECTIONS
from hostnet.networkfile import names as matched_names
from hostnet.protection.places import LINK, NETWORK_MANAGER, NEXT_HOPS, OPT_OUTS, UNMANAGED, keeper
from hostnet.templates import constant, rendered
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.kubernetes.signs import ContainerName
    from hostnet.model import Observed
    from hostnet.netplan.netdef import Netdef
    from hostnet.netplan.tree import Tree

_WIDTH = 84
"""Beside the key; a glob that is longer stands alone."""


class Wanted(Value):
    """A file as it is to be, and why."""

    path: str
    data: bytes
    reason: str


def wanted(observed: Observed, present: Tree, tree: Tree) -> tuple[Wanted, ...]:
    """Every file that protects this host once ``tree`` is its netplan configuration.

    ``present`` is what it is now.
    """
    names = [name for name in NAMES if not left_out(name, observed, tree)]
    manager = [
        Wanted(
            NETWORK_MANAGER,
            rendered("99-hostnet-cni.conf", devices=";".join(map(_device, names))),
            "NetworkManager leaves the links of containers alone",
        )
    ] * observed.system.network_manager
    return (
        Wanted(
            OPT_OUTS,
            rendered(
                "10-hostnet-cni.conf", opt_outs="\n".join(f"{key}=no" for key in _keys(observed))
            ),
            "networkd leaves the routes and rules of others alone",
        ),
        Wanted(
            UNMANAGED,
            rendered("05-hostnet-cni.network", names=_lines("Name", [name.glob for name in names])),
            "networkd leaves the links of containers alone, and no boot waits for them",
        ),
        Wanted(
            LINK,
            rendered(
                "10-hostnet-cni.link",
                names=_lines("OriginalName", [name.short for name in names]),
            ),
            "udev leaves the MAC addresses of container links alone",
        ),
        *manager,
        *(
            Wanted(
                keeper(netdef.id),
                constant("keep.conf"),
                f"networkd leaves the addresses of others on {netdef.id} alone",
            )
            for netdef in tree.netdefs
            if is_kept(netdef) and not rivals(netdef, observed, present)
        ),
    )


def left_out(name: ContainerName, observed: Observed, tree: Tree) -> str | None:
    """A link of the operator's own that the glob would cover, so that it is left out."""
    return next((own for own in _own_names(observed, tree) if name.covers(own)), None)


def is_kept(netdef: Netdef) -> bool:
    """Whether networkd is to keep addresses it did not set on this definition's link.

    KeepConfiguration=yes also keeps a lease after its end, so no link with one is among
    them; ``static``, which would not, has systemd 252 keep our own old address, too.
    """
    leased = any(netdef.flag(key) for key in ("dhcp4", "dhcp6"))
    ours = netdef.section in STATIC_SECTIONS and netdef.renderer == "networkd"
    return ours and not leased and bool(netdef.addresses())


def rivals(netdef: Netdef, observed: Observed, present: Tree) -> tuple[str, ...]:
    """Addresses of others with network and prefix length of our own.

    systemd 252 takes ours away and sets it again at every apply: an address of the same
    network that stays becomes the first meanwhile, and what the host sends has that source.
    Later ones leave ours where it is; they are those that know NEXT_HOPS (256), too.
    """
    if observed.system.next_hop_opt_out:
        return ()
    own = {address for each in (netdef, *present.netdefs) for address, _ in each.addresses()}
    networks = {address.network for address, _ in netdef.addresses() if address.version == 4}
    return tuple(
        str(have.address)
        for link in observed.links
        if netdef.matches(link)
        for have in link.addresses
        if have.address.network in networks and have.address not in own and not have.dynamic
    )


def _own_names(observed: Observed, tree: Tree) -> tuple[str, ...]:
    """Names of links that netplan's files or the operator's own .network files speak of."""
    found = []
    for netdef in tree.netdefs:
        match = netdef.match
        found += [netdef.id] if match is None else [netdef.set_name or "", match.name or ""]
    for file in observed.network_files:
        if file.path != UNMANAGED:
            found += matched_names(file)
    return tuple(name for name in found if name and not any(c in name for c in "*?[!"))


def _keys(observed: Observed) -> tuple[str, ...]:
    known = (NEXT_HOPS,) * observed.system.next_hop_opt_out
    return ("ManageForeignRoutes", "ManageForeignRoutingPolicyRules", *known)


def _lines(key: str, globs: list[str]) -> str:
    """Several lists add up (systemd.network(5), Name=)."""
    from textwrap import wrap

    lines = wrap(" ".join(globs), _WIDTH, break_on_hyphens=False, break_long_words=False)
    return "\n".join(f"{key}={line}" for line in lines)


def _device(name: ContainerName) -> str:
    return f"interface-name:{name.wide}"
