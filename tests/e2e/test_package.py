"""The Debian packages' life on booted hosts and in image trees.

The network is touched only on request, and dpkg never stays half-way, whatever becomes of a change.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.checkout import ROOT
from tests.e2e.steps import ALL, WANTED, Hosts, configuration, hostnet, on_each
from tests.lab import fixtures
from tests.lab.commands import Completed, execute
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory
from tests.lab.lookups import World, asks
from tests.lab.machine import Nic
from tests.lab.names import PINNED
from tests.lab.waiting import until

DEBS = "/var/tmp/debs"
NONINTERACTIVE = {"DEBIAN_FRONTEND": "noninteractive"}
BOTH = ("hostnet", "python3-hostnet")
INSTALLED = dict.fromkeys(BOTH, "install ok installed")
ANSWERS = {"interface": "ens33", "address": f"{WANTED}/24", "nameservers": PINNED.ipv4}
JOURNAL = "/var/lib/hostnet"
LATER = "192.168.141.135"
SITES_CARD = Nic(mac="52:54:00:c1:00:01")
"""As examples/site-package knows it."""
SANDBOXED = ("hostnet-firstboot.service", "hostnet-pin.service", "hostnet-pin-look.service")


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


def bake(host: Host, debs: Sequence[Path]) -> None:
    """Make an image of the host, which is off."""
    host.run(["dpkg", "--install", *brought(host, debs)], timeout=120)


def preseed(host: Host, answers: Mapping[str, str], *, kind: str = "string") -> None:
    lines = (f"hostnet hostnet/{name} {kind} {value}\n" for name, value in answers.items())
    host.run(["debconf-set-selections"], input="".join(lines))


def networkd(host: Host) -> int:
    return host.unit_state("systemd-networkd.service").pid


def test_the_life_of_the_packages(
    laboratory: type[Laboratory], debs: list[Path], newer: list[Path]
) -> None:
    """One host of each suite from the first installation to another one after a purge."""

    def scenario(world: World) -> None:
        host = world.host
        _installed_it_changes_nothing(host, debs)
        _what_fails_is_told_and_leaves_the_package_installed(host)
        hostnet(host, "static", "ens33", f"{LATER}/24", "--dns", PINNED.ipv4, "--pin-dns")
        _an_upgrade_ends_what_waits_and_repeats_nothing(host, newer)
        _gone_it_leaves_what_it_configured(world)
        _installed_with_answers_it_carries_them_out(world, debs)
        if ALL or host.suite == "sid":
            _what_autopkgtest_runs_passes(host)

    with laboratory() as lab:
        hosts = lab.hosts(fixtures.installer_dhcp())
        worlds = {suite: World(host, lab.names(host.router)) for suite, host in hosts.items()}
        on_each(worlds, scenario)


def _installed_it_changes_nothing(host: Host, debs: Sequence[Path]) -> None:
    host.wait_address()
    before, pid = configuration(host), networkd(host)
    said = install(host, debs)
    assert "hostnet: hostnet" not in said
    assert hostnet(host, "--version").stdout == "hostnet 0.1.0\n"
    for name in ("recover.service", "firstboot.service", "pin.path", "pin.timer"):
        unit = host.unit_state(f"hostnet-{name}")
        assert (unit.enabled, unit.active) == ("enabled", "inactive")
    assert not host.exists(JOURNAL)
    assert (configuration(host), networkd(host)) == (before, pid)


def _what_fails_is_told_and_leaves_the_package_installed(host: Host) -> None:
    """192.168.141.9 is nobody, so no gateway."""
    before = configuration(host)
    preseed(host, {**ANSWERS, "gateway": "192.168.141.9"})
    done = host.run(["dpkg-reconfigure", "hostnet"], env=NONINTERACTIVE, timeout=120)
    asked = f"static ens33 {WANTED}/24 --gateway 192.168.141.9 --dns {PINNED.ipv4}"
    assert f"To retry: hostnet {asked}\n" in done.output
    assert (configuration(host), states(host)) == (before, INSTALLED)


def _installed_with_answers_it_carries_them_out(world: World, debs: Sequence[Path]) -> None:
    """Address and pin in one change."""
    host = world.host
    preseed(host, {**ANSWERS, "gateway": "192.168.141.1"})
    preseed(host, {"pin": "true"}, kind="boolean")
    said = install(host, debs)
    asked = f"static ens33 {WANTED}/24 --gateway 192.168.141.1 --dns {PINNED.ipv4} --pin-dns"
    assert f"hostnet: hostnet {asked}\n" in said
    assert host.addresses() == [f"{WANTED}/24"], said
    until(lambda: len(host.routes("default")) == 1, "no default route")
    asks(world, PINNED)


def _an_upgrade_ends_what_waits_and_repeats_nothing(host: Host, newer: Sequence[Path]) -> None:
    """What waits is undone by the code that began it, and an answer is no standing order."""
    before, pid = configuration(host), networkd(host)
    hostnet(host, "static", "ens33", "192.168.141.136/24", "--confirm", "300")
    assert len(host.addresses()) == 2
    said = install(host, newer)
    assert "hostnet: hostnet" not in said
    assert host.addresses() == [f"{LATER}/24"]
    assert hostnet(host, "recover").stdout == "no change is open\n"
    assert (configuration(host).files, networkd(host)) == (before.files, pid)


def _gone_it_leaves_what_it_configured(world: World) -> None:
    """What it remembered goes at the purge; names are looked up as they were pinned."""
    host = world.host
    if host.suite == "trixie":
        # Who goes unlocks the file, as far as its file system could have it locked.
        hostnet(host, "dns", "pin", PINNED.ipv4, "--mode", "direct", "--strict")
    changed = configuration(host, nameservers=lambda: "")
    dpkg(host, "--remove", *BOTH)
    assert (configuration(host, nameservers=lambda: ""), host.exists(JOURNAL)) == (changed, True)
    asks(world, PINNED)
    journals = host.run(["sh", "-c", f"stat -c %A {JOURNAL}/journal/*"]).stdout.split()
    assert set(journals) == {"drwx------"}
    assert host.run(["stat", "-c", "%A", f"{JOURNAL}/pinned.json"]).stdout == "-rw-------\n"
    dpkg(host, "--purge", *BOTH)
    assert (configuration(host, nameservers=lambda: ""), host.exists(JOURNAL)) == (changed, False)
    assert states(host) == {}
    assert host.run(["sh", "-c", "find /etc -xtype l -lname '*hostnet*'"]).stdout == ""
    assert host.run(["systemctl", "list-units", "--no-legend", "hostnet*"]).stdout == ""
    host.run(["touch", "/etc/resolv.conf"])
    assert host.reboot() == "running"
    host.router.wait_reachable(LATER)
    asks(world, PINNED)
    assert configuration(host, nameservers=lambda: "") == changed


def _what_autopkgtest_runs_passes(host: Host) -> None:
    host.write("/var/tmp/static", (ROOT / "debian/tests/static").read_bytes(), 0o755)
    done = host.run(["/var/tmp/static"], check=False, timeout=180)
    assert done.returncode == 0, f"{host.suite}: {done.output}"


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


def test_a_package_of_ones_own_configures_the_machines_it_knows(
    leased: Hosts, site_package: Path
) -> None:
    """An image that has it is one of the first boots (test_firstboot)."""

    def scenario(host: Host) -> None:
        before = configuration(host)
        known = host.suite == "bookworm"
        if known:  # by another card than the one it configures
            host.run(
                ["ip", "link", "add", "known", "address", SITES_CARD.mac or "", "type", "veth"]
            )
        said = dpkg(host, "--install", *brought(host, [site_package])).output
        if known:
            assert host.addresses() == [f"{WANTED}/24"], said
            assert "to retry" not in said
            host.run(["ip", "link", "delete", "known"])
        else:
            assert "HN091" in said
            assert "to retry: hostnet apply /etc/hostnet/node.yaml" in said
            assert configuration(host) == before
        dpkg(host, "--purge", "site-network")

    on_each({suite: leased[suite] for suite in ("bookworm", "sid")}, scenario)


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
        done = host.run([*argv, *SANDBOXED], check=False)
        assert done.returncode == 0, done.output
        assert "\n# Not sandboxed: " in host.run(["systemctl", "cat", "hostnet-recover"]).stdout

    on_each(leased, scenario)
