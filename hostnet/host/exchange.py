"""One request over a connection, the head of its answer, and what a client makes of that."""

from __future__ import annotations

import base64
import re
import ssl
from contextlib import suppress
from http.client import HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin

from hostnet.probes.hosts import Malformed, Url

if TYPE_CHECKING:
    import socket

    from hostnet.pulls.proxies import Proxy

_REALM = re.compile(r'\bBearer\b.*?\brealm="(?P<realm>[^"]+)"', re.IGNORECASE | re.DOTALL)
_REDIRECTS = (301, 302, 303, 307, 308)
OK, UNAUTHORIZED = 200, 401
_PROXY_WANTS_PASSWORD, _FAILS = 407, 500
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
"""What OpenSSL says of an answer that is none of TLS."""


def exchange(
    made: socket.socket, method: str, what: str, host: str, via: Proxy | None, within: float
) -> HTTPResponse:
    """One request, and the head of its answer: http.client would connect by itself."""
    lines = [f"{method} {what} HTTP/1.1", f"Host: {host}", "User-Agent: hostnet"]
    lines += ["Accept: */*", *([] if method == "CONNECT" else ["Connection: close"])]
    if via is not None and via.secret:
        secret = base64.b64encode(unquote(via.secret).encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {secret}")
    made.settimeout(within)
    made.sendall("\r\n".join((*lines, "", "")).encode())
    answer = HTTPResponse(made, method=method)
    answer.begin()
    return answer


def leads_to(url: Url, answer: HTTPResponse) -> Url | None:
    """Where a client would go on: to where it is sent, or to whoever gives it a token."""
    text = None
    if answer.status in _REDIRECTS:
        text = answer.headers.get("Location")
    elif answer.status == UNAUTHORIZED:
        found = _REALM.search(answer.headers.get("WWW-Authenticate") or "")
        text = found["realm"] if found else None
    if text is None:
        return None
    with suppress(Malformed):
        return Url.parse(urljoin(str(url), text))
    return None


def is_good(answer: HTTPResponse, *, exact: bool) -> bool:
    """Of a path of its own, and of a token that nobody asked for, even a registry says no."""
    if answer.status in (OK, UNAUTHORIZED, *_REDIRECTS):
        return True
    return not exact and answer.status < _FAILS and answer.status != _PROXY_WANTS_PASSWORD


def context() -> ssl.SSLContext:
    """As strict as Go, and no more: no common names (1.15), but any authority of the host's."""
    made = ssl.create_default_context()
    made.verify_flags &= ~ssl.VERIFY_X509_STRICT
    made.hostname_checks_common_name = False
    return made


def status(answer: HTTPResponse) -> str:
    """The answer in words."""
    return f"HTTP status {answer.status}"


def tls_fault(error: ssl.SSLError) -> str:
    """What is wrong, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if error.reason in _NO_TLS:
        return "what answers there does not speak TLS"
    return f"TLS fails: {(error.reason or str(error)).replace('_', ' ').lower()}"
