"""Where this node's API server is, as kubelet is told.

A kubeconfig names clusters, users, and contexts that pair them, one of them the current
(https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/). On k3s and rke2 it names
a balancer on loopback, whose own file has the servers behind it (k3s,
pkg/agent/loadbalancer/config.go); it is JSON, which is YAML, too.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

from hostnet.netplan.document import Mapping, Node, YamlFault, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hostnet.model import SourceFile

PATHS = (
    "/etc/kubernetes/kubelet.conf",
    "/var/lib/rancher/k3s/agent/etc/k3s-agent-load-balancer.json",
    "/var/lib/rancher/k3s/agent/kubelet.kubeconfig",
    "/var/lib/rancher/rke2/agent/etc/rke2-api-server-agent-load-balancer.json",
    "/var/lib/rancher/rke2/agent/etc/rke2-agent-load-balancer.json",
    "/var/lib/rancher/rke2/agent/kubelet.kubeconfig",
    "/var/snap/microk8s/current/credentials/kubelet.config",
)
"""Of kubeadm, k3s, rke2 and microk8s; the first that says something holds."""

_URL = re.compile(r"https?://(\[[^\]/]*\]|[A-Za-z0-9._-]+)(?::\d{1,5})?(?:/[!-~]*)?\Z")


def url(files: Iterable[SourceFile]) -> str | None:
    """The API server's URL in the first of the files that has one; None if this is no node.

    A URL on loopback does not count: it is a balancer or the API server of this very host,
    neither of which needs the network. A file that is no kubeconfig says nothing.
    """
    for file in files:
        try:
            root = parse(file.path, file.data).root
        except YamlFault:
            continue
        if isinstance(root, Mapping):
            for found in (_balanced(root), _current(root)):
                if found is not None and _is_elsewhere(found):
                    return found
    return None


def _balanced(balancer: Mapping) -> str | None:
    """``ServerURL`` is what the agent was told to join.

    On rke2 the second balancer leads to the supervisor, which runs beside the API server.
    """
    return balancer.text("ServerURL")


def _current(kubeconfig: Mapping) -> str | None:
    clusters = kubeconfig.sequence("clusters")
    context = _named(kubeconfig.sequence("contexts"), kubeconfig.text("current-context"))
    wanted = context.mapping("context").text("cluster") if context else None
    cluster = _named(clusters, wanted)
    if cluster is None and len(clusters) == 1 and isinstance(clusters[0], Mapping):
        cluster = clusters[0]
    return cluster.mapping("cluster").text("server") if cluster else None


def _named(items: Iterable[Node], name: str | None) -> Mapping | None:
    return next(
        (
            item
            for item in items
            if name is not None and isinstance(item, Mapping) and item.text("name") == name
        ),
        None,
    )


def _is_elsewhere(text: str) -> bool:
    found = _URL.match(text)
    if found is None:
        return False
    host = found[1].strip("[]").lower()
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"
