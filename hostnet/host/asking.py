"""Asking probes: all at once, each again and again until it answers or the time is up.

Each has a thread of its own, which ends with the process: what hangs (a look-up by NSS
cannot be cut short) keeps nobody waiting.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from hostnet.dns.message import address_of
from hostnet.dns.resolvconf import PATH, read as read_conf
from hostnet.host import bound, command, icmp, neighbours, queries
from hostnet.host.bound import NoAnswer
from hostnet.host.files import Files
from hostnet.host.trusted import weakness
from hostnet.probes import Answer, targets
from hostnet.probes.hosts import bracketed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hostnet.model import IP
    from hostnet.probes import Probe
    from hostnet.probes.hosts import Host, Url

PAUSE = 0.1
"""Seconds between two tries where the first failed at once: refused, no route yet."""
FIRST_TRY = 0.5
"""Seconds that a lone packet is waited for at first, and twice as long after each, so that lost
packets are made up for and a slow path is given its time (as RFC 6298 section 5.5)."""
REPLIES = "replies"
"""The detail of a nameserver's answer that knows the root: one that others can be asked by."""
GRACE = 0.1
"""Seconds beyond the deadline for the threads to say how their last try ended."""
_PING = 0.3
"""Seconds for a gateway that answered already to answer a ping as well, which counts nothing."""
_ALIVE = 500
"""The HTTP status from which on the server itself says that it fails (RFC 9110 section 15.6)."""
_ANSWERED = {socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY}
"""No such name, or none with an address: what a nameserver said, and not that none could."""


def ask(probes: Sequence[Probe], within: float) -> tuple[Answer, ...]:
    """What the probes answer, in their order.

    Returns as soon as all have answered, and never later than 0.2 s after ``within``
    seconds. Nothing raises: whatever is in the way is the detail of an answer that is not ok.
    """
    begin = time.monotonic()
    until = begin + within
    answers: SimpleQueue[tuple[int, Answer]] = SimpleQueue()
    # Of each, for what its last try cannot say any more where that hangs.
    faults: list[list[str]] = [[] for _ in probes]

    def wait_for(number: int, probe: Probe) -> None:
        answers.put((number, _answer(probe, begin, until, faults[number])))

    for each in enumerate(probes):
        threading.Thread(target=wait_for, args=each, daemon=True).start()
    found: dict[int, Answer] = {}
    while len(found) < len(probes):
        try:
            number, answer = answers.get(timeout=max(0.0, until + GRACE - time.monotonic()))
        except Empty:
            break
        found[number] = answer
    silent = f"no reply within {within:g} s"
    return tuple(
        found.get(number) or _failed(probe, faults[number] or [silent], begin)
        for number, probe in enumerate(probes)
    )


def _failed(probe: Probe, faults: Sequence[str], begin: float) -> Answer:
    return Answer(probe, ok=False, detail="; ".join(faults), milliseconds=_since(begin))


def _answer(probe: Probe, begin: float, until: float, faults: list[str]) -> Answer:
    """Ask until it answers or the time is up, and add what is in the way to ``faults``."""
    patience = FIRST_TRY
    while True:
        soon = time.monotonic() + patience
        try:
            detail = _ask_once(probe, until, min(soon, until))
        except NoAnswer as error:
            fault = str(error)
        except OSError as error:
            fault = bound.fault(error, probe)
        else:
            return Answer(probe, ok=True, detail=detail, milliseconds=_since(begin))
        # All that was in the way, each once; what a try says that was cut short counts least.
        if fault not in faults and (soon <= until or not faults):
            faults.append(fault)
        now = time.monotonic()
        if until - now <= PAUSE:
            return _failed(probe, faults, begin)
        if now >= soon:
            patience *= 2
        else:
            time.sleep(PAUSE)


def _ask_once(probe: Probe, until: float, soon: float) -> str:
    """How the probe answered. ``soon`` is when a lone packet is lost; TCP repeats its own.

    Raises NoAnswer, OSError.
    """
    match probe.target:
        case targets.Gateway(ip):
            return _gateway(ip, probe, soon)
        case targets.Nameserver(ip, port):
            return _nameserver(ip, port, probe, soon)
        case targets.Lookup(domain):
            return _lookup(domain, probe, soon)
        case targets.ApiServer(url):
            return _tcp(url.host, url.effective_port, probe, until)
        case targets.Ping(host):
            return _ping(host, probe, soon)
        case targets.Tcp(host, port):
            return _tcp(host, port, probe, until)
        case targets.Dns(name, server):
            return _dns(name, server, probe, soon)
        case targets.Http(url):
            return _http(url, probe, until)
        case targets.Cmd(argv):
            return _cmd(argv, probe, until)


def _gateway(ip: IP, probe: Probe, soon: float) -> str:
    """By ARP or neighbour discovery alone: many gateways answer no ping, and all these."""
    if probe.link is None:
        raise NoAnswer("no link to ask on")
    mac = neighbours.resolve(probe.link, ip, probe.source, soon)
    word = "ARP" if ip.version == 4 else "neighbour discovery"
    if mac is None:
        raise NoAnswer(f"no reply to {word} on {probe.link}")
    try:
        icmp.echo(ip, probe, min(soon, time.monotonic() + _PING))
    except OSError:
        return f"{mac} by {word}; it does not answer ping"
    return f"{mac} by {word}; it answers ping"


