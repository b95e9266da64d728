"""Pings every 10 ms from inside pods, while something is done to their node."""

from __future__ import annotations

import itertools
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.campaign.watch import BEYOND
from tests.lab.commands import ENVIRONMENT
from tests.lab.waiting import until

ROUTER = ("192.168.141.1", BEYOND)
"""On the wire, and behind it, where only the default route leads."""
_EVERY = 0.01
_REPLY = re.compile(r" bytes from .*icmp_seq=(\d+)")
_SENT = re.compile(r"^(\d+) packets transmitted", re.MULTILINE)


@dataclass(frozen=True)
class Asked:
    """Who asks whom: `namespace` is where this machine finds the asker's network."""

    name: str
    namespace: Path
    target: str

    def __str__(self) -> str:
        return f"{self.name} → {self.target}"


@dataclass
class Answers:
    """Of each question how many pings were lost; complete when the block is left."""

    lost: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    silence: float = 0.0
    """Milliseconds, the longest, by pings lost in a row."""


@contextmanager
def pinging(asked: Sequence[Asked], folder: Path) -> Iterator[Answers]:
    """Ping while the block runs. All must answer before it begins."""
    answers = Answers()
    logs = [folder / f"pod-ping-{number}" for number, _ in enumerate(asked)]
    with ExitStack() as stack:
        pings = [
            stack.enter_context(_ping(each, log)) for each, log in zip(asked, logs, strict=True)
        ]
        for each, log in zip(asked, logs, strict=True):
            until(lambda log=log: " bytes from " in log.read_text(), f"{each}: no answer")  # type: ignore[misc]
        yield answers
        for ping in pings:
            ping.send_signal(signal.SIGINT)
            ping.wait()
    for each, log in zip(asked, logs, strict=True):
        text = log.read_text()
        log.unlink()
        answered = {int(number) for number in _REPLY.findall(text)}
        sent = int(found[1]) if (found := _SENT.search(text)) else max(answered)
        # Those before the first answer were sent while neighbours were being asked for, and the
        # last may be under way.
        wanted = set(range(min(answered), max(sent, *answered)))
        answers.lost[str(each)] = len(wanted - answered)
        ends = itertools.pairwise(sorted({*answered, max(wanted) + 1}))
        in_a_row = max(later - earlier - 1 for earlier, later in ends)
        answers.silence = max(answers.silence, in_a_row * _EVERY * 1000)
        answers.sent += len(wanted)


@contextmanager
def _ping(asked: Asked, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    argv = ["nsenter", f"--net={asked.namespace}", "stdbuf", "-oL"]
    argv += ["ping", "-n", "-i", str(_EVERY), asked.target]
    with log.open("wb") as output:
        ping = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=dict(ENVIRONMENT)
        )
    try:
        yield ping
    finally:
        ping.kill()
        ping.wait()
