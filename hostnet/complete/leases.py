"""What a kept DHCP lease may no longer bring beside what was stated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.netplan.document import Mapping, Scalar

if TYPE_CHECKING:
    from hostnet.complete.situation import Situation


def without_lease(now: Situation, body: Mapping, key: str) -> Mapping:
    """Turn off what the kept lease would bring beside ours (use-routes, use-dns)."""
    for family in ("dhcp4", "dhcp6"):
        if now.old.flag(family):
            name = f"{family}-overrides"
            overrides = body.mapping(name).with_value(key, Scalar("false"))
            if overrides == body.mapping(name):
                continue
            body = body.with_value(name, overrides)
            now.reasons.append(f"{name}: {key} off, because ours are given")
    return body
