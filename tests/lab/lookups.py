"""What programs of a host see when they look names up, and for how long they see nothing."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab import meter
from tests.lab.commands import ENVIRONMENT
from tests.lab.host import Host
from tests.lab.names import LEASED, PINNED, ZONE, Names, Nameserver

_numbers = itertools.count(1)
_BY_FILE = """
import select, socket, sys
exec(sys.stdin.read(), globals())
name, path, *without = sys.argv[1:]
where = [each for each in servers(path) if each not in without]
sockets = [socket.socket(family, socket.SOCK_DGRAM) for family in (2, 10)]
ask(name, 7, sockets, where)
ready = select.select(sockets, [], [], 60)[0] if where else []
print(*dict.fromkeys(address for each in ready for _, address in answer(each)))
"""
_TIMED = """
import socket, sys, time
begun = time.monotonic()
try:
    found = socket.getaddrinfo(sys.argv[1], None, socket.AF_INET, socket.SOCK_STREAM)
except OSError as error:
    found = ()
print(time.monotonic() - begun, *(each[4][0] for each in found))
"""


@dataclass(frozen=True)
class World:
    """A host, and the nameservers of its network."""

    host: Host
    names: Names


Worlds = Mapping[str, World]
"""One of each suite, by the suite's name."""


def new_name() -> str:
    """Return a name of the zone that no cache can have."""
    return f"name-{next(_numbers)}.{ZONE}"


def by_nss(host: Host, name: str) -> list[str]:
    """Ask as most programs do; the IPv4 addresses, or none."""
    found = host.run(["getent", "ahostsv4", name], check=False).stdout
    return list(dict.fromkeys(line.split()[0] for line in found.splitlines()))


def by_file(host: Host, name: str) -> list[str]:
    """Ask the servers in /etc/resolv.conf, all at once, as musl does."""
    return _by_file(host, name, "/etc/resolv.conf")


def in_pod(host: Host, name: str, path: str) -> list[str]:
    """Ask as in a pod that was given this file: loopback is the pod itself there, and silent."""
    return _by_file(host, name, path, "127.0.0.53", "127.0.0.54", "::1")


def by_resolved(host: Host, name: str) -> list[str]:
    """Ask resolved itself."""
    found = host.run(["resolvectl", "-4", "query", name], check=False).stdout
    return re.findall(r"(?m)(?:^|\s)(\d+\.\d+\.\d+\.\d+)\s", found)


def seconds(host: Host, name: str) -> tuple[float, list[str]]:
    """How long a lookup takes by NSS in a program that has asked nothing yet, and its answer."""
    words = host.run(["python3", "-c", _TIMED, name]).stdout.split()
    return float(words[0]), words[1:]


def asks(world: World, server: Nameserver) -> None:
    """Demand that every way leads to this server, and none to the one that was leased."""
    host = world.host
    ways = {"NSS": by_nss, "resolv.conf": by_file}
    if host.unit_state("systemd-resolved.service").active == "active":
        ways["resolved"] = by_resolved
    for way, ask in ways.items():
        name = new_name()
        answer = ask(host, name)
        assert answer == [server.answer], f"{host.suite}: {way} has {answer} for {name}"
        assert world.names.asked(server, name), f"{host.suite}: {way} did not ask {server.ipv4}"
        if server is not LEASED:
            asked = world.names.asked(LEASED, name)
            assert not asked, f"{host.suite}: {way} also asked the leased server"


@dataclass
class Silence:
    """What `measure_silence` saw; complete when its `with` block is left."""

    ways: dict[str, dict[str, object]] = field(default_factory=dict)

    def longest_ms(self, way: str) -> float:
        """The longest time without an answer, by `raw` (resolv.conf, musl), `nss` or `control`.

        By the last even PINNED itself gave none: the machine stood still, or the network.
        """
        found = self.ways[way]["silence_ms"]
        assert isinstance(found, (int, float))
        return float(found)

    def addresses(self, way: str) -> list[str]:
        """The answers that came, each as often as it took the place of another."""
        found = self.ways[way]["addresses"]
        assert isinstance(found, list)
        return found

    def __str__(self) -> str:
        return "; ".join(
            f"{way} silent {each['silence_ms']} ms after {each['after_ms']} ms, "
            f"{each['answered']} answers to {each['asked']}: "
            f"{', '.join(dict.fromkeys(self.addresses(way)))}"
            for way, each in self.ways.items()
        )


@contextmanager
def measure_silence(host: Host, every: float = 0.01) -> Iterator[Silence]:
    """Look new names up every 10 ms while the block runs, and tell the longest silence.

    Where several hosts are at work, less often: the machine would else be busy with that.
    """
    seen = Silence()
    program = Path(meter.__file__).read_text()
    process = subprocess.Popen(
        [*host.entering, "python3", "-c", program, ZONE, str(every), PINNED.ipv4],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(ENVIRONMENT),
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "begun\n"
        yield seen
        process.stdin.close()
        seen.ways = json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _by_file(host: Host, name: str, path: str, *without: str) -> list[str]:
    program = Path(meter.__file__).read_text().rpartition("\nif __name__")[0]
    argv = ["python3", "-c", _BY_FILE, name, path, *without]
    return host.run(argv, input=program).stdout.split()
