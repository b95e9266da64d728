"""The questions that tell whether a nameserver is there, and its reply, as bytes.

RFC 1035 section 4.1. Mostly the question is the root's nameservers: whoever resolves names has
the answer at hand (RFC 8109), needs nobody else for it, and no name of the operator's is given
away. A library for seventeen bytes costs more time than all else that a status does.
"""

from __future__ import annotations

import struct

_HEADER = struct.Struct(">6H")
_RECURSION_DESIRED, _RESPONSE, _CODE = 0x0100, 0x8000, 0x000F
_NS, _A, _IN = 2, 1, 1
ROOT = b"\0" + struct.pack(">2H", _NS, _IN)
"""The question for the root's nameservers."""
_CODES = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
"""RFC 1035 section 4.1.1."""


def address_of(name: str) -> bytes:
    """The question for an IPv4 address of the name, which is ASCII."""
    labels = (label.encode() for label in name.rstrip(".").split("."))
    encoded = b"".join(bytes([len(label)]) + label for label in labels)
    return encoded + b"\0" + struct.pack(">2H", _A, _IN)


def query(number: int, question: bytes = ROOT) -> bytes:
    """The question under this number, of 16 bits; recursion is asked for, as by any stub."""
    return _HEADER.pack(number, _RECURSION_DESIRED, 1, 0, 0, 0) + question


def reply_code(data: bytes, number: int, question: bytes = ROOT) -> str | None:
    """How the server replies to `query`; None if that is no reply to it.

    Raises ValueError: it is no DNS at all.
    """
    if len(data) < _HEADER.size:
        raise ValueError("shorter than a header")
    same, flags, questions, *_ = _HEADER.unpack_from(data)
    if same != number or not flags & _RESPONSE:
        return None
    # A server that does not understand the question need not repeat it.
    if questions and not data[_HEADER.size :].startswith(question):
        return None
    code = flags & _CODE
    return _CODES[code] if code < len(_CODES) else f"code {code}"
