"""Members of bonds, bridges and VRFs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import MEMBER_TWICE, NETPLAN_CRASHES, PORT_SET_TWICE, PRIMARY_TWICE, Related
from hostnet.netplan.document import Mapping, Scalar, Sequence, position_of
from hostnet.netplan.language.interface import OPENVSWITCH
from hostnet.netplan.texts import UINT_MAX, number

if TYPE_CHECKING:
    from hostnet.netplan.document import Node
    from hostnet.netplan.language.interface import Interface
    from hostnet.netplan.language.reading import Reading


def _bridge(reading: Reading, interface: Interface, node: Sequence) -> None:
    _join(reading, interface, node, "bridges")


def _bond(reading: Reading, interface: Interface, node: Sequence) -> None:
    _join(reading, interface, node, "bonds")


def _join(reading: Reading, master: Interface, node: Sequence, section: str) -> None:
    """A bridge and a bond are alike; neither takes a member of the other."""
    for item in node.items:
        member = _member(reading, master, item)
        if member is None:
            continue
        taken = [one for one in (member.bridge, member.bond) if one not in (None, master)]
        if section == "bridges" and member.bond is master:
            taken.append(master)
        if section == "bonds" and member.bridge is master:
            taken.append(master)
        if taken and taken[0] is not None:
            _say_twice(reading, master, member, taken[0], item)
            continue
        if section == "bridges":
            member.bridge = master
        else:
            member.bond = master
        member.member_of.setdefault(section, item)
        if member.backend == OPENVSWITCH:
            master.backend = OPENVSWITCH


def _vrf(reading: Reading, interface: Interface, node: Sequence) -> None:
    for item in node.items:
        member = _member(reading, interface, item)
        if member is None:
            continue
        if member.vrf not in (None, interface):
            assert member.vrf is not None
            _say_twice(reading, interface, member, member.vrf, item)
            continue
        member.vrf = interface
        member.member_of.setdefault("vrfs", item)


def _member(reading: Reading, master: Interface, item: object) -> Interface | None:
    if not isinstance(item, Scalar) or not reading.fits(item):
        return None
    return reading.refer(master, item)


def _say_twice(
    reading: Reading, master: Interface, member: Interface, first: Interface, item: Node
) -> None:
    where = member.member_of.get(first.section)
    place = position_of(where) if where is not None else None
    related = (Related(f"a member of {first.id} by this", place),) if place else ()
    message = f"{member.id} is a member of {first.id} already"
    reading.say(MEMBER_TWICE, master, message, item, *related)


def _primary(reading: Reading, interface: Interface, node: Scalar) -> None:
    member = reading.refer(interface, node)
    if member is None or interface.primary_member == node.text:
        return
    if interface.primary_member is not None:
        message = f"its primary is {interface.primary_member} already"
        reading.say(PRIMARY_TWICE, interface, message, node)
        return
    if member.primary_member is not None and reading.has("1.1"):
        message = f"{member.primary_member} is the primary of another bond already"
        reading.say(PRIMARY_TWICE, interface, message, node)
        return
    member.primary_member = interface.primary_member = node.text


def _path_cost(reading: Reading, interface: Interface, node: Mapping) -> None:
    _port_values(reading, interface, node, "path cost")


def _port_priority(reading: Reading, interface: Interface, node: Mapping) -> None:
    _port_values(reading, interface, node, "port priority")


def _port_values(reading: Reading, interface: Interface, node: Mapping, what: str) -> None:
    for entry in node.entries:
        if not isinstance(entry.value, Scalar) or not reading.fits(entry.value):
            continue
        port = reading.refer(interface, entry.key)
        if port is None:
            continue
        before = port.port_costs.get(what, 0)
        value = number(entry.value.text) or 0
        if before:
            message = f"{port.id} has a {what} of {before} already"
            reading.say(PORT_SET_TWICE, interface, message, entry.value)
        elif value >= UINT_MAX and reading.has("1.1"):
            message = f"a {what} beyond 32 bits"
            reading.say(NETPLAN_CRASHES, interface, message, entry.value)
        else:
            port.port_costs[what] = value & UINT_MAX


TAKES = {
    "bridges": {
        "interfaces": _bridge,
        "parameters.path-cost": _path_cost,
        "parameters.port-priority": _port_priority,
    },
    "bonds": {"interfaces": _bond, "parameters.primary": _primary},
    "vrfs": {"interfaces": _vrf},
}
