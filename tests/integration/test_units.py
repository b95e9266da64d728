"""What systemd is asked and told, against a peer that behaves like it on a private bus."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hostnet.errors import Busy, Unsuitable
from hostnet.host.bus import Bus, UnitState
from tests.integration.peer import STOPPING
from tests.integration.private_bus import PrivateBus, private_bus

UNIT = "hostnet-transaction-abc.service"
PAUSE = 0.5
"""Seconds that a restarting bus is away."""


@pytest.fixture
def private(tmp_path: Path) -> Iterator[PrivateBus]:
    with private_bus(tmp_path) as bus:
        yield bus


def start(bus: Bus) -> None:
    bus.start_transient_service(
        UNIT,
        description="a change",
        exec_start=("/usr/bin/python3", "-I", "run %n"),
        exec_stop_post=("/usr/bin/python3", "undo"),
        runtime_max=300,
        timeout_stop=1.5,
        environment={"A": "b c"},
    )


def test_the_state_of_units(private: PrivateBus) -> None:
    private.peer()
    with private.connect() as bus:
        assert bus.unit_state("nothing.service") == UnitState()
        assert bus.unit_state("stopped.service") == UnitState(file_state="enabled")
        masked = UnitState(load="masked", result="success", file_state="masked")
        assert bus.unit_state("masked.service") == masked
        start(bus)
        running = UnitState("loaded", "active", "running", "success", "transient")
        assert bus.unit_state(UNIT) == running


def test_a_transient_service_is_what_was_asked_for(private: PrivateBus) -> None:
    peer = private.peer()
    with private.connect() as bus:
        start(bus)
    assert peer.stdout
    name, mode, properties, others = json.loads(peer.stdout.readline())
    assert (name, mode, others) == (UNIT, "fail", [])
    run = ["/usr/bin/python3", ["/usr/bin/python3", "-I", "run %n"], False]
    undo = ["/usr/bin/python3", ["/usr/bin/python3", "undo"], False]
    assert properties == {
        "Description": ["s", "a change"],
        "Type": ["s", "exec"],
        "ExecStart": ["a(sasb)", [run]],
        "ExecStopPost": ["a(sasb)", [undo]],
        "RuntimeMaxUSec": ["t", 300_000_000],
        "TimeoutStopUSec": ["t", 1_500_000],
        "CollectMode": ["s", "inactive-or-failed"],
        "DefaultDependencies": ["b", False],
        "KillMode": ["s", "control-group"],
        "NotifyAccess": ["s", "main"],
        "WatchdogSignal": ["i", 9],
        "StandardOutput": ["s", "journal"],
        "StandardError": ["s", "journal"],
        "WorkingDirectory": ["s", "/"],
        "Environment": ["as", ["A=b c"]],
    }


def test_a_name_that_is_taken_is_busy(private: PrivateBus) -> None:
    private.peer()
    with private.connect() as bus:
        start(bus)
        with pytest.raises(Busy, match=UNIT):
            start(bus)


@pytest.mark.parametrize("argument", ["$HOME", "a;b"])
def test_an_argument_that_a_reload_would_change_is_refused(
    private: PrivateBus, argument: str
) -> None:
    with private.connect() as bus, pytest.raises(Unsuitable, match="argument"):
        bus.start_transient_service(
            UNIT,
            description="a change",
            exec_start=("/usr/bin/true",),
            exec_stop_post=("/usr/bin/echo", argument),
            runtime_max=1,
            timeout_stop=1,
        )


def test_waiting_for_the_end_of_a_unit(private: PrivateBus) -> None:
    private.peer()
    with private.connect() as bus:
        start(bus)
        assert not bus.wait_unit_gone(UNIT, 0)
        begun = time.monotonic()
        assert not bus.wait_unit_gone(UNIT, 0.25)
        assert time.monotonic() - begun >= 0.25
        begun = time.monotonic()
        bus.stop_unit(UNIT)
        assert bus.wait_unit_gone(UNIT, 30)
        assert time.monotonic() - begun >= STOPPING
        assert bus.unit_state(UNIT) == UnitState()


def test_a_unit_whose_start_is_queued_is_not_gone(private: PrivateBus) -> None:
    private.peer(queued=True)
    with private.connect() as bus:
        start(bus)
        assert bus.unit_state(UNIT).active == "inactive"
        assert not bus.wait_unit_gone(UNIT, 0)


def test_waiting_outlasts_a_bus_that_restarts(private: PrivateBus) -> None:
    daemon = private.processes[0]
    private.peer()
    with private.connect() as bus:
        start(bus)

        def restart() -> None:
            daemon.kill()
            daemon.wait()
            time.sleep(PAUSE)
            private.start()
            time.sleep(PAUSE)  # the bus is back, systemd is not yet on it
            private.peer()

        thread = threading.Timer(PAUSE, restart)
        thread.start()
        assert bus.wait_unit_gone(UNIT, 60)
        thread.join()


def test_what_is_not_loaded_need_not_be_stopped(private: PrivateBus) -> None:
    private.peer()
    with private.connect() as bus:
        bus.stop_unit("nothing.service")
        bus.reset_failed_unit("nothing.service")
        start(bus)
        bus.reset_failed_unit(UNIT)
        assert bus.wait_unit_gone("nothing.service", 0)
