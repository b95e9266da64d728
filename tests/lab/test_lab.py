"""The laboratory keeps its own promises, so that a failing test means the program under test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import SUITES, cleanup, fixtures
from tests.lab.errors import CommandFailed
from tests.lab.events import record_events
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def plain(laboratory: type[Laboratory]) -> Iterator[dict[str, Host]]:
    """One plain DHCP host of each suite; a test leaves them up, with their address."""
    with laboratory() as lab:
        yield lab.hosts(fixtures.installer_dhcp())


@pytest.fixture
def host(plain: dict[str, Host], suite: str) -> Host:
    return plain[suite]


def test_a_host_has_its_lease_answers_the_router_and_resolves_names(host: Host) -> None:
    address = host.wait_address()

    host.router.wait_reachable(address)
    assert address.startswith("192.168.141.1")
    assert [(lease.mac, lease.address) for lease in host.router.leases()] == [
        (host.mac("ens33"), address)
    ]
    assert host.run(["getent", "hosts", "example.test"]).stdout.split()[0] == "192.0.2.7"
    assert "example.test" in host.router.queries()
    assert host.routes("default")[0]["gateway"] == "192.168.141.1"
    assert host.unit_state("systemd-networkd.service").active == "active"
    assert "ens33: Gained carrier" in host.journal("systemd-networkd.service")


def test_files_outlive_a_reboot_and_a_power_cut_and_run_does_not(host: Host) -> None:
    for end in (host.shutdown, host.power_cut):
        host.write("/etc/hostnet/kept", end.__name__)
        host.write("/run/hostnet/lost", end.__name__)
        end()
        assert not host.running
        assert host.read("/etc/hostnet/kept") == end.__name__
        assert host.boot() == "running"
        assert host.read("/etc/hostnet/kept") == end.__name__
        assert not host.exists("/run/hostnet/lost")
        host.router.wait_reachable(host.wait_address())


def test_a_reboot_from_inside_ends_the_host(host: Host) -> None:
    host.run(["systemctl", "reboot"], check=False)
    host.wait_off()
    assert host.boot() == "running"
    host.wait_address()


def test_commands_run_as_root_with_a_clean_environment_and_a_deadline(host: Host) -> None:
    assert host.run(["id", "-u"]).stdout == "0\n"
    assert host.run(["cat"], input="given").stdout == "given"
    variables = host.run(["env"]).stdout.splitlines()
    assert {line.partition("=")[0] for line in variables} <= {"PATH", "HOME", "LANG", "TERM", "PWD"}
    assert host.run(["false"], check=False).returncode == 1
    with pytest.raises(CommandFailed, match="ended with 1"):
        host.run(["false"])
    with pytest.raises(CommandFailed, match="no end"):
        host.run(["sleep", "1234"], timeout=0.3)
    assert "sleep 1234" not in host.run(["ps", "-e", "-o", "args"]).stdout


def test_a_command_cannot_set_the_clock_of_the_machine(host: Host) -> None:
    before = time.time()
    assert host.run(["date", "-s", "@1000000000"], check=False).returncode != 0
    assert time.time() >= before


def test_the_root_file_system_renames_locks_and_syncs(host: Host) -> None:
    script = """
import fcntl, os
os.rename("/etc/cloud", "/etc/cloud-renamed")   # a folder of the image
os.rename("/etc/cloud-renamed", "/etc/cloud")
first, second = open("/etc/hosts", "a"), open("/etc/hosts", "a")
fcntl.flock(first, fcntl.LOCK_EX)
os.fsync(first.fileno())
try:
    fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    print("locked")
