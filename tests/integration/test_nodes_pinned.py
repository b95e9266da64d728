"""Nodes that pin DNS, below a root: the same files as `hostnet static --pin-dns`, and rendered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.integration.cli import OURS, content, run, times
from tests.integration.schemas import check
from tests.integration.test_dns_pin_again import node as resolved
from tests.integration.test_nodes import NODE, described

PINNED = "var/lib/hostnet/pinned.json"


def files(root: Path) -> dict[str, tuple[str, int, int, bytes]]:
    return {name: found for name, found in content(root).items() if found[0][0] != "d"}


@pytest.mark.parametrize(
    ("dns", "options"),
    [
        ("{}", ("--pin-dns",)),
        ("{mode: direct, repoint-kubelet: true}", ()),
        ("{servers: [10.9.0.2, '10.9.0.3#dns.example'], search: lab.example, strict: true}", ()),
    ],
)
def test_a_node_pins_dns_in_the_same_change(
    tmp_path: Path, dns: str, options: tuple[str, ...]
) -> None:
    roots = [resolved(tmp_path / name) for name in ("bare", "pinned", "static")]
    bare, pinned, static = map(Path, roots)
    one = NODE.replace(NODE.splitlines()[2] + "\n", "")
    assert run("apply", described(tmp_path, one), "--root", roots[0]).code == 0
    path = described(tmp_path, f"{one}dns: {dns}\n")
    argv = ("apply", path, "--root", roots[1])
    before = content(pinned)
    assert run(*argv, "--dry-run").code == 0
    assert content(pinned) == before
    done = run(*argv)
    assert done.code == 0, done.err
    assert (pinned / PINNED).is_file()
    if options:
        ens33 = ("ens33", "192.168.141.134/24", "--gateway", "192.168.141.1")
        argv_static = ("static", *ens33, "--dns", "192.168.141.1", *options, "--root", roots[2])
        assert run(*argv_static).code == 0
        assert content(pinned) == content(static)
    was = times(pinned)
    assert run(*argv, "--exit-code").out == "node: already so\n"
    assert times(pinned) == was
    assert run("dns", "unpin", "--root", roots[1]).code == 0
    assert files(pinned) == files(bare)


def test_where_dns_is_pinned_a_node_that_does_not_say_so_names_no_others(tmp_path: Path) -> None:
    root = resolved(tmp_path / "root")
    path = described(tmp_path, f"{NODE}dns: {{servers: 10.9.0.2}}\n")
    assert run("apply", path, "--root", root).code == 0
    before = content(Path(root))
    done = run("apply", described(tmp_path, NODE), "--root", root, "--json")
    assert (done.code, done.rules) == (3, ["HN052"])
    none = described(tmp_path, NODE.replace("nameservers: 192.168.141.1", "mtu: 1500"))
    assert run("apply", none, "--root", root).code == 0
    kept = content(Path(root))
    changed = {name for name in kept if kept[name] != before[name]}
    assert changed == {OURS}
    bad = described(tmp_path, f"{NODE}dns: {{servers: 127.0.0.53}}\n")
    assert "HN022" in run("apply", bad, "--root", root, "--json").rules


def test_a_pin_is_rendered_beside_netplans_file_for_any_release(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    text = "nodes:\n" + "".join(
        f"- node: {name}\n  dns: {dns}\n" + "".join(f"  {line}\n" for line in NODE.splitlines())
        for name, dns in (
            ("a", "{}"),
            ("b", "{mode: direct, search: lab.example}"),
            ("c", "{servers: '10.9.0.2#dns.example'}"),
        )
    )
    path = described(tmp_path, text)
    argv = ("render", "--nodes", path, "-o", str(tmp_path / "out"), "--ignore", "HN093", "--json")
    done = run(*argv)
    assert done.code == 0, done.out
    check("site", done.json)
    drop_in = "etc/systemd/resolved.conf.d/99-hostnet.conf"
    advertised = [
        f"etc/systemd/network/10-netplan-ens3{at}.network.d/90-hostnet-dns.conf" for at in (3, 4)
    ]
    beside = [f"{name}/{each}" for name in "abc" for each in
              (["etc/resolv.conf"] if name == "b" else [drop_in, *advertised])]  # fmt: skip
    assert done.json["beside"] == beside
    out = tmp_path / "out"
    assert sorted(files(out)) == sorted([*beside, "a.yaml", "b.yaml", "c.yaml"])
    assert "nameserver 192.168.141.1\nsearch lab.example\n" in (out / beside[3]).read_text()
    for name in "ac":
        root = Path(resolved(tmp_path / name))
        assert (
            run("apply", path, "--node", name, "--root", str(root), "--ignore", "HN093").code == 0
        )
        assert (out / name / drop_in).read_bytes() == (root / drop_in).read_bytes()
        assert "ra-overrides" not in (out / f"{name}.yaml").read_text()
        names = [yaml_of(each)["ethernets"]["ens33"].get("nameservers")
                 for each in (out / f"{name}.yaml", root / OURS)]  # fmt: skip
        assert names[0] == names[1] == ({"addresses": ["192.168.141.1"]} if name == "a" else None)
    was = times(out)
    assert run(*argv).code == 0
    assert times(out) == was


def yaml_of(path: Path) -> Any:  # noqa: ANN401
    return YAML(typ="safe").load(path.read_text())["network"]
