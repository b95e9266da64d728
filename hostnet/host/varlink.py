"""Questions to a service over varlink: JSON on a socket, without a bus (varlink.org).

systemd's own way beside D-Bus; it costs a socket, not an import.
"""

from __future__ import annotations

import json
import socket
import time
from typing import TYPE_CHECKING

from hostnet.host import fields

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hostnet.host.fields import Entry

_END = b"\0"
_LARGEST = 16 << 20
"""Bytes of a reply: systemd's own limit (src/libsystemd/sd-varlink, VARLINK_BUFFER_MAX)."""


def ask(path: str, method: str, parameters: Mapping[str, int | str], timeout: float) -> Entry:
    """What the method of the service that listens at the path returns.

    A service that the manager starts on demand is started by it: ask only one that runs.
    Raises OSError (TimeoutError included): there is none, or it does not answer within
    ``timeout`` seconds; Unreadable: it answers with an error, or with no varlink.
    """
    until = time.monotonic() + timeout
    question = json.dumps({"method": method, "parameters": dict(parameters)})
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        stream.settimeout(timeout)
        stream.connect(path)
        stream.sendall(question.encode() + _END)
        reply = bytearray()
        while not reply.endswith(_END):
            stream.settimeout(max(until - time.monotonic(), 0.001))
            piece = stream.recv(1 << 16)
            reply += piece
            if not piece or len(reply) > _LARGEST:
                break
    answer = fields.entry(method, reply.rstrip(_END).decode(errors="replace"))
    if answer.text("error") is not None:
        raise answer.unreadable("error")
    return answer.entry("parameters")
