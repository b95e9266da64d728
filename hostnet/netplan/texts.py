"""How netplan reads a scalar's text: numbers, booleans, addresses, keys.

Everything is a text to netplan, whatever YAML takes it for. The numbers are those of C's
strtoull(3) and strtol(3), the addresses those of inet_pton(3), the patterns netplan's own
(src/parse.c and src/validation.c of netplan 0.106 to 1.2).
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address

TRUE = frozenset({"true", "on", "yes", "y"})
FALSE = frozenset({"false", "off", "no", "n"})
UINT_MAX = 0xFFFFFFFF
_UINT64 = 1 << 64
_SPACE = " \t\n\v\f\r"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_LABEL = r"(?:[a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])"
_MAC = r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}((:[0-9A-Fa-f]{2}){14})?"


def number(text: str) -> int | None:
    """What strtoull makes of all of the text; None where it stops before the end.

    An empty text is 0, a minus sign wraps, and what 64 bits cannot hold counts as 2 ** 64.
    """
    if text.isascii() and text.isdigit():
        return _capped(text)
    if not text:
        return 0
    found = re.fullmatch(rf"[{_SPACE}]*([+-]?)([0-9]+)", text)
    if found is None:
        return None
    value = _capped(found[2])
    return (_UINT64 - value) % _UINT64 if found[1] == "-" and value < _UINT64 else value


def leading_number(text: str) -> int:
    """What strtoull makes of the text's beginning; 0 where there is no number."""
    found = re.match(rf"[{_SPACE}]*[+-]?[0-9]+", text)
    return number(found[0]) or 0 if found else 0


def _capped(digits: str) -> int:
    digits = digits.lstrip("0")
    return min(int(digits or "0"), _UINT64) if len(digits) <= 20 else _UINT64


def boolean(text: str) -> bool | None:
    """True, False, or None where netplan takes it for neither."""
    low = text.lower()
    return True if low in TRUE else False if low in FALSE else None


def is_ipv4(text: str) -> bool:
    """Whether inet_pton(3) takes it for AF_INET."""
    return _IPV4.fullmatch(text) is not None


@lru_cache(maxsize=4096)
def is_ipv6(text: str) -> bool:
    """Whether inet_pton(3) takes it for AF_INET6, which knows no ``%eth0``."""
    if ":" not in text or "%" in text or "/" in text:
        return False
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def family(text: str) -> int | None:
    """4 or 6 for an address, with or without a ``/`` and anything behind it; None for no address.

    (get_ip_family() of netplan, which cuts at the last slash and never looks behind it.)
    """
    address = text.rpartition("/")[0] if "/" in text else text
    return 4 if is_ipv4(address) else 6 if is_ipv6(address) else None


def is_mac(text: str) -> bool:
    """Six octets, or the twenty of InfiniBand."""
    return re.fullmatch(_MAC, text) is not None


def is_wireguard_key(text: str) -> bool:
    """256 bits in base64."""
    return re.fullmatch(r"[A-Za-z0-9+/]{43}=", text) is not None


def is_hostname(text: str) -> bool:
    """Labels of letters, digits and hyphens; a line break at the end passes (PCRE's ``$``)."""
    return re.fullmatch(rf"(?:{_LABEL}\.)*{_LABEL}\n?", text, re.IGNORECASE | re.ASCII) is not None


def is_tunnel_key(text: str) -> bool:
    """A number of 32 bits or four octets."""
    value = number(text)
    return (value is not None and value <= UINT_MAX) or is_ipv4(text)


def is_controller(text: str) -> bool:
    """A controller of Open vSwitch: ``tcp:HOST[:PORT]``, ``ptcp:[PORT][:HOST]``, ``unix:FILE``."""
    kind, colon, rest = text.partition(":")
    if not colon:
        return False
    if kind in ("unix", "punix"):
        return True
    if kind in ("tcp", "ssl"):
        return _is_target(*_host_and_port(rest))
    if kind in ("ptcp", "pssl"):
        port, colon, host = rest.partition(":") if rest else ("6653", "", "")
        bare = re.sub(r"[\[\]]", "", host, count=2) if host.startswith("[") else host
        return _is_target(bare if colon else None, port)
    return False


def _host_and_port(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, end, port = text[1:].partition("]:")
        return host, port if end else "6653"
    host, colon, port = text.partition(":")
    return host, port if colon else "6653"


def _is_target(host: str | None, port: str) -> bool:
    digits = re.match(rf"[{_SPACE}]*\+?([0-9]+)", port)
    if digits is None or not 0 < _capped(digits[1]) <= 65535:
        return False
    if host is None:
        return True
    bare = host.partition("%")[0]
    return is_ipv4(bare) or is_ipv6(bare)
