"""What can befall a change. Each fault lasts as long as its block, and is mended at its end."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass

from tests.campaign import operator
from tests.e2e.moments import MOMENTS
from tests.e2e.steps import Running
from tests.lab.errors import LabError
from tests.lab.waiting import until

Strike = Callable[[Running], AbstractContextManager[None]]
_UNDER_WAY = tuple(name for name in MOMENTS if name != "committed")
_RACE = 0.6
"""Seconds before or after the deadline at most: `hostnet confirm` takes half of it to begin."""
_APPLYING = ("applying", "reapplying", "undoing")


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong; `weight` is how often it comes up at random."""

    name: str
    strike: Strike
    moments: tuple[str, ...] = tuple(MOMENTS)
    """Where it makes a difference."""
    weight: int = 1
    lasts: bool = False
    """It is still there when the change has ended."""
    at_once: bool = False
    """It takes no time; else the change stands still until it is there."""
    over_ssh: bool = False
    """The command runs in a session of an operator."""


@contextmanager
def nothing(_change: Running) -> Iterator[None]:
    """All goes well."""
    yield


def command(number: signal.Signals) -> Strike:
    """A signal to the command line."""

    @contextmanager
    def strike(change: Running) -> Iterator[None]:
        with suppress(ProcessLookupError, FileNotFoundError):
            change.kill(number)
        yield

    return strike


def service(number: signal.Signals) -> Strike:
    """A signal to whoever performs the change, or undoes it, as soon as there is someone."""

    @contextmanager
    def strike(change: Running) -> Iterator[None]:
        until(lambda: change.worker or change.ended, "nobody performs the change", 60, 0.001)
        _kill(change.worker, number)
        yield

    return strike


@contextmanager
def netplan_killed(change: Running) -> Iterator[None]:
    """The netplan that runs, or the next one."""
    until(lambda: change.process("netplan apply") or change.ended, "no netplan", 60, 0.001)
    _kill(change.process("netplan apply"), signal.SIGKILL)
    yield


@contextmanager
def power_cut(change: Running) -> Iterator[None]:
    """What is left of the disk is booted again."""
    change.host.power_cut()
    change.host.boot()
    yield


@contextmanager
def disk_full(change: Running) -> Iterator[None]:
    """No room in /etc and /var/lib."""
    with change.host.disk.full():
        yield


@contextmanager
def etc_read_only(change: Running) -> Iterator[None]:
    """As after an error of the disk."""
    change.host.run(["mount", "-o", "remount,bind,ro", "/etc"])
    yield
    change.host.run(["mount", "-o", "remount,bind,rw", "/etc"])


@contextmanager
def sys_read_only(change: Running) -> Iterator[None]:
    """As in a container without udev: `netplan apply` dies half-way, on 1.x for want of udevd."""
    units = ["systemd-udevd.service", "systemd-udevd-control.socket", "systemd-udevd-kernel.socket"]
    change.host.run(["mount", "-o", "remount,bind,ro", "/sys"])
    # sid has one socket more
    change.host.run(["systemctl", "stop", *units, "systemd-udevd-varlink.socket"], check=False)
    yield
    change.host.run(["mount", "-o", "remount,bind,rw", "/sys"])
    change.host.run(["systemctl", "start", *units])


@contextmanager
def dbus_down(change: Running) -> Iterator[None]:
    """The system bus is gone, and stays so."""
    units = ["dbus.socket", "dbus.service"]
    change.host.run(["systemctl", "stop", *units])
    yield
    change.host.run(["systemctl", "start", *units])
    # Who was connected does not come back by itself, and the host is to serve the next trial.
    change.host.run(["systemctl", "restart", "systemd-resolved.service"])


