"""What a plan does to a running host, step by step: Ops as data.

Performing an Op reads nothing but the Op; `hostnet.transaction.perform` is the one
place that does. Apart from the changes of files, which are all there is below another
root: what is not needed is not imported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostnet.change import Write

if TYPE_CHECKING:
    from hostnet.ledger.own import Own
    from hostnet.model import IP, Address
    from hostnet.probes import Probe
    from hostnet.verification import Expectation, ExpectedRoute


@dataclass(frozen=True)
class Apply:
    """Op: ``netplan apply``."""


@dataclass(frozen=True)
class Restart:
    """Op: restart networkd, which reads networkd.conf only when it starts."""


@dataclass(frozen=True)
class Verify:
    """Op: observe until the host is as expected, within a bounded time."""

    expectation: Expectation


@dataclass(frozen=True)
class Announce:
    """Op: tell the neighbours on the link that these addresses are here now."""

    link: str
    addresses: tuple[IP, ...]


@dataclass(frozen=True)
class Demand:
    """Op: ask until all of these answer, within a bounded time."""

    probes: tuple[Probe, ...]


@dataclass(frozen=True)
class Held:
    """What of one link the kernel is to go on serving."""

    link: str
    addresses: tuple[Address, ...]
    routes: tuple[ExpectedRoute, ...] = ()


@dataclass(frozen=True)
class Hold:
    """Op: until `Release`, keep up what networkd takes away.

    ``held`` is served on all the while. What others have in the kernel is put back
    (`hostnet.ledger`): all but what is the change's ``own``. ``moved`` are addresses that go
    with it, each with the one that others' routes are to come from instead.
    """

    held: tuple[Held, ...]
    own: Own
    moved: tuple[tuple[IP, IP], ...] = ()


@dataclass(frozen=True)
class Release:
    """Op: end every hold; what is really configured must carry the traffic from here on."""


Op = Write | Apply | Restart | Verify | Hold | Release | Announce | Demand
