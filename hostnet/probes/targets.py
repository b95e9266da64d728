"""What can be asked whether it answers, as values, and the language that names it.

``str(target)`` is the text that `parse` makes the same target of: it stands on the command
line, in messages and in journals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, ClassVar, Literal

from hostnet.errors import UsageError
from hostnet.model import IP
from hostnet.request import is_domain, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

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


class _Malformed(Exception):
    """Why the text behind a kind is none of that kind."""


@dataclass(frozen=True)
class Url:
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
            raise _Malformed("it is no http or https URL of ASCII letters")
        authority, path = found["authority"], found["path"] or ""
        if "@" in authority:
            raise _Malformed("a user or password in a URL would be shown in messages")
        host, port = _host_and_port(authority)
        scheme: Scheme = "https" if found["scheme"] == "https" else "http"
        return cls(scheme, host, port, path)

    @property
    def effective_port(self) -> int:
        """The port to connect to (RFC 9110 section 4.2)."""
        return self.port or (443 if self.scheme == "https" else 80)

    def __str__(self) -> str:
        port = "" if self.port is None else f":{self.port}"
        return f"{self.scheme}://{_bracketed(self.host)}{port}{self.path}"


@dataclass(frozen=True)
class Gateway:
    """The gateway answers for its address on the link: ARP, or neighbour discovery."""

    ip: IP
    kind: ClassVar = "gateway"
    form: ClassVar = "gateway:ADDRESS"

    @classmethod
    def parse(cls, rest: str) -> Gateway:
        return cls(_ip(rest))

    def __str__(self) -> str:
        return f"{self.kind}:{self.ip}"


@dataclass(frozen=True)
class Nameserver:
    """The nameserver answers a query of DNS, whatever its answer."""

    ip: IP
    kind: ClassVar = "nameserver"
    form: ClassVar = "nameserver:ADDRESS"

    @classmethod
    def parse(cls, rest: str) -> Nameserver:
        return cls(_ip(rest))

    def __str__(self) -> str:
        return f"{self.kind}:{self.ip}"


@dataclass(frozen=True)
class Lookup:
    """The host's own resolver (NSS) gets an answer for a new name below the domain.

    That no such name exists is an answer as well.
    """

    domain: str
    kind: ClassVar = "lookup"
    form: ClassVar = "lookup:DOMAIN"

    @classmethod
    def parse(cls, rest: str) -> Lookup:
        return cls(_domain(rest))

    def __str__(self) -> str:
        return f"{self.kind}:{self.domain}"


@dataclass(frozen=True)
class ApiServer:
    """Kubernetes' API server, as kubelet is told, takes a connection."""

    url: Url
    kind: ClassVar = "api-server"
    form: ClassVar = "api-server:URL"

    @classmethod
    def parse(cls, rest: str) -> ApiServer:
        return cls(Url.parse(rest))

    def __str__(self) -> str:
        return f"{self.kind}:{self.url}"


@dataclass(frozen=True)
class Ping:
    """The host answers an ICMP echo request (RFC 792, RFC 4443)."""

    host: Host
    kind: ClassVar = "ping"
    form: ClassVar = "ping:HOST"

    @classmethod
    def parse(cls, rest: str) -> Ping:
        return cls(_host(rest))

    def __str__(self) -> str:
        return f"{self.kind}:{self.host}"


@dataclass(frozen=True)
class Tcp:
    """The host takes a connection on the port."""

    host: Host
    port: int
    kind: ClassVar = "tcp"
    form: ClassVar = "tcp:HOST:PORT, an IPv6 address as tcp:[2001:db8::1]:443"

    @classmethod
    def parse(cls, rest: str) -> Tcp:
        host, port = _host_and_port(rest)
        if port is None:
            raise _Malformed("the port is missing")
        return cls(host, port)

    def __str__(self) -> str:
        return f"{self.kind}:{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True)
class Dns:
    """The name has an address: at this server, or by the host's own resolver (NSS)."""

    name: str
    server: IP | None = None
    kind: ClassVar = "dns"
    form: ClassVar = "dns:NAME or dns:NAME@ADDRESS"

    @classmethod
    def parse(cls, rest: str) -> Dns:
        name, at, server = rest.partition("@")
        return cls(_domain(name), _ip(server) if at else None)

    def __str__(self) -> str:
        server = "" if self.server is None else f"@{self.server}"
        return f"{self.kind}:{self.name}{server}"


