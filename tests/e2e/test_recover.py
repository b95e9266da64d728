"""A power cut at each step of a change: the next boot has the old state or the new, whole.

Each moment is met on one suite, in turn; HOSTNET_ALL_SUITES=1 meets each on every one.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hostnet.host.announce import RECOVERED, STRANDED
from tests.e2e.moments import ASKED, MOMENTS, Moment, cut_power
from tests.e2e.steps import ALL, INSTALLER, OURS, WANTED, Running, files_of, lease_again, resolves
from tests.integration.schemas import check
from tests.lab import SUITES, fixtures
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory
from tests.lab.waiting import until

Files = dict[str, tuple[str, int, tuple[int, int], bytes]]

UNIT = "hostnet-recover.service"
FOLDERS = ("/etc/netplan", "/run/netplan", "/etc/cloud/cloud.cfg.d")
CUT = ("prepared", "verifying", "promoting", "first-file", "committed", "undoing")
"""At each of these the power is cut here; at all others by `make campaign`."""
FIRST_FILE = MOMENTS["first-file"]
COMPLETED = (MOMENTS["promoting"], FIRST_FILE)
"""Here something is left to be written, and done at boot."""
CASES = [
    pytest.param(moment, suite, id=f"{moment}-{suite}")
    for number, moment in enumerate(map(MOMENTS.__getitem__, CUT))
    for suite in (SUITES if ALL else (SUITES[number % len(SUITES)],))
]


@pytest.fixture(scope="module")
def hosts(laboratory: type[Laboratory], debs: list[Path]) -> Iterator[Mapping[str, Host]]:
    with laboratory() as lab:
        hosts = lab.hosts(fixtures.installer_dhcp().with_disk())
        for host in hosts.values():
            host.install_debs(*debs)
        yield hosts


def recover(host: Host, *, exits: int = 0) -> str:
    done = host.run(["hostnet", "recover"], check=False, timeout=300)
    assert done.returncode == exits, done.output
    return done.output


def announced(host: Host, message_id: str) -> str:
    argv = ["journalctl", "-b", "-o", "cat", f"MESSAGE_ID={message_id}"]
    return host.run(argv, check=False).stdout


def intended(host: Host) -> Files:
    """The files as they are to be after the change, by hostnet's own plan."""
    argv = ["hostnet", *ASKED, "--dry-run", "--json"]
    files = files_of(host, *FOLDERS)
    for diff in json.loads(host.run(argv).stdout)["diff"]:
        mode = 0o600 if diff["path"].startswith("/etc/netplan/") else 0o644
        files[diff["path"]] = ("file", mode, (0, 0), diff["after"].encode())
    return files


def is_sound(host: Host, files: Files, address: str, name: str) -> None:
    """The files, the kernel, the wire and hostnet itself all say that this is in force."""
    assert files_of(host, *FOLDERS) == files
    host.router.wait_reachable(address)
    until(lambda: [*map(bare, host.addresses())] == [address], f"not only {address}")
    assert resolves(host, name)
    status = host.run(["hostnet", "status", "--exit-code"], check=False)
    assert status.returncode == 0, status.output


def bare(address: str) -> str:
    return address.partition("/")[0]


def times(host: Host) -> set[str]:
    """Inode and times of all that `hostnet recover` could write to."""
    folders = ("/etc", "/var/lib/hostnet", "/run/netplan", "/run/systemd/network")
    script = 'for each; do test -d "$each" && find "$each" -printf "%p %i %T@ %C@\\n"; done; true'
    return set(host.run(["sh", "-c", script, "sh", *folders]).stdout.splitlines())


def nothing_is_open(host: Host) -> None:
    before = times(host)
    for _ in range(2):
        assert recover(host) == "no change is open\n"
    assert times(host) == before
    assert not host.exists("/var/lib/hostnet/open")


@pytest.mark.parametrize(("moment", "suite"), CASES)
def test_a_power_cut(hosts: Mapping[str, Host], moment: Moment, suite: str) -> None:
    host = hosts[suite]
    address = lease_again(host)
    old, new = files_of(host, *FOLDERS), intended(host)
    cut_power(host, moment)
    assert host.boot() == "running"
    files, address = (new, WANTED) if moment.forward else (old, address)
    is_sound(host, files, address, f"{moment}-{suite}")
    told = announced(host, RECOVERED.message_id)
    assert ("a change that was cut short is completed" in told) == (moment in COMPLETED), told
    assert announced(host, STRANDED.message_id) == ""
    nothing_is_open(host)


