"""What an operator asks of a host, whether or not it can work."""

from __future__ import annotations

import random
from dataclasses import dataclass

ROUTER = "192.168.141.1"
NOBODY = "192.168.141.254"
"""An address of the router's network that no machine has."""
_FREE = range(10, 100)
"""Addresses outside the DHCP pool, by their last number."""


@dataclass(frozen=True)
class Change:
    """One request, but for the address; `weight` is how often it comes up at random."""

    name: str
    gateway: str = ROUTER
    dns: str = ROUTER
    weight: int = 1
    window: int | None = None
    """Seconds for which it waits to be confirmed, and nobody may."""

    @property
    def works(self) -> bool:
        """Whether the host can reach anyone afterwards."""
        return NOBODY not in (self.gateway, self.dns)

    def argv(self, address: str) -> tuple[str, ...]:
        """The command line of hostnet."""
        given: tuple[str, ...] = ("--gateway", self.gateway, "--dns", self.dns)
        if self.window is not None:
            given += ("--confirm", f"{self.window}")
        return ("static", "ens33", f"{address}/24", *given)


ADDRESS = Change("address", weight=6)
WAITS = Change("waits", window=12)
CHANGES = {
    change.name: change
    for change in (
        ADDRESS,
        WAITS,
        Change("dead-gateway", gateway=NOBODY, weight=2),
        Change("dead-dns", dns=NOBODY, weight=2),
    )
}
"""By name. A change back to DHCP belongs here once hostnet has a command for it; until then hosts
go back by hand between trials."""


def free_address(chance: random.Random) -> str:
    """An address that no machine has."""
    return f"192.168.141.{chance.choice(_FREE)}"
