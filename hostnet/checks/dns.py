"""What is wrong with a pin that was asked for, on this host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.dns.chooser import MAX_SEARCH, bereft
from hostnet.dns.resolvedconf import OUR_DROP_IN
from hostnet.findings import (
    LATER_DROP_IN,
    NAMESERVER_IN_CLUSTER,
    NAMESERVER_IS_OWN,
    NAMESERVER_LINK_LOCAL,
    NAMESERVER_MISSING,
    NAMESERVER_NOT_CARRIED,
    NAMESERVER_TOO_MANY,
    NAMESERVER_TWICE,
    NAMESERVER_UNUSABLE,
    READER_NEEDS_RESOLVED,
    SEARCH_TOO_LONG,
    Finding,
)
from hostnet.model import MAX_NAMESERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.dns.chooser import Decision
    from hostnet.dns.facts import DnsFacts
    from hostnet.dns.server import Server

MAX_SEARCH_LENGTH = 256
"""Characters of all domains with the blanks between them (resolv.conf(5))."""


def check(decision: Decision, facts: DnsFacts) -> tuple[Finding, ...]:
    """Findings about the servers and domains, and about who would suffer by the mode."""
    return (
        *_servers(decision),
        *(found for server in decision.servers for found in _server(server, facts)),
        *_search(decision),
        *_readers(decision, facts),
        *_drop_ins(decision, facts),
    )


def _servers(decision: Decision) -> Iterator[Finding]:
    servers = decision.servers
    if not servers:
        yield Finding(NAMESERVER_MISSING, decision.whys[2])
    for number, server in enumerate(servers):
        if server in servers[:number]:
            yield Finding(NAMESERVER_TWICE, f"{server} is named twice")
        if not server.is_plain and decision.target != "stub":
            message = f"{server} does not fit into resolv.conf ({decision.whys[1]})"
            yield Finding(NAMESERVER_NOT_CARRIED, message)
    if len(servers) > MAX_NAMESERVERS:
        message = f"{len(servers)} nameservers; only the first {MAX_NAMESERVERS} are used"
        yield Finding(NAMESERVER_TOO_MANY, message)


def _server(server: Server, facts: DnsFacts) -> Iterator[Finding]:
    """A loopback address is this host's as well, and is told as loopback alone."""
    ip = server.ip
    kinds = {
        "an unspecified": ip.is_unspecified,
        "a loopback": ip.is_loopback,
        "a multicast": ip.is_multicast,
    }
    kind = next((kind for kind, is_so in kinds.items() if is_so), None)
    if kind is not None:
        yield Finding(NAMESERVER_UNUSABLE, f"nameserver {ip} is {kind} address")
    elif ip in facts.own:
        yield Finding(NAMESERVER_IS_OWN, f"nameserver {ip} is this host's own address")
    elif ip.version == 4 and ip.is_link_local:
        yield Finding(NAMESERVER_LINK_LOCAL, f"nameserver {ip} is link-local")
    for network in facts.networks:
        if ip in network.network:
            message = f"nameserver {ip} lies in {network}"
            yield Finding(NAMESERVER_IN_CLUSTER, message, network.origin)
            return


def _search(decision: Decision) -> Iterator[Finding]:
    length = len(" ".join(decision.search))
    if len(decision.search) > MAX_SEARCH:
        message = f"{len(decision.search)} search domains, not {MAX_SEARCH} at most"
        yield Finding(SEARCH_TOO_LONG, message)
    if length > MAX_SEARCH_LENGTH:
        message = f"search domains of {length} characters, not {MAX_SEARCH_LENGTH} at most"
        yield Finding(SEARCH_TOO_LONG, message)


def _readers(decision: Decision, facts: DnsFacts) -> Iterator[Finding]:
    for reader in bereft(facts, decision.mode):
        if reader in decision.repoint:
            continue
        message = f"{reader.program} hands {reader.reads(stub=False)} to its {reader.audience}"
        remedy = "Add --repoint-kubelet." if reader.program == "kubelet" else ""
        yield Finding(READER_NEEDS_RESOLVED, message, reader.origin, remedy=remedy)


def _drop_ins(decision: Decision, facts: DnsFacts) -> Iterator[Finding]:
    if decision.mode == "resolved":
        for path in facts.later:
            yield Finding(LATER_DROP_IN, f"{path} sorts after {OUR_DROP_IN}")
