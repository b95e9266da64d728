"""The pin of a node: whom it names, and its files where there is no host to look at.

Rendered, they fit every release of netplan and every host whose systemd-resolved is as Ubuntu
has it: without ``ra-overrides``, which netplan 1.1 brought, networkd's own drop-in says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.checks import dns as dns_checks
from hostnet.complete.pinned import RA_OVERRIDES, sources, with_pin
from hostnet.dns.chooser import choose
from hostnet.dns.facts import DnsFacts
from hostnet.dns.ours import network_drop_in, resolv_conf, resolved_drop_in
from hostnet.dns.resolvconf import PATH, STUB, ResolvConf
from hostnet.dns.resolvedconf import OUR_DROP_IN
from hostnet.dns.server import servers_of
from hostnet.dns.writers import RESOLVED
from hostnet.netplan.netdef import STATIC_SECTIONS, Netdef
from hostnet.pinning import drop_in_path, may_lead
from hostnet.value import Value, replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hostnet.dns.chooser import Decision
    from hostnet.dns.pin import Pin
    from hostnet.findings import Finding
    from hostnet.node.model import Node

_UBUNTU = DnsFacts(ResolvConf("stub", RESOLVED, STUB), resolved="enabled")


class RenderedPin(Value):
    """The definitions as the pin has them, and the files beside them, by their paths."""

    netdefs: tuple[Netdef, ...]
    files: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]


def pin_of(node: Node) -> Pin | None:
    """The node's pin; where it names no servers or domains, those of its interfaces."""
    if node.pin is None:
        return None
    passed = [Netdef(each.id, each.section, each.body) for each in node.passed]
    servers = [str(ip) for request in node.requests for ip in request.dns or ()]
    servers += [text for netdef in passed for text, _ in netdef.nameservers()]
    search = [domain for request in node.requests for domain in request.search or ()]
    search += [domain for netdef in passed for domain in netdef.search()]
    return replace(
        node.pin,
        servers=node.pin.servers or servers_of(dict.fromkeys(servers)) or None,
        search=tuple(dict.fromkeys(search)) or None if node.pin.search is None else node.pin.search,
    )


def rendered_pin(pin: Pin, netdefs: Sequence[Netdef]) -> RenderedPin:
    """The pin, rendered. Of mode direct it is resolv.conf; resolved stays beside it."""
    own = (address.ip for netdef in netdefs for address, _ in netdef.addresses())
    facts = replace(_UBUNTU, own=tuple(own))
    decision = choose(pin, facts)
    findings = dns_checks.check(decision, facts)
    if decision.mode == "direct":
        text = resolv_conf(decision.servers, decision.search, facts.conf)
        return RenderedPin(tuple(netdefs), ((PATH, text.decode()),), findings)
    pinned = tuple(_named(netdef, decision) for netdef in netdefs)
    return RenderedPin(pinned, tuple(_files(pinned, decision)), findings)


def _named(netdef: Netdef, decision: Decision) -> Netdef:
    named = decision.servers if decision.on_links and may_lead(netdef) else ()
    servers = [str(server) for server in named]
    search = decision.search if servers else ()
    body = with_pin(netdef, servers, search, ra_overrides=False)
    return Netdef(netdef.id, netdef.section, body)


def _files(netdefs: Sequence[Netdef], decision: Decision) -> Iterator[tuple[str, str]]:
    yield OUR_DROP_IN, resolved_drop_in(decision).decode()
    for netdef in netdefs:
        if netdef.section in STATIC_SECTIONS and RA_OVERRIDES in sources(netdef):
            yield drop_in_path(netdef), network_drop_in().decode()
