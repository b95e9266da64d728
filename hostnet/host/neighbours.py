"""The other hosts on a link: who has an address, whether one answers, and telling them all.

Both families alike; `hostnet.host.arp` and `hostnet.host.ndisc` know their words.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from ipaddress import IPv4Address, IPv6Address
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING

from hostnet.errors import HostnetError
from hostnet.host import arp, ndisc
from hostnet.host.arp import Arp
from hostnet.host.ndisc import Ndisc
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from hostnet.model import IP

PROBES = 3
"""How often an address is asked for (PROBE_NUM of RFC 5227 section 1.1)."""
INTERVAL = 0.1
"""Seconds between two of them. The RFC's one to two are for hosts that all boot at once, and for
ports that still learn; this link is up, and an operator waits."""
LISTEN = 0.1
"""Seconds to listen after the last: neighbours answer within milliseconds, power-saving ones
within a hundred. The RFC listens on for two seconds; here a host that is slow has had
0.3 s for its answer to the first, and only one that lost two packets must be as quick as this."""
_REPEAT = 0.2
"""Seconds until a neighbour that did not answer is asked again."""


class Conflict(Value):
    """Another host has the address, or is about to take it; ``mac`` is that host's."""

    address: IP
    mac: str


class NotAsked(HostnetError):
    """The neighbours on a link could not be asked; nothing is known of conflicts."""

    exit_code = 4


def conflicts(
    link: str, addresses: Iterable[IP], own_macs: Collection[str]
) -> tuple[Conflict, ...]:
    """Which of the addresses another host on the link has, or is about to take.

    For addresses that this host is about to take: the probes claim nothing and change no
    neighbour's cache. ``own_macs`` are those of all links of this host, which may meet on
    one wire. Takes 0.3 s, for all addresses together.

    Raises NotAsked: the link is gone or down, or CAP_NET_RAW is missing.
    """
    asked = tuple(dict.fromkeys(addresses))
    found: dict[IP, str] = {}
    try:
        with ExitStack() as stack:
            wires = _open(stack, link, asked)
            own = {mac.lower() for mac in own_macs} | {wire.mac for wire in wires.values()}
            for remaining in reversed(range(PROBES)):
                for ip in asked:
                    _request(wires[ip.version], ip, None)
                for packet in _heard(wires, INTERVAL if remaining else LISTEN):
                    if packet.claims in asked and packet.mac not in own:
                        found.setdefault(packet.claims, packet.mac)
    except OSError as error:
        raise NotAsked(
            f"no neighbour on {link} can be asked who has {', '.join(map(str, asked))}",
            error.strerror or str(error),
        ) from None
    return tuple(Conflict(ip, found[ip]) for ip in asked if ip in found)


def resolve(link: str, ip: IP, source: IP | None, until: float) -> str | None:
    """The MAC that answers for the address on the link; None if none did in time.

    ``source`` is the address that the question comes from; None comes from nowhere, which
    neighbours answer as well. ``until`` is of time.monotonic().

    Raises OSError: the link is gone or down, or CAP_NET_RAW is missing.
    """
    with ExitStack() as stack:
        wires = _open(stack, link, (ip,))
        while (left := until - time.monotonic()) > 0:
            _request(wires[ip.version], ip, source)
            for packet in _heard(wires, min(_REPEAT, left)):
                if packet.answers and packet.claims == ip:
                    return packet.mac
    return None


def announce(link: str, addresses: Iterable[IP]) -> None:
    """Tell all neighbours on the link that the addresses are here now.

    Until then they send to whoever had them before. One packet each: call it again after a
    while, since it may get lost (RFC 5227 section 2.3 has two, 2 s apart).

    Raises OSError: the link is gone or down, or CAP_NET_RAW is missing.
    """
    here = tuple(addresses)
    with ExitStack() as stack:
        wires = _open(stack, link, here)
        for ip in here:
            _announce(wires[ip.version], ip)


_Wires = dict[int, Arp | Ndisc]
"""A socket for each IP version."""


def _open(stack: ExitStack, link: str, addresses: Iterable[IP]) -> _Wires:
    wires: _Wires = {}
    for ip in addresses:
        if ip.version not in wires:
            wire: Arp | Ndisc = Arp(link) if ip.version == 4 else Ndisc(link)
            stack.enter_context(wire)
            wires[ip.version] = wire
    return wires


def _request(wire: Arp | Ndisc, ip: IP, source: IP | None) -> None:
    if isinstance(wire, Arp):
        assert isinstance(ip, IPv4Address)
        wire.request(ip, source if isinstance(source, IPv4Address) else arp.UNSPECIFIED)
    else:
        assert isinstance(ip, IPv6Address)
        wire.request(ip, source if isinstance(source, IPv6Address) else ndisc.UNSPECIFIED)


def _announce(wire: Arp | Ndisc, ip: IP) -> None:
    if isinstance(wire, Arp):
        assert isinstance(ip, IPv4Address)
        wire.announce(ip)
    else:
        assert isinstance(ip, IPv6Address)
        wire.announce(ip)


def _heard(wires: _Wires, seconds: float) -> Iterator[arp.Packet | ndisc.Packet]:
    """What comes in during the next seconds."""
    until = time.monotonic() + seconds
    with DefaultSelector() as selector:
        for wire in wires.values():
            selector.register(wire, EVENT_READ, wire)
        while (left := until - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                if (packet := key.data.heard()) is not None:
                    yield packet
