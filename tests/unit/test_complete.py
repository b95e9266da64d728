"""What `hostnet static` makes of a request and a host: the definition, its reasons, findings.

long because it is one table of hosts, and its rows are read side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import dedent, indent
from typing import Any

import pytest

from hostnet.model import LinkAddress, Observed
from tests.unit.afterwards import settled
from tests.unit.builders import (
    CLOUD,
    HUMAN,
    Value,
    advertised,
    decide,
    default,
    file,
    held,
    host,
    image,
    lease,
    nic,
)

LEASE = lease("192.168.141.50/24")
GATEWAY = default("192.168.141.2")
ROUTER = default("fe80::1", metric=1024, protocol="ra")
DHCP = "network:\n  version: 2\n  ethernets:\n    ens33: {dhcp4: true}\n"


def dhcp(*addresses: LinkAddress, text: str = DHCP, **fields: Value) -> Observed:
    """A host with a lease, its gateway, its server and its search domain."""
    known: dict[str, Any] = {"nameservers": ["192.168.141.2"], "search": ("lan",), "by": "ens33"}
    link = nic("ens33", *(addresses or (LEASE,)), **known | fields)
    return host(file(CLOUD, text), link, GATEWAY)


def defined(body: str, *, section: str = "ethernets", id_: str = "ens33") -> str:
    """A netplan file with this body of one definition."""
    inner = indent(dedent(body).strip("\n"), "      ")
    return f"network:\n  version: 2\n  {section}:\n    {id_}:\n{inner}\n"


STATIC = defined(
    """
    addresses: [10.0.0.5/24, 'fd00::5/64']
    gateway4: 10.0.0.1
    nameservers: {addresses: [9.9.9.9], search: [corp]}
    routes:
      - to: 10.8.0.0/16
        via: 10.0.0.9
        metric: 50
      - {to: 10.9.0.0/16, type: blackhole}
      - {to: '::/0', via: 'fd00::1'}
    routing-policy: [{from: 10.0.0.0/24, table: 7}]
    """
)
STATIC_LINK = nic(
    "ens33", held("10.0.0.5/24"), held("fd00::5/64"), by="ens33",
    nameservers=["9.9.9.9"], search=("corp",),
)  # fmt: skip
STATIC_ROUTES = (
    default("10.0.0.1", metric=0, protocol="static"),
    default("fd00::1", metric=1024, protocol="static"),
)


def static(text: str = STATIC) -> Observed:
    """A host that is static already, by a human's file."""
    return host(file(HUMAN, text), STATIC_LINK, *STATIC_ROUTES)


@dataclass(frozen=True)
class Row:
    """A host, what is asked, and what comes of it."""

    name: str
    host: Observed
    asked: str
    options: dict[str, Any]
    body: str
    reasons: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    silent: tuple[str, ...] = field(default=())
    """Words that no reason may have."""


