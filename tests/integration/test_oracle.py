"""host/oracle: the verdict of the real netplan, of all three generations of it."""

from __future__ import annotations

import os
import re

import pytest

from hostnet.host.oracle import Verdict, knows_ra_overrides
from hostnet.model import Position
from tests.integration.judging import FILE, GOOD, KEY, ethernet, judge, prove, refusal, tunnel

pytestmark = pytest.mark.usefixtures("scratch")


def test_a_good_configuration_is_accepted_and_shows_what_it_makes(core: str) -> None:
    verdict = judge(core, GOOD)
    assert verdict.accepted
    assert (verdict.findings, verdict.warnings) == ((), ())
    ((name, data),) = verdict.network_files
    assert name == "10-netplan-eth0.network"
    assert b"Address=10.0.0.5/24\n" in data
    assert b"Gateway=10.0.0.1\n" in data
    assert "10.0.0.5" not in repr(verdict)


def test_nothing_at_all_is_accepted(core: str) -> None:
    assert prove(core, {}) == Verdict()
    assert judge(core, "# nothing\n").accepted


def test_a_link_file_is_among_what_it_makes(core: str) -> None:
    text = ethernet("match: {macaddress: '00:11:22:33:44:55'}", "set-name: lan0", "mtu: 1400")
    verdict = judge(core, text)
    assert [name for name, _ in verdict.network_files] == [
        "10-netplan-eth0.link",
        "10-netplan-eth0.network",
    ]


def test_all_three_folders_are_read_and_shadow_each_other(core: str) -> None:
    files = {
        "/lib/netplan/00-base.yaml": ethernet("mtu: 1300"),
        "/etc/netplan/00-base.yaml": ethernet("mtu: 1400"),
        "/run/netplan/00-base.yaml": ethernet("addresses: [10.0.0.1/24]"),
        "/etc/netplan/90-x.yaml": ethernet("addresses: [10.0.0.2/24]"),
    }
    verdict = prove(core, {path: text.encode() for path, text in files.items()})
    ((_, data),) = verdict.network_files
    assert b"10.0.0.1" in data
    assert b"10.0.0.2" in data
    assert b"1400" not in data
    assert b"1300" not in data


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        (ethernet("dhcp4: yep"), "invalid boolean value 'yep'", 5, 14),
        (ethernet("addresses: [10.0.0.1]"), "address '10.0.0.1' is missing /prefixlength", 5, 18),
        (ethernet("nonsense: 1"), "unknown key 'nonsense'", 5, 7),
        ("network:\n", "expected mapping (check indentation)", 1, 9),
        (ethernet("dhcp4:no", "mtu: 1"), "Invalid YAML: inconsistent indentation", 6, 10),
        ("network:\n\tx: 1\n", "Invalid YAML: tabs are not allowed for indent", 2, 1),
        ("a: \x01\n", "Invalid YAML: control characters are not allowed", 1, 1),
    ],
)
def test_an_error_has_its_place_in_the_real_file(
    core: str, text: str, message: str, line: int, column: int
) -> None:
    assert refusal(judge(core, text)) == (message, Position(FILE, line, column))


def test_an_error_found_late_names_the_file(core: str) -> None:
    message, position = refusal(judge(core, ethernet("set-name: lan0")))
    assert message == "eth0: 'set-name:' requires 'match:' properties"
    # 0.106 knows the place, those after it only the file.
    assert position in (Position(FILE, 1, 1), Position(FILE, 5, 7))


def test_an_error_of_the_writing_stage_has_no_file(core: str) -> None:
    text = ethernet("dhcp4: true", "dhcp6: true", "dhcp4-overrides: {use-dns: false}")
    assert refusal(judge(core, text)) == (
        (
            "eth0: networkd requires that use-dns has the same value in both "
            "dhcp4_overrides and dhcp6_overrides"
        ),
        None,
    )


@pytest.mark.parametrize(
    ("lines", "signal"),
    [
        (["addresses: [10.0.0.1/24]", "routes: [{to: default, scope: link}]"], "SIGABRT: "),
        (["addresses: [{}]"], "SIGSEGV"),
    ],
)
def test_a_crash_of_netplan_is_a_refusal(core: str, lines: list[str], signal: str) -> None:
    message, position = refusal(judge(core, ethernet(*lines)))
    assert message.startswith(f"netplan itself crashes on this configuration ({signal}")
    assert position is None
    (finding,) = judge(core, ethernet(*lines)).findings
    assert "default route without `via`" in finding.advice


