"""What of a machine forbids a static address: each rule with a bad and a good host."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from hostnet.checks.host import check_next_boot
from hostnet.findings import rule_named
from hostnet.model import Observed
from hostnet.netplan.netdef import Netdef
from tests.unit.builders import (
    CLOUD,
    HUMAN,
    MAC,
    Value,
    decide,
    default,
    file,
    held,
    host,
    image,
    lease,
    merged,
    nic,
)

PLAIN = "network:\n  ethernets:\n    ens33: {dhcp4: true}\n"
LINK = nic("ens33", lease("192.168.141.50/24"), by="ens33")
GATEWAY = default("192.168.141.2")
HOST = host(file(CLOUD, PLAIN), LINK, GATEWAY)
ASKED = "ens33 192.168.141.134/24"


NONE = (("gateways", ["none"]),)


def with_text(text: str) -> Observed:
    return replace(HOST, netplan_files=(file(CLOUD, text),))


def with_link(**fields: Value) -> Observed:
    return replace(HOST, links=(replace(LINK, **fields),))


def with_drop_in(path: str, text: str) -> Observed:
    return replace(HOST, drop_ins=(file(path, text),))


@dataclass(frozen=True)
class Case:
    """A host and what is asked of it."""

    host: Observed = HOST
    asked: str = ASKED
    options: tuple[tuple[str, Value], ...] = ()


BY_LAN = "/run/systemd/network/10-netplan-lan.network"
BY_PREFIX = "/run/systemd/network/10-netplan-.network.d/x.conf"
OF_OTHER = "/etc/systemd/network/10-netplan-ens34.network.d/x.conf"
DROP_IN = "/etc/systemd/network/10-netplan-ens33.network.d/x.conf"
LATER = file("/etc/netplan/99-z.yaml", PLAIN)
COVERING = "network:\n  ethernets:\n    all: {match: {name: 'en*'}, dhcp4: true}\n"

BAD: dict[str, tuple[Case, ...]] = {
    "HN001": (Case(replace(HOST, netplan_files=(replace(LATER, problem="is a directory"),))),),
    "HN002": (Case(host(file(CLOUD, "network: [\n"), LINK)),),
    "HN003": (Case(host(file(CLOUD, "#" * (1 << 20) + "#\n"), LINK)),),
    "HN008": (Case(host(file(CLOUD, "network: {ethernets: [ens33]}\n"), LINK)),),
    "HN016": (
        Case(asked="ens33 192.168.141.134/24 192.168.141.134/25"),
        Case(replace(HOST, links=(LINK, nic("ens34", held("192.168.141.134/24"))))),
    ),
    "HN019": (Case(replace(HOST, routes=())),),
    "HN029": (Case(options=(("gateways", ["192.168.141.1", "192.168.141.2"]),)),
              Case(options=(("gateways", ["none", "none"]),))),
    "HN030": (Case(asked="ens44 10.0.0.5/24"), Case(host(nic("lo", loopback=True)))),
    "HN031": (Case(with_link(master="bond0")),),
    "HN032": (
        *(Case(with_link(kind=kind)) for kind in ("wifi", "wireguard", "tun", "vxlan", "dummy")),
        Case(image(file(CLOUD, "network: {tunnels: {ens33: {mode: gre}}}\n"))),
    ),
    "HN034": (Case(replace(HOST, netplan_files=(file(CLOUD, PLAIN), LATER))),),
    "HN035": (Case(image(file(CLOUD, COVERING))),
              Case(image(file(CLOUD, "network: {ethernets: {x: {match: {driver: e1000}}}}\n")))),
    "HN036": (
        Case(host(file(CLOUD, "network: {ethernets: {ens33: &a {}, ens34: *a}}\n"), LINK, GATEWAY)),
    ),
    "HN037": (Case(replace(HOST, system=replace(HOST.system, netplan_try="/run/x.ready"))),),
    "HN039": (Case(with_link(addresses=()), "ens33"),),
    "HN040": (Case(asked="ens33"),),
    "HN041": (Case(replace(HOST, system=replace(HOST.system, resolved=False)),
                   options=(("dns", ["9.9.9.9"]),)),),
    "HN043": (
        Case(with_text(PLAIN + f"    lan: {{match: {{macaddress: '{MAC}'}}}}\n")),
    ),
    "HN044": (
        Case(replace(with_text("network: {ethernets: {lan: {match: {name: eth0}}}}\n"),
                     links=(replace(LINK, network_file=BY_LAN),))),
    ),
    "HN045": (
        Case(with_drop_in(DROP_IN, "[Network]\nDHCP=yes\n")),
        Case(with_drop_in(BY_PREFIX, "[Route]\nGateway = 10.0.0.1\n")),
        Case(with_drop_in("/etc/systemd/network/10-.network.d/x.conf", "[Link]\nUnmanaged=yes\n")),
    ),
}  # fmt: skip

GOOD: dict[str, tuple[Case, ...]] = {
    "HN001": (Case(),),
    "HN002": (Case(),),
    "HN003": (Case(host(file(CLOUD, PLAIN + "#" * (1 << 19)), LINK, GATEWAY)),),
    "HN008": (Case(host(file(CLOUD, PLAIN + "  bonds: {}\n"), LINK, GATEWAY)),),
    "HN016": (
        Case(asked="ens33 192.168.141.134/24 192.168.141.135/24"),
        Case(replace(HOST, links=(LINK, nic("ens34", held("fe80::5/64")))), "ens33 fe80::5/64",
             (("gateways", ["fe80::1"]),)),
    ),
    "HN019": (Case(), Case(replace(HOST, routes=()), options=NONE)),
    "HN029": (Case(options=(("gateways", ["192.168.141.1", "fe80::1"]),)),
              Case(options=(("gateways", ["192.168.141.1", "none"]),)),
              Case(options=(("gateways", ["192.168.141.1"]),
                            ("routes", ["default,192.168.141.3,500"])))),
    "HN030": (Case(), Case(image(), options=NONE)),
    "HN031": (Case(),),
    "HN032": tuple(
        Case(with_link(kind=kind)) for kind in ("ether", "bond", "bridge", "vlan", "veth")
    ),
    "HN034": (Case(),),
    "HN035": (Case(host(file(CLOUD, COVERING), LINK, GATEWAY)),
              Case(image(file(CLOUD, COVERING), file(HUMAN, PLAIN)), options=NONE),
              Case(image(file(CLOUD, "network: {ethernets: {x: {match: {name: 'wl*'}}}}\n")),
                   options=NONE)),
    "HN036": (Case(),),
    "HN037": (Case(),),
    "HN039": (Case(asked="ens33"),),
    "HN040": (Case(),),
    "HN041": (Case(options=(("dns", ["9.9.9.9"]),)),),
    "HN043": (Case(host(file(CLOUD, PLAIN + "    all: {match: {name: 'en*'}}\n"), LINK, GATEWAY)),),
    "HN044": (
        Case(),
        Case(with_text("network: {ethernets: {ens33: {match: {name: eth0}, set-name: ens33}}}\n")),
        Case(with_text(f"network: {{ethernets: {{ens33: {{match: {{macaddress: '{MAC}'}}}}}}}}\n")),
    ),
    "HN045": (
        Case(with_drop_in(DROP_IN, "[Link]\nRequiredForOnline=no\n# DHCP=yes\n")),
        Case(with_drop_in(OF_OTHER, "[Network]\nDHCP=yes\n")),
    ),
}  # fmt: skip


def found(case: Case) -> tuple[str, ...]:
    return decide(case.host, case.asked, **dict(case.options)).ids


@pytest.mark.parametrize(("id_", "case"), [(i, c) for i, row in BAD.items() for c in row])
def test_a_bad_host_is_told(id_: str, case: Case) -> None:
    assert id_ in found(case)


@pytest.mark.parametrize(("id_", "case"), [(i, c) for i, row in GOOD.items() for c in row])
def test_a_good_host_is_not(id_: str, case: Case) -> None:
    assert id_ not in found(case)


@pytest.mark.parametrize(("id_", "case"), [(i, c) for i, row in BAD.items() for c in row])
def test_an_error_refuses_and_a_warning_does_not(id_: str, case: Case) -> None:
    rule = rule_named(id_)
    assert rule is not None
    decision = decide(case.host, case.asked, **dict(case.options))
    assert (decision.plan is None) == (rule.severity == "error")


LINKS = (
    nic("lo", loopback=True, mac=None),
    nic("enp3s0", mac="52:54:00:00:00:01", altnames=("enx525400000001",)),
    nic("enp4s0", mac="52:54:00:00:00:02", bus_path="pci-0000:04:00.0"),
)
NEAREST = {
    "ENX525400000001": "enp3s0", "52:54:00:00:00:02": "enp4s0", "pci-0000:04:00.0": "enp4s0",
    "enp4s1": "enp4s0", "eth0": "enp4s0", "zzz": "enp4s0",
}  # fmt: skip


@pytest.mark.parametrize(("name", "meant"), NEAREST.items())
def test_an_unknown_interface_is_told_with_the_nearest_real_one(name: str, meant: str) -> None:
    observed = host(*LINKS, default("10.0.0.1", "enp4s0"))
    decision = decide(observed, f"{name} 10.0.0.5/24")
    (finding,) = [f for f in decision.findings if f.rule.id == "HN030"]
    assert f"Did you mean {meant}?" in finding.advice


def test_what_follows_from_an_unknown_interface_is_not_told() -> None:
    assert decide(host(*LINKS), "eth9").ids == ("HN030",)


def test_a_member_is_told_with_its_master() -> None:
    decision = decide(with_link(master="bond0"), ASKED)
    assert any(finding.advice == "Name bond0 instead." for finding in decision.findings)


def test_a_drop_in_is_told_with_its_line() -> None:
    decision = decide(with_drop_in(DROP_IN, "[Network]\nLLMNR=no\nDNS=9.9.9.9\n"), ASKED)
    (finding,) = [f for f in decision.findings if f.rule.id == "HN045"]
    assert str(finding.position) == f"{DROP_IN}:3:1"
    assert "sets DNS= in line 3" in finding.message


def test_the_next_boot_is_judged_by_what_the_link_really_has() -> None:
    text = "network: {ethernets: {lan: {match: {macaddress: 'AA:BB:CC:00:00:01'}}}}\n"
    tree = merged(file(CLOUD, text))
    netdef = tree.netdef("lan")
    assert isinstance(netdef, Netdef)
    assert check_next_boot(netdef, nic("ens33", mac="aa:bb:cc:00:00:01")) == ()
    assert check_next_boot(netdef, nic("ens33", mac="aa:bb:cc:00:00:02")) != ()
