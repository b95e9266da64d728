"""A program that listens to rtnetlink and tells how long what was there at first was away.

`python -m tests.matrix.observer`, in a host's network namespace: prints the names of all that is
there, as JSON; and with `watch` listens until its standard input ends, then prints for how many
milliseconds each was away at a stretch, at most, and whether it still is. It shares nothing with
hostnet.

IPv4 routes may go without a message, with their link or address; so it also looks at all of them
whenever something has gone or a link has changed.
"""

from __future__ import annotations

import json
import os
import re
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator
from ipaddress import ip_address

_NEW_LINK, _DEL_LINK, _NEW_ADDR, _DEL_ADDR = 16, 17, 20, 21
_NEW_ROUTE, _DEL_ROUTE, _NEW_NEIGH, _DEL_NEIGH, _NEW_RULE, _DEL_RULE = 24, 25, 28, 29, 32, 33
_GONE = {_DEL_LINK, _DEL_ADDR, _DEL_ROUTE, _DEL_NEIGH, _DEL_RULE}
_DUMPS = (
    *((_NEW_LINK, 0, 16), (_NEW_ADDR, 0, 8), (_NEW_ROUTE, 0, 12), (_NEW_RULE, 2, 12)),
    *((_NEW_RULE, 10, 12), (_NEW_NEIGH, 0, 12), (_NEW_NEIGH, 7, 12)),
)
"""Message, address family, length of its header (linux/rtnetlink.h); the request is two more."""
_GROUPS = (1, 3, 5, 7, 8, 9, 11, 19)
_REQUEST_DUMP, _REPLACE = 0x301, 0x100
_BRIDGE, _CLONED, _LASTING = 7, 0x200, 0xC0
_BUFFER = 64 << 20


class Names:
    """Messages as names of objects, so that the same object always has the same one."""

    def __init__(self) -> None:
        self._links: dict[int, str] = {}

    def of(self, kind: int, body: bytes) -> str | None:
        """The object's name, or None if it is of no interest."""
        if kind in (_NEW_LINK, _DEL_LINK):
            index = int(struct.unpack_from("=i", body, 4)[0])
            if body[0] == _BRIDGE:  # a bridge's port: of a link that has its own message
                return None
            name = _attributes(body, 16).get(3, b"").rstrip(b"\0").decode() or f"#{index}"
            self._links[index] = name
            return f"link {name}"
        if kind in (_NEW_ADDR, _DEL_ADDR):
            found = _attributes(body, 8)
            local = found.get(2) or found.get(1, b"")
            index = int(struct.unpack_from("=I", body, 4)[0])
            return f"address {_ip(local)}/{body[1]} on {self._link(index)}"
        if kind in (_NEW_ROUTE, _DEL_ROUTE):
            return self._route(body)
        if kind in (_NEW_RULE, _DEL_RULE):
            return _rule(body)
        return self._neighbour(kind, body)

    def _link(self, index: int) -> str:
        return self._links.get(index, f"#{index}")

    def _route(self, body: bytes) -> str | None:
        if struct.unpack_from("=I", body, 8)[0] & _CLONED:
            return None
        found = _attributes(body, 12)
        to = f"{_ip(found[1])}/{body[1]}" if 1 in found else f"default (IPv{_VERSION[body[0]]})"
        words = [f"route {to}"]
        if 5 in found:
            words.append(f"via {_ip(found[5])}")
        if 4 in found:
            words.append(f"dev {self._link(_number(found[4]))}")
        if 9 in found:
            words.append(f"hops {found[9].hex()}")
        words.append(f"table {_number(found.get(15, bytes([body[4]])))}")
        words.append(f"proto {body[5]} type {body[7]} metric {_number(found.get(6, b''))}")
        return " ".join(words)

    def _neighbour(self, kind: int, body: bytes) -> str | None:
        index, state = struct.unpack_from("=iH", body, 4)
        # The message of its end has another state; whether it was lasting is known from before.
        if kind == _NEW_NEIGH and not state & _LASTING:
            return None
        found = _attributes(body, 12)
        mac = found.get(2, b"").hex(":")
        to = _ip(found[1]) if 1 in found else ""
        what = "fdb" if body[0] == _BRIDGE else "neighbour"
        return f"{what} {mac if what == 'fdb' else ''} {to} on {self._link(index)}"


