"""The ledger against a real kernel, in a network of its own full of others' objects."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests import needs
from tests.checkout import ROOT
from tests.integration.foreign import WORLD
from tests.integration.ledger_inside import TESTS


@pytest.fixture(scope="module")
def kernel() -> None:
    """Have the kinds of links that the world is made of."""
    needs.root()
    needs.link_kind("veth")
    needs.link_kind("vxlan", "id", "1", "dstport", "8472")
    needs.link_kind("bridge")


@pytest.mark.usefixtures("kernel")
@pytest.mark.parametrize("name", TESTS)
def test_kept(name: str) -> None:
    script = f'set -e\n{WORLD}\nexec "$@"'
    program = (sys.executable, "-m", "tests.integration.ledger_inside", name)
    argv = [needs.tool("unshare"), "--net", "sh", "-c", script, "sh", *program]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_files_that_tell_owners() -> None:
    manifests = "/etc/kubernetes/manifests"
    script = f"""
mkdir -p {manifests} /etc/cni/net.d
touch {manifests}/kube-vip.yaml /etc/cni/net.d/10-calico.conflist /etc/cni/net.d/README
"""
    program = "from hostnet.host.ledger import owner_files; print(sorted(owner_files()))"
    overlay = "mount -t tmpfs tmpfs /etc"  # this machine's own files tell nothing here
    needs.root()
    argv = [needs.tool("unshare"), "--mount", "--propagation", "private", "sh", "-ec"]
    argv += [f'{overlay}\n{script}\nexec "$@"', "sh", sys.executable, "-c", program]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)
    assert done.stdout == (
        f"['/etc/cni/net.d/10-calico.conflist', '{manifests}/kube-vip.yaml']\n"
    ), done.stderr
