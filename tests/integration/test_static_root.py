"""`hostnet static --root DIR` and --dry-run on image trees, from the words to the bytes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from hostnet.netplan.edit import HEADER
from tests.integration.cli import DHCP, LOCK, OURS, content, process, run, times, tree
from tests.integration.schemas import check

CLOUD = "etc/netplan/50-cloud-init.yaml"
SWITCH = "etc/cloud/cloud.cfg.d/99-hostnet-network.cfg"
ASKED = ("static", "ens33", "192.168.141.134/24", "--gateway", "192.168.141.1")
CLOUD_INIT = """\
# This file is generated from information provided by the datasource.
network:
    ethernets:
        ens33:
            dhcp4: true
            match:
                macaddress: 00:0c:29:aa:bb:cc
            set-name: ens33
            wakeonlan: true
    version: 2
"""
HUMAN = """\
# The lab's second rack.
network:
  version: 2
  renderer: networkd
  ethernets:
    # towards the switch
    ens33:   # was eth0
      dhcp4: yes
      optional: true

    ens34: {dhcp4: no, addresses: [ "10.1.1.1/24" ]}   # storage; do not touch
  vlans: {}
"""


def static(root: Path, *argv: str) -> str:
    """Run it on the image, and return hostnet's own file there."""
    done = run(*argv, "--root", str(root), "--json")
    assert done.code == 0, done.out
    check("result", done.json)
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)  # as netplan has it: `yes` of a stranger's file is true
    text = (root / OURS).read_text()
    check("netplan", yaml.load(text))
    return text


def test_the_whole_way_in_a_process_of_its_own(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: CLOUD_INIT})
    argv = (*ASKED, "--dns", "192.168.141.2", "--search", "lab.example", "--root", str(tmp_path))
    before = times(tmp_path)
    planned = process(*argv, "--dry-run")
    assert (planned.code, times(tmp_path)) == (0, before)
    assert "+      addresses: [192.168.141.134/24]" in planned.out.splitlines()
    assert "ens33: would change; nothing was written" in planned.out
    done = process(*argv)
    assert (done.code, done.err.count("\n- ")) == (0, 1)
    assert "ens33: written, in force at the image's next boot" in done.out
    assert (tmp_path / OURS).read_text() == (
        f"{HEADER}network:\n"
        "  version: 2\n"
        "  ethernets:\n"
        "    ens33:\n"
        "      dhcp4: false\n"
        "      match:\n"
        "        macaddress: 00:0c:29:aa:bb:cc\n"
        "      set-name: ens33\n"
        "      wakeonlan: true\n"
        "      addresses: [192.168.141.134/24]\n"
        "      routes:\n"
        "        - to: default\n"
        "          via: 192.168.141.1\n"
        "      nameservers:\n"
        "        addresses: [192.168.141.2]\n"
        "        search: [lab.example]\n"
    )
    assert (tmp_path / CLOUD).read_text() == (
        "# This file is generated from information provided by the datasource.\n"
        "network:\n    version: 2\n"
    )
    assert "config: disabled" in (tmp_path / SWITCH).read_text()
    before = times(tmp_path)
    again = process(*argv, "--exit-code")
    assert (again.code, again.out) == (0, "ens33: already so\n")
    assert times(tmp_path) == before, "a second run touches nothing"


def test_what_is_written_is_private_signed_and_nothing_else(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: DHCP})
    static(tmp_path, *ASKED)
    modes = {
        path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.stat().st_mode)
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    assert modes == {CLOUD: 0o600, OURS: 0o600, SWITCH: 0o644, LOCK: 0o600}
    for name in (OURS, SWITCH):
        assert (tmp_path / name).read_text().startswith("# Made by hostnet")
        assert (tmp_path / name).stat().st_uid == os.geteuid()


@pytest.mark.parametrize(
    ("files", "switched"),
    [
        ({"etc/netplan/01-netcfg.yaml": DHCP}, False),
        ({CLOUD: DHCP}, True),
        ({"etc/netplan/a.yaml": DHCP, "etc/cloud/cloud.cfg": "users: []\n"}, True),
        ({CLOUD: DHCP, "etc/cloud/cloud.cfg": "network: {config: disabled}\n"}, False),
        ({CLOUD: DHCP, "etc/cloud/cloud.cfg.d/9.cfg": "network:\n  config: disabled\n"}, False),
        ({CLOUD: DHCP, "etc/cloud/cloud.cfg.d/9.cfg": "network: {version: 2}\n"}, True),
    ],
)
def test_cloud_init_is_switched_off_where_it_is(
    files: dict[str, str], switched: object, tmp_path: Path
) -> None:
    static(tree(tmp_path, files), *ASKED)
    assert (tmp_path / SWITCH).exists() == switched


