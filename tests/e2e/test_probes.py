"""A change is kept only if its new path leads somewhere, and its address is nobody else's."""

from __future__ import annotations

import json

from tests.e2e.steps import WANTED, Hosts, configuration, hostnet, on_each, resolves
from tests.lab.host import Host

STATIC = ("static", "ens33", f"{WANTED}/24")
DEAD = "192.168.141.77"
"""An address of the network that nobody has."""


def test_a_dead_gateway_or_nameserver_is_named_and_undone(leased: Hosts) -> None:
    on_each(leased, _dead)


def _dead(host: Host) -> None:
    before = configuration(host)
    for option, name in (("--gateway", "gateway"), ("--dns", "nameserver")):
        failed = hostnet(host, *STATIC, option, DEAD, exits=6)
        assert f"no answer from {name}:{DEAD}" in failed.stderr
        assert "The old state is back" in failed.stderr
        assert configuration(host) == before
        assert resolves(host, f"after-{name}")


def test_what_was_dead_before_is_told_and_demanded_no_more(leased: Hosts) -> None:
    on_each(leased, _dead_before)


def _dead_before(host: Host) -> None:
    hostnet(host, *STATIC, "--dns", DEAD, "--no-probe", "nameserver", "--no-probe", "lookup")
    done = hostnet(host, "static", "ens33", "192.168.141.135/24", "--dns", DEAD)
    assert f"nameserver:{DEAD} did not answer before" in done.stderr
    assert "HN050" in done.stderr


def test_an_address_that_another_host_has_is_refused_and_its_mac_named(leased: Hosts) -> None:
    on_each(leased, _taken)


def _taken(host: Host) -> None:
    before = configuration(host)
    refused = hostnet(host, "static", "ens33", "192.168.141.1/24", "--gateway", DEAD, exits=3)
    assert "HN049" in refused.stderr
    (neighbour,) = host.ip("neigh", "show", "192.168.141.1")
    assert neighbour["lladdr"] in refused.stderr
    assert configuration(host) == before


def test_the_operators_own_probes_decide(leased: Hosts) -> None:
    on_each(leased, _own)


def _own(host: Host) -> None:
    before = configuration(host)
    failed = hostnet(host, *STATIC, "--probe", "tcp:192.168.141.1:9", exits=6)
    assert "tcp:192.168.141.1:9" in failed.stderr
    assert configuration(host) == before
    usage = hostnet(host, *STATIC, "--probe", "icmp:x", exits=2)
    assert "icmp:x" in usage.stderr
    done = hostnet(
        host, *STATIC, "--probe", "ping:192.168.141.1", "--probe", "cmd:/bin/true", "--json"
    )
    assert json.loads(done.stdout)["outcome"] == "committed"
