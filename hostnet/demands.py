"""Which probes there are for a link, and which of them must answer after a change.

What answered before answers after. A target that the change brings has no "before" and
must answer all the same; one that was dead already is not this change's fault.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from hostnet.errors import UsageError
from hostnet.model import DEFAULT_ROUTE, IP, Family, family_of
from hostnet.probes import Probe, targets
from hostnet.telling import quoted
from hostnet.value import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hostnet.dns.server import Server
    from hostnet.model import KernelRoute, Network
    from hostnet.probes import Answer
    from hostnet.probes.hosts import Host
    from hostnet.probes.targets import Target
    from hostnet.verification import Expectation

TLS_PORT = 853
"""Of DNS over TLS (RFC 7858 section 3.1)."""
_RESERVED = "example"
"""Nobody's (RFC 2606), yet asked for as any other domain: resolvers answer for ``invalid``,
``test`` and ``localhost`` themselves (RFC 6761)."""
_MULTICAST = "local"
"""Names below it are asked by multicast (RFC 6762), which tells nothing of nameservers."""


def pinned(
    servers: Sequence[Server], wanted: Expectation, routes: Sequence[KernelRoute] = ()
) -> tuple[Probe, ...]:
    """That each server that is to be pinned answers; those with a name do so by TLS."""
    over_tls = all(server.name for server in servers)
    found: list[Probe] = []
    for server in servers:
        target: Target = (
            targets.Tcp(server.ip, server.port or TLS_PORT)
            if over_tls
            else targets.Nameserver(server.ip, server.port)
        )
        probe = bound(Probe(target), wanted, routes)
        found.append(replace(probe, link=server.link or probe.link))
    return tuple(found)


def automatic(
    wanted: Expectation, api_server: str | None, routes: Sequence[KernelRoute] = ()
) -> tuple[Probe, ...]:
    """The probes that nobody has to ask for, bound to the link as it shall be.

    They are its gateways and nameservers, a name, and Kubernetes' API server, whose URL
    ``api_server`` is (None: this host is no node). ``routes`` are the kernel's, for `bound`.
    A nameserver on loopback is left out: it tells nothing of the network.
    """
    vias = (route.via for route in wanted.routes if route.to.prefixlen == 0)
    found: list[Target] = [targets.Gateway(via) for via in vias if via is not None]
    found += [targets.Nameserver(ip) for ip in wanted.nameservers or () if not ip.is_loopback]
    found.append(targets.Lookup(_lookup_domain(wanted)))
    # Not the operator's words: an URL that makes no sense here is no fault of the change.
    with suppress(UsageError):
        found += [targets.parse(f"{targets.ApiServer.kind}:{url}") for url in (api_server,) if url]
    return tuple(bound(Probe(target), wanted, routes) for target in dict.fromkeys(found))


def bound(probe: Probe, wanted: Expectation, routes: Sequence[KernelRoute] = ()) -> Probe:
    """The probe, from the link's address and through the link, where the link leads to it.

    "The old path proves nothing": the link leads to what lies in a network of its own or
    behind one of its gateways. ``routes`` are the kernel's: where another link has the
    more specific one, the target is reached through that link, and the probe is not bound.
    Nor is one that the host's own resolver answers, or for an address the link itself has.
    A name is bound as if it had an address of the first family whose default route the link has.
    """
    match probe.target:
        case targets.Gateway(ip):
            return replace(probe, source=_source(ip, wanted), link=wanted.link)
        case targets.Lookup() | targets.Dns(server=None):
            return replace(probe, source=None, link=None)
        case targets.Nameserver(host) | targets.Ping(host) | targets.Tcp(host):
            way = _way(host, wanted, routes)
        case targets.ApiServer(url) | targets.Http(url):
            way = _way(url.host, wanted, routes)
        case targets.Dns(_, server):
            way = _way(server or "", wanted, routes)
        case targets.Cmd():
            way = _way("", wanted, routes)
    return replace(probe, source=way, link=wanted.link if way else None)


def beforehand(
    probes: Iterable[Probe], now: Expectation, routes: Sequence[KernelRoute] = ()
) -> tuple[Probe, ...]:
    """The probes to ask before the change: of what is in use now, bound to the link as it is.

    A gateway or nameserver that only the change brings is not among them; nothing can be
    said yet of whether it answers this host.
    """

    def in_use(target: Target) -> bool:
        match target:
            case targets.Gateway(ip):
                return any(route.via == ip for route in now.routes)
            case targets.Nameserver(ip):
                return ip in (now.nameservers or ())
            case _:
                return True

    return tuple(bound(probe, now, routes) for probe in probes if in_use(probe.target))


def demanded(
    probes: Iterable[Probe], baseline: Iterable[Answer], asked: Iterable[Probe] = ()
) -> tuple[tuple[Probe, ...], tuple[str, ...]]:
    """The probes that must answer after the change, and a warning for each that need not.

    ``baseline`` are the answers before the change, to the probes of `beforehand`; a probe
    without one is of a target that the change brings. ``asked``, the operator's own (`bound`
    like the others), must answer whatever was before.
    """
    own = {probe.name: probe for probe in asked}
    silent = {answer.probe.name: answer.detail for answer in baseline if not answer.ok}
    ours = [probe for probe in probes if probe.name not in own]
    warnings = [
        f"{name} did not answer before the change, and need not after it: {silent[name]}"
        for name in (probe.name for probe in ours)
        if name in silent
    ]
    required = [probe for probe in ours if probe.name not in silent]
    return (*required, *own.values()), tuple(warnings)


def without(probes: Iterable[Probe], names: Iterable[str]) -> tuple[Probe, ...]:
    """The probes that ``--no-probe`` leaves, by kind or whole name.

    A kind of `hostnet.probes.targets.AUTOMATIC` is known even where this host has none of it,
    so that one command serves all hosts. Raises UsageError for any other word.
    """
    there = tuple(probes)
    known = {*targets.AUTOMATIC, *(word for probe in there for word in (probe.kind, probe.name))}
    left_out = set(names)
    for name in sorted(left_out - known):
        raise UsageError(
            f"no probe is called {quoted(name)}",
            f"there are {', '.join(map(str, there)) or 'none'}",
            f"Name one of them, or a kind: {', '.join(targets.AUTOMATIC)}.",
        )
    return tuple(probe for probe in there if not {probe.kind, probe.name} & left_out)


def _lookup_domain(wanted: Expectation) -> str:
    """A domain that the nameservers can answer for.

    They know a search domain even where nothing of the Internet can be reached.
    """
    for domain in wanted.search or ():
        name = domain.rstrip(".")
        routing_only = name.startswith("~")
        if routing_only or len(name) > targets.LONGEST_LOOKUP:
            continue
        if name.rpartition(".")[2].lower() not in ("", _MULTICAST):
            return name
    return _RESERVED


def _way(host: Host, wanted: Expectation, routes: Sequence[KernelRoute]) -> IP | None:
    """The link's address to ask the host from; None if the link does not lead to it."""
    if not isinstance(host, str):
        return _source(host, wanted) if _leads_to(host, wanted, routes) else None
    families: tuple[Family, ...] = (4, 6)
    for family in families:
        # The unspecified address lies in no network but the default route's.
        somewhere = DEFAULT_ROUTE[family].network_address
        if _leads_to(somewhere, wanted, routes) and (source := _source(somewhere, wanted)):
            return source
    return None


def _leads_to(ip: IP, wanted: Expectation, routes: Sequence[KernelRoute]) -> bool:
    if any(ip == address.ip for address in wanted.addresses):
        return False  # a packet to oneself leaves by no link
    if ip.version == 6 and ip.is_link_local:
        return True
    own = [*(address.network for address in wanted.addresses), *(r.to for r in wanted.routes)]
    others = [route.to for route in routes if route.link != wanted.link]
    return (length := _longest(ip, own)) is not None and length >= (_longest(ip, others) or 0)


def _longest(ip: IP, networks: Iterable[Network]) -> int | None:
    return max((network.prefixlen for network in networks if ip in network), default=None)


def _source(ip: IP, wanted: Expectation) -> IP | None:
    """The address to send from: in the target's network, else in the gateway's, else any.

    The addresses that were asked for stand before those that only stay.
    """
    of_family = [each for each in wanted.addresses if family_of(each) == family_of(ip)]
    gateways = [route.via for route in wanted.routes if ip in route.to and route.via]
    for near in (ip, *gateways):
        for address in of_family:
            if near in address.network:
                return address.ip
    return of_family[0].ip if of_family else None
