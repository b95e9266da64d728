"""What netplan accepts and an operator regrets: each rule with a bad and a good example."""

from __future__ import annotations

import pytest

from hostnet.checks.tree import check, check_modes
from hostnet.model import Position
from hostnet.netplan.tree import load
from tests.unit.builders import CLOUD, file, merged


def one(body: str) -> str:
    """A file with one definition, in flow style."""
    return f"network: {{ethernets: {{ens33: {{{body}}}}}}}\n"


def two(first: str, second: str) -> str:
    """A file with two definitions."""
    return f"network: {{ethernets: {{ens33: {{{first}}}, ens34: {{{second}}}}}}}\n"


NET = "addresses: [10.0.0.5/24]"

BAD: dict[str, tuple[str, ...]] = {
    "HN005": (
        "network: {version: 2, version: 2}\n",
        "network:\n  ethernets:\n    a: {mtu: 1}\n    a: {mtu: 2}\n",
        "network: {ethernets: {a: {routes: [{to: default, to: default}]}}}\n",
    ),
    "HN007": (one(f"{NET}, gateway4: 10.0.0.1"), one("accept-ra: true, gateway6: 'fe80::1'")),
    "HN012": (
        one(f"{NET}, routes: [{{to: default, via: 10.0.1.1}}]"),
        one(f"{NET}, routes: [{{to: 10.9.0.0/16, via: 10.0.1.1}}]"),
        one("addresses: ['fd00::5/64'], accept-ra: false, routes: [{to: default, via: 'fd01::1'}]"),
        one("routes: [{to: default, via: 10.0.0.1}]"),
    ),
    "HN013": (one("addresses: [10.0.0.0/24]"), one("addresses: ['fd00::/64']")),
    "HN014": (one("addresses: [10.0.0.255/24]"), one("addresses: [{10.0.0.3/30: {label: x}}]")),
    "HN015": tuple(
        one(f"addresses: ['{text}']")
        for text in ("127.0.0.1/8", "::1/128", "224.0.0.5/24", "ff02::1/64", "0.0.0.0/24", "::/64",
                     "0.0.0.5/8", "240.0.0.1/4", "255.255.255.255/32")
    ),
    "HN016": (
        one("addresses: [10.0.0.5/24, 10.0.0.5/16]"),
        two("addresses: [10.0.0.5/24]", "addresses: [10.0.0.5/24]"),
        two("addresses: [10.0.0.5/24]", "addresses: [10.0.0.5/32]"),
        two("addresses: ['fd00::5/64']", "addresses: ['fd00:0::5/64']"),
    ),
    "HN017": (one(f"{NET}, routes: [{{to: default, via: 10.0.0.5}}]"),),
    "HN020": (
        two("dhcp4: true, routes: [{to: default, via: 10.0.0.1}]",
            "dhcp4: true, routes: [{to: 0.0.0.0/0, via: 10.0.1.1}]"),
        two("dhcp4: true, routes: [{to: default, via: 10.0.0.1, table: 7, metric: 5}]",
            "dhcp4: true, routes: [{to: default, via: 10.0.1.1, table: 7, metric: 5}]"),
    ),
    "HN022": tuple(
        one(f"nameservers: {{addresses: ['{text}']}}")
        for text in ("0.0.0.0", "::", "127.0.0.53", "::1", "224.0.0.251", "255.255.255.255")
    ),
    "HN023": (one("nameservers: {addresses: [9.9.9.1, 9.9.9.2, 9.9.9.3, 9.9.9.4]}"),),
    "HN027": (
        *(one(f"mtu: {text}") for text in ("0", "67", "-1", "65536", "4000000000", "9" * 5000)),
        one("mtu: 1279, addresses: ['fd00::5/64']"),
    ),
}  # fmt: skip

