"""The way to a host that images come from, step by step, as a runtime would take it.

All ways at once, each in a thread that ends with the process: a look-up by NSS cannot be cut
short, and keeps nobody waiting. A step is noted when it ends, so that what hangs is known too.
"""

from __future__ import annotations

import ssl
import threading
import time
from contextlib import contextmanager, suppress
from http.client import HTTPException
from typing import TYPE_CHECKING

from hostnet.host import bound
from hostnet.host.exchange import (
    OK,
    UNAUTHORIZED,
    context,
    exchange,
    is_good,
    leads_to,
    status,
    tls_fault,
)
from hostnet.probes import Probe
from hostnet.probes.hosts import Url, bracketed
from hostnet.probes.targets import Tcp
from hostnet.pulls.steps import PullStep
from hostnet.value import replace

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Sequence
    from http.client import HTTPResponse

    from hostnet.probes.hosts import Host
    from hostnet.pulls.proxies import Proxy
    from hostnet.pulls.steps import StepName
    from hostnet.pulls.ways import Way

_GRACE = 0.1
"""Seconds beyond the deadline for a step to say how it ended."""
_MOMENT = 1.0
"""Seconds for one of several addresses: Go tries the other family after 0.3 s (RFC 8305)."""
_HOPS = 5
"""Redirects and token servers that are followed (Go, net/http, follows ten)."""


def reach(ways: Sequence[Way], within: float) -> tuple[tuple[PullStep, ...], ...]:
    """The steps of each way, in their order; never later than 0.2 s after ``within`` seconds.

    The last step of a way is the one that failed, if any did; nothing raises.
    """
    until = time.monotonic() + within
    trips = [_Trip(way, until) for way in ways]
    threads = [threading.Thread(target=trip.go, daemon=True) for trip in trips]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until + _GRACE - time.monotonic()))
    return tuple(trip.so_far(within) for trip in trips)


class _Failed(Exception):
    """The step under way ended badly; the message says how."""


