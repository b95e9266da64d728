"""How long a host is cut off: pinged from beyond its gateway, and itself asking for names."""

from __future__ import annotations

import itertools
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

from tests.lab.commands import ENVIRONMENT
from tests.lab.host import Host
from tests.lab.router import Router

BEYOND = "203.0.113.1"
"""The router's address in another network: who answers it has a gateway that works."""
_EVERY = 0.1
_ASKING = """
import itertools, socket, sys, threading, time
def ask(number):
    try:
        socket.getaddrinfo(f"n{number}-{sys.argv[1]}.example.test", 80)
        print(f"[{time.time()}] resolved", flush=True)
    except OSError:
        pass
for number in itertools.count():
    threading.Thread(target=ask, args=(number,), daemon=True).start()
    time.sleep(0.25)
"""
"""Each name in a thread of its own: one that waits for a dead server holds no other up."""


def prepare(router: Router) -> None:
    """Give the router its other network."""
    router.add_address(f"{BEYOND}/32", "lo")


def answers(router: Router, address: str, *, beyond: bool = True, within: int = 2) -> bool:
    """Tell whether an address answers the router, from beyond the gateway or from the same wire."""
    source = ["-I", BEYOND] if beyond else []
    argv = ["ping", "-n", "-q", "-i", "0.05", "-c", "1", "-w", str(within), *source, address]
    return router.run(argv, check=False, timeout=within + 10).returncode == 0


class Watch:
    """Looks at a host, any of whose addresses may answer, while its block runs.

    With `names`, the host also has to resolve names, each a new one.
    """

    def __init__(self, host: Host, addresses: Iterable[str], *, names: bool) -> None:
        self._host = host
        self._addresses = tuple(addresses)
        self._names = names
        self._undo = ExitStack()
        self._pings: list[Path] = []
        self._answers: list[Path] = []

    def __enter__(self) -> Watch:
        self._begun = time.time()
        router = ["nsenter", f"--net=/run/netns/{self._host.router.namespace}", "stdbuf", "-oL"]
        for address in self._addresses:
            argv = [*router, "ping", "-n", "-D", "-i", str(_EVERY), "-I", BEYOND, address]
            self._pings.append(self._start(f"watch-{address}", argv))
        if self._names:
            argv = [*self._host.entering, "python3", "-c", _ASKING, str(self._begun)]
            self._answers.append(self._start("watch-names", argv))
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def silence(self) -> float:
        """The longest time so far in which the host was cut off, in seconds."""
        return max(self._longest(logs) for logs in (self._pings, self._answers) if logs)

    def _longest(self, logs: list[Path]) -> float:
        text = "".join(log.read_text() for log in logs)
        stamps = re.findall(r"^\[([\d.]+)\] (?:\d+ bytes from|resolved)", text, re.MULTILINE)
        heard = sorted([self._begun, *map(float, stamps), time.time()])
        return max(later - earlier for earlier, later in itertools.pairwise(heard))

    def _start(self, name: str, argv: list[str]) -> Path:
        log = self._host.router.folder / name
        with log.open("wb") as output:
            process = subprocess.Popen(
                argv, stdout=output, stderr=subprocess.DEVNULL, env=dict(ENVIRONMENT)
            )
        self._undo.callback(_end, process)
        return log


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it, and the child through which nsenter enters a host's processes."""
    with suppress(OSError):
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGTERM)
    process.terminate()
    process.wait()