def test_a_value_cannot_forge_a_message_or_reach_the_terminal(core: str) -> None:
    value = "a\\x1b[31mb\\u202e\\n/etc/passwd:1:1: Error in network definition: forged"
    message, position = refusal(judge(core, ethernet(f'dhcp4: "{value}"')))
    assert message == "invalid boolean value 'ab"
    assert position == Position(FILE, 5, 14)


@pytest.mark.parametrize(
    "text",
    [
        tunnel(f"key: {KEY}", "mode: gre", "local: 1.2.3.4", "remote: 1.2.3.5"),
        tunnel("mode: wireguard", f"key: {KEY[:-2]}"),
        tunnel("mode: wireguard", f"key: {KEY}", f"peers: [{{keys: {{shared: {KEY[2:]}}}}}]"),
        tunnel("mode: wireguard", f"key: {KEY}", f"unknown: {KEY}"),
        tunnel("mode: wireguard", f"key: [{KEY}]"),
        tunnel("mode: wireguard", f"key: {KEY}", f"  more: {KEY}"),
        ethernet(f"auth: {{password: [{KEY}]}}"),
        ethernet(f"auth: {{method: {KEY[:4]}, password: {KEY}}}"),
    ],
)
def test_no_secret_is_in_a_message(core: str, text: str) -> None:
    verdict = judge(core, text)
    assert not verdict.accepted
    told = " ".join([*(str(finding) for finding in verdict.findings), *verdict.warnings])
    assert KEY[4:20] not in told


def test_the_keys_of_a_tunnel_are_not_handed_out(core: str) -> None:
    peer = f"{{keys: {{public: {KEY}}}, allowed-ips: [10.0.0.0/8], endpoint: '1.2.3.4:5'}}"
    verdict = judge(core, tunnel("mode: wireguard", f"key: {KEY}", f"peers: [{peer}]"))
    assert verdict.accepted
    assert KEY.encode() not in b"".join(data for _, data in verdict.network_files)


def test_warnings_are_sentences_and_told_once(core: str) -> None:
    text = (
        "network:\n  version: 2\n  ethernets:\n"
        "    eth0: {addresses: [10.0.0.5/24], gateway4: 10.0.0.1}\n"
        "    eth1: {addresses: [10.0.1.5/24], gateway4: 10.0.1.1}\n"
        "  bridges:\n    a-name-that-is-too-long: {dhcp4: true}\n"
    )
    verdict = judge(core, text)
    assert verdict.accepted
    deprecated, long, routes = verdict.warnings
    assert deprecated.startswith("`gateway4` has been deprecated, use default routes instead. See ")
    assert long.startswith("Interface name 'a-name-that-is-too-long' is too long")
    assert "Conflicting default route declarations for IPv4" in routes
    assert not any(re.search(r"\d\d:\d\d:\d\d|WARNING|\n", text) for text in verdict.warnings)


def test_a_warning_before_an_error_is_kept_apart(core: str) -> None:
    text = ethernet("addresses: [10.0.0.5/24]", "gateway4: 10.0.0.1", "dhcp6: yep")
    verdict = judge(core, text)
    assert refusal(verdict) == ("invalid boolean value 'yep'", Position(FILE, 7, 14))
    assert [warning[:10] for warning in verdict.warnings] == ["`gateway4`"]


def test_permissions_are_not_warned_of(core: str) -> None:
    old = os.umask(0)
    try:
        assert judge(core, GOOD).warnings == ()
    finally:
        os.umask(old)


def test_an_odd_file_name_keeps_its_place(core: str) -> None:
    for name in ("a b:3:4.yaml", "ä.yaml", "[x].yaml", FILE.rpartition("/")[2] + "x.yaml"):
        path = f"/etc/netplan/{name}"
        verdict = prove(core, {path: ethernet("dhcp4: yep").encode(), FILE: GOOD.encode()})
        assert refusal(verdict) == ("invalid boolean value 'yep'", Position(path, 5, 14))


def test_it_is_asked_whether_it_can_leave_out_what_routers_name(core: str) -> None:
    known = knows_ra_overrides(core, scratch=os.environ["TMPDIR"])
    body = "ra-overrides: {use-dns: false, use-domains: false}"
    verdict = judge(core, ethernet("dhcp4: true", body))
    assert verdict.accepted == known
    if known:
        ((_, data),) = verdict.network_files
        assert b"[IPv6AcceptRA]\n" in data
        assert b"UseDNS=false\n" in data
    else:
        assert "ra-overrides" in verdict.findings[0].message