@dataclass(frozen=True)
class Http:
    """The server answers a GET with a status below 500.

    A certificate is not verified: that it was sent proves the connection, and a private
    authority of the site is none of the network's business.
    """

    url: Url
    kind: ClassVar = "http"
    form: ClassVar = "http:URL, such as http:https://192.0.2.1/healthz"

    @classmethod
    def parse(cls, rest: str) -> Http:
        return cls(Url.parse(rest))

    def __str__(self) -> str:
        return f"{self.kind}:{self.url}"


@dataclass(frozen=True)
class Cmd:
    """The program ends with status 0; no argument can hold a comma."""

    argv: tuple[str, ...]
    kind: ClassVar = "cmd"
    form: ClassVar = "cmd:/ABSOLUTE/PATH,ARGUMENT,..."

    @classmethod
    def parse(cls, rest: str) -> Cmd:
        argv = tuple(rest.split(","))
        if not argv[0].startswith("/") or argv[0].endswith("/"):
            raise _Malformed("the program must be named by its absolute path")
        return cls(argv)

    def __str__(self) -> str:
        return f"{self.kind}:{','.join(self.argv)}"


Target = Gateway | Nameserver | Lookup | ApiServer | Ping | Tcp | Dns | Http | Cmd

AUTOMATIC = (Gateway.kind, Nameserver.kind, Lookup.kind, ApiServer.kind)
"""Kinds that hostnet asks by itself; the others are the operator's."""

_PARSERS: dict[str, tuple[Callable[[str], Target], str]] = {
    each.kind: (each.parse, each.form)
    for each in (Ping, Tcp, Dns, Http, Cmd, Gateway, Nameserver, Lookup, ApiServer)
}


def parse(text: str) -> Target:
    """The target that the text names; a bare URL is that of ``http:``. Raises UsageError."""
    kind, _, rest = text.partition(":")
    if kind in ("http", "https") and rest.startswith("//"):
        kind, rest = Http.kind, text
    if kind not in _PARSERS:
        forms = "; ".join(form for _, form in _PARSERS.values())
        raise UsageError(f"{quoted(text)} is no probe", "", f"Write one of: {forms}.")
    parser, form = _PARSERS[kind]
    try:
        if not text.isprintable():
            raise _Malformed("it holds a control character")
        return parser(rest)
    except _Malformed as fault:
        raise UsageError(f"{quoted(text)} is no probe", str(fault), f"Write {form}.") from None


def _ip(text: str) -> IP:
    if "%" in text:
        raise _Malformed("leave out the zone (%LINK)")
    try:
        return ip_address(text)
    except ValueError:
        raise _Malformed(f"{quoted(text)} is no IP address") from None


def _domain(text: str) -> str:
    if not is_domain(text):
        raise _Malformed(f"{quoted(text)} is no domain name")
    return text


def _host(text: str) -> Host:
    # A host name never has the dotted-decimal form (RFC 1123 section 2.1).
    if ":" in text or text.rstrip(".").rpartition(".")[2].isdigit():
        return _ip(text)
    if not is_domain(text):
        raise _Malformed(f"{quoted(text)} is neither an IP address nor a host name")
    return text


def _host_and_port(text: str) -> tuple[Host, int | None]:
    inside, closed, behind = text.removeprefix("[").partition("]")
    if text.startswith("[") and closed:
        before, colon, port = behind.partition(":")
        ip = _ip(inside)
        if before or ip.version != 6:
            raise _Malformed("brackets are for an IPv6 address, and the port follows them")
        return ip, _port(port) if colon else None
    name, colon, port = text.partition(":")
    if ":" in port:
        raise _Malformed("an IPv6 address stands in brackets")
    return _host(name), _port(port) if colon else None


def _port(text: str) -> int:
    digits = text.isascii() and text.isdigit() and len(text) <= _PORT_DIGITS
    if not (digits and 1 <= int(text) <= 0xFFFF):
        raise _Malformed("the port must be a number from 1 to 65535")
    return int(text)


def _bracketed(host: Host) -> str:
    return f"[{host}]" if isinstance(host, IPv6Address) else str(host)
