"""Asking for one family leaves the other as it is."""

from __future__ import annotations

from tests.e2e.conftest import Boot
from tests.e2e.steps import OURS, WANTED, hostnet, on_each
from tests.lab import fixtures
from tests.lab.host import Host
from tests.lab.waiting import until

SIX = "fd00:141::77"


def test_a_static_address_of_one_family_leaves_the_other(boot: Boot) -> None:
    on_each(boot(fixtures.dual_stack(), dual_stack=True), _one_family_at_a_time)


def _one_family_at_a_time(host: Host) -> None:
    host.wait_address(family=4)
    advertised = host.wait_address(family=6)
    gateway = _advertised_gateway(host)

    hostnet(host, "static", "ens33", f"{WANTED}/24")
    assert host.addresses() == [f"{WANTED}/24"]
    assert host.addresses(family=6) == [f"{advertised}/64"]
    assert _advertised_gateway(host) == gateway
    assert "accept-ra: true" in host.read(OURS)
    host.router.wait_reachable(advertised)

    hostnet(host, "static", "ens33", f"{SIX}/64")
    assert host.addresses() == [f"{WANTED}/24"]
    assert host.addresses(family=6) == [f"{SIX}/64"]
    assert f"via: {gateway}" in host.read(OURS)
    host.router.wait_reachable(SIX)
    host.router.wait_reachable(WANTED)

    host.reboot()
    host.router.wait_reachable(WANTED)
    host.router.wait_reachable(SIX)
    assert host.addresses(family=6) == [f"{SIX}/64"]


def _advertised_gateway(host: Host) -> str:
    # A reconfigured networkd solicits anew, every 4 s (RFC 4861), and the address is first.
    until(lambda: host.routes("default", family=6), "no router is advertised", within=20)
    (default,) = host.routes("default", family=6)
    assert default["protocol"] == "ra"
    return str(default["gateway"])
