"""Hosts, ports and URLs as the texts of probes name them."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from typing import Literal

from hostnet.dns.names import is_domain
from hostnet.model import IP
from hostnet.telling import quoted
from hostnet.value import Value

Host = IP | str
"""An address, or a name that the host's own resolver (NSS) knows."""
Scheme = Literal["http", "https"]

_PORT_DIGITS = 5
_URL = re.compile(
    r"""(?P<scheme>https?) ://
        (?P<authority> \[[^\[\]]*\](?::[^/?]*)? | [^/?\[\]]* )
        (?P<path> [/?] [\x21-\x22\x24-\x7e]* )?  # no fragment: it is never sent
    """,
    re.VERBOSE,
)


class Malformed(Exception):
    """Why a text, or the part behind a probe's kind, is not what it should be."""


class Url(Value):
    """An http or https URL (RFC 3986) without user, password and fragment.

    ``port`` None is the scheme's own; ``path`` is all that is behind the authority.
    """

    scheme: Scheme
    host: Host
    port: int | None = None
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> Url:
        found = _URL.fullmatch(text)
        if found is None:
            raise Malformed("it is no http or https URL of ASCII letters")
        authority, path = found["authority"], found["path"] or ""
        if "@" in authority:
            raise Malformed("a user or password in a URL would be shown in messages")
        host, port = parse_host_and_port(authority)
        scheme: Scheme = "https" if found["scheme"] == "https" else "http"
        return cls(scheme, host, port, path)

    @property
    def effective_port(self) -> int:
        """The port to connect to (RFC 9110 section 4.2)."""
        return self.port or (443 if self.scheme == "https" else 80)

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{bracketed(self.host)}{port}{self.path}"


def parse_ip(text: str) -> IP:
    """An IP address without zone. Raises Malformed."""
    if "%" in text:
        raise Malformed("leave out the zone (%LINK)")
    try:
        return ip_address(text)
    except ValueError:
        raise Malformed(f"{quoted(text)} is no IP address") from None


def parse_domain(text: str) -> str:
    """A domain name. Raises Malformed."""
    if not is_domain(text):
        raise Malformed(f"{quoted(text)} is no domain name")
    return text


def parse_host(text: str) -> Host:
    """An IP address without brackets, or a host name. Raises Malformed."""
    # A host name never has the dotted-decimal form (RFC 1123 section 2.1).
    if ":" in text or text.rstrip(".").rpartition(".")[2].isdigit():
        return parse_ip(text)
    if not is_domain(text):
        raise Malformed(f"{quoted(text)} is neither an IP address nor a host name")
    return text


def parse_host_and_port(text: str) -> tuple[Host, int | None]:
    """``HOST[:PORT]``, an IPv6 address in brackets (RFC 3986 section 3.2.2). Raises Malformed."""
    inside, closed, behind = text.removeprefix("[").partition("]")
    if text.startswith("[") and closed:
        before, colon, port = behind.partition(":")
        ip = parse_ip(inside)
        if before or ip.version != 6:
            raise Malformed("brackets are for an IPv6 address, and the port follows them")
        return ip, _port(port) if colon else None
    name, colon, port = text.partition(":")
    if ":" in port:
        raise Malformed("an IPv6 address stands in brackets")
    return parse_host(name), _port(port) if colon else None


def _port(text: str) -> int:
    digits = text.isascii() and text.isdigit() and len(text) <= _PORT_DIGITS
    if not (digits and 1 <= int(text) <= 0xFFFF):
        raise Malformed("the port must be a number from 1 to 65535")
    return int(text)


def bracketed(host: Host) -> str:
    """The host as it stands before a port."""
    return f"[{host}]" if isinstance(host, IPv6Address) else str(host)
