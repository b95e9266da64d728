"""One cell: a node, somebody's objects on it, what is done to it, and what is left of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.campaign.watch import BEYOND, prepare
from tests.checkout import ROOT
from tests.lab.commands import ENVIRONMENT
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory
from tests.lab.waiting import until
from tests.matrix import dump
from tests.matrix.columns import OLD, OTHER_ROUTER, Column, machine
from tests.matrix.pings import pinging
from tests.matrix.rows import Row

_SETTLE = 1.0
"""Seconds after the end in which something may still go, or its owner bring it back."""


@dataclass(frozen=True)
class Seen:
    """What became of the objects: lines of `ip` that are missing, milliseconds away, pings lost."""

    objects: int
    missing: tuple[str, ...]
    away: dict[str, float] = field(default_factory=dict)
    """Only those that are there again."""
    lost: dict[str, int] = field(default_factory=dict)
    pings: int = 0
    silence: float = 0.0
    """Milliseconds without an answer to one who asks, the longest."""
    complete: bool = True
    """The kernel dropped no message."""


def perform(suite: str, row: Row, column: Column, wheel: Path) -> Seen:
    """Boot a node for it, and judge."""
    with Laboratory() as lab:
        router = lab.router()
        prepare(router)
        router.add_address(f"{OTHER_ROUTER}/24")
        wanted = machine().with_containers() if row.real else machine()
        host = lab.host(suite, wanted, router=router)
        host.wait_address()
        if column.has_hostnet:
            host.install_wheel(wheel)
        return look(host, row, column)


def look(host: Host, row: Row, column: Column) -> Seen:
    """Let it happen on a booted node that has nothing foreign yet."""
    own, own_names = dump.settled(host), _names(host)
    row.make(host)
    column.ready(host)
    before = {line for line in dump.settled(host) if line not in own or line.startswith("rule ")}
    asked = [each for each in row.asked(host) if column.beyond or each.target != BEYOND]
    with pinging(asked, host.folder) as answers, _observed(host) as absences:
        column.act(host)
        _wait_own(host, column)
        time.sleep(_SETTLE)
    after = dump.objects(host)
    missing = sorted(line for line in before - after if _moved(line, column) not in after)
    foreign = {name: each for name, each in absences.away.items() if name not in own_names}
    back = {name: ms for name, (ms, is_away) in foreign.items() if not is_away}
    return Seen(
        len(before),
        tuple(missing),
        back,
        answers.lost,
        answers.sent,
        answers.silence,
        absences.complete,
    )


def _moved(line: str, column: Column) -> str:
    """Preferring the node's own address is preferring the new one when the old has gone."""
    return re.sub(rf"(?<= src ){OLD}(?= |$)", column.address, line)


def _wait_own(host: Host, column: Column) -> None:
    """The node's own address and a default route are there; else the loss would be to come."""

    def there() -> bool:
        return f"{column.address}/24" in host.addresses() and bool(host.routes("default"))

    until(there, f"{host.suite}: no {column.address}, or no default route", 20, 0.1)


@dataclass
class _Absences:
    away: dict[str, tuple[float, bool]] = field(default_factory=dict)
    complete: bool = True


def _names(host: Host) -> set[str]:
    done = subprocess.run(_observer(host), **_INSIDE, check=True, timeout=30, text=True)  # type: ignore[call-overload]
    return set(json.loads(done.stdout))


@contextmanager
def _observed(host: Host) -> Iterator[_Absences]:
    """Listen while the block runs."""
    absences = _Absences()
    argv = [*_observer(host), "watch"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, text=True, **_INSIDE) as observer:  # type: ignore[call-overload]
        try:
            observer.stdout.readline()
            yield absences
            told = json.loads(observer.communicate(timeout=30)[0])
        except BaseException:
            observer.kill()
            raise
    absences.away = {name: (ms, is_away) for name, (ms, is_away) in told["away"].items()}
    absences.complete = told["complete"]


_INSIDE = {"stdout": subprocess.PIPE, "cwd": ROOT, "env": dict(ENVIRONMENT)}


def _observer(host: Host) -> list[str]:
    network = ["nsenter", f"--net=/proc/{host.pid}/ns/net", "--"]
    return [*network, sys.executable, "-m", "tests.matrix.observer"]
