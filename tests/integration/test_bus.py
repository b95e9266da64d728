"""The bus against a private dbus-daemon and a peer that behaves, or does not, as told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

import pytest

from hostnet.host.bus import Bus, BusError, NoAnswer, NotRunning, Unreachable
from tests.checkout import ROOT
from tests.integration.peer import LINK, NETWORK_FILE, NETWORKD, RESOLVED, SYSTEMD
from tests.integration.private_bus import PrivateBus, private_bus

SHORT = 3.0
"""A deadline that a test can wait for, and within which what does answer has answered."""


@pytest.fixture
def private(tmp_path: Path) -> Iterator[PrivateBus]:
    with private_bus(tmp_path) as bus:
        yield bus


@contextmanager
def server(path: Path, *, hangs_up: bool) -> Iterator[None]:
    """Something that listens like a bus: it hangs up at once, or never says a word."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        kept: list[socket.socket] = []

        def accept() -> None:
            connection, _ = listening.accept()
            if hangs_up:
                while b"\r\n" not in connection.recv(1000):
                    pass  # until it has said who it is
                connection.close()
            else:
                kept.append(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        yield
        thread.join()
        for connection in kept:
            connection.close()


# --- resolved and networkd -------------------------------------------------------------


def test_resolved_is_asked_for_a_link_and_for_itself(private: PrivateBus) -> None:
    private.peer()
    with private.connect() as bus:
        servers = (ip_address("10.77.0.9"), ip_address("fd77::1"))
        assert bus.resolved_servers(LINK) == (servers, ("corp.example", "~lan"))
        assert bus.resolved_servers(99) == ((), ())
        assert bus.global_servers() == ((ip_address("9.9.9.9"),), ("~.",))


def test_networkd_is_asked_for_the_file_of_a_link(private: PrivateBus) -> None:
    private.peer()
    with private.connect() as bus:
        assert bus.network_file(LINK) == NETWORK_FILE
        assert bus.network_file(99) is None


def test_an_old_networkd_cannot_tell(private: PrivateBus) -> None:
    private.peer(refuse={"Describe": "org.freedesktop.DBus.Error.UnknownMethod"})
    with private.connect() as bus:
        assert bus.network_file(LINK) is None


@pytest.mark.parametrize("name", [RESOLVED, NETWORKD, SYSTEMD])
def test_nothing_is_started_by_asking(private: PrivateBus, name: str) -> None:
    started = private.make_startable(name)
    with private.connect() as bus:
        assert bus.resolved_servers(LINK) is None
        assert bus.global_servers() is None
        assert bus.network_file(LINK) is None
        with pytest.raises(NotRunning):
            bus.unit_state("ssh.service")
        # The bus acts on messages in order: had it started one, it would have by now.
        assert not started.exists()
    # And it would have started it: the same question without the flag does.
    ask_without_the_flag(private, name)
    assert started.exists()


def ask_without_the_flag(private: PrivateBus, name: str) -> None:
    code = (
        "import asyncio, sys\n"
        "from dbus_next.aio.message_bus import MessageBus\n"
        "from dbus_next.message import Message\n"
        "async def ask():\n"
        "    bus = await MessageBus(sys.argv[1]).connect()\n"
        "    await bus.call(Message(destination=sys.argv[2], path='/', member='Get'))\n"
        "asyncio.run(ask())\n"
    )
    argv = [sys.executable, "-W", "ignore", "-c", code, private.address, name]
    subprocess.run(argv, check=True, timeout=60)


# --- misbehaviour ----------------------------------------------------------------------


def test_a_service_that_never_answers_has_a_deadline(private: PrivateBus) -> None:
    private.peer(hang=["GetLink"])
    with private.connect(SHORT) as bus:
        with pytest.raises(NoAnswer, match="does not answer GetLink"):
            bus.resolved_servers(LINK)
        assert bus.network_file(LINK) == NETWORK_FILE  # the connection is as good as before


def test_an_error_keeps_its_name(private: PrivateBus) -> None:
    private.peer(refuse={"Get": "org.freedesktop.DBus.Error.AccessDenied"})
    with private.connect() as bus, pytest.raises(BusError) as caught:
        bus.resolved_servers(LINK)
    assert caught.value.name == "org.freedesktop.DBus.Error.AccessDenied"
    assert "as was asked for" in caught.value.why


@pytest.mark.parametrize(
    ("member", "wrong"),
    [("GetLink", ["s", "x"]), ("DNS", ["s", "10.0.0.1"]), ("Domains", ["as", ["a"]])],
)
def test_an_answer_of_another_type_is_an_error(
    private: PrivateBus, member: str, wrong: list[object]
) -> None:
    private.peer(answer={member: wrong})
    with private.connect() as bus, pytest.raises(BusError, match=f"answers {member}"):
        bus.resolved_servers(LINK)


def test_a_service_that_dies_meanwhile_does_not_run(private: PrivateBus) -> None:
    private.peer(die=["Get"])
    with private.connect() as bus:
        assert bus.resolved_servers(LINK) is None


def test_a_lost_bus_is_told_at_once_and_found_again(private: PrivateBus) -> None:
    daemon = private.processes[0]
    private.peer(hang=["GetLink"])
    with private.connect() as bus:
        killer = threading.Timer(SHORT, daemon.kill)
        killer.start()
        with pytest.raises(Unreachable, match="lost"):
            bus.resolved_servers(LINK)
        killer.join()
        daemon.wait()
        with pytest.raises(Unreachable, match="cannot be reached"):
            bus.resolved_servers(LINK)
        private.start()
        private.peer()
        assert bus.network_file(LINK) == NETWORK_FILE


def test_no_bus_at_all(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as caught, Bus(f"unix:path={tmp_path}/bus"):
        pass
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("address", ["nonsense", "unix:frobnicate=1", "unixexec:path=/bin/true"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(Unreachable), Bus(address):
        pass


def test_a_bus_that_hangs_up_at_once(tmp_path: Path) -> None:
    begun = time.monotonic()
    bus = Bus(f"unix:path={tmp_path}/bus")
    with server(tmp_path / "bus", hangs_up=True), pytest.raises(Unreachable, match="refuses"), bus:
        pass
    assert time.monotonic() - begun < 50  # dbus_next alone spins here for ever


def test_a_bus_that_says_nothing(tmp_path: Path) -> None:
    bus = Bus(f"unix:path={tmp_path}/bus", deadline=SHORT)
    with server(tmp_path / "bus", hangs_up=False), pytest.raises(Unreachable, match="answer"), bus:
        pass


def test_an_interrupt_leaves_the_bus_usable(private: PrivateBus) -> None:
    private.peer(hang=["GetLink"])
    with private.connect() as bus:
        timer = threading.Timer(SHORT, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            bus.resolved_servers(LINK)
        timer.join()
        assert bus.network_file(LINK) == NETWORK_FILE


def test_the_system_bus_is_that_of_the_environment(
    private: PrivateBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    private.peer()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", private.address)
    with Bus() as bus:
        assert bus.network_file(LINK) == NETWORK_FILE


def test_outside_of_its_with_it_is_a_bug(private: PrivateBus) -> None:
    with private.connect() as bus:
        pass
    with pytest.raises(RuntimeError, match="outside"):
        bus.network_file(LINK)
    bus.close()


def test_the_errors_cost_no_import_of_dbus_next() -> None:
    code = "import sys, hostnet.host.calls; sys.exit('dbus_next' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