@pytest.mark.parametrize(
    "name", ["50-cloud-init.yaml", "00-installer-config.yaml", "90-hostnet.yaml", "zz top.yaml"]
)
def test_whatever_the_owner_is_called_it_is_found(name: str, tmp_path: Path) -> None:
    tree(tmp_path, {f"etc/netplan/{name}": DHCP})
    assert "dhcp4: false" in static(tmp_path, *ASKED)
    defined = [p.name for p in (tmp_path / "etc/netplan").iterdir() if "ens33:" in p.read_text()]
    assert defined == ["90-hostnet.yaml"]


def test_a_humans_file_keeps_every_other_byte(tmp_path: Path) -> None:
    tree(tmp_path, {"etc/netplan/rack.yaml": HUMAN})
    (tmp_path / "etc/netplan/rack.yaml").chmod(0o640)
    ours = static(tmp_path, *ASKED)
    assert "optional: true" in ours
    left = (tmp_path / "etc/netplan/rack.yaml").read_text()
    kept = [line for line in HUMAN.splitlines() if line in left.splitlines()]
    assert [line for line in HUMAN.splitlines() if line not in kept] == [
        "    ens33:   # was eth0",
        "      dhcp4: yes",
        "      optional: true",
    ]
    assert set(left.splitlines()) <= set(HUMAN.splitlines())
    assert stat.S_IMODE((tmp_path / "etc/netplan/rack.yaml").stat().st_mode) == 0o640


def test_several_files_each_give_the_interface_up(tmp_path: Path) -> None:
    more = "network:\n  ethernets:\n    ens33: {mtu: 1400}\n    ens34: {dhcp4: true}\n"
    tree(tmp_path, {"etc/netplan/10.yaml": DHCP, "etc/netplan/20.yaml": more})
    assert "mtu: 1400" in static(tmp_path, *ASKED)
    assert (tmp_path / "etc/netplan/10.yaml").read_text() == "network:\n  version: 2\n"
    assert (tmp_path / "etc/netplan/20.yaml").read_text() == (
        "network:\n  ethernets:\n    ens34: {dhcp4: true}\n"
    )


def test_a_definition_that_others_refer_to_leaves_its_key(tmp_path: Path) -> None:
    vlan = "  vlans:\n    lab: {id: 5, link: ens33, addresses: [10.5.0.1/24]}\n"
    tree(tmp_path, {CLOUD: DHCP + vlan})
    static(tmp_path, *ASKED)
    assert "    ens33: {}\n" in (tmp_path / CLOUD).read_text()


def test_an_owner_in_lib_is_shadowed(tmp_path: Path) -> None:
    tree(tmp_path, {"lib/netplan/00-network.yaml": DHCP})
    static(tmp_path, *ASKED)
    assert (tmp_path / "lib/netplan/00-network.yaml").read_text() == DHCP
    shadow = tmp_path / "etc/netplan/00-network.yaml"
    assert (shadow.read_text(), shadow.stat().st_mode & 0o777) == (
        "network:\n  version: 2\n", 0o600,
    )  # fmt: skip
    assert run(*ASKED, "--root", str(tmp_path)).out == "ens33: already so\n"


def test_an_owner_that_is_a_symlink_stays_one(tmp_path: Path) -> None:
    tree(tmp_path, {"usr/share/net.yaml": DHCP, "etc/netplan/keep": ""})
    (tmp_path / CLOUD).symlink_to("/usr/share/net.yaml")
    static(tmp_path, *ASKED)
    assert (tmp_path / CLOUD).is_symlink()
    assert (tmp_path / "usr/share/net.yaml").read_text() == "network:\n  version: 2\n"


@pytest.mark.parametrize("match", ["{name: 'en*'}", "{driver: virtio_net}"])
def test_a_covering_match_is_refused_where_no_link_can_be_seen(match: str, tmp_path: Path) -> None:
    covering = f"network:\n  version: 2\n  ethernets:\n    all: {{match: {match}, dhcp4: true}}\n"
    tree(tmp_path, {CLOUD: covering})
    before = content(tmp_path)
    done = run(*ASKED, "--root", str(tmp_path), "--json")
    assert (done.code, done.rules) == (3, ["HN035"])
    assert (done.json["findings"][0]["path"], done.json["findings"][0]["line"]) == (f"/{CLOUD}", 4)
    assert content(tmp_path) == before
    assert run(*ASKED, "--root", str(tmp_path), "--ignore", "HN035").code == 0


def test_a_change_of_one_interface_leaves_the_other_byte_for_byte(tmp_path: Path) -> None:
    static(tmp_path, *ASKED)
    one = (tmp_path / OURS).read_text()
    both = static(tmp_path, "static", "ens34", "2001:db8::5/64", "--gateway", "fe80::1")
    assert both.startswith(one)
    changed = static(tmp_path, "static", "ens34", "2001:db8::6/64", "--gateway", "fe80::1")
    assert changed == both.replace("db8::5", "db8::6")


