"""The one registry: every rule is whole, named once, and has its examples."""

from __future__ import annotations

import re

import pytest

from hostnet.errors import refusal
from hostnet.findings import GATEWAY_OFF_LINK, MTU_RANGE, Finding, Rule, rule_named, rules, without
from hostnet.model import Position
from hostnet.verdict import Verdict
from tests.unit import (
    test_chain,
    test_checks_dns,
    test_checks_host,
    test_checks_tree,
    test_container_status,
    test_copies,
    test_language,
    test_node,
    test_protection_plans,
    test_pulls,
    test_request,
)

ELSEWHERE = {
    "HN004": "tests/integration: it takes a real netplan",
    "HN006": "its examples are files with modes, in test_checks_tree",
    "HN042": "tests/integration: it takes a machine without netplan",
    "HN046": "tests/e2e/test_recover: it takes a host with and without the unit",
    "HN048": "tests/e2e/test_confirm: it takes a change that waits",
    "HN049": "tests/e2e/test_probes: it takes another host",
    "HN050": "tests/e2e/test_probes: it takes a nameserver that is dead",
    "HN051": "tests/integration/test_preflight: it takes a link that cannot be asked",
    "HN052": "tests/integration/test_dns_pin_again: it takes a host that is pinned",
    "HN056": "its examples are hosts that were pinned, in test_laying",
    "HN057": "tests/e2e/test_dns_pin: it takes a nameserver that is dead",
    "HN058": "its examples are the hosts of test_chooser that are refused",
    "HN059": "tests/e2e/test_dns_stays: it takes a program that writes again and again",
    "HN171": "its examples are whole files, in test_language",
    "HN063": "tests/integration/test_containers: it takes an image with a CNI's files",
    "HN094": "tests/e2e/test_firstboot: it takes a file that others can change",
    "HN095": "tests/e2e/test_nodes: it takes a running host",
    "HN047": "its examples are journals, in test_recovery",
}
EVERYWHERE = "A rule needs a bad example and a good one in the table of its module's tests."


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_rule_has_a_bad_and_a_good_example(rule: Rule) -> None:
    tables = (
        test_request, test_checks_tree, test_checks_host, test_checks_dns, test_chain,
        test_protection_plans, test_container_status, test_copies, test_language, test_node,
        test_pulls,
    )  # fmt: skip
    if rule.id not in ELSEWHERE:
        assert any(table.BAD.get(rule.id) for table in tables), EVERYWHERE
        assert any(table.GOOD.get(rule.id) for table in tables), EVERYWHERE


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_a_rule_is_whole(rule: Rule) -> None:
    assert re.fullmatch(r"HN\d{3}", rule.id)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert rule.failure is None or re.fullmatch(r"F\d{2}", rule.failure)
    assert rule.summary.endswith(".")
    assert rule.remedy.endswith(".")
    assert rule.source


def test_ids_and_names_are_unique_and_in_order() -> None:
    ids = [rule.id for rule in rules()]
    assert ids == sorted(set(ids))
    names = [rule.name for rule in rules()]
    assert len(names) == len(set(names))


def test_a_rule_is_found_by_id_in_any_case_or_by_name() -> None:
    assert rule_named("HN012") is rule_named("hn012") is rule_named("gateway-off-link")
    assert rule_named("HN999") is None
    assert rule_named("") is None


def test_netplans_own_verdict_and_what_means_nothing_cannot_be_ignored() -> None:
    for rule in rules():
        assert rule.ignorable == (rule.kind != "netplan" and not rule.unparsable)


def test_a_finding_reads_like_a_compilers() -> None:
    finding = Finding(GATEWAY_OFF_LINK, "far", Position("/etc/netplan/x.yaml", 3, 7), "ens33")
    text = "/etc/netplan/x.yaml:3:7: error: HN012 gateway-off-link: far"
    assert str(finding) == text
    assert str(Finding(MTU_RANGE, "m")) == "error: HN027 mtu-range: m"
    assert finding.advice == GATEWAY_OFF_LINK.remedy
    assert Finding(MTU_RANGE, "m", remedy="This.").advice == "This."


def test_an_older_fault_is_a_warning() -> None:
    finding = Finding(MTU_RANGE, "m", older=True)
    assert finding.severity == "warning"
    assert not finding.is_error


def test_ignored_rules_are_left_out() -> None:
    findings = (Finding(MTU_RANGE, "m"), Finding(GATEWAY_OFF_LINK, "g"))
    assert without(findings, [MTU_RANGE]) == findings[1:]
    assert without(findings, []) == findings


def test_a_text_that_means_nothing_is_a_usage_error() -> None:
    malformed = rule_named("HN010")
    assert malformed is not None
    assert refusal("no", [Finding(MTU_RANGE, "m")]).exit_code == 3
    assert refusal("no", [Finding(MTU_RANGE, "m"), Finding(malformed, "x")]).exit_code == 2


def test_a_verdict_is_netplans_alone() -> None:
    shape, mode = rule_named("HN008"), rule_named("HN013")
    assert shape is not None
    assert mode is not None
    assert Verdict((Finding(mode, "m"),), proven=True).valid
    assert not Verdict((Finding(shape, "m"),), proven=True).valid
