"""The facts about pulling images, read from the files of every runtime that is here."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from hostnet.host.observe import names_in
from hostnet.kubernetes import containerd, crio, dockerd, manifests, rancher, sandboxes
from hostnet.kubernetes.registries import Sources, merged
from hostnet.kubernetes.resolvers import KUBELET_CONFIG
from hostnet.kubernetes.signs import is_container_link
from hostnet.kubernetes.tables import yaml
from hostnet.pulls.environment import (
    LOGIN,
    MANAGER_FILES,
    MANAGER_FOLDER,
    UNIT_FOLDERS,
    Environment,
    Variable,
    environment,
    environment_files,
)
from hostnet.pulls.proxies import Proxies, proxies
from hostnet.pulls.ways import PullFacts, Runtime

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.dns.facts import DnsFacts
    from hostnet.host.files import Files
    from hostnet.kubernetes.registries import Image
    from hostnet.model import IP, Observed, SourceFile

_PROGRAMS = {
    "containerd": ("/usr/bin/containerd", "/usr/local/bin/containerd"),
    "cri-o": ("/usr/bin/crio", "/usr/local/bin/crio"),
    "docker": ("/usr/bin/dockerd", "/usr/sbin/dockerd", "/usr/local/bin/dockerd"),
    "k3s": ("/usr/local/bin/k3s", "/opt/bin/k3s"),
    "rke2": ("/usr/local/bin/rke2", "/usr/bin/rke2", "/opt/rke2/bin/rke2"),
    "microk8s": ("/snap/bin/microk8s",),
}
_UNITS = {
    "containerd": ("containerd.service",),
    "cri-o": ("crio.service",),
    "docker": ("docker.service",),
    "k3s": ("k3s.service", "k3s-agent.service"),
    "rke2": ("rke2-server.service", "rke2-agent.service"),
    "microk8s": ("snap.microk8s.daemon-containerd.service",),
}
_RANCHER = ("k3s", "rke2")
_HOSTS_FOLDERS_OF_MICROK8S = (f"{containerd.MICROK8S}/certs.d",)


def read(files: Files, observed: Observed, facts: DnsFacts) -> PullFacts:
    """The facts of the host below the root, of which the rest was read before."""
    return _Reading(files, observed, facts).all()


class _Reading:
    """One reading, which remembers what could not be read."""

    def __init__(self, files: Files, observed: Observed, facts: DnsFacts) -> None:
        self._files = files
        self._observed = observed
        self._facts = facts
        self._unread: dict[str, str] = {}

    def all(self) -> PullFacts:
        runtimes = tuple(self._runtimes())
        login = environment((), [self._read(LOGIN)])
        return PullFacts(
            runtimes,
            tuple(_node(self._observed)),
            self._facts.networks,
            yaml(self._read(KUBELET_CONFIG)).text("clusterDomain") or "cluster.local",
            self._facts.search,
            tuple(_of_proxies(login)),
            tuple(self._unread.items()),
        )

    def _runtimes(self) -> Iterator[Runtime]:
        for name in _PROGRAMS:
            sources = self._sources(name)
            if sources is not None:
                unit, parts = self._unit(name)
                yield Runtime(name, unit, sources, self._proxies(name, unit, parts),
                              adds_cluster=name in _RANCHER)  # fmt: skip

    def _read(self, path: str) -> SourceFile:
        file = self._files.read(path)
        if file.problem is not None:
            self._unread[path] = file.problem
        return file

    def _in(self, folder: str, *endings: str) -> list[SourceFile]:
        names = names_in(self._files, folder)
        return [self._read(f"{folder}/{name}") for name in names if name.endswith(endings)]

    def _there(self, name: str, *configs: SourceFile) -> bool:
        """By its program or its configuration."""
        return any(file.data or file.problem for file in configs) or any(
            map(self._files.exists, _PROGRAMS[name])
        )

    # --- registries --------------------------------------------------------------------

    def _sources(self, name: str) -> Sources | None:
        """What the runtime's files name; None if it is not here, or serves no kubelet."""
        if name == "containerd":
            return self._containerd()
        if name == "microk8s":
            template = self._read(f"{containerd.MICROK8S}/containerd-template.toml")
            if not self._there(name, template):
                return None
            told = containerd.read([template])
            hosts = self._hosts(_HOSTS_FOLDERS_OF_MICROK8S)
            return merged([hosts, Sources(images=told.sources.images)])
        if name == "cri-o":
            configs = [self._read(crio.CONFIG), *self._in(crio.CONFIG_FOLDER, "")]
            if not self._there(name, *configs):
                return None
            registries = [self._read(crio.REGISTRIES), *self._in(crio.REGISTRIES_FOLDER, ".conf")]
            return self._with_images(crio.read(registries, configs))
        if name == "docker":
            file = self._read(dockerd.CONFIG)
            return dockerd.read(file) if self._there(name, file) else None
        file = self._read(rancher.REGISTRIES[name])
        config = self._read(rancher.CONFIGS[name])
        return rancher.read(file, config) if self._there(name, file, config) else None

    def _containerd(self) -> Sources | None:
        main = self._read(containerd.CONFIG)
        if not self._there("containerd", main):
            return None
        parts = [main]
        for glob in containerd.imports(main):
            folder, _, form = glob.rpartition("/")
            parts += [
                self._read(f"{folder}/{name}")
                for name in names_in(self._files, folder)
                if fnmatchcase(name, form)
            ]
        told = containerd.read(parts)
        if not told.cri:
            return None
        return self._with_images(merged([told.sources, self._hosts(told.folders)]))

    def _hosts(self, folders: Iterable[str]) -> Sources:
        """Of each registry the first of the folders that has its own counts."""
        found = []
        for folder in folders:
            for name in names_in(self._files, folder):
                below = names_in(self._files, f"{folder}/{name}")
                ca = [f"{folder}/{name}/{each}" for each in below if each.endswith(".crt")]
                path = f"{folder}/{name}/{containerd.HOSTS}"
                registry = containerd.hosts(name, self._read(path), ca) if below else None
                if registry is not None:
                    found.append(Sources((registry,)))
        return merged(found)

    def _with_images(self, sources: Sources) -> Sources:
        """Those of static pods, and of what runs: kubelet has it fetch them."""
        images: list[Image] = []
        for file in self._in(manifests.FOLDER, ".yaml", ".yml", ".json"):
            images += manifests.images(file)
        about = sandboxes.STORES[0].about
        for name in names_in(self._files, about):
            images += manifests.running(self._files.read(f"{about}/{name}/config.json"))
        return merged([sources, Sources(images=tuple(images))])

    # --- proxies -----------------------------------------------------------------------

    def _unit(self, name: str) -> tuple[str, list[SourceFile]]:
        """The service that is installed, and its file and drop-ins in the order they count."""
        for unit in _UNITS[name]:
            for folder in UNIT_FOLDERS:
                file = self._read(f"{folder}/{unit}")
                if file.data:
                    return unit, [file, *self._drop_ins(unit)]
        return _UNITS[name][0], self._drop_ins(_UNITS[name][0])

    def _drop_ins(self, unit: str) -> list[SourceFile]:
        found: dict[str, str] = {}
        for kind in (unit, "service"):
            for folder in UNIT_FOLDERS:
                for name in names_in(self._files, f"{folder}/{kind}.d"):
                    if name.endswith(".conf"):
                        found.setdefault(name, f"{folder}/{kind}.d/{name}")
        return [self._read(found[name]) for name in sorted(found)]

    def _proxies(self, name: str, unit: str, parts: list[SourceFile]) -> Proxies:
        paths = environment_files(parts, unit)
        if name == "microk8s":
            paths = (*paths, f"{containerd.MICROK8S}/containerd-env")
        manager = [*map(self._read, MANAGER_FILES), *self._in(MANAGER_FOLDER, ".conf")]
        found = environment(parts, map(self._read, paths), manager)
        if name == "docker":
            told = (Variable(*each) for each in dockerd.proxies(self._read(dockerd.CONFIG)))
            found = Environment((*found.variables, *told), found.unread)
        prefixes = ("CONTAINERD_", "") if name in _RANCHER else ("",)
        return proxies(found, prefixes)


def _node(observed: Observed) -> Iterator[IP]:
    """The addresses that others reach this node at."""
    for link in observed.links:
        if link.loopback or is_container_link(link.name):
            continue
        for have in link.addresses:
            if have.scope == "global" and not have.temporary:
                yield have.address.ip


def _of_proxies(login: Environment) -> Iterator[Variable]:
    wanted = ("http_proxy", "https_proxy")
    return (each for each in login.variables if each.value and each.name.lower() in wanted)
