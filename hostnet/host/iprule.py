"""iproute2's JSON of rules, in which each selector has keys of its own."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from hostnet.ledger.objects import REJECTING, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hostnet.host.fields import Entry
    from hostnet.model import Family, Network

_ACTIONS = {"6": REJECTING[0], "7": REJECTING[1], "8": REJECTING[2]}
"""FR_ACT_* (linux/fib_rules.h), as ``-N`` shows them."""
_TABLES = {"default": 253, "main": 254, "local": 255}
_READ = {
    *("priority", "not", "src", "srclen", "dst", "dstlen", "fwmark", "fwmask", "protocol"),
    *("table", "goto", "nop", "action", "l3mdev"),
    *("tos", "dsfield", "iif", "oif", "ipproto", "uid_start", "uid_end", "tun_id"),
    *("sport", "sport_start", "sport_end", "dport", "dport_start", "dport_end"),
    *("sport_mask", "dport_mask", "suppress_prefixlen", "suppress_ifgroup"),
}
_ALL_PORT_BITS = 0xFFFF
_PASSING = {"iif_detached", "oif_detached", "unresolved"}
"""What is so for the moment, and not of the rule."""


def rules(entries: tuple[Entry, ...], family: Family) -> tuple[Rule, ...]:
    """Of ``ip rule show``, which does not tell the family."""
    return tuple(_rule(entry, family) for entry in entries)


def _rule(entry: Entry, family: Family) -> Rule:
    table, target = entry.text("table"), entry.number("goto")
    action = entry.text("action")
    if table is not None:
        word = "lookup"
    elif target is not None:
        word = "goto"
    elif "l3mdev" in entry.values:
        word = "l3mdev"
    else:
        word = "nop" if action is None else _ACTIONS.get(action, action)
    return Rule(
        family=family,
        priority=entry.number("priority") or 0,
        action=word,
        table=_table(entry, table),
        target=target,
        source=_prefix(entry, "src"),
        to=_prefix(entry, "dst"),
        mark=_hex(entry, "fwmark"),
        mask=_hex(entry, "fwmask"),
        inverted="not" in entry.values,
        selectors=tuple(_selectors(entry)),
        protocol=_number(entry.text("protocol")),
        unusual=" ".join(sorted(entry.values.keys() - _READ - _PASSING)),
    )


def _selectors(entry: Entry) -> Iterator[str]:
    tos = entry.text("tos") or entry.text("dsfield")
    if tos is not None:
        yield f"tos {tos}"
    for side in ("iif", "oif"):
        if (name := entry.text(side)) is not None:
            yield f"{side} {name}"
    if (protocol := entry.text("ipproto")) is not None:
        yield f"ipproto {protocol.removeprefix('ipproto-')}"
    for port in ("sport", "dport"):
        one, first, last = (entry.number(f"{port}{end}") for end in ("", "_start", "_end"))
        if first is not None:
            yield f"{port} {first}-{last}"
        elif one is not None:
            mask = _hex(entry, f"{port}_mask")  # since 6.15
            yield f"{port} {one}" + ("" if mask in (None, _ALL_PORT_BITS) else f"/{mask:#x}")
    if (uid := entry.number("uid_start")) is not None:
        yield f"uidrange {uid}-{entry.number('uid_end')}"
    if (tunnel := entry.number("tun_id")) is not None:
        yield f"tun_id {tunnel}"
    if (length := entry.number("suppress_prefixlen")) is not None:
        yield f"suppress_prefixlength {length}"
    if (group := entry.text("suppress_ifgroup")) is not None:
        yield f"suppress_ifgroup {group}"


def _prefix(entry: Entry, key: str) -> Network | None:
    text, length = entry.text(key), entry.number(f"{key}len")
    if text in (None, "all"):
        return None
    try:
        return ip_network(text if length is None else f"{text}/{length}")
    except ValueError:
        raise entry.unreadable(key) from None


def _table(entry: Entry, text: str | None) -> int | None:
    if text is None:
        return None
    if text.isdigit():
        return int(text)
    if text not in _TABLES:
        raise entry.unreadable("table")
    return _TABLES[text]


def _hex(entry: Entry, key: str) -> int | None:
    text = entry.text(key)
    try:
        return None if text is None else int(text, 16)
    except ValueError:
        raise entry.unreadable(key) from None


def _number(text: str | None) -> int:
    return int(text) if text is not None and text.isdigit() else 0
