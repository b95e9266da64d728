"""What ``hostnet dns pin`` was asked for, parsed."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Literal

from hostnet.dns.names import is_domain
from hostnet.dns.server import Server, as_server
from hostnet.findings import NAMESERVER_MALFORMED, SEARCH_MALFORMED, Finding
from hostnet.telling import quoted
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Sequence

PinMode = Literal["resolved", "direct"]
"""Who answers programs: systemd-resolved, or the servers themselves by /etc/resolv.conf."""

_SPELLING = "Write ADDRESS, or ADDRESS:PORT, ADDRESS#NAME where resolved asks ([IPv6]:PORT)."


class Pin(Value):
    """The pin as it was asked for; a field that is None was not, and is chosen.

    ``strict``: no link's domain takes a name away from these servers.
    """

    servers: tuple[Server, ...] | None = None
    search: tuple[str, ...] | None = None
    mode: PinMode | None = None
    strict: bool = False
    repoint_kubelet: bool = False


def command_line(pin: Pin) -> str:
    """The command that asks for this, to be pasted into a shell."""
    words = ["hostnet", "dns", "pin", *map(str, pin.servers or ())]
    for domain in pin.search or ():
        words += ["--search", domain]
    words += ["--mode", pin.mode] if pin.mode else []
    words += ["--strict"] if pin.strict else []
    words += ["--repoint-kubelet"] if pin.repoint_kubelet else []
    return shlex.join(words)


def parse(
    servers: Sequence[str] = (),
    *,
    search: Sequence[str] | None = None,
    mode: PinMode | None = None,
    strict: bool = False,
    repoint_kubelet: bool = False,
) -> tuple[Pin, tuple[Finding, ...]]:
    """The Pin that the texts state, with all that did parse, and what in them is wrong."""
    found: list[Finding] = []
    parsed = []
    for text in servers:
        server = as_server(text)
        if server is None:
            message = f"nameserver {quoted(text)} is no address"
            found.append(Finding(NAMESERVER_MALFORMED, message, remedy=_SPELLING))
        else:
            parsed.append(server)
    found += [
        Finding(SEARCH_MALFORMED, f"{quoted(text)} is no domain name")
        for text in search or ()
        if not is_domain(text)
    ]
    pin = Pin(
        tuple(parsed) if servers else None,
        None if search is None else tuple(filter(is_domain, search)),
        mode,
        strict,
        repoint_kubelet,
    )
    return pin, tuple(found)
