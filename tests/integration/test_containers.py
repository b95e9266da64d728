"""hostnet cni, and --kubernetes: below another root, where nothing is put in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from hostnet.protection.places import LINK, NETWORK_MANAGER, OPT_OUTS, UNMANAGED, keeper
from tests.integration.cli import DHCP, OURS, Ran, as_nobody, content, run, times, tree
from tests.integration.schemas import check

CLOUD = "etc/netplan/50-cloud-init.yaml"
CNI = {"etc/cni/net.d/10-flannel.conflist": "{}\n"}
STATIC = DHCP.replace("dhcp4: true", "addresses: [10.0.0.5/24]")
ASKED = ("static", "ens33", "10.0.0.5/24", "--gateway", "10.0.0.1")
EVERY = {path[1:] for path in (OPT_OUTS, UNMANAGED, LINK, keeper("ens33"))}


def cni(verb: str, root: Path, *argv: str) -> Ran:
    return run("cni", verb, "--root", str(root), *argv)


def test_it_is_protected_once_and_unprotected_whole(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: STATIC})
    before = content(tmp_path)
    planned = cni("protect", tmp_path, "--dry-run", "--exit-code")
    assert (planned.code, content(tmp_path)) == (10, before)
    assert "container networks: would change; nothing was written\n" in planned.out
    done = cni("protect", tmp_path)
    assert done.code == 0, done.err
    assert done.out.endswith("container networks: written, in force at the image's next boot\n")
    for path in EVERY:
        assert f"+++ /{path}\n" in done.out
        assert (tmp_path / path).read_text().startswith("# Made by hostnet")
        assert (tmp_path / path).stat().st_mode & 0o777 == 0o644

    first = times(tmp_path)
    again = cni("protect", tmp_path, "--exit-code")
    assert (again.code, again.out) == (0, "container networks: already so\n")
    assert times(tmp_path) == first

    assert cni("unprotect", tmp_path).code == 0
    assert {path for path in EVERY if (tmp_path / path).exists()} == set()
    assert (tmp_path / CLOUD).read_text() == STATIC
    assert cni("unprotect", tmp_path).out == "container networks: already so\n"


@pytest.mark.parametrize(("files", "argv"), [(CNI, ()), ({}, ("--kubernetes",))])
def test_it_is_part_of_a_plan(tmp_path: Path, files: dict[str, str], argv: tuple[str, ...]) -> None:
    tree(tmp_path, {CLOUD: DHCP, **files})
    done = run(*ASKED, "--root", str(tmp_path), *argv)
    assert done.code == 0, done.err
    assert {path for path in EVERY if (tmp_path / path).is_file()} == EVERY
    assert (tmp_path / OURS).is_file()
    assert run(*ASKED, "--root", str(tmp_path), *argv).out == "ens33: already so\n"


def test_it_is_no_part_of_a_plan_where_nobody_asks_for_it(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: DHCP})
    assert run(*ASKED, "--root", str(tmp_path)).code == 0
    assert not (tmp_path / OPT_OUTS[1:]).exists()


def test_networkmanager_is_told_where_it_is(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: STATIC, "usr/sbin/NetworkManager": ""})
    assert cni("protect", tmp_path).code == 0
    assert "unmanaged-devices+=" in (tmp_path / NETWORK_MANAGER[1:]).read_text()


def test_the_opt_outs_are_those_of_the_networkd_that_is_there(tmp_path: Path) -> None:
    program = "usr/lib/systemd/systemd-networkd"
    tree(tmp_path, {CLOUD: STATIC, program: "Network.ManageForeignRoutes\n"})
    done = cni("protect", tmp_path)
    assert "does not know ManageForeignNextHops" in done.err
    assert "NextHops" not in (tmp_path / OPT_OUTS[1:]).read_text()
    (tmp_path / program).write_text("Network.ManageForeignNextHops\n")
    assert cni("protect", tmp_path).code == 0
    assert "ManageForeignNextHops=no\n" in (tmp_path / OPT_OUTS[1:]).read_text()


def test_with_a_container_network_its_protection_stays(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: STATIC, **CNI})
    assert cni("protect", tmp_path).code == 0
    before = content(tmp_path)
    refused = cni("unprotect", tmp_path, "--json")
    assert (refused.code, refused.rules) == (3, ["HN063"])
    assert content(tmp_path) == before
    assert cni("unprotect", tmp_path, "--ignore", "HN063").code == 0
    assert {path for path in EVERY if (tmp_path / path).exists()} == set()


def test_a_strangers_file_is_refused_and_left_on_request(tmp_path: Path) -> None:
    theirs = "[Match]\nName=*\n"
    tree(tmp_path, {CLOUD: STATIC, UNMANAGED[1:]: theirs})
    before = content(tmp_path)
    for argv in (("cni", "protect"), ASKED, ("cni", "unprotect")):
        refused = run(*argv, "--root", str(tmp_path), "--json", *["--kubernetes"] * (argv is ASKED))
        assert (refused.code, refused.rules) == (3, ["HN061"])
    assert content(tmp_path) == before
    assert cni("protect", tmp_path, "--ignore", "HN061").code == 0
    assert (tmp_path / UNMANAGED[1:]).read_text() == theirs
    assert (tmp_path / OPT_OUTS[1:]).is_file()


def test_it_is_told_how_an_image_stands(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: STATIC, **CNI})
    found = cni("status", tmp_path, "--json", "--exit-code")
    check("cni", found.json)
    assert (found.code, found.rules) == (10, ["HN062"])
    assert found.json["signs"] == ["/etc/cni/net.d/10-flannel.conflist"]
    assert {file["state"] for file in found.json["files"]} == {"absent"}
    assert cni("protect", tmp_path).code == 0
    found = cni("status", tmp_path, "--json", "--exit-code")
    assert (found.code, found.json["protected"], found.rules) == (0, True, [])
    assert {file["loaded"] for file in found.json["files"]} == {None}
    assert f"{OPT_OUTS}: as-wanted\n" in cni("status", tmp_path).out


def test_an_ordinary_user_is_told_how_this_machine_stands() -> None:
    found = as_nobody("cni", "status", "--json")
    assert found.code == 0, found.err
    check("cni", found.json)
