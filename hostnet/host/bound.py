"""Sockets that go the way of a probe: from its source, through its link."""

from __future__ import annotations

import errno
import os
import socket
import time
from typing import TYPE_CHECKING

from hostnet.model import IP, family_of

if TYPE_CHECKING:
    from hostnet.probes import Probe
    from hostnet.probes.hosts import Host

_FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
_ANY_PORT = 0
_DISCARD = 9


class NoAnswer(Exception):
    """A probe was not answered this time; the message says how."""


def endpoints(host: Host, source: IP | None) -> tuple[IP, ...]:
    """The addresses to ask a host at: its own, or those of its name in the source's family.

    A name is looked up by NSS, which takes as long as it takes. Raises NoAnswer.
    """
    if not isinstance(host, str):
        return (host,)
    family = _FAMILY[family_of(source)] if source else socket.AF_UNSPEC
    return tuple(dict.fromkeys(resolved(host, family)))


def resolved(name: str, family: int = socket.AF_UNSPEC) -> tuple[IP, ...]:
    """The addresses that NSS knows for the name. Raises NoAnswer."""
    from ipaddress import ip_address

    try:
        found = socket.getaddrinfo(name, None, family, socket.SOCK_STREAM)
    except socket.gaierror as error:
        raise NoAnswer(f"{name} cannot be looked up: {error.strerror}") from None
    except UnicodeError:
        raise NoAnswer(f"{name} is longer than a name can be") from None
    return tuple(ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found)


def sock(kind: int, ip: IP, probe: Probe, protocol: int = 0) -> socket.socket:
    """A socket towards the address, the probe's way.

    Of an address of this host itself the way is the loopback, whatever the probe's link: the
    socket is not bound then, since nothing would come back to it. Raises OSError.
    """
    made = socket.socket(_FAMILY[family_of(ip)], kind, protocol)
    try:
        if not _is_own(ip):
            if probe.link is not None:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, probe.link.encode())
            if probe.source is not None and family_of(probe.source) == family_of(ip):
                made.bind((str(probe.source), _ANY_PORT))
    except OSError:
        made.close()
        raise
    return made


def sockaddr(ip: IP, port: int, probe: Probe) -> tuple[str, int] | tuple[str, int, int, int]:
    """The address for connect() and sendto(); a link-local one needs the link. Raises OSError."""
    if ip.version == 6 and ip.is_link_local and probe.link is not None:
        return str(ip), port, 0, socket.if_nametoindex(probe.link)
    return str(ip), port


def connection(host: Host, port: int, probe: Probe, until: float) -> socket.socket:
    """A TCP connection to the first address of the host that takes one.

    The addresses share the time that is left until then (time.monotonic()). Raises NoAnswer.
    """
    ips = endpoints(host, probe.source)
    faults = []
    for number, ip in enumerate(ips):
        share = (until - time.monotonic()) / (len(ips) - number)
        try:
            made = sock(socket.SOCK_STREAM, ip, probe)
            try:
                made.settimeout(max(share, 0.001))
                made.connect(sockaddr(ip, port, probe))
            except OSError:
                made.close()
                raise
        except OSError as error:
            faults.append(f"{ip}: {fault(error, probe)}" if len(ips) > 1 else fault(error, probe))
        else:
            return made
    raise NoAnswer("; ".join(faults))


def fault(error: OSError, probe: Probe) -> str:
    """The error in words that say what of the probe it is about."""
    if isinstance(error, TimeoutError) or error.errno == errno.EAGAIN:
        return "no reply"
    match error.errno:
        case errno.EADDRNOTAVAIL if probe.source is not None:
            return f"{probe.source} is not usable on this host"
        case errno.ENODEV | errno.ENXIO if probe.link is not None:
            return f"there is no link {probe.link}"
        case errno.ENETDOWN if probe.link is not None:
            return f"{probe.link} is down"
        case errno.EPERM | errno.EACCES:
            return "not permitted: by a firewall of this host, or for want of CAP_NET_RAW"
        case int(number) if number > 0:
            return os.strerror(number).lower()
        case _:  # of getaddrinfo(), whose numbers are its own
            return (error.strerror or str(error)).lower()


def _is_own(ip: IP) -> bool:
    """Whether the address is this host's: only then is it its own way's source."""
    with socket.socket(_FAMILY[family_of(ip)], socket.SOCK_DGRAM) as made:
        try:
            made.connect((str(ip), _DISCARD))
        except OSError:
            return False  # no way there, or a link-local address, which needs a link
        return bool(made.getsockname()[0] == str(ip))
