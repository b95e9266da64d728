"""The protection of a container network as a part of plans, and what else they mind of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostnet.change import Write
from hostnet.model import Image, Kind, Observed
from hostnet.ops import Apply, Hold, Release, Restart, Verify
from hostnet.plan import Plan
from hostnet.protection.changes import Protection
from hostnet.protection.places import LINK, OPT_OUTS
from hostnet.steps import protected
from hostnet.templates import SIGNATURE
from tests.unit.builders import (
    CLOUD,
    Decision,
    Value,
    address,
    decide,
    file,
    image,
    lease,
    merged,
    nic,
)
from tests.unit.test_protection import EVERY, HOST, KEEPER, LEASED, done, protection


def kinds(plan: Plan | None) -> list[type]:
    assert plan is not None
    return [type(op) for op in plan.trial]


def test_it_comes_before_the_trial_while_traffic_goes_on() -> None:
    plan = decide(HOST, "ens33 192.168.141.135/24").plan
    assert plan is not None
    first = kinds(plan)[: kinds(plan).index(Apply)]
    assert first[: len(EVERY)] == [Write] * len(EVERY)
    assert first[len(EVERY) : len(EVERY) + 4] == [Hold, Restart, Verify, Release]
    assert {change.path for change in plan.changes} >= EVERY
    assert plan.changes[0].path == OPT_OUTS
    hold = next(op for op in plan.trial if isinstance(op, Hold))
    assert [each.addresses for each in hold.held] == [(address("192.168.141.134/24"),)]


def test_it_may_be_all_that_is_to_be_done() -> None:
    tree = merged(*HOST.netplan_files)
    plan = protected(Plan("container networks"), protection(), (tree,), (), HOST)
    assert kinds(plan) == [*[Write] * len(EVERY), Hold, Restart, Verify, Release]
    assert plan.promotion == ()
    assert plan.before is not None
    assert plan.before.link == "ens33"
    loaded = protected(Plan("x"), Protection(unloaded=True), (tree,), (), HOST)
    assert kinds(loaded) == [Hold, Restart, Verify, Release]
    assert protected(Plan("x"), Protection(), (tree,), (), HOST).is_empty


def test_of_an_image_the_files_are_written() -> None:
    observed = image(file(CLOUD, LEASED), cni_signs=("/etc/cni/net.d/10-x.conflist",))
    plan = decide(observed, "ens33 192.168.141.134/24", gateways=["192.168.141.1"]).plan
    assert plan is not None
    assert plan.trial == ()
    assert {change.path for change in plan.changes} >= EVERY
    assert [type(op) for op in plan.promotion] == [Write] * len(plan.changes)


def asked(observed: Observed, **options: Value) -> bool:
    plan = decide(observed, "ens33 192.168.141.135/24", **options).plan
    assert plan is not None
    return OPT_OUTS in [change.path for change in plan.changes]


def test_it_is_part_of_a_plan_only_where_it_is_asked_for_or_found() -> None:
    bare = replace(HOST, cni_signs=())
    assert asked(HOST)
    assert not asked(bare)
    assert asked(bare, kubernetes=True)
    older = Image(Kind.FILE, SIGNATURE + b" long ago\n", 0o644)
    assert asked(replace(bare, images=((OPT_OUTS, older),)))
    assert not asked(replace(bare, images=((OPT_OUTS, replace(older, data=b"mine\n")),)))


def test_what_is_kept_follows_the_interface() -> None:
    """A pinned lease is static from then on; one that is kept beside it stays the DHCP client's."""
    leased = replace(HOST, netplan_files=(file(CLOUD, LEASED),),
                     links=(nic("ens33", lease("192.168.141.50/24"), by="ens33"),))  # fmt: skip
    plan = decide(leased, "ens33").plan
    assert plan is not None
    assert KEEPER in [change.path for change in plan.changes]
    beside = decide(leased, "ens33 192.168.141.134/24", keep_dhcp=True).plan
    assert beside is not None
    assert KEEPER not in [change.path for change in beside.changes]


# --- matches that cover containers -------------------------------------------------------

COVERING = "network:\n  ethernets:\n    all: {{match: {{{}}}{}, dhcp4: true}}\n"
ELSEWHERE = "    ens33: {dhcp4: true}\n"


def covering(match: str, more: str = "", other: str = "") -> Observed:
    text = COVERING.format(match, more) + other
    by = "ens33" if other else "all"
    link = nic("ens33", lease("192.168.141.50/24"), by=by, driver="veth")
    return replace(HOST, netplan_files=(file(CLOUD, text),), links=(link,))


BAD: dict[str, tuple[Observed, ...]] = {
    "HN060": (
        covering("name: '*'", ", set-name: ens33"),
        covering("driver: veth", ", set-name: ens33"),
    ),
    "HN061": (replace(HOST, images=((LINK, Image(Kind.FILE, b"[Match]\n", 0o644)),)),),
}
GOOD: dict[str, tuple[Observed, ...]] = {
    "HN060": (HOST, covering("name: 'ens*'"), covering("driver: e1000", other=ELSEWHERE)),
    "HN061": (HOST, done()),
}


def decided(observed: Observed) -> Decision:
    return decide(observed, "ens33 192.168.141.134/24", gateways=["192.168.141.1"])


@pytest.mark.parametrize(("id_", "observed"), [(i, c) for i, row in BAD.items() for c in row])
def test_a_bad_host_is_refused(id_: str, observed: Observed) -> None:
    assert id_ in decided(observed).errors


@pytest.mark.parametrize(("id_", "observed"), [(i, c) for i, row in GOOD.items() for c in row])
def test_a_good_host_is_not(id_: str, observed: Observed) -> None:
    assert id_ not in decided(observed).ids


def test_elsewhere_a_match_that_covers_containers_is_a_warning() -> None:
    decision = decided(covering("name: 'c*'", other=ELSEWHERE))
    (finding,) = [f for f in decision.findings if f.rule.id == "HN060"]
    assert finding.severity == "warning"
    assert "cali0123456789a" in finding.message
    assert finding.position is not None


def test_a_wildcard_that_took_containers_gives_none_of_them_a_definition() -> None:
    eni = nic("eni0123456789a", by="all")
    observed = covering("name: 'e*'")
    decision = decided(replace(observed, links=(*observed.links, eni)))
    assert "eni0123456789a" not in decision.text()
    assert "ens33:" in decision.text()


def test_no_name_is_only_someone_elses() -> None:
    """On AWS alone a pod's link is called like a card: `en*` covers it where there is one."""
    warned = covering("name: 'en*'", other=ELSEWHERE)
    assert "HN060" not in decided(warned).ids
    there = replace(warned, links=(*warned.links, nic("eni0123456789a")))
    assert "HN060" in decided(there).ids
