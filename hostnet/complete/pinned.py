"""An interface's definition where the pinned servers, and no others, are asked.

Sources: netplan(5), DHCP Overrides (``use-dns``, ``use-domains``) and ``ra-overrides``, which
netplan knows since 1.1; F28: a link's servers are asked beside those of resolved itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.netplan.document import Mapping, Scalar, scalars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.netplan.netdef import Netdef

RA_OVERRIDES = "ra-overrides"
_KEYS = ("use-dns", "use-domains")


def with_pin(
    netdef: Netdef, servers: Sequence[str], search: Sequence[str], *, ra_overrides: bool
) -> Mapping:
    """The body with these servers and domains, none on a link that is not to have any.

    ``ra_overrides``: netplan knows the key; else a drop-in of networkd must say it.
    """
    body = netdef.body
    for source in sources(netdef):
        if source == RA_OVERRIDES and not ra_overrides:
            continue
        overrides = body.mapping(source)
        for key in _KEYS:
            overrides = overrides.with_value(key, Scalar("false"))
        if overrides != body.mapping(source):
            body = body.with_value(source, overrides)
    names = body.mapping("nameservers")
    wanted = names
    for key, texts in (("addresses", servers), ("search", search)):
        value = scalars(*texts) if texts else None
        if (names.get(key) or None) != value:
            wanted = wanted.with_value(key, value)
    if wanted != names:
        body = body.with_value("nameservers", wanted if wanted.entries else None)
    return body


def sources(netdef: Netdef) -> tuple[str, ...]:
    """The overrides of whatever may bring nameservers to the link.

    Router advertisements are heard unless the definition says otherwise (networkd's default
    follows the kernel's, accept_ra).
    """
    found = [f"{key}-overrides" for key in ("dhcp4", "dhcp6") if netdef.flag(key)]
    if netdef.flag("accept-ra") is not False:
        found.append(RA_OVERRIDES)
    return tuple(found)
