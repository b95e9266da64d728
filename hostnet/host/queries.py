"""Asking a nameserver itself, not by way of the host's resolver: the one user of dnspython.

It comes with the first query, not with this module: no other command pays for it.
"""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hostnet.host import bound

if TYPE_CHECKING:
    from hostnet.model import IP
    from hostnet.probes import Probe

_PORT = 53
_LARGEST = 1 << 16


@dataclass(frozen=True)
class Reply:
    """What the server said: ``rcode`` such as ``NOERROR``; whether it has such a record.

    One that did not fit in its packet is a record, too.
    """

    rcode: str
    found: bool


def query(
    server: IP, name: str, type_: str, probe: Probe, until: float, port: int | None = None
) -> Reply:
    """Ask the server for the records of a name, by UDP, and wait until then (monotonic).

    Recursion is asked for, as every stub resolver does (RFC 1034 section 5.3.1). Packets that
    are no answer to this very query count for nothing.

    Raises OSError (TimeoutError: no answer came), NoAnswer (what came was no DNS).
    """
    from dns import flags, message, rcode
    from dns.exception import DNSException

    asked = message.make_query(name, type_)
    garbage = False
    with bound.sock(socket.SOCK_DGRAM, server, probe) as udp:
        # Connected, it hears the server alone, and whether there is anyone on its port.
        udp.connect(bound.sockaddr(server, port or _PORT, probe))
        udp.send(asked.to_wire())
        while (left := until - time.monotonic()) > 0:
            udp.settimeout(left)
            try:
                reply = message.from_wire(udp.recv(_LARGEST), ignore_trailing=True)
            except TimeoutError:
                break
            except DNSException:
                garbage = True
                continue
            if asked.is_response(reply):
                return Reply(
                    rcode.to_text(reply.rcode()), bool(reply.answer or reply.flags & flags.TC)
                )
    if garbage:
        raise bound.NoAnswer("what answers there is no nameserver")
    raise TimeoutError("no reply")
