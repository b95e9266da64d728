"""What of netplan's files, networkd and the kernel's settings harms a container network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import (
    ANSWERS_ARP,
    CONTAINER_LINK_MANAGED,
    DEFAULT_RULE_MISSING,
    MATCH_COVERS_CONTAINERS,
    REVERSE_PATH,
    RIVAL_ADDRESS,
    Finding,
)
from hostnet.kubernetes.signs import NAMES, may_be_containers
from hostnet.model import DEFAULT_TABLE, LOCAL_TABLE, MAIN_TABLE, Link
from hostnet.netplan.document import position_of
from hostnet.netplan.netdef import PHYSICAL
from hostnet.protection.files import is_kept, rivals

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from hostnet.kubernetes.kernel import Kernel
    from hostnet.kubernetes.signs import ContainerName
    from hostnet.model import Observed
    from hostnet.netplan.netdef import Netdef
    from hostnet.netplan.tree import Tree


_OWN_TABLES = {4: {LOCAL_TABLE, MAIN_TABLE, DEFAULT_TABLE}, 6: {LOCAL_TABLE, MAIN_TABLE}}
"""What the rules that each family begins with look up (ip-rule(8))."""
_LOOSE = 2


def container_links(observed: Observed, tree: Tree) -> tuple[Link, ...]:
    """Those that a CNI or a container engine may have made, and no file of netplan defines."""
    return tuple(
        link
        for link in observed.links
        if may_be_containers(link.name) and tree.netdef(link.name) is None
    )


def check_links(observed: Observed, tree: Tree) -> tuple[Finding, ...]:
    """Links of containers that networkd configures, and addresses that could become the first."""
    managed = tuple(
        Finding(
            CONTAINER_LINK_MANAGED,
            f"{link.name} is {link.setup}, by {link.network_file or 'no file'}",
            subject=link.name,
        )
        for link in container_links(observed, tree)
        if link.setup not in (None, "unmanaged", "initialized", "linger")
    )
    return managed + tuple(
        Finding(RIVAL_ADDRESS, f"{', '.join(others)} beside {netdef.id}'s own", subject=netdef.id)
        for netdef in tree.netdefs
        if is_kept(netdef) and (others := rivals(netdef, observed, tree))
    )


def check_kernel(kernel: Kernel, observed: Observed) -> tuple[Finding, ...]:
    """Settings with which a container network does not work."""
    return (*_reverse_path(kernel, observed), *_ipvs(kernel, observed), *_rules(kernel))


def _reverse_path(kernel: Kernel, observed: Observed) -> Iterator[Finding]:
    names = [link.name for link in observed.links]
    everyones = dict(kernel.settings).get("all/rp_filter", 0)
    if everyones == _LOOSE and any(name.startswith("cali") for name in names):
        yield Finding(
            REVERSE_PATH,
            "net.ipv4.conf.all.rp_filter is 2, with which Calico's Felix does not start",
            remedy="Set net.ipv4.conf.all.rp_filter = 1, or FELIX_IGNORELOOSERPF=true.",
        )
    filtered = [
        name
        for name in names
        if name.startswith(("lxc", "cilium_")) and kernel.setting(name, "rp_filter")
    ]
    if filtered:
        yield Finding(
            REVERSE_PATH,
            f"rp_filter is not 0 on {', '.join(filtered[:3])}, as Cilium needs it",
            remedy="Write `net.ipv4.conf.lxc*.rp_filter = 0` (and cilium_*) to "
            "/etc/sysctl.d/99-cilium.conf, keep net.ipv4.conf.all.rp_filter at 0, and run "
            "`sysctl --system`.",
        )


def _ipvs(kernel: Kernel, observed: Observed) -> Iterator[Finding]:
    ipvs = "kube-ipvs0"
    if observed.link(ipvs) is None:
        return
    wanted = {"arp_ignore": 1, "arp_announce": 2}
    wrong = [name for name, least in wanted.items() if kernel.setting(ipvs, name) < least]
    if wrong:
        said = ", ".join(f"{name} {kernel.setting(ipvs, name)}" for name in wrong)
        yield Finding(ANSWERS_ARP, f"{ipvs} is there, with {said}", subject=ipvs)


def _rules(kernel: Kernel) -> Iterator[Finding]:
    for family, tables in _OWN_TABLES.items():
        there = {table for of, table in kernel.rules if of == family}
        names = {LOCAL_TABLE: "local", MAIN_TABLE: "main", DEFAULT_TABLE: "default"}
        missing = [names[table] for table in sorted(tables - there, reverse=True)]
        if there and missing:
            where = "ip" if family == 4 else "ip -6"
            priorities = {"local": 0, "main": 32766, "default": 32767}
            yield Finding(
                DEFAULT_RULE_MISSING,
                f"no rule of IPv{family} looks up {', '.join(missing)}",
                remedy="; ".join(
                    f"{where} rule add pref {priorities[name]} lookup {name}" for name in missing
                )
                + ".",
            )


def check(tree: Tree, observed: Observed, ids: Container[str]) -> tuple[Finding, ...]:
    """Matches that would take such links: an error for ``ids``, which the change is about.

    Elsewhere it is older, and a warning: there the files that protect the links stand before
    what netplan renders.
    """
    names = [name for name in NAMES if name.telling or _is_there(name, observed)]
    return tuple(
        Finding(
            MATCH_COVERS_CONTAINERS,
            f"{netdef.id}: the match takes {taken}",
            position_of(netdef.body.get("match") or netdef.definitions[-1].entry.key),
            netdef.id,
            older=netdef.id not in ids,
        )
        for netdef in tree.netdefs
        if (taken := _taken(netdef, names))
    )


def _is_there(name: ContainerName, observed: Observed) -> bool:
    return any(name.covers(link.name) for link in observed.links)


def _taken(netdef: Netdef, names: list[ContainerName]) -> str:
    """Some of the links that its match would take."""
    if netdef.section not in PHYSICAL or netdef.match is None:
        return ""
    links = (Link(0, name.example, "container", driver=name.driver) for name in names)
    return ", ".join([link.name for link in links if netdef.matches(link)][:3])
