"""From a Request and the host as it is to the definitions the interface shall have.

What was not given is inherited, and each inheritance has its reason, which the plan
shows. Nothing here checks: the checks look at what comes out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.complete import addresses as step_addresses, gates as step_gates, names as step_names
from hostnet.complete.situation import Situation
from hostnet.model import Address, Family, family_of
from hostnet.netplan.document import Mapping, Scalar
from hostnet.netplan.netdef import Netdef
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.findings import Finding
    from hostnet.model import Link, Observed, Request
    from hostnet.owner import Ownership


class Completed(Value):
    """The interface as it shall be: its Netdef at the end, and during the trial.

    ``interface`` is the kernel's name of the link; the Netdef's ID need not be it.
    ``leaving`` are the addresses that the link has now and will not have at the end; the
    trial has them too, first.
    """

    interface: str
    section: str
    id: str
    body: Mapping
    trial_body: Mapping
    leaving: tuple[Address, ...] = ()
    reasons: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def complete(request: Request, observed: Observed, owner: Ownership) -> Completed:
    """Complete the request from the live link and its present definition."""
    link = observed.link(request.interface)
    old = present(request.interface, link, owner)
    now = Situation(request, observed, link, old)
    pinned = step_addresses.pinned(now)
    families: tuple[Family, ...] = tuple(dict.fromkeys(family_of(ip) for ip in pinned))
    body = step_addresses.with_addresses(now, pinned)
    for family in families:
        body = step_addresses.without_dhcp(now, body, family)
    gates = step_gates.decide(now, pinned)
    body = step_gates.with_routes(now, body, gates)
    body = step_names.with_nameservers(now, body, families, gates)
    if request.mtu is not None:
        body = body.with_value("mtu", Scalar(str(request.mtu)))
    leaving = step_addresses.leaving(now, body, families)
    return Completed(
        request.interface,
        old.section,
        old.id,
        body,
        step_addresses.with_first(body, leaving),
        leaving,
        tuple(now.reasons),
        tuple(now.findings),
    )


def present(interface: str, link: Link | None, owner: Ownership) -> Netdef:
    """The definition to start from: the owner's own, or an empty one."""
    old = owner.netdef or Netdef(interface, _section_of(link), Mapping())
    if owner.covering:
        return Netdef(interface, old.section, old.moved.with_value("match", None))
    return Netdef(old.id, old.section, old.moved)


def _section_of(link: Link | None) -> str:
    kinds = {"bond": "bonds", "bridge": "bridges", "vlan": "vlans"}
    return kinds.get(link.kind, "ethernets") if link else "ethernets"
