"""Which resolv.conf each program hands to its pods or containers, and where it is told.

kubelet: ``resolvConf`` of its configuration, which a flag overrides; /etc/resolv.conf if
neither is there (k8s.io/kubernetes, pkg/kubelet/apis/config/v1beta1/defaults.go). kubeadm
writes resolved's uplink file there (kubeadm PR 64665). k3s and rke2 take the first of
/etc/resolv.conf and the uplink file that names no loopback, else one of their own with
8.8.8.8 (k3s, pkg/agent/config/config.go, locateOrGenerateResolvConf). microk8s takes the
uplink file where it is (canonical/microk8s PR 3487). Docker, podman and nerdctl take it where
/etc/resolv.conf names the stub alone (moby, libnetwork/resolvconf, Path()).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from hostnet.kubernetes.tables import yaml
from hostnet.model import Position
from hostnet.netplan.document import Scalar, position_of
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping as Table

    from hostnet.model import SourceFile

HOST = "/etc/resolv.conf"
UPLINK = "/run/systemd/resolve/resolv.conf"
KUBELET_CONFIG = "/var/lib/kubelet/config.yaml"

_KUBELET = (KUBELET_CONFIG, "/var/lib/kubelet/kubeadm-flags.env", "/etc/default/kubelet")
_MICROK8S = ("/var/snap/microk8s/current/args/kubelet",)
_RANCHER = {
    name: (
        f"/etc/rancher/{name}/config.yaml",
        *(f"/etc/systemd/system/{name}{kind}.service.env" for kind in kinds),
        *(f"/etc/systemd/system/{name}{kind}.service" for kind in kinds),
    )
    for name, kinds in (("k3s", ("", "-agent")), ("rke2", ("-server", "-agent")))
}
FILES = (*_KUBELET, *_MICROK8S, *_RANCHER["k3s"], *_RANCHER["rke2"], "/etc/docker/daemon.json")
"""What `readers` looks at; those of k3s and rke2 in the order in which they overrule."""
FOLDERS = tuple(f"/etc/rancher/{name}/config.yaml.d" for name in _RANCHER)
"""Whose .yaml files add to the configuration of k3s and rke2."""
PROGRAMS = {
    "kubelet": ("/usr/bin/kubelet", "/usr/local/bin/kubelet"),
    "k3s": ("/usr/local/bin/k3s", "/opt/bin/k3s"),
    "rke2": ("/usr/local/bin/rke2", "/usr/bin/rke2", "/opt/rke2/bin/rke2"),
    "microk8s": ("/snap/bin/microk8s",),
    "docker": ("/usr/bin/dockerd", "/usr/sbin/dockerd"),
    "podman": ("/usr/bin/podman",),
    "nerdctl": ("/usr/bin/nerdctl", "/usr/local/bin/nerdctl"),
}
"""Where each program lies that may read a resolv.conf for others."""

_FLAG = re.compile(r"--resolv-conf(?:=|\s+)[\"']?(?P<path>[^\s\"']*)")
_VARIABLE = re.compile(r"^\s*(?:K3S|RKE2)_RESOLV_CONF=[\"']?(?P<path>[^\s\"']*)", re.MULTILINE)

Audience = Literal["pods", "containers"]


class Reader(Value):
    """A program that hands a resolv.conf on.

    ``path`` is the file it was told, "" to hand on none; None where nobody told it and it
    looks for itself (``detects``), or takes /etc/resolv.conf. ``servers``: it was told
    nameservers instead, and reads no file.
    """

    program: str
    path: str | None = None
    origin: Position | None = None
    detects: bool = False
    servers: tuple[str, ...] = ()

    @property
    def audience(self) -> Audience:
        """Whom it hands the file to."""
        return "containers" if self.program in ("docker", "podman", "nerdctl") else "pods"

    def reads(self, *, stub: bool) -> str | None:
        """The file it hands on where /etc/resolv.conf names the stub, or real servers."""
        if self.servers or self.path == "":
            return None
        if self.path is not None:
            return self.path
        return UPLINK if self.detects and stub else HOST


def readers(files: Iterable[SourceFile], programs: Iterable[str] = ()) -> tuple[Reader, ...]:
    """Those on this host: what has configuration here, or is among the programs."""
    there = {file.path: file for file in files if file.data}
    found = list(_kubelet(there, programs))
    for name, paths in _RANCHER.items():
        extra = sorted(path for path in there if path.startswith(f"/etc/rancher/{name}/config"))
        if name in programs or any(path in there for path in (*paths, *extra)):
            found.append(_told(name, _rancher(there, (*extra, *paths[1:])), detects=True))
    if "microk8s" in programs or any(path in there for path in _MICROK8S):
        found.append(_told("microk8s", _flags(there, _MICROK8S), detects=True))
    if "docker" in programs:
        servers = _docker_servers(there.get("/etc/docker/daemon.json"))
        found.append(Reader("docker", detects=True, servers=servers))
    found += [Reader(name, detects=True) for name in ("podman", "nerdctl") if name in programs]
    return tuple(found)


_Told = tuple[str, Position | None]


def _kubelet(there: Table[str, SourceFile], programs: Iterable[str]) -> Iterator[Reader]:
    if "kubelet" not in programs and KUBELET_CONFIG not in there:
        return
    told: list[_Told] = []
    value = yaml(there.get(KUBELET_CONFIG)).get("resolvConf")
    if isinstance(value, Scalar):
        told.append((value.text, position_of(value)))
    told += _flags(there, _KUBELET[1:])
    yield _told("kubelet", told, detects=False)


def _told(program: str, told: Iterable[_Told], *, detects: bool) -> Reader:
    """The last that says something counts."""
    for path, origin in reversed(tuple(told)):
        return Reader(program, path, origin)
    return Reader(program, detects=detects)


def _flags(
    there: Table[str, SourceFile], paths: Iterable[str], form: re.Pattern[str] = _FLAG
) -> Iterator[_Told]:
    for path in paths:
        text = there[path].data.decode(errors="replace") if path in there else ""
        text = "\n".join("" if line.lstrip()[:1] == "#" else line for line in text.split("\n"))
        for match in form.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            yield (
                match["path"],
                Position(path, line, match.start() - text.rfind("\n", 0, match.start())),
            )


def _rancher(there: Table[str, SourceFile], paths: Iterable[str]) -> Iterator[_Told]:
    """``resolv-conf`` of its own, then what is handed through to kubelet."""
    to_kubelet: list[_Told] = []
    for path in paths:
        if not path.endswith(".yaml"):
            yield from _flags(there, [path], _VARIABLE)
            yield from _flags(there, [path])
            continue
        root = yaml(there.get(path))
        value = root.get("resolv-conf")
        if isinstance(value, Scalar):
            yield value.text, position_of(value)
        arguments = root.get("kubelet-arg")
        to_kubelet += [
            (item.text.partition("=")[2], position_of(item))
            for item in (arguments, *root.sequence("kubelet-arg"))
            if isinstance(item, Scalar) and item.text.lstrip("-").startswith("resolv-conf=")
        ]
    yield from to_kubelet


def _docker_servers(file: SourceFile | None) -> tuple[str, ...]:
    items = yaml(file).sequence("dns")
    return tuple(item.text for item in items if isinstance(item, Scalar))
