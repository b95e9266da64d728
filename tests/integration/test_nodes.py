"""hostnet apply and hostnet render --nodes, below a root: files of images, files of a site."""

from __future__ import annotations

from pathlib import Path

import pytest

import hostnet
from hostnet.host.identity import machine
from tests.integration.cli import DHCP, OURS, content, run, times, tree
from tests.integration.schemas import check

CLOUD = "etc/netplan/50-cloud-init.yaml"
NODE = """\
interfaces:
  ens33: {addresses: [192.168.141.134/24], gateway: 192.168.141.1, nameservers: 192.168.141.1}
  ens34: {addresses: [10.9.0.5/24], gateway: none, mtu: 9000}
"""
BOND = """\
interfaces: {ens34: {}, ens35: {}}
bonds:
  bond0:
    interfaces: [ens34, ens35]
    parameters: {mode: active-backup}
    addresses: [10.9.0.5/24]
"""


def described(folder: Path, text: str) -> str:
    path = folder / "node.yaml"
    path.write_text(text)
    return str(path)


def site(*, count: int) -> str:
    items = (
        f"- node: k8s-{at}  # the {at}.\n"
        f"  interfaces:\n    ens33: {{addresses: [10.{at // 250}.{at % 250}.5/16], "
        f"gateway: 10.{at // 250}.0.1}}\n"
        for at in range(count)
    )
    return f"# A site.\nnodes:\n{''.join(items)}"


# --- apply -------------------------------------------------------------------------------


def test_all_interfaces_of_an_image_are_written_at_once(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {CLOUD: DHCP})
    argv = ("apply", described(tmp_path, NODE), "--root", str(root))
    before = content(root)
    planned = run(*argv, "--dry-run", "--json")
    check("apply", planned.json)
    assert (planned.json["node"], planned.json["outcome"]) == ("node", "planned")
    assert content(root) == before
    done = run(*argv)
    assert done.out.endswith("node: written, in force at the image's next boot\n"), done.err
    ours = (root / OURS).read_text()
    for word in ("ens33:", "192.168.141.134/24", "ens34:", "mtu: 9000"):
        assert word in ours
    assert "ens33" not in (root / CLOUD).read_text()
    was = times(root)
    assert run(*argv, "--exit-code").out == "node: already so\n"
    assert times(root) == was


def test_it_comes_to_the_same_as_one_static_after_the_other(tmp_path: Path) -> None:
    roots = [tree(tmp_path / name, {CLOUD: DHCP}) for name in ("a", "b")]
    hostnet.apply(described(tmp_path, NODE), root=str(roots[0]))
    hostnet.static(
        "ens33",
        ["192.168.141.134/24"],
        gateways=["192.168.141.1"],
        dns=["192.168.141.1"],
        root=str(roots[1]),
    )
    hostnet.static("ens34", ["10.9.0.5/24"], gateways=["none"], mtu=9000, root=str(roots[1]))
    assert content(roots[0]) == content(roots[1])


def test_bonds_are_passed_to_netplan_and_judged_by_it(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {CLOUD: DHCP.replace("ens33", "ens34")})
    done = run("apply", described(tmp_path, BOND), "--root", str(root))
    assert done.code == 0, done.err
    assert "mode: active-backup" in (root / OURS).read_text()
    assert "ens34" not in (root / CLOUD).read_text()
    assert run("validate", "--root", str(root)).code == 0
    was = times(root)
    assert run("apply", described(tmp_path, BOND), "--root", str(root)).out == "node: already so\n"
    assert times(root) == was
    broken = BOND.replace("active-backup", "no-such-mode")
    done = run("apply", described(tmp_path, broken), "--root", str(root), "--json")
    assert (done.code, done.rules) == (3, ["HN004"])
    assert times(root) == was


def test_what_protects_a_container_network_is_written_where_one_will_be(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {CLOUD: DHCP})
    assert (
        run("apply", described(tmp_path, f"{NODE}kubernetes: true\n"), "--root", str(root)).code
        == 0
    )
    assert (root / "etc/systemd/networkd.conf.d/10-hostnet-cni.conf").is_file()


def test_all_that_is_wrong_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {CLOUD: DHCP})
    before = content(root)
    bad = NODE.replace("192.168.141.1,", "10.1.1.1,").replace("10.9.0.5/24", "10.9.0.0/24")
    done = run("apply", described(tmp_path, bad), "--root", str(root), "--json")
    assert done.code == 3
    assert {"HN012", "HN013"} <= set(done.rules)
    for text, id_ in ((NODE.replace("mtu", "mut"), "HN090"), (NODE + "x: [", "HN002")):
        done = run("apply", described(tmp_path, text), "--root", str(root), "--json")
        assert (done.code, done.rules) == (3, [id_])
    assert content(root) == before


