"""Where runtimes keep the resolv.conf of each pod, and whose it is.

The copy is made with the pod's sandbox and stays as it is (k8s.io/kubernetes,
pkg/kubelet/network/dns/dns.go); kubelet's own /var/lib/kubelet/pods has none. containerd
keeps it below its root, by the sandbox's id, in 2.x as well (containerd,
plugins/cri/cri.go: "we have to keep the rootDir ... the same as before"), and the pod's name
in the annotations of the bundle, which is there while the sandbox runs. CRI-O has both in one
folder (cri-o, server/sandbox_run_linux.go), Docker beside each container. A root that was
moved by the runtime's own configuration is not found.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal

from hostnet.value import Value

if TYPE_CHECKING:
    from typing import Any

Role = Literal["CoreDNS", "node-local-dns", "pod", "container"]
"""What a holder is: a cache that others ask, another pod, a container without a cluster."""

_CRI = "io.containerd.grpc.v1.cri/sandboxes"
_TASKS = "io.containerd.runtime.v2.task/k8s.io"


class Store(Value):
    """A runtime's folder of sandboxes: ``ID/{copy}``; ``about``/ID/{description} while it runs.

    ``programs`` are those that hand resolv.conf to what is there.
    """

    programs: tuple[str, ...]
    folder: str
    about: str
    copy: str = "resolv.conf"
    description: str = "config.json"


STORES = (
    Store(("kubelet",), f"/var/lib/containerd/{_CRI}", f"/run/containerd/{_TASKS}"),
    Store(
        ("k3s",), f"/var/lib/rancher/k3s/agent/containerd/{_CRI}", f"/run/k3s/containerd/{_TASKS}"
    ),
    Store(
        ("rke2",), f"/var/lib/rancher/rke2/agent/containerd/{_CRI}", f"/run/k3s/containerd/{_TASKS}"
    ),
    Store(
        ("microk8s",),
        f"/var/snap/microk8s/common/var/lib/containerd/{_CRI}",
        f"/var/snap/microk8s/common/run/containerd/{_TASKS}",
    ),
    Store(
        ("kubelet",),
        *("/run/containers/storage/overlay-containers",) * 2,
        "userdata/resolv.conf",
        "userdata/config.json",
    ),
    Store(
        ("kubelet", "docker"),
        *("/var/lib/docker/containers",) * 2,
        description="config.v2.json",
    ),
)

_KUBECTL = {"k3s": "k3s kubectl", "microk8s": "microk8s kubectl"}
_CRICTL = {"k3s": "k3s crictl", "microk8s": "microk8s ctr"}
_REPLICA = re.compile(r"-[bcdfghjklmnpqrstvwxz0-9]{5,10}-[bcdfghjklmnpqrstvwxz0-9]{5}\Z")
"""What a Deployment's pods have behind its name (k8s.io/apimachinery, pkg/util/rand)."""
_ONE_EACH = re.compile(r"-[bcdfghjklmnpqrstvwxz0-9]{5}\Z")
_STATIC = re.compile(r"[0-9a-f]{32}\Z")
"""The uid that kubelet makes of a manifest's bytes; the API server's has hyphens."""
_NODE_CACHE = re.compile(r"node-?local-?dns|node-cache")
_CORE_DNS = re.compile(r"(?:\A|-)(?:core|kube-)dns(?:-|\Z)")


class Pod(Value):
    """A pod that runs, or with ``namespace`` "" a container of Docker's alone.

    ``program`` handed it its resolv.conf; ``id`` is the runtime's for its sandbox.
    """

    program: str
    id: str
    name: str
    namespace: str = ""
    uid: str = ""

    @property
    def role(self) -> Role:
        """By its name, which is all that a node knows of it."""
        if not self.namespace:
            return "container"
        if _NODE_CACHE.search(self.name):
            return "node-local-dns"
        return "CoreDNS" if _CORE_DNS.search(self.name) else "pod"

    @property
    def is_cache(self) -> bool:
        """Whether other pods ask it."""
        return self.role in ("CoreDNS", "node-local-dns")

    @property
    def renewal(self) -> str:
        """The command that has it start anew, with the resolv.conf of then."""
        if not self.namespace:
            return f"docker restart {self.name}"
        if _STATIC.match(self.uid):
            return f"{_CRICTL.get(self.program, 'crictl')} stopp {self.id[:13]}"
        kubectl = f"{_KUBECTL.get(self.program, 'kubectl')} -n {self.namespace}"
        for role, kind, tail in (
            ("CoreDNS", "deployment", _REPLICA), ("node-local-dns", "daemonset", _ONE_EACH)
        ):  # fmt: skip
            if self.role == role and tail.search(self.name):
                return f"{kubectl} rollout restart {kind} {tail.sub('', self.name)}"
        return f"{kubectl} delete pod {self.name}"

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def described(store: Store, id_: str, data: bytes) -> Pod | None:
    """Whose sandbox it is, by the runtime's description of it; None if it is none that runs."""
    try:
        root = json.loads(data)
    except ValueError:
        return None
    if store.description == "config.v2.json":
        return _of_docker(root, id_)
    notes = _table(root, "annotations")
    return _pod(
        store.programs[0],
        id_,
        _text(notes, "io.kubernetes.cri.sandbox-name", "io.kubernetes.pod.name"),
        _text(notes, "io.kubernetes.cri.sandbox-namespace", "io.kubernetes.pod.namespace"),
        _text(notes, "io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"),
    )


def _of_docker(root: object, id_: str) -> Pod | None:
    """cri-dockerd keeps kubelet's labels; whatever else runs there is a container of Docker's."""
    if _table(root, "State").get("Running") is not True:
        return None
    labels = _table(_table(root, "Config"), "Labels")
    kind = _text(labels, "io.kubernetes.docker.type")
    if not kind:
        return _pod("docker", id_, _text(_table({"": root}, ""), "Name").lstrip("/"), "", "")
    if kind != "podsandbox":
        return None
    names = (f"io.kubernetes.pod.{key}" for key in ("name", "namespace", "uid"))
    return _pod("kubelet", id_, *(_text(labels, name) for name in names))


def _pod(program: str, id_: str, name: str, namespace: str, uid: str) -> Pod | None:
    return Pod(program, id_, name, namespace, uid) if name else None


def _table(root: object, key: str) -> dict[str, Any]:
    value = root.get(key) if isinstance(root, dict) else None
    return value if isinstance(value, dict) else {}


def _text(table: dict[str, Any], *keys: str) -> str:
    found = (table[key] for key in keys if isinstance(table.get(key), str))
    return next(found, "")
