"""The change belongs to systemd: it outlives the command that began it."""

from __future__ import annotations

import signal

from tests.e2e.steps import (
    WANTED,
    Hosts,
    Running,
    hostnet,
    on_each,
)
from tests.lab.host import Host
from tests.lab.waiting import until


def test_a_change_outlives_its_killed_command_and_lets_no_other_in(leased: Hosts) -> None:
    on_each(leased, _killed)


def _killed(host: Host) -> None:
    with Running(host, "static", "ens33", f"{WANTED}/24") as running:
        running.wait_for("netplan apply")
        with running.paused():
            second = hostnet(host, "static", "ens33", "192.168.141.135/24", exits=5)
            assert second.stdout == ""
            running.kill(signal.SIGKILL)
            running.wait()
            third = hostnet(host, "static", "ens33", "192.168.141.135/24", exits=5)
            assert running.unit in third.stderr
        assert running.wait_state("committed", "undone", "stranded") == "committed"
        _is_kept(host, running)


def test_a_change_outlives_the_terminal(leased: Hosts) -> None:
    on_each(leased, _hung_up)


def _hung_up(host: Host) -> None:
    with Running(host, "static", "ens33", f"{WANTED}/24") as running:
        running.wait_for("netplan apply")
        running.kill(signal.SIGHUP)
        running.wait(exits=0)
        assert running.state == "committed"
        _is_kept(host, running)


def _is_kept(host: Host, running: Running) -> None:
    gone = lambda: host.unit_state(running.unit).load == "not-found"  # noqa: E731
    until(gone, f"{running.unit} stays")
    assert host.addresses() == [f"{WANTED}/24"]
    host.router.wait_reachable(WANTED)
    assert hostnet(host, "static", "ens33", f"{WANTED}/24").stdout == "ens33: already so\n"
