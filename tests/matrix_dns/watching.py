"""Running the watcher in a host, and telling what it saw."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.commands import ENVIRONMENT
from tests.lab.host import Host
from tests.lab.names import LEASED, PINNED, SECOND, ZONE, Names
from tests.lab.waiting import until
from tests.matrix_dns import watcher

SOON = 1.0
"""Seconds that an answer may take before there is said to be none yet."""
_OTHERS = (LEASED, SECOND)


@dataclass
class Look:
    """One look of the watcher's; `strayed` if another server than the pinned one was asked."""

    at: float
    conf: str
    pods: str
    resolved: bool
    asked: bool
    answer: str | None = None
    strayed: bool = False

    def fault(self, usual: Look) -> str:
        """What is not as it was pinned; empty if nothing. Silence is told by `silent`."""
        if self.conf != usual.conf:
            return f"resolv.conf: {self.conf}"
        if self.pods != usual.pods:
            return f"pods: {self.pods}"
        if self.resolved != usual.resolved:
            return f"resolved {'runs' if self.resolved else 'does not run'}"
        if self.answer not in (None, PINNED.answer):
            return f"the answer is {self.answer}"
        return "another server was asked" if self.strayed else ""

    @property
    def silent(self) -> bool:
        """Nobody answered."""
        return self.asked and self.answer is None


class Watch:
    """The watcher while it runs; a context manager."""

    def __init__(self, host: Host, names: Names, pods: str) -> None:
        self._host = host
        self._names = names
        self._pods = pods
        self._word = ""
        self._looks: dict[int, Look] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Watch:
        program = Path(watcher.__file__).read_text()
        argv = [*self._host.entering, "python3", "-c", program, ZONE, self._pods]
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=dict(ENVIRONMENT),
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        until(lambda: self.looks, f"{self._host.suite}: nobody looks")
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def looks(self) -> list[Look]:
        """In order."""
        with self._lock:
            return [self._looks[number] for number in sorted(self._looks)]

    def wait_good(self, usual: Look, since: float, stay: float, within: float) -> bool:
        """Whether it was as pinned for `stay` seconds after `since`, before `within` are over."""
        end = time.monotonic() + within
        while time.monotonic() < end:
            time.sleep(0.05)
            now = time.monotonic()
            lately = [look for look in self.looks if look.at > max(since, now - stay - SOON)]
            if not lately or now - since < stay + SOON or now - lately[-1].at > SOON:
                continue
            if not any(
                look.fault(usual) or (look.silent and look.at < now - SOON) for look in lately
            ):
                return True
        return False

    def end(self) -> list[Look]:
        """Stop looking; every look, with who else was asked."""
        if self._process.poll() is None and self._process.stdin is not None:
            time.sleep(0.2)  # the last answers
            self._process.stdin.close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        self._reader.join()
        if self._process.stdout is not None:
            self._process.stdout.close()
        asked = {name for server in _OTHERS for name in self._names.asked(server)}
        for number, look in self._looks.items():
            look.strayed = f"{number}.{self._word}.{ZONE}" in asked
        return self.looks

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            with self._lock:
                if "word" in told:
                    self._word = told["word"]
                elif "answer" in told:
                    self._looks[told["n"]].answer = told["answer"]
                else:
                    number = told.pop("n")
                    self._looks[number] = Look(**told)


@dataclass(frozen=True)
class Stretch:
    """For how long something was not as pinned, in seconds; `fault` is empty if all was silent."""

    seconds: float
    fault: str


def stretches(looks: Sequence[Look], usual: Look, acted: float) -> list[Stretch]:
    """The times in which something was wrong, from the last good look to the next.

    Silence counts from the end of the act on: who restarts a network has none meanwhile.
    """
    return list(_stretches(looks, usual, acted))


def _stretches(looks: Iterable[Look], usual: Look, acted: float) -> Iterator[Stretch]:
    good, fault, is_bad = usual.at, "", False
    at = good
    for look in looks:
        at = look.at
        found = look.fault(usual)
        if found or (look.silent and at > acted):
            is_bad = True
            fault = fault or found
            continue
        if is_bad:
            yield Stretch(round(at - good, 2), fault)
        good, fault, is_bad = at, "", False
    if is_bad:
        yield Stretch(round(at - good, 2), fault)