def main() -> None:
    """Look, listen, and tell."""
    names = Names()
    listener = _listener()
    dumper = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    dumper.bind((0, 0))
    kept = {name for dump in _DUMPS for name in _dump(dumper, names, *dump)}
    print(json.dumps(sorted(kept)), flush=True)
    if "watch" not in sys.argv:
        return
    routes = {name for name in kept if re.match(r"route (?!default \(IPv6)[^:]*$", name)}
    since: dict[str, float] = {}
    away: dict[str, float] = {}
    complete, doubt = True, time.monotonic()
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        shaken = False
        while True:
            try:
                data = listener.recv(1 << 16)
            except BlockingIOError:
                break
            except OSError:  # ENOBUFS: the verdict of `ip` stands, the times do not
                complete = False
                continue
            now = time.monotonic()
            for kind, flags, body in _messages(data):
                name = names.of(kind, body)
                if kind in _GONE or kind == _NEW_LINK or flags & _REPLACE:
                    shaken, doubt = True, now
                if name not in kept:
                    continue
                if kind in _GONE:
                    since.setdefault(name, now)
                else:
                    # A new route of which no end was told: it went with what did.
                    unseen = doubt if name in routes and not flags & _REPLACE else None
                    begun = since.pop(name, unseen)
                    if begun is not None:
                        away[name] = max(away.get(name, 0.0), now - begun)
        if shaken:
            there = set(_dump(dumper, names, _NEW_ROUTE, 2, 12))
            for name in routes - there - since.keys():
                since[name] = doubt
        if sys.stdin in ready:
            break
    end = time.monotonic()
    for name, begun in since.items():
        away[name] = max(away.get(name, 0.0), end - begun)
    told = {name: [round(seconds * 1000, 2), name in since] for name, seconds in away.items()}
    print(json.dumps({"complete": complete, "away": told}), flush=True)


def _listener() -> socket.socket:
    listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    listener.setsockopt(socket.SOL_SOCKET, 33, _BUFFER)  # SO_RCVBUFFORCE
    listener.bind((0, 0))
    for group in _GROUPS:
        listener.setsockopt(270, 1, group)  # SOL_NETLINK, NETLINK_ADD_MEMBERSHIP
    listener.settimeout(0)
    return listener


def _dump(asker: socket.socket, names: Names, kind: int, family: int, length: int) -> Iterator[str]:
    body = bytes([family]) + bytes(length - 1)
    asker.send(struct.pack("=IHHII", 16 + length, kind + 2, _REQUEST_DUMP, 1, 0) + body)
    while True:
        for got, _, answer in _messages(asker.recv(1 << 18)):
            if got == 3:  # NLMSG_DONE
                return
            if got == 2:
                raise OSError(-struct.unpack_from("=i", answer)[0], f"dump {kind}")
            if name := names.of(got, answer):
                yield name


def _messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    while len(data) >= 16:
        length, kind, flags, _, _ = struct.unpack_from("=IHHII", data)
        yield kind, flags, data[16:length]
        data = data[(length + 3) & ~3 :]


def _attributes(body: bytes, start: int) -> dict[int, bytes]:
    found = {}
    rest = body[start:]
    while len(rest) >= 4:
        length, kind = struct.unpack_from("=HH", rest)
        if length < 4:
            break
        found[kind & 0x3FFF] = rest[4:length]
        rest = rest[(length + 3) & ~3 :]
    return found


_VERSION = {2: 4, 10: 6}


def _rule(body: bytes) -> str:
    found = _attributes(body, 12)
    words = [f"rule {_number(found.get(6, b''))} (IPv{_VERSION[body[0]]})"]
    for attribute, word, bits in ((2, "from", body[2]), (1, "to", body[1])):
        if attribute in found:
            words.append(f"{word} {_ip(found[attribute])}/{bits}")
    if 10 in found:
        words.append(f"fwmark {_number(found[10]):#x}")
    words.append(f"lookup {_number(found.get(15, bytes([body[4]])))} action {body[7]}")
    return " ".join(words)


def _number(data: bytes) -> int:
    return int.from_bytes(data, sys.byteorder)


def _ip(data: bytes) -> str:
    return str(ip_address(data)) if len(data) in (4, 16) else data.hex()


if __name__ == "__main__":
    os.nice(-5)
    main()
