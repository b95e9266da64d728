"""From the texts of a command line to a Request: everything is parsed here, once.

What does not parse becomes a finding, so that all of them are told at once.
"""

from __future__ import annotations

import shlex
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, TypeVar

from hostnet.dns.names import is_domain
from hostnet.errors import UsageError
from hostnet.findings import (
    ADDRESS_MALFORMED,
    GATEWAY_MALFORMED,
    INTERFACE_KIND,
    INTERFACE_MALFORMED,
    METRIC_RANGE,
    NAMESERVER_MALFORMED,
    PREFIX_MISSING,
    ROUTE_HOST_BITS,
    ROUTE_MALFORMED,
    SEARCH_MALFORMED,
    Finding,
    rule_named,
)
from hostnet.model import DEFAULT_ROUTE, IP, Address, Gateway, Request, Route, family_of
from hostnet.telling import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hostnet.findings import Rule
    from hostnet.model import PinWish

_Parsed = TypeVar("_Parsed")

IFNAMSIZ = 16
"""Bytes of an interface name with its NUL (linux/if.h)."""
MAX_METRIC = (1 << 32) - 1
_MAX_DIGITS = 20
"""More than any number here needs, and far from where int() gives up."""


def parse(
    interface: str,
    addresses: Sequence[str] = (),
    *,
    gateways: Sequence[str] = (),
    on_link: bool = False,
    dns: Sequence[str] | None = None,
    search: Sequence[str] | None = None,
    routes: Sequence[str] = (),
    mtu: int | None = None,
    metric: int | None = None,
    keep_dhcp: bool = False,
    kubernetes: bool = False,
    pin_dns: PinWish | None = None,
) -> tuple[Request, tuple[Finding, ...]]:
    """The Request that the texts state, and what in them is wrong.

    The Request holds all that did parse, so that its meaning can be checked as well.
    """
    findings: list[Finding] = []

    def each(parse_one: Callable[[str], _Parsed], texts: Sequence[str]) -> list[_Parsed]:
        parsed = []
        for text in texts:
            try:
                parsed.append(parse_one(text))
            except _Malformed as fault:
                findings.append(fault.finding)
        return parsed

    each(_interface, [interface])
    if metric is not None and not 0 <= metric <= MAX_METRIC:
        findings.append(Finding(METRIC_RANGE, f"metric {metric} is not in 0 to {MAX_METRIC}"))
    request = Request(
        interface=interface,
        addresses=tuple(each(_address, addresses)),
        gateways=tuple(each(_gateway, gateways)),
        on_link=on_link,
        dns=None if dns is None else tuple(each(_nameserver, dns)),
        search=None if search is None else tuple(each(_domain, search)),
        routes=tuple(each(_route, routes)),
        mtu=mtu,
        metric=metric,
        keep_dhcp=keep_dhcp,
        kubernetes=kubernetes,
        pin=pin_dns,
    )
    return request, tuple(findings)


def command_line(request: Request) -> str:
    """The command that asks for this, to be pasted into a shell."""
    words = ["hostnet", "static", request.interface, *map(str, request.addresses)]
    for gateway in request.gateways:
        words += ["--gateway", str(gateway.ip or "none")]
    words += ["--on-link"] if request.on_link else []
    for name, values in (("--dns", request.dns), ("--search", request.search)):
        for value in values or ():
            words += [name, str(value)]
    for route in request.routes:
        metric = "" if route.metric is None else f",{route.metric}"
        words += ["--route", f"{route.to},{route.via}{metric}"]
    for name, number in (("--mtu", request.mtu), ("--metric", request.metric)):
        words += [] if number is None else [name, str(number)]
    words += ["--keep-dhcp"] if request.keep_dhcp else []
    words += ["--kubernetes"] if request.kubernetes else []
    words += [f"--pin-dns={request.pin}"] if request.pin else []
    return shlex.join(words)


