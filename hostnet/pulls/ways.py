"""What is asked whether images can come from there, and how each runtime would get to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hostnet.kubernetes.registries import ANY, Registry, Sources
from hostnet.probes.hosts import Malformed, Url, parse_host_and_port
from hostnet.pulls.proxies import Proxies, Proxy, parse_proxy
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.kubernetes.networks import ClusterNetwork
    from hostnet.kubernetes.registries import Endpoint
    from hostnet.model import IP, Position
    from hostnet.probes.hosts import Host
    from hostnet.pulls.environment import Variable

Role = Literal["registry", "mirror", "name"]
"""What is asked: a registry itself, one that stands in for it, a host that the operator named."""

_PRIVATE = ("internal", "local", "lan", "corp", "home.arpa", "intranet", "private", "localdomain")
"""Domains that are nobody's on the Internet (RFC 6762 appendix G, RFC 8375, ICANN 2024)."""


class Way(Value):
    """How a host is reached: looked up, connected to if ``port``, asked over HTTP if ``url``.

    ``via``: the proxy that does the rest; ``proxies`` decide on hosts that the answer leads to.
    ``ca`` are files with more authorities; ``insecure``: HTTP will do where TLS is not spoken.
    ``exact``: what answers must be a registry's /v2/ (200, or 401 with the way to a token).
    """

    host: Host
    port: int | None = None
    url: Url | None = None
    via: Proxy | None = None
    proxies: Proxies = Proxies()
    verify: bool = True
    insecure: bool = False
    ca: tuple[str, ...] = ()
    exact: bool = False


class Target(Value):
    """What is asked for whom; ``way`` is None where the configured URL is none: ``fault``.

    ``runtime`` is "" of a host that the operator named.
    """

    role: Role
    name: str
    text: str
    way: Way | None
    runtime: str = ""
    origin: Position | None = None
    fault: str = ""


class Runtime(Value):
    """A container runtime of this host: where it fetches images, and through which proxies.

    ``adds_cluster``: it adds the cluster's own networks to NO_PROXY itself (docs.k3s.io,
    "Configuring an HTTP proxy"). ``unit`` is its service.
    """

    name: str
    unit: str
    sources: Sources = Sources()
    proxies: Proxies = Proxies()
    adds_cluster: bool = False


class PullFacts(Value):
    """All that matters to pulling images here.

    ``node`` are this host's addresses, ``domain`` the cluster's; ``search`` the host's search
    domains. ``login`` are the proxies of /etc/environment. ``unread`` are files that could not
    be read, each with why.
    """

    runtimes: tuple[Runtime, ...] = ()
    node: tuple[IP, ...] = ()
    networks: tuple[ClusterNetwork, ...] = ()
    domain: str = "cluster.local"
    search: tuple[str, ...] = ()
    login: tuple[Variable, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()

    def is_private(self, host: Host) -> bool:
        """Whether the host is the site's own, as far as its name or address tells."""
        if not isinstance(host, str):
            return host.is_private
        name = host.lower().rstrip(".")
        return "." not in name or any(
            name.endswith(f".{domain.lower().strip('.')}") for domain in (*_PRIVATE, *self.search)
        )


def image_targets(facts: PullFacts, wanted: Iterable[str] = ()) -> tuple[Target, ...]:
    """Every host that a runtime would ask: for what it is configured with, uses, and is asked.

    ``wanted`` are the registries of images that the operator named, for every runtime.
    """
    return tuple(
        target
        for runtime in facts.runtimes
        for registry in _registries(runtime, wanted)
        for target in _targets(runtime, registry)
    )


def name_target(text: str) -> Target:
    """A host that the operator named: HOST, HOST:PORT, or an http or https URL.

    Raises Malformed.
    """
    if "://" in text:
        url = Url.parse(text)
        return Target("name", str(url.host), text, Way(url.host, url.effective_port, url))
    host, port = parse_host_and_port(text)
    return Target("name", str(host), text, Way(host, port))


def _registries(runtime: Runtime, wanted: Iterable[str]) -> Iterator[Registry]:
    sources = runtime.sources
    yield from sources.registries
    known = {registry.name for registry in sources.registries}
    used = (image.registry for image in sources.images)
    for name in dict.fromkeys((*used, *wanted)):
        if name not in known:
            yield sources.asked_for(name)


def _targets(runtime: Runtime, registry: Registry) -> Iterator[Target]:
    name = "any other registry" if registry.name == ANY else registry.name
    for endpoint in registry.endpoints:
        role: Role = "mirror" if endpoint.is_mirror else "registry"
        try:
            way, fault = _way(runtime, endpoint), ""
        except Malformed as error:
            way, fault = None, str(error)
        yield Target(role, name, endpoint.url, way, runtime.name, endpoint.origin, fault)


def _way(runtime: Runtime, endpoint: Endpoint) -> Way:
    """containerd puts /v2 behind a path that has none (remotes/docker/config, hosts.go)."""
    base = Url.parse(endpoint.url)
    path = base.path.rstrip("/")
    if endpoint.exact and not path.endswith("/v2"):
        path += "/v2"
    url = Url(base.scheme, base.host, base.port, f"{path}/")
    via = runtime.proxies.towards(url)
    if endpoint.proxy is not None:
        via = parse_proxy(endpoint.proxy, endpoint.origin)
    return Way(
        url.host,
        url.effective_port,
        url,
        via,
        runtime.proxies,
        endpoint.verify,
        endpoint.insecure,
        endpoint.ca,
        exact=endpoint.exact and path == "/v2",
    )
