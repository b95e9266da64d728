"""Whom CRI-O, Docker, k3s and rke2 ask for images, and what images' names mean."""

from __future__ import annotations

import json

import pytest

from hostnet.kubernetes import crio, dockerd, manifests, rancher
from hostnet.kubernetes.registries import ANY, Image, Registry, Sources, merged, own_endpoint
from hostnet.kubernetes.tables import place, toml, yaml
from hostnet.model import SourceFile
from tests.unit.builders import file

HUB = "https://registry-1.docker.io"


def names(sources: Sources) -> dict[str, list[str]]:
    return {each.name: [one.url for one in each.endpoints] for each in sources.registries}


CRIO = """
unqualified-search-registries = ["docker.io", "quay.io"]
[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "mirror.corp:5000/hub"
insecure = true
[[registry]]
location = "registry.corp/team"
insecure = true
[[registry]]
location = "bad.example"
blocked = true
[[registry]]
prefix = "*.corp"
[[registry.mirror]]
location = "10.0.0.5:5000"
"""


def test_cri_o_asks_mirrors_and_locations() -> None:
    main = file(crio.REGISTRIES, CRIO)
    later = file(f"{crio.REGISTRIES_FOLDER}/50.conf", '[[registry]]\nlocation = "quay.io"\n'
                 '[[registry.mirror]]\nlocation = "m.corp"\n')  # fmt: skip
    pause = file(crio.CONFIG, '[crio.image]\npause_image = "registry.k8s.io/pause:3.9"\n')
    sources = crio.read([main, later], [pause])
    assert names(sources) == {
        "quay.io": ["https://m.corp", "https://quay.io"],
        "docker.io": ["https://mirror.corp:5000", HUB],
        "registry.corp": ["https://registry.corp"],
        "*.corp": ["https://10.0.0.5:5000"],
    }
    found = {each.name: each for each in sources.registries}
    mirror = found["docker.io"].endpoints[0]
    assert (mirror.insecure, mirror.verify, mirror.is_mirror) == (True, False, True)
    assert str(mirror.origin) == f"{crio.REGISTRIES}:6:1"
    assert found["registry.corp"].endpoints[0].insecure
    assert [image.registry for image in sources.images] == ["registry.k8s.io"]
    assert crio.read([file(crio.REGISTRIES, "[[registry]\n")]) == Sources()


DAEMON = """
{"registry-mirrors": ["https://mirror.corp/"],
 "insecure-registries": ["registry.corp:5000", "10.0.0.0/8"],
 "proxies": {"https-proxy": "http://10.0.0.7:3128", "no-proxy": ""}}
"""


def test_docker_asks_mirrors_for_its_hub_alone() -> None:
    daemon = file(dockerd.CONFIG, DAEMON)
    sources = dockerd.read(daemon)
    assert names(sources) == {
        "docker.io": ["https://mirror.corp", HUB],
        "registry.corp:5000": ["https://registry.corp:5000"],
    }
    assert sources.registries[1].endpoints[0].insecure
    ((name, value, origin),) = dockerd.proxies(daemon)
    assert (name, value, str(origin)) == (
        "HTTPS_PROXY",
        "http://10.0.0.7:3128",
        f"{daemon.path}:3:29",
    )
    assert names(dockerd.read(SourceFile(dockerd.CONFIG))) == {"docker.io": [HUB]}


RANCHER = """
mirrors:
  docker.io:
    endpoint: ["https://mirror.corp:5000"]
  "*":
    endpoint: ["http://10.0.0.5:5000"]
configs:
  "mirror.corp:5000":
    auth: {username: u, password: secret}
    tls: {ca_file: /etc/ssl/corp.pem, insecure_skip_verify: true}
"""


def test_k3s_and_rke2_ask_endpoints_and_then_the_registry() -> None:
    registries = file(rancher.REGISTRIES["k3s"], RANCHER)
    plain = rancher.read(registries, SourceFile("/x"))
    assert names(plain) == {
        "docker.io": ["https://mirror.corp:5000", HUB],
        ANY: ["http://10.0.0.5:5000"],
    }
    mirror = plain.registries[0].endpoints[0]
    assert (mirror.verify, mirror.ca) == (False, ("/etc/ssl/corp.pem",))
    told = file(rancher.CONFIGS["k3s"], "disable-default-registry-endpoint: true\n"
                "system-default-registry: harbor.corp\n")  # fmt: skip
    alone = rancher.read(registries, told)
    assert names(alone)["docker.io"] == ["https://mirror.corp:5000"]
    assert [image.registry for image in alone.images] == ["harbor.corp"]


IMAGES = {
    "nginx": "docker.io",
    "nginx:1.25": "docker.io",
    "library/nginx": "docker.io",
    "ghcr.io/a/b:1": "ghcr.io",
    "registry.corp:5000/a@sha256:00": "registry.corp:5000",
    "localhost/a": "localhost",
    "host:5000/a": "host:5000",
}


@pytest.mark.parametrize("name", IMAGES)
def test_an_images_name_means_a_registry(name: str) -> None:
    assert Image(name).registry == IMAGES[name]


def test_static_pods_and_running_containers_tell_their_images() -> None:
    pod = file("/etc/kubernetes/manifests/etcd.yaml", """
        spec:
          initContainers:
          - image: registry.corp/init:1
          containers:
          - name: etcd
            image: registry.k8s.io/etcd:3.5.9-0
          - name: none
    """)  # fmt: skip
    found = list(manifests.images(pod))
    assert [image.registry for image in found] == ["registry.corp", "registry.k8s.io"]
    assert str(found[1].origin) == f"{pod.path}:6:12"
    assert list(manifests.images(file("/x.yaml", "a: [\n"))) == []
    notes = {"io.kubernetes.cri.image-name": "ghcr.io/a/b:1"}
    bundle = file("/b/config.json", json.dumps({"annotations": notes}))
    assert [image.registry for image in manifests.running(bundle)] == ["ghcr.io"]
    for text in ("{", "[]", '{"annotations": {}}'):
        assert list(manifests.running(file("/b/config.json", text))) == []


def test_of_several_files_the_first_counts() -> None:
    first, second = (Sources((Registry("a", (own_endpoint(host),)),)) for host in ("x", "y"))
    assert names(merged([first, second])) == {"a": ["https://x"]}


def test_tables_of_all_kinds() -> None:
    assert yaml(None).entries == yaml(file("/x", "a: [\n")).entries == ()
    assert toml(file("/x", "a = [\n")) is None
    assert toml(SourceFile("/x", b"\xff")) is None
    table = toml(file("/x", "a = true\nb = 2\n[c]\nd = [1.5]\n"))
    assert table is not None
    assert (table.text("a"), table.text("b")) == ("true", "2")
    assert str(place(file("/x", "mirrors\na\nb\na\n"), "b", "a")) == "/x:4:1"
    assert str(place(file("/x", "a\n"), "gone")) == "/x:1:1"
