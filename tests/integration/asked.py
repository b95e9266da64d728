"""Probes asked in a world, and servers to ask there."""

from __future__ import annotations

from hostnet.probes import Answer
from tests.integration.world import PYTHON, found_in

LATE = 5.0
"""Seconds that a busy machine may add to a deadline; whatever is not ended by it takes longer."""
FOUR, SIX = ("10.0.0.1", "lan0"), ("fd77::1", "lan0")
ASK = """
import time
from hostnet.host.asking import ask
from hostnet.probes import Probe, parse_probe
probes = [
    Probe(parse_probe(name).target, source and ip(source), link) for name, source, link in {probes}
]
begin = time.monotonic()
answers = ask(probes, {within})
result = answers, time.monotonic() - begin
"""


def serving(program: str, *arguments: str, before: str = "ip netns exec peer ") -> str:
    """Start a server there, and wait until it says that it listens."""
    said = f"/run/{'-'.join(arguments[:2])}"
    started = f"{before}{PYTHON} -m tests.integration.{program} {' '.join(arguments)} >{said} &\n"
    return f"{started}until [ -s {said} ]; do sleep 0.02; done\n"


def nameserver(address: str, mode: str = "answer") -> str:
    """Serve DNS at an address of the peer; see tests/integration/nameserver.py."""
    return serving("nameserver", address, mode)


def webserver(address: str, port: int, status: str, *certificate: str) -> str:
    """Serve HTTP at an address of the peer; see tests/integration/webserver.py."""
    return serving("webserver", address, str(port), status, *certificate)


def asked_in(
    world: str, *probes: tuple[str, str | None, str | None], within: float = 5
) -> tuple[Answer, ...]:
    """Return what the probes (name, source, link) answer there; never later than it may be."""
    answers, seconds = found_in(world, ASK.format(probes=probes, within=within))
    assert seconds < within + LATE
    assert [str(answer.probe) for answer in answers] == [name for name, _, _ in probes]
    for answer in answers:
        assert answer.detail.isprintable()
        assert 0 <= answer.milliseconds <= seconds * 1000 + 1
    return tuple(answers)


def details(answers: tuple[Answer, ...]) -> list[tuple[bool, str]]:
    """Return whether each was answered, and how; without that some try got no reply beside it.

    Kernels refuse only so often, and on a busy machine a try may be late.
    """
    silent = "no reply"
    return [
        (answer.ok, "; ".join(e for e in answer.detail.split("; ") if e != silent) or silent)
        for answer in answers
    ]
