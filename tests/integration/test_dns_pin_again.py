"""A pin of an image laid a second time: it is there already, and what it replaced is not lost."""

from __future__ import annotations

from pathlib import Path

from tests.integration.cli import run, tree
from tests.lab import kubelet

UNIT = "systemd-resolved.service"
STUB = "../run/systemd/resolve/stub-resolv.conf"
CONFIG = kubelet.CONFIG.removeprefix("/")
DIRECT = ("dns", "pin", "10.0.0.2", "--mode", "direct", "--repoint-kubelet")


def node(root: Path) -> str:
    tree(root, {
        "etc/netplan/a.yaml": "network:\n  ethernets:\n    ens33:\n      dhcp4: true\n",
        f"usr/lib/systemd/system/{UNIT}": "[Unit]\n",
        f"etc/systemd/system/sysinit.target.wants/{UNIT}": "",
        "run/systemd/resolve/stub-resolv.conf": "nameserver 127.0.0.53\noptions edns0 trust-ad\n",
        CONFIG: kubelet.config(),
    })  # fmt: skip
    (root / "etc/resolv.conf").symlink_to(STUB)
    return str(root)


def test_nothing_is_left_to_do(tmp_path: Path) -> None:
    root = node(tmp_path)
    first = run(*DIRECT, "--root", root, "--json")
    assert first.code == 0, first.out
    assert f"resolvConf: {kubelet.HOST}\n" in (tmp_path / CONFIG).read_text()
    (tmp_path / "run/systemd/resolve/stub-resolv.conf").unlink()  # with the next boot
    for argv in (DIRECT, DIRECT[:-1]):
        again = run(*argv, "--root", root, "--json", "--dry-run")
        assert (again.code, again.json["diff"]) == (0, []), again.out


def test_other_servers_leave_kubelet_where_it_is_and_unpin_brings_all_back(tmp_path: Path) -> None:
    root = node(tmp_path)
    assert run(*DIRECT, "--root", root).code == 0
    other = run("dns", "pin", "10.0.0.3", "--mode", "direct", "--root", root, "--json")
    assert {each["path"] for each in other.json["diff"]} == {"/etc/resolv.conf"}, other.out
    assert run("dns", "unpin", "--root", root).code == 0
    assert (tmp_path / CONFIG).read_text() == kubelet.config()
    assert (tmp_path / "etc/resolv.conf").readlink() == Path(STUB)


def test_a_links_own_nameservers_are_pinned_or_refused(tmp_path: Path) -> None:
    root = node(tmp_path)
    assert run("dns", "pin", "10.0.0.2", "--root", root).code == 0
    static = ("static", "ens33", "10.0.0.5/24", "--gateway", "10.0.0.1", "--root", root, "--json")
    other = run(*static, "--dns", "10.0.0.3")
    assert (other.code, [each["id"] for each in other.json["findings"]]) == (3, ["HN052"])
    assert run(*static, "--dry-run").code == 0
    both = run(*static, "--dns", "10.0.0.3", "--pin-dns")
    assert both.code == 0, both.out
    drop_in = tmp_path / "etc/systemd/resolved.conf.d/99-hostnet.conf"
    assert "10.0.0.3" in drop_in.read_text()
    assert run("dns", "unpin", "--root", root).code == 0
    netplan = (tmp_path / "etc/netplan/90-hostnet.yaml").read_text()
    assert "10.0.0.5/24" in netplan
    assert "use-dns" not in netplan
    assert not drop_in.exists()
