"""examples/: each is run, and the Python one is checked as its reader's type checker would."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.checkout import ROOT
from tests.integration.cli import DHCP, OURS, content, times, tree

EXAMPLES = ROOT / "examples"
EXAMPLE_PROGRAMS = tuple(map(str, EXAMPLES.glob("*/*.py")))
CLOUD = "etc/netplan/50-cloud-init.yaml"
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    "HOSTNET": f"{sys.executable} -m hostnet",
}

pytestmark = pytest.mark.checkout


def run(*argv: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, input=text, env=ENVIRONMENT, capture_output=True, text=True, timeout=60
    )


def pin(*argv: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, str(EXAMPLES / "python/pin.py"), *argv)


def test_each_example_says_how_it_is_used() -> None:
    for folder in EXAMPLES.iterdir():
        text = (folder / "README.md").read_text()
        for script in (path.name for path in folder.iterdir() if path.suffix in (".py", ".sh")):
            assert f"`{script}`" in text
            assert os.access(folder / script, os.X_OK)


def test_the_python_example_plans_then_does_then_has_nothing_to_do(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: DHCP})
    before = content(tmp_path)
    argv = ("ens33", "10.0.0.5/24", "--gateway", "10.0.0.1", "--root", str(tmp_path))
    planned = pin(*argv)
    assert (planned.returncode, content(tmp_path)) == (0, before), planned.stderr
    assert planned.stdout.endswith("ens33: planned\n")
    assert "+      addresses: [10.0.0.5/24]\n" in planned.stdout
    assert "looking at the host ...\n" in planned.stderr
    assert pin(*argv, "--yes").stdout.endswith("ens33: written\n")
    assert "10.0.0.5/24" in (tmp_path / OURS).read_text()
    assert pin(*argv, "--yes").stdout == "ens33: already-so\n"


def test_the_python_example_tells_what_is_wrong(tmp_path: Path) -> None:
    done = pin("ens33", "10.0.0.0/24", "--gateway", "10.9.9.9", "--root", str(tmp_path))
    assert done.returncode == 3
    assert {"HN012", "HN013"} <= set(re.findall(r"HN\d+", done.stderr))
    assert pin("ens33", "10.0.0.5/24", "--root", str(tmp_path / "none")).returncode == 4


def test_the_shell_example_bakes_an_image_twice_alike(tmp_path: Path) -> None:
    (hosts,) = re.findall(
        r"<<'HOSTS'\n(.*?)\s+HOSTS\n", (EXAMPLES / "shell/README.md").read_text(), re.DOTALL
    )
    tree(tmp_path, {CLOUD: DHCP})
    script = str(EXAMPLES / "shell/bake.sh")
    done = run(script, str(tmp_path), text=f"{hosts}\n")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "valid"
    ours = (tmp_path / OURS).read_text()
    for word in ("ens33:", "192.168.141.134/24", "192.168.141.2", "ens34:", "10.0.0.5/24"):
        assert word in ours
    before = times(tmp_path)
    assert run(script, str(tmp_path), text=f"{hosts}\n").returncode == 0
    assert times(tmp_path) == before


def test_the_shell_example_stops_at_the_first_refusal(tmp_path: Path) -> None:
    text = "ens33 10.0.0.0/24 none\nens34 10.1.0.5/24 none\n"
    done = run(str(EXAMPLES / "shell/bake.sh"), str(tmp_path), text=text)
    assert (done.returncode, "HN013" in done.stderr) == (3, True)
    assert not (tmp_path / OURS).exists()


def test_the_kubernetes_example_protects_an_image_once(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: DHCP, "etc/cni/net.d/10-flannel.conflist": "{}"})
    argv = (sys.executable, str(EXAMPLES / "kubernetes/node.py"), "--root", str(tmp_path))
    before = content(tmp_path)
    planned = run(*argv)
    assert (planned.returncode, content(tmp_path)) == (0, before), planned.stderr
    assert "protection: planned" in planned.stdout
    assert "HN062" in planned.stdout
    done = run(*argv, "--yes")
    assert "networkd.conf.d/10-hostnet-cni.conf: networkd leaves the routes" in done.stdout
    assert done.stdout.endswith("container networks: /etc/cni/net.d/10-flannel.conflist\n")
    after = times(tmp_path)
    assert run(*argv, "--yes").stdout.startswith("protection: already-so;")
    assert times(tmp_path) == after
    assert run(*argv, "--root", str(tmp_path / "none")).returncode == 4


def test_the_library_is_typed_for_those_who_use_it(tmp_path: Path) -> None:
    needs.require(importlib.util.find_spec("mypy"), "mypy is not installed (the extra `test`)")
    wrong = tmp_path / "wrong.py"
    wrong.write_text("import hostnet\nreveal_type(hostnet.static)\nhostnet.static(5, mtu='x')\n")
    argv = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--config-file="]
    done = run(*argv, f"--cache-dir={tmp_path}", *EXAMPLE_PROGRAMS, str(wrong))
    assert "-> hostnet.result.Result" in done.stdout
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert len(errors) == 2, "the example itself is typed well"
    assert all("wrong.py:3: error: Argument" in line for line in errors)


def test_the_ci_example_fails_where_one_release_refuses_one_file(tmp_path: Path) -> None:
    check = str(EXAMPLES / "ci/check.sh")
    tree(tmp_path, {"hosts/web1/netplan/a.yaml": DHCP, "hosts/web2.yaml": DHCP})
    (tmp_path / "hosts/web1/netplan/a.yaml").chmod(0o600)
    good = run(check, str(tmp_path / "hosts"))
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.count("valid (2 configurations)\n") == 2
    tree(tmp_path, {"hosts/web3.yaml": "network: {dummy-devices: {d: {}}}\n"})
    bad = run(check, str(tmp_path / "hosts"), "22.04", "24.04")
    assert (bad.returncode, bad.stderr.count("HN106")) == (3, 1)
    assert run(check, str(tmp_path / "hosts"), "24.04").returncode == 0
    assert run(check).returncode == 2
