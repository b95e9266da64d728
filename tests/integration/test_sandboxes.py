"""The copies of resolv.conf that runtimes keep, read where they lie, as time goes by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hostnet
from tests.integration.cli import tree
from tests.integration.namespaces import AS_NOBODY, BOOTED, run_in
from tests.integration.schemas import check

KUBELET = {"var/lib/kubelet/config.yaml": "resolvConf: /own.conf\n"}
CRI = "io.containerd.grpc.v1.cri/sandboxes"
TASKS = "io.containerd.runtime.v2.task/k8s.io"
FOLDERS = {
    "var/lib/kubelet/config.yaml": (f"var/lib/containerd/{CRI}", f"run/containerd/{TASKS}"),
    "etc/rancher/k3s/config.yaml": (
        f"var/lib/rancher/k3s/agent/containerd/{CRI}", f"run/k3s/containerd/{TASKS}",
    ),
    "etc/rancher/rke2/config.yaml": (
        f"var/lib/rancher/rke2/agent/containerd/{CRI}", f"run/k3s/containerd/{TASKS}",
    ),
    "var/snap/microk8s/current/args/kubelet": (
        f"var/snap/microk8s/common/var/lib/containerd/{CRI}",
        f"var/snap/microk8s/common/run/containerd/{TASKS}",
    ),
}  # fmt: skip
"""The folders of containerd, by the file that tells who runs it."""
CRIO = ("run/containers/storage/overlay-containers",) * 2


def about(name: str) -> str:
    return json.dumps({"annotations": {
        "io.kubernetes.cri.sandbox-name": name,
        "io.kubernetes.cri.sandbox-namespace": "kube-system",
        "io.kubernetes.pod.name": name,
        "io.kubernetes.pod.namespace": "kube-system",
    }})  # fmt: skip


def sandbox(id_: str, name: str, server: str, folders: tuple[str, str], below: str = "") -> (
    dict[str, str]
):  # fmt: skip
    copies, bundles = folders
    return {
        f"{copies}/{id_}/{below}resolv.conf": f"nameserver {server}\n",
        f"{bundles}/{id_}/{below}config.json": about(name),
    }


def held(root: Path) -> list[tuple[str, list[str]]]:
    found = hostnet.stale_pods(str(root))
    assert found is not None
    return [(each.pod.name, list(map(str, each.holds))) for each in found]


@pytest.mark.parametrize("told", FOLDERS)
def test_pods_are_old_once_the_file_changes(told: str, tmp_path: Path) -> None:
    text = "--resolv-conf=/own.conf\n" if told.endswith("kubelet") else "resolv-conf: /own.conf\n"
    tree(tmp_path, {told: text, "own.conf": "nameserver 10.0.0.2\n"} | (
        KUBELET if told in KUBELET else {}))  # fmt: skip
    tree(tmp_path, sandbox("a", "coredns-1", "10.0.0.2", FOLDERS[told]))
    tree(tmp_path, sandbox("b", "own-dns", "1.1.1.1", FOLDERS[told]))
    assert held(tmp_path) == []
    tree(tmp_path, {"own.conf": "nameserver 10.0.0.3\n"})
    assert held(tmp_path) == [("coredns-1", ["10.0.0.2"]), ("own-dns", ["1.1.1.1"])]
    # one was started anew, the other has ended, though its folder is there
    tree(tmp_path, sandbox("a", "coredns-1", "10.0.0.3", FOLDERS[told]))
    (tmp_path / FOLDERS[told][1] / "b/config.json").unlink()
    assert held(tmp_path) == []


def test_cri_o_and_docker_keep_them_elsewhere(tmp_path: Path) -> None:
    tree(tmp_path, KUBELET)
    tree(tmp_path, sandbox("a", "in-crio", "10.0.0.2", CRIO, "userdata/"))
    labels = {"io.kubernetes.docker.type": "podsandbox", "io.kubernetes.pod.name": "in-docker",
              "io.kubernetes.pod.namespace": "shop"}  # fmt: skip
    config = {"State": {"Running": True}, "Config": {"Labels": labels}}
    tree(tmp_path, {
        "var/lib/docker/containers/b/resolv.conf": "nameserver 10.0.0.2\n",
        "var/lib/docker/containers/b/config.v2.json": json.dumps(config),
        "own.conf": "nameserver 10.0.0.3\n",
    })  # fmt: skip
    assert held(tmp_path) == [("in-crio", ["10.0.0.2"]), ("in-docker", ["10.0.0.2"])]


def test_a_link_that_leads_elsewhere_makes_copies_old_too(tmp_path: Path) -> None:
    tree(tmp_path, {"var/lib/kubelet/config.yaml": "resolvConf: /etc/resolv.conf\n"})
    tree(tmp_path, {"a.conf": "nameserver 10.0.0.2\n", "b.conf": "nameserver 10.0.0.3\n"})
    link = tmp_path / "etc/resolv.conf"
    link.parent.mkdir()
    link.symlink_to("../a.conf")
    folders = FOLDERS["var/lib/kubelet/config.yaml"]
    tree(tmp_path, sandbox("a", "coredns-1", "10.0.0.2", folders))
    assert held(tmp_path) == []
    link.unlink()
    link.symlink_to("../b.conf")
    assert held(tmp_path) == [("coredns-1", ["10.0.0.2"])]


def test_a_link_to_nowhere_hands_out_nothing(tmp_path: Path) -> None:
    tree(tmp_path, KUBELET)
    (tmp_path / "own.conf").symlink_to("gone")
    folders = FOLDERS["var/lib/kubelet/config.yaml"]
    tree(tmp_path, sandbox("a", "coredns-1", "10.0.0.2", folders))
    assert hostnet.stale_pods(str(tmp_path)) == ()


NODE = """
mount -t tmpfs tmpfs /var/lib
copies=/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/0a
bundles=/run/containerd/io.containerd.runtime.v2.task/k8s.io/0a
mkdir -p $copies $bundles /var/lib/kubelet
echo 'resolvConf: /run/own.conf' >/var/lib/kubelet/config.yaml
echo 'nameserver 10.0.0.2' >$copies/resolv.conf
cat >$bundles/config.json <<'JSON'
{"annotations": {"io.kubernetes.cri.sandbox-name": "coredns-76f75df574-x7k2p",
 "io.kubernetes.cri.sandbox-namespace": "kube-system"}}
JSON
sleep 0.02
echo 'nameserver 10.0.0.3' >/run/own.conf
"""


def test_dns_status_names_what_to_renew() -> None:
    done = run_in(BOOTED + NODE, "dns", "status", "--json", "--exit-code")
    check("dns-status", done.json)
    assert "HN089" in done.rules
    (pods,) = (each for each in done.json["pods"] if each["program"] == "kubelet")
    (stale,) = pods["stale"]
    command = "kubectl -n kube-system rollout restart deployment coredns"
    assert (stale["role"], stale["holds"], stale["renewal"]) == ("CoreDNS", ["10.0.0.2"], command)
    text = run_in(BOOTED + NODE, "dns", "status")
    line = "    kube-system/coredns-76f75df574-x7k2p (CoreDNS) STILL HOLDS 10.0.0.2; to renew: "
    assert f"{line}{command}\n" in text.out


def test_an_ordinary_user_is_told_that_root_sees_more() -> None:
    private = "chmod 700 /var/lib/containerd; chmod -R a+rX /var/lib/kubelet /run\n"
    done = run_in(BOOTED + NODE + private, "dns", "status", behind=AS_NOBODY)
    assert "    whether some hold other servers, only root may see\n" in done.out
