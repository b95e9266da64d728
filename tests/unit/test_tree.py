"""All files of a host as netplan reads them: shadowed, ordered, merged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hostnet.netplan.document import Mapping, Scalar
from hostnet.netplan.netdef import Netdef
from hostnet.netplan.render import block
from hostnet.netplan.tree import effective, load, network_of, unique
from tests.unit.builders import CLOUD, HUMAN, file, merged


def body(*texts: str, id_: str = "ens33") -> str:
    """The merged definition, as YAML; each text is what a file of its own says of it."""
    files = [
        file(f"/etc/netplan/{number}.yaml", f"network: {{ethernets: {{ens33: {text}}}}}\n")
        for number, text in enumerate(texts)
    ]
    netdef = merged(*files).netdef(id_)
    assert netdef is not None
    return block(netdef.body)


def test_of_one_name_run_shadows_etc_and_etc_shadows_lib() -> None:
    files = [
        file(f"/{folder}/netplan/{name}.yaml", "")
        for name, folders in (("a", "lib etc run"), ("b", "lib etc"), ("c", "lib"))
        for folder in folders.split()
    ]
    expected = ["/run/netplan/a.yaml", "/etc/netplan/b.yaml", "/lib/netplan/c.yaml"]
    assert [found.path for found in effective(files)] == expected
    assert [found.path for found in effective(reversed(files))] == expected


def test_files_are_read_by_name_whatever_the_folder_and_10_before_9() -> None:
    names = (
        "/etc/netplan/9.yaml",
        "/lib/netplan/Z.yaml",
        "/run/netplan/10.yaml",
        "/etc/netplan/é.yaml",
    )
    found = [f.path for f in effective(file(name, "") for name in names)]
    assert found == ["/run/netplan/10.yaml", "/etc/netplan/9.yaml", "/lib/netplan/Z.yaml",
                     "/etc/netplan/é.yaml"]  # fmt: skip


MERGED = {
    "a later scalar wins": (("{mtu: 1400}", "{mtu: 9000}"), "mtu: 9000\n"),
    "a list is appended without duplicates": (
        ("{addresses: [10.0.0.1/24, 10.0.0.2/24]}", "{addresses: [10.0.0.2/24, 10.0.0.3/24]}"),
        "addresses: [10.0.0.1/24, 10.0.0.2/24, 10.0.0.3/24]\n"),
    "an empty list takes nothing away": (
        ("{addresses: [10.0.0.1/24]}", "{addresses: []}"), "addresses: [10.0.0.1/24]\n"),
    "mappings are merged key by key": (
        ("{nameservers: {addresses: [9.9.9.9]}}", "{nameservers: {search: [lan]}}"),
        "nameservers:\n  addresses: [9.9.9.9]\n  search: [lan]\n"),
    "routes are appended": (
        ("{routes: [{to: default, via: 10.0.0.1}]}", "{routes: [{to: default, via: 10.0.0.2}]}"),
        "routes:\n  - to: default\n    via: 10.0.0.1\n  - to: default\n    via: 10.0.0.2\n"),
    "the same route once": (
        ("{routes: [{to: default, via: 10.0.0.1}]}", "{routes: [{to: 'default', via: 10.0.0.1}]}"),
        "routes:\n  - to: default\n    via: 10.0.0.1\n"),
    "a key that stands twice": (("{mtu: 1, mtu: 2, addresses: [a], addresses: [b]}",),
                                "mtu: 2\naddresses: [a, b]\n"),
    "an empty definition changes nothing": (("{mtu: 1}", "{}"), "mtu: 1\n"),
}  # fmt: skip


@pytest.mark.parametrize(("texts", "expected"), MERGED.values(), ids=MERGED)
def test_files_are_merged_as_netplan_merges_them(texts: tuple[str, ...], expected: str) -> None:
    assert body(*texts) == expected


def test_a_section_or_the_network_may_stand_twice() -> None:
    text = """
        network:
          ethernets: {ens33: {mtu: 1}}
          ethernets: {ens34: {}}
        network:
          renderer: networkd
          ethernets: {ens33: {optional: true}}
        """
    tree = merged(file(CLOUD, text))
    assert [netdef.id for netdef in tree.netdefs] == ["ens33", "ens34"]
    assert tree.renderer == "networkd"
    netdef = tree.netdef("ens33")
    assert netdef is not None
    assert block(netdef.body) == "mtu: 1\noptional: true\n"
    assert len(netdef.definitions) == 2


def test_each_definition_knows_its_file_and_its_place() -> None:
    tree = merged(file(CLOUD, "network: {ethernets: {ens33: {}}}\n"),
                  file(HUMAN, "\nnetwork:\n  ethernets:\n    ens33: {}\n"))  # fmt: skip
    netdef = tree.netdef("ens33")
    assert netdef is not None
    places = [d.entry.key.span.position for d in netdef.definitions if d.entry.key.span]
    assert [str(place) for place in places] == [f"{HUMAN}:3:5", f"{CLOUD}:1:23"]
    assert [d.path for d in netdef.definitions] == [HUMAN, CLOUD]
    assert tree.document(HUMAN) is not None
    assert tree.document("/etc/netplan/none.yaml") is None


NM = "renderer: NetworkManager"
RENDERERS = {
    "none said": ("{ethernets: {ens33: {}}}", "networkd", None),
    "said for all": (f"{{{NM}, ethernets: {{ens33: {{}}}}}}", "NetworkManager", None),
    "said at the end": (f"{{ethernets: {{ens33: {{}}}}, {NM}}}", "NetworkManager", None),
    "said for the section": (
        f"{{{NM}, ethernets: {{renderer: networkd, ens33: {{}}}}}}", "networkd", "networkd"),
    "said for the section too late": (
        f"{{{NM}, ethernets: {{ens33: {{}}, renderer: networkd}}}}", "NetworkManager", None),
    "said for itself": (
        f"{{{NM}, ethernets: {{ens33: {{renderer: networkd}}}}}}", "networkd", None),
    "said for another section": (
        f"{{bonds: {{{NM}}}, ethernets: {{ens33: {{}}}}}}", "networkd", None),
}  # fmt: skip


@pytest.mark.parametrize(("text", "renderer", "of_section"), RENDERERS.values(), ids=RENDERERS)
def test_the_renderer_is_the_nearest_one(text: str, renderer: str, of_section: str | None) -> None:
    netdef = merged(file(CLOUD, f"network: {text}\n")).netdef("ens33")
    assert netdef is not None
    assert (netdef.renderer, netdef.section_renderer) == (renderer, of_section)


def test_a_renderer_of_its_section_moves_along() -> None:
    netdef = Netdef("ens33", "ethernets", Mapping(), section_renderer="networkd")
    assert netdef.moved.text("renderer") == "networkd"
    own = Mapping().with_value("renderer", Scalar("NetworkManager"))
    assert replace(netdef, body=own).moved == own
    assert replace(netdef, section_renderer=None).moved == Mapping()


def test_who_refers_to_an_id() -> None:
    tree = merged(file(CLOUD, """
        network:
          ethernets: {ens33: {}, vf0: {link: ens33}}
          vlans: {v5: {id: 5, link: ens33}}
          bonds: {b0: {interfaces: [ens33, ens34]}}
          bridges: {br0: {interfaces: [b0]}}
          vrfs: {red: {table: 1, interfaces: [ens33]}}
          virtual-ethernets: {ve0: {peer: ve1}, ve1: {peer: ve0}}
        """))  # fmt: skip
    assert [d.id for d in tree.references("ens33")] == ["vf0", "v5", "b0", "red"]
    assert [d.id for d in tree.references("b0")] == ["br0"]
    assert [d.id for d in tree.references("ve1")] == ["ve0"]
    assert tree.references("v5") == ()


def test_faulty_files_are_findings_and_the_others_are_read() -> None:
    tree, findings = load(
        [
            file("/etc/netplan/1.yaml", "network: {ethernets: {ens33: {}}}\n"),
            file("/etc/netplan/2.yaml", "network:\n\tversion: 2\n"),
            replace(file("/etc/netplan/3.yaml", ""), problem="permission denied"),
            file("/etc/netplan/4.yaml", "a: &a [x,x]\n" + "".join(
                f"a{n}: &a{n} [*a{n - 1 if n else ''}, *a{n - 1 if n else ''}]\n" for n in range(30)
            )),
            file("/etc/netplan/5.yaml", "# nothing\n"),
        ]
    )  # fmt: skip
    assert [netdef.id for netdef in tree.netdefs] == ["ens33"]
    assert [(f.rule.id, str(f.position)) for f in findings] == [
        ("HN002", "/etc/netplan/2.yaml:2:1"), ("HN001", "/etc/netplan/3.yaml:1:1"),
        ("HN003", findings[2].position and str(findings[2].position)),
    ]  # fmt: skip


def test_what_is_unique_says_the_same_with_each_key_once() -> None:
    tree = merged(
        file(CLOUD, "network: {version: 2, ethernets: {a: {mtu: 1}, a: {mtu: 2, mtu: 3}}}\n")
    )
    once = unique(network_of(tree.documents[0]))
    assert block(once) == "version: 2\nethernets:\n  a:\n    mtu: 3\n"
