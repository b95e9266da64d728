"""The kernel's messages of what came and went (rtnetlink(7)), as values; only what is asked for.

Layouts: linux/netlink.h, rtnetlink.h, if_addr.h, neighbour.h, fib_rules.h, nexthop.h.

Who asked for it stands in the message, more often than not (measured on Linux 6.18, with `ip`
and networkd 252): ``nlmsg_pid`` is the requester's port in deletions of routes of both
families, rules, nexthops and IPv4 addresses. It is 0 in those of links, IPv6 addresses,
neighbours and FDB entries, and of whatever the kernel lets go by itself. When IPv4 routes go
with a link, a nexthop or their link's last address, it tells nothing at all.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_interface
from typing import TYPE_CHECKING

from hostnet.ledger.objects import REJECTING
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    from hostnet.ledger.objects import Key
    from hostnet.model import IP, Family, Network

_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_ATTRIBUTE = struct.Struct("=HH")
_TYPE_MASK = 0x3FFF  # NLA_TYPE_MASK
_REPLACE = 0x100  # NLM_F_REPLACE
_AF_BRIDGE = 7
_FAMILIES: Mapping[int, Family] = {2: 4, 10: 6}
_PERMANENT, _NOARP = 0x80, 0x40  # NUD_*
_IFF_UP = 1
_CLONED = 0x200  # RTM_F_CLONED: a cache entry
_ACTIONS = {1: "lookup", 2: "goto", 3: "nop", 6: REJECTING[0], 7: REJECTING[1], 8: REJECTING[2]}

_LINK, _ADDRESS, _ROUTE, _NEIGHBOUR, _RULE, _NEXTHOP = 16, 20, 24, 28, 32, 104
"""RTM_NEW*; RTM_DEL* is one more."""


class Event(Value):
    """One object came (or was changed) or went.

    ``at`` is seconds of the monotonic clock, ``port`` who asked for it (0: nobody, or it is
    not said), ``replaced`` that another of the same key was there until that very moment,
    ``down`` that a link is there, but not up.
    """

    at: float
    key: Key
    gone: bool
    port: int = 0
    replaced: bool = False
    down: bool = False


def read(data: bytes, at: float, names: MutableMapping[int, str]) -> Iterator[Event]:
    """The events of one datagram; ``names`` of links by index are learned on the way.

    What hostnet does not keep a ledger of is left out, and so is what makes no sense.
    """
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, flags, _, port = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size or offset + length > len(data):
            return
        body = data[offset + _HEADER.size : offset + length]
        gone = bool(kind & 1)
        try:
            key = _key(kind & ~1, body, names, gone=gone)
        except (struct.error, ValueError):
            key = None
        if key is not None:
            replaced = bool(flags & _REPLACE) and not gone
            down = key[0] == "link" and not gone and not _flags(body) & _IFF_UP
            yield Event(at, key, gone, port, replaced, down)
        offset += (length + 3) & ~3


def is_occasion(data: bytes) -> bool:
    """Whether the datagram's first message, mostly its only one, is one to put something back.

    Something went, or an address came, without which a route from it could not be made.
    """
    kind = _HEADER.unpack_from(data)[1] if len(data) >= _HEADER.size else 0
    return bool(kind & 1) or kind == _ADDRESS


def _key(kind: int, body: bytes, names: MutableMapping[int, str], *, gone: bool) -> Key | None:
    if kind == _ROUTE:
        return _route(body)
    if kind == _ADDRESS:
        return _address(body, names)
    if kind == _LINK:
        return _link(body, names)
    if kind == _NEIGHBOUR:
        return _neighbour(body, names, gone=gone)
    if kind == _RULE:
        return _rule(body)
    if kind == _NEXTHOP:
        id_ = _attributes(body, 8).get(1)  # NHA_ID
        return None if id_ is None else ("nexthop", _u32(id_))
    return None


def _route(body: bytes) -> Key | None:
    number, to_length, from_length, tos, table, *_, flags = struct.unpack_from("=8BI", body)
    family = _FAMILIES.get(number)
    if family is None or flags & _CLONED:
        return None
    found = _attributes(body, 12)
    metric = _u32(found[6]) if 6 in found else 0  # RTA_PRIORITY
    table = _u32(found[15]) if 15 in found else table  # RTA_TABLE
    sender = _network(family, found.get(2), from_length) if from_length else None  # RTA_SRC
    to = _network(family, found.get(1), to_length)  # RTA_DST
    return ("route", family, table, to, sender, tos, metric)


def _address(body: bytes, names: Mapping[int, str]) -> Key | None:
    number, length, _, _, index = struct.unpack_from("=4BI", body)
    found = _attributes(body, 8)
    raw = found.get(2) or found.get(1)  # IFA_LOCAL, else IFA_ADDRESS
    if number not in _FAMILIES or raw is None:
        return None
    return ("address", names.get(index), ip_interface((_ip(raw), length)))


def _link(body: bytes, names: MutableMapping[int, str]) -> Key | None:
    family, index = struct.unpack_from("=BxxxiI", body)[:2]
    name = _attributes(body, 16).get(3)  # IFLA_IFNAME
    if family == _AF_BRIDGE or name is None:  # a port of a bridge: it left, but is not gone
        return None
    names[index] = _text(name)
    return ("link", names[index])


def _flags(link: bytes) -> int:
    flags: int = struct.unpack_from("=8xI", link)[0]  # ifi_flags
    return flags


def _neighbour(body: bytes, names: Mapping[int, str], *, gone: bool) -> Key | None:
    number, index, state = struct.unpack_from("=BxxxiH", body)
    found = _attributes(body, 12)
    raw, mac = found.get(1), found.get(2)  # NDA_DST, NDA_LLADDR
    if number == _AF_BRIDGE:
        if mac is None or not (gone or state & (_PERMANENT | _NOARP)):
            return None
        vlan = struct.unpack("=H", found[5])[0] if 5 in found else None  # NDA_VLAN
        remote = None if raw is None else _ip(raw)
        return ("fdb", names.get(index), mac.hex(":"), vlan, remote)
    # One that is deleted has another state by then, so its state tells nothing.
    if number not in _FAMILIES or raw is None or not (gone or state & _PERMANENT):
        return None
    return ("neighbour", names.get(index), _ip(raw))


def _rule(body: bytes) -> Key | None:
    number, to_length, from_length, _, table, _, _, action = struct.unpack_from("=8B", body)
    family = _FAMILIES.get(number)
    if family is None:
        return None
    found = _attributes(body, 12)
    priority = _u32(found[6]) if 6 in found else 0  # FRA_PRIORITY
    mark = _u32(found[10]) if 10 in found else None  # FRA_FWMARK
    table = _u32(found[15]) if 15 in found else table  # FRA_TABLE
    source = _network(family, found.get(2), from_length) if from_length else None
    to = _network(family, found.get(1), to_length) if to_length else None
    word = _ACTIONS.get(action, "")
    looked_up = table if word == "lookup" else None
    return ("rule", family, priority, source, to, mark, word, looked_up)


def _attributes(body: bytes, offset: int) -> dict[int, bytes]:
    found = {}
    while offset + 4 <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, offset)
        if length < 4:
            break
        found[kind & _TYPE_MASK] = body[offset + 4 : offset + length]
        offset += (length + 3) & ~3
    return found


def _network(family: Family, raw: bytes | None, length: int) -> Network:
    if family == 4:
        return IPv4Network((raw or bytes(4), length))
    return IPv6Network((raw or bytes(16), length))


def _ip(raw: bytes) -> IP:
    return IPv4Address(raw) if len(raw) == 4 else IPv6Address(raw)


def _u32(raw: bytes) -> int:
    number: int = struct.unpack("=I", raw)[0]
    return number


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\0").decode("utf-8", "replace")
