"""Links, addresses and routes of the running kernel, and networkd's view of them.

One spawned process (``ip -batch``) answers for the kernel; the rest are small files
below /sys and /run, which need no bus and wake nobody. All of it is of the running
host: another root has no links, so nothing here takes one.

``parse`` is pure: texts in, values out. Only ``read`` touches the machine.
"""

from __future__ import annotations

import os
from ipaddress import ip_interface, ip_network
from typing import TYPE_CHECKING

from hostnet.dns.server import servers_of
from hostnet.host import command, fields
from hostnet.model import (
    DEFAULT_ROUTE,
    HELD_MARK,
    MAIN_TABLE,
    KernelRoute,
    Link,
    LinkAddress,
    Network,
)
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hostnet.host.fields import Entry

# The family cannot change between the lines of a batch, and `route show table main`
# alone means IPv4: "all" is the one form that shows both (iproute2 5.9 to 7.3).
_BATCH = b"address show\nroute show table all\n"
_IP = "`ip`"
_TIMEOUT = 10.0
"""Milliseconds on any host; a kernel that holds its RTNL lock for this long is stuck."""
_INTERRUPTED = "Dump was interrupted"
"""iproute2 says so, with status 0, if links came or went while it was reading."""
_ATTEMPTS = 3
_FOREVER = 0xFFFFFFFF  # INFINITY_LIFE_TIME, linux/if_addr.h
_PAIRS = ("veth", "netkit")
"""Kinds whose ``link`` is the other end, not what they are stacked upon."""


class Beside(Value):
    """What the files of /sys and /run say of one link, as read; absent is empty."""

    wifi: bool = False
    mac_type: str = ""
    """addr_assign_type: 0 permanent, 1 random, 2 stolen, 3 set (sysfs-class-net)."""
    device: bool = False
    """Whether hardware, or what poses as it, is behind the link."""
    driver: str = ""
    udev: str = ""
    networkd: str = ""


def read() -> tuple[tuple[Link, ...], tuple[KernelRoute, ...]]:
    """All links by index, and the unicast routes of the main table.

    networkd removes its files when it stops, but not when it is killed: whether what they
    say still holds is for `hostnet.host.bus` to tell.

    Raises CommandError or Unreadable.
    """
    addresses, routes = _ask()
    entries = fields.entries(_IP, addresses)
    beside = {index: _look(index, name) for index, name in map(_identity, entries)}
    return _links(entries, beside), _routes(fields.entries(_IP, routes))


def parse(
    addresses_json: str, routes_json: str, beside: Mapping[int, Beside] | None = None
) -> tuple[tuple[Link, ...], tuple[KernelRoute, ...]]:
    """The values of iproute2's two answers, and of the files beside them, by index.

    Only routes of the main table that carry traffic somewhere are routes here: not the
    kernel's own (local, broadcast, multicast), nor blackhole and unreachable. A route
    with several next hops gives one value for each.

    Raises Unreadable.
    """
    links = _links(fields.entries(_IP, addresses_json), beside or {})
    return links, _routes(fields.entries(_IP, routes_json))


# --- the machine -----------------------------------------------------------------------


def _ask() -> tuple[str, str]:
    # -d: without it there is no kind.
    argv = ("ip", "-j", "-d", "-batch", "-")
    for attempt in range(_ATTEMPTS):
        done = command.run(argv, timeout=_TIMEOUT, input=_BATCH, accept=None)
        if _INTERRUPTED not in done.stderr or attempt == _ATTEMPTS - 1:
            break
    answers = [line for line in done.text.split("\n") if line.strip()]
    if done.returncode != 0 or len(answers) != 2:
        how = f"{command.ended(done)} after {len(answers)} of 2 answers"
        raise command.CommandError(argv, how, returncode=done.returncode, stderr=done.stderr)
    return answers[0], answers[1]


def _look(index: int, name: str) -> Beside:
    sysfs = f"/sys/class/net/{name}"
    device = os.path.exists(f"{sysfs}/device")
    return Beside(
        wifi=os.path.exists(f"{sysfs}/wireless") or os.path.exists(f"{sysfs}/phy80211"),
        mac_type=_content(f"{sysfs}/addr_assign_type").strip(),
        device=device,
        driver=os.path.basename(os.path.realpath(f"{sysfs}/device/driver")) if device else "",
        udev=_content(f"/run/udev/data/n{index}"),
        networkd=_content(f"/run/systemd/netif/links/{index}"),
    )