ROWS = (
    Row("a lease is pinned as it is", dhcp(), "ens33", {}, """
            dhcp4: false
            addresses: [192.168.141.50/24]
            routes:
              - to: default
                via: 192.168.141.2
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """,
        ("192.168.141.50/24 pinned: the link has it from a DHCP server", "dhcp4 off",
         "gateway 192.168.141.2 taken over", "nameservers 192.168.141.2 taken over"), ("HN040",)),
    Row("an address is named, gateway and servers are inherited", dhcp(),
        "ens33 192.168.141.134/24", {}, """
            dhcp4: false
            addresses: [192.168.141.134/24]
            routes:
              - to: default
                via: 192.168.141.2
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """,
        ("dhcp4 off", "gateway 192.168.141.2 taken over from the live default route")),
    Row("two addresses", dhcp(), "ens33 192.168.141.134/24 10.9.9.9/16", {}, """
            dhcp4: false
            addresses: [192.168.141.134/24, 10.9.9.9/16]
            routes:
              - to: default
                via: 192.168.141.2
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """),
    Row("an explicit gateway", dhcp(), "ens33 192.168.141.134/24",
        {"gateways": ["192.168.141.1"]}, """
            dhcp4: false
            addresses: [192.168.141.134/24]
            routes:
              - to: default
                via: 192.168.141.1
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """, silent=("gateway",)),
    Row("explicit servers and domains", dhcp(), "ens33 192.168.141.134/24",
        {"dns": ["9.9.9.9", "2620:fe::fe"], "search": ["corp", "no"]}, """
            dhcp4: false
            addresses: [192.168.141.134/24]
            routes:
              - to: default
                via: 192.168.141.2
            nameservers:
              addresses: [9.9.9.9, "2620:fe::fe"]
              search: [corp, 'no']
        """,
        silent=("nameservers",)),
    Row("no gateway, as asked", dhcp(), "ens33 192.168.141.134/24", {"gateways": ["none"]},
        """
            dhcp4: false
            addresses: [192.168.141.134/24]
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """, ("no IPv4 default route through this link: as asked",)),
    Row("a leased /32 whose gateway the link reaches all the same",
        dhcp(lease("203.0.113.5/32")), "ens33", {}, """
            dhcp4: false
            addresses: [203.0.113.5/32]
            routes:
              - to: default
                via: 192.168.141.2
                on-link: true
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """, told=("HN040",)),
    Row("an on-link gateway", dhcp(), "ens33 10.5.0.5/32",
        {"gateways": ["10.99.0.1"], "on_link": True}, """
            dhcp4: false
            addresses: [10.5.0.5/32]
            routes:
              - to: default
                via: 10.99.0.1
                on-link: true
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """),
    Row("MTU and metric", dhcp(), "ens33 192.168.141.134/24", {"mtu": 9000, "metric": 0},
        """
            dhcp4: false
            addresses: [192.168.141.134/24]
            routes:
              - to: default
                via: 192.168.141.2
                metric: 0
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
            mtu: 9000
        """),
    Row("a pair of RFC 3021", dhcp(lease("192.168.141.3/31")), "ens33", {}, """
            dhcp4: false
            addresses: [192.168.141.3/31]
            routes:
              - to: default
                via: 192.168.141.2
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """, told=("HN040",)),
    Row("the lease's address with another prefix", dhcp(), "ens33 192.168.141.50/25", {},
        """
            dhcp4: false
            addresses: [192.168.141.50/25]
            routes:
              - to: default
                via: 192.168.141.2
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """),
    Row("the fourth nameserver is left behind",
        dhcp(nameservers=["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"]),
        "ens33 192.168.141.134/24", {}, """
            dhcp4: false
            addresses: [192.168.141.134/24]
            routes:
              - to: default
                via: 192.168.141.2
            nameservers:
              addresses: [10.0.0.1, 10.0.0.2, 10.0.0.3]
              search: [lan]
        """),
    Row("several defaults: the lowest metric wins",
        host(*dhcp().netplan_files, *dhcp().links, default("192.168.141.9", metric=300), GATEWAY,
             default("192.168.141.8", metric=200)),
        "ens33 192.168.141.134/24", {}, """
            dhcp4: false
            addresses: [192.168.141.134/24]
            routes:
              - to: default
                via: 192.168.141.2
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """),
    Row("another link keeps the default route",
        host(*dhcp().netplan_files, *dhcp().links, GATEWAY, nic("ens34", lease("10.0.0.9/24")),
             default("10.0.0.1", "ens34", metric=50)),
        "ens33 192.168.141.134/24", {}, """
            dhcp4: false
            addresses: [192.168.141.134/24]
        """,
        ("no IPv4 default route here: ens34 keeps it (via 10.0.0.1)",
         "nameservers not taken over: ens34 has the default route")),
    Row("another link has the default route, but a gateway is given",
        host(*dhcp().netplan_files, *dhcp().links, nic("ens34", lease("10.0.0.9/24")),
             default("10.0.0.1", "ens34", metric=50)),
        "ens33 192.168.141.134/24", {"gateways": ["192.168.141.2"], "metric": 500}, """
            dhcp4: false
            addresses: [192.168.141.134/24]
            routes:
              - to: default
                via: 192.168.141.2
                metric: 500
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """,
        ("nameservers 192.168.141.2 taken over",)),
    Row("IPv4 leaves router advertisements alone",
        host(*dhcp().netplan_files, nic("ens33", LEASE, advertised("2001:db8::abcd/64"),
             advertised("2001:db8::1/64", temporary=True), by="ens33",
             nameservers=["192.168.141.2", "2001:db8::53"]), GATEWAY, ROUTER),
        "ens33 192.168.141.134/24", {}, """
            dhcp4: false
            addresses: [192.168.141.134/24]
            routes:
              - to: default
                via: 192.168.141.2
            nameservers:
              addresses: [192.168.141.2]
        """),
    Row("IPv6 leaves the DHCP lease alone",
        host(*dhcp().netplan_files, nic("ens33", LEASE, advertised("2001:db8::abcd/64"),
             by="ens33", nameservers=["192.168.141.2", "2001:db8::53"]), GATEWAY, ROUTER),
        "ens33 2001:db8::5/64", {}, """
            dhcp4: true
            addresses: ["2001:db8::5/64"]
            dhcp6: false
            accept-ra: false
            routes:
              - to: default
                via: fe80::1
            nameservers:
              addresses: ["2001:db8::53"]
        """,
        ("gateway fe80::1 taken over", "nameservers 2001:db8::53 taken over")),
    Row("both families are named",
        host(*dhcp().netplan_files, nic("ens33", LEASE, by="ens33"), GATEWAY, ROUTER),
        "ens33 192.168.141.134/24 2001:db8::5/64", {}, """
            dhcp4: false
            addresses: [192.168.141.134/24, "2001:db8::5/64"]
            dhcp6: false
            accept-ra: false
            routes:
              - to: default
                via: 192.168.141.2
              - to: default
                via: fe80::1
        """),
    Row("a pinned DHCPv6 lease leaves router advertisements alone",
        host(file(CLOUD, defined("dhcp4: true\ndhcp6: true\naccept-ra: true")),
             nic("ens33", LEASE, lease("2001:db8::77/128"), advertised("2001:db8::abcd/64"),
                 by="ens33"), GATEWAY, ROUTER),
        "ens33", {}, """
            dhcp4: false
            dhcp6: false
            accept-ra: true
            addresses: [192.168.141.50/24, "2001:db8::77/128"]
            routes:
              - to: default
                via: 192.168.141.2
        """, ("2001:db8::77/128 pinned: the link has it from a DHCPv6 server",),
        ("HN040",)),
    Row("an address set by hand on a link that no file defines",
        host(nic("ens33", held("10.0.0.5/24"), held("10.0.0.100/32")),
             default("10.0.0.1", protocol="static")),
        "ens33", {}, """
            addresses: [10.0.0.5/24]
            dhcp4: false
            routes:
              - to: default
                via: 10.0.0.1
        """, ("10.0.0.5/24 pinned: the link has it, and no file states it",)),
    Row("a static host is taken over as it is", static(), "ens33", {}, """
            addresses: [10.0.0.5/24, "fd00::5/64"]
            nameservers:
              addresses: [9.9.9.9]
              search: [corp]
            routes:
              - to: default
                via: 10.0.0.1
              - to: 10.8.0.0/16
                via: 10.0.0.9
                metric: 50
              - to: 10.9.0.0/16
                type: blackhole
              - to: '::/0'
                via: fd00::1
            routing-policy:
              - from: 10.0.0.0/24
                table: 7
        """),
    Row("a static host gets another IPv4 address, its IPv6 stays", static(), "ens33 10.0.0.6/24",
        {}, """
            addresses: [10.0.0.6/24, "fd00::5/64"]
            nameservers:
              addresses: [9.9.9.9]
              search: [corp]
            routes:
              - to: 10.8.0.0/16
                via: 10.0.0.9
                metric: 50
              - to: 10.9.0.0/16
                type: blackhole
              - to: '::/0'
                via: fd00::1
              - to: default
                via: 10.0.0.1
            routing-policy:
              - from: 10.0.0.0/24
                table: 7
            dhcp4: false
        """),
    Row("a static host gets another IPv6 address, its IPv4 stays", static(), "ens33 fd00::6/64",
        {}, """
            addresses: [10.0.0.5/24, "fd00::6/64"]
            nameservers:
              addresses: [9.9.9.9]
              search: [corp]
            routes:
              - to: default
                via: 10.0.0.1
              - to: 10.8.0.0/16
                via: 10.0.0.9
                metric: 50
              - to: 10.9.0.0/16
                type: blackhole
              - to: '::/0'
                via: fd00::1
            routing-policy:
              - from: 10.0.0.0/24
                table: 7
            dhcp6: false
            accept-ra: false
        """),
    Row("a static host gets another gateway", static(), "ens33", {"gateways": ["10.0.0.2"]},
        """
            addresses: [10.0.0.5/24, "fd00::5/64"]
            nameservers:
              addresses: [9.9.9.9]
              search: [corp]
            routes:
              - to: 10.8.0.0/16
                via: 10.0.0.9
                metric: 50
              - to: 10.9.0.0/16
                type: blackhole
              - to: '::/0'
                via: fd00::1
              - to: default
                via: 10.0.0.2
            routing-policy:
              - from: 10.0.0.0/24
                table: 7
        """),
    Row("a static host loses its gateways", static(), "ens33", {"gateways": ["none"]}, """
            addresses: [10.0.0.5/24, "fd00::5/64"]
            nameservers:
              addresses: [9.9.9.9]
              search: [corp]
            routes:
              - to: 10.8.0.0/16
                via: 10.0.0.9
                metric: 50
              - to: 10.9.0.0/16
                type: blackhole
            routing-policy:
              - from: 10.0.0.0/24
                table: 7
        """,
        ("no IPv4 default route through this link", "no IPv6 default route through this link")),
    Row("a static host loses its IPv4 gateway only", static(), "ens33 10.0.0.5/24",
        {"gateways": ["none"]}, """
            addresses: [10.0.0.5/24, "fd00::5/64"]
            nameservers:
              addresses: [9.9.9.9]
              search: [corp]
            routes:
              - to: 10.8.0.0/16
                via: 10.0.0.9
                metric: 50
              - to: 10.9.0.0/16
                type: blackhole
              - to: '::/0'
                via: fd00::1
            routing-policy:
              - from: 10.0.0.0/24
                table: 7
            dhcp4: false
        """),
    Row("a route is added", static(), "ens33", {"routes": ["10.20.0.0/16,10.0.0.7,5"]}, """
            addresses: [10.0.0.5/24, "fd00::5/64"]
            nameservers:
              addresses: [9.9.9.9]
              search: [corp]
            routes:
              - to: default
                via: 10.0.0.1
              - to: 10.8.0.0/16
                via: 10.0.0.9
                metric: 50
              - to: 10.9.0.0/16
                type: blackhole
              - to: '::/0'
                via: fd00::1
              - to: 10.20.0.0/16
                via: 10.0.0.7
                metric: 5
            routing-policy:
              - from: 10.0.0.0/24
                table: 7
        """),
    Row("a route is asked for twice", static(), "ens33",
        {"routes": ["10.20.0.0/16,10.0.0.7", "10.20.0.0/16,10.0.0.7"]}, """
            addresses: [10.0.0.5/24, "fd00::5/64"]
            nameservers:
              addresses: [9.9.9.9]
              search: [corp]
            routes:
              - to: default
                via: 10.0.0.1
              - to: 10.8.0.0/16
                via: 10.0.0.9
                metric: 50
              - to: 10.9.0.0/16
                type: blackhole
              - to: '::/0'
                via: fd00::1
              - to: 10.20.0.0/16
                via: 10.0.0.7
            routing-policy:
              - from: 10.0.0.0/24
                table: 7
        """),
    Row("a route is replaced", static(), "ens33", {"routes": ["10.8.0.0/16,10.0.0.7,50"]},
        """
            addresses: [10.0.0.5/24, "fd00::5/64"]
            nameservers:
              addresses: [9.9.9.9]
              search: [corp]
            routes:
              - to: default
                via: 10.0.0.1
              - to: 10.9.0.0/16
                type: blackhole
              - to: '::/0'
                via: fd00::1
              - to: 10.8.0.0/16
                via: 10.0.0.7
                metric: 50
            routing-policy:
              - from: 10.0.0.0/24
                table: 7
        """),
    Row("a route that is there", static(), "ens33", {"routes": ["10.8.0.0/16,10.0.0.9,50"]},
        """
            addresses: [10.0.0.5/24, "fd00::5/64"]
            nameservers:
              addresses: [9.9.9.9]
              search: [corp]
            routes:
              - to: default
                via: 10.0.0.1
              - to: 10.8.0.0/16
                via: 10.0.0.9
                metric: 50
              - to: 10.9.0.0/16
                type: blackhole
              - to: '::/0'
                via: fd00::1
            routing-policy:
              - from: 10.0.0.0/24
                table: 7
        """),
    Row("servers replace servers, domains stay", static(), "ens33", {"dns": ["1.1.1.1"]},
        """
            addresses: [10.0.0.5/24, "fd00::5/64"]
            nameservers:
              addresses: [1.1.1.1]
              search: [corp]
            routes:
              - to: default
                via: 10.0.0.1
              - to: 10.8.0.0/16
                via: 10.0.0.9
                metric: 50
              - to: 10.9.0.0/16
                type: blackhole
              - to: '::/0'
                via: fd00::1
            routing-policy:
              - from: 10.0.0.0/24
                table: 7
        """),
    Row("a kept lease keeps its route and its servers", dhcp(), "ens33 192.168.141.134/24",
        {"keep_dhcp": True}, """
            dhcp4: true
            addresses: [192.168.141.134/24]
        """, ("the IPv4 default route stays the lease's",)),
    Row("a kept lease loses its routes and servers to ours", dhcp(), "ens33 192.168.141.134/24",
        {"keep_dhcp": True, "gateways": ["192.168.141.1"], "dns": ["9.9.9.9"]}, """
            dhcp4: true
            addresses: [192.168.141.134/24]
            dhcp4-overrides:
              use-routes: false
              use-dns: false
            routes:
              - to: default
                via: 192.168.141.1
            nameservers:
              addresses: [9.9.9.9]
        """,
        ("dhcp4-overrides: use-routes off", "dhcp4-overrides: use-dns off")),
    Row("a kept lease brings no default route if none is wanted", dhcp(),
        "ens33 192.168.141.134/24", {"keep_dhcp": True, "gateways": ["none"]}, """
            dhcp4: true
            addresses: [192.168.141.134/24]
            dhcp4-overrides:
              use-routes: false
        """,
        ("use-routes off",)),
    Row("a kept lease loses its routes to a gateway that the file has already",
        dhcp(text=defined("dhcp4: true\naddresses: [192.168.141.9/24]\n"
                          "routes: [{to: default, via: 192.168.141.1}]\n"
                          "dhcp4-overrides: {route-metric: 300}")),
        "ens33 192.168.141.9/24", {"keep_dhcp": True, "gateways": ["192.168.141.1"]}, """
            dhcp4: true
            addresses: [192.168.141.9/24]
            routes:
              - to: default
                via: 192.168.141.1
            dhcp4-overrides:
              route-metric: 300
              use-routes: false
        """),
    Row("a kept lease and IPv6 of our own",
        host(*dhcp().netplan_files, nic("ens33", LEASE, by="ens33"), GATEWAY),
        "ens33 2001:db8::5/64", {"keep_dhcp": True, "gateways": ["2001:db8::1"]}, """
            dhcp4: true
            addresses: ["2001:db8::5/64"]
            routes:
              - to: default
                via: 2001:db8::1
        """),
    Row("match, name, and every other key come along",
        dhcp(text=defined(
            """
            match: {macaddress: '52:54:00:12:34:56'}
            set-name: ens33
            wakeonlan: true
            dhcp4: yes
            dhcp6: no
            dhcp4-overrides: {route-metric: 100}
            dhcp-identifier: mac
            optional: true
            mtu: 1400
            link-local: [ ipv6 ]
            receive-checksum-offload: off
            """)),
        "ens33 192.168.141.134/24", {}, """
            match:
              macaddress: '52:54:00:12:34:56'
            set-name: ens33
            wakeonlan: true
            dhcp4: false
            dhcp6: no
            dhcp4-overrides:
              route-metric: 100
            dhcp-identifier: mac
            optional: true
            mtu: 1400
            link-local: [ipv6]
            receive-checksum-offload: off
            addresses: [192.168.141.134/24]
            routes:
              - to: default
                via: 192.168.141.2
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """),
    Row("a gateway4 of other days becomes a route",
        image(file(HUMAN, defined("addresses: [10.0.0.5/24]\ngateway4: 10.0.0.1\n"
                                  "gateway6: 'fe80::1'"))),
        "ens33 10.0.0.6/24", {}, """
            addresses: [10.0.0.6/24]
            dhcp4: false
            routes:
              - to: default
                via: fe80::1
              - to: default
                via: 10.0.0.1
        """),
    Row("an image gets what is asked, with the definition's own gateway",
        image(file(HUMAN, defined("addresses: [10.0.0.5/24]\n"
                                  "routes: [{to: 0.0.0.0/0, via: 10.0.0.1, metric: 7, mtu: 9}]"))),
        "ens33 10.0.0.6/24", {}, """
            addresses: [10.0.0.6/24]
            routes:
              - to: 0.0.0.0/0
                via: 10.0.0.1
                metric: 7
                mtu: 9
            dhcp4: false
        """),
    Row("an image where nothing is defined", image(), "ens33 10.0.0.6/24",
        {"gateways": ["10.0.0.1"], "dns": ["9.9.9.9"]}, """
            addresses: [10.0.0.6/24]
            dhcp4: false
            routes:
              - to: default
                via: 10.0.0.1
            nameservers:
              addresses: [9.9.9.9]
        """),
    Row("a VLAN keeps what makes it one",
        host(file(HUMAN, "network:\n  ethernets:\n    ens33: {}\n  vlans:\n"
                         "    v5: {id: 5, link: ens33, dhcp4: true}\n"),
             nic("ens33", by="ens33"), nic("v5", lease("10.5.0.9/24"), kind="vlan", by="v5",
                                          parent="ens33"), default("10.5.0.1", "v5")),
        "v5 10.5.0.10/24", {}, """
            id: 5
            link: ens33
            dhcp4: false
            addresses: [10.5.0.10/24]
            routes:
              - to: default
                via: 10.5.0.1
        """),
    Row("a renderer of its whole section comes along",
        dhcp(text="network:\n  renderer: NetworkManager\n  ethernets:\n    renderer: networkd\n"
                  "    ens33: {dhcp4: true}\n"),
        "ens33 192.168.141.134/24", {}, """
            dhcp4: false
            renderer: networkd
            addresses: [192.168.141.134/24]
            routes:
              - to: default
                via: 192.168.141.2
            nameservers:
              addresses: [192.168.141.2]
              search: [lan]
        """),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_host_gets_what_static_means(row: Row) -> None:
    decision = decide(row.host, row.asked, **row.options)
    assert decision.plan is not None, "\n".join(map(str, decision.findings))
    body = dedent(row.body).strip("\n")
    _, _, found = decision.definition.partition(":\n    ")[2].partition("\n")
    assert dedent(found).strip("\n") == body
    for reason in row.reasons:
        assert reason in decision.reasons
    for word in row.silent:
        assert word not in decision.reasons
    assert decision.ids == row.told
    assert "gateway4" not in decision.definition


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_asking_again_is_already_so(row: Row) -> None:
    decision = decide(row.host, row.asked, **row.options)
    again = decide(settled(decision), row.asked, **row.options)
    assert again.errors == ()
    assert again.plan is not None
    assert again.plan.is_empty, (again.plan.changes, again.plan.promotion)


REFUSED: dict[str, tuple[Observed, str, dict[str, Any], str, str]] = {
    "nothing to inherit": (
        host(*dhcp().netplan_files, *dhcp().links), "ens33 192.168.141.134/24", {},
        "HN019", "there is no default route to inherit it from"),
    "the present gateway is off-link": (
        dhcp(), "ens33 10.5.0.5/24", {}, "HN019", "192.168.141.2 lies outside the new network"),
    "an explicit gateway is off-link": (
        dhcp(), "ens33 192.168.141.134/24", {"gateways": ["10.0.0.1"]}, "HN012",
        "10.0.0.1 lies outside 192.168.141.0/24"),
    "nothing to inherit below another root": (
        image(), "ens33 10.0.0.5/24", {}, "HN019", "no IPv4 gateway was given"),
    "nothing to pin": (dhcp(advertised("2001:db8::5/64")), "ens33", {}, "HN039", "no leased"),
    "nothing to pin below another root": (image(), "ens33", {}, "HN039", "another root"),
    "two gateways of a family": (
        dhcp(), "ens33 192.168.141.134/24", {"gateways": ["192.168.141.1", "192.168.141.2"]},
        "HN029", "a second gateway 192.168.141.2"),
    "two gateways for one destination": (
        dhcp(), "ens33", {"routes": ["10.1.0.0/16,192.168.141.7", "10.1.0.0/16,192.168.141.8"]},
        "HN029", "a second gateway for 10.1.0.0/16"),
    "a gateway and a default route": (
        dhcp(), "ens33", {"gateways": ["192.168.141.1"], "routes": ["default,192.168.141.8"]},
        "HN029", "a second gateway for 0.0.0.0/0"),
    "a default route that another link has, too": (
        host(file(HUMAN, defined("addresses: [10.0.0.5/24]\n"
                                 "routes: [{to: default, via: 10.0.0.1}]", id_="ens34")),
             *dhcp().links, nic("ens34", held("10.0.0.5/24"), by="ens34"),
             default("10.0.0.1", "ens34", metric=0, protocol="static")),
        "ens33 192.168.141.134/24", {"gateways": ["192.168.141.2"]}, "HN020", "second IPv4"),
}  # fmt: skip


@pytest.mark.parametrize(("observed", "asked", "options", "id_", "message"), REFUSED.values(),
                         ids=REFUSED)  # fmt: skip
def test_what_cannot_work_is_refused_with_its_reason(
    observed: Observed, asked: str, options: dict[str, Any], id_: str, message: str
) -> None:
    decision = decide(observed, asked, **options)
    assert decision.plan is None
    assert id_ in decision.errors
    assert any(message in finding.message for finding in decision.findings)


def test_a_missing_gateway_names_the_flag() -> None:
    decision = decide(image(), "ens33 10.0.0.5/24")
    (finding,) = decision.findings
    assert "--gateway" in finding.advice
    assert finding.is_error


def test_the_address_that_leaves_stays_first_while_the_trial_lasts() -> None:
    decision = decide(dhcp(), "ens33 192.168.141.134/24")
    assert decision.plan is not None
    trial = decision.plan.writes[0].after.data.decode()
    assert "addresses: [192.168.141.50/24, 192.168.141.134/24]" in trial


def test_an_address_that_advertisements_keep_does_not_leave() -> None:
    observed = host(
        file(CLOUD, defined("dhcp4: true\ndhcp6: true")),
        nic("ens33", LEASE, lease("2001:db8::77/128"), advertised("2001:db8::abcd/64"), by="ens33"),
        GATEWAY,
    )
    decision = decide(observed, "ens33")
    assert decision.plan is not None
    assert all("abcd" not in change.after.data.decode() for change in decision.plan.writes)
