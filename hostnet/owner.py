"""Who defines an interface now, and what must move to 90-hostnet.yaml with it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from posixpath import basename
from typing import TYPE_CHECKING

from hostnet.findings import (
    DEFINED_TWICE,
    INTERFACE_KIND,
    MATCH_COVERS_OTHERS,
    OVERRIDDEN,
    Finding,
)
from hostnet.kubernetes.signs import is_container_link, may_be_containers
from hostnet.netplan.document import Mapping, position_of
from hostnet.netplan.netdef import STATIC_SECTIONS
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.model import Link, Observed
    from hostnet.netplan.netdef import Netdef
    from hostnet.netplan.tree import Tree

OUR_FILE = "/etc/netplan/90-hostnet.yaml"
_RENDERED = "/run/systemd/network/10-netplan-"


class Ownership(Value):
    """The Netdef that configures the interface, None if nothing in netplan does.

    ``covering``: it is a wildcard match, and must become one Netdef for each of
    ``covered`` (links it configures now), the interface among them.
    """

    netdef: Netdef | None = None
    covering: bool = False
    covered: tuple[Link, ...] = ()


def is_netplans_file(path: str, observed: Observed) -> bool:
    """Whether netplan reads the file, or would: by that name, or by a symlink of its folder."""
    known = {file.target or file.path for file in observed.netplan_files}
    return path in known or (path.startswith("/etc/netplan/") and path.endswith(".yaml"))


def find(interface: str, observed: Observed, tree: Tree) -> tuple[Ownership, tuple[Finding, ...]]:
    """The owner of the interface, by what networkd uses now, else by what would match."""
    link = observed.link(interface)
    if link is None:
        return _offline(interface, observed, tree)
    in_use = rendered_id(link)  # which may match no longer, once the link was renamed
    candidates = [n for n in tree.netdefs if n.matches(link) or n.id == in_use]
    netdef = _effective(link, candidates)
    if netdef is None:
        return Ownership(), ()
    covering = _is_covering(netdef)
    findings = [] if covering else _rivals(netdef, candidates)
    covered = (
        tuple(
            other
            for other in observed.links
            if netdef.matches(other) and not other.loopback and other.master is None
            and not _is_containers(other, observed)
            and _effective(other, [n for n in tree.netdefs if n.matches(other)]) == netdef
        )
        if covering
        else ()
    )  # fmt: skip
    findings += _kind(interface, netdef)
    return Ownership(netdef, covering, covered), (*findings, *_overrides(netdef))


def rendered_id(link: Link) -> str | None:
    """The Netdef ID that networkd uses for the link, by its .network file's name."""
    file = link.network_file or ""
    if file.startswith(_RENDERED) and file.endswith(".network"):
        return file[len(_RENDERED) : -len(".network")]
    return None


def is_netplans(network_file: str | None) -> bool:
    """Whether netplan rendered the .network file."""
    return network_file is not None and network_file.startswith(_RENDERED)


def _effective(link: Link, candidates: list[Netdef]) -> Netdef | None:
    """networkd takes the first matching file by name (systemd.network(5))."""
    in_use = rendered_id(link)
    for netdef in candidates:
        if netdef.id == in_use:
            return netdef
    return min(candidates, key=lambda netdef: netdef.network_file, default=None)


def _is_containers(link: Link, observed: Observed) -> bool:
    """Whether a CNI made it: a wildcard that takes it was not meant for it."""
    name = link.name
    return is_container_link(name) or (bool(observed.cni_signs) and may_be_containers(name))


def _is_covering(netdef: Netdef) -> bool:
    """A wildcard that could take other NICs; set-name says that it means one only."""
    match = netdef.match
    return match is not None and match.may_cover_several and netdef.set_name is None


def _rivals(netdef: Netdef, candidates: list[Netdef]) -> list[Finding]:
    """Other precise definitions of the same link, which win or lose by their names."""
    return [
        Finding(
            DEFINED_TWICE,
            f"{netdef.id!r} and {other.id!r} (line {_line(other)} of {other.definitions[-1].path})"
            " both match the interface",
            position_of(other.definitions[-1].entry.key),
            netdef.id,
        )
        for other in candidates
        if other is not netdef and not _is_covering(other)
    ]


def _kind(interface: str, netdef: Netdef) -> list[Finding]:
    """A wifi, a tunnel and the like are refused, also where no link can be seen."""
    if netdef.section in STATIC_SECTIONS:
        return []
    message = f"{interface} is defined in {netdef.section}:"
    place = position_of(netdef.definitions[-1].entry.key)
    return [Finding(INTERFACE_KIND, message, place, netdef.id)]


def _line(netdef: Netdef) -> int:
    position = position_of(netdef.definitions[-1].entry.key)
    return position.line if position else 0


def _overrides(netdef: Netdef) -> list[Finding]:
    """Files after ours that add to what an earlier file says of the same interface."""
    paths = [definition.path for definition in netdef.definitions]
    earlier = [path for path in paths if basename(path) <= basename(OUR_FILE)]
    return [
        Finding(
            OVERRIDDEN,
            f"{definition.path} sets keys of {netdef.id!r} after {earlier[-1]}",
            position_of(definition.entry.key),
            netdef.id,
        )
        for definition in netdef.definitions
        if earlier and definition.path not in earlier and definition.entry.value != Mapping()
    ]


def _offline(
    interface: str, observed: Observed, tree: Tree
) -> tuple[Ownership, tuple[Finding, ...]]:
    """Below another root no link can be seen: only names can tell."""
    by_name = [
        netdef
        for netdef in tree.netdefs
        if netdef.set_name == interface
        or (netdef.set_name is None and _exact_name(netdef) == interface)
    ]
    if by_name:
        netdef = by_name[0]
        return Ownership(netdef), (*_kind(interface, netdef), *_overrides(netdef))
    if observed.system.live:
        return Ownership(), ()
    for netdef in tree.netdefs:
        match = netdef.match
        if match is None or netdef.set_name is not None:
            continue
        covers = match.name is None or fnmatchcase(interface, match.name)
        if covers and netdef.section in STATIC_SECTIONS:
            finding = Finding(
                MATCH_COVERS_OTHERS,
                f"{netdef.id!r} may match {interface} and other interfaces",
                position_of(netdef.definitions[0].entry.key),
                netdef.id,
            )
            return Ownership(), (finding,)
    return Ownership(), ()


def _exact_name(netdef: Netdef) -> str | None:
    match = netdef.match
    if match is None:
        return netdef.id
    if match.name is not None and not any(c in match.name for c in "*?["):
        return match.name
    return None
