"""Whom containerd asks for images, by its files as people have them."""

from __future__ import annotations

import pytest

from hostnet.kubernetes import containerd
from hostnet.kubernetes.registries import ANY, Registry, Sources
from hostnet.model import SourceFile
from tests.unit.builders import file

HOSTS = "/etc/containerd/certs.d/{}/hosts.toml"
HUB = "https://registry-1.docker.io"
V2 = """
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.corp:5000/pause:3.9"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d:/srv/certs.d"
"""
V3 = """
version = 3
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = 'registry.k8s.io/pause:3.10'
[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = '/etc/containerd/certs.d'
"""
DEPRECATED = """
version = 2
[plugins."io.containerd.grpc.v1.cri".registry.mirrors]
  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]
    endpoint = ["https://mirror.corp", "https://registry-1.docker.io"]
  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."*"]
    endpoint = ["http://10.0.0.5:5000"]
[plugins."io.containerd.grpc.v1.cri".registry.configs."mirror.corp".tls]
  ca_file = "/etc/ssl/corp.pem"
[plugins."io.containerd.grpc.v1.cri".registry.configs."harbor.corp".tls]
  insecure_skip_verify = true
"""


def config(text: str, path: str = containerd.CONFIG) -> SourceFile:
    return file(path, text)


def urls(registry: Registry | None) -> list[str]:
    assert registry is not None
    return [each.url for each in registry.endpoints]


def names(sources: Sources) -> dict[str, list[str]]:
    return {each.name: urls(each) for each in sources.registries}


def test_config_toml_of_either_version_leads_to_the_same() -> None:
    two, three = containerd.read([config(V2)]), containerd.read([config(V3)])
    assert two.folders == ("/etc/containerd/certs.d", "/srv/certs.d")
    assert three.folders == ("/etc/containerd/certs.d",)
    (pause,) = two.sources.images
    assert (pause.registry, str(pause.origin)) == ("registry.corp:5000", f"{containerd.CONFIG}:3:1")
    assert [image.registry for image in three.sources.images] == ["registry.k8s.io"]


def test_only_newer_files_have_folders_by_default() -> None:
    assert containerd.read([config("version = 2\n")]).folders == ()
    assert containerd.read([config("version = 3\n")]).folders == containerd.DEFAULT_FOLDERS
    assert containerd.read([]).folders == containerd.DEFAULT_FOLDERS
    told = "version = 3\n[plugins.'io.containerd.cri.v1.images'.registry]\nconfig_path = ''\n"
    assert containerd.read([config(told)]).folders == ()


def test_imported_files_count_last() -> None:
    more = V3.replace("/etc/containerd/certs.d", "/more").replace("3.10", "3.11")
    told = containerd.read([config(V3), config(more, "/etc/containerd/conf.d/50.toml")])
    assert told.folders == ("/more",)
    assert [image.name for image in told.sources.images] == ["registry.k8s.io/pause:3.11"]
    assert containerd.imports(config('version = 2\nimports = ["/a/*.toml", "/b.toml"]\n')) == (
        "/a/*.toml", "/b.toml",
    )  # fmt: skip
    assert containerd.imports(config("version = 2\n")) == ()
    assert containerd.imports(config(V3)) == containerd.DEFAULT_IMPORTS


@pytest.mark.parametrize("plugin", ["cri", "io.containerd.grpc.v1.cri"])
def test_dockers_containerd_serves_no_kubelet(plugin: str) -> None:
    assert not containerd.read([config(f'disabled_plugins = ["{plugin}"]\n')]).cri
    assert containerd.read([config('disabled_plugins = ["btrfs"]\n')]).cri


def test_deprecated_mirrors_come_before_the_registry_itself() -> None:
    sources = containerd.read([config(DEPRECATED)]).sources
    assert names(sources) == {
        "docker.io": ["https://mirror.corp", HUB],
        ANY: ["http://10.0.0.5:5000"],
        "harbor.corp": ["https://harbor.corp"],
    }
    mirror, itself = sources.registries[0].endpoints
    assert (mirror.ca, mirror.verify, str(mirror.origin)) == (
        ("/etc/ssl/corp.pem",), True, f"{containerd.CONFIG}:4:1",
    )  # fmt: skip
    assert itself.ca == ()
    assert not sources.registries[2].endpoints[0].verify
    assert urls(sources.asked_for("ghcr.io")) == ["http://10.0.0.5:5000", "https://ghcr.io"]


def hosts(folder: str, text: str, *ca: str) -> Registry | None:
    return containerd.hosts(folder, file(HOSTS.format(folder), text), ca)


MIRRORED = """
server = "https://registry-1.docker.io"
[host."https://mirror.corp:5000"]
  capabilities = ["pull", "resolve"]
  ca = ["corp.pem", "/etc/ssl/more.pem"]
  proxy = "http://10.0.0.7:3128"
[host."https://harbor.corp/v2/hub"]
  skip_verify = true
  override_path = true
[host."https://push.corp"]
  capabilities = ["push"]
"""


def test_hosts_toml_names_mirrors_and_then_the_server() -> None:
    registry = hosts("docker.io", MIRRORED)
    assert urls(registry) == ["https://mirror.corp:5000", "https://harbor.corp/v2/hub", HUB]
    assert registry is not None
    first, second, third = registry.endpoints
    folder = "/etc/containerd/certs.d/docker.io"
    assert first.ca == (f"{folder}/corp.pem", "/etc/ssl/more.pem")
    assert (first.proxy, first.is_mirror, first.exact) == ("http://10.0.0.7:3128", True, True)
    assert (second.verify, second.exact) == (False, False)
    assert (third.is_mirror, str(first.origin)) == (False, f"{folder}/hosts.toml:2:1")


def test_without_server_the_registry_itself_is_asked() -> None:
    assert urls(hosts("docker.io", '[host."https://m.corp"]\n')) == ["https://m.corp", HUB]
    assert urls(hosts("ghcr.io", "")) == ["https://ghcr.io"]
    assert urls(hosts("localhost:5000", "")) == ["http://localhost:5000"]
    assert urls(hosts("reg.corp_5000_", "")) == ["https://reg.corp:5000"]
    with_ca = hosts("reg.corp", "", "/c/ca.crt")
    assert with_ca is not None
    assert with_ca.endpoints[0].ca == ("/c/ca.crt",)


def test_the_default_folder_stands_for_every_registry() -> None:
    assert urls(hosts("_default", '[host."https://m.corp"]\n')) == ["https://m.corp"]
    only = Sources((hosts("_default", 'server = "http://10.0.0.5:5000"\n') or Registry("", ()),))
    assert urls(only.asked_for("quay.io")) == ["http://10.0.0.5:5000"]
    first = Sources((hosts("_default", '[host."https://m.corp"]\n') or Registry("", ()),))
    assert urls(first.asked_for("quay.io")) == ["https://m.corp", "https://quay.io"]
    assert hosts("_default", "") is None
    assert hosts("docker.io", "server = \n") is None
