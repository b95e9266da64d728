"""hostnet cloud-init: what it prints is what cloud-init reads, and the examples are that."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import hostnet
from tests.checkout import ROOT
from tests.integration.cli import run
from tests.integration.schemas import check
from tests.integration.test_nodes import described, site

EXAMPLES = ROOT / "examples/cloud-init"
ODD = """\
  # begins with blanks
  node: k8s-1
  interfaces:
    ens33: {addresses: [10.0.0.5/24], gateway: none}

"""


def read(text: str) -> Any:  # noqa: ANN401
    return YAML(typ="safe", pure=True).load(text)


@pytest.mark.parametrize("hook", ["runcmd", "bootcmd"])
def test_the_examples_are_what_is_printed(hook: str) -> None:
    done = run("cloud-init", str(EXAMPLES / "site.yaml"), "--hook", hook)
    assert (done.code, done.out) == (0, (EXAMPLES / f"{hook}.yaml").read_text())


@pytest.mark.parametrize("text", [ODD, site(count=3), f"{ODD}# ${{x}} $description \"' \\ | > é\n"])
def test_the_description_arrives_as_it_is(tmp_path: Path, text: str) -> None:
    done = run("cloud-init", described(tmp_path, text))
    assert done.out.startswith("#cloud-config\n"), done.err
    document = read(done.out)
    (file,) = document["write_files"]
    assert file["path"] == "/etc/hostnet/node.yaml"
    assert file["content"] == text.rstrip("\n") + "\n"
    assert document["runcmd"] == [["hostnet", "apply", "/etc/hostnet/node.yaml"]]


def test_a_network_config_is_netplans_own_and_of_one_node(tmp_path: Path) -> None:
    argv = ("cloud-init", described(tmp_path, site(count=3)), "--format", "network-config")
    done = run(*argv, "--node", "k8s-1", "--json")
    check("cloud-init", done.json)
    (file,) = done.json["files"]
    rendered = hostnet.render("ens33", ["10.0.1.5/16"], gateways=["10.0.0.1"])
    assert read(file["text"]) == read(rendered)["network"]
    several = run(*argv)
    assert (several.code, "--node NAME" in several.err) == (2, True)


def test_a_seed_of_each_node_is_written_and_again_left_alone(tmp_path: Path) -> None:
    output = tmp_path / "seeds"
    output.mkdir()
    argv = ("cloud-init", described(tmp_path, site(count=2)), "--format", "nocloud-dir")
    assert run(*argv, "-o", str(output)).out == f"6 files rendered below {output}\n"
    names = ("meta-data", "network-config", "user-data")
    found = sorted(str(path.relative_to(output)) for path in output.rglob("*") if path.is_file())
    assert found == sorted(f"k8s-{at}/{name}" for at in range(2) for name in names)
    assert read((output / "k8s-1/meta-data").read_text()) == {
        "instance-id": "k8s-1",
        "local-hostname": "k8s-1",
    }
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*")}
    assert run(*argv, "-o", str(output)).code == 0
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*")} == before


def test_what_is_wrong_is_told_and_nothing_printed(tmp_path: Path) -> None:
    bad = described(tmp_path, site(count=2).replace("gateway: 10.0.0.1", "gateway: 10.9.9.9"))
    done = run("cloud-init", bad, "--json")
    assert (done.code, set(done.rules)) == (3, {"HN012"})
    for argv in (("--format", "nocloud-dir"), ("-o", "x"), ("--format", "iso")):
        assert run("cloud-init", bad, *argv).code == 2


def test_the_site_package_describes_nodes(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    path = str(ROOT / "examples/site-package/node.yaml")
    assert run("render", "--nodes", path, "-o", str(tmp_path / "out")).code == 0
    scripts = [str(ROOT / "examples/site-package/debian/postinst")]
    assert subprocess.run(["sh", "-n", *scripts]).returncode == 0
