"""A host's network as CNIs and others leave it, as scripts for a network namespace of its own.

Each part makes what that program makes, as far as a kernel without its module (dummy, ipip,
wireguard) can: names of links, numbers and order are theirs, other kinds of links stand in.
"""

from __future__ import annotations

from ipaddress import ip_address

from hostnet.ledger.own import Own
from hostnet.model import DEFAULT_ROUTE

OLD, NEW = ip_address("192.0.2.5"), ip_address("192.0.2.50")
OWN = Own(
    links=frozenset(["ens33"]),
    addresses=frozenset([OLD, NEW, ip_address("2001:db8::5")]),
    routes=frozenset(
        [(DEFAULT_ROUTE[4], ip_address("192.0.2.1")), (DEFAULT_ROUTE[6], ip_address("fe80::1"))]
    ),
)
"""What of it is the business of a change of ens33, from OLD to NEW."""

HOST = """
echo 1 >/proc/sys/net/ipv4/conf/all/promote_secondaries
ip link set lo up
ip link add ens33 type veth peer name peer0
ip link set ens33 address 02:00:00:00:00:01
ip link set ens33 up
ip link set peer0 up
ip address add 192.0.2.5/24 dev ens33
ip address add 2001:db8::5/64 dev ens33 nodad
ip route add default via 192.0.2.1 dev ens33 proto static src 192.0.2.5
ip -6 route add default via fe80::1 dev ens33 proto static metric 1024
"""
"""What netplan and networkd make of ens33, and systemd of the kernel (50-default.conf)."""

FLANNEL = """
ip link add flannel.1 type vxlan id 1 dstport 8472 local 192.0.2.5 nolearning
ip link set flannel.1 address 0e:00:00:00:00:01 mtu 1450 up
ip address add 10.244.0.0/32 dev flannel.1
ip route add 10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink
ip neigh add 10.244.1.0 lladdr 0e:00:00:00:00:02 dev flannel.1 nud permanent
bridge fdb append 0e:00:00:00:00:02 dev flannel.1 dst 192.0.2.6 self permanent
ip link add cni0 type bridge
ip link set cni0 address 0a:00:00:00:00:01 mtu 1450 up
ip address add 10.244.0.1/24 dev cni0
ip link add veth1234 type veth peer name pod1234
ip link set veth1234 master cni0 up
ip link set pod1234 up
bridge fdb add 0e:00:00:00:00:55 dev veth1234 master static
"""

CALICO = """
ip link add cali0123456789a type veth peer name pod5678
ip link set cali0123456789a address ee:ee:ee:ee:ee:ee up
ip link set pod5678 up
ip route add 10.245.0.7 dev cali0123456789a scope link
ip route add blackhole 10.245.0.0/26 proto 80
ip route add 10.245.64.0/26 via 192.0.2.6 dev ens33 proto bird onlink
ip route add 10.245.128.0/26 via 192.0.2.7 dev ens33 proto 80 onlink
ip route add 10.245.129.0/26 via 192.0.2.7 dev ens33 proto 80 src 192.0.2.5
ip rule add pref 99 not fwmark 0x100000/0x100000 lookup 1
ip route add throw 10.245.0.0/16 table 1 proto 80
ip route add 10.245.192.0/26 dev ens33 table 1 proto 80
ip -6 rule add pref 99 not fwmark 0x100000/0x100000 lookup 1
ip -6 route add blackhole fd00:10:245::/122 proto 80
ip -6 route add fd00:10:245:1::/64 via fe80::6 dev ens33 proto bird
"""

CILIUM = """
for family in -4 -6; do
    ip $family rule add pref 9 fwmark 0x200/0xf00 lookup 2004 proto kernel
    ip $family rule add pref 10 fwmark 0xa00/0xf00 lookup 2005 proto kernel
    ip $family rule add pref 100 lookup local proto kernel
    ip $family rule del pref 0
    ip $family route add local default dev lo table 2004 proto kernel
done
ip link add cilium_host type veth peer name cilium_net
ip link set cilium_host up
ip link set cilium_net up
ip address add 10.0.1.210/32 dev cilium_host
ip route add 10.0.1.210 dev cilium_host table 2005 proto kernel scope link
ip route add default via 10.0.1.210 dev cilium_host table 2005 proto kernel mtu 1450
ip route add 10.0.1.0/24 via 10.0.1.210 dev cilium_host proto kernel src 10.0.1.210
"""

KUBE_ROUTER = """
ip route add 10.246.2.0/24 via 192.0.2.8 dev ens33 proto 17
ip rule add pref 32765 from 10.246.0.0/24 lookup 77
ip route add default dev ens33 table 77 proto 17
ip link add kube-bridge type bridge
ip address add 10.246.0.1/24 dev kube-bridge
"""

