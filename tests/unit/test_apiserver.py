"""The API server's URL in what kubeadm, k3s, rke2 and microk8s write."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from hostnet.kubernetes.apiserver import PATHS, url
from tests.unit.builders import file

KUBEADM = """
    apiVersion: v1
    clusters:
    - cluster:
        certificate-authority-data: LS0tLS1CRUdJTi==
        server: https://10.0.0.1:6443
      name: default-cluster
    contexts:
    - context:
        cluster: default-cluster
        namespace: default
        user: default-auth
      name: default-context
    current-context: default-context
    kind: Config
    preferences: {}
    users:
    - name: default-auth
      user:
        client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem
"""
TWO = """
    clusters:
    - {name: a, cluster: {server: "https://a.example:6443"}}
    - {name: b, cluster: {server: "https://[2001:db8::1]:6443"}}
    contexts:
    - {name: one, context: {cluster: a}}
    - {name: two, context: {cluster: b}}
    current-context: two
"""
ONE_WITHOUT_CONTEXT = "clusters: [{name: a, cluster: {server: 'https://a.example'}}]"
K3S = """
    apiVersion: v1
    clusters: [{name: local, cluster: {server: "https://127.0.0.1:6444"}}]
    contexts: [{name: Default, context: {cluster: local, user: user}}]
    current-context: Default
"""
BALANCER = """
    {
      "ServerURL": "https://10.0.0.7:6443",
      "ServerAddresses": [ "10.0.0.7:6443", "10.0.0.8:6443" ]
    }
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (KUBEADM, "https://10.0.0.1:6443"),
        (TWO, "https://[2001:db8::1]:6443"),
        (ONE_WITHOUT_CONTEXT, "https://a.example"),
        (BALANCER, "https://10.0.0.7:6443"),
    ],
)
def test_who_is_named(text: str, found: str) -> None:
    assert url([file(PATHS[0], text)]) == found


@pytest.mark.parametrize(
    "text",
    [
        *("", "# nothing", "- a", "a", "{", "clusters: {}", "clusters: [a, [b], {cluster: c}]"),
        TWO.replace("current-context: two", ""),
        TWO.replace("current-context: two", "current-context: three"),
        K3S,
        K3S.replace("127.0.0.1", "localhost"),
        K3S.replace("127.0.0.1", "[::1]"),
        KUBEADM.replace("https://10", "file://10"),
        KUBEADM.replace("https://10.0.0.1:6443", '"https://10.0.0.1\\nping:x"'),
        KUBEADM.replace("https://10.0.0.1:6443", "[]"),
        "ServerURL: [a]",
        'ServerURL: "https://a\\x1b[2J"',
    ],
)
def test_nobody_is_named(text: str) -> None:
    assert url([file(PATHS[0], text)]) is None


def test_the_first_file_that_names_one_holds() -> None:
    files = [file(PATHS[0], "{"), file(PATHS[2], K3S), file(PATHS[1], BALANCER), file("x", TWO)]
    assert url(files) == "https://10.0.0.7:6443"
    assert url([]) is None


@given(st.text())
def test_any_text_is_fine(text: str) -> None:
    found = url([file(PATHS[0], text.encode(errors="replace").decode())])
    assert found is None or found.isprintable()
