"""A nameserver as systemd writes it: ``ADDRESS[:PORT][%LINK][#NAME]``.

With a port, an IPv6 address stands in brackets (resolved.conf(5), DNS=; systemd,
src/shared/socket-netlink.c, in_addr_full_new_from_string()).
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from hostnet.dns.names import is_domain
from hostnet.netplan.netdef import as_ip
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.model import IP

_FORM = re.compile(
    r"""(?: \[ (?P<six>[0-9a-fA-F:.]+) \] | (?P<bare>[0-9a-fA-F:.]+?) )
        (?: : (?P<port>[0-9]{1,5}) )?
        (?: % (?P<link>[^\s/%\#:\[\]]{1,15}) )?
        (?: \# (?P<name>\S+) )? \Z""",
    re.VERBOSE,
)


class Server(Value):
    """A nameserver; ``port`` None is the protocol's own.

    ``link`` is the device to ask through, which a link-local address needs; ``name`` the
    one that its certificate must have (DNS over TLS).
    """

    ip: IP
    port: int | None = None
    link: str | None = None
    name: str | None = None

    @property
    def is_plain(self) -> bool:
        """Whether resolv.conf and netplan can name it: they know neither port nor name."""
        return self.port is None and self.name is None

    def __str__(self) -> str:
        host = str(self.ip)
        if self.port is not None:
            host = f"[{host}]" if isinstance(self.ip, IPv6Address) else host
            host = f"{host}:{self.port}"
        link = f"%{self.link}" if self.link else ""
        return f"{host}{link}{f'#{self.name}' if self.name else ''}"


def as_server(text: str) -> Server | None:
    """The server that the text names, or None."""
    found = _FORM.match(text)
    if found is None:
        return None
    bare, port = found["bare"], found["port"]
    if bare is not None and port is not None and ":" in bare:
        bare, port = f"{bare}:{port}", None  # the end of an IPv6 address, not a port
    ip = as_ip(found["six"] or bare)
    number = int(port) if port else None
    name = found["name"]
    if (
        ip is None
        or (found["six"] and ip.version != 6)
        or (number is not None and not 1 <= number <= 0xFFFF)
        or (name is not None and not is_domain(name) and as_ip(name) is None)
    ):
        return None
    return Server(ip, number, found["link"], name)


def servers_of(texts: Iterable[str]) -> tuple[Server, ...]:
    """The servers among the texts, each once."""
    found = (as_server(text) for text in texts)
    return tuple(dict.fromkeys(server for server in found if server is not None))
