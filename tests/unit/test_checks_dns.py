"""What is wrong with a pin: each rule with a bad and a good one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import ip_address

import pytest

from hostnet.checks.dns import check
from hostnet.dns.chooser import choose
from hostnet.dns.facts import DnsFacts
from hostnet.dns.pin import parse
from hostnet.findings import Finding, rule_named
from hostnet.kubernetes.resolvers import UPLINK, Reader
from hostnet.model import Position
from tests.unit.builders import Value
from tests.unit.test_chooser import BARE_KUBELET, KUBEADM, UBUNTU, network, used

FACTS = replace(
    UBUNTU,
    own=(ip_address("10.0.0.5"), ip_address("127.0.0.1")),
    networks=(network("10.96.0.0/12", "service network"), network("10.244.0.0/16", "pod network")),
)
FLAGS = Reader("kubelet", UPLINK, Position("/var/lib/kubelet/kubeadm-flags.env", 1, 1))
LONG = tuple(f"{'x' * 60}.{number}" for number in range(5))


@dataclass(frozen=True)
class Case:
    """A pin that is asked for, and the host."""

    servers: tuple[str, ...] = ("10.9.9.9",)
    options: dict[str, Value] = field(default_factory=dict)
    facts: DnsFacts = FACTS


def direct(**fields: Value) -> Case:
    options = {"mode": "direct", "repoint_kubelet": fields.pop("repoint", False)}
    return Case(fields.pop("servers", ("10.9.9.9",)), options, replace(FACTS, **fields))


BAD: dict[str, tuple[Case, ...]] = {
    "HN021": tuple(
        Case((text,)) for text in ("dns.google", "10.0.0.1\nDNS=6.6.6.6", "10.0.0.0/24", "", " ")
    ),
    "HN022": (Case(("127.0.0.1",)), Case(("::1",)), Case(("0.0.0.0",)), Case(("ff02::1",))),
    "HN023": (Case(("1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4")),),
    "HN024": tuple(
        Case(options={"search": (text,)})
        for text in ("a b", "a\nnameserver 6.6.6.6", "", "a..b", "x" * 64, "a.b\n", "~.")
    ),
    "HN070": (Case(("10.0.0.5",)),),
    "HN071": (Case(("10.96.0.10",)), Case(("10.9.9.9", "10.244.1.1"))),
    "HN072": (Case(("169.254.20.10",)), Case(("169.254.25.10",))),
    "HN073": (Case(("10.9.9.9", "10.9.9.9")),),
    "HN074": (
        direct(servers=("1.1.1.1#one.one.one.one",)),
        direct(servers=("10.9.9.9:5353",)),
        Case(("10.9.9.9:5353",), facts=replace(FACTS, readers=(BARE_KUBELET,))),
    ),
    "HN075": (Case((), facts=replace(FACTS, used=())), Case((), facts=replace(
        FACTS, used=(used("127.0.0.1"), used("169.254.25.10"))))),
    "HN076": (Case(options={"search": tuple("abcdefg")}), Case(options={"search": LONG})),
    "HN077": (
        direct(readers=(KUBEADM,)),
        direct(readers=(FLAGS,), repoint=True),
    ),
    "HN078": (Case(facts=replace(FACTS, later=("/etc/systemd/resolved.conf.d/zz.conf",))),),
}  # fmt: skip

GOOD: dict[str, tuple[Case, ...]] = {
    "HN021": (Case(("10.9.9.9", "fd77::1", "[fd77::1]:53", "1.1.1.1#one.one.one.one")),),
    "HN022": (Case(),),
    "HN023": (Case(("1.1.1.1", "1.1.1.2", "1.1.1.3")),),
    "HN024": (Case(options={"search": ("corp.local", "a-b.example.")}),),
    "HN070": (Case(("10.0.0.6",)),),
    "HN071": (Case(("10.95.0.10",)),),
    "HN072": (Case(("fe80::1",)), Case()),
    "HN073": (Case(("10.9.9.9", "10.9.9.8")),),
    "HN074": (Case(("1.1.1.1#one.one.one.one", "10.9.9.9:5353")), direct()),
    "HN075": (Case(()),),
    "HN076": (Case(options={"search": tuple("abcdef")}),),
    "HN077": (
        Case(facts=replace(FACTS, readers=(KUBEADM,))),
        direct(readers=(KUBEADM,), repoint=True),
        direct(readers=(BARE_KUBELET, Reader("k3s", detects=True))),
    ),
    "HN078": (Case(), direct(later=("/etc/systemd/resolved.conf.d/zz.conf",))),
}


def found(case: Case) -> tuple[Finding, ...]:
    pin, findings = parse(case.servers, **case.options)
    return (*findings, *check(choose(pin, case.facts), case.facts))


@pytest.mark.parametrize(("id_", "case"), [(i, c) for i, row in BAD.items() for c in row])
def test_a_bad_pin_is_told(id_: str, case: Case) -> None:
    assert id_ in [finding.rule.id for finding in found(case)]


@pytest.mark.parametrize(("id_", "case"), [(i, c) for i, row in GOOD.items() for c in row])
def test_a_good_pin_is_not(id_: str, case: Case) -> None:
    assert id_ not in [finding.rule.id for finding in found(case)]


def test_nothing_is_wrong_with_the_usual_pin() -> None:
    assert found(Case()) == found(Case(())) == found(direct()) == ()


def test_a_network_of_the_cluster_is_told_with_its_place() -> None:
    (finding,) = found(Case(("10.96.0.10",)))
    assert finding.position is not None
    assert "lies in the service network 10.96.0.0/12" in finding.message


def test_kubelets_own_configuration_can_be_repointed() -> None:
    (finding,) = found(direct(readers=(KUBEADM,)))
    assert finding.advice == "Add --repoint-kubelet."
    assert rule_named("HN077") is finding.rule
