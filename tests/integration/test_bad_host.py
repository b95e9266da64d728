"""Hosts that hostnet leaves alone, full disks, two at once: the exit code says what happened."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.integration.cli import DHCP, LOCK, OURS, Ran, content, process, run, tree
from tests.integration.namespaces import (
    AS_NOBODY,
    BOOTED,
    NO_NETPLAN,
    NO_SYSTEMD,
    NOT_ADMIN,
    run_in,
    small_disk,
)
from tests.integration.schemas import check

CLOUD = "etc/netplan/50-cloud-init.yaml"
IFUPDOWN, FOREIGN = "ifupdown, in /etc/network/interfaces", "/etc/systemd/network/05.network"
ASKED = ("static", "ens33", "10.0.0.5/24", "--gateway", "10.0.0.1")


def refused(root: Path, *more: str) -> Ran:
    """Ask for a static address in the image, which must not change it."""
    before = content(root)
    done = run(*ASKED, *more, "--root", str(root))
    assert content(root) == before
    return done


# --- this machine ------------------------------------------------------------------------


def test_a_machine_without_systemd_is_unsuitable() -> None:
    done = run_in(NO_SYSTEMD, *ASKED)
    assert done.code == 4
    assert "systemd does not run this machine" in done.err
    assert "--root DIR" in done.err


def test_a_machine_without_netplan_is_unsuitable() -> None:
    done = run_in(BOOTED + NO_NETPLAN, *ASKED)
    assert done.code == 4
    assert "netplan is not installed" in done.err
    assert "sudo apt-get install netplan.io" in done.err


def test_without_netplan_an_image_is_written_and_called_unproven(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: DHCP})
    done = run_in(NO_NETPLAN, *ASKED, "--root", str(tmp_path), "--json")
    assert (done.code, done.json["outcome"], done.rules) == (0, "written", ["HN042"])
    assert run_in(NO_NETPLAN, "validate", "--root", str(tmp_path), "-j").json["proven"] is False


@pytest.mark.parametrize("who", [NOT_ADMIN, AS_NOBODY], ids=["root of a container", "user"])
def test_who_may_not_change_the_network_gets_the_exact_command(who: tuple[str, ...]) -> None:
    done = run_in(BOOTED, *ASKED, "--dns", "10.0.0.2", "--search", "no", behind=who)
    assert done.code == 4
    assert done.err.endswith(f"Run: sudo hostnet {' '.join(ASKED)} --dns 10.0.0.2 --search no\n")


def test_a_dry_run_on_the_running_host_needs_nothing_but_eyes() -> None:
    done = run_in(BOOTED, "static", "ens33", "--dry-run", "--json", behind=NOT_ADMIN)
    assert (done.code, done.json["outcome"]) == (0, "planned")
    assert "addresses: [10.0.0.9/24]" in done.json["diff"][0]["after"]
    assert "gateway 10.0.0.1 taken over from the live default route" in done.json["reasons"]
    assert done.rules == ["HN040"]


def test_an_unknown_interface_is_refused_with_the_nearest() -> None:
    done = run_in(BOOTED, "static", "ens3", "10.0.0.5/24", "--dry-run")
    assert done.code == 3
    assert "there is no link 'ens3'; the nearest is ens33" in done.err
    done = run_in(BOOTED, "static", "lo", "10.0.0.5/24", "--gateway", "none", "--dry-run", "-j")
    assert (done.code, done.rules) == (3, ["HN032"])


def test_the_marker_of_a_killed_netplan_try_is_told() -> None:
    marker = "\nmkdir -p /run/netplan; : >/run/netplan/netplan-try.ready\n"
    done = run_in(BOOTED + marker, *ASKED, "--dry-run")
    assert done.code == 3
    assert "HN037" in done.err
    assert "/run/netplan/netplan-try.ready" in done.err


# --- who else has the interface ----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "who"),
    [
        ("etc/network/interfaces", "auto ens33\niface ens33 inet dhcp\n", f"{IFUPDOWN}:2"),
        ("etc/network/interfaces.d/lab", "iface ens33 inet6 auto\n", f"{IFUPDOWN}.d/lab:1"),
        ("etc/systemd/network/05.network", "[Match]\nName=eth0 ens*\n", FOREIGN),
        ("run/systemd/network/05.network", "[Match]\nName = ens33\n", "/run/systemd/network/05"),
        (CLOUD, DHCP + "      renderer: NetworkManager\n", "NetworkManager"),
        (CLOUD, DHCP.replace("version: 2", "renderer: NetworkManager"), "NetworkManager"),
    ],
)  # fmt: skip
def test_an_interface_that_another_configures_is_unsuitable(
    name: str, text: str, who: str, tmp_path: Path
) -> None:
    tree(tmp_path, {CLOUD: DHCP, "usr/sbin/ifup": "", name: text})
    done = refused(tmp_path)
    assert done.code == 4
    assert f"ens33 is configured by {who}" in done.err


@pytest.mark.parametrize(
    "files",
    [
        {"etc/network/interfaces": "auto ens34\niface ens34 inet dhcp\n", "usr/sbin/ifup": ""},
        {"etc/network/interfaces": "iface ens33 inet dhcp\n"},
        {"etc/systemd/network/05-lab.network": "[Match]\nName=eth*\n"},
        {"etc/systemd/network/99-lab.network": "[Match]\nName=ens33\n"},
    ],
)
def test_what_concerns_another_interface_does_not_matter(
    files: dict[str, str], tmp_path: Path
) -> None:
    tree(tmp_path, {CLOUD: DHCP, **files})
    assert run(*ASKED, "--root", str(tmp_path)).code == 0


def test_an_owner_in_run_is_made_by_another_program(tmp_path: Path) -> None:
    tree(tmp_path, {"run/netplan/5.yaml": DHCP})
    done = refused(tmp_path)
    assert (done.code, "defined in /run/netplan/5.yaml" in done.err) == (4, True)


@pytest.mark.parametrize("root", ["no/such", "etc/hostname", ""])
def test_a_root_that_is_no_folder_is_unsuitable(root: str, tmp_path: Path) -> None:
    tree(tmp_path, {"etc/hostname": "lab\n"})
    done = run(*ASKED, "--root", str(tmp_path / root) if root else "")
    assert (done.code, "the root" in done.err) == (4, True)


# --- disks, others, races ----------------------------------------------------------------


@pytest.mark.parametrize("left", range(4))
def test_on_a_full_disk_every_file_stays_as_it_is(left: int) -> None:
    with small_disk("256k") as root:
        tree(root, {CLOUD: DHCP + "#" * 5000 + "\n", LOCK: ""})
        (root / LOCK).parent.chmod(0o700)
        with suppress(OSError), (root / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(b"x" * 4096)
        os.truncate(root / "ballast", (root / "ballast").stat().st_size - left * 4096)
        before = content(root)
        done = run(*ASKED, "--root", str(root), "--json")
        assert done.code == 6, done.out
        check("error", done.json)
        assert "No space left on device" in done.json["what"]
        assert content(root) == before
        os.truncate(root / "ballast", 0)
        assert run(*ASKED, "--root", str(root)).code == 0


def test_the_second_of_two_is_told_who_is_at_work(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: DHCP})
    holding = (
        "import sys; from hostnet.host.files import Files\n"
        "with Files(sys.argv[1]) as files, files.lock('/run/hostnet/lock'):\n"
        "    print(flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdin
        assert holder.stdout
        holder.stdout.readline()
        done = refused(tmp_path)
        assert (done.code, f"process {holder.pid} holds" in done.err) == (5, True)
        assert run(*ASKED, "--root", str(tmp_path), "--dry-run").code == 0, "a plan writes nothing"
        holder.stdin.close()
    assert run(*ASKED, "--root", str(tmp_path)).code == 0


def test_of_many_at_once_each_is_done_or_told_to_wait(tmp_path: Path) -> None:
    tree(tmp_path, {CLOUD: DHCP})

    def ask(number: int) -> Ran:
        return process("static", f"ens{number}", f"10.0.{number}.5/24", "--gateway", "none",
                       "--root", str(tmp_path))  # fmt: skip

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(ask, range(4)))
    assert {done.code for done in ended} <= {0, 5}
    text = (tmp_path / OURS).read_text()
    for number, done in enumerate(ended):
        assert (f"    ens{number}:\n" in text) is (done.code == 0)
    assert run("validate", "--root", str(tmp_path)).code == 0


@pytest.mark.parametrize("swapped", ["etc/netplan", "etc"])
def test_a_link_swapped_in_while_we_write_leads_nowhere(swapped: str, tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"netplan/50-cloud-init.yaml": DHCP, "keep": "x"})
    inside = tree(tmp_path / "image", {CLOUD: DHCP})
    (inside / "aside").symlink_to(outside if swapped == "etc" else outside / "netplan")
    before = content(outside)
    stop = threading.Event()

    def swap() -> None:
        while not stop.wait(0.0005):
            exchange(inside / swapped, inside / "aside")

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        ended = [
            run(
                "static", "ens33", f"10.0.0.{number}/24", "--gateway", "none", "--root", str(inside)
            )
            for number in range(2, 27)
        ]
    finally:
        stop.set()
        swapper.join()
    assert content(outside) == before
    assert {done.code for done in ended} <= {0, 3, 4, 6, 7}
    assert not list(tmp_path.rglob(".hostnet-*")) or any(done.code == 7 for done in ended)


def exchange(one: Path, other: Path) -> None:
    """Give each the other's name at one stroke, so that neither is ever missing."""
    cwd, both = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(cwd, os.fsencode(one), cwd, os.fsencode(other), both) != 0:
        raise OSError(ctypes.get_errno(), "renameat2")
