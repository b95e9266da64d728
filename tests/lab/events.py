"""What a host does while a test looks: kernel network events and D-Bus messages.

Made for proving silence, so both recorders are known to listen before the block begins.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab.commands import ENVIRONMENT
from tests.lab.host import Host
from tests.lab.waiting import until

_EVENT = re.compile(r"^\[(?P<time>[\d\-T:.]+)\] \[(?P<kind>\w+)\](?P<text>.*)$")
_SETTLE = 0.1
"""Seconds `ip monitor` may need to write down what has already happened."""


@dataclass(frozen=True)
class Event:
    """One netlink message: `kind` is iproute2's label (ADDR, ROUTE, LINK, RULE, NEIGH, …)."""

    kind: str
    time: str
    text: str


@dataclass(frozen=True)
class Call:
    """One D-Bus method call."""

    sender: str
    destination: str
    path: str
    interface: str
    member: str


@dataclass
class Events:
    """What was recorded; complete when the `with` block is left."""

    kernel: list[Event] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    def network(self, *kinds: str) -> list[Event]:
        """Return events of these kinds, by default those that mean configuration changed.

        Neighbour entries age by themselves all the time, and a router advertisement renews
        lifetimes: a test of silence would otherwise depend on the clock.
        """
        wanted = kinds or ("LINK", "ADDR", "ROUTE", "RULE", "NEXTHOP", "NETCONF")
        return [event for event in self.kernel if event.kind in wanted]


@contextmanager
def record_events(host: Host, *, bus: bool = True) -> Iterator[Events]:
    """Record `ip -ts monitor all` and the system bus's method calls while the block runs.

    systemctl, run as root, talks to systemd through a socket of its own: such calls are not on
    the bus. `bus=False` leaves the bus alone, for hosts where dbus is stopped or restarted.
    """
    seen = Events()
    log = host.folder / "events"
    with ExitStack() as stack:
        network = ["nsenter", f"--net=/proc/{host.pid}/ns/net", "--"]
        kernel = stack.enter_context(_running([*network, "ip", "-ts", "monitor", "all"], log))
        until(lambda: _listens(kernel.pid), "ip monitor does not start")
        if bus:
            calls = host.folder / "calls"
            argv = [*host.entering, "busctl", "--system", "--json=short", "monitor"]
            stack.enter_context(_running(argv, calls))
            _mark(host, calls, "/lab/begin")
        yield seen
        time.sleep(_SETTLE)
        if bus:
            _mark(host, calls, "/lab/end")
    seen.kernel.extend(_events(log.read_text(errors="replace")))
    if bus:
        seen.calls.extend(_between_marks(_calls(calls.read_text(errors="replace"))))


def _mark(host: Host, calls: Path, mark: str) -> None:
    """Call something harmless at the path `mark` until the recorder has seen it.

    Only so is it known that the monitor listens, or that it has written all that came before;
    what it says on starting differs between releases.
    """
    destination = "org.freedesktop.DBus"
    argv = ["busctl", "--system", "call", destination, mark, f"{destination}.Peer", "Ping"]

    def seen() -> bool:
        host.run(argv, check=False)
        return f'"{mark}"' in calls.read_text(errors="replace")

    until(seen, f"busctl monitor does not see {mark}")


def _between_marks(calls: Iterator[Call]) -> list[Call]:
    """Leave out what came before, and all that the marking connections said themselves."""
    found = list(calls)
    ours = {call.sender for call in found if call.path.startswith("/lab/")}
    begin = max(index for index, call in enumerate(found) if call.path == "/lab/begin")
    return [call for call in found[begin:] if call.sender not in ours]


@contextmanager
def _running(argv: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a recorder writing to a file; a pipe nobody reads would fill up and block it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(ENVIRONMENT),
        )
    try:
        yield process
    finally:
        # nsenter forks to enter a PID namespace, and the recorder is that child
        for pid in (*_children(process.pid), process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        process.wait()


def _listens(pid: int) -> bool:
    """Tell whether a process has joined netlink groups, by the kernel's own list of sockets."""
    try:
        links = [str(path.readlink()) for path in Path(f"/proc/{pid}/fd").iterdir()]
        table = Path(f"/proc/{pid}/net/netlink").read_text().splitlines()[1:]
    except OSError:
        return False
    inodes = {link[8:-1] for link in links if link.startswith("socket:[")}
    rows = (line.split() for line in table)
    return any(row[3] != "00000000" and row[-1] in inodes for row in rows)


def _children(pid: int) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in found]


def _events(text: str) -> Iterator[Event]:
    """Parse the recording; an indented line belongs to the event above it."""
    current: Event | None = None
    for line in text.splitlines():
        if match := _EVENT.match(line):
            if current:
                yield current
            current = Event(match["kind"], match["time"], match["text"].strip())
        elif current:
            current = Event(current.kind, current.time, f"{current.text} {line.strip()}")
    if current:
        yield current


def _calls(text: str) -> Iterator[Call]:
    for line in text.splitlines():
        try:
            message: dict[str, Any] = json.loads(line)
        except ValueError:
            continue  # the line that was being written when the recorder ended
        if message.get("type") == "method_call":
            keys = ("sender", "destination", "path", "interface", "member")
            yield Call(*(str(message.get(key) or "") for key in keys))
