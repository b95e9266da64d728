"""Texts with a form of their own: what `x-text` in the schema of netplan's language names.

Each function says what is wrong with a text as (rule, message), or None where netplan takes it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hostnet.findings import (
    ADDRESS_MALFORMED,
    CONTROLLER_MALFORMED,
    ENDPOINT_MALFORMED,
    PREFIX_MISSING,
    ROUTE_MALFORMED,
    VERSION_UNSUPPORTED,
)
from hostnet.netplan.texts import (
    family,
    is_controller,
    is_hostname,
    is_ipv4,
    is_ipv6,
    leading_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hostnet.findings import Rule

    Fault = tuple[Rule, str]


def _with_prefix(text: str) -> Fault | None:
    return _prefixed(text, least=1)


def _network(text: str) -> Fault | None:
    return _prefixed(text, least=0)


def _prefixed(text: str, least: int) -> Fault | None:
    fault = _with_any_prefix(text)
    if fault is not None:
        return fault
    address, _, prefix = text.rpartition("/")
    # Digits at its start are enough: /24abc is 24 to strtoull.
    most = 32 if is_ipv4(address) else 128
    if not least <= leading_number(prefix) <= most:
        return ADDRESS_MALFORMED, f"the prefix length of {text!r} is not {least} to {most}"
    return None


def _with_any_prefix(text: str) -> Fault | None:
    address, slash, _ = text.rpartition("/")
    if not slash:
        return PREFIX_MISSING, f"{text!r} has no prefix length"
    if not is_ipv4(address) and not is_ipv6(address):
        return ADDRESS_MALFORMED, f"{text!r} is not of the form ADDRESS/PREFIX"
    return None


def _ip_or_network(text: str) -> Fault | None:
    # What follows the last slash is not looked at.
    return None if family(text) else (ROUTE_MALFORMED, f"{text!r} is no address and no network")


def _controller(text: str) -> Fault | None:
    if is_controller(text):
        return None
    return CONTROLLER_MALFORMED, f"{text!r} is no controller of Open vSwitch"


def _endpoint(text: str) -> Fault | None:
    if not text:
        return None  # as if it was not there
    why = _endpoint_fault(text)
    return (ENDPOINT_MALFORMED, f"{text!r} {why}") if why else None


def _endpoint_fault(text: str) -> str:
    if len(text) < 3:
        return "is too short for HOST:PORT"
    if text.startswith("["):
        host, bracket, rest = text[1:].rpartition("]")
        if not bracket:
            return "has no closing bracket"
    else:
        host, rest = text, text
    before, colon, port = rest.rpartition(":")
    if not colon:
        return "has no :PORT"
    if leading_number(port) > 65535:
        return "has a port beyond 65535"
    if not text.startswith("["):
        host = before
    if is_ipv4(host) or is_ipv6(host) or is_hostname(host):
        return ""
    return "names neither an address nor a host"


def _version(text: str) -> Fault | None:
    # strtol: 2.7 and 2abc are 2.
    found = re.match(r"[ \t\n\v\f\r]*\+?0*2(?![0-9])", text)
    return None if found else (VERSION_UNSUPPORTED, f"version {text!r}: only 2 is known")


FORMATS: dict[str, Callable[[str], Fault | None]] = {
    "address/prefix": _with_prefix,
    "network/prefix": _network,
    "address/any": _with_any_prefix,
    "ip-or-network": _ip_or_network,
    "controller": _controller,
    "endpoint": _endpoint,
    "version": _version,
}
