"""Who defines an interface now: by what networkd uses, by what would match, or by its name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostnet.model import Link, Observed, SourceFile
from hostnet.owner import OUR_FILE, Ownership, find, is_netplans, rendered_id
from tests.unit.builders import CLOUD, HUMAN, MAC, file, host, image, merged, nic


def owner(observed: Observed, interface: str = "ens33") -> tuple[Ownership, tuple[str, ...]]:
    found, findings = find(interface, observed, merged(*observed.netplan_files))
    return found, tuple(finding.rule.id for finding in findings)


def ethernets(path: str, text: str) -> SourceFile:
    return file(path, f"network: {{ethernets: {{{text}}}}}\n")


def id_of(*parts: SourceFile | Link, interface: str = "ens33") -> str | None:
    found, _ = owner(host(*parts), interface)
    return found.netdef.id if found.netdef else None


MATCHES = {
    "its plain name": ("ens33: {}", True),
    "another name": ("ens34: {}", False),
    "its MAC": (f"lan: {{match: {{macaddress: '{MAC.upper()}'}}}}", True),
    "another MAC": ("lan: {match: {macaddress: '52:54:00:00:00:00'}}", False),
    "its name": ("lan: {match: {name: ens33}}", True),
    "a glob of its name": ("lan: {match: {name: 'en[st]3?'}}", True),
    "another glob": ("lan: {match: {name: 'eth*'}}", False),
    "its altname": ("lan: {match: {name: 'enp2s*'}}", True),
    "its driver": ("lan: {match: {driver: 'e1000*'}}", True),
    "one of several drivers": ("lan: {match: {driver: [virtio, e1000]}}", True),
    "another driver": ("lan: {match: {driver: virtio}}", False),
    "its MAC and another name": (f"lan: {{match: {{macaddress: '{MAC}', name: 'eth*'}}}}", False),
    "everything": ("lan: {match: {}}", True),
    "the name that it was given": ("lan: {match: {name: eth0}, set-name: ens33}", True),
    "a name that it was given, and another MAC": (
        "lan: {match: {macaddress: '52:54:00:00:00:00'}, set-name: ens33}", False),
    "its ID, but a match of something else": ("ens33: {match: {name: 'eth*'}}", False),
}  # fmt: skip


@pytest.mark.parametrize(("text", "matches"), MATCHES.values(), ids=MATCHES)
def test_a_definition_matches_by(text: str, *, matches: bool) -> None:
    link = nic("ens33", altnames=("enp2s1",), driver="e1000")
    assert (id_of(ethernets(CLOUD, text), link) is not None) == matches


def test_what_networkd_uses_wins_over_what_would() -> None:
    files = ethernets(CLOUD, f"ens33: {{}}, aaa: {{match: {{macaddress: '{MAC}'}}}}")
    assert id_of(files, nic("ens33")) == "aaa"  # the first file by its name
    assert id_of(files, nic("ens33", by="ens33")) == "ens33"
    assert id_of(files, nic("ens33", by="gone")) == "aaa"


def test_what_networkd_uses_is_the_owner_though_it_matches_no_longer() -> None:
    files = ethernets(CLOUD, "lan: {match: {name: eth0}}")
    assert id_of(files, nic("ens33", by="lan")) == "lan"
    assert id_of(files, nic("ens33")) is None


def test_two_precise_definitions_are_told_and_where() -> None:
    files = (
        ethernets(CLOUD, "ens33: {}"),
        ethernets(HUMAN, f"lan: {{match: {{macaddress: '{MAC}'}}}}"),
    )
    found, findings = find("ens33", host(*files, nic("ens33", by="ens33")), merged(*files))
    assert found.netdef is not None
    (finding,) = findings
    assert finding.rule.id == "HN043"
    assert str(finding.position) == f"{HUMAN}:1:23"


def test_a_wildcard_beside_a_precise_definition_is_no_rival() -> None:
    files = ethernets(CLOUD, "ens33: {}, zz: {match: {name: 'en*'}}")
    assert owner(host(files, nic("ens33", by="ens33")))[1] == ()


def test_a_wildcard_covers_what_it_configures_now() -> None:
    files = ethernets(CLOUD, "all: {match: {name: 'en*'}}, ens35: {}")
    links = (
        nic("ens33", by="all"), nic("ens34", by="all"), nic("ens35", by="ens35"),
        nic("ens36", by="all", master="bond0"), nic("eth0", by="all"), nic("lo", loopback=True),
    )  # fmt: skip
    found, findings = owner(host(files, *links))
    assert found.covering
    assert [link.name for link in found.covered] == ["ens33", "ens34"]
    assert findings == ()


def test_a_wildcard_that_renames_means_one_nic() -> None:
    files = ethernets(CLOUD, "lan: {match: {driver: e1000}, set-name: ens33}")
    found, _ = owner(host(files, nic("ens33", driver="e1000", by="lan")))
    assert not found.covering


OFFLINE = {
    "its ID": ("ens33: {}", "ens33", ()),
    "its set-name": (f"lan: {{match: {{macaddress: '{MAC}'}}, set-name: ens33}}", "lan", ()),
    "its exact name": ("lan: {match: {name: ens33}}", "lan", ()),
    "an ID that is renamed away": ("ens33: {match: {macaddress: x}, set-name: lan}", None, ()),
    "a wildcard": ("lan: {match: {name: 'en*'}}", None, ("HN035",)),
    "a MAC that nobody can see": (f"lan: {{match: {{macaddress: '{MAC}'}}}}", None, ("HN035",)),
    "a wildcard of others": ("lan: {match: {name: 'eth*'}}", None, ()),
    "nothing": ("eth0: {}", None, ()),
}  # fmt: skip


@pytest.mark.parametrize(("text", "id_", "ids"), OFFLINE.values(), ids=OFFLINE)
def test_below_another_root_the_owner_is_told_by(
    text: str, id_: str | None, ids: tuple[str, ...]
) -> None:
    found, findings = owner(image(ethernets(CLOUD, text)))
    assert (found.netdef.id if found.netdef else None) == id_
    assert findings == ids


def test_a_link_that_is_not_there_has_no_owner_by_wildcard_on_a_booted_host() -> None:
    observed = host(ethernets(CLOUD, "lan: {match: {name: 'en*'}}"))
    assert owner(observed) == (Ownership(), ())


def test_later_files_that_set_keys_are_told_each() -> None:
    files = (
        ethernets(OUR_FILE, "ens33: {}"),
        ethernets("/etc/netplan/91-a.yaml", "ens33: {mtu: 1400}"),
        ethernets("/run/netplan/92-b.yaml", "ens33: {}"),
        ethernets("/lib/netplan/zz.yaml", "ens33: {optional: true}"),
    )
    _, findings = find("ens33", host(*files, nic("ens33")), merged(*files))
    assert [finding.position.path for finding in findings if finding.position] == [
        "/etc/netplan/91-a.yaml", "/lib/netplan/zz.yaml",
    ]  # fmt: skip
    assert {finding.rule.id for finding in findings} == {"HN034"}


def test_a_wifi_or_a_tunnel_is_refused_where_it_is_defined() -> None:
    for section in ("wifis", "modems", "tunnels", "dummy-devices", "vrfs", "nm-devices"):
        text = f"network: {{{section}: {{ens33: {{}}}}}}\n"
        assert owner(image(file(CLOUD, text)))[1] == ("HN032",)
        assert owner(host(file(CLOUD, text), nic("ens33")))[1] == ("HN032",)


def test_the_network_file_tells_who_rendered_it() -> None:
    link = nic("ens33", by="lan-1")
    assert rendered_id(link) == "lan-1"
    assert is_netplans(link.network_file)
    for path in (None, "/etc/systemd/network/x.network", "/usr/lib/systemd/network/80-x.network"):
        assert rendered_id(replace(link, network_file=path)) is None
        assert not is_netplans(path)