"""
    assert host.run(["python3", "-c", script]).stdout == "locked\n"


def test_silence_and_its_opposite_are_both_recorded(host: Host) -> None:
    with record_events(host) as quiet:
        host.run(["ip", "address", "show"])
    with record_events(host) as loud:
        host.run(["ip", "address", "add", "10.9.9.9/32", "dev", "ens33"])
        host.run(["ip", "address", "delete", "10.9.9.9/32", "dev", "ens33"])
        target = ["org.freedesktop.network1", "/org/freedesktop/network1"]
        host.run(["busctl", "call", *target, "org.freedesktop.network1.Manager", "ListLinks"])

    assert (quiet.network(), quiet.calls) == ([], [])
    assert [event.text.split()[:4] for event in loud.network("ADDR")] == [
        ["2:", "ens33", "inet", "10.9.9.9/32"],
        ["Deleted", "2:", "ens33", "inet"],
    ]
    assert "ListLinks" in {call.member for call in loud.calls}


def test_a_snapshot_tells_kind_mode_bytes_and_time(host: Host) -> None:
    before = host.snapshot(["/etc/netplan", "/etc/resolv.conf", "/etc/absent"])
    host.write("/etc/netplan/00-installer-config.yaml", fixtures.INSTALLER, 0o600)
    after = host.snapshot(["/etc/netplan", "/etc/resolv.conf"])

    path = "/etc/netplan/00-installer-config.yaml"
    assert set(before) == {"/etc/netplan", path, "/etc/resolv.conf"}
    assert (before[path].kind, before[path].mode, before[path].owner) == ("file", 0o600, (0, 0))
    assert before["/etc/resolv.conf"].kind == "symlink"
    assert [key for key in before if before[key] != after[key]] == [path]
    assert before[path].data == after[path].data == fixtures.INSTALLER.encode()


def test_a_wheel_is_installed_as_root_owned_files(host: Host, tmp_path: Path) -> None:
    path = tmp_path / "lab_probe-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("lab_probe/__init__.py", "def main():\n    print('probed')\n    return 3\n")
        wheel.writestr("lab_probe-1.0.dist-info/METADATA", "Name: lab-probe\nVersion: 1.0\n")
        wheel.writestr(
            "lab_probe-1.0.dist-info/entry_points.txt",
            "[console_scripts]\nlab-probe = lab_probe:main\n",
        )
    host.install_wheel(path)

    done = host.run(["lab-probe"], check=False)
    assert (done.returncode, done.stdout) == (3, "probed\n")
    version = "import importlib.metadata as m; print(m.version('lab-probe'))"
    assert host.run(["python3", "-c", version]).stdout == "1.0\n"
    library = "/usr/lib/python3/dist-packages/lab_probe"
    for entry in host.snapshot(["/usr/bin/lab-probe", library]).values():
        assert entry.owner == (0, 0)
        assert entry.mode & 0o022 == 0


def test_a_pulled_cable_is_a_gap_of_its_length(plain: dict[str, Host]) -> None:
    host = plain["trixie"]
    address = host.wait_address()
    with host.router.measure_gap(address) as still:
        time.sleep(0.3)
    with host.router.measure_gap(address) as pulled:
        host.cable("ens33", connected=False)
        time.sleep(0.2)
        host.cable("ens33", connected=True)
        host.router.wait_reachable(address)

    assert still.lost_ms <= 5
    assert pulled.largest_ms > 150


def test_a_second_subnet_of_the_router_reaches_the_host(plain: dict[str, Host]) -> None:
    host = plain["sid"]
    host.router.add_address("10.7.0.1/24")
    host.run(["ip", "address", "add", "10.7.0.2/24", "dev", "ens33"])
    assert host.router.ping("10.7.0.2")
    host.run(["ip", "address", "delete", "10.7.0.2/24", "dev", "ens33"])
    assert not host.router.ping("10.7.0.2")


def test_cloud_init_renders_what_gives_the_address_and_renders_anew(lab: Laboratory) -> None:
    hosts = lab.hosts(fixtures.cloud_init())
    rendered = "/etc/netplan/50-cloud-init.yaml"
    for host in hosts.values():
        assert host.wait_address() == host.router.leases()[0].address
        assert "macaddress" in host.read(rendered)
        assert "set-name" in host.read(rendered)

    host = hosts["trixie"]
    host.write(rendered, "# edited\n" + host.read(rendered), 0o600)
    host.reboot()
    host.wait_address()
    assert host.read(rendered).startswith("# edited")
    fixtures.new_instance(host, "second")
    host.reboot()
    host.wait_address()
    assert not host.read(rendered).startswith("# edited")


@pytest.mark.parametrize("name", ["commented", "vlan"])
def test_a_fixture_with_one_card_has_its_address(lab: Laboratory, name: str) -> None:
    for host in lab.hosts(fixtures.ALL[name]()).values():
        host.router.wait_reachable(host.wait_address())


def test_a_covering_match_serves_both_cards(lab: Laboratory) -> None:
    for host in lab.hosts(fixtures.covering_match()).values():
        assert host.wait_address("ens33").startswith("192.168.141.")
        assert host.wait_address("ens34").startswith("192.168.142.")
        assert [route["dev"] for route in host.routes("default")] == ["ens33"]


def test_dual_stack_has_both_addresses_and_both_name_servers(lab: Laboratory) -> None:
    for host in lab.hosts(fixtures.dual_stack(), dual_stack=True).values():
        assert host.wait_address(family=4)
        address = host.wait_address(family=6)
        assert address.startswith("fd00:141::")
        host.router.wait_reachable(address)
        servers = host.run(["resolvectl", "dns", "ens33"]).stdout.split()
        assert {"192.168.141.1", "fd00:141::1"} <= set(servers)


_RUN = """
import sys, time
from tests.lab import cleanup, fixtures
from tests.lab.laboratory import Laboratory
cleanup.install()
with Laboratory() as lab:
    lab.host(sys.argv[1], fixtures.installer_dhcp())
    print(cleanup.owner(), flush=True)
    {end}
"""
_ENDS = {
    "leave": "pass",
    "exception": "raise RuntimeError",
    "interrupt": "time.sleep(600)",
    "terminate": "time.sleep(600)",
    "kill": "time.sleep(600)",
}
_SIGNALS = {"interrupt": signal.SIGINT, "terminate": signal.SIGTERM, "kill": signal.SIGKILL}


@pytest.mark.usefixtures("laboratory")
@pytest.mark.parametrize("end", _ENDS)
def test_nothing_outlives_a_run_however_it_ends(end: str) -> None:
    argv = [sys.executable, "-c", _RUN.format(end=_ENDS[end]), SUITES[1]]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        argv, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as run:
        assert run.stdout is not None
        owner = run.stdout.readline().strip()
        assert owner.startswith(f"{run.pid}-")
        if end in _SIGNALS:
            assert cleanup.leftovers(owner)
            os.kill(run.pid, _SIGNALS[end])
        run.wait(180)
    if end == "kill":
        assert cleanup.leftovers(owner)
        cleanup.sweep()
    assert cleanup.leftovers(owner) == []


def test_a_sweep_leaves_the_living_alone(plain: dict[str, Host]) -> None:
    cleanup.sweep()
    assert all(host.running for host in plain.values())
