"""Waiting until the host is as expected: looked at again and again, within a bound."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hostnet.errors import HostnetError
from hostnet.host import links
from hostnet.host.bus import Bus, BusError
from hostnet.host.networkd import leased, restart_networkd
from hostnet.telling import silent
from hostnet.verification import is_hopeless, unmet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.model import IP, KernelRoute, Link
    from hostnet.telling import Tell
    from hostnet.verification import Expectation

_STUCK = 2.0
"""Seconds that networkd may take to set an address that it has leased, which it does in ten
milliseconds. That of systemd 252, configured anew while it is about to set one, takes the
address for one that is being removed, and waits for ever; `netplan apply` has it configure
every link twice. Neither another apply helps nor a renewed lease, but a restart."""
POLL = 0.05
"""Between two looks: one costs 5 ms."""


class NotVerified(HostnetError):
    """The host did not become as expected in time; ``why`` lists what is not so."""

    exit_code = 6


def verify(expected: Expectation, timeout: float, restart: float, *, tell: Tell = silent) -> None:
    """Wait until kernel, networkd and resolved show what is expected, and still do.

    "Still": networkd removes addresses of an older configuration after it has reported
    the new one, so one look that is right proves little. A networkd that is stuck is
    restarted, once, within ``restart`` seconds. Raises NotVerified, CommandError.
    """
    begun = time.monotonic()
    deadline = begun + timeout
    restarted = False
    good = 0
    while True:
        found, routes = links.read()
        missing = _missing(expected, found, routes)
        good = 0 if missing else good + 1
        if good == 2:
            return
        if time.monotonic() > deadline or is_hopeless(expected, found):
            raise NotVerified(f"{expected.link} did not become as expected", "; ".join(missing))
        may_be_stuck = not restarted and time.monotonic() > begun + _STUCK
        if may_be_stuck and (lease := _unset(expected, found)) is not None:
            tell(f"restarting systemd-networkd, which has leased {lease} and does not set it")
            restart_networkd(restart)
            restarted = True
        time.sleep(POLL)


def _unset(expected: Expectation, found: Sequence[Link]) -> IP | None:
    """The expected address that networkd has leased, and the link has not."""
    for link in found:
        if link.name == expected.link:
            lease = leased(link.index)
            have = {each.address.ip for each in link.addresses}
            wanted = {address.ip for address in expected.addresses}
            return lease if lease in wanted - have else None
    return None


def _missing(
    expected: Expectation, found: Sequence[Link], routes: Sequence[KernelRoute]
) -> tuple[str, ...]:
    missing = unmet(expected, found, routes, None)
    if missing or not (expected.nameservers or expected.search):
        return missing
    index = next(link.index for link in found if link.name == expected.link)
    return unmet(expected, found, routes, _names(index))


def _names(index: int) -> tuple[Sequence[IP], Sequence[str]] | None:
    try:
        with Bus() as bus:
            return bus.resolved_servers(index)
    except BusError:
        # Without a bus nobody can be asked; networkd's own view is demanded by the
        # network file, which holds the servers.
        return None
