"""Whose resolv.conf is of before: kept by runtimes, compared with what pods get now."""

from __future__ import annotations

import json
from ipaddress import ip_network

import pytest

from hostnet.chain import chain
from hostnet.dns import resolvconf
from hostnet.dns.copies import Copy, HandedOut, Holder, StalePod, stale, suspects
from hostnet.dns.facts import DnsFacts
from hostnet.dns.resolvconf import MISSING
from hostnet.dns.server import servers_of
from hostnet.findings import POD_STALE, Finding
from hostnet.kubernetes.networks import ClusterNetwork
from hostnet.kubernetes.resolvers import Reader
from hostnet.kubernetes.sandboxes import STORES, Pod, described
from hostnet.model import Position
from tests.unit.builders import file

CONTAINERD, CRIO, DOCKER = STORES[0], STORES[4], STORES[5]
CLUSTER = "search default.svc.cluster.local svc.cluster.local cluster.local lab.example\n"
SERVICES = ClusterNetwork(ip_network("10.96.0.0/12"), "service network", Position("/x", 1, 1))
NOW = HandedOut("kubelet", servers_of(["10.0.0.3", "10.0.0.4"]), since=100.0)
ID = "0123456789abcdef" * 4


def copy(text: str, *, store: int = 0) -> Copy:
    return Copy(STORES[store], ID, resolvconf.read(file("/copy", text)))


def judged(pods: list[Pod], given: Copy, *now: HandedOut, written: float = 50.0) -> (
    tuple[StalePod, ...]
):  # fmt: skip
    return stale([Holder(given, pod, written) for pod in pods], now or (NOW,))


OLD = {
    "another server": "nameserver 10.0.0.2\n",
    "one of two is gone": "nameserver 10.0.0.3\n",
    "one too many": "nameserver 10.0.0.3\nnameserver 10.0.0.4\nnameserver 10.0.0.2\n",
    # Kubespray writes the cluster's domains into the host's own file, but not all three.
    "the host's own search list": "search default.svc.cluster.local svc.cluster.local\n"
    "nameserver 10.0.0.2\n",
}
CURRENT = {
    "the same": copy("nameserver 10.0.0.3\nnameserver 10.0.0.4\n"),
    "in another order": copy("nameserver 10.0.0.4\nnameserver 10.0.0.3\n"),
    "ClusterFirst": copy(f"{CLUSTER}nameserver 10.0.0.2\n"),
    "a service": copy("nameserver 10.96.0.10\n"),
    "Docker's own": copy("nameserver 127.0.0.11\n"),
    "none at all": copy("search a\n"),
    "of another program": copy("nameserver 10.0.0.2\n", store=1),
}
BAD = {"HN089": tuple(OLD)}
GOOD = {"HN089": tuple(CURRENT)}


@pytest.mark.parametrize("text", OLD.values(), ids=OLD)
def test_what_was_copied_before_is_old(text: str) -> None:
    (found,) = suspects([copy(text)], [NOW], [SERVICES])
    pod = Pod("kubelet", ID, "web-0", "shop")
    (one,) = judged([pod], found)
    assert (one.pod, one.holds, one.gets) == (pod, found.conf.servers, NOW.servers)


@pytest.mark.parametrize("given", CURRENT.values(), ids=CURRENT)
def test_what_is_meant_so_is_not(given: Copy) -> None:
    assert suspects([given], [NOW], [SERVICES]) == ()


def told(*names: str) -> Finding:
    """What the chain says of pods of these names that hold the server of before."""
    pods = [Pod("kubelet", ID, name, "kube-system") for name in names]
    found = judged(pods, copy(OLD["another server"]))
    docker = Pod("docker", ID, "web")
    reader = Reader("kubelet", "/own", origin=Position("/x", 1, 1))
    facts = DnsFacts(MISSING, readers=(reader, Reader("docker", detects=True)))
    made = chain(facts, (), (*found, StalePod(docker, (), ())))
    first, second = made.handed
    assert (first.stale, second.stale) == (found, (StalePod(docker, (), ()),))
    return next(each for each in made.findings if each.rule is POD_STALE)


def test_the_chain_names_caches_and_counts_the_others() -> None:
    core, local = "coredns-76f75df574-x7k2p", "node-local-dns-7k2pw"
    finding = told("app-1", core, "app-2", local)
    assert finding.message == (
        f"CoreDNS (kube-system/{core}), node-local-dns (kube-system/{local}) and 2 others of"
        " kubelet: not 10.0.0.3, 10.0.0.4 but 10.0.0.2"
    )
    assert finding.advice == (
        "Run: kubectl -n kube-system rollout restart deployment coredns; kubectl -n kube-system"
        " rollout restart daemonset node-local-dns; then have the others start anew, which"
        " `hostnet dns status` lists."
    )
    assert told("app-1").advice == "Run: kubectl -n kube-system delete pod app-1."
    assert told("app-1", "app-2").message.startswith("kube-system/app-1 and 1 other of kubelet: ")


def test_who_may_not_look_knows_nothing() -> None:
    (handed,) = chain(DnsFacts(MISSING, readers=(Reader("kubelet"),)), (), None).handed
    assert handed.stale is None


