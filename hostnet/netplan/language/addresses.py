"""Addresses, gateways and nameservers, as far as rules ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import NETPLAN_CRASHES
from hostnet.netplan.document import Mapping, Scalar, Sequence
from hostnet.netplan.texts import family, is_ipv6

if TYPE_CHECKING:
    from hostnet.netplan.language.interface import Interface
    from hostnet.netplan.language.reading import Reading


def _addresses(reading: Reading, interface: Interface, node: Sequence) -> None:
    for number, item in enumerate(node.items):
        if isinstance(item, Mapping) and item.entries:
            text = item.entries[0].key.text
            if text in interface.with_options:
                # netplan takes it for the same list, read again, and looks no further.
                if reading.is_first_pass:
                    reading.overlook(node.items[number:])
                return
            interface.with_options.add(text)
            interface.address_options = item
            if reading.reads_again:
                reading.overlook(node.items[number + 1 :])
        elif not reading.fits(item):
            continue
        elif isinstance(item, Scalar):
            interface.families.add(family(item.text) or 0)


def _gateway(key: str) -> object:
    def take(reading: Reading, interface: Interface, node: Scalar) -> None:
        before = interface.said.text(key)
        if before not in (None, node.text) and not reading.has("1.1"):
            # https://github.com/canonical/netplan/pull/460
            message = f"a second {key} that differs from the first"
            reading.say(NETPLAN_CRASHES, interface, message, node)
        interface.said.nodes[key] = node

    return take


def _nameservers(reading: Reading, interface: Interface, node: Sequence) -> None:
    for item in node.items:
        if isinstance(item, Scalar) and reading.fits(item) and is_ipv6(item.text):
            interface.has_ipv6_nameserver = True


TAKES = {
    "everywhere": {
        "addresses": _addresses,
        "gateway4": _gateway("gateway4"),
        "gateway6": _gateway("gateway6"),
        "nameservers.addresses": _nameservers,
    }
}
