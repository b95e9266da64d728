"""The nameservers of a network are told apart by their answers, and know what they were asked."""

from __future__ import annotations

import time

import pytest

from tests.lab import fixtures
from tests.lab.host import Host
from tests.lab.laboratory import Laboratory
from tests.lab.lookups import by_nss, measure_silence, new_name
from tests.lab.names import DEAD, LEASED, PINNED, PORTED, SECOND, Names, Nameserver
from tests.lab.waiting import until

_ASK = """
import sys
from dns import message, query
name, port, timeout, *addresses = sys.argv[1:]
for ask in query.udp, query.tcp:
    for address in addresses:
        question = message.make_query(name, "AAAA" if ":" in address else "A")
        try:
            answer = ask(question, address, port=int(port), timeout=float(timeout))
        except Exception as error:
            print(type(error).__name__)
        else:
            print(answer.answer[0][0])
"""


@pytest.fixture
def world(lab: Laboratory) -> tuple[Host, Names]:
    host = lab.host("trixie", fixtures.dual_stack(), router=lab.router(dual_stack=True))
    names = lab.names(host.router)
    host.wait_address()
    host.wait_address(family=6)
    return host, names


def test_each_server_gives_its_own_answer_and_counts(world: tuple[Host, Names]) -> None:
    host, names = world
    for server in (LEASED, PINNED, SECOND, PORTED):
        name = new_name()
        assert _ask(host, server, name) == [server.answer, server.answer6] * 2
        assert names.asked(server, name) == [name] * 4
    assert len(names.asked(PINNED)) == 4

    # Nothing comes back, so that a host waits: neither a refusal nor that nobody is there.
    assert set(_ask(host, DEAD, "dead.lab.example", within=0.3)) == {"Timeout"}
    assert names.asked(DEAD) == ["dead.lab.example"] * 2
    with names.silent(SECOND):
        assert set(_ask(host, SECOND, "late.lab.example", within=0.3)) == {"Timeout"}
    assert _ask(host, SECOND, "late.lab.example")[0] == SECOND.answer

    _silence_is_measured(host)
    _leases_name_another(host)


def _ask(host: Host, server: Nameserver, name: str, within: float = 20) -> list[str]:
    addresses = (server.ipv4, server.ipv6)
    argv = ["python3", "-c", _ASK, name, str(server.port), str(within), *addresses]
    return host.run(argv).stdout.split()


def _silence_is_measured(host: Host) -> None:
    assert by_nss(host, "who.lab.example") == [LEASED.answer]
    with measure_silence(host) as still:
        time.sleep(0.5)
    with measure_silence(host) as pulled:
        time.sleep(0.2)
        host.cable("ens33", connected=False)
        time.sleep(0.3)
        host.cable("ens33", connected=True)
        host.router.wait_reachable(host.wait_address())
        time.sleep(0.2)

    for way in ("raw", "nss"):
        assert still.addresses(way) == [LEASED.answer]
        assert still.longest_ms(way) < 250 + still.longest_ms("control")
        assert pulled.longest_ms(way) >= 250


def _leases_name_another(host: Host) -> None:
    assert SECOND.ipv4 not in _named(host)
    host.router.name_servers(SECOND.ipv4)
    host.run(["networkctl", "renew", "ens33"])
    until(lambda: SECOND.ipv4 in _named(host), "a renewed lease names no other server")
    assert LEASED.ipv4 not in _named(host)


def _named(host: Host) -> list[str]:
    return host.run(["resolvectl", "dns", "ens33"]).stdout.split()