class _Malformed(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


def _interface(name: str) -> str:
    size = len(name.encode(errors="replace"))
    fine = 0 < size < IFNAMSIZ and name not in (".", "..")
    if not fine or any(c in "/:" or c.isspace() or not c.isprintable() for c in name):
        raise _Malformed(Finding(INTERFACE_MALFORMED, f"{quoted(name)} is no interface name"))
    if name == "lo":
        raise _Malformed(Finding(INTERFACE_KIND, "lo is the loopback"))
    return name


def _address(text: str) -> Address:
    host, slash, prefix = text.partition("/")
    try:
        ip = ip_address(host)
    except ValueError:
        raise _Malformed(Finding(ADDRESS_MALFORMED, f"{quoted(text)} is no IP address")) from None
    if "%" in host:
        message = f"{quoted(text)}: a zone (%LINK) cannot be part of an address"
        raise _Malformed(Finding(ADDRESS_MALFORMED, message))
    if not slash:
        width = 24 if ip.version == 4 else 64
        raise _Malformed(
            Finding(
                PREFIX_MISSING,
                f"{quoted(text)} has no prefix length",
                remedy=f"Append the network's prefix length, for example {ip}/{width}.",
            )
        )
    digits = prefix.isascii() and prefix.isdigit() and len(prefix) <= _MAX_DIGITS
    if not (digits and 1 <= int(prefix) <= ip.max_prefixlen):
        message = f"{quoted(text)}: the prefix length must be a number from 1 to {ip.max_prefixlen}"
        raise _Malformed(Finding(ADDRESS_MALFORMED, message))
    return ip_interface(f"{ip}/{int(prefix)}")


def _gateway(text: str) -> Gateway:
    if text == "none":
        return Gateway(None)
    return Gateway(_ip(text, GATEWAY_MALFORMED, "gateway"))


def _nameserver(text: str) -> IP:
    return _ip(text, NAMESERVER_MALFORMED, "nameserver")


def _ip(text: str, rule: Rule, what: str) -> IP:
    try:
        ip = ip_address(text)
    except ValueError:
        raise _Malformed(Finding(rule, f"{what} {quoted(text)} is no IP address")) from None
    if "%" in text:
        raise _Malformed(Finding(rule, f"{what} {quoted(text)}: leave out the zone (%LINK)"))
    return ip


def _domain(text: str) -> str:
    if not is_domain(text):
        raise _Malformed(Finding(SEARCH_MALFORMED, f"{quoted(text)} is no domain name"))
    return text


def _route(text: str) -> Route:
    parts = text.split(",")
    message = f"{quoted(text)} is not DESTINATION/PREFIX,GATEWAY[,METRIC]"
    if len(parts) not in (2, 3):
        raise _Malformed(Finding(ROUTE_MALFORMED, message))
    to_text, via_text = parts[0], parts[1]
    try:
        via = ip_address(via_text)
        to = DEFAULT_ROUTE[family_of(via)] if to_text == "default" else None
        if to is None:
            if "/" not in to_text:
                raise _Malformed(
                    Finding(ROUTE_MALFORMED, f"{quoted(text)}: the destination has no prefix")
                )
            interface = ip_interface(to_text)
            to = interface.network
            if interface.ip != to.network_address:
                raise _Malformed(
                    Finding(
                        ROUTE_HOST_BITS,
                        f"{quoted(to_text)} has host bits set",
                        remedy=f"Write {to}.",
                    )
                )
    except ValueError:
        raise _Malformed(Finding(ROUTE_MALFORMED, message)) from None
    if "%" in via_text or to.version != via.version:
        raise _Malformed(
            Finding(ROUTE_MALFORMED, f"{quoted(text)}: gateway and destination differ in family")
        )
    metric = None
    if len(parts) == 3:
        if not (parts[2].isascii() and parts[2].isdigit() and len(parts[2]) <= _MAX_DIGITS):
            raise _Malformed(Finding(ROUTE_MALFORMED, message))
        metric = int(parts[2])
        if metric > MAX_METRIC:
            raise _Malformed(Finding(METRIC_RANGE, f"{metric} in {quoted(text)}"))
    return Route(ip_network(to), via, metric)


def ignored_rules(tokens: Sequence[str]) -> tuple[Rule, ...]:
    """The rules that ``--ignore`` names, by id or name. Raises UsageError."""
    found = []
    for token in tokens:
        rule = rule_named(token)
        if rule is None:
            raise UsageError(
                f"no rule is called {quoted(token)}",
                "",
                "`hostnet validate --rules` lists them all.",
            )
        if not rule.ignorable:
            raise UsageError(
                f"{rule.id} {rule.name} cannot be ignored",
                "netplan itself would refuse the configuration, or the text means nothing",
                rule.remedy,
            )
        found.append(rule)
    return tuple(found)
