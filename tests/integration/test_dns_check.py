"""hostnet dns check: what runtimes are configured with, asked as they would ask it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli import Ran, run
from tests.integration.namespaces import AS_NOBODY, run_in
from tests.integration.pulls import NODE, certificate, proxy, registry, written
from tests.integration.schemas import check
from tests.integration.world import found_in

CODE = """
from tests.integration.cli import run
done = run(*{argv})
result = done.code, done.out, done.err
"""
CONFIG = """
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "four.example/pause:3.9"
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"
"""
DROP_IN = "/etc/systemd/system/containerd.service.d/http-proxy.conf"
HOSTS = "/etc/containerd/certs.d/docker.io/hosts.toml"
ALL = "10.0.0.0/8,fd77::/64,192.0.2.0/24"


def ran(world: str, *argv: str) -> Ran:
    """Run the command there."""
    return Ran(*found_in(NODE + world, CODE.format(argv=argv)))


def checked(world: str, *argv: str) -> Any:  # noqa: ANN401
    """Return its document, which is as the schema has it."""
    done = ran(world, "dns", "check", *argv, "--json", "--exit-code")
    check("dns-check", done.json)
    assert done.code == (10 if done.json["findings"] else 0)
    return done.json


def steps(one: dict[str, Any]) -> str:
    return " ".join(step["step"] for step in one["steps"])


def config(hosts: str, proxy_lines: str = "") -> str:
    parts = written("/etc/containerd/config.toml", CONFIG) + written(HOSTS, hosts)
    return parts + (written(DROP_IN, f"[Service]\n{proxy_lines}") if proxy_lines else "")


def test_a_node_that_is_well(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    mirror = f'server = "https://mirror.example:5000"\nca = "{pem}"\n'
    world = config(mirror) + registry("10.0.0.3", 5000, "nowhere", pem)
    world += written("/etc/containerd/certs.d/four.example/hosts.toml", f'ca = "{pem}"\n')
    world += registry("192.0.2.7", 443, "nowhere", pem)
    found = checked(world, "--images")
    assert found["findings"] == []
    assert [(one["name"], one["url"], one["ok"]) for one in found["checks"]] == [
        ("docker.io", "https://mirror.example:5000", True),
        ("four.example", "https://four.example", True),
    ]
    assert all(steps(one) == "resolve connect tls http" for one in found["checks"])
    (runtime,) = found["runtimes"]
    assert (runtime["name"], runtime["unit"], runtime["proxies"]) == (
        "containerd", "containerd.service", [],
    )  # fmt: skip


def test_a_dead_mirror_is_told_beside_the_registry_that_answers() -> None:
    world = config('server = "http://four.example"\n[host."http://mirror.example:9"]\n')
    world += registry("192.0.2.7", 80) + written(
        "/etc/containerd/certs.d/four.example/hosts.toml", 'server = "http://four.example"\n'
    )
    found = checked(world, "--images")
    assert [(one["role"], one["ok"]) for one in found["checks"]] == [
        ("mirror", False), ("registry", True), ("registry", True),
    ]  # fmt: skip
    (finding,) = found["findings"]
    assert (finding["id"], finding["path"], finding["line"]) == ("HN086", HOSTS, 2)
    assert finding["message"].endswith("connection refused; another of its hosts answers")
    text = ran(world, "dns", "check", "--images")
    assert text.code == 0
    assert f"docker.io by containerd: mirror http://mirror.example:9 ({HOSTS}:2:1): FAILS\n" in (
        text.out
    )
    assert "    connect mirror.example:9: FAILS: 10.0.0.3: connection refused, " in text.out
    assert "error: HN086 host-unreachable: docker.io by containerd" in text.err


IMAGE = "far.invalid/app:1"
PROXY = f'Environment="HTTPS_PROXY=http://user:p%%40ss@proxy.example:3128" "NO_PROXY={ALL}"'


def test_the_runtimes_proxy_is_gone_through(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "far.pem", "far.invalid", "four.example")
    hosts = 'server = "http://10.0.0.3:5000"\n'
    world = config(hosts, PROXY) + proxy(3128, "password") + registry("10.0.0.3", 5000)
    world += "mkdir -p /etc/containerd/certs.d/far.invalid /etc/containerd/certs.d/four.example\n"
    for name in ("far.invalid", "four.example"):
        world += f"cp {pem} /etc/containerd/certs.d/{name}/ca.crt\n"
    world += registry("10.0.0.3", 443, "nowhere", pem)
    found = checked(world, "--images", IMAGE)
    hub, far, four = found["checks"]
    assert (hub["proxy"], steps(hub)) == (None, "connect http")
    for one in (far, four):
        assert (one["ok"], one["proxy"]) == (True, "http://***@proxy.example:3128")
        assert steps(one) == "resolve connect proxy tls http"
    assert found["findings"] == []
    assert "p%40ss" not in str(found)
    assert "p@ss" not in str(found)


def test_typographic_quotes_leave_the_runtime_without_a_proxy() -> None:
    world = config('server = "http://10.0.0.3:5000"\n',
                   "Environment=\u201cHTTPS_PROXY=http://proxy.example:3128\u201d")  # fmt: skip
    world += proxy(3128) + registry("10.0.0.3", 5000)
    world += written("/etc/environment", "https_proxy=http://proxy.example:3128")
    found = checked(world, "--images", IMAGE, "--timeout", "3")
    assert found["runtimes"][0]["proxies"] == []
    told = [(each["id"], each["path"]) for each in found["findings"]]
    assert ("HN087", DROP_IN) in told
    assert ("HN087", "/etc/environment") in told
    assert "HN086" in dict(told)


@pytest.mark.parametrize("covered", [True, False])
def test_no_proxy_must_spare_what_is_near(*, covered: bool) -> None:
    words = f"{ALL},.svc,.cluster.local" if covered else ".svc"
    world = config('server = "http://mirror.example:5000"\n',
                   f'Environment="HTTP_PROXY=http://10.0.0.2:3128" "NO_PROXY={words}"')  # fmt: skip
    world += written("/etc/kubernetes/manifests/kube-controller-manager.yaml", """