def test_only_three_servers_are_handed_out() -> None:
    four = HandedOut("kubelet", servers_of(f"10.0.0.{n}" for n in range(1, 5)), 100.0)
    three = "".join(f"nameserver 10.0.0.{n}\n" for n in range(1, 4))
    assert suspects([copy(three)], [four], []) == ()
    nothing = HandedOut("kubelet", (), 100.0)
    assert suspects([copy("nameserver 10.0.0.2\n")], [nothing], []) == ()


def test_caches_come_first_and_dockers_own_are_its_own() -> None:
    given = copy("nameserver 10.0.0.2\n")
    pods = [Pod("kubelet", ID, name, "a") for name in ("app-1", "zone-coredns-1", "x")]
    found = judged(pods, given)
    assert [str(each.pod) for each in found] == ["a/zone-coredns-1", "a/app-1", "a/x"]
    theirs = copy("nameserver 10.0.0.3\nnameserver 10.0.0.4\n", store=5)
    docker = HandedOut("docker", servers_of(["10.0.0.9"]), 100.0)
    assert suspects([theirs], [NOW, docker], []) == (theirs,)
    assert judged([Pod("docker", ID, "web")], theirs, NOW, docker) != ()
    assert judged([Pod("kubelet", ID, "web", "a")], theirs, NOW, docker) == ()


def test_what_was_copied_since_is_the_pods_own_wish() -> None:
    pod, given = Pod("kubelet", ID, "web-0", "shop"), copy("nameserver 1.1.1.1\n")
    assert judged([pod], given, written=99.0) != ()
    assert judged([pod], given, written=100.0) == ()


def bundle(name: str, namespace: str = "kube-system", uid: str = "") -> bytes:
    return json.dumps({"ociVersion": "1.1.0", "annotations": {
        "io.kubernetes.cri.container-type": "sandbox",
        "io.kubernetes.cri.sandbox-name": name,
        "io.kubernetes.cri.sandbox-namespace": namespace,
        "io.kubernetes.cri.sandbox-uid": uid,
    }}).encode()  # fmt: skip


def docker(labels: dict[str, str], *, running: bool = True) -> bytes:
    config = {"Config": {"Labels": labels}, "Name": "/web", "State": {"Running": running}}
    return json.dumps(config).encode()


UUID = "8d0b3a7e-7a52-4c4b-9d8e-2f6f1e0c9a11"
RENEWALS = {
    "coredns-76f75df574-x7k2p":
        ("CoreDNS", "kubectl -n kube-system rollout restart deployment coredns"),
    "rke2-coredns-rke2-coredns-84b9cb946c-2h9xk":
        ("CoreDNS",
         "kubectl -n kube-system rollout restart deployment rke2-coredns-rke2-coredns"),
    "kube-dns-5b7d9c4f6-x2x2x":
        ("CoreDNS", "kubectl -n kube-system rollout restart deployment kube-dns"),
    "node-local-dns-7k2pw":
        ("node-local-dns", "kubectl -n kube-system rollout restart daemonset node-local-dns"),
    "nodelocaldns-x9x9x":
        ("node-local-dns", "kubectl -n kube-system rollout restart daemonset nodelocaldns"),
    "coredns": ("CoreDNS", "kubectl -n kube-system delete pod coredns"),
    "my-corednser-1": ("pod", "kubectl -n kube-system delete pod my-corednser-1"),
}  # fmt: skip


@pytest.mark.parametrize("name", RENEWALS)
def test_each_is_renewed_in_its_way(name: str) -> None:
    pod = described(CONTAINERD, ID, bundle(name, uid=UUID))
    assert pod is not None
    assert (pod.role, pod.renewal) == RENEWALS[name]


def test_a_static_pod_is_renewed_by_its_sandbox() -> None:
    pod = described(CONTAINERD, ID, bundle("etcd-node1", uid="ab" * 16))
    assert pod is not None
    assert (str(pod), pod.renewal) == ("kube-system/etcd-node1", "crictl stopp 0123456789abc")


def test_k3s_brings_its_own_commands() -> None:
    pod = described(STORES[1], ID, bundle("web-1", "shop", UUID))
    assert pod is not None
    assert pod.renewal == "k3s kubectl -n shop delete pod web-1"


def test_cri_o_calls_them_otherwise() -> None:
    notes = {f"io.kubernetes.pod.{key}": key for key in ("name", "namespace", "uid")}
    pod = described(CRIO, ID, json.dumps({"annotations": notes}).encode())
    assert pod == Pod("kubelet", ID, "name", "namespace", "uid")


def test_docker_has_pods_and_containers() -> None:
    labels = {f"io.kubernetes.pod.{key}": key for key in ("name", "namespace", "uid")}
    sandbox = {**labels, "io.kubernetes.docker.type": "podsandbox"}
    assert described(DOCKER, ID, docker(sandbox)) == Pod("kubelet", ID, "name", "namespace", "uid")
    assert described(DOCKER, ID, docker({**labels, "io.kubernetes.docker.type": "container"})) is (
        None
    )
    assert described(DOCKER, ID, docker(sandbox, running=False)) is None
    web = described(DOCKER, ID, docker({}))
    assert web is not None
    assert (str(web), web.role, web.renewal) == ("web", "container", "docker restart web")


@pytest.mark.parametrize("data", [b"{", b"[]", b"{}", b'{"annotations": []}', b'"x"'])
def test_what_describes_nothing_is_nobodys(data: bytes) -> None:
    assert all(described(store, ID, data) is None for store in STORES)
