"""The main job on a host with a lease: an address for good, and silence ever after."""

from __future__ import annotations

import json

from tests.e2e.conftest import Boot
from tests.e2e.steps import (
    CLOUD_SWITCH,
    OURS,
    WANTED,
    Hosts,
    files_of,
    hostnet,
    on_each,
    own_complaints,
    resolves,
    silence,
)
from tests.lab import fixtures
from tests.lab.host import Host
from tests.lab.waiting import until

HUMAN = "/etc/netplan/01-netcfg.yaml"
GIVEN_UP = """\
# Netz im Keller, Stand Maerz. Ask Jana before touching the MTU!
network:
    version: 2      # 4 spaces, since the wiki says so
    renderer: networkd
        # the card on the board, not the one in the slot


# end of file
"""
"""What is left of the human's file: every byte that did not define the interface."""


def test_a_leased_host_gets_its_address_for_good(boot: Boot) -> None:
    on_each(boot(fixtures.commented()), _for_good)


def _for_good(host: Host) -> None:
    leased = host.wait_address()
    with host.router.measure_gap(WANTED, host.mac("ens33")) as seen:
        done = hostnet(host, "static", "ens33", f"{WANTED}/24")
        host.router.wait_reachable(WANTED)
    print(f"{host.suite}: {WANTED} was silent for at most {seen.largest_ms:.0f} ms")

    assert "changed, verified, and kept" in done.stdout
    assert not host.router.ping(leased)
    _is_static(host, "first")
    _is_written_as_designed(host)
    units = ["systemctl", "list-units", "--all", "-q", "hostnet-transaction*"]
    until(lambda: host.run(units).stdout == "", f"{host.suite}: its service stays")
    _has_nothing_to_do(host)
    for command in ("generate", "apply"):
        assert own_complaints(host.run(["netplan", command])) == []
    _is_static(host, "applied")

    host.reboot()
    _is_static(host, "rebooted")
    _is_written_as_designed(host)
    _has_nothing_to_do(host)


def _is_static(host: Host, moment: str) -> None:
    host.router.wait_reachable(WANTED)
    assert host.addresses() == [f"{WANTED}/24"]
    assert [(r["gateway"], r["protocol"]) for r in host.routes("default")] == [
        ("192.168.141.1", "static")
    ]
    assert resolves(host, moment)


def _is_written_as_designed(host: Host) -> None:
    files = files_of(host, "/etc/netplan", "/run/netplan")
    assert set(files) == {HUMAN, OURS}
    assert files[HUMAN] == ("file", 0o600, (0, 0), GIVEN_UP.encode())
    assert files[OURS][:3] == ("file", 0o600, (0, 0))
    assert files[OURS][3].startswith(b"# Made by hostnet")
    assert b"optional: true" in files[OURS][3]
    assert "network: {config: disabled}" in host.read(CLOUD_SWITCH)


def _has_nothing_to_do(host: Host) -> None:
    with silence(host):
        done = hostnet(host, "static", "ens33", f"{WANTED}/24")
    assert done.stdout == "ens33: already so\n"

    argv = ["systemctl", "list-unit-files", "-q", "systemd-resolved*.socket"]
    sockets = host.run(argv, check=False).stdout.splitlines()
    units = ["systemd-resolved.service", *(line.split()[0] for line in sockets)]
    host.run(["systemctl", "stop", *units])
    assert hostnet(host, "static", "ens33", f"{WANTED}/24").stdout == "ens33: already so\n"
    assert host.unit_state("systemd-resolved.service").active == "inactive"
    host.run(["systemctl", "start", *units])


def test_an_interface_alone_pins_what_the_lease_gave(leased: Hosts) -> None:
    on_each(leased, _pin)


def _pin(host: Host) -> None:
    leased = host.wait_address()
    result = json.loads(hostnet(host, "static", "ens33", "--json").stdout)

    assert result["outcome"] == "committed"
    assert result["changed"] is True
    assert [finding["id"] for finding in result["findings"]] == ["HN040"]
    (link,) = host.ip("-4", "address", "show", "dev", "ens33")
    assert [(a["local"], a.get("dynamic")) for a in link["addr_info"]] == [(leased, None)]
    rendered = host.read(OURS)
    assert f"addresses: [{leased}/24]" in rendered
    assert "via: 192.168.141.1" in rendered
    assert "nameservers:\n        addresses: [192.168.141.1]" in rendered
    assert resolves(host, "pinned")

    status = json.loads(hostnet(host, "status", "--json").stdout)
    assert [address["source"] for address in status["links"][0]["addresses"]] == ["static"]
    assert status["drift"] is False
