"""Asking a nameserver itself, not by way of the host's resolver: the one user of dnspython.

It comes with the first query for a name, not with this module: no other command pays for it.
"""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING, TypeVar

from hostnet.dns import message as wire
from hostnet.host import bound
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostnet.model import IP
    from hostnet.probes import Probe

_T = TypeVar("_T")
PORT = 53
_LARGEST = 1 << 16


class Reply(Value):
    """What the server said: ``rcode`` such as ``NOERROR``; whether it has such a record.

    One that did not fit in its packet is a record, too.
    """

    rcode: str
    found: bool


def knock(server: IP, port: int, probe: Probe, until: float, question: bytes = wire.ROOT) -> str:
    """How the server replies to a question, by itself one that any can answer: ``NOERROR``.

    Raises OSError (TimeoutError: no answer came), NoAnswer (what came was no DNS).
    """
    number = int.from_bytes(os.urandom(2), "big")

    def code(data: bytes) -> str | None:
        return wire.reply_code(data, number, question)

    return _exchange(server, port, wire.query(number, question), code, probe, until)


def query(server: IP, name: str, type_: str, probe: Probe, until: float) -> Reply:
    """Ask the server for the records of a name, by UDP, and wait until then (monotonic).

    Recursion is asked for, as every stub resolver does (RFC 1034 section 5.3.1).
    Raises as `knock` does.
    """
    from dns import flags, message, rcode
    from dns.exception import DNSException

    asked = message.make_query(name, type_)

    def reply(data: bytes) -> Reply | None:
        try:
            found = message.from_wire(data, ignore_trailing=True)
        except DNSException as error:
            raise ValueError(str(error)) from None
        if not asked.is_response(found):
            return None
        return Reply(rcode.to_text(found.rcode()), bool(found.answer or found.flags & flags.TC))

    return _exchange(server, PORT, asked.to_wire(), reply, probe, until)


def _exchange(
    server: IP,
    port: int,
    question: bytes,
    understand: Callable[[bytes], _T | None],
    probe: Probe,
    until: float,
) -> _T:
    """What the first packet says that answers the question; no other counts for anything."""
    garbage = False
    with bound.sock(socket.SOCK_DGRAM, server, probe) as udp:
        # Connected, it hears the server alone, and whether there is anyone on its port.
        udp.connect(bound.sockaddr(server, port, probe))
        udp.send(question)
        while (left := until - time.monotonic()) > 0:
            udp.settimeout(left)
            try:
                found = understand(udp.recv(_LARGEST))
            except TimeoutError:
                break
            except ValueError:
                garbage = True
                continue
            if found is not None:
                return found
    if garbage:
        raise bound.NoAnswer("what answers there is no nameserver")
    raise TimeoutError("no reply")
