"""Serving addresses and routes while networkd has taken them away: no packet is lost.

`netplan apply` makes networkd configure every link anew: it deletes all addresses, waits
for the kernel, and sets them again (systemd 252: link_reconfigure_impl() calls
link_drop_managed_config(), 15-20 ms, twice for one apply; later releases for a lease). A
TCP segment that falls into such a gap costs 200 ms, the shortest retransmission timeout.

So the kernel is told beforehand, in one ``ip -batch``:

- a ``local`` route for each address: the host still takes and sends what is its own, and
  a neighbour's ARP request is answered;
- each route once more, in a table that is looked up for what this host itself sends: default
  routes when nothing else leads on, others before another link's default route does. What the
  host forwards has to wait: while the address is away, MASQUERADE would take that of any other
  link for the source (inet_select_addr()), and remember it for the connection (seen on systemd
  252: pods silent for seconds);
- all of them through nexthop objects. When a link's last IPv4 address goes, the kernel
  flushes every route through it (fib_disable_ip()), but not those;
- by protocol ``kernel``, which networkd leaves alone (RTPROT_KERNEL in its routes, nexthops
  and rules; seen on systemd 252, 257 and 262);
- a rule that leads DHCPRELEASE to a route of type ``broadcast``, to which its socket may not
  send (EACCES; where a lookup fails, a socket bound to a link sends all the same): networkd
  gives a lease back once its file no longer says ``dhcp4``, though the address is in use
  until the promotion, and an undo wants it again.

None of it outlives a reboot, and all of it can be told from what others made.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from hostnet.host import fields
from hostnet.host.command import CommandError, run
from hostnet.model import HELD_MARK, HELD_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hostnet.host.fields import Entry
    from hostnet.model import IP, Family
    from hostnet.ops import Held

_TIMEOUT = 10.0
_IDS = range(HELD_MARK + 1, HELD_MARK + 0x10000)
_BARRED, _SERVED = HELD_TABLES
_NO_RELEASE = f"pref 1 ipproto udp sport 68 dport 67 lookup {_BARRED}"
_SERVING = (
    f"pref 32765 iif lo lookup {_SERVED} suppress_prefixlength 0",
    f"pref 32767 iif lo lookup {_SERVED}",
)
"""Before main and after it; "iif lo" is what comes from here (ip-rule(8))."""


def hold(held: Sequence[Held]) -> None:
    """Hold it; what the kernel refuses (nexthops need Linux 5.3) is not held.

    Without it the apply is as good, but for the silence. To begin again changes nothing.
    """
    for family, lines in batches(held).items():
        _batch(family, lines)


def batches(held: Sequence[Held]) -> dict[Family, list[str]]:
    """The lines for ``ip -4`` and ``ip -6``."""
    families: tuple[Family, ...] = (4, 6)
    ids = iter(_IDS)
    lines = {f: [line for each in held for line in _lines(each, f, ids)] for f in families}
    lines[4].append(f"rule add {_NO_RELEASE} protocol kernel")
    for family in families:
        if lines[family]:
            lines[family] += [f"rule add {rule} protocol kernel" for rule in _SERVING]
    return lines


def release() -> None:
    """End every hold, whoever began it.

    Deleting a nexthop deletes its routes, but tells nobody: networkd would remember them.
    """
    routes: dict[Family, list[str]] = {4: [], 6: []}
    for entry in _shown("route", "show", "table", "all"):
        if entry.number("metric") == HELD_MARK:
            to, table = entry.text("dst") or "default", entry.text("table") or "main"
            kind = entry.text("type") or "unicast"
            line = f"route del {kind} {to} table {table} metric {HELD_MARK}"
            # As in hostnet.host.links: only IPv6 has a preference.
            routes[6 if ":" in to or "pref" in entry.values else 4].append(line)
    serving = [f"rule del {rule}" for rule in _SERVING]
    _batch(6, [*routes[6], *serving])
    ids = [entry.number("id") for entry in _shown("nexthop", "show")]
    nexthops = [f"nexthop del id {number}" for number in ids if number in _IDS]
    _batch(4, [*routes[4], *nexthops, f"rule del {_NO_RELEASE}", *serving])


@contextmanager
def holding(held: Sequence[Held]) -> Iterator[None]:
    """Hold while the block runs, which no failure to do so keeps from running."""
    with suppress(CommandError):
        hold(held)
    try:
        yield
    finally:
        release()


def _lines(held: Held, family: Family, ids: Iterator[int]) -> Iterator[str]:
    addresses = [address for address in held.addresses if address.version == family]
    if not addresses:
        return
    marked = f"proto kernel metric {HELD_MARK}"
    served = f"table {_SERVED} {marked}"
    # One for each type of route: the kernel keeps with a nexthop what it found out for a
    # packet (nhc_rth_input), and would deliver here what it is to forward.
    local, direct = next(ids), next(ids)
    for number in (local, direct):
        yield f"nexthop replace id {number} dev {held.link} proto kernel"
    for address in addresses:
        yield f"route replace local {address.ip} nhid {local} table local {marked}"
    if family == 4:
        barred = next(ids)
        yield f"nexthop replace id {barred} dev {held.link} proto kernel"
        yield f"route append broadcast default nhid {barred} table {_BARRED} {marked}"
    # The first listed is the source, as it is on the link.
    connected = {address.network: address.ip for address in reversed(addresses)}
    for network, source in connected.items():
        scope = "scope link" if family == 4 else ""
        yield f"route replace {network} nhid {direct} {scope} src {source} {served}"
    gateways: dict[IP | None, int] = {None: direct}
    for route in held.routes:
        via = route.via
        if route.to.version != family or route.to in connected or (via and via.version != family):
            continue
        if via not in gateways:
            gateways[via] = next(ids)
            way = f"via {via} dev {held.link} onlink"
            yield f"nexthop replace id {gateways[via]} {way} proto kernel"
        near = (address.ip for address in addresses if via and via in address.network)
        source = next(near, addresses[0].ip)
        yield f"route replace {route.to} nhid {gateways[via]} src {source} {served}"


def _shown(*argv: str) -> tuple[Entry, ...]:
    """What ``ip`` lists; nothing where it cannot, as on a kernel without nexthop objects."""
    done = run(["ip", "-j", *argv], timeout=_TIMEOUT, accept=None)
    return fields.entries(f"`ip {argv[0]}`", done.text) if done.returncode == 0 else ()


def _batch(family: Family, lines: list[str]) -> None:
    if lines:
        text = "\n".join(lines) + "\n"
        argv = ["ip", f"-{family}", "-force", "-batch", "-"]
        run(argv, timeout=_TIMEOUT, input=text.encode(), accept=None)
