"""The chain of a lookup on booted hosts: who is asked, who named him, and what pods get."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hostnet.findings import (
    NAMESERVER_SILENT,
    PODS_GET_LOOPBACK,
    PODS_GET_TOO_MUCH,
    STUB_DEAD,
)
from tests.e2e.conftest import BootWorlds
from tests.e2e.steps import hostnet, on_each, silence
from tests.integration.schemas import check
from tests.lab import fixtures, kubelet, router
from tests.lab.host import Host
from tests.lab.lookups import World, in_pod, new_name
from tests.lab.names import DEAD, LEASED, PINNED, PORTED, SECOND
from tests.lab.waiting import until

LAN = replace(router.LAN, nameservers=(DEAD.ipv4, LEASED.ipv4))
"""Whose leases name a dead server before the living one."""
NETPLAN = f"""\
network:
  ethernets:
    ens33:
      nameservers:
        addresses:
        - {SECOND.ipv4}
        - "{SECOND.ipv6}"
"""
HERE = "/etc/netplan/60-names.yaml"
DROP_IN = "/etc/systemd/resolved.conf.d/50-ours.conf"
UPLINK = "/run/systemd/resolve/resolv.conf"
LEASES = [(DEAD.ipv4, "dhcp", None), (LEASED.ipv4, "dhcp", None), (LEASED.ipv6, "ra", None)]
RESOLVED = "systemd-resolved.service"


def test_every_server_is_told_with_who_named_it(boot_worlds: BootWorlds) -> None:
    on_each(boot_worlds(fixtures.dual_stack(), networks=(LAN,), dual_stack=True), _told)


def _told(world: World) -> None:
    host = world.host
    host.wait_address()
    host.wait_address(family=6)
    argv = ["resolvectl", "dns", "ens33"]
    until(lambda: LEASED.ipv6 in host.run(argv).stdout, f"{host.suite}: no router names a server")
    _as_it_boots(host)
    _what_pods_get(host)
    _servers_of_files(host)
    _servers_of_calls(host)
    _without_resolved(host)


def _as_it_boots(host: Host) -> None:
    with silence(host):
        _status(host)
    found = _once_silent(host, DEAD.ipv4)
    assert [step["name"] for step in found["hosts"]] == ["files", "resolve", "dns"]
    assert all(step["installed"] for step in found["hosts"])
    conf = found["resolv_conf"]
    assert (conf["mode"], conf["owner"]) == ("stub", "systemd-resolved")
    assert conf["servers"] == ["127.0.0.53"]
    assert (found["resolved"], found["through_resolved"]) == ("active", True)
    assert (found["pinned"], found["pods"]) == (None, [])
    assert _servers(found) == LEASES
    assert _silent(found) == [DEAD.ipv4]
    assert [each["id"] for each in found["findings"]] == [NAMESERVER_SILENT.id]

    text = hostnet(host, "dns", "status", "--exit-code", exits=10)
    assert f"    {DEAD.ipv4}  ens33, dhcp: SILENT\n" in text.stdout
    assert f"    {LEASED.ipv6}  ens33, ra: " in text.stdout
    assert f"{DEAD.ipv4} (ens33): no reply" in text.stderr


def _what_pods_get(host: Host) -> None:
    """The verdict is that of a lookup with the same file."""
    for path, fate in (("/etc/resolv.conf", "loopback"), (UPLINK, "good")):
        kubelet.configure(host, path)
        found = _status(host)
        (pods,) = found["pods"]
        assert (pods["program"], pods["path"], pods["fate"]) == ("kubelet", path, fate)
        assert pods["told_in"] == kubelet.TOLD
        answers = {"loopback": [], "good": [LEASED.answer]}
        assert in_pod(host, new_name(), path) == answers[fate]
        assert (PODS_GET_LOOPBACK.id in _rules(found)) == (fate == "loopback")

    own = "/etc/kubernetes/resolv.conf"
    addresses = (SECOND.ipv4, PINNED.ipv4, LEASED.ipv4, DEAD.ipv4)
    host.write(own, "".join(f"nameserver {each}\n" for each in addresses))
    host.write(kubelet.FLAGS, kubelet.flags(f"--resolv-conf={own}"))
    found = _status(host)
    (pods,) = found["pods"]
    assert (pods["path"], pods["fate"], len(pods["servers"])) == (own, "too-much", 4)
    assert pods["told_in"].startswith(f"{kubelet.FLAGS}:1:")
    assert PODS_GET_TOO_MUCH.id in _rules(found)
    host.run(["rm", "-r", "/var/lib/kubelet", "/etc/kubernetes"])


def _servers_of_files(host: Host) -> None:
    host.write(HERE, NETPLAN, 0o600)
    host.write(DROP_IN, f"[Resolve]\nDNS={PORTED.ipv4}:5353\nDNS=[{PORTED.ipv6}]:5353\n")
    host.run(["systemctl", "restart", RESOLVED])
    host.netplan_apply()
    wanted = [
        (f"{PORTED.ipv4}:5353", "static", f"{DROP_IN}:2:1"),
        (f"[{PORTED.ipv6}]:5353", "static", f"{DROP_IN}:3:1"),
        (SECOND.ipv4, "static", f"{HERE}:6:11"),
        (SECOND.ipv6, "static", f"{HERE}:7:11"),
        *LEASES,
    ]
    until(lambda: _servers(_status(host)) == wanted, f"{host.suite}: {_servers(_status(host))}")
    _once_silent(host, DEAD.ipv4)


def _servers_of_calls(host: Host) -> None:
    called = [PINNED.ipv4, SECOND.ipv6, f"{PORTED.ipv4}:5353"]
    host.run(["resolvectl", "dns", "ens33", *called])
    found = _once_silent(host)
    assert _servers(found)[2:] == [(each, "runtime", None) for each in called]


def _without_resolved(host: Host) -> None:
    """It is asked for nothing: a call on the bus would start it."""
    host.run(["systemctl", "stop", RESOLVED])
    assert _status(host)["resolved"] == "enabled"
    assert host.unit_state(RESOLVED).active == "inactive"
    host.run(["systemctl", "mask", RESOLVED])
    found = _status(host)
    assert (found["resolved"], found["through_resolved"]) == ("masked", False)
    assert _servers(found) == [("127.0.0.53", "static", None)]
    assert _rules(found) == [STUB_DEAD.id, NAMESERVER_SILENT.id]


def _status(host: Host) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(hostnet(host, "dns", "status", "--json").stdout)
    check("dns-status", found)
    return found


def _once_silent(host: Host, *servers: str) -> dict[str, Any]:
    """What it says when these and no others are silent: a machine that stands still hears none."""
    found: dict[str, Any] = {}

    def settled() -> bool:
        found.clear()
        found.update(_status(host))
        return _silent(found) == [*servers]

    until(settled, f"{host.suite}: silent are not only {servers}")
    return found


def _servers(found: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(each["server"], each["source"], each["origin"]) for each in found["servers"]]


def _silent(found: dict[str, Any]) -> list[str]:
    return [each["server"] for each in found["servers"] if each["milliseconds"] is None]


def _rules(found: dict[str, Any]) -> list[str]:
    return [each["id"] for each in found["findings"]]
