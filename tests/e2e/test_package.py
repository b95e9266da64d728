"""The Debian packages' life on booted hosts and in image trees.

The network is touched only on request, and dpkg never stays half-way, whatever becomes of a change.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.e2e.steps import OURS, WANTED, Hosts, configuration, files_of, hostnet, on_each
from tests.lab import SUITES, fixtures
from tests.lab.commands import ENVIRONMENT, Completed, execute
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory
from tests.lab.machine import Nic
from tests.lab.waiting import until

DEBS = "/var/tmp/debs"
NONINTERACTIVE = {"DEBIAN_FRONTEND": "noninteractive"}
BOTH = ("hostnet", "python3-hostnet")
INSTALLED = dict.fromkeys(BOTH, "install ok installed")
ANSWERS = {"interface": "ens33", "address": f"{WANTED}/24", "nameservers": "192.168.141.1"}
JOURNAL = "/var/lib/hostnet"


@pytest.fixture(scope="module")
def newer(debs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same packages as if of a later version."""
    folder = tmp_path_factory.mktemp("newer")
    for deb in debs:
        tree = folder / "tree"
        subprocess.run(["dpkg-deb", "--raw-extract", str(deb), str(tree)], check=True)
        control = tree / "DEBIAN/control"
        control.write_text(control.read_text().replace("0.1.0", "0.1.0+later"))
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", "--build", str(tree), str(folder)],
            check=True,
            capture_output=True,
        )
        subprocess.run(["rm", "-r", str(tree)], check=True)
    return sorted(folder.glob("*.deb"))


def dpkg(host: Host, *argv: str, exits: int = 0) -> Completed:
    done = host.run(["dpkg", *argv], check=False, env=NONINTERACTIVE, timeout=180)
    assert done.returncode == exits, f"{host.suite}: {done.output}"
    return done


def install(host: Host, debs: Sequence[Path]) -> str:
    done = dpkg(host, "--install", *brought(host, debs))
    assert states(host) == INSTALLED, done.output
    return done.output


def brought(host: Host, debs: Sequence[Path]) -> list[str]:
    """Where the packages are inside of the host."""
    for deb in debs:
        host.write(f"{DEBS}/{deb.name}", deb.read_bytes())
    return [f"{DEBS}/{deb.name}" for deb in debs]


def states(host: Host) -> dict[str, str]:
    argv = ["dpkg-query", "--show", "--showformat=${Package}=${Status}\n", *BOTH]
    lines = host.run(argv, check=False).stdout.splitlines()
    return dict(line.split("=") for line in lines)


def preseed(host: Host, answers: Mapping[str, str]) -> None:
    lines = (f"hostnet hostnet/{name} string {value}\n" for name, value in answers.items())
    host.run(["debconf-set-selections"], input="".join(lines))


def networkd(host: Host) -> int:
    return host.unit_state("systemd-networkd.service").pid


def test_the_life_of_the_packages(
    laboratory: type[Laboratory], debs: list[Path], newer: list[Path]
) -> None:
    def scenario(host: Host) -> None:
        leased = host.wait_address()
        before, pid = configuration(host), networkd(host)

        # Installed, it is there and has changed nothing.
        said = install(host, debs)
        assert "hostnet: hostnet" not in said
        assert hostnet(host, "--version").stdout == "hostnet 0.1.0\n"
        unit = host.unit_state("hostnet-recover.service")
        assert (unit.enabled, unit.active) == ("enabled", "inactive")
        assert not host.exists(JOURNAL)

        # Upgraded while a change waits: undone by the code that began it.
        hostnet(host, "static", "ens33", f"{WANTED}/24", "--confirm", "300")
        assert len(host.addresses()) == 2
        install(host, newer)
        assert [address.partition("/")[0] for address in host.addresses()] == [leased]
        assert hostnet(host, "recover").stdout == "no change is open\n"
        assert (files_of(host, "/etc/netplan"), networkd(host)) == (
            {k: v for k, v in before.files.items() if k.startswith("/etc/netplan/")},
            pid,
        )

        # Removed and purged: what it configured stays, what it remembered goes.
        hostnet(host, "static", "ens33", f"{WANTED}/24")
        changed = configuration(host)
        dpkg(host, "--remove", *BOTH)
        assert (configuration(host), host.exists(JOURNAL)) == (changed, True)
        dpkg(host, "--purge", *BOTH)
        assert (configuration(host), host.exists(JOURNAL)) == (changed, False)
        assert states(host) == {}
        assert host.run(["sh", "-c", "find /etc -xtype l -lname '*hostnet*'"]).stdout == ""

        # And once more, as if nothing had been.
        install(host, debs)
        assert configuration(host) == changed
        assert hostnet(host, "static", "ens33", f"{WANTED}/24").stdout == "ens33: already so\n"
        assert networkd(host) == pid

    with laboratory() as lab:
        on_each(lab.hosts(fixtures.installer_dhcp()), scenario)


def test_answers_of_debconf_are_carried_out_or_told_of(
    laboratory: type[Laboratory], debs: list[Path]
) -> None:
    def scenario(host: Host) -> None:
        leased = host.wait_address()
        before = configuration(host)

        # 192.168.141.9 is nobody: the change fails, and the installation does not.
        preseed(host, {**ANSWERS, "gateway": "192.168.141.9"})
        said = install(host, debs)
        asked = f"static ens33 {WANTED}/24 --gateway 192.168.141.9 --dns 192.168.141.1"
        assert f"To retry: hostnet {asked}\n" in said
        assert configuration(host) == before
        assert host.wait_address() == leased

        # Answered anew it is done, at once and for good.
        preseed(host, {**ANSWERS, "gateway": "192.168.141.1"})
        host.run(["dpkg-reconfigure", "hostnet"], env=NONINTERACTIVE, timeout=120)
        assert host.addresses() == [f"{WANTED}/24"]
        until(lambda: len(host.routes("default")) == 1, "no default route")
        hostnet(host, "status", "--exit-code")

        # An answer is no standing order: what was changed since is left.
        hostnet(host, "static", "ens33", "192.168.141.135/24")
        install(host, debs)
        assert host.addresses() == ["192.168.141.135/24"]

    with laboratory() as lab:
        on_each(lab.hosts(fixtures.installer_dhcp()), scenario)


