"""What lies on another interface: VLANs, virtual functions, VXLANs, virtual Ethernet pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import VETH_PEER, VLAN_INCOMPLETE
from hostnet.netplan.language.interface import OPENVSWITCH, PLACEHOLDER
from hostnet.telling import quoted

if TYPE_CHECKING:
    from hostnet.netplan.document import Scalar
    from hostnet.netplan.language.interface import Interface
    from hostnet.netplan.language.reading import Reading

_MAX_VLAN = 4094
"""IEEE 802.1Q; netplan takes 0, too."""


def _link(reading: Reading, interface: Interface, node: Scalar) -> None:
    interface.said.nodes["link"] = node
    known = reading.refer(interface, node)
    if known is None:
        return
    interface.links[interface.section] = known
    if interface.section == "vlans" and known.backend == OPENVSWITCH:
        interface.backend = OPENVSWITCH


def _peer(reading: Reading, interface: Interface, node: Scalar) -> None:
    interface.said.nodes["peer"] = node
    if node.text == interface.id:
        reading.say(VETH_PEER, interface, "its peer is itself", node)
        return
    other = reading.refer(interface, node)
    if other is None:
        return
    name = quoted(other.id)
    if other.section not in ("virtual-ethernets", PLACEHOLDER):
        reading.say(VETH_PEER, interface, f"its peer {name} is one of the {other.section}", node)
    elif other.peer not in (None, interface):
        assert other.peer is not None
        message = f"its peer {name} is the peer of {quoted(other.peer.id)} already"
        reading.say(VETH_PEER, interface, message, node)
    else:
        interface.peer = other
        if not (reading.is_first_pass and other.lacks_peer):
            other.peer = interface


TAKES = {
    "ethernets": {"link": _link},
    "nm-devices": {"link": _link},
    "vlans": {"link": _link},
    "tunnels": {"link": _link},
    "virtual-ethernets": {"peer": _peer},
}


def _vlan(reading: Reading, interface: Interface) -> None:
    if interface.section != "vlans":
        return
    if "vlans" not in interface.links and "link" not in interface.said.nodes:
        reading.say(VLAN_INCOMPLETE, interface, "the VLAN has no link", interface.key)
    number = interface.said.number("id")
    if number is None:
        reading.say(VLAN_INCOMPLETE, interface, "the VLAN has no id", interface.key)
    elif number > _MAX_VLAN:
        message = f"the VLAN's id {number} is not 0 to {_MAX_VLAN}"
        reading.say(VLAN_INCOMPLETE, interface, message, interface.said.nodes["id"])


def _veth(reading: Reading, interface: Interface) -> None:
    is_alone = interface.peer is None and "peer" not in interface.said.nodes
    if interface.section != "virtual-ethernets" or not is_alone:
        return
    if reading.reads_again:
        # One that stands above may name it, which netplan knows when it reads the file again;
        # one below has no say, since netplan has not come to it.
        interface.lacks_peer = True
    else:
        reading.say(VETH_PEER, interface, "it has no peer", interface.key)


DEFINED = (_vlan, _veth)
