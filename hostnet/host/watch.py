"""Watching what comes and goes in the kernel's network, while something else is done.

rtnetlink(7) tells every listener of each object that is made or deleted, and by whose port.
A thread takes the messages from the kernel as they come; they are read as values only when
somebody asks, and each once, so that a flood of them (a flush of thousands of routes) costs
little meanwhile.

Which ports are networkd's: systemd makes the socket for it (systemd-networkd.socket), so it
is not the process id. /proc/net/netlink has the port and the inode of every socket, and
/proc/PID/fd which inodes a process holds.
"""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from contextlib import suppress
from errno import ENOBUFS
from typing import TYPE_CHECKING

from hostnet.host import cgroup
from hostnet.ledger.rtnetlink import is_occasion, read
from hostnet.ledger.watched import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hostnet.ledger.objects import Ledger
    from hostnet.ledger.rtnetlink import Event

NETWORKD = cgroup.lists("systemd-networkd.service")

_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_SO_RCVBUFFORCE = 33
"""SO_RCVBUF beyond rmem_max, for who may administer the network (socket(7))."""
BUFFER = 32 << 20
"""A message takes up to 2 kB of it: enough for 16,000 at once, and only used if they come."""
_GROUPS = (1, 3, 5, 7, 8, 9, 11, 19, 32)
"""RTNLGRP_* (linux/rtnetlink.h): LINK, NEIGH, IPV4_IFADDR, IPV4_ROUTE, IPV4_RULE, IPV6_IFADDR,
IPV6_ROUTE, IPV6_RULE, NEXTHOP."""
_DATAGRAM = 1 << 16


class Watching:
    """A watch from ``with`` to its end; then `watch` tells what was seen.

    ``before`` gives the names of links by index: messages of addresses have no others.
    ``processes`` are files that list networkd's process ids, ``buffer`` how many bytes of
    messages the kernel may keep for us. ``tell`` is called, by a thread, when there may be
    something to put back. Raises OSError if the kernel lets nobody listen.
    """

    def __init__(
        self,
        before: Ledger,
        processes: Iterable[str] = NETWORKD,
        *,
        buffer: int = BUFFER,
        tell: Callable[[], None] | None = None,
    ) -> None:
        self._names = {link.index: link.name for link in before.links}
        self._processes = tuple(processes)
        self._buffer = buffer
        self._tell_occasion = tell
        self._messages: list[tuple[float, bytes]] = []
        self._events: list[Event] = []
        self._read = 0
        self._is_complete = True
        self._ports: frozenset[int] = frozenset()
        self._ended = 0.0
        self._thread = threading.Thread(target=self._listen, name="rtnetlink", daemon=True)

    def __enter__(self) -> Watching:
        self._socket = _listener(self._buffer)
        self._end, self._tell = socket.socketpair()
        self._ports = ports(self._processes)
        self._begun = time.monotonic()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._tell.close()
        self._thread.join()
        self._receive()  # what came between the thread's last look and now
        self._ended = time.monotonic()
        self._socket.close()
        self._end.close()

    def watch(self) -> Watch:
        """What was seen, as a value; meanwhile, what was seen so far. For one thread at a time."""
        for at, data in self._messages[self._read :]:
            self._events += read(data, at, self._names)
            self._read += 1
        ended = self._ended or time.monotonic()
        self._ports |= ports(self._processes)  # it may have been started anew
        return Watch(self._begun, ended, tuple(self._events), self._ports, self._is_complete)

    def _listen(self) -> None:
        both = select.poll()
        both.register(self._socket, select.POLLIN)
        both.register(self._end, select.POLLIN)
        while self._end.fileno() not in dict(both.poll()):
            self._receive()

    def _receive(self) -> None:
        """Take all that lies in the buffer."""
        while True:
            try:
                data = self._socket.recv(_DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != ENOBUFS:
                    raise
                # The kernel had to drop some (netlink(7)); those after it come as ever.
                self._is_complete = False
            else:
                self._messages.append((time.monotonic(), data))
                if self._tell_occasion is not None and is_occasion(data):
                    self._tell_occasion()


def ports(processes: Iterable[str] = NETWORKD) -> frozenset[int]:
    """The ports of rtnetlink sockets, in this network namespace, of processes in these lists."""
    inodes = {inode for path in processes for pid in _lines(path) for inode in _sockets(pid)}
    rows = (line.split() for line in _lines("/proc/net/netlink")[1:])
    # sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode (netlink_seq_show()); Eth 0 is rtnetlink
    return frozenset(int(row[2]) for row in rows if row[1] == "0" and row[-1] in inodes)


def _sockets(pid: str) -> set[str]:
    folder = f"/proc/{pid}/fd"
    found = set()
    with suppress(OSError):  # it ended
        for name in os.listdir(folder):
            with suppress(OSError):
                target = os.readlink(f"{folder}/{name}")
                if target.startswith("socket:["):
                    found.add(target[len("socket:[") : -1])
    return found


def _lines(path: str) -> list[str]:
    try:
        with open(path, encoding="ascii") as file:
            return file.read().splitlines()
    except OSError:
        return []  # no networkd, or another hierarchy of cgroups


def _listener(buffer: int) -> socket.socket:
    listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    try:
        with suppress(PermissionError):  # less of a buffer, then
            listener.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, buffer)
        listener.bind((0, 0))
        for group in _GROUPS:
            with suppress(OSError):  # NEXTHOP before 5.3
                listener.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
        listener.settimeout(0)
    except BaseException:
        listener.close()
        raise
    return listener