AWS_VPC = """
ip link add eni0123456789a type veth peer name pod9abc
ip link set eni0123456789a up
ip link set pod9abc up
ip rule add pref 512 to 192.0.2.200 lookup main
ip rule add pref 1024 fwmark 0x80/0x80 lookup main
ip rule add pref 1536 from 192.0.2.200 lookup 2
ip route add 192.0.2.200 dev eni0123456789a scope link
ip route add 192.0.2.1 dev ens33 table 2 scope link
ip route add default via 192.0.2.1 dev ens33 table 2
"""

VIPS = """
ip link add kube-ipvs0 type bridge
ip address add 10.96.0.1/32 dev kube-ipvs0
ip address add 10.96.0.10/32 dev kube-ipvs0
ip address add 192.0.2.100/32 dev ens33
ip address add 192.0.2.101/32 dev ens33 label ens33:vip
ip address add 2001:db8::100/128 dev ens33 nodad preferred_lft 0
"""
"""kube-proxy (IPVS), keepalived, kube-vip."""

TAILSCALE = """
for family in -4 -6; do
    ip $family rule add pref 5210 fwmark 0x80000/0xff0000 lookup main
    ip $family rule add pref 5230 fwmark 0x80000/0xff0000 lookup default
    ip $family rule add pref 5250 fwmark 0x80000/0xff0000 type unreachable
    ip $family rule add pref 5270 lookup 52
done
ip route add throw 127.0.0.0/8 table 52
ip -6 rule add pref 300 from fd00::/8 type blackhole
ip rule add pref 301 not fwmark 0xca6c lookup 51820
ip rule add pref 302 lookup main suppress_prefixlength 0
ip rule add pref 303 from all goto 32766
ip rule add pref 304 from 10.0.0.0/8 to 10.1.0.0/16 iif lo oif ens33 tos 0x10 ipproto tcp \
    sport 10-20 dport 80 uidrange 5-6 lookup 52
ip rule add pref 305 iif gone0 prohibit
"""
"""And wg-quick, and what else a rule can ask for."""

FRR = """
ip nexthop add id 101 via 192.0.2.11 dev ens33 proto zebra
ip nexthop add id 102 via 192.0.2.12 dev ens33 proto zebra
ip nexthop add id 103 group 101,3/102 proto zebra
ip nexthop add id 104 blackhole proto zebra
ip -6 nexthop add id 105 dev ens33 proto zebra
ip -6 nexthop add id 106 via fe80::9 dev ens33 proto zebra
ip route add 10.250.0.0/16 nhid 103 proto bgp metric 20
ip route add 10.251.0.0/16 nhid 104 proto bgp metric 20
ip -6 route add fd00:250::/64 nhid 105 proto bgp metric 20
ip route add 10.249.0.0/16 nhid 106 proto bgp metric 20
ip route add 10.252.0.0/16 proto bgp metric 30 \
    nexthop via 192.0.2.11 dev ens33 weight 2 nexthop via 192.0.2.12 dev ens33 onlink
ip -6 route add fd00:252::/64 proto bgp metric 30 \
    nexthop via fe80::6 dev ens33 weight 2 nexthop via fe80::7 dev ens33
ip route add 10.253.0.0/16 via inet6 fe80::9 dev ens33 proto bgp
ip route add 10.254.0.0/16 via 192.0.2.11 tos 0x10 realm 5/6 \
    mtu 1400 advmss 1300 initcwnd 20 rto_min 50ms quickack 1 congctl reno
ip route append 10.254.1.0/24 via 192.0.2.11
ip route append 10.254.1.0/24 via 192.0.2.12
ip route add unreachable 10.254.2.0/24 metric 4278198272
ip route add prohibit 10.254.3.0/24
ip -6 route add fd00:253::/64 via fe80::6 dev ens33 pref high
ip -6 route add fd00:255::/64 from 2001:db8::/64 via fe80::6 dev ens33
ip neigh add 192.0.2.77 lladdr 02:00:00:00:00:77 dev ens33 nud permanent
ip neigh add fe80::77 lladdr 02:00:00:00:00:77 dev ens33 nud permanent router
ip neigh add 192.0.2.78 lladdr 02:00:00:00:00:78 dev ens33 nud permanent extern_learn
"""
"""And an operator's own hand."""

WORLD = f"{HOST}{FLANNEL}{CALICO}{CILIUM}{KUBE_ROUTER}{AWS_VPC}{VIPS}{TAILSCALE}{FRR}"
