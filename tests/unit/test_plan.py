"""Which files a plan changes, in which order, and what must be observed after each half.

long because its first half is one table of files, and its rows are read side by side.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from textwrap import dedent

import pytest

from hostnet.change import Change, Write
from hostnet.cloudinit import CLOUD_FILE
from hostnet.errors import Unsuitable
from hostnet.model import ABSENT, DEFAULT_ROUTE, Image, Kind, Observed
from hostnet.netplan.edit import HEADER
from hostnet.ops import Apply, Held, Hold, Op, Release, Verify
from hostnet.owner import OUR_FILE
from hostnet.templates import constant
from hostnet.transaction.record import plan_from, plan_to
from hostnet.verification import Expectation, ExpectedRoute
from tests.unit.afterwards import settled
from tests.unit.builders import (
    CLOUD,
    HUMAN,
    Decision,
    address,
    decide,
    default,
    file,
    held,
    host,
    image,
    lease,
    nic,
)

OURS = """
network:
  version: 2
  ethernets:
    ens33:
      dhcp4: false
      addresses: [192.168.141.134/24]
      routes:
        - to: default
          via: 192.168.141.2
"""
NEW = OURS.replace(
    "      dhcp4: false\n      addresses: [192.168.141.134/24]\n",
    "      addresses: [192.168.141.134/24]\n      dhcp4: false\n",
)
ASKED = "ens33 192.168.141.134/24"
LINK = nic("ens33", lease("192.168.141.50/24"), by="ens33")
GATEWAY = default("192.168.141.2")
PLAIN = "network:\n  ethernets:\n    ens33: {dhcp4: true}\n"
TWO = "network:\n  ethernets:\n    ens33: {dhcp4: true}\n    ens34: {dhcp4: true} # keep\n"
WITH_ANOTHER = "network:\n  ethernets:\n    ens34:   { mtu: 1400 } # why\n"
OTHER = nic("ens34", lease("10.0.0.9/24"), by="ens34", mac="52:54:00:00:00:01")


@dataclass(frozen=True)
class Row:
    """A host, what is asked, and the text of every file that changes, in order."""

    name: str
    host: Observed
    files: dict[str, str]
    asked: str = ASKED
    reasons: dict[str, str] = field(default_factory=dict)


ROWS = (
    Row("a file that holds more gives one interface up", host(file(CLOUD, TWO), LINK, GATEWAY),
        {OUR_FILE: OURS, CLOUD: "network:\n  ethernets:\n    ens34: {dhcp4: true} # keep\n"},
        reasons={OUR_FILE: "defines ens33", CLOUD: "gives ens33 up to 90-hostnet.yaml"}),
    Row("a file of nothing else is emptied", host(file(CLOUD, PLAIN), LINK, GATEWAY),
        {OUR_FILE: OURS, CLOUD: ""}),
    Row("the definition lies in three files",
        host(file("/etc/netplan/10-a.yaml", """
                network:
                  ethernets:
                    ens33: {optional: true, mtu: 1400}
                  version: 2
                """),
             file("/etc/netplan/20-b.yaml", """
                network:
                  ethernets:
                    ens33:
                      mtu: 9000
                      nameservers: {addresses: [9.9.9.9]}
                """),
             file("/lib/netplan/30-c.yaml", """
                network:
                  ethernets:
                    ens33:
                      nameservers: {addresses: [9.9.9.9, 1.1.1.1]}
                  version: 2
                """),
             LINK, GATEWAY),
        {OUR_FILE: """
            network:
              version: 2
              ethernets:
                ens33:
                  optional: true
                  mtu: 9000
                  nameservers:
                    addresses: [9.9.9.9, 1.1.1.1]
                  addresses: [192.168.141.134/24]
                  dhcp4: false
                  routes:
                    - to: default
                      via: 192.168.141.2
            """,
         "/etc/netplan/10-a.yaml": "network:\n  version: 2\n", "/etc/netplan/20-b.yaml": "",
         "/etc/netplan/30-c.yaml": "network:\n  version: 2\n"}),
    Row("an owner in /lib is shadowed in /etc",
        host(file("/lib/netplan/50-x.yaml", TWO), LINK, GATEWAY),
        {OUR_FILE: OURS,
         "/etc/netplan/50-x.yaml": "network:\n  ethernets:\n    ens34: {dhcp4: true} # keep\n"}),
    Row("a shadowed owner in /lib is none",
        host(file("/lib/netplan/50-x.yaml", TWO), file("/etc/netplan/50-x.yaml", "# off\n"),
             LINK, GATEWAY),
        {OUR_FILE: NEW}),
    Row("of a symlink the file that it leads to is changed",
        host(file(CLOUD, PLAIN, target="/srv/net.yaml"), LINK, GATEWAY),
        {OUR_FILE: OURS, "/srv/net.yaml": ""}),
    Row("an owner that sorts last", host(file("/etc/netplan/99-z.yaml", PLAIN), LINK, GATEWAY),
        {OUR_FILE: OURS, "/etc/netplan/99-z.yaml": ""}),
    Row("nothing defines the interface yet", host(LINK, GATEWAY), {OUR_FILE: NEW}),
    Row("another NIC of ours stays byte for byte",
        host(file(OUR_FILE, HEADER + WITH_ANOTHER), LINK, GATEWAY),
        {OUR_FILE: WITH_ANOTHER + NEW[NEW.index("    ens33"):]}),
    Row("a VLAN refers to it: braces stay",
        host(file(HUMAN, """
            network:
              ethernets:
                ens33: # trunk
                  dhcp4: true
              vlans:
                v5: {id: 5, link: ens33}
            """), LINK, GATEWAY),
        {OUR_FILE: OURS, HUMAN: """
            network:
              ethernets:
                ens33: {}  # trunk
              vlans:
                v5: {id: 5, link: ens33}
            """}),
    Row("a bridge of an earlier file refers to it",
        host(file("/etc/netplan/10-br.yaml", """
                network:
                  bridges:
                    br0: {interfaces: [ens33]}
                  ethernets:
                    ens33: {}
                """),
             file(CLOUD, TWO), LINK, GATEWAY),
        {OUR_FILE: OURS, CLOUD: "network:\n  ethernets:\n    ens34: {dhcp4: true} # keep\n"}),
    Row("a VLAN whose link is defined later takes its key along",
        host(file("/etc/netplan/95-v.yaml", """
                network:
                  vlans:
                    v5: {id: 5, link: ens33, dhcp4: true}
                  ethernets:
                    ens33: {}
                """),
             nic("v5", lease("192.168.141.50/24"), kind="vlan", by="v5", parent="ens33"),
             default("192.168.141.2", "v5")),
        {OUR_FILE: OURS.replace("ethernets:\n    ens33:\n",
                                "vlans:\n    v5:\n      id: 5\n      link: ens33\n")
                   + "  ethernets:\n    ens33: {}\n",
         "/etc/netplan/95-v.yaml": "network:\n  ethernets:\n    ens33: {}\n"},
        asked="v5 192.168.141.134/24"),
    Row("a match that covers several becomes one definition for each",
        host(file(CLOUD, """
            network:
              ethernets:
                all: # every port
                  match: {name: "en*"}
                  dhcp4: true
                other: {match: {macaddress: '52:54:00:00:00:02'}}
            """), nic("ens33", lease("192.168.141.50/24"), by="all"),
            nic("ens34", lease("10.0.0.9/24"), by="all", mac="52:54:00:00:00:01"),
            nic("ens35", by="other", mac="52:54:00:00:00:02"), nic("br0", kind="bridge"), GATEWAY),
        {OUR_FILE: OURS + "    ens34:\n      dhcp4: true\n",
         CLOUD: "network:\n  ethernets:\n    other: {match: {macaddress: '52:54:00:00:00:02'}}\n"},
        reasons={OUR_FILE: "defines ens33, ens34"}),
    Row("each of them gets the renderer of the section that it leaves",
        host(file(CLOUD, """
            network:
              renderer: NetworkManager
              ethernets:
                renderer: networkd
                all: {match: {name: "en*"}, dhcp4: true}
            """), nic("ens33", lease("192.168.141.50/24"), by="all"),
            nic("ens34", lease("10.0.0.9/24"), by="all", mac="52:54:00:00:00:01"), GATEWAY),
        {OUR_FILE: OURS.replace("      addresses", "      renderer: networkd\n      addresses")
                   + "    ens34:\n      dhcp4: true\n      renderer: networkd\n",
         CLOUD: "network:\n  renderer: NetworkManager\n  ethernets:\n    renderer: networkd\n"}),
    Row("cloud-init is told to leave the network alone",
        host(file(CLOUD, PLAIN), LINK, GATEWAY, cloud_init=True),
        {OUR_FILE: OURS, CLOUD: "", CLOUD_FILE: constant("99-hostnet-network.cfg").decode()},
        reasons={CLOUD_FILE: "cloud-init would define the network again on the next new instance"}),
    Row("cloud-init leaves it alone already",
        host(file(CLOUD, PLAIN), LINK, GATEWAY, cloud_init=True, cloud_files=(
            file("/etc/cloud/cloud.cfg.d/99-off.cfg", "network: {config: disabled}\n"),)),
        {OUR_FILE: OURS, CLOUD: ""}),
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_these_files_change_and_no_others(row: Row) -> None:
    decision = decide(row.host, row.asked)
    assert decision.plan is not None, decision.findings
    found = {c.path: c.after.data.decode() for c in decision.plan.changes}
    expected = {path: dedent(text).lstrip("\n") for path, text in row.files.items()}
    expected[OUR_FILE] = HEADER + expected[OUR_FILE]
    assert found == expected
    assert next(iter(found)) == OUR_FILE
    for change in decision.plan.changes:
        assert change.reason
        assert row.reasons.get(change.path, change.reason) == change.reason


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_asking_again_is_already_so(row: Row) -> None:
    again = decide(settled(decide(row.host, row.asked)), row.asked)
    assert again.plan is not None, again.findings
    assert again.plan.is_empty
    assert again.plan.writes == ()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_below_another_root_the_files_alone_are_written(row: Row) -> None:
    observed = replace(row.host, system=replace(row.host.system, live=False))
    plan = decide(observed, row.asked).plan
    assert plan is not None
    assert plan.trial == ()
    assert plan.before is None
    assert plan.promotion == tuple(Write(change) for change in plan.changes)
    live = decide(row.host, row.asked).plan
    assert live is not None
    assert plan.changes == live.changes


def decided() -> Decision:
    decision = decide(host(file(CLOUD, TWO), LINK, OTHER, GATEWAY), ASKED)
    assert decision.plan is not None
    return decision


def paths(ops: tuple[Op, ...]) -> list[str]:
    return [op.change.path if isinstance(op, Write) else type(op).__name__ for op in ops]


def test_the_trial_lies_in_run_and_the_promotion_drops_it() -> None:
    plan = decided().plan
    assert plan is not None
    ours, theirs = "/run/netplan/90-hostnet.yaml", "/run/netplan/50-cloud-init.yaml"
    applied = ["Hold", "Apply", "Verify", "Verify", "Release"]
    assert paths(plan.trial) == [ours, theirs, *applied]
    assert paths(plan.promotion) == [OUR_FILE, CLOUD, theirs, ours, *applied]


def test_every_write_has_its_inverse_and_together_they_lead_back() -> None:
    plan = decided().plan
    assert plan is not None
    files: dict[str, Image] = {CLOUD: file(CLOUD, TWO).image}
    before = dict(files)
    for change in plan.writes:
        assert change.before == files.get(change.path, ABSENT)
        files[change.path] = change.after
    for change in reversed(plan.writes):
        back = change.inverse
        assert back.before == files[back.path]
        files[back.path] = back.after
        assert back.inverse.after == change.after
    assert {path: image for path, image in files.items() if image != ABSENT} == before


def test_what_hostnet_writes_is_for_root_alone_and_strangers_keep_their_mode() -> None:
    observed = host(file(CLOUD, TWO, mode=0o644), LINK, GATEWAY)
    plan = decide(observed, ASKED).plan
    assert plan is not None
    modes = {change.path: change.after.mode for change in plan.writes if change.after != ABSENT}
    assert modes[OUR_FILE] == 0o600
    assert modes[CLOUD] == 0o644
    assert all(mode == 0o600 for path, mode in modes.items() if path.startswith("/run/"))


def test_our_file_opened_to_others_is_closed_again() -> None:
    observed = host(file(OUR_FILE, HEADER + OURS.lstrip(), mode=0o644), LINK, GATEWAY)
    observed = replace(observed, links=(nic("ens33", held("192.168.141.134/24"), by="ens33"),))
    plan = decide(observed, "ens33 192.168.141.135/24").plan
    assert plan is not None
    assert plan.changes[0].after.mode == 0o600


def test_both_halves_are_verified_and_the_old_address_leaves_in_the_second() -> None:
    plan = decided().plan
    assert plan is not None
    route = ExpectedRoute(DEFAULT_ROUTE[4], ip_address("192.168.141.2"))
    old, new = address("192.168.141.50/24"), address("192.168.141.134/24")
    file_ = "/run/systemd/network/10-netplan-ens33.network"
    wanted = Expectation("ens33", (new,), (old.ip,), (route,), (), (), None, file_)
    others = Verify(Expectation("ens34", (address("10.0.0.9/24"),)))
    tried = replace(wanted, addresses=(old, new), absent=())
    assert plan.trial[-4:] == (Apply(), Verify(tried), others, Release())
    assert plan.promotion[-4:] == (Apply(), Verify(wanted), others, Release())


def test_what_is_in_use_is_held_while_networkd_takes_it_away() -> None:
    plan = decided().plan
    assert plan is not None
    route = ExpectedRoute(DEFAULT_ROUTE[4], ip_address("192.168.141.2"))
    old, new = address("192.168.141.50/24"), address("192.168.141.134/24")
    other = Held("ens34", (address("10.0.0.9/24"),))
    tried, kept = (
        next(op for op in ops if isinstance(op, Hold)) for ops in (plan.trial, plan.promotion)
    )
    assert tried.held == (Held("ens33", (old, new), (route,)), other)
    assert kept.held == (Held("ens33", (new,), (route,)), other)
    # Neither the one that goes nor those that stay are anybody else's.
    assert tried.own == kept.own
    assert tried.own.links == {"ens33", "ens34"}
    assert tried.own.addresses == {old.ip, new.ip}
    assert (route.to, route.via) in tried.own.routes
    assert (tried.moved, kept.moved) == ((), ((old.ip, new.ip),))


def test_a_new_gateway_is_held_instead_of_the_present_one() -> None:
    observed = host(file(CLOUD, TWO), LINK, OTHER, GATEWAY)
    plan = decide(observed, ASKED, gateways=["192.168.141.9"]).plan
    assert plan is not None
    (hold,) = (op for op in plan.promotion if isinstance(op, Hold))
    assert hold.held[0].routes == (ExpectedRoute(DEFAULT_ROUTE[4], ip_address("192.168.141.9")),)


def test_a_plan_is_the_same_after_it_was_recorded() -> None:
    plan = decided().plan
    assert plan is not None
    blobs: dict[str, bytes] = {}
    again = plan_from(json.loads(json.dumps(plan_to(plan, blobs))), blobs.__getitem__)
    assert (again.trial, again.promotion) == (plan.trial, plan.promotion)


def test_after_an_undo_the_old_state_is_demanded() -> None:
    plan = decided().plan
    assert plan is not None
    assert plan.before is not None
    assert plan.before.addresses == (address("192.168.141.50/24"),)
    assert plan.before.absent == (ip_address("192.168.141.134"),)
    assert plan.before.routes == (
        ExpectedRoute(DEFAULT_ROUTE[4], ip_address("192.168.141.2"), 100),
    )
    assert plan.before.network_file == LINK.network_file


def test_a_lease_of_the_same_address_but_another_prefix_is_not_demanded_afterwards() -> None:
    plan = decide(host(file(CLOUD, PLAIN), LINK, GATEWAY), "ens33 192.168.141.50/25").plan
    assert plan is not None
    expectations = [op.expectation for op in plan.promotion if isinstance(op, Verify)]
    assert expectations[0].addresses == (address("192.168.141.50/25"),)


def test_netplan_judges_both_halves_as_they_will_be_in_etc() -> None:
    plan = decided().plan
    assert plan is not None
    final, trial = dict(plan.final_files), dict(plan.trial_files)
    assert set(final) == set(trial) == {OUR_FILE, CLOUD}
    assert final[CLOUD] == trial[CLOUD]
    assert b"192.168.141.50" not in final[OUR_FILE]
    assert b"192.168.141.50" in trial[OUR_FILE]


def test_files_as_asked_on_a_host_that_is_not_are_applied_again() -> None:
    after = settled(decided())
    drifted = replace(
        after,
        links=tuple(replace(k, addresses=()) if k.name == "ens33" else k for k in after.links),
    )
    plan = decide(drifted, ASKED).plan
    assert plan is not None
    assert plan.changes == ()
    assert paths(plan.promotion) == ["Hold", "Apply", "Verify", "Verify", "Release"]
    assert "apply them again" in plan.reasons[-1]
    assert not plan.is_empty


def test_an_owner_in_run_is_another_programs() -> None:
    observed = host(file("/run/netplan/50-x.yaml", PLAIN), LINK, GATEWAY)
    with pytest.raises(Unsuitable, match=r"defined in /run/netplan/50-x\.yaml"):
        decide(observed, ASKED)


REFUSED = {
    "a later file sets keys": (
        host(file(CLOUD, PLAIN), file("/etc/netplan/99-z.yaml",
             "network:\n  ethernets:\n    ens33: {mtu: 1400}\n"), LINK, GATEWAY),
        "HN034", "/etc/netplan/99-z.yaml sets keys of 'ens33' after /etc/netplan/50-cloud"),
    "a covering match where no link can be seen": (
        image(file(CLOUD, "network:\n  ethernets:\n    all: {match: {name: 'en*'}, dhcp4: true}\n"),
              ), "HN035", "'all' may match ens33"),
    "two definitions of one link": (
        host(file(CLOUD, PLAIN), file(HUMAN, "network:\n  ethernets:\n    lan:\n"
             "      match: {macaddress: '52:54:00:12:34:56'}\n"), LINK, GATEWAY),
        "HN043", "both match the interface"),
    "an owner that cannot be edited": (
        host(file(CLOUD, "network:\n  ethernets:\n    ens33: &a {dhcp4: true}\n    ens34: *a\n"),
             LINK, GATEWAY), "HN036", "alias *a is not defined"),
    "a definition that is no mapping": (
        host(file(CLOUD, "network:\n  ethernets:\n    ens33: true\n"), LINK, GATEWAY),
        "HN008", "ens33: must be a mapping"),
    "a stranger's file with a tab": (
        host(file(CLOUD, PLAIN), file(HUMAN, "network:\n\tversion: 2\n"), LINK, GATEWAY),
        "HN002", "a tab"),
    "a stranger's file that cannot be read": (
        host(file(CLOUD, PLAIN), replace(file(HUMAN, ""), problem="is a directory"), LINK, GATEWAY),
        "HN001", "is a directory"),
    "a wifi": (
        image(file(CLOUD, "network: {wifis: {ens33: {dhcp4: true}}}\n")), "HN032", "wifis:"),
}  # fmt: skip


@pytest.mark.parametrize(("observed", "id_", "message"), REFUSED.values(), ids=REFUSED)
def test_a_plan_that_would_not_hold_is_refused(observed: Observed, id_: str, message: str) -> None:
    decision = decide(observed, ASKED, gateways=["192.168.141.2"])
    assert decision.plan is None
    assert id_ in decision.errors
    assert any(message in finding.message for finding in decision.findings)


def test_an_older_fault_elsewhere_is_told_but_does_not_refuse() -> None:
    text = TWO.replace("{dhcp4: true} # keep", "{addresses: [10.0.0.0/24]}")
    decision = decide(host(file(CLOUD, text), LINK, GATEWAY), ASKED)
    assert decision.plan is not None
    (finding,) = decision.findings
    assert (finding.rule.id, finding.severity, finding.older) == ("HN013", "warning", True)


def test_braces_of_a_later_file_set_no_keys() -> None:
    later = "network:\n  ethernets:\n    ens33: {}\n  vlans:\n    v5: {id: 5, link: ens33}\n"
    observed = host(file(CLOUD, PLAIN), file("/etc/netplan/99-v.yaml", later), LINK, GATEWAY)
    decision = decide(observed, ASKED)
    assert decision.plan is not None, decision.findings
    text = "network:\n  vlans:\n    v5: {id: 5, link: ens33}\n"
    assert decision.text("/etc/netplan/99-v.yaml") == text


def test_a_change_that_puts_back_a_missing_file_removes_it() -> None:
    made = Change("/etc/x", ABSENT, Image(Kind.FILE, b"x", 0o600), "why")
    assert made.inverse == Change("/etc/x", made.after, ABSENT, "undo: why")
