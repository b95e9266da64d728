"""What can be asked whether it answers, as values, and the language that names it.

``str(target)`` is the text that `parse` makes the same target of: it stands on the command
line, in messages and in journals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from hostnet.dns.server import Server, as_server
from hostnet.errors import UsageError
from hostnet.probes.hosts import (
    Malformed,
    Url,
    bracketed,
    parse_domain,
    parse_host,
    parse_host_and_port,
    parse_ip,
)
from hostnet.telling import quoted
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostnet.model import IP
    from hostnet.probes.hosts import Host


LONGEST_LOOKUP = 200
"""Letters of a domain to look names up in: with a label in front it must still be a name."""


class Gateway(Value):
    """The gateway answers for its address on the link: ARP, or neighbour discovery."""

    ip: IP
    kind: ClassVar = "gateway"
    form: ClassVar = "gateway:ADDRESS"

    @classmethod
    def parse(cls, rest: str) -> Gateway:
        return cls(parse_ip(rest))

    def __str__(self) -> str:
        return f"{self.kind}:{self.ip}"


class Nameserver(Value):
    """The nameserver answers a query of DNS, whatever its answer."""

    ip: IP
    port: int | None = None
    kind: ClassVar = "nameserver"
    form: ClassVar = "nameserver:ADDRESS[:PORT]"

    @classmethod
    def parse(cls, rest: str) -> Nameserver:
        server = as_server(rest)
        if server is None or server.port is None:
            return cls(parse_ip(rest))
        if server != Server(server.ip, server.port):
            raise Malformed("only an address and a port can be asked")
        return cls(server.ip, server.port)

    def __str__(self) -> str:
        return f"{self.kind}:{Server(self.ip, self.port)}"


class Lookup(Value):
    """The host's own resolver (NSS) gets an answer for a new name below the domain.

    That no such name exists is an answer as well.
    """

    domain: str
    kind: ClassVar = "lookup"
    form: ClassVar = "lookup:DOMAIN"

    @classmethod
    def parse(cls, rest: str) -> Lookup:
        domain = parse_domain(rest)
        if len(domain) > LONGEST_LOOKUP:
            raise Malformed("the domain is too long for names below it")
        return cls(domain)

    def __str__(self) -> str:
        return f"{self.kind}:{self.domain}"


class ApiServer(Value):
    """Kubernetes' API server, as kubelet is told, takes a connection."""

    url: Url
    kind: ClassVar = "api-server"
    form: ClassVar = "api-server:URL"

    @classmethod
    def parse(cls, rest: str) -> ApiServer:
        return cls(Url.parse(rest))

    def __str__(self) -> str:
        return f"{self.kind}:{self.url}"


class Ping(Value):
    """The host answers an ICMP echo request (RFC 792, RFC 4443)."""

    host: Host
    kind: ClassVar = "ping"
    form: ClassVar = "ping:HOST"

    @classmethod
    def parse(cls, rest: str) -> Ping:
        return cls(parse_host(rest))

    def __str__(self) -> str:
        return f"{self.kind}:{self.host}"


class Tcp(Value):
    """The host takes a connection on the port."""

    host: Host
    port: int
    kind: ClassVar = "tcp"
    form: ClassVar = "tcp:HOST:PORT, an IPv6 address as tcp:[2001:db8::1]:443"

    @classmethod
    def parse(cls, rest: str) -> Tcp:
        host, port = parse_host_and_port(rest)
        if port is None:
            raise Malformed("the port is missing")
        return cls(host, port)

    def __str__(self) -> str:
        return f"{self.kind}:{bracketed(self.host)}:{self.port}"


class Dns(Value):
    """The name has an address: at this server, or by the host's own resolver (NSS)."""

    name: str
    server: IP | None = None
    kind: ClassVar = "dns"
    form: ClassVar = "dns:NAME or dns:NAME@ADDRESS"

    @classmethod
    def parse(cls, rest: str) -> Dns:
        name, at, server = rest.partition("@")
        return cls(parse_domain(name), parse_ip(server) if at else None)

    def __str__(self) -> str:
        server = "" if self.server is None else f"@{self.server}"
        return f"{self.kind}:{self.name}{server}"


class Http(Value):
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


class Cmd(Value):
    """The program ends with status 0; no argument can hold a comma."""

    argv: tuple[str, ...]
    kind: ClassVar = "cmd"
    form: ClassVar = "cmd:/ABSOLUTE/PATH,ARGUMENT,..."

    @classmethod
    def parse(cls, rest: str) -> Cmd:
        argv = tuple(rest.split(","))
        if not argv[0].startswith("/") or argv[0].endswith("/"):
            raise Malformed("the program must be named by its absolute path")
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
            raise Malformed("it holds a control character")
        return parser(rest)
    except Malformed as fault:
        raise UsageError(f"{quoted(text)} is no probe", str(fault), f"Write {form}.") from None
