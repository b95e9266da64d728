"""Whom resolved asks, as it says itself, and what others have told networkd for a link."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from hostnet.host import links
from hostnet.host.bus import Bus, BusError
from hostnet.host.verify import POLL, NotVerified
from hostnet.verification import unresolved

if TYPE_CHECKING:
    from hostnet.dns.server import Server
    from hostnet.verification import Resolving


def verify_resolving(expected: Resolving, timeout: float) -> None:
    """Wait until resolved asks whom it shall; then it forgets its answers. Raises NotVerified."""
    deadline = time.monotonic() + timeout
    names = {link.index: link.name for link in links.read()[0]}
    while True:
        missing: tuple[str, ...] = ("systemd-resolved does not answer",)
        with suppress(BusError), Bus() as bus:
            if (found := bus.resolving()) is not None:
                own, by_index = found
                by_name = {names[i]: servers for i, servers in by_index.items() if i in names}
                missing = unresolved(expected, own, by_name)
            if not missing:
                bus.flush_caches()
                return
        if time.monotonic() > deadline:
            raise NotVerified("systemd-resolved does not ask whom it shall", "; ".join(missing))
        time.sleep(POLL)


def revert(link: str) -> None:
    """networkd forgets what was set for the link by call. Raises BusError."""
    with Bus() as bus:
        for index in _index(link):
            bus.revert_names(index)


def set_again(link: str, servers: tuple[Server, ...], domains: tuple[str, ...]) -> None:
    """What was set for the link by call is so again. Raises BusError."""
    with Bus() as bus:
        for index in _index(link):
            bus.set_names(index, servers, domains)


def _index(name: str) -> list[int]:
    """None if the link is gone."""
    return [link.index for link in links.read()[0] if link.name == name]