def _content(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""  # the link went, or udev, or networkd, or sysfs refuses (EINVAL)


# --- iproute2's JSON -------------------------------------------------------------------


def _identity(entry: Entry) -> tuple[int, str]:
    index, name = entry.number("ifindex"), entry.text("ifname")
    if index is None or name is None:
        raise entry.unreadable("ifindex")
    return index, name


def _links(entries: tuple[Entry, ...], beside: Mapping[int, Beside]) -> tuple[Link, ...]:
    links = (_link(entry, beside.get(_identity(entry)[0], Beside())) for entry in entries)
    return tuple(sorted(links, key=lambda link: link.index))


def _link(entry: Entry, beside: Beside) -> Link:
    index, name = _identity(entry)
    info = entry.entry("linkinfo")
    made = info.text("info_kind")  # what made the link by software; absent on hardware
    flags = entry.texts("flags")
    hardware = entry.text("link_type") or "ether"
    mac = entry.text("address") if hardware in ("ether", "infiniband") else None
    udev = dict(_pairs(beside.udev, "E:"))
    networkd = dict(_pairs(beside.networkd))
    return Link(
        index=index,
        name=name,
        kind="wifi" if beside.wifi else made or hardware,
        mac=mac,
        permanent_mac=entry.text("permaddr") or (mac if _is_permanent(beside) else None),
        # What Driver= of a .network file is compared with, first udev's word: the name
        # the driver gives itself (ethtool -i), which is "veth" where there is no device.
        driver=udev.get("ID_NET_DRIVER") or beside.driver or made,
        bus_path=udev.get("ID_PATH"),
        altnames=entry.texts("altnames"),
        master=entry.text("master"),
        parent=_parent(entry, info, made),
        mtu=entry.number("mtu") or 0,
        up="UP" in flags,
        carrier="LOWER_UP" in flags,
        loopback="LOOPBACK" in flags,
        addresses=tuple(_addresses(entry)),
        network_file=networkd.get("NETWORK_FILE") or None,
        # By DHCPv6 and by a router advertisement the same server stands there twice.
        nameservers=tuple(
            dict.fromkeys(server.ip for server in servers_of(networkd.get("DNS", "").split()))
        ),
        search=(
            *networkd.get("DOMAINS", "").split(),
            *(f"~{domain}" for domain in networkd.get("ROUTE_DOMAINS", "").split()),
        ),
        setup=networkd.get("ADMIN_STATE") or None,
    )


def _is_permanent(beside: Beside) -> bool:
    """Whether the MAC in use is the permanent one, given that no ``permaddr`` was shown.

    iproute2 shows ``permaddr`` only if it differs from the MAC in use (ip/ipaddress.c),
    and the kernel tells none that is all zeros (net/core/rtnetlink.c). So without it the
    two are equal or there is none. register_netdevice() (net/core/dev.c) takes the MAC
    as permanent if its type is 0, which it is on no veth, bridge, vlan, tap, ... If the
    same MAC was set once more (by netplan, or by bonding) the type is 3: then only
    hardware has a permanent one.
    """
    return beside.mac_type == "0" or (beside.mac_type == "3" and beside.device)


def _parent(entry: Entry, info: Entry, made: str | None) -> str | None:
    # Null, or absent beside link_index, if the parent is in another network namespace.
    if made in _PAIRS:
        return None
    return entry.text("link") or info.entry("info_data").text("link")  # the latter: vxlan


def _addresses(link: Entry) -> Iterator[LinkAddress]:
    for entry in link.entries("addr_info"):
        local, length = entry.text("local"), entry.number("prefixlen")
        if entry.text("family") not in ("inet", "inet6") or local is None or length is None:
            continue
        try:
            address = ip_interface(f"{local}/{length}")
        except ValueError:
            raise entry.unreadable("local") from None
        lifetime = entry.number("valid_life_time")
        yield LinkAddress(
            address=address,
            scope=entry.text("scope") or "global",
            dynamic=entry.flag("dynamic"),
            temporary=entry.flag("temporary"),
            tentative=entry.flag("tentative"),
            failed=entry.flag("dadfailed"),
            valid_for=None if lifetime == _FOREVER else lifetime,
            protocol=entry.text("protocol"),
        )


def _routes(entries: tuple[Entry, ...]) -> tuple[KernelRoute, ...]:
    return tuple(route for entry in entries for route in _route(entry))


def _route(entry: Entry) -> Iterator[KernelRoute]:
    if entry.text("type") not in (None, "unicast"):
        return
    if entry.text("table") not in (None, "main", str(MAIN_TABLE)):
        return
    if entry.number("metric") == HELD_MARK:
        return  # held by hostnet itself for the moment: it proves nothing
    hops = entry.entries("nexthops") or (entry,)
    to = _destination(entry, hops)
    for hop in hops:
        yield KernelRoute(
            to=to,
            link=hop.text("dev"),
            # "via" is a gateway of the other family (RFC 8950).
            via=hop.ip("gateway") or hop.entry("via").ip("host"),
            metric=entry.number("metric") or 0,
            protocol=entry.text("protocol") or "kernel",
            source=entry.ip("prefsrc"),
        )


def _destination(entry: Entry, hops: tuple[Entry, ...]) -> Network:
    destination = entry.text("dst") or "default"
    if destination == "default":
        # Nothing names the family. Every route of IPv6 has a preference, none of IPv4
        # (RTA_PREF, net/ipv6/route.c rt6_fill_node()).
        addresses = (entry.ip("prefsrc"), *(hop.ip("gateway") for hop in hops))
        six = "pref" in entry.values or any(ip is not None and ip.version == 6 for ip in addresses)
        return DEFAULT_ROUTE[6 if six else 4]
    try:
        return ip_network(destination)
    except ValueError:
        raise entry.unreadable("dst") from None


def _pairs(text: str, prefix: str = "") -> Iterator[tuple[str, str]]:
    """KEY=VALUE of udev's database and networkd's state files (the same, systemd 247 to 262)."""
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and key.startswith(prefix):
            quoted = len(value) >= 2 and value[0] == value[-1] == '"'
            yield key[len(prefix) :], value[1:-1] if quoted else value
