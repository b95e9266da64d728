"""The networks of pods, services and containers, as the files of this host name them.

A nameserver inside one is unreachable while the cluster is down, and then nothing can bring
it up (F06, F07). Sources: kubeadm's manifests (kube-controller-manager(1), --cluster-cidr);
flannel's subnet.env; CNI's IPAM plugins (``subnet``, ``ranges``, ``ipv4_pools``); k3s
(docs.k3s.io/cli/server: 10.42.0.0/16 and 10.43.0.0/16 where nothing is said); dockerd(8).
"""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

from hostnet.model import Network, Position
from hostnet.netplan.document import Mapping, Node, Scalar, Sequence, YamlFault, parse, position_of
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.model import SourceFile

_MANIFESTS = "/etc/kubernetes/manifests"
FILES = (
    f"{_MANIFESTS}/kube-controller-manager.yaml",
    f"{_MANIFESTS}/kube-apiserver.yaml",
    "/run/flannel/subnet.env",
    "/var/lib/kubelet/config.yaml",
    "/etc/rancher/k3s/config.yaml",
    "/etc/rancher/rke2/config.yaml",
    "/etc/docker/daemon.json",
)
FOLDERS = ("/etc/cni/net.d", "/etc/rancher/k3s/config.yaml.d", "/etc/rancher/rke2/config.yaml.d")
"""Whose files say more: .conf, .conflist and .json, or .yaml."""

_FLAG = re.compile(r"--(?P<key>cluster-cidr|service-cluster-ip-range)=(?P<value>[0-9a-fA-F:./,]+)")
_FLANNEL = re.compile(r"^FLANNEL_(?:IPV6_)?NETWORK=(?P<value>\S+)", re.MULTILINE)
_KINDS = {
    "cluster-cidr": "pod network",
    "service-cidr": "service network",
    "service-cluster-ip-range": "service network",
    "clusterDNS": "cluster's own DNS",
    "bip": "container network",
    "base": "container network",
    "subnet": "pod network",
    "cidr": "pod network",
    "ipv4_pools": "pod network",
    "ipv6_pools": "pod network",
}
"""Keys under which a file names networks, and what they are."""
_RANCHER_DEFAULTS = {"cluster-cidr": "10.42.0.0/16", "service-cidr": "10.43.0.0/16"}


class ClusterNetwork(Value):
    """A network of the cluster, and where it is named."""

    network: Network
    kind: str
    origin: Position

    def __str__(self) -> str:
        return f"the {self.kind} {self.network} ({self.origin})"


def networks(files: Iterable[SourceFile]) -> tuple[ClusterNetwork, ...]:
    """All that the files name, each network once."""
    found = [each for file in files if file.data for each in _of(file)]
    return tuple({each.network: each for each in reversed(found)}.values())[::-1]


def _of(file: SourceFile) -> Iterator[ClusterNetwork]:
    if file.path.endswith(".env"):
        yield from _matches(file, _FLANNEL, "pod network")
    elif file.path.startswith(_MANIFESTS):
        yield from _matches(file, _FLAG)
    else:
        yield from _configured(file)


def _matches(
    file: SourceFile, form: re.Pattern[str], kind: str | None = None
) -> Iterator[ClusterNetwork]:
    text = file.data.decode(errors="replace")
    for match in form.finditer(text):
        origin = Position(
            file.path, text.count("\n", 0, match.start()) + 1,
            match.start() - text.rfind("\n", 0, match.start()),
        )  # fmt: skip
        for network in _networks(match["value"]):
            yield ClusterNetwork(network, kind or _KINDS[match["key"]], origin)


def _configured(file: SourceFile) -> Iterator[ClusterNetwork]:
    try:
        root = parse(file.path, file.data).root
    except YamlFault:
        return
    yield from _below(root, None)
    if file.path.endswith("/k3s/config.yaml") or file.path.endswith("/rke2/config.yaml"):
        for key, value in _RANCHER_DEFAULTS.items():
            if isinstance(root, Mapping) and root.get(key) is None:
                for network in _networks(value):
                    yield ClusterNetwork(network, _KINDS[key], Position(file.path, 1, 1))


def _below(node: Node | None, key: str | None) -> Iterator[ClusterNetwork]:
    if isinstance(node, Mapping):
        for entry in node.entries:
            yield from _below(entry.value, entry.key.text)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _below(item, key)
    elif isinstance(node, Scalar) and key in _KINDS:
        origin = position_of(node)
        for network in _networks(node.text):
            if origin is not None:
                yield ClusterNetwork(network, _KINDS[key], origin)


def _networks(text: str) -> Iterator[Network]:
    for part in text.split(","):
        try:
            network = ip_network(part.strip(), strict=False)
        except ValueError:
            continue
        if network.prefixlen:  # "usePodCidr", or everything: no network of the cluster
            yield network
