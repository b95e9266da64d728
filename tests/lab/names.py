"""The nameservers of a network: each answers names of `lab.example` with addresses of its own.

The router's dnsmasq is the one that DHCP and router advertisements name; the others are on a
machine of their own on the same wire. What a host was answered tells whom it asked, and each
server knows what it was asked.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab import cleanup
from tests.lab.commands import execute
from tests.lab.router import Router
from tests.lab.waiting import until

ZONE = "lab.example"


@dataclass(frozen=True)
class Nameserver:
    """A server, and what it says every name of the zone has."""

    ipv4: str
    ipv6: str
    answer: str
    answer6: str
    port: int = 53


def _beside(last: int, answer: int, port: int = 53) -> Nameserver:
    return Nameserver(
        f"192.168.141.{last}", f"fd00:141::{last}", f"192.0.2.{answer}", f"2001:db8::{answer}", port
    )


LEASED = _beside(1, 1)
"""The router's, which leases and router advertisements name."""
PINNED = _beside(53, 2)
SECOND = _beside(54, 3)
PORTED = _beside(55, 4, 5353)
"""On another port than that of the protocol."""
DEAD = _beside(66, 5)
"""It takes questions and is silent; so is its TCP."""
_OWN = (PINNED, SECOND, PORTED, DEAD)


class Names:
    """The machine with all servers but the router's; a context manager."""

    def __init__(self, router: Router) -> None:
        self.router = router
        self.namespace = cleanup.unique()
        self.folder = cleanup.run_folder(self.namespace)
        self._log = self.folder / "queries"
        self._hush = self.folder / "hush"
        self._undo = ExitStack()

    def __enter__(self) -> Names:
        with ExitStack() as undo:
            undo.callback(cleanup.remove_folder, self.folder)
            execute(["ip", "netns", "add", self.namespace])
            undo.callback(execute, ["ip", "netns", "delete", self.namespace], check=False)
            port = self.router.plug(self.namespace, "eth0", "02:00:00:00:00:53", "br0")
            undo.callback(self.router.unplug, port)
            lines = ["link set lo up", "link set eth0 up"]
            for server in _OWN:
                lines.append(f"address add {server.ipv4}/24 dev eth0")
                lines.append(f"address add {server.ipv6}/64 dev eth0 nodad")
            enter = ["nsenter", f"--net=/run/netns/{self.namespace}", "--"]
            execute(["ip", "-batch", "-"], prefix=enter, input="\n".join(lines) + "\n")
            group = cleanup.ControlGroup(self.namespace)
            undo.callback(group.remove)
            self._write_hush(DEAD)
            program = str(Path(__file__).with_name("nameservers.py"))
            served = [
                f"{address},{server.port}={server.answer},{server.answer6}"
                for server in _OWN
                for address in (server.ipv4, server.ipv6)
            ]
            argv = [*enter, sys.executable, program, str(self._log), str(self._hush), *served]
            output = undo.enter_context((self.folder / "output").open("wb"))
            group.start(argv, output)
            until(lambda: self._log.exists() and "listening" in self._log.read_text(), "no names")
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def asked(self, server: Nameserver, name: str = "") -> list[str]:
        """Return the questions for names of the zone that a server got, in order.

        Given a name, only those for this one; each as often as it was asked.
        """
        if server is LEASED:
            found = self.router.queries()
        else:
            lines = (line.split() for line in self._log.read_text().splitlines()[1:])
            found = [each[1] for each in lines if each[0] in (server.ipv4, server.ipv6)]
        zone = re.compile(rf"(?:.*\.)?{re.escape(ZONE)}")
        return [each for each in found if (each == name if name else zone.fullmatch(each.lower()))]

    @contextmanager
    def silent(self, *servers: Nameserver) -> Iterator[None]:
        """Let more servers take questions and say nothing while the block runs."""
        self._write_hush(DEAD, *servers)
        try:
            yield
        finally:
            self._write_hush(DEAD)

    def _write_hush(self, *servers: Nameserver) -> None:
        unfinished = self.folder / "unfinished"
        unfinished.write_text("".join(f"{each.ipv4}\n{each.ipv6}\n" for each in servers))
        unfinished.rename(self._hush)
