"""The files that carry a pin: their bytes, signed in the first line.

Only values that were parsed come here; a newline in a domain could else become a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.model import MAX_NAMESERVERS
from hostnet.templates import constant, rendered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.dns.chooser import Decision
    from hostnet.dns.resolvconf import ResolvConf
    from hostnet.dns.server import Server

EVERYTHING = "~."
"""The routing domain that sends every name to its own servers (resolved.conf(5), Domains=)."""
_IMPATIENT = ("timeout:1", "attempts:2")
"""A dead first server costs a second, not five (resolv.conf(5)): glibc asks anew each time."""
_NOT_KEPT = ("timeout:", "attempts:")
_OF_THE_STUB = ("edns0",)
"""Of the options in the stub's file, not ``trust-ad``: resolved checks signatures and says so;
of a server elsewhere nobody should believe it."""


def resolved_drop_in(decision: Decision) -> bytes:
    """resolved.conf.d/99-hostnet.conf.

    A pin that is strict sends every name to these servers that no link's own domains claim
    (F28). A server with a name is asked by TLS: by nothing else if all have one.
    """
    servers = decision.servers
    named = [server.name is not None for server in servers]
    everywhere = () if decision.on_links else decision.search
    return rendered(
        "99-hostnet.conf",
        servers=[str(server) for server in servers],
        on_links=decision.on_links,
        domains=[*everywhere, *([EVERYTHING] if decision.strict else ())],
        over_tls="yes" if named and all(named) else "opportunistic" if any(named) else "",
        stub=decision.stub,
    )


def resolv_conf(servers: Sequence[Server], search: Sequence[str], before: ResolvConf) -> bytes:
    """/etc/resolv.conf of mode direct; the options and sortlist ``before`` are kept."""
    kept = [option for option in _options(before) if not option.startswith(_NOT_KEPT)]
    return rendered(
        "resolv.conf",
        servers=[str(server) for server in servers[:MAX_NAMESERVERS]],
        search=list(search),
        sortlist=list(before.sortlist),
        options=[*_IMPATIENT, *kept],
    )


def _options(before: ResolvConf) -> tuple[str, ...]:
    """Those in force.

    A file of resolved's goes with it, so what stood there is known by its kind: whoever pins a
    second time finds the link alone.
    """
    if before.mode == "foreign":
        return before.options
    return _OF_THE_STUB if before.mode in ("stub", "static") else ()


def network_drop_in() -> bytes:
    """The drop-in for a .network file, where netplan knows no ``ra-overrides``."""
    return constant("90-hostnet-dns.conf")


def wait_online_drop_in() -> bytes:
    """The drop-in for systemd-networkd-wait-online.service, where resolved is away."""
    return constant("20-hostnet.conf")
