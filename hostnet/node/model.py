"""A node as its description states it, parsed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.value import Value

if TYPE_CHECKING:
    from hostnet.dns.pin import Pin
    from hostnet.model import Position, Request
    from hostnet.netplan.document import Mapping


class Selector(Value):
    """Which machine a node is meant for: of each kind that is not empty, one must fit."""

    hostnames: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    """Of any of its cards, in lower case with colons."""
    machine_ids: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    """The product's serial number, as the firmware tells it."""


class Passed(Value):
    """A bond, bridge or vlan as netplan itself has it; it is netplan's to judge."""

    section: str
    id: str
    body: Mapping


class Node(Value):
    """One machine's network; ``selector`` None leaves the choice to its name, see `select`."""

    name: str
    position: Position
    selector: Selector | None = None
    requests: tuple[Request, ...] = ()
    passed: tuple[Passed, ...] = ()
    pin: Pin | None = None
    kubernetes: bool = False


class Machine(Value):
    """What a machine tells of itself, to be found among nodes."""

    hostname: str = ""
    macs: tuple[str, ...] = ()
    machine_id: str = ""
    serial: str = ""

    def __str__(self) -> str:
        macs = ", ".join(self.macs) or "no card"
        serial = f", serial {self.serial}" if self.serial else ""
        return f"hostname {self.hostname}, {macs}, machine-id {self.machine_id}{serial}"
