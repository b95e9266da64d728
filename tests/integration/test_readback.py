"""What netplan itself reads back from what was written: exactly what was asked, no more."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from hostnet.host import oracle
from tests import needs
from tests.integration.cli import DHCP, run, tree

TRAPS = (
    *("no", "yes", "on", "off", "y", "n", "true", "null", "0777", "0x1f", "0b1", "0o17", "1e3"),
    *("22.22", "1_000", "12", "1.5e3", "2001-12-31", "nan", "_", "0", "no.lab.example"),
)
"""Texts that YAML 1.1 or 1.2 takes for something else where they stand unquoted."""
NAMES = ("ens33", "no", "on", "null", "1e3", "0777", "0x1f", "22", "1_0", "1.5", "~", "=", "a'b")


def netplan_get(root: Path, key: str) -> list[str]:
    done = subprocess.run(
        [needs.tool("netplan"), "get", "--root-dir", str(root), key],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line.removeprefix("- ").strip("'\"") for line in done.stdout.splitlines()]


def network_file(root: Path, name: str) -> dict[str, list[str]]:
    """The .network file that netplan's core makes for the link: SECTION.Key to values."""
    core = oracle.locate()
    needs.require(core, "netplan is not installed (Debian package netplan.io)")
    assert core is not None
    files = {f"/etc/netplan/{p.name}": p.read_bytes() for p in (root / "etc/netplan").iterdir()}
    verdict = oracle.prove(core.core, files)
    assert (verdict.findings, verdict.warnings) == ((), ())
    found: dict[str, list[str]] = {}
    section = ""
    text = dict(verdict.network_files)[f"10-netplan-{name}.network"].decode()
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif "=" in line:
            key, _, value = line.partition("=")
            found.setdefault(f"{section}.{key}", []).append(value)
    return found


def test_search_domains_come_back_letter_by_letter(tmp_path: Path) -> None:
    needs.tool("netplan")
    search = [word for trap in TRAPS for word in ("--search", trap)]
    argv = ("static", "ens33", "10.0.0.5/24", "--gateway", "10.0.0.1", *search)
    done = run(*argv, "--root", str(tree(tmp_path, {"etc/netplan/a.yaml": DHCP})))
    assert done.code == 0, done.err
    assert netplan_get(tmp_path, "ethernets.ens33.nameservers.search") == list(TRAPS)
    assert network_file(tmp_path, "ens33")["Network.Domains"] == [" ".join(TRAPS)]
    # The second plan starts from what was written, read by hostnet's own parser.
    assert run(*argv, "--root", str(tmp_path)).out == "ens33: already so\n"


@pytest.mark.parametrize("name", NAMES)
def test_an_interface_of_any_name_is_that_one(name: str, tmp_path: Path) -> None:
    needs.tool("netplan")
    argv = ("static", name, "10.0.0.5/24", "--gateway", "none", "--root", str(tmp_path))
    done = run(*argv)
    assert done.code == 0, done.err
    assert network_file(tmp_path, name)["Match.Name"] == [name]
    assert run(*argv).out == f"{name}: already so\n"


def test_everything_that_can_be_asked_is_what_networkd_gets(tmp_path: Path) -> None:
    argv = (
        *("static", "ens33", "22.22.22.22/24", "10.1.0.5/31", "2001:db8::0022/64", "--dns"),
        *("1.1.1.1", "--dns", "::1:2", "--gateway", "22.22.22.1", "--gateway", "fe80::1"),
        *("--metric", "777", "--route", "10.0.0.0/8,10.1.0.4,22", "--mtu", "1400"),
        *("--route", "2001:db8:1::/48,2001:db8::1", "--search", "lab.example"),
    )
    done = run(*argv, "--root", str(tmp_path))
    assert done.code == 0, done.err
    assert network_file(tmp_path, "ens33") == {
        "Match.Name": ["ens33"],
        "Link.MTUBytes": ["1400"],
        "Network.LinkLocalAddressing": ["ipv6"],
        "Network.IPv6AcceptRA": ["no"],
        "Network.Address": ["22.22.22.22/24", "10.1.0.5/31", "2001:db8::22/64"],
        "Network.DNS": ["1.1.1.1", "::1:2"],
        "Network.Domains": ["lab.example"],
        "Route.Destination": ["0.0.0.0/0", "::/0", "10.0.0.0/8", "2001:db8:1::/48"],
        "Route.Gateway": ["22.22.22.1", "fe80::1", "10.1.0.4", "2001:db8::1"],
        "Route.Metric": ["777", "777", "22"],
    }


def test_a_gateway_outside_the_subnet_is_on_link(tmp_path: Path) -> None:
    argv = ("static", "ens33", "10.0.0.5/32", "--gateway", "192.0.2.1", "--root", str(tmp_path))
    assert run(*argv).code == 3
    done = run(*argv, "--on-link")
    assert done.code == 0, done.err
    assert network_file(tmp_path, "ens33")["Route.GatewayOnLink"] == ["true"]


def test_nothing_is_warned_of_and_netplan_has_one_way_to_read_it(tmp_path: Path) -> None:
    needs.tool("netplan")
    argv = ("static", "ens33", "10.0.0.5/24", "--gateway", "10.0.0.1", "--root", str(tmp_path))
    assert run(*argv).code == 0
    assert netplan_get(tmp_path, "ethernets.ens33.addresses") == ["10.0.0.5/24"]
    assert "gateway4" not in "".join(netplan_get(tmp_path, "ethernets.ens33"))