def test_an_image_is_written_and_nothing_else(
    laboratory: type[Laboratory], debs: list[Path]
) -> None:
    def scenario(host: Host) -> None:
        preseed(host, {**ANSWERS, "gateway": "192.168.141.1"})
        done = building(host, "dpkg", "--install", *brought(host, debs))
        assert done.returncode == 0, done.output
        assert states(host) == INSTALLED
        assert "hostnet: hostnet static ens33" in done.output
        assert "To retry" not in done.output
        assert f"{WANTED}/24" in host.read(OURS)
        assert not host.exists(JOURNAL)
        # Else the change would be one of the machine that builds.
        done = building(host, "hostnet", "static", "eth0", "10.0.0.5/24")
        assert (done.returncode, "--root /." in done.stderr) == (4, True), done.output
        host.boot()
        assert host.wait_address() == WANTED
        assert [route["gateway"] for route in host.routes("default")] == ["192.168.141.1"]

    with laboratory() as lab:
        machine = fixtures.installer_dhcp()
        on_each({suite: lab.host(suite, machine, boot=False) for suite in SUITES}, scenario)


def building(host: Host, *argv: str) -> Completed:
    """Run it in the tree of a host that is off, with what many builders of images mount there.

    That is /proc, and a /run of the builder's own in which systemd runs.
    """
    script = (
        'root=$1; shift; mount -t proc proc "$root/proc"; mount -t tmpfs tmpfs "$root/run"; '
        'mkdir -p "$root/run/systemd/system"; chroot "$root" "$@"; exit $?'
    )
    inside = ["unshare", "--pid", "--fork", "--mount", "sh", "-c", script, "sh", host.entering[1]]
    return execute([*inside, *argv], check=False, env=NONINTERACTIVE, timeout=120)


def test_what_autopkgtest_runs_passes(laboratory: type[Laboratory], debs: list[Path]) -> None:
    script = (ROOT / "debian/tests/static").read_bytes()

    def scenario(host: Host) -> None:
        host.wait_address()
        install(host, debs)
        host.write("/var/tmp/static", script, 0o755)
        done = host.run(["/var/tmp/static"], check=False, timeout=180)
        assert done.returncode == 0, f"{host.suite}: {done.output}"

    with laboratory() as lab:
        on_each(lab.hosts(fixtures.installer_dhcp()), scenario)


@pytest.fixture(scope="module")
def site_package(debs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """examples/site-package, built as its README says."""
    assert debs  # with them came what a build needs
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "examples/site-package", folder / "package")
    done = subprocess.run(
        ["dpkg-buildpackage", "-us", "-uc", "-b", "-d"],
        cwd=folder / "package",
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (deb,) = folder.glob("*.deb")
    return deb


def test_a_package_of_ones_own_configures_machines_and_images(
    laboratory: type[Laboratory], debs: list[Path], site_package: Path
) -> None:
    card = Nic(mac="52:54:00:c1:00:01")

    def running(host: Host) -> None:
        host.wait_address()
        said = install(host, debs)
        said = dpkg(host, "--install", *brought(host, [site_package])).output
        assert host.addresses() == [f"{WANTED}/24"], said
        assert "to retry" not in said

    def image(host: Host) -> None:
        done = building(host, "dpkg", "--install", *brought(host, [*debs, site_package]))
        assert (done.returncode, host.exists(OURS)) == (0, False), done.output
        host.boot()
        assert host.wait_address() == WANTED

    def stranger(host: Host) -> None:
        host.wait_address()
        install(host, debs)
        before = configuration(host)
        said = dpkg(host, "--install", *brought(host, [site_package])).output
        assert "HN091" in said
        assert "to retry: hostnet apply /etc/hostnet/node.yaml" in said
        assert configuration(host) == before

    with laboratory() as lab:
        machine = fixtures.installer_dhcp()
        hosts = {
            "bookworm": lab.host("bookworm", machine.plugged(card)),
            "trixie": lab.host("trixie", machine.plugged(card), boot=False),
            "sid": lab.host("sid", machine),
        }
        ways = {"bookworm": running, "trixie": image, "sid": stranger}
        on_each(hosts, lambda host: ways[host.suite](host))


def test_code_that_others_can_change_does_not_run_as_root(leased: Hosts) -> None:
    folder = "/usr/lib/python3/dist-packages/hostnet"

    def scenario(host: Host) -> None:
        host.run(["chmod", "o+w", folder])
        done = hostnet(host, "static", "ens33", f"{WANTED}/24", exits=4)
        assert f"{folder} can be changed by users other than root" in done.stderr
        host.run(["chmod", "o-w", folder])

    on_each(leased, scenario)


def test_the_services_are_sandboxed_or_say_why_not(leased: Hosts) -> None:
    def scenario(host: Host) -> None:
        argv = ["systemd-analyze", "security", "--no-pager", "--threshold=50"]
        done = host.run([*argv, "hostnet-firstboot.service"], check=False)
        assert done.returncode == 0, done.output
        assert "\n# Not sandboxed: " in host.run(["systemctl", "cat", "hostnet-recover"]).stdout

    on_each(leased, scenario)
