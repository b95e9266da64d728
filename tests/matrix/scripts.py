"""What programs leave that cannot run here, made by `ip` on the node of `columns.STATIC`.

Most is `tests.integration.foreign`'s; here pods have network namespaces of their own, as they
have on a node.
"""

from __future__ import annotations

import re

from tests.integration import foreign

_PODS = "ip netns add pods\n"


def _at_home(script: str) -> str:
    """The same objects, in the network that the hosts of the laboratory are in."""
    here = re.sub(r"\b192\.0\.2\.5\b", "192.168.141.134", script)
    return here.replace("192.0.2.", "192.168.141.")


def configured(name: str) -> str:
    """What kubelet's runtime finds its CNI by; that there is one is a sign that many look for."""
    return f"install -D -m 600 /dev/null /etc/cni/net.d/{name}.conflist\n"


def _moved(*links: str) -> str:
    """Pods' ends of veths are in the pods."""
    lines = (f"ip link set {link} netns pods\nip -n pods link set {link} up" for link in links)
    return _PODS + "\n".join(lines) + "\n"


_HOST_GW = """
ip route add 10.244.2.0/24 via 192.168.141.6 dev ens33
ip route add 10.244.3.0/24 via 192.168.141.7 dev ens33 onlink
"""
"""Flannel's other backend; and vxlan with DirectRouting, which has both."""

FLANNEL = _at_home(foreign.FLANNEL) + _HOST_GW + _moved("pod1234") + configured("10-flannel")

_VXLAN_CALICO = """
ip link add vxlan.calico type vxlan id 4096 dstport 4789 local 192.168.141.134 dev ens33 nolearning
ip link set vxlan.calico address 66:00:00:00:00:01 mtu 1450 up
ip address add 10.245.0.1/32 dev vxlan.calico
ip neigh add 10.245.2.0 lladdr 66:00:00:00:00:02 dev vxlan.calico nud permanent
bridge fdb append 66:00:00:00:00:02 dev vxlan.calico dst 192.168.141.9 self permanent
ip route add 10.245.2.0/26 via 10.245.2.0 dev vxlan.calico proto 80 onlink
ip link add califedcba98765 type veth peer name pod5679
ip link set califedcba98765 address ee:ee:ee:ee:ee:ee up
ip route add 10.245.0.8 dev califedcba98765 proto 80 scope link
"""

CALICO = (
    _at_home(foreign.CALICO)
    + _VXLAN_CALICO
    + _moved("pod5678", "pod5679")
    + configured("10-calico")
)

_POLICY = """
ip link add cali0123456789a type veth peer name pod5678
ip link set cali0123456789a address ee:ee:ee:ee:ee:ee up
ip route add 10.244.0.7 dev cali0123456789a scope link
ip link add califedcba98765 type veth peer name pod5679
ip link set califedcba98765 address ee:ee:ee:ee:ee:ee up
ip route add 10.244.0.8 dev califedcba98765 proto 80 scope link
"""
_WITHOUT_BRIDGE = "".join(
    f"{line}\n"
    for line in _at_home(foreign.FLANNEL).splitlines()
    if not re.search("cni0|veth1234|pod1234", line)
)

CANAL = _WITHOUT_BRIDGE + _POLICY + _moved("pod5678", "pod5679") + configured("10-canal")
"""Flannel's network; its pods are Calico's."""

WEAVE = (
    """
ip link add weave type bridge
ip link set weave address 6a:00:00:00:00:01 mtu 1376 up
ip address add 10.32.0.1/12 dev weave
ip link add vethwe-bridge type veth peer name vethwe-pcap
ip link set vethwe-bridge mtu 1376 master weave up
ip link set vethwe-pcap mtu 1376 up
ip link add vethwepl1a2b3c4 type veth peer name podweave
ip link set vethwepl1a2b3c4 mtu 1376 master weave up
"""
    + _moved("podweave")
    + configured("10-weave")
)
"""Without its fast datapath, for which the kernel has no module."""

_DIRECT = """
ip link add cilium_vxlan type vxlan external dstport 8472
ip link set cilium_vxlan up
ip link add lxc0123456789ab type veth peer name podcilium
ip link set lxc0123456789ab up
ip route add 10.0.1.77 dev lxc0123456789ab proto kernel scope link
ip route add 10.0.2.0/24 via 192.168.141.6 dev ens33 proto kernel
"""

CILIUM = _at_home(foreign.CILIUM) + _DIRECT + _moved("podcilium") + configured("05-cilium")
OLD_CILIUM = CILIUM.replace(" proto kernel", "")
"""Before 1.14, and objects of a newer one that an older one made."""

KUBE_ROUTER = _at_home(foreign.KUBE_ROUTER) + configured("10-kuberouter")

AWS_VPC = _at_home(foreign.AWS_VPC) + _moved("pod9abc") + configured("10-aws")

KUBE_IPVS = """
ip link add kube-ipvs0 type bridge
ip address add 10.96.0.1/32 dev kube-ipvs0
ip address add 10.96.0.10/32 dev kube-ipvs0
ip address add 192.168.141.210/32 dev kube-ipvs0
"""
"""A bridge for a dummy: service addresses, and one of a load balancer."""
