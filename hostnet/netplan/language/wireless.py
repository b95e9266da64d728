"""Wireless networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.findings import (
    ACCESS_POINTS_MISSING,
    PASSPHRASE_LENGTH,
    SSID_TWICE,
    WAKE_FLAGS,
    WIFI_CHANNEL,
    Related,
)
from hostnet.netplan.document import Mapping, Scalar, Sequence, position_of
from hostnet.netplan.language.interface import AccessPoint
from hostnet.telling import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.netplan.language.interface import Interface
    from hostnet.netplan.language.reading import Reading

CHANNELS = {
    "2.4": frozenset(range(1, 15)),
    "5": frozenset(
        {7, 8, 9, 11, 12, 16, *range(32, 70, 2), 96, *range(100, 146, 2)}
        | {149, 151, 153, 155, 157, 159, 161, 165, 169, 173}
    ) - {66},
}  # fmt: skip
"""netplan's own list (src/util.c)."""


def _access_points(reading: Reading, interface: Interface, node: Mapping) -> None:
    here: dict[str, AccessPoint] = {}
    for entry in node.entries:
        if not reading.fits(entry):
            continue
        name = entry.key.text
        # 0.106 does not take one network in two files, nor when it reads a file again.
        first = here.get(name) or (
            None if reading.has("1.1") else interface.access_points.get(name)
        )
        if first is not None:
            place = position_of(first.key)
            related = (Related("named first here", place),) if place else ()
            message = f"the network {quoted(name)} stands there already"
            reading.say(SSID_TWICE, interface, message, entry.key, *related)
        here[name] = made = AccessPoint(entry.key)
        if isinstance(entry.value, Mapping) and reading.fits(entry.value):
            _access_point(reading, interface, made, entry.value)
        if not reading.has("1.1"):
            interface.access_points[name] = made
    interface.access_points.update(here)


def _access_point(reading: Reading, interface: Interface, made: AccessPoint, node: Mapping) -> None:
    for path, value in _said(reading, node):
        if path == "networkmanager":
            interface.networkmanager = value
        elif isinstance(value, Scalar):
            made.said.nodes[path] = value
        if path == "auth":
            made.has_auth = True
        elif path == "password":
            made.has_auth = True
            if made.key_management == "none" or not reading.has("1.1"):
                made.key_management = "psk"
            if not reading.has("1.1") and isinstance(value, Scalar):
                made.said.nodes["auth.password"] = value
        elif path == "auth.key-management" and isinstance(value, Scalar):
            made.key_management = value.text


def _said(reading: Reading, node: Mapping) -> Iterator[tuple[str, Scalar | Mapping]]:
    for entry in node.entries:
        value = entry.value
        if not reading.fits(entry) or not reading.fits(value) or isinstance(value, Sequence):
            continue
        if isinstance(value, Mapping) and entry.key.text == "auth":
            yield "auth", value
            for inner in value.entries:
                fits = reading.fits(inner) and reading.fits(inner.value)
                if fits and isinstance(inner.value, Scalar):
                    yield f"auth.{inner.key.text}", inner.value
        elif isinstance(value, Scalar) or value.entries:
            yield entry.key.text, value


def _wakes(reading: Reading, interface: Interface, node: Sequence) -> None:
    for item in node.items:
        if isinstance(item, Scalar) and reading.fits(item):
            interface.wakes_by.add(item.text.lower())
    if "default" in interface.wakes_by and len(interface.wakes_by) > 1:
        reading.say(WAKE_FLAGS, interface, "wakeonwlan: default stands beside others", node)


TAKES = {
    "everywhere": {"wakeonwlan": _wakes},
    "wifis": {"access-points": _access_points},
}


def _access_points_there(reading: Reading, interface: Interface) -> None:
    if interface.section == "wifis" and not interface.access_points:
        message = "a wireless link without access points"
        reading.say(ACCESS_POINTS_MISSING, interface, message, interface.key)


DEFINED = (_access_points_there,)


# --- for the renderers ---------------------------------------------------------------------


def check_channel(reading: Reading, interface: Interface, point: AccessPoint) -> None:
    """A channel must be one of its band; without a band it is not looked at."""
    band, node = point.said.text("band"), point.said.nodes.get("channel")
    channel = point.said.number("channel") if node else 0
    if band is None or node is None or channel == 0:
        return
    known = CHANNELS["5" if band.startswith("5") else "2.4"]
    if channel not in known:
        message = f"channel {node.text} is none of the band {band}"
        reading.say(WIFI_CHANNEL, interface, message, node)


_PSK = ("psk", "psk-sha256", "sae")


def check_passphrase(reading: Reading, interface: Interface, point: AccessPoint) -> None:
    """wpa_supplicant.conf(5): 8 to 63 characters, or 64 hexadecimal digits."""
    said = point.said.nodes
    if reading.has("1.1"):
        by_key = said.get("auth.password") if point.key_management in _PSK else None
        node = said.get("password") or by_key
    else:
        node = said.get("auth.password") if point.key_management == "psk" else None
    if node is None:
        return
    length = _length(node.text) if reading.has("1.1") else len(node.text.encode())
    if length == 64:
        if any(c not in "0123456789abcdefABCDEF" for c in node.text):
            message = "64 characters that are not all hexadecimal digits"
            reading.say(PASSPHRASE_LENGTH, interface, message, node)
    elif not 8 <= length <= 63:
        message = f"a passphrase of {length} characters"
        reading.say(PASSPHRASE_LENGTH, interface, message, node)


def _length(text: str) -> int:
    """Of the bytes, with control characters escaped as g_strescape() does."""
    length = 0
    for byte in text.encode():
        length += 2 if byte in b"\b\f\n\r\t\v" else 4 if byte < 0x20 or byte == 0x7F else 1
    return length