@pytest.mark.parametrize("suite", SUITES if ALL else ("trixie",))
def test_what_somebody_wrote_meanwhile_is_left_and_named(
    hosts: Mapping[str, Host], suite: str
) -> None:
    host = hosts[suite]
    address = lease_again(host)
    new = intended(host)
    cut_power(host, FIRST_FILE)
    ours = host.read(OURS)
    host.write(OURS, f"# mine\n{ours}", 0o600)
    assert host.boot() == "degraded"
    assert host.unit_state(UNIT).active == "failed"
    assert OURS in announced(host, STRANDED.message_id)
    for _ in range(2):
        assert OURS in recover(host, exits=7)
    assert host.read(OURS) == f"# mine\n{ours}"
    status = host.run(["hostnet", "status"]).output
    assert "HN047 change-open: a change of ens33 ended badly" in status
    assert "sudo hostnet recover" in status

    host.write(OURS, ours, 0o600)
    done = host.run(["hostnet", "recover", "--json"], timeout=300)
    document = json.loads(done.stdout)
    check("recover", document)
    assert (document["outcome"], document["verified"]) == ("committed", True)
    assert INSTALLER in document["files"]
    host.run(["systemctl", "reset-failed", UNIT])
    is_sound(host, new, WANTED, f"mended-{suite}")
    assert not host.router.ping(address)
    nothing_is_open(host)


@pytest.mark.parametrize("suite", SUITES if ALL else ("bookworm",))
def test_without_the_unit_the_next_command_settles_it(
    hosts: Mapping[str, Host], suite: str
) -> None:
    host = hosts[suite]
    address = lease_again(host)
    old = files_of(host, *FOLDERS)
    # As pip leaves it: with no unit there is nothing at boot that would settle it.
    host.run(["mv", f"/lib/systemd/system/{UNIT}", "/root"])
    cut_power(host, MOMENTS["verifying"])
    host.boot()
    assert host.exists("/var/lib/hostnet/open")
    host.wait_address()
    assert "is undone (verified)" in recover(host)
    is_sound(host, old, address, f"late-{suite}")
    nothing_is_open(host)

    first, second = (host.run(["hostnet", *ASKED], timeout=300) for _ in range(2))
    assert "HN046 boot-recovery-missing" in first.stderr
    assert "HN046" not in second.output
    host.run(["mv", f"/root/{UNIT}", "/lib/systemd/system"])
    host.run(["systemctl", "daemon-reload"])
    lease_again(host)
    assert "HN046" not in host.run(["hostnet", *ASKED], timeout=300).output


@pytest.mark.parametrize("suite", SUITES if ALL else ("sid",))
def test_a_promotion_that_does_not_hold_is_undone_by_hand(
    hosts: Mapping[str, Host], suite: str
) -> None:
    host = hosts[suite]
    address = lease_again(host)
    old = files_of(host, *FOLDERS)
    host.run(["systemctl", "disable", UNIT])
    cut_power(host, FIRST_FILE)
    # Which keeps the old address there, whatever netplan says: only the old state is so.
    drop_in = "/etc/systemd/network/10-netplan-ens33.network.d/held.conf"
    host.write(drop_in, f"[Network]\nAddress={address}/24\n")
    host.boot()
    document = json.loads(host.run(["hostnet", "recover", "--json"], timeout=300).stdout)
    check("recover", document)
    assert (document["outcome"], document["verified"]) == ("undone", True)
    assert f"{address} is still on ens33" in document["why"]
    assert files_of(host, *FOLDERS) == old
    host.run(["rm", "-r", drop_in.rpartition("/")[0]])
    host.run(["systemctl", "enable", UNIT])
    host.netplan_apply()
    is_sound(host, old, lease_again(host), f"back-{suite}")
    nothing_is_open(host)


@pytest.mark.parametrize("suite", SUITES if ALL else ("bookworm",))
def test_a_change_under_way_is_not_disturbed(hosts: Mapping[str, Host], suite: str) -> None:
    host = hosts[suite]
    lease_again(host)
    with Running(host, *ASKED) as change:
        change.wait_for("netplan apply")
        with change.paused():
            assert change.unit in recover(host, exits=5)
            change.kill(signal.SIGKILL)
            # Its service goes on, and is not taken for dead.
            assert change.unit in recover(host, exits=5)
        assert change.wait_state("committed", "undone", "stranded") == "committed"
    assert host.addresses() == [f"{WANTED}/24"]
    nothing_is_open(host)


def test_the_package_changes_no_network(hosts: Mapping[str, Host], debs: list[Path]) -> None:
    for host in hosts.values():
        lease_again(host)
        state = host.unit_state(UNIT)
        assert (state.load, state.active, state.enabled) == ("loaded", "inactive", "enabled")
        links = _settled_links(host)
        host.install_debs(*debs)
        host.run(["systemctl", "start", UNIT])
        assert host.run(["systemctl", "show", "-P", "ConditionResult", UNIT]).stdout.strip() == "no"
        assert _links(host) == links
        assert not host.exists("/var/lib/hostnet/open")


def _links(host: Host) -> str:
    return host.run(["networkctl", "list"]).stdout


def _settled_links(host: Host) -> str:
    until(lambda: "configuring" not in _links(host), f"{host.suite}: still being configured")
    return _links(host)
