"""The nameservers and search domains the interface shall have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.complete.leases import without_lease
from hostnet.model import IP, MAX_NAMESERVERS, Family, family_of
from hostnet.netplan.document import Mapping, Scalar, scalars

if TYPE_CHECKING:
    from hostnet.complete.gates import Gate
    from hostnet.complete.situation import Situation


def with_nameservers(
    now: Situation, body: Mapping, families: tuple[Family, ...], gates: tuple[Gate, ...]
) -> Mapping:
    """The body with the nameservers asked for, or those that a lease takes along."""
    present = now.old.body.mapping("nameservers")
    asked = now.request
    names = present
    servers: tuple[IP, ...] | None = asked.dns
    search = asked.search
    if servers is None and not present.sequence("addresses"):
        servers = _inherited(now, families, gates)
        if servers and search is None and now.link and not present.sequence("search"):
            search = now.link.search or None
    if servers is not None and tuple(map(str, servers)) != _texts(present, "addresses"):
        names = names.with_value("addresses", scalars(*map(str, servers)) if servers else None)
    if search is not None and search != _texts(present, "search"):
        names = names.with_value("search", scalars(*search) if search else None)
    if names != present:
        body = body.with_value("nameservers", names if names.entries else None)
    if asked.keep_dhcp and asked.dns:
        body = without_lease(now, body, "use-dns")
    return body


def _inherited(
    now: Situation, families: tuple[Family, ...], gates: tuple[Gate, ...]
) -> tuple[IP, ...] | None:
    if now.link is None or now.request.keep_dhcp:
        return None
    servers = tuple(ip for ip in now.link.nameservers if family_of(ip) in families)
    if not servers:
        return None
    elsewhere = [
        route
        for family in families
        if (route := now.live_default(family)) and route.link != now.request.interface
    ]
    if elsewhere and not any(gate.ip for gate in gates):
        now.reasons.append(f"nameservers not taken over: {elsewhere[0].link} has the default"
                            " route, and its own")  # fmt: skip
        return None
    kept = servers[:MAX_NAMESERVERS]
    now.reasons.append(f"nameservers {', '.join(map(str, kept))} taken over from the link")
    return kept


def _texts(mapping: Mapping, key: str) -> tuple[str, ...]:
    return tuple(item.text for item in mapping.sequence(key) if isinstance(item, Scalar))
