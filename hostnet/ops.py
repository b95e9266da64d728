"""What a plan does to a running host, step by step: Ops as data.

Performing an Op reads nothing but the Op; `hostnet.transaction.perform` is the one
place that does. Apart from the changes of files, which are all there is below another
root: what is not needed is not imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hostnet.change import Write
from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.dns.server import Server
    from hostnet.ledger.own import Own
    from hostnet.model import IP, Address
    from hostnet.probes import Probe
    from hostnet.verification import Expectation, ExpectedRoute, Resolving

Wish = Literal["fresh", "stopped"]
"""How a service shall be: running, with its files read anew; or not running."""


class Apply(Value):
    """Op: ``netplan apply``."""


class Restart(Value):
    """Op: restart networkd, which reads networkd.conf only when it starts."""


class Verify(Value):
    """Op: observe until the host is as expected, within a bounded time."""

    expectation: Expectation


class Announce(Value):
    """Op: tell the neighbours on the link that these addresses are here now."""

    link: str
    addresses: tuple[IP, ...]


class Demand(Value):
    """Op: ask until all of these answer, within a bounded time."""

    probes: tuple[Probe, ...]


class Held(Value):
    """What of one link the kernel is to go on serving."""

    link: str
    addresses: tuple[Address, ...]
    routes: tuple[ExpectedRoute, ...] = ()


class Hold(Value):
    """Op: until `Release`, keep up what networkd takes away.

    ``held`` is served on all the while. What others have in the kernel is put back
    (`hostnet.ledger`): all but what is the change's ``own``. ``moved`` are addresses that go
    with it, each with the one that others' routes are to come from instead.
    """

    held: tuple[Held, ...]
    own: Own
    moved: tuple[tuple[IP, IP], ...] = ()


class Release(Value):
    """Op: end every hold; what is really configured must carry the traffic from here on."""


class Reread(Value):
    """Op: systemd reads its unit files anew, and what is masked is."""


class Service(Value):
    """Op: the unit becomes as wished. ``ran``: it did before, and does again after an undo."""

    unit: str
    wish: Wish
    ran: bool


class Lock(Value):
    """Op: make the file immutable (chattr(1)) where its file system can, or writable again.

    ``was``: it was immutable before, and is again after an undo.
    """

    path: str
    immutable: bool
    was: bool


class Revert(Value):
    """Op: networkd forgets what a program set for the link by call.

    ``servers`` and ``domains`` are what it set, and get back after an undo; none are known
    where it was not told from what files and leases say.
    """

    link: str
    servers: tuple[Server, ...]
    domains: tuple[str, ...] = ()


class Resolve(Value):
    """Op: observe until resolved asks whom it shall, within a bounded time.

    It then forgets what others told it.
    """

    expected: Resolving


Op = (
    Write
    | Apply
    | Restart
    | Verify
    | Hold
    | Release
    | Announce
    | Demand
    | Reread
    | Service
    | Lock
    | Revert
    | Resolve
)
