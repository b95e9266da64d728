"""A nameserver of one zone, by UDP: `python -m tests.integration.nameserver ADDRESS MODE`.

Modes: `answer`; an rcode (`REFUSED`, `SERVFAIL`), which is all it says; `garbage`; `late` (it
answers each question but the first two); `forged` (with another id than was asked).
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from ipaddress import ip_address

from dns import flags, message, rcode, rdatatype, rrset

ZONE = {
    ("four.example.", "A"): "192.0.2.7",
    ("six.example.", "AAAA"): "2001:db8::7",
    ("example.", "SOA"): "ns.example. root.example. 1 2 3 4 5",
    (".", "NS"): "a.root-servers.example.",
    ("corp.example.", "TXT"): "x",
}
NAMES = {name for name, _ in ZONE}


def reply(data: bytes, mode: str) -> bytes:
    """What the server says to the question."""
    query = message.from_wire(data)
    answer = message.make_response(query)
    question = query.question[0]
    name, type_ = str(question.name).lower(), rdatatype.to_text(question.rdtype)
    if mode not in ("answer", "late", "forged"):
        answer.set_rcode(rcode.from_text(mode))
    elif (name, type_) in ZONE:
        answer.flags |= flags.AA
        answer.answer.append(rrset.from_text(name, 60, "IN", type_, ZONE[name, type_]))
    elif name not in NAMES:
        answer.set_rcode(rcode.NXDOMAIN)
    if mode == "forged":
        answer.id ^= 1
    return answer.to_wire()


def main(address: str, mode: str) -> None:
    """Serve until killed."""
    family = socket.AF_INET if ip_address(address).version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as udp:
        udp.bind((address, 53))
        print("listening", flush=True)
        asked = 0
        while True:
            data, client = udp.recvfrom(4096)
            asked += 1
            if mode == "late" and asked <= 2:
                continue
            with suppress(OSError):  # a client that no route leads to
                udp.sendto(b"\x07garbage" if mode == "garbage" else reply(data, mode), client)


if __name__ == "__main__":
    main(*sys.argv[1:])
