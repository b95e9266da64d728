"""Which proxy a runtime goes through, by its environment.

All of them are written in Go, whose rules these are (golang.org/x/net/http/httpproxy): the
capital name counts first; without a scheme it is http; a network in NO_PROXY is compared with
hosts that are addresses, and no name is looked up for it; loopback never goes through a proxy;
a proxy that does not parse is silently none.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Literal

from hostnet.probes.hosts import Malformed, bracketed, parse_host_and_port
from hostnet.pulls.environment import Unread
from hostnet.value import Value, field

if TYPE_CHECKING:
    from hostnet.model import IP, Network, Position
    from hostnet.probes.hosts import Host, Url
    from hostnet.pulls.environment import Environment, Variable

ProxyScheme = Literal["http", "https", "socks5"]
_PORTS = {"http": 80, "https": 443, "socks5": 1080}
_FORM = re.compile(
    r"""(?: (?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):// )?
        (?: (?P<secret>[^@/]*)@ )?
        (?P<host>[^/?\#@]+) /? \Z""",
    re.VERBOSE,
)


class Proxy(Value):
    """A proxy; ``secret`` is USER:PASSWORD as the URL has them, and never shown."""

    scheme: ProxyScheme
    host: Host
    port: int
    secret: str = field(default="", repr=False)
    origin: Position | None = None

    def __str__(self) -> str:
        hidden = "***@" if self.secret else ""
        return f"{self.scheme}://{hidden}{bracketed(self.host)}:{self.port}"


class NoProxy(Value):
    """The words of NO_PROXY, and where they stand."""

    words: tuple[str, ...] = ()
    origin: Position | None = None

    def covers(self, host: Host, port: int | None = None) -> bool:
        """Whether the host is reached directly."""
        if _is_loopback(host) or "*" in self.words:
            return True
        return any(_matches(word, host, port) for word in self.words)

    def covers_network(self, network: Network) -> bool:
        """Whether every address of the network is."""
        if "*" in self.words:
            return True
        known = (_network(word) for word in self.words)
        return any(
            other is not None
            and other.version == network.version
            and int(other.network_address) <= int(network.network_address)
            and int(network.broadcast_address) <= int(other.broadcast_address)
            for other in known
        )

    def covers_domain(self, domain: str) -> bool:
        """Whether every name below the domain is."""
        return self.covers(f"any.{domain}")


class Proxies(Value):
    """What an environment says of proxies; ``unread`` what of it is none."""

    http: Proxy | None = None
    https: Proxy | None = None
    no_proxy: NoProxy = NoProxy()
    unread: tuple[Unread, ...] = ()

    @property
    def known(self) -> tuple[Proxy, ...]:
        """Each proxy once."""
        return tuple(dict.fromkeys(each for each in (self.https, self.http) if each is not None))

    def towards(self, url: Url) -> Proxy | None:
        """The proxy that a request for the URL goes through; None if it goes directly."""
        proxy = self.https if url.scheme == "https" else self.http
        return None if self.no_proxy.covers(url.host, url.effective_port) else proxy


def proxies(environment: Environment, prefixes: tuple[str, ...] = ("",)) -> Proxies:
    """Read them; a name with the first prefix overrules (k3s has CONTAINERD_HTTP_PROXY)."""

    def named(name: str) -> Variable | None:
        return environment.get(
            *(f"{prefix}{each}" for prefix in prefixes for each in (name, name.lower()))
        )

    def proxy(name: str) -> Proxy | None:
        variable = named(name)
        if variable is None:
            return None
        try:
            return parse_proxy(variable.value, variable.origin)
        except Malformed as fault:
            unread.append(Unread(variable.origin, f"{variable.name}: {fault}"))
            return None

    unread = list(environment.unread)
    http, https = proxy("HTTP_PROXY"), proxy("HTTPS_PROXY")
    without = named("NO_PROXY")
    words = without.value.split(",") if without else []
    odd = [word for word in words if not word.strip().isascii()]
    if without and odd:
        unread.append(Unread(without.origin, f"{without.name}: it holds more than ASCII letters"))
    return Proxies(
        http,
        https,
        NoProxy(
            tuple(word.strip().lower() for word in words if word.strip()),
            without.origin if without else None,
        ),
        tuple(unread),
    )


def parse_proxy(text: str, origin: Position | None = None) -> Proxy:
    """The proxy that the text names. Raises Malformed, whose message has no password."""
    form = _FORM.match(text.strip())
    if not text.isascii():
        raise Malformed("it holds more than ASCII letters, such as typographic quotes")
    if form is None:
        raise Malformed("it is no URL of a proxy: http://HOST:PORT")
    scheme = (form["scheme"] or "http").lower()
    schemes: dict[str, ProxyScheme] = {
        "http": "http", "https": "https", "socks5": "socks5", "socks5h": "socks5"
    }  # fmt: skip
    if scheme not in schemes:
        raise Malformed("the scheme of a proxy is http, https or socks5")
    host, port = parse_host_and_port(form["host"])
    secret = form["secret"] or ""
    return Proxy(schemes[scheme], host, port or _PORTS[schemes[scheme]], secret, origin)


def _is_loopback(host: Host) -> bool:
    return host == "localhost" if isinstance(host, str) else host.is_loopback


def _matches(word: str, host: Host, port: int | None) -> bool:
    network = _network(word)
    if network is not None:
        return not isinstance(host, str) and host in network
    name, colon, number = word.rpartition(":")
    if colon and number.isdigit():
        if int(number) != port:
            return False
        word = name
    ip = _ip(word.strip("[]"))
    if ip is not None or not isinstance(host, str):
        return ip == host
    word = word[1:] if word.startswith("*.") else word
    own = host.lower().rstrip(".")
    if word.startswith("."):
        return own.endswith(word)
    return own == word or own.endswith(f".{word}")


def _network(word: str) -> Network | None:
    """The network, or the one that a lone address is."""
    try:
        return ip_network(word, strict=False)
    except ValueError:
        return None


def _ip(text: str) -> IP | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
