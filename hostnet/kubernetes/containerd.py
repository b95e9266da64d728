"""containerd's registries: config.toml of any version, and the hosts.toml that it leads to.

Sources: containerd's docs/hosts.md, docs/cri/registry.md and docs/cri/config.md. The plugin's
name changed with version 3 of the file, and its keys did not. ``config_path`` and ``mirrors``
exclude each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hostnet.kubernetes.registries import (
    ANY,
    Endpoint,
    Image,
    Registry,
    Sources,
    own_endpoint,
    with_scheme,
)
from hostnet.kubernetes.tables import place, toml
from hostnet.netplan.document import Mapping, Node, Scalar, Sequence
from hostnet.value import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hostnet.model import SourceFile

CONFIG = "/etc/containerd/config.toml"
DEFAULT_FOLDERS = ("/etc/containerd/certs.d", "/etc/docker/certs.d")
"""Where 2.2 and later look if they are told nothing; before, nowhere."""
DEFAULT_IMPORTS = ("/etc/containerd/conf.d/*.toml",)
HOSTS = "hosts.toml"
MICROK8S = "/var/snap/microk8s/current/args"
"""Whose config is a template of the same language, and which has its own certs.d."""

_PLUGINS = ("io.containerd.cri.v1.images", "io.containerd.grpc.v1.cri", "cri")
_EXPLICIT = 3
"""The version of the file before which nothing was looked for by default."""


class Containerd(Value):
    """``folders`` are those of hosts.toml; without ``cri`` it serves no kubelet."""

    sources: Sources = Sources()
    folders: tuple[str, ...] = DEFAULT_FOLDERS
    cri: bool = True


def imports(file: SourceFile) -> tuple[str, ...]:
    """The globs of more files that the file names."""
    root = toml(file) or Mapping()
    if root.get("imports") is None:
        return DEFAULT_IMPORTS if _is_new(root) else ()
    return tuple(_texts(root.get("imports")))


def read(files: Iterable[SourceFile]) -> Containerd:
    """The main file and those that it imports; of two that say the same the later counts."""
    roots = [(file, root) for file in files if file.data and (root := toml(file)) is not None]
    folders: tuple[str, ...] = DEFAULT_FOLDERS if all(_is_new(root) for _, root in roots) else ()
    registries: dict[str, Registry] = {}
    images: tuple[Image, ...] = ()
    cri = True
    for file, root in roots:
        disabled = {*_texts(root.get("disabled_plugins"))}
        cri = disabled.isdisjoint(_PLUGINS) and cri
        for plugin in map(root.mapping("plugins").mapping, _PLUGINS):
            registry = plugin.mapping("registry")
            path = registry.text("config_path")
            if path is not None:
                folders = tuple(filter(None, path.split(":")))
            registries |= {each.name: each for each in _deprecated(file, registry)}
            pause = plugin.text("sandbox_image") or plugin.mapping("pinned_images").text("sandbox")
            if pause:
                images = (Image(pause, place(file, pause)),)
    return Containerd(Sources(tuple(registries.values()), images), folders, cri)


def hosts(folder: str, file: SourceFile, ca: Iterable[str] = ()) -> Registry | None:
    """A registry's own folder of ``config_path``, named after it.

    ``ca`` are the certificates that lie there; they count where there is no hosts.toml. None
    if the file is no TOML.
    """
    name = _registry_of(folder)
    if not file.data:
        return Registry(name, (_changed(own_endpoint(name), ca),)) if name != ANY else None
    root = toml(file)
    if root is None:
        return None
    found = [
        _endpoint(file, with_scheme(entry.key.text), entry.value, is_mirror=True)
        for entry in root.mapping("host").entries
        if isinstance(entry.value, Mapping) and _pulls(entry.value)
    ]
    server = root.text("server")
    if server:
        found.append(_endpoint(file, with_scheme(server), root, is_mirror=False))
    elif name != ANY:
        found.append(_endpoint(file, own_endpoint(name).url, root, is_mirror=False))
    return Registry(name, tuple(found))


def _endpoint(file: SourceFile, url: str, table: Mapping, *, is_mirror: bool) -> Endpoint:
    folder = file.path.rpartition("/")[0]
    return Endpoint(
        url,
        place(file, url.partition("://")[2]),
        is_mirror,
        verify=table.text("skip_verify") != "true",
        ca=tuple(_below(folder, path) for path in _texts(table.get("ca"))),
        proxy=table.text("proxy"),
        exact=table.text("override_path") != "true",
    )


def _deprecated(file: SourceFile, registry: Mapping) -> Iterator[Registry]:
    """``registry.mirrors`` and ``registry.configs``; the registry itself comes last."""
    tls = {entry.key.text: entry.value for entry in registry.mapping("configs").entries}
    for entry in registry.mapping("mirrors").entries:
        name, value = entry.key.text, entry.value
        urls = list(_texts(value.get("endpoint") if isinstance(value, Mapping) else None))
        found = [
            Endpoint(with_scheme(url), place(file, "mirrors", url), is_mirror=True) for url in urls
        ]
        own = own_endpoint(name, place(file, "mirrors", name))
        if name != ANY and own.url not in [each.url for each in found]:
            found.append(own)
        yield Registry(name, tuple(_configured(each, tls) for each in found))
    mirrored = {entry.key.text for entry in registry.mapping("mirrors").entries}
    for name in tls:
        if name not in mirrored and not _is_mirror_of(registry, name):
            yield Registry(name, (_configured(own_endpoint(name, place(file, name)), tls),))


def _is_mirror_of(registry: Mapping, host: str) -> bool:
    return any(
        url.partition("://")[2].partition("/")[0] == host
        for entry in registry.mapping("mirrors").entries
        if isinstance(entry.value, Mapping)
        for url in _texts(entry.value.get("endpoint"))
    )


def _configured(endpoint: Endpoint, configs: dict[str, Node]) -> Endpoint:
    host = endpoint.url.partition("://")[2].partition("/")[0]
    config = configs.get(host)
    tls = config.mapping("tls") if isinstance(config, Mapping) else Mapping()
    verify = tls.text("insecure_skip_verify") != "true"
    return _changed(endpoint, filter(None, [tls.text("ca_file")]), verify=verify)


def _changed(endpoint: Endpoint, ca: Iterable[str], *, verify: bool = True) -> Endpoint:
    return Endpoint(endpoint.url, endpoint.origin, endpoint.is_mirror, verify=verify, ca=tuple(ca))


def _pulls(host: Mapping) -> bool:
    """Without capabilities it has all; one for pushing alone is never asked for an image."""
    found = {*_texts(host.get("capabilities"))}
    return not found or not found.isdisjoint({"pull", "resolve"})


def _registry_of(folder: str) -> str:
    """``_default`` stands for all, and ``HOST_PORT_`` for the colon that no Windows takes."""
    if folder == "_default":
        return ANY
    host, _, port = folder.rstrip("_").rpartition("_")
    return f"{host}:{port}" if folder.endswith("_") and host and port.isdigit() else folder


def _below(folder: str, path: str) -> str:
    return path if path.startswith("/") else f"{folder}/{path}"


def _texts(node: Node | None) -> Iterator[str]:
    items = node.items if isinstance(node, Sequence) else (node,)
    return (item.text for item in items if isinstance(item, Scalar))


def _is_new(root: Mapping) -> bool:
    version = root.text("version") or "1"
    return version.isdigit() and int(version) >= _EXPLICIT