def test_which_node_this_is_must_be_clear(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {CLOUD: DHCP})
    path = described(tmp_path, site(count=3))
    argv = ("apply", path, "--root", str(root), "--dry-run", "--json")
    assert run(*argv).rules == ["HN091"]
    chosen = run(*argv, "--node", "k8s-2").json
    assert (chosen["node"], "10.0.2.5/16" in chosen["results"][0]["diff"][0]["after"]) == (
        "k8s-2",
        True,
    )
    assert run(*argv, "--node", "k8s-3").rules == ["HN091"]
    here = machine()
    selected = site(count=3).replace("k8s-1 ", f"k8s-1\n  select: {{hostname: {here.hostname}}} ")
    described(tmp_path, selected)
    assert run(*argv).json["node"] == "k8s-1"
    both = selected.replace("k8s-2 ", f"k8s-2\n  select: {{machine-id: '{here.machine_id}'}} ")
    described(tmp_path, both)
    assert run(*argv).rules == ["HN092"]


@pytest.mark.parametrize("name", ["none.yaml", "."])
def test_a_file_that_cannot_be_read_is_no_usage(tmp_path: Path, name: str) -> None:
    done = run("apply", str(tmp_path / name), "--root", str(tmp_path), "--json")
    check("error", done.json)
    assert done.code == 2


# --- render ------------------------------------------------------------------------------


def test_a_site_is_rendered_as_each_node_would_be(tmp_path: Path) -> None:
    count = 1203
    path = described(tmp_path, site(count=count))
    output = tmp_path / "out"
    output.mkdir()
    done = run("render", "--nodes", path, "-o", str(output), "--json")
    check("site", done.json)
    assert done.json["nodes"] == [f"k8s-{at}" for at in range(count)]
    assert sorted(each.name for each in output.iterdir()) == sorted(
        f"k8s-{at}.yaml" for at in range(count)
    )
    for at in (0, 500, 1202):
        address, gateway = f"10.{at // 250}.{at % 250}.5/16", f"10.{at // 250}.0.1"
        text = hostnet.render("ens33", [address], gateways=[gateway])
        assert (output / f"k8s-{at}.yaml").read_text() == text
    assert (output / "k8s-0.yaml").stat().st_mode & 0o777 == 0o600
    was = times(output)
    assert run("render", "--nodes", path, "-o", str(output)).out.startswith(f"{count} nodes")
    assert times(output) == was


def test_a_node_of_many_parts_is_rendered_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "root").mkdir()
    whole = f"node: k8s-1\n{NODE}{BOND.partition('bonds')[1]}{BOND.partition('bonds')[2]}"
    whole = whole.replace("interfaces:\n", "interfaces:\n  ens35: {}\n  ens36: {}\n", 1)
    whole = whole.replace("[ens34, ens35]", "[ens35, ens36]").replace(
        "10.9.0.5/24]\n", "10.8.0.5/24]\n"
    )
    path = described(tmp_path, whole)
    assert run("render", "--nodes", path, "-o", str(tmp_path / "out")).code == 0
    assert run("apply", path, "--root", str(tmp_path / "root")).code == 0
    rendered = (tmp_path / "out/k8s-1.yaml").read_bytes()
    assert rendered == (tmp_path / "root" / OURS).read_bytes()


def test_what_is_wrong_with_one_of_many_is_told_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    text = site(count=1203).replace("10.4.7.5/16", "10.4.7.5")
    done = run(
        "render", "--nodes", described(tmp_path, text), "-o", str(tmp_path / "out"), "--json"
    )
    assert (done.code, done.rules) == (3, ["HN011"])
    line = text[: text.index("10.4.7.5]")].count("\n") + 1
    assert done.json["findings"][0]["line"] == line
    assert list((tmp_path / "out").iterdir()) == []


def test_two_nodes_of_one_address_are_told_wherever_they_stand(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    path = described(tmp_path, site(count=1203).replace("10.4.7.5/16", "10.0.7.5/16"))
    argv = ("render", "--nodes", path, "-o", str(tmp_path / "out"), "--json")
    done = run(*argv)
    assert done.code == 3
    said = next(each for each in done.json["findings"] if each["id"] == "HN093")
    assert said["message"] == (
        "the address 10.0.7.5 is that of k8s-7 (line 24) and k8s-1007 (line 3024)"
    )
    assert said["line"] == 3024


def test_one_address_for_two_can_be_wanted(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    path = described(tmp_path, site(count=3).replace("10.0.2.5/16", "10.0.1.5/16"))
    ignoring = ("--ignore", "HN093")
    assert run("render", "--nodes", path, "-o", str(tmp_path / "out"), *ignoring).code == 0
    assert run("cloud-init", path, *ignoring).code == 0
    argv = ("apply", path, "--node", "k8s-2", "--root", str(tmp_path))
    assert (run(*argv).code, run(*argv, *ignoring).code) == (3, 0)


def test_a_file_that_cannot_be_cut_is_read_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    text = site(count=600).replace("[10.0.3.5/16]", "&own [10.0.3.5/16]")
    path = described(tmp_path, text.replace("nodes:\n", "nodes:\n\n# here they come\n"))
    done = run("render", "--nodes", path, "-o", str(tmp_path / "out"), "--json")
    assert (done.code, len(done.json["nodes"])) == (0, 600)


@pytest.mark.parametrize(
    "argv",
    [(), ("ens33",), ("--nodes", "x"), ("ens33", "10.0.0.5/24", "--nodes", "x", "-o", "y")],
)
def test_render_is_told_one_thing_or_the_other(argv: tuple[str, ...]) -> None:
    assert run("render", *argv).code == 2