spec:
  containers:
  - image: four.example/kube-controller-manager:v1.30.0
    command: [kube-controller-manager, --cluster-cidr=10.244.0.0/16]
""")  # fmt: skip
    world += written("/etc/containerd/certs.d/four.example/hosts.toml", "server = 'http://a.b'")
    world += proxy(3128) + registry("10.0.0.3", 5000) + registry("10.0.0.3", 80)
    found = checked(world, "--images")
    gaps = [each for each in found["findings"] if each["id"] == "HN088"]
    assert len(gaps) == (0 if covered else 1)
    for each in gaps:
        assert each["path"] == DROP_IN
        for word in ("10.0.0.1", "fd77::1", "10.244.0.0/16", ".cluster.local"):
            assert word in each["remedy"]


OTHERS = {
    "docker": ("/etc/docker/daemon.json", '{"insecure-registries": ["mirror.example:5000"]}'),
    "k3s": (
        "/etc/rancher/k3s/registries.yaml",
        'mirrors: {docker.io: {endpoint: ["http://mirror.example:5000"]}}',
    ),
    "rke2": (
        "/etc/rancher/rke2/registries.yaml",
        'mirrors: {"*": {endpoint: ["http://mirror.example:5000"]}}',
    ),
    "cri-o": (
        "/etc/containers/registries.conf",
        '[[registry]]\nlocation = "mirror.example:5000"\ninsecure = true',
    ),
}


@pytest.mark.parametrize("runtime", OTHERS)
def test_other_runtimes_are_asked_alike(runtime: str) -> None:
    path, text = OTHERS[runtime]
    world = written(path, text) + registry("10.0.0.3", 5000)
    world += written("/etc/crio/crio.conf", "[crio]") if runtime == "cri-o" else ""
    found = checked(world, "--images", "--timeout", "3")
    assert [each["name"] for each in found["runtimes"]] == [runtime]
    mirror = next(each for each in found["checks"] if ":5000" in each["url"])
    assert (mirror["runtime"], mirror["ok"]) == (runtime, True)


def test_a_name_is_asked_at_each_nameserver_too() -> None:
    world = "echo 'nameserver 10.0.0.99' >>/etc/resolv.conf\n"
    found = checked(world, "four.example", "none.example", "--timeout", "4")
    good, bad = found["checks"]
    assert (good["ok"], good["role"], good["runtime"]) == (True, "name", None)
    assert [(each["probe"], each["ok"]) for each in good["servers"]] == [
        ("dns:four.example@10.0.0.2", True),
        ("dns:four.example@10.0.0.99", False),
    ]
    assert (bad["ok"], bad["servers"][0]["detail"]) == (False, "10.0.0.2 replies with NXDOMAIN")
    (finding,) = found["findings"]
    assert finding["id"] == "HN086"
    text = ran(world, "dns", "check", "four.example")
    assert "    dns:four.example@10.0.0.99: FAILS: no reply, " in text.out


def test_without_a_runtime_there_is_nothing_to_ask() -> None:
    done = ran("", "dns", "check", "--images", IMAGE)
    assert (done.code, done.out, done.err) == (0, "no container runtime is installed here\n", "")


def test_an_ordinary_user_is_told_what_he_cannot_see() -> None:
    machine = "mount -t tmpfs tmpfs /run; cp -a /etc /run/etc; mount --bind /run/etc /etc\n"
    machine += written("/etc/containerd/config.toml", CONFIG)
    machine += "chmod 600 /etc/containerd/config.toml\n"
    done = run_in(machine, "dns", "check", "--images", "--json", behind=AS_NOBODY)
    check("dns-check", done.json)
    (unread,) = done.json["unread"]
    assert unread["path"] == "/etc/containerd/config.toml"
    text = run_in(machine, "dns", "check", "--images", behind=AS_NOBODY)
    assert "root may read it" in text.err


@pytest.mark.parametrize(
    "argv",
    [(), ("a b",), ("http://u:p@x/",), ("a", "--timeout", "0"), ("a", "--timeout", "nan"),
     ("a", "--timeout", "inf"), ("a", "--timeout", "x"), ("a:port",)],
    ids=" ".join,
)  # fmt: skip
def test_what_cannot_be_checked_is_a_usage_error(argv: tuple[str, ...]) -> None:
    done = run("dns", "check", *argv, "--json")
    check("error", done.json)
    assert done.code == 2
