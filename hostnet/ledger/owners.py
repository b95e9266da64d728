"""Whose a foreign object most likely is, by name, and what that program needs to make it again.

One table, each row with where its signs come from. What is more telling stands first: the
name of a link, then the number of a protocol, a table, or a rule, and last, where an object
could be anybody's, the configuration that lies on this host.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from hostnet.ledger.objects import (
    HostAddress,
    LinkState,
    Route,
    Rule,
    links_of,
)
from hostnet.model import DEFAULT_TABLE, LOCAL_TABLE
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from hostnet.ledger.objects import Ledger, Object


class Owner(Value):
    """A program; ``needs`` is what an operator does for it to make its objects again."""

    name: str
    needs: str

    def __str__(self) -> str:
        return self.name


class Sign(Value):
    """By what to know an owner's objects; ``files``: at least one such path must be there."""

    owner: Owner
    source: str
    links: tuple[str, ...] = ()
    protocols: tuple[int, ...] = ()
    tables: tuple[int, ...] = ()
    priorities: tuple[int, ...] = ()
    files: tuple[str, ...] = ()


def _restart(name: str, daemon: str, namespace: str = "kube-system") -> Owner:
    return Owner(name, f"kubectl -n {namespace} rollout restart daemonset/{daemon}")


CALICO = _restart("Calico", "calico-node")
CANAL = _restart("Canal", "canal")
FLANNEL = _restart("Flannel", "kube-flannel-ds", "kube-flannel")
WEAVE = _restart("Weave Net", "weave-net")
CILIUM = _restart("Cilium", "cilium")
KUBE_ROUTER = _restart("kube-router", "kube-router")
KUBE_PROXY = _restart("kube-proxy (IPVS)", "kube-proxy")
NODE_LOCAL_DNS = _restart("NodeLocal DNSCache", "node-local-dns")
ANTREA = _restart("Antrea", "antrea-agent")
AWS_VPC = Owner("AWS VPC CNI", "delete the pods of this node, so that they are made again")
KUBE_VIP = _restart("kube-vip", "kube-vip-ds")
METALLB = _restart("MetalLB", "speaker", "metallb-system")
KEEPALIVED = Owner("keepalived", "systemctl restart keepalived")
FRR = Owner("FRR", "systemctl restart frr")
BIRD = Owner("BIRD", "systemctl restart bird")
DOCKER = Owner("Docker", "systemctl restart docker")
PODMAN = Owner("Podman", "podman network reload --all")
LIBVIRT = Owner("libvirt", "systemctl restart virtnetworkd libvirtd")
LXD = Owner("LXD/Incus", "restart its daemon (snap.lxd.daemon, incus)")
WIREGUARD = Owner("WireGuard", "systemctl restart wg-quick@NAME")
TAILSCALE = Owner("Tailscale", "systemctl restart tailscaled")
UNKNOWN = Owner("unknown", "restart the program that made it")

_CNI = "/etc/cni/net.d/"
_MANIFESTS = "/etc/kubernetes/manifests/"
_FELIX = "github.com/projectcalico/calico felix/dataplane/linux/dataplanedefs, felix/config"
_CILIUM = "github.com/cilium/cilium pkg/datapath/linux/linux_defaults"
_AWS = "github.com/aws/amazon-vpc-cni-k8s pkg/networkutils/network.go"
_RTNETLINK = "linux/rtnetlink.h, RTPROT_*"

