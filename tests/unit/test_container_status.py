"""How a host with containers stands: each rule with a bad and a good host."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from hostnet.container_status import ContainerStatus, status
from hostnet.kubernetes.kernel import Kernel
from hostnet.model import Family, Image, Kind, Observed
from hostnet.protection.places import LINK, OPT_OUTS, UNMANAGED
from hostnet.templates import SIGNATURE
from tests.unit.builders import held, merged, nic
from tests.unit.test_protection import HOST, KEEPER, done, with_system

RULES: tuple[tuple[Family, int], ...] = ((4, 255), (4, 254), (4, 253), (6, 255), (6, 254))
KERNEL = Kernel((("all/rp_filter", 0),), RULES)
PROTECTED = with_system(done(), opt_outs_loaded=True)


@dataclass(frozen=True)
class Case:
    """A host and its kernel."""

    observed: Observed = PROTECTED
    kernel: Kernel = KERNEL


def linked(*names: str, **fields: str) -> Observed:
    links = (nic(name, **fields) for name in names)
    return replace(PROTECTED, links=(*PROTECTED.links, *links))


def settings(**values: int) -> Kernel:
    """``all__rp_filter=2``."""
    named = tuple((name.replace("__", "/"), value) for name, value in values.items())
    return Kernel(named, RULES)


BY_NETPLAN = "/run/systemd/network/10-netplan-all.network"
RIVAL = replace(
    PROTECTED,
    links=(
        replace(
            PROTECTED.links[0],
            addresses=(*PROTECTED.links[0].addresses, held("192.168.141.9/24")),
        ),
    ),
)
BAD: dict[str, tuple[Case, ...]] = {
    "HN062": (Case(HOST), Case(with_system(done(), opt_outs_loaded=False))),
    "HN064": (Case(linked("eni0123456789a", setup="configuring", network_file=BY_NETPLAN)),),
    "HN065": (
        Case(linked("cali0123456789a"), settings(all__rp_filter=2)),
        Case(linked("lxc0123456789ab"), settings(lxc0123456789ab__rp_filter=2)),
        Case(linked("cilium_host"), settings(all__rp_filter=1)),
    ),
    "HN066": (
        Case(linked("kube-ipvs0"), settings(all__arp_ignore=1)),
        Case(linked("kube-ipvs0"), settings(all__arp_announce=2)),
    ),
    "HN067": (
        Case(kernel=Kernel((), RULES[:2] + RULES[3:])),
        Case(kernel=Kernel((), RULES[:4])),
    ),
    "HN068": (Case(replace(RIVAL, system=replace(RIVAL.system, next_hop_opt_out=False))),),
}  # fmt: skip
GOOD: dict[str, tuple[Case, ...]] = {
    "HN062": (Case(), Case(replace(HOST, cni_signs=()))),
    "HN064": (
        Case(linked("cali0123456789a", setup="unmanaged")),
        Case(linked("ens34", setup="configured")),
    ),
    "HN065": (
        Case(linked("cali0123456789a"), settings(all__rp_filter=1)),
        Case(linked("lxc0123456789ab"), settings(lxc0123456789ab__rp_filter=0)),
        Case(linked("flannel.1"), settings(all__rp_filter=2)),
    ),
    "HN066": (Case(linked("kube-ipvs0"), settings(all__arp_ignore=1, all__arp_announce=2)), Case()),
    "HN067": (Case(), Case(kernel=Kernel((), RULES[:3])), Case(kernel=Kernel())),
    "HN068": (Case(), Case(RIVAL)),
}


def told(case: Case) -> ContainerStatus:
    return status(case.observed, merged(*case.observed.netplan_files), case.kernel)


def ids(case: Case) -> list[str]:
    return [finding.rule.id for finding in told(case).findings]


@pytest.mark.parametrize(("id_", "case"), [(i, c) for i, row in BAD.items() for c in row])
def test_a_bad_host_is_told(id_: str, case: Case) -> None:
    assert id_ in ids(case)
    assert all(finding.advice.endswith(".") for finding in told(case).findings)


@pytest.mark.parametrize(("id_", "case"), [(i, c) for i, row in GOOD.items() for c in row])
def test_a_good_host_is_not(id_: str, case: Case) -> None:
    assert id_ not in ids(case)


def test_each_file_is_told_by_its_state() -> None:
    older = Image(Kind.FILE, SIGNATURE + b" long ago\n", 0o644)
    foreign = Image(Kind.FILE, b"[Link]\n", 0o644)
    images = dict(done().images) | {UNMANAGED: older, LINK: foreign}
    del images[KEEPER]
    found = told(Case(with_system(replace(HOST, images=tuple(images.items())))))
    assert {file.path: file.state for file in found.files} == {
        OPT_OUTS: "as-wanted", UNMANAGED: "differs", LINK: "foreign", KEEPER: "absent",
    }  # fmt: skip
    assert not found.is_protected
    (unprotected,) = [f for f in found.findings if f.rule.id == "HN062"]
    assert f"{LINK} is not hostnet's" in unprotected.message
    (not_ours,) = [f for f in found.findings if f.rule.id == "HN061"]
    assert not_ours.severity == "warning"


def test_whether_it_is_loaded_is_told_where_it_can_be() -> None:
    found = told(Case())
    assert found.is_protected
    assert {file.path: file.loaded for file in found.files}[OPT_OUTS] is True
    assert {file.loaded for file in found.files} == {True, None}
    unknown = told(Case(done()))
    assert unknown.is_protected
    assert {file.loaded for file in unknown.files} == {None}


def test_a_missing_rule_is_told_with_the_command_that_makes_it() -> None:
    (finding,) = told(Case(kernel=Kernel((), RULES[:1] + RULES[3:]))).findings
    assert finding.advice == (
        "ip rule add pref 32766 lookup main; ip rule add pref 32767 lookup default."
    )


def test_its_own_links_are_not_containers() -> None:
    text = "network: {bridges: {br-0123456789ab: {}}}\n"
    own = replace(linked("br-0123456789ab", "cni0"), netplan_files=())
    named = replace(own, netplan_files=(replace(HOST.netplan_files[0], data=text.encode()),))
    assert [link.name for link in told(Case(named)).links] == ["cni0"]
