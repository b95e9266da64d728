"""The files that protect a container network: which, with what in them, and when."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

import pytest

from hostnet.kubernetes.signs import (
    NAMES,
    ContainerName,
    is_container_link,
    may_be_containers,
    signs,
)
from hostnet.model import ABSENT, Image, Kind, Observed
from hostnet.networkfile import matches
from hostnet.protection.changes import Protection, protect, unprotect
from hostnet.protection.places import LINK, NETWORK_MANAGER, OPT_OUTS, UNMANAGED, is_keeper, keeper
from hostnet.templates import SIGNATURE
from tests.unit.builders import (
    CLOUD,
    Value,
    decide,
    default,
    file,
    held,
    host,
    merged,
    nic,
)

STATIC = "network:\n  ethernets:\n    ens33: {addresses: [192.168.141.134/24]}\n"
LEASED = "network:\n  ethernets:\n    ens33: {dhcp4: true}\n"
OWN = nic("ens33", held("192.168.141.134/24"), by="ens33")
HOST = host(
    file(CLOUD, STATIC), OWN, default("192.168.141.1"), cni_signs=("/etc/cni/net.d/10-x.conflist",)
)
KEEPER = keeper("ens33")
EVERY = {OPT_OUTS, UNMANAGED, LINK, KEEPER}


def protection(observed: Observed = HOST) -> Protection:
    tree = merged(*observed.netplan_files)
    return protect(observed, tree, tree)


def texts(found: Protection) -> dict[str, str]:
    return {change.path: change.after.data.decode() for change in found.changes}


def done(observed: Observed = HOST) -> Observed:
    """The host with all of it in place."""
    images = tuple((change.path, change.after) for change in protection(observed).changes)
    return replace(observed, images=images)


def with_system(observed: Observed = HOST, **fields: Value) -> Observed:
    return replace(observed, system=replace(observed.system, **fields))


# --- names -------------------------------------------------------------------------------


@pytest.mark.parametrize("each", NAMES, ids=lambda name: name.example)
def test_a_name_is_read_alike_by_all(each: ContainerName) -> None:
    assert fnmatchcase(each.example, each.glob)
    assert each.covers(each.example)
    assert is_container_link(each.example) == each.telling
    assert may_be_containers(each.example)
    assert len(each.example) <= 15
    for path, text in texts(protection()).items():
        if path in (UNMANAGED, LINK):
            named = file(path, text.replace("OriginalName=", "Name="))
            assert matches(named, each.example)


@pytest.mark.parametrize(
    "name", ["ens33", "eth0", "enp3s0", "br0", "br-lan", "br-0123456789a", "docker", "lxcbr0",
             "enigma", "wlan0", "bond0", "vlan15", "flannel", "califf", "podman", "cnix", "weaver"]
)  # fmt: skip
def test_what_an_operator_calls_his_own_is_not_covered(name: str) -> None:
    assert not may_be_containers(name)
    for path, text in texts(protection()).items():
        named = file(path, text.replace("OriginalName=", "Name="))
        assert not matches(named, name)


def test_links_and_files_are_signs() -> None:
    links = (nic("ens33"), nic("veth0"), nic("cali0123456789a"))
    folders = {"/etc/cni/net.d": ("10-x.conflist", "README"), "/run/flannel": ("subnet.env",)}
    assert signs(folders, links) == (
        "link cali0123456789a", "/etc/cni/net.d/10-x.conflist", "/run/flannel/subnet.env",
    )  # fmt: skip


# --- which files -------------------------------------------------------------------------


def test_every_file_is_signed_and_has_its_reason() -> None:
    found = protection(with_system(network_manager=True))
    assert {change.path for change in found.changes} == {*EVERY, NETWORK_MANAGER}
    for change in found.changes:
        assert change.after.data.startswith(SIGNATURE)
        assert change.after.mode == 0o644
        assert change.reason
        lines = change.after.data.decode().splitlines()
        assert all(len(line) <= 100 for line in lines if line.startswith("#"))
        assert "$" not in change.after.data.decode()


def test_the_opt_outs_are_those_that_networkd_knows() -> None:
    assert "ManageForeignNextHops=no" in texts(protection())[OPT_OUTS]
    old = protection(with_system(next_hop_opt_out=False))
    assert texts(old)[OPT_OUTS].endswith(
        "[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules=no\n"
    )
    assert any("ManageForeignNextHops" in reason for reason in old.reasons)


def test_networkmanager_gets_globs_that_it_knows() -> None:
    text = texts(protection(with_system(network_manager=True)))[NETWORK_MANAGER]
    (line,) = [line for line in text.splitlines() if line.startswith("unmanaged-devices+=")]
    assert "interface-name:cali??????*;" in line
    assert "interface-name:br-????????????" in line
    assert "[" not in line


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (STATIC, True),
        (LEASED, False),
        (STATIC.replace("{", "{dhcp4: true, "), False),
        (STATIC.replace("{", "{dhcp6: yes, "), False),
        (STATIC.replace("{", "{renderer: NetworkManager, "), False),
        ("network: {ethernets: {ens33: {}}}\n", False),
        ("network: {bridges: {br0: {addresses: [192.168.141.134/24]}}}\n", True),
    ],
)
def test_addresses_of_others_are_kept_where_no_lease_would_be(text: str, kept: bool) -> None:  # noqa: FBT001
    found = protection(replace(HOST, netplan_files=(file(CLOUD, text),)))
    assert any(is_keeper(path) for path in texts(found)) == kept


def test_an_address_that_would_become_the_first_is_not_kept() -> None:
    rival = replace(OWN, addresses=(*OWN.addresses, held("192.168.141.200/24")))
    old = with_system(HOST, next_hop_opt_out=False)
    assert KEEPER in texts(protection(replace(HOST, links=(rival,))))
    found = protection(replace(old, links=(rival,)))
    assert KEEPER not in texts(found)
    assert any("192.168.141.200/24 would become the source" in reason for reason in found.reasons)
    beside = replace(OWN, addresses=(*OWN.addresses, held("192.168.141.200/32")))
    assert KEEPER in texts(protection(replace(old, links=(beside,))))


def test_an_address_that_leaves_is_no_rival() -> None:
    plan = decide(HOST, "ens33 192.168.141.135/24").plan
    assert plan is not None
    assert KEEPER in [change.path for change in plan.changes]


@pytest.mark.parametrize(
    "more",
    [
        "  bridges: {br-0123456789ab: {}}\n",
        "    lan: {match: {macaddress: '52:54:00:00:00:01'}, set-name: br-0123456789ab}\n",
    ],
)
def test_a_name_of_the_operators_own_is_left_out(more: str) -> None:
    observed = replace(HOST, netplan_files=(file(CLOUD, STATIC + more),))
    found = protection(observed)
    for path in (UNMANAGED, LINK):
        assert "br-[" not in texts(found)[path]
        assert "docker0" in texts(found)[path]
    assert any("br-0123456789ab is the host's own" in reason for reason in found.reasons)


def test_so_is_a_name_in_his_own_network_file() -> None:
    own = file("/etc/systemd/network/20-x.network", "[Match]\nName=veth-lab\n")
    assert "veth*" not in texts(protection(replace(HOST, network_files=(own,))))[UNMANAGED]
    ours = file(UNMANAGED, texts(protection())[UNMANAGED])
    assert "veth*" in texts(protection(replace(HOST, network_files=(ours,))))[UNMANAGED]


def test_nothing_is_to_be_done_twice() -> None:
    assert protection(done()) == Protection()


def test_what_is_older_is_rewritten_and_what_is_a_strangers_is_left() -> None:
    older = Image(Kind.FILE, SIGNATURE + b" long ago\n", 0o600, 5, 5)
    foreign = Image(Kind.FILE, b"[Network]\n", 0o644)
    found = protection(replace(HOST, images=((OPT_OUTS, older), (LINK, foreign))))
    (change,) = [change for change in found.changes if change.path == OPT_OUTS]
    assert (change.before, change.after.mode, change.after.uid) == (older, 0o644, 5)
    assert LINK not in texts(found)
    assert [finding.rule.id for finding in found.findings] == ["HN061"]


def test_a_drop_in_of_an_interface_that_is_gone_goes() -> None:
    stale = keeper("ens99")
    ours = Image(Kind.FILE, SIGNATURE + b"\n", 0o644)
    (change,) = protection(replace(done(), images=(*done().images, (stale, ours)))).changes
    assert (change.path, change.after) == (stale, ABSENT)
    theirs = Image(Kind.FILE, b"[Network]\n", 0o644)
    assert protection(replace(done(), images=(*done().images, (stale, theirs)))).changes == ()


def test_a_networkd_that_is_older_than_its_file_is_restarted() -> None:
    found = protection(with_system(done(), opt_outs_loaded=False))
    assert (found.changes, found.unloaded) == ((), True)
    assert "it is restarted" in found.reasons[0]
    assert not protection(with_system(done(), opt_outs_loaded=True)).unloaded


def test_taking_it_away_leaves_nothing_of_ours_and_all_of_others() -> None:
    foreign = Image(Kind.FILE, b"[Network]\n", 0o644)
    images = dict(done().images) | {LINK: foreign, "/etc/netplan/90-hostnet.yaml": foreign}
    found = unprotect(replace(HOST, images=tuple(images.items())))
    assert {change.path for change in found.changes} == EVERY - {LINK}
    assert {change.after for change in found.changes} == {ABSENT}
    assert [finding.rule.id for finding in found.findings] == ["HN061"]
    assert unprotect(HOST) == Protection()


def test_every_glob_for_udev_is_as_short_as_a_name() -> None:
    # udev of systemd 252: "Interface name is not valid or too long, ignoring assignment".
    assert [name.short for name in NAMES if len(name.short) > 15] == []