SIGNS = (
    # Canal is Flannel's network with Calico's policy: it has the links of both.
    Sign(
        CANAL,
        "github.com/projectcalico/calico manifests/canal.yaml",
        links=("cali*", "flannel.*"),
        files=(f"{_CNI}*canal*",),
    ),
    Sign(
        CALICO,
        _FELIX,
        links=("cali*", "tunl0", "vxlan.calico", "vxlan-v6.calico", "wireguard.cali", "wg-v6.cali"),
        protocols=(80,),
    ),
    Sign(CALICO, "BIRD inside calico-node", protocols=(12,), files=(f"{_CNI}*calico*",)),
    Sign(
        CALICO,
        f"{_FELIX}: WireguardRoutingRulePriority",
        priorities=(99,),
        files=(f"{_CNI}*calico*",),
    ),
    Sign(
        FLANNEL,
        "github.com/flannel-io/flannel pkg/backend",
        links=("flannel.*", "flannel-*", "cni0"),
    ),
    Sign(WEAVE, "github.com/weaveworks/weave net", links=("weave", "vethwe*")),
    Sign(
        CILIUM,
        _CILIUM,
        links=("cilium_*", "lxc*"),
        tables=(2004, 2005),
    ),
    Sign(
        CILIUM,
        _CILIUM,
        tables=(200, 201, 202),
        priorities=(1, 9, 10, 20, 100, 109, 110, 111, 112),
        files=(f"{_CNI}*cilium*",),
    ),
    Sign(
        KUBE_ROUTER,
        "github.com/cloudnativelabs/kube-router zebraRouteOriginator",
        links=("kube-bridge", "kube-dummy-if", "kube-tunnel-*"),
        protocols=(17,),
        tables=(77, 78, 79),
    ),
    Sign(KUBE_PROXY, "k8s.io/kubernetes pkg/proxy/ipvs", links=("kube-ipvs0",)),
    Sign(NODE_LOCAL_DNS, "k8s.io/dns cmd/node-cache", links=("nodelocaldns",)),
    Sign(ANTREA, "github.com/antrea-io/antrea pkg/agent", links=("antrea-*",)),
    Sign(
        AWS_VPC,
        _AWS,
        links=("eni*", "vlan.eth.*"),
        priorities=(10, 512, 1024, 1535, 1536),
        files=(f"{_CNI}*aws*",),
    ),
    Sign(KUBE_VIP, "kube-vip.io, routing table mode", protocols=(248,), tables=(198,)),
    Sign(KEEPALIVED, f"{_RTNETLINK}; the same for addresses", protocols=(18,)),
    Sign(
        TAILSCALE,
        "github.com/tailscale/tailscale wgengine/router",
        links=("tailscale*",),
        tables=(52,),
        priorities=(5210, 5230, 5250, 5270),
    ),
    Sign(DOCKER, "docs.docker.com", links=("docker0", "docker_gwbridge", "br-????????????")),
    Sign(PODMAN, "podman-network(1)", links=("podman*", "cni-podman*")),
    Sign(LIBVIRT, "libvirt.org/formatnetwork.html", links=("virbr*", "vnet*")),
    Sign(LXD, "documentation.ubuntu.com/lxd", links=("lxdbr*", "lxcbr*", "incusbr*")),
    Sign(WIREGUARD, "wg-quick(8)", links=("wg*",), tables=(51820,)),
    Sign(
        FRR,
        "/usr/share/iproute2/rt_protos.d/frr.conf; docs.frrouting.org",
        protocols=(11, 186, 187, 188, 189, 190, 191, 192, 193, 194, 195, 196, 197),
    ),
    Sign(BIRD, _RTNETLINK, protocols=(12,)),
)
"""The first that fits is the owner, if its ``files`` are there or it names none."""

VIPS = (
    Sign(KEEPALIVED, "keepalived.conf(5)", files=("/etc/keepalived/keepalived.conf",)),
    Sign(KUBE_VIP, "kube-vip.io, static pods", files=(f"{_MANIFESTS}*kube-vip*",)),
    Sign(METALLB, "metallb.io", files=("/etc/metallb*",)),
)
"""Whose an address on a link of netplan's is, that netplan's files do not give."""

FILES = tuple(dict.fromkeys(file for sign in (*SIGNS, *VIPS) for file in sign.files))
"""Patterns of paths to look for, before `Owners` is asked."""


class Owners:
    """Names owners on one host: ``files`` are the paths there that FILES ask for."""

    def __init__(self, files: Collection[str], *ledgers: Ledger) -> None:
        self._signs = tuple(sign for sign in SIGNS if _is_there(sign, files))
        self._vips = tuple(sign for sign in VIPS if _is_there(sign, files))
        self._masters = {
            link.name: link.master for ledger in ledgers for link in ledger.links if link.master
        }
        rules = [rule for ledger in ledgers for rule in ledger.rules]
        owned = ((rule.table, self._of_numbers(rule)) for rule in rules if not _is_common(rule))
        self._tables = {table: owner for table, owner in owned if owner is not UNKNOWN}

    def of(self, thing: Object) -> Owner:
        """The likely owner; UNKNOWN if nothing tells."""
        for name in links_of(thing):
            if (owner := self._of_link(name)) is not UNKNOWN:
                return owner
        if (owner := self._of_numbers(thing)) is not UNKNOWN:
            return owner
        if isinstance(thing, Route):
            # A table is filled by whoever made the rule that leads there.
            return self._tables.get(thing.table, UNKNOWN)
        if isinstance(thing, HostAddress) and self._vips:
            return self._vips[0].owner
        return UNKNOWN

    def _of_numbers(self, thing: Object) -> Owner:
        fitting = (sign.owner for sign in self._signs if _fits(thing, sign))
        return next(fitting, UNKNOWN)

    def _of_link(self, name: str) -> Owner:
        for each in (name, self._masters.get(name)):
            for sign in self._signs:
                if each is not None and any(fnmatchcase(each, glob) for glob in sign.links):
                    return sign.owner
        return UNKNOWN


def _fits(thing: Object, sign: Sign) -> bool:
    match thing:
        case Route():
            return thing.protocol in sign.protocols or thing.table in sign.tables
        case Rule():
            return thing.priority in sign.priorities or thing.table in sign.tables
        case LinkState():
            return False
        case _:
            return getattr(thing, "protocol", None) in sign.protocols


def _is_common(rule: Rule) -> bool:
    return rule.table is None or DEFAULT_TABLE <= rule.table <= LOCAL_TABLE


def _is_there(sign: Sign, files: Iterable[str]) -> bool:
    return not sign.files or any(
        fnmatchcase(path, pattern) for path in files for pattern in sign.files
    )