@contextmanager
def networkd_broken(change: Running) -> Iterator[None]:
    """networkd dies, and every start of it fails."""
    folder = "/run/systemd/system/systemd-networkd.service.d"
    host = change.host
    host.write(f"{folder}/broken.conf", "[Service]\nExecStart=\nExecStart=/bin/false\n")
    host.run(["systemctl", "daemon-reload"])
    host.run(["systemctl", "kill", "--signal=KILL", "systemd-networkd.service"])
    yield
    host.run(["rm", "-r", folder])
    host.run(["systemctl", "daemon-reload"])
    units = ["systemd-networkd.service", "systemd-networkd.socket"]
    host.run(["systemctl", "reset-failed", *units], check=False)
    host.run(["systemctl", "start", *units], check=False)


@contextmanager
def second_operator(change: Running) -> Iterator[None]:
    """Somebody else wants the same, and somebody to recover: neither may while it is under way.

    But where it waits, who wants the same lets it wait anew.
    """
    for argv in (change.argv, ("recover",)):
        at_work = bool(change.processes)
        busy = (0,) if change.state == "waiting" and argv is change.argv else (5,)
        done = change.host.run(["hostnet", *argv], check=False, timeout=120)
        if done.returncode not in (busy if at_work and change.processes else (0, 5)):
            raise LabError(f"hostnet {argv[0]} exits {done.returncode}\n{done.output}")
    yield


@contextmanager
def session_lost(change: Running) -> Iterator[None]:
    """The operator's connection breaks, and logind ends what his session has begun."""
    change.hang_up()
    # Once its address has left with the promotion, the host never hears of its end.
    with suppress(LabError):
        operator.wait_gone(change.host)
    yield


@contextmanager
def confirm_race(change: Running) -> Iterator[None]:
    """Confirmed at the last moment, or just after it: what it says must be what is so."""
    assert change.journal is not None
    deadline = float((change.journal / "deadline").read_text().split()[0])
    moment = deadline + random.uniform(-_RACE, _RACE)
    time.sleep(max(0.0, moment - time.clock_gettime(time.CLOCK_BOOTTIME)))
    done = change.host.run(["hostnet", "confirm"], check=False, timeout=120)
    states = {0: "committed", 6: "undone"}
    if states.get(done.returncode) != change.state:
        raise LabError(f"confirm exits {done.returncode}: {change.state}\n{done.output}")
    yield


@contextmanager
def cancelled(change: Running) -> Iterator[None]:
    """The operator does not want it any more."""
    done = change.host.run(["hostnet", "cancel"], check=False, timeout=120)
    if (done.returncode, change.state) != (0, "undone"):
        raise LabError(f"cancel exits {done.returncode}: {change.state}\n{done.output}")
    yield


def _kill(pid: int | None, number: signal.Signals) -> None:
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


_SIGNALS = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGKILL)
_ALL = (
    Fault("none", nothing, moments=(), weight=4, at_once=True),
    *(Fault(f"command-{s.name[3:].lower()}", command(s), at_once=True) for s in _SIGNALS),
    *(Fault(f"service-{s.name[3:].lower()}", service(s), at_once=True) for s in _SIGNALS),
    Fault("netplan-kill", netplan_killed, _APPLYING, weight=2, at_once=True),
    Fault("power-cut", power_cut, weight=6, at_once=True),
    Fault("disk-full", disk_full, weight=2, lasts=True),
    Fault("etc-read-only", etc_read_only, weight=2, lasts=True),
    Fault("sys-read-only", sys_read_only, weight=2, lasts=True),
    Fault("dbus-down", dbus_down, weight=2, lasts=True),
    Fault("networkd-broken", networkd_broken, weight=2, lasts=True),
    Fault("two-operators", second_operator, _UNDER_WAY),
    Fault("session-lost", session_lost, _UNDER_WAY, weight=2, over_ssh=True),
    Fault("confirm-race", confirm_race, ("waiting",), weight=2, at_once=True),
    Fault("cancel", cancelled, ("waiting",), at_once=True),
)
FAULTS = {fault.name: fault for fault in _ALL}
"""By name."""