def _nameserver(ip: IP, port: int | None, probe: Probe, soon: float) -> str:
    """By any reply: that a server refuses or fails says that it is there, and is told."""
    rcode = queries.knock(ip, port or queries.PORT, probe, soon)
    return REPLIES if rcode == "NOERROR" else f"replies, but with {rcode}"


def _lookup(domain: str, probe: Probe, soon: float) -> str:
    """By any answer of NSS for a name that no cache can have.

    nss-resolve of older systemd calls a timeout "no such name" as well (252): whether there
    is none, a nameserver of /etc/resolv.conf must say, too. resolved's stub then tells
    of a failure.
    """
    name = f"hostnet-{os.urandom(4).hex()}.{domain}."
    try:
        socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _ANSWERED:
            _demand_answer(name, probe, soon)
            return f"names below {domain} can be looked up"
        raise
    return f"names below {domain} can be looked up, and each has an address"


def _demand_answer(name: str, probe: Probe, soon: float) -> None:
    """Some nameserver of /etc/resolv.conf does not fail for the name.

    Raises NoAnswer, OSError.
    """
    with Files("/") as files:
        servers = [s for s in read_conf(files.read(PATH)).servers if s.link is None]
    fault: Exception | None = None
    for number, server in enumerate(servers):
        now = time.monotonic()
        until = now + (soon - now) / (len(servers) - number)
        try:
            code = queries.knock(server.ip, queries.PORT, probe, until, address_of(name))
        except (OSError, NoAnswer) as error:
            fault = error
            continue
        if code != "SERVFAIL":
            return
        fault = NoAnswer(f"{server} replies with {code}")
    if fault is not None:
        raise fault


def _dns(name: str, server: IP | None, probe: Probe, soon: float) -> str:
    if server is None:
        return ", ".join(map(str, bound.resolved(name)))
    for type_ in ("A", "AAAA"):
        reply = queries.query(server, name, type_, probe, soon)
        if reply.rcode != "NOERROR":
            raise NoAnswer(f"{server} replies with {reply.rcode}")
        if reply.found:
            return f"{server} has it, type {type_}"
    raise NoAnswer(f"{server} has no address for {name}")


def _ping(host: Host, probe: Probe, soon: float) -> str:
    faults = []
    ips = bound.endpoints(host, probe.source)
    for number, ip in enumerate(ips):
        now = time.monotonic()
        try:
            icmp.echo(ip, probe, now + (soon - now) / (len(ips) - number))
        except OSError as error:
            faults.append(f"{ip}: {bound.fault(error, probe)}")
        else:
            return f"{ip} replies"
    raise NoAnswer("; ".join(faults))


def _tcp(host: Host, port: int, probe: Probe, until: float) -> str:
    with bound.connection(host, port, probe, until) as made:
        return f"{made.getpeername()[0]} takes connections"


def _http(url: Url, probe: Probe, until: float) -> str:
    import ssl
    from http.client import HTTPConnection, HTTPException

    port = url.effective_port
    with bound.connection(url.host, port, probe, until) as made:
        made.settimeout(max(until - time.monotonic(), 0.001))
        connection = HTTPConnection(bracketed(url.host), port)
        path = url.path if url.path.startswith("/") else f"/{url.path}"
        try:
            connection.sock = made
            if url.scheme == "https":
                # No look at the certificate: it is the path that is in question.
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE
                connection.sock = context.wrap_socket(made, server_hostname=str(url.host))
            connection.request("GET", path, headers={"User-Agent": "hostnet"})
            status = connection.getresponse().status
        except HTTPException as error:
            raise NoAnswer(f"the reply is no HTTP ({type(error).__name__})") from None
        except ssl.SSLError as error:
            raise NoAnswer(f"the reply is no TLS ({error.reason})") from None
        finally:
            connection.close()
    if status >= _ALIVE:
        raise NoAnswer(f"HTTP status {status}")
    return f"HTTP status {status}"


def _cmd(argv: Sequence[str], probe: Probe, until: float) -> str:
    """By exit status 0. The program finds the way in HOSTNET_SOURCE and HOSTNET_LINK."""
    found = weakness([argv[0]])
    if found is not None:
        raise NoAnswer(f"not run: {found.part} can be changed by users other than root")
    way = {"HOSTNET_SOURCE": probe.source, "HOSTNET_LINK": probe.link}
    env = {key: str(value) for key, value in way.items() if value is not None}
    try:
        done = command.run(
            argv, timeout=max(until - time.monotonic(), 0.001), accept=None, env=env, cwd="/"
        )
    except command.CommandError as error:
        raise NoAnswer(f"{error.what}{': ' if error.why else ''}{error.why}") from None
    if done.returncode != 0:
        said = command.last_lines(done.stderr).rpartition("\n")[2]
        raise NoAnswer(f"{command.ended(done)}{': ' if said else ''}{said}")
    return command.ended(done)


def _since(begin: float) -> int:
    return round((time.monotonic() - begin) * 1000)
