"""Hosts that hostnet refuses to change: the right exit code, the reason, and nothing touched."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.e2e.steps import WANTED, Configuration, Hosts, configuration, files_of, on_each
from tests.lab.commands import Completed
from tests.lab.host import Host

_USER = ("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "--")
_RENDERED = "/run/systemd/network/10-netplan-ens33.network"
_LIBRARY = "/usr/lib/python3/dist-packages/hostnet"


@dataclass(frozen=True)
class Case:
    """What is done to a host, what hostnet then says, and how the host is mended."""

    prepare: str
    exits: int
    says: tuple[str, ...]
    mend: str
    interface: str = "ens33"
    command: tuple[str, ...] = ("hostnet",)


CASES = {
    "not root": Case(
        "true",
        4,
        ("needs root", f"Run: sudo hostnet static ens33 {WANTED}/24"),
        "true",
        command=(*_USER, "hostnet"),
    ),
    "netplan is not installed": Case(
        "mv /usr/sbin/netplan /usr/sbin/netplan.away",
        4,
        ("netplan is not installed", "apt-get install netplan.io"),
        "mv /usr/sbin/netplan.away /usr/sbin/netplan",
    ),
    "NetworkManager renders it": Case(
        "printf 'network: {renderer: NetworkManager}\\n' >/etc/netplan/01-nm.yaml;"
        "chmod 600 /etc/netplan/01-nm.yaml",
        4,
        ("configured by NetworkManager", "renderer: networkd"),
        "rm /etc/netplan/01-nm.yaml",
    ),
    "ifupdown configures it": Case(
        "install -D /dev/null /usr/sbin/ifup; mkdir -p /etc/network/interfaces.d;"
        "printf 'auto ens33\\niface ens33 inet dhcp\\n' >/etc/network/interfaces.d/ens33",
        4,
        ("/etc/network/interfaces.d/ens33:2",),
        "rm -r /usr/sbin/ifup /etc/network/interfaces.d",
    ),
    "a foreign .network file matches it": Case(
        "printf '[Match]\\nName=ens*\\n[Network]\\nDHCP=yes\\n'"
        " >/etc/systemd/network/05-mine.network",
        4,
        ("/etc/systemd/network/05-mine.network, which netplan did not write",),
        "rm /etc/systemd/network/05-mine.network",
    ),
    "others may write to the program": Case(
        f"chmod o+w {_LIBRARY}",
        4,
        (f"{_LIBRARY} can be changed by users other than root",),
        f"chmod o-w {_LIBRARY}",
    ),
    "others may write to compiled modules": Case(
        f"mkdir -p {_LIBRARY}/__pycache__; chmod o+w {_LIBRARY}/__pycache__",
        4,
        (f"{_LIBRARY}/__pycache__ can be changed by users other than root",),
        f"chmod o-w {_LIBRARY}/__pycache__",
    ),
    "others may write to a library of the program": Case(
        "chmod o+w /usr/lib/python3/dist-packages/dbus_next",
        4,
        ("/usr/lib/python3/dist-packages/dbus_next can be changed by users other than root",),
        "chmod o-w /usr/lib/python3/dist-packages/dbus_next",
    ),
    "the program is a user's own": Case(
        f"mkdir /opt/own; cp -r {_LIBRARY} /opt/own; chown -R 1000:1000 /opt/own",
        4,
        ("/opt/own", "can be changed by users other than root", "Debian package"),
        "rm -r /opt/own",
        command=("env", "PYTHONPATH=/opt/own", "python3", "-m", "hostnet"),
    ),
    "a drop-in sets addresses": Case(
        "mkdir /etc/systemd/network/10-netplan-ens33.network.d;"
        "printf '[Network]\\nAddress=10.0.0.1/8\\n'"
        " >/etc/systemd/network/10-netplan-ens33.network.d/mine.conf",
        3,
        ("HN045", "/etc/systemd/network/10-netplan-ens33.network.d/mine.conf:2", "Address="),
        "rm -r /etc/systemd/network/10-netplan-ens33.network.d",
    ),
    "a package's drop-in sets addresses": Case(
        "mkdir -p /usr/lib/systemd/network/10-netplan-.network.d;"
        "printf '[Network]\\nAddress=\\n'"
        " >/usr/lib/systemd/network/10-netplan-.network.d/theirs.conf",
        3,
        ("HN045", "/usr/lib/systemd/network/10-netplan-.network.d/theirs.conf:2"),
        "rm -r /usr/lib/systemd/network/10-netplan-.network.d",
    ),
    "the interface has another name": Case(
        "ip link property add dev ens33 altname enp2s1",
        3,
        ("HN030", "'enp2s1'", "another name of ens33", "Did you mean ens33?"),
        "ip link property del dev ens33 altname enp2s1",
        interface="enp2s1",
    ),
    "the interface is misspelt": Case(
        "true", 3, ("HN030", "Did you mean ens33?"), "true", interface="ens3"
    ),
    "the interface is a bridge's member": Case(
        "ip link add br7 type bridge; ip link add port7 type veth peer name port8;"
        "ip link set port7 master br7",
        3,
        ("HN031", "port7 is a member of br7", "Name br7 instead"),
        "ip link delete port7; ip link delete br7",
        interface="port7",
    ),
    "the interface is the loopback": Case(
        "true", 3, ("HN032", "lo is the loopback"), "true", interface="lo"
    ),
    "netplan try was killed": Case(
        "mkdir -p /run/netplan; touch /run/netplan/netplan-try.ready",
        3,
        ("HN037", "/run/netplan/netplan-try.ready"),
        "rm /run/netplan/netplan-try.ready",
    ),
    "another link has the address": Case(
        "ip link add dum0 type veth peer name dum1; ip link set dum0 up;"
        f"ip address add {WANTED}/32 dev dum0",
        3,
        ("HN016", f"{WANTED} is on dum0 already"),
        "ip link delete dum0",
    ),
    "another file has a fault": Case(
        "printf 'network:\\n  ethernets:\\n    eth9:\\n\\tdhcp4: true\\n'"
        " >/etc/netplan/70-tab.yaml; chmod 600 /etc/netplan/70-tab.yaml",
        3,
        ("/etc/netplan/70-tab.yaml:4:1", "HN002"),
        "rm /etc/netplan/70-tab.yaml",
    ),
    "netplan refuses another file": Case(
        "printf 'network: {ethernets: {eth9: {addresses: [1.2.3.4/99]}}}\\n'"
        " >/etc/netplan/70-bad.yaml; chmod 600 /etc/netplan/70-bad.yaml",
        3,
        ("/etc/netplan/70-bad.yaml:1",),
        "rm /etc/netplan/70-bad.yaml",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_host_is_refused_and_left_as_it_is_where(leased: Hosts, name: str) -> None:
    case = CASES[name]

    def refused(host: Host) -> None:
        try:
            _shell(host, case.prepare)
            before = _everything(host)
            done = _static(host, case)
            after = _everything(host)
        finally:
            _shell(host, case.mend)
        assert done.returncode == case.exits, done.output
        assert [words for words in case.says if words not in done.stderr] == [], done.output
        assert done.stdout == ""
        assert after == before

    on_each(leased, refused)


def _static(host: Host, case: Case) -> Completed:
    argv = [*case.command, "static", case.interface, f"{WANTED}/24"]
    return host.run(argv, check=False)


def _everything(host: Host) -> tuple[Configuration, object, object]:
    """Also what netplan rendered: a refused configuration was never applied, nor generated."""
    paths = ("/etc/systemd", "/run/systemd/network", "/run/systemd/system", "/var/lib/hostnet")
    return configuration(host), files_of(host, *paths), host.mtimes([_RENDERED])


def _shell(host: Host, script: str) -> None:
    host.run(["sh", "-ec", script])