GOOD: dict[str, tuple[str, ...]] = {
    "HN005": ("network: {version: 2, ethernets: {a: {}, b: {}}}\n",),
    "HN007": (one(f"{NET}, routes: [{{to: default, via: 10.0.0.1}}]"),),
    "HN012": (
        one(f"{NET}, routes: [{{to: default, via: 10.0.1.1, on-link: true}}]"),
        one("addresses: ['fd00::5/64'], accept-ra: no, routes: [{to: default, via: 'fe80::1'}]"),
        one("addresses: ['fd00::5/64'], routes: [{to: default, via: 'fd01::1'}]"),
        one("dhcp4: true, routes: [{to: 10.9.0.0/16, via: 10.0.1.1}]"),
        one("addresses: [10.0.0.5/32], routes: [{to: 10.9.9.1/32, scope: link},"
            " {to: default, via: 10.9.9.1}]"),
        one(f"{NET}, routes: [{{to: 10.9.0.0/16, type: blackhole}}]"),
        one("addresses: [10.0.0.4/31], routes: [{to: default, via: 10.0.0.5}]"),
    ),
    "HN013": (one("addresses: [10.0.0.0/31, 10.0.1.0/32, 'fd00::/127', 'fd01::/128']"),),
    "HN014": (one("addresses: [10.0.0.1/31, 10.0.0.255/16, 'fd00::ffff:ffff:ffff:ffff/64']"),),
    "HN015": (one("addresses: [10.0.0.5/24, 169.254.1.1/16, 100.64.0.1/10, 'fe80::5/64']"),),
    "HN016": (
        two("addresses: [10.0.0.5/24]", "addresses: [10.0.0.6/24]"),
        two("addresses: ['fe80::1/64', 169.254.1.1/16]",
            "addresses: ['fe80::1/64', 169.254.1.1/16]"),
    ),
    "HN017": (one(f"{NET}, routes: [{{to: default, via: 10.0.0.1}}]"),),
    "HN020": (
        two("dhcp4: true, routes: [{to: default, via: 10.0.0.1}]",
            "dhcp4: true, routes: [{to: default, via: 10.0.1.1, metric: 5}]"),
        two("dhcp4: true, routes: [{to: default, via: 10.0.0.1}]",
            "dhcp4: true, routes: [{to: default, via: 10.0.1.1, table: 5}]"),
        two("dhcp4: true, routes: [{to: default, via: 10.0.0.1}]",
            "accept-ra: true, routes: [{to: default, via: 'fe80::1'}]"),
        two("dhcp4: true, routes: [{to: default, via: 10.0.0.1}]",
            "dhcp4: true, routes: [{to: default, via: 10.0.0.1}]")[:-2]
        + ", vrfs: {v: {table: 7, interfaces: [ens34]}}}\n",
    ),
    "HN022": (one("nameservers: {addresses: [9.9.9.9, 'fe80::1', not-read]}"),),
    "HN023": (one("nameservers: {addresses: [9.9.9.1, 9.9.9.2, 9.9.9.3]}"),),
    "HN027": (one("mtu: 68"), one("mtu: 65535"), one("mtu: 1280, addresses: ['fd00::5/64']"),
              one("mtu: jumbo"), one("mtu: ²")),
}  # fmt: skip


def found(text: str) -> tuple[str, ...]:
    return tuple(finding.rule.id for finding in check(merged(file(CLOUD, text))))


@pytest.mark.parametrize(("id_", "text"), [(i, t) for i, row in BAD.items() for t in row])
def test_what_is_regretted_is_found(id_: str, text: str) -> None:
    assert id_ in found(text)


@pytest.mark.parametrize(("id_", "text"), [(i, t) for i, row in GOOD.items() for t in row])
def test_what_is_fine_is_not(id_: str, text: str) -> None:
    assert id_ not in found(text)


@pytest.mark.parametrize(("id_", "text"), [(i, t) for i, row in GOOD.items() for t in row])
def test_a_good_example_is_good_altogether(id_: str, text: str) -> None:
    assert found(text) == (), id_


@pytest.mark.parametrize(("id_", "text"), [(i, t) for i, row in BAD.items() for t in row])
def test_every_finding_has_its_place_and_names_its_definition(id_: str, text: str) -> None:
    for finding in check(merged(file(CLOUD, text))):
        assert finding.position is not None, finding
        assert finding.position.path == CLOUD
        if id_ != "HN005":
            assert finding.subject in ("ens33", "ens34")
            assert finding.message.startswith(f"{finding.subject}: ")
        assert len(finding.message) < 200


def test_the_place_is_that_of_the_bad_item_in_its_own_file() -> None:
    tree = merged(
        file(CLOUD, "network:\n  ethernets:\n    ens33:\n      addresses: [10.0.0.5/24]\n"),
        file("/etc/netplan/60-x.yaml", "network:\n  ethernets:\n    ens33:\n      mtu: 9\n"
             "      addresses:\n        - 10.0.1.5/24\n        - 10.0.2.0/24\n"),
    )  # fmt: skip
    places = {finding.rule.id: finding.position for finding in check(tree)}
    assert places == {
        "HN013": Position("/etc/netplan/60-x.yaml", 7, 11),
        "HN027": Position("/etc/netplan/60-x.yaml", 4, 12),
    }


def test_addresses_are_duplicates_across_files_too() -> None:
    tree = merged(
        file(CLOUD, two("addresses: [10.0.0.5/24]", "dhcp4: true")),
        file(
            "/etc/netplan/60-x.yaml", "network: {ethernets: {ens34: {addresses: [10.0.0.5/24]}}}\n"
        ),
    )
    (finding,) = check(tree)
    assert str(finding) == (
        "/etc/netplan/60-x.yaml:1:43: error: HN016 address-duplicate:"
        " ens34: 10.0.0.5 stands also on ens33"
    )


def test_a_file_that_others_can_read_is_told() -> None:
    files = (file(CLOUD, "", mode=0o644), file("/etc/netplan/x.yaml", "", mode=0o600))
    (finding,) = check_modes(files)
    assert (finding.rule.id, finding.message) == ("HN006", f"{CLOUD} has mode 0644")


def test_every_fault_of_shape_names_its_place() -> None:
    texts = {
        "- a\n": (1, 1), "network: true\n": (1, 10), "network:\n  ethernets: [a]\n": (2, 14),
        "network:\n  ethernets:\n": (2, 3), "network:\n  bonds:\n    b0: 5\n": (3, 9),
    }  # fmt: skip
    for text, (line, column) in texts.items():
        _, (finding,) = load([file(CLOUD, text)])
        assert finding.rule.id == "HN008"
        assert finding.position == Position(CLOUD, line, column)
