"""Which addresses the interface shall have, and which of its own it gives up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import LEASED_ADDRESS, NOTHING_TO_PIN
from hostnet.model import Address, Family, family_of
from hostnet.netplan.document import Mapping, Node, Scalar, Sequence, scalars
from hostnet.netplan.netdef import Netdef

if TYPE_CHECKING:
    from hostnet.complete.situation import Situation


def pinned(now: Situation) -> tuple[Address, ...]:
    """The addresses that are stated: those asked for, else what the link has now."""
    if now.request.addresses:
        return now.request.addresses
    found: list[Address] = []
    families: tuple[Family, ...] = (4, 6)
    for family in families:
        leased = _leased(now, family)
        if leased:
            server = "DHCP" if family == 4 else "DHCPv6"
            texts = ", ".join(map(str, leased))
            now.reasons.append(f"{texts} pinned: the link has it from a {server} server")
            message = f"{texts} came from a {server} server"
            now.finding(LEASED_ADDRESS, message)
            known = (a for a, _ in now.old.addresses() if family_of(a) == family)
            found += dict.fromkeys((*known, *leased))
    if not found and not now.old.addresses():
        found += _unclaimed(now)
        if found:
            texts = ", ".join(map(str, found))
            now.reasons.append(f"{texts} pinned: the link has it, and no file states it")
    if not found and not now.old.addresses():
        where = "below another root no lease can be seen" if now.link is None else (
            "the link has no leased and no static address"
        )  # fmt: skip
        message = f"{now.request.interface}: {where}"
        now.finding(NOTHING_TO_PIN, message)
    return tuple(found)


def _leased(now: Situation, family: Family) -> tuple[Address, ...]:
    """What a DHCP server gave.

    A DHCPv6 lease is a /128 (RFC 8415 has no prefix length); other IPv6 addresses
    with a lifetime come from router advertisements and stay so.
    """
    if now.link is None:
        return ()
    return tuple(
        have.address
        for have in now.link.addresses
        if have.dynamic
        and not have.temporary
        and have.scope == "global"
        and family_of(have.address) == family
        and (family == 4 or have.address.network.prefixlen == 128)
    )


def _unclaimed(now: Situation) -> list[Address]:
    """Addresses that someone set by hand on a link that no file defines.

    A /32 or /128 is likelier a virtual address of another program.
    """
    if now.link is None:
        return []
    return [
        have.address
        for have in now.link.addresses
        if not have.dynamic
        and have.scope == "global"
        and have.address.network.prefixlen < have.address.max_prefixlen
    ]


def with_addresses(now: Situation, stated: tuple[Address, ...]) -> Mapping:
    """The body with the stated addresses; those already written keep their node."""
    known = dict(now.old.addresses())
    families = dict.fromkeys(family_of(address) for address in stated)
    new = {
        family: [
            known.get(address, Scalar(str(address), plain=False))
            for address in stated
            if family_of(address) == family
        ]
        for family in families
    }
    nodes: list[Node] = []
    for address, node in now.old.addresses():
        # The first of a family makes place for all that are stated of it.
        nodes += new.pop(family_of(address), []) if family_of(address) in families else [node]
    nodes += [node for rest in new.values() for node in rest]
    if tuple(nodes) == now.old.body.sequence("addresses"):
        return now.old.body
    return now.old.body.with_value("addresses", Sequence(tuple(nodes)) if nodes else None)


def leaving(now: Situation, body: Mapping, families: tuple[Family, ...]) -> tuple[Address, ...]:
    """Addresses the link has now, by lease or by file, that the body has no more.

    Those of other programs (a virtual IP) are not ours and stay unmentioned.
    """
    if now.link is None or now.request.keep_dhcp:
        return ()
    ours = {address for address, _ in now.old.addresses()}
    new = Netdef(now.old.id, now.old.section, body)
    staying = {address.ip for address, _ in new.addresses()}
    return tuple(
        have.address
        for have in now.link.addresses
        if have.scope == "global"
        and not have.temporary
        and family_of(have.address) in families
        and have.address.ip not in staying
        and (have.address in ours or (have.dynamic and not _is_advertised(now, have.address)))
    )


def _is_advertised(now: Situation, address: Address) -> bool:
    """Whether router advertisements, which go on, keep the address on the link."""
    return address.version == 6 and address.network.prefixlen < 128 and not states_ipv6(now)


def without_dhcp(now: Situation, body: Mapping, family: Family) -> Mapping:
    """A family whose addresses are stated has no other source of addresses."""
    if now.request.keep_dhcp:
        return body
    for key in _sources(now, family):
        if now.old.flag(key) is not False:
            body = body.with_value(key, Scalar("false"))
        if now.old.flag(key):
            now.reasons.append(f"{key} off: the static address states the whole family")
    return body


def _sources(now: Situation, family: Family) -> tuple[str, ...]:
    if family == 4:
        return ("dhcp4",)
    return ("dhcp6", "accept-ra") if states_ipv6(now) else ("dhcp6",)


def states_ipv6(now: Situation) -> bool:
    """Whether IPv6 was named.

    A merely pinned DHCPv6 lease leaves router advertisements, and the default route
    they bring, as they are.
    """
    return 6 in now.request.families


def with_first(body: Mapping, leaving: tuple[Address, ...]) -> Mapping:
    """The body with these addresses before its own.

    The first listed stays primary, so that connections keep their source while the
    trial lasts (observed on systemd 252).
    """
    if not leaving:
        return body
    known = body.sequence("addresses")
    texts = scalars(*map(str, leaving)).items
    return body.with_value("addresses", Sequence((*texts, *known)))
