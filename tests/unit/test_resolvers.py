"""Which resolv.conf kubelet and its like hand on, kubelet's own repointed, cluster networks."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from hostnet.kubernetes.kubelet import repointed
from hostnet.kubernetes.networks import networks
from hostnet.kubernetes.resolvers import HOST, UPLINK, Reader, readers
from hostnet.model import SourceFile
from hostnet.netplan.edit import CannotEdit
from tests.unit.builders import file

CONFIG = "/var/lib/kubelet/config.yaml"
FLAGS = "/var/lib/kubelet/kubeadm-flags.env"
DEFAULTS = "/etc/default/kubelet"
K3S = "/etc/rancher/k3s/config.yaml"
UPLINK_CONFIG = file(CONFIG, f"kind: KubeletConfiguration\nresolvConf: {UPLINK}\n")
BARE = file(CONFIG, "kind: KubeletConfiguration\n")
KUBEADM = file(FLAGS, 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.5 --resolv-conf=/a --v=2"\n')
EXTRA = file(
    DEFAULTS, "#KUBELET_EXTRA_ARGS=--resolv-conf=/x\nKUBELET_EXTRA_ARGS=--resolv-conf /b\n"
)

READERS: dict[str, tuple[tuple[SourceFile, ...], tuple[str, ...], str | None, str]] = {
    "kubelet by default": ((), ("kubelet",), HOST, ""),
    "kubeadm": ((UPLINK_CONFIG,), (), UPLINK, f"{CONFIG}:2:13"),
    "no key": ((BARE,), ("kubelet",), HOST, ""),
    "kubeadm's flag overrules": ((UPLINK_CONFIG, KUBEADM), (), "/a", f"{FLAGS}:1:42"),
    "the operator's flag, too": ((UPLINK_CONFIG, KUBEADM, EXTRA), (), "/b", f"{DEFAULTS}:2:20"),
    "none at all": ((file(CONFIG, 'resolvConf: ""\n'),), (), None, f"{CONFIG}:1:13"),
    "a broken file": ((file(CONFIG, "resolvConf: [\n"),), (), HOST, ""),
    "k3s looks itself": ((), ("k3s",), UPLINK, ""),
    "k3s is told": ((file(K3S, "resolv-conf: /c\n"),), (), "/c", f"{K3S}:1:14"),
    "k3s hands it on": ((file(K3S, "kubelet-arg:\n- v=2\n- resolv-conf=/d\nresolv-conf: /c\n"),),
                        ("k3s",), "/d", f"{K3S}:3:3"),
    "k3s by its service": ((file("/etc/systemd/system/k3s.service",
                                 "ExecStart=/usr/local/bin/k3s\\\n  server '--resolv-conf=/e'\n"),),
                           (), "/e", "/etc/systemd/system/k3s.service:2:11"),
    "k3s by its environment": ((file("/etc/systemd/system/k3s-agent.service.env",
                                     "K3S_TOKEN=x\nK3S_RESOLV_CONF='/f'\n"),),
                               ("k3s",), "/f", "/etc/systemd/system/k3s-agent.service.env:2:1"),
    "rke2": ((file("/etc/rancher/rke2/config.yaml.d/50.yaml", "resolv-conf: /g\n"),), (), "/g",
             "/etc/rancher/rke2/config.yaml.d/50.yaml:1:14"),
    "microk8s": ((file("/var/snap/microk8s/current/args/kubelet", "--resolv-conf=/h\n"),), (),
                 "/h", "/var/snap/microk8s/current/args/kubelet:1:1"),
    "microk8s looks itself": ((), ("microk8s",), UPLINK, ""),
    "docker": ((), ("docker",), UPLINK, ""),
    "docker is told servers": ((file("/etc/docker/daemon.json", '{"dns": ["10.0.0.2"]}'),),
                               ("docker",), None, ""),
    "podman": ((), ("podman",), UPLINK, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", READERS)
def test_what_is_read_where_resolv_conf_is_the_stub(case: str) -> None:
    files, programs, path, origin = READERS[case]
    (reader,) = readers(files, programs)
    assert reader.reads(stub=True) == path
    assert str(reader.origin or "") == origin


def test_whoever_looks_for_itself_takes_resolv_conf_where_it_is_real() -> None:
    found = readers((), ("kubelet", "k3s", "podman"))
    assert [reader.reads(stub=False) for reader in found] == [HOST, HOST, HOST]
    assert [reader.audience for reader in found] == ["pods", "pods", "containers"]
    assert readers((UPLINK_CONFIG,))[0].reads(stub=False) == UPLINK


def test_a_host_without_any_has_none() -> None:
    assert readers((SourceFile(CONFIG), SourceFile(K3S))) == ()
    assert Reader("kubelet").reads(stub=False) == HOST


# --- kubelet's configuration -----------------------------------------------------------

KUBEADMS = """\
# of kubeadm
apiVersion: kubelet.config.k8s.io/v1beta1
clusterDNS:
- 10.96.0.10   # CoreDNS
resolvConf: /run/systemd/resolve/resolv.conf  # by kubeadm
staticPodPath: /etc/kubernetes/manifests
"""
EDITS = {
    KUBEADMS: KUBEADMS.replace(UPLINK, HOST),
    KUBEADMS.replace(UPLINK, '"/x y"'): KUBEADMS.replace(UPLINK, HOST),
    KUBEADMS.replace(UPLINK, HOST): KUBEADMS.replace(UPLINK, HOST),
    "a: 1\nresolvConf:\nb: 2\n": f"a: 1\nresolvConf: {HOST}\nb: 2\n",
    "---\n# first\na: 1\n...\n": f"---\n# first\nresolvConf: {HOST}\na: 1\n...\n",
    "a: 1": f"resolvConf: {HOST}\na: 1",
    "  a: 1\n  b: {c: 2}\n": f"  resolvConf: {HOST}\n  a: 1\n  b: {{c: 2}}\n",
    '{"a": 1, "resolvConf": "/x"}\n': '{"a": 1, "resolvConf": "/etc/resolv.conf"}\n',
    '{"a": 1}\n': '{"resolvConf": "/etc/resolv.conf", "a": 1}\n',
    "a: 1\r\nresolvConf: /x\r\n": f"a: 1\r\nresolvConf: {HOST}\r\n",
}


@pytest.mark.parametrize(("before", "after"), EDITS.items())
def test_kubelet_is_repointed_and_every_other_byte_stays(before: str, after: str) -> None:
    assert repointed(CONFIG, before.encode(), HOST).decode() == after


@pytest.mark.parametrize(
    "text", ["", "- a\n", "a: [\n", "resolvConf: [a]\n", "resolvConf: a\nresolvConf: b\n"]
)
def test_what_cannot_be_edited_is_left(text: str) -> None:
    with pytest.raises(CannotEdit):
        repointed(CONFIG, text.encode(), HOST)


# --- networks --------------------------------------------------------------------------


def test_the_networks_of_a_cluster_are_found_with_their_places() -> None:
    manifests = "/etc/kubernetes/manifests"
    ipam = '{"type": "host-local", "ranges": [[{"subnet": "10.22.0.0/16"}]]}'
    cni = f'{{"plugins": [{{"ipam": {ipam}}}]}}'
    found = networks(
        (
            file(f"{manifests}/kube-controller-manager.yaml",
                 "spec:\n  - --cluster-cidr=10.244.0.0/16,fd00:1::/56\n"
                 "  - --service-cluster-ip-range=10.96.0.0/12\n"),
            file(f"{manifests}/kube-apiserver.yaml", "- --service-cluster-ip-range=10.96.0.0/12\n"),
            file("/run/flannel/subnet.env", "FLANNEL_NETWORK=10.245.0.0/16\nFLANNEL_MTU=1450\n"),
            file("/etc/cni/net.d/10-x.conflist", cni),
            file("/etc/cni/net.d/10-calico.conflist", '{"ipam": {"subnet": "usePodCidr"}}'),
            file("/var/lib/kubelet/config.yaml", "clusterDNS:\n- 10.96.0.10\n"),
            file("/etc/docker/daemon.json", '{"bip": "10.200.0.1/24", "default-address-pools": '
                 '[{"base": "10.201.0.0/16", "size": 24}]}'),
            file("/etc/cni/net.d/broken.conf", "{"),
        )
    )  # fmt: skip
    assert [str(each) for each in found] == [
        f"the pod network 10.244.0.0/16 ({manifests}/kube-controller-manager.yaml:2:5)",
        f"the pod network fd00:1::/56 ({manifests}/kube-controller-manager.yaml:2:5)",
        f"the service network 10.96.0.0/12 ({manifests}/kube-controller-manager.yaml:3:5)",
        "the pod network 10.245.0.0/16 (/run/flannel/subnet.env:1:1)",
        "the pod network 10.22.0.0/16 (/etc/cni/net.d/10-x.conflist:1:69)",
        "the cluster's own DNS 10.96.0.10/32 (/var/lib/kubelet/config.yaml:2:3)",
        "the container network 10.200.0.0/24 (/etc/docker/daemon.json:1:9)",
        "the container network 10.201.0.0/16 (/etc/docker/daemon.json:1:61)",
    ]


def test_k3s_has_networks_of_its_own_where_it_is_told_none() -> None:
    found = networks((file(K3S, "cluster-cidr: 10.1.0.0/16\n"),))
    assert {str(each.network) for each in found} == {"10.1.0.0/16", "10.43.0.0/16"}
    assert any(ip_address("10.43.0.10") in each.network for each in found)