def test_ipv4_leaves_what_is_said_of_ipv6(tmp_path: Path) -> None:
    both = DHCP + "      dhcp6: true\n      accept-ra: yes\n      addresses: ['2001:db8::9/64']\n"
    ours = static(tree(tmp_path, {CLOUD: both}), *ASKED)
    for line in ("dhcp4: false", "dhcp6: true", "accept-ra: yes"):
        assert f"      {line}\n" in ours
    assert "2001:db8::9/64" in ours


def test_keep_dhcp_keeps_the_lease_without_its_routes_and_servers(tmp_path: Path) -> None:
    ours = static(tree(tmp_path, {CLOUD: DHCP}), *ASKED, "--keep-dhcp", "--dns", "10.0.0.2")
    assert "dhcp4: true" in ours
    assert "use-routes: false" in ours
    assert "use-dns: false" in ours


@pytest.mark.parametrize(
    ("argv", "rule"),
    [
        (["192.168.141.0/24", "--gateway", "192.168.141.1"], "HN013"),
        (["192.168.141.255/24", "--gateway", "192.168.141.1"], "HN014"),
        (["127.0.0.5/8", "--gateway", "none"], "HN015"),
        (["224.0.0.5/24", "--gateway", "none"], "HN015"),
        (["0.0.0.0/0", "--gateway", "none"], "HN010"),
        (["192.168.141.134", "--gateway", "none"], "HN011"),
        (["192.168.141.134/33", "--gateway", "none"], "HN010"),
        (["10.0.0.5/24", "10.0.0.5/24", "--gateway", "none"], "HN016"),
        (["192.168.141.134/24", "--gateway", "10.9.9.9"], "HN012"),
        (["192.168.141.134/24", "--gateway", "192.168.141.134"], "HN017"),
        (["192.168.141.134/24", "--gateway", "gw"], "HN018"),
        (["192.168.141.134/24"], "HN019"),
        (["192.168.141.134/24", "--gateway", "192.168.141.1", "--dns", "0.0.0.0"], "HN022"),
        (["192.168.141.134/24", "--gateway", "192.168.141.1", "--dns", "one"], "HN021"),
        (["10.0.0.5/24", "--gateway", "none", *("--dns 10.0.0.%d " * 4 % (1, 2, 3, 4)).split()],
         "HN023"),
        (["10.0.0.5/24", "--gateway", "none", "--route", "10.1.0.1/16,10.0.0.1"], "HN026"),
        (["10.0.0.5/24", "--gateway", "none", "--mtu", "67"], "HN027"),
        (["2001:db8::5/64", "--gateway", "none", "--mtu", "1279"], "HN027"),
        (["10.0.0.5/24", "--gateway", "10.0.0.1", "--gateway", "10.0.0.2"], "HN029"),
        ([], "HN039"),
    ],
)  # fmt: skip
def test_what_would_be_regretted_is_refused(argv: list[str], rule: str, tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: DHCP})
    before = content(tmp_path)
    done = run("static", "ens33", *argv, "--root", str(tmp_path), "--json")
    assert rule in done.rules
    assert done.code == (2 if rule in ("HN010", "HN011", "HN018", "HN021") else 3)
    assert content(tmp_path) == before


def test_an_address_of_another_interface_and_a_second_default_are_refused(tmp_path: Path) -> None:
    other = DHCP + (
        "    ens34:\n      addresses: [10.0.0.5/24]\n      routes: [{to: default, via: 10.0.0.1}]\n"
    )
    tree(tmp_path, {CLOUD: other})
    argv = ("static", "ens33", "10.0.0.5/24", "--gateway", "10.0.0.1", "--root", str(tmp_path))
    done = run(*argv, "--json")
    assert (done.code, sorted(done.rules)) == (3, ["HN016", "HN020"])
    assert run(*argv, "--ignore", "HN016", "--ignore", "default-route-conflict").code == 0


def test_our_file_becomes_roots_alone_again(tmp_path: Path) -> None:
    tree(tmp_path, {"etc/netplan/00-installer-config.yaml": DHCP})
    asked = ("static", "ens33", "10.0.0.5/24", "--gateway", "10.0.0.1", "--root", str(tmp_path))
    assert run(*asked).code == 0
    ours = tmp_path / "etc/netplan/90-hostnet.yaml"
    ours.chmod(0o644)
    assert "mode 0644 becomes 0600" in run(*asked).out
    assert ours.stat().st_mode & 0o777 == 0o600
    assert "already so" in run(*asked).out


def test_the_loopback_is_refused_without_a_host_too(tmp_path: Path) -> None:
    tree(tmp_path, {})
    done = run("static", "lo", "10.0.0.5/24", "--gateway", "none", "--root", str(tmp_path))
    assert (done.code, "HN032" in done.err) == (3, True)
    assert run("render", "lo", "10.0.0.5/24", "--gateway", "none").code == 3