class _Trip:
    """One way, walked in a thread of its own, while another may look how far it came."""

    def __init__(self, way: Way, until: float) -> None:
        self._way = way
        self._until = until
        self._steps: list[PullStep] = []
        self._present: tuple[StepName, str, float] | None = None

    def so_far(self, within: float) -> tuple[PullStep, ...]:
        """What is done, and the step that hangs."""
        present, steps = self._present, tuple(self._steps)
        if present is None:
            return steps
        name, target, begin = present
        if steps and (steps[-1].name, steps[-1].target) == (name, target):
            return steps  # it ended this very moment
        since = round((time.monotonic() - begin) * 1000)
        return (*steps, PullStep(name, target, ok=False, detail=f"no reply within {within:g} s",
                             milliseconds=since))  # fmt: skip

    def go(self) -> None:
        with suppress(_Failed):
            self._go()

    def _go(self) -> None:
        way = self._way
        if way.url is None:
            made = self._connected(way.host, way.port)
            if made is not None:
                made.close()
            return
        url, via, verify = way.url, way.via, way.verify
        try:
            answer = self._asked(url, via, verify=verify, exact=way.exact)
        except _Failed:
            last = self._steps[-1]
            if last.ok or not way.insecure or last.name not in ("connect", "tls"):
                raise
            # As dockerd(8) and containers-registries.conf(5) have it: HTTP will do.
            self._steps[-1] = replace(last, ok=True, detail=f"{last.detail}; insecure, so by HTTP")
            url = Url("http", url.host, url.port, url.path)
            answer = self._asked(url, via, verify=verify, exact=way.exact)
        for _ in range(_HOPS):
            leads = leads_to(url, answer)
            if leads is None:
                return
            is_token = answer.status == UNAUTHORIZED
            url, via = leads, way.proxies.towards(leads)
            answer = self._asked(url, via, verify=verify, exact=way.exact and not is_token)
            if is_token:
                return

    @contextmanager
    def _step(self, name: StepName, target: str) -> Iterator[list[str]]:
        """Times what is done inside, which leaves its detail in the list; any error ends it."""
        begin = time.monotonic()
        self._present = (name, target, begin)
        said: list[str] = []
        fault = None
        try:
            yield said
        except _Failed as error:
            fault = str(error)
        except bound.NoAnswer as error:
            fault = str(error)
        except ssl.SSLError as error:
            fault = tls_fault(error)
        except HTTPException as error:
            fault = f"the reply is no HTTP ({type(error).__name__})"
        except OSError as error:
            fault = bound.fault(error, _probe("0.0.0.0", 0))
        milliseconds = round((time.monotonic() - begin) * 1000)
        detail = fault if fault is not None else "".join(said)
        self._steps.append(PullStep(name, target, ok=fault is None, detail=detail,
                                milliseconds=milliseconds))  # fmt: skip
        self._present = None
        if fault is not None:
            raise _Failed(fault)

    # --- the steps ---------------------------------------------------------------------

    def _connected(self, host: Host, port: int | None) -> socket.socket | None:
        ips = [host]
        if isinstance(host, str):
            with self._step("resolve", host) as said:
                found = bound.resolved(host)
                ips = list(dict.fromkeys(found))
                said.append(", ".join(map(str, ips)))
        if port is None:
            return None
        with self._step("connect", f"{bracketed(host)}:{port}") as said:
            made, faults = self._first(ips, port)
            said += ["; ".join((str(made.getpeername()[0]), *faults))]
        return made

    def _first(self, ips: Sequence[Host], port: int) -> tuple[socket.socket, list[str]]:
        """A connection to the first that takes one, and what was wrong with those before it.

        Where there are several, each has a moment at first, and later all the time that is left.
        """
        faults: list[str] = []
        for patience in (_MOMENT, None) if len(ips) > 1 else (None,):
            faults = []
            for number, ip in enumerate(ips):
                now = time.monotonic()
                share = patience or (self._until - now) / (len(ips) - number)
                try:
                    return bound.connection(ip, port, _probe(ip, port), now + share), faults
                except bound.NoAnswer as error:
                    faults.append(f"{ip}: {error}")
        raise _Failed("; ".join(faults))

    def _asked(self, url: Url, via: Proxy | None, *, verify: bool, exact: bool) -> HTTPResponse:
        """The answer to a GET of the URL, with its sockets closed."""
        made = self._connected(via.host, via.port) if via else (
            self._connected(url.host, url.effective_port)
        )  # fmt: skip
        assert made is not None
        with _closing(made) as held:
            if via is not None and via.scheme == "https":
                held.append(self._tls(held[-1], via.host, str(via), verify=True))
            if via is not None and via.scheme == "socks5":
                with self._step("proxy", str(via)) as said:
                    said.append("takes connections; SOCKS itself is not spoken here")
                raise _Failed
            if via is not None and url.scheme == "https":
                self._tunnelled(held[-1], url, via)
            if url.scheme == "https":
                held.append(self._tls(held[-1], url.host, str(url.host), verify=verify))
            return self._got(held[-1], url, via, exact=exact)

    def _tunnelled(self, made: socket.socket, url: Url, via: Proxy) -> None:
        there = f"{bracketed(url.host)}:{url.effective_port}"
        with self._step("proxy", f"{via} to {there}") as said:
            answer = exchange(made, "CONNECT", there, there, via, self._left())
            if answer.status != OK:
                raise _Failed(status(answer))
            said.append(status(answer))

    def _tls(self, made: socket.socket, host: Host, target: str, *, verify: bool) -> ssl.SSLSocket:
        trust = context()
        with self._step("tls", target) as said:
            if verify:
                for path in self._way.ca:
                    self._trust(trust, path)
            else:
                trust.check_hostname = False
                trust.verify_mode = ssl.CERT_NONE
            made.settimeout(self._left())
            found = trust.wrap_socket(made, server_hostname=str(host))
            said.append(f"{found.version()}{'' if verify else ', certificate not verified'}")
        return found

    def _trust(self, context: ssl.SSLContext, path: str) -> None:
        try:
            context.load_verify_locations(path)
        except (OSError, ssl.SSLError) as error:
            raise _Failed(f"{path}: {error.strerror or 'holds no certificate'}") from None

    def _got(self, made: socket.socket, url: Url, via: Proxy | None, *, exact: bool) -> (
        HTTPResponse
    ):  # fmt: skip
        host = bracketed(url.host) + ("" if url.port is None else f":{url.port}")
        path = url.path if url.path.startswith("/") else f"/{url.path}"
        plain = via if via is not None and url.scheme == "http" else None
        with self._step("http", str(url)) as said:
            asked = f"http://{host}{path}" if plain else path
            answer = exchange(made, "GET", asked, host, plain, self._left())
            if not is_good(answer, exact=exact):
                raise _Failed(status(answer))
            said.append(status(answer))
        return answer

    def _left(self) -> float:
        return max(self._until - time.monotonic(), 0.001)


@contextmanager
def _closing(made: socket.socket) -> Iterator[list[socket.socket]]:
    """The sockets that one connection becomes, the last one first to close."""
    held = [made]
    try:
        yield held
    finally:
        for each in reversed(held):
            each.close()


def _probe(host: Host, port: int) -> Probe:
    """Bound to nothing: a runtime's sockets go where the kernel sends them."""
    return Probe(Tcp(host, port))
