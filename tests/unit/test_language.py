"""netplan's language: each rule of it with files that break it and files that do not.

long because each rule has its examples here; the schema's shapes, texts and releases have theirs
in test_grammar. That the rules are netplan's is held by tests/integration/test_netplan_language.
"""

from __future__ import annotations

import pytest

from hostnet.findings import rule_named
from hostnet.netplan.document import parse
from hostnet.netplan.language.judging import judge
from hostnet.netplan.releases import NEWEST, RELEASES, Release

KEY = "4GgaQCy68nzNsUE5aJ9fuLzHhB65tAlwbmA72MWnOm8="
TWICE = "vrfs: {v: {table: 5, interfaces: [e]}}, ethernets: {e: {}}"
PEER = f"{{keys: {{public: {KEY}}}, allowed-ips: [10.0.0.0/8]}}"
WG = f"mode: wireguard, key: {KEY}"

BAD: dict[str, list[str]] = {
    "HN008": ["ethernets: {e: {mtu: [1]}}", "ethernets: {e: {addresses: 10.0.0.1/24}}"],
    "HN100": ["ethernets: {e: {adresses: []}}", "bonds: {b: {match: {}}}"],
    "HN101": ["ethernets: {e: {dhcp-identifier: x}}", "renderer: networkD"],
    "HN102": ["ethernets: {e: {dhcp4: yep}}", "ethernets: {e: {dhcp4: 1}}"],
    "HN103": ["ethernets: {e: {mtu: 1e3}}", "ethernets: {e: {mtu: 4294967296}}"],
    "HN104": ["ethernets: {'e 0': {}}", "ethernets: {'e*': {}}"],
    "HN105": ["ethernets: {e: {macaddress: '00:11:22'}}"],
    "HN106": ["0.106 dummy-devices: {d: {}}", "0.106 ethernets: {e: {ra-overrides: {}}}"],
    "HN107": ["version: 3", "version: two"],
    "HN108": ["ethernets: {e: {match: {driver: 'a b'}}}", "ethernets: {e: {match: {driver: []}}}"],
    "HN110": ["bonds: {b: {interfaces: [e]}}", "vlans: {v: {id: 1, link: e}}"],
    "HN111": ["ethernets: {e: {}}, bridges: {e: {}}"],
    "HN112": [
        "ethernets: {e: {}}, bonds: {a: {interfaces: [e]}, b: {interfaces: [e]}}",
        "bridges: {e: {}}, vrfs: {a: {table: 1, interfaces: [e]}, b: {interfaces: [e], table: 2}}",
    ],
    "HN113": [
        (
            "ethernets: {e: {}, f: {}}, bonds: {a: {interfaces: [e, f], parameters: "
            "{primary: e, primary: f}}}"
        ),
    ],
    "HN114": [
        (
            "ethernets: {e: {}}, bridges: {b: {interfaces: [e], parameters: {path-cost: {e: 5}}}, "
            "c: {interfaces: [f]}}, dummy-devices: {f: {}}"
        ),
    ],
    "HN115": ["ethernets: {e: {set-name: f}}"],
    "HN116": [
        "ethernets: {e: {ipv6-address-token: '::1', ipv6-address-generation: eui64}}",
    ],
    "HN120": [
        "ethernets: {e: {}}, vlans: {v: {link: e}}",
        "vlans: {v: {id: 1}}",
        "ethernets: {e: {}}, vlans: {v: {id: 4095, link: e}}",
    ],
    "HN121": ["vrfs: {v: {}}"],
    "HN122": [
        "vrfs: {v: {table: 5, routes: [{to: 10.0.0.0/8, via: 10.0.0.1, table: 6}]}}",
        "vrfs: {v: {table: 5, routing-policy: [{to: 10.0.0.0/8, table: 4294967295}]}}",
    ],
    "HN123": [
        "virtual-ethernets: {a: {}}",
        "virtual-ethernets: {a: {peer: a}}",
        "ethernets: {e: {}}, virtual-ethernets: {a: {peer: e}}",
    ],
    "HN124": [
        "tunnels: {t: {remote: 10.0.0.1}}",
        "tunnels: {t: {mode: gre}}",
        "tunnels: {t: {mode: isatap, remote: 10.0.0.1}}",
    ],
    "HN125": ["tunnels: {t: {mode: gre, remote: '::1'}}"],
    "HN126": ["tunnels: {t: {mode: gre, remote: 10.0.0.1, key: {input: x}}}"],
    "HN127": ["tunnels: {t: {mode: vxlan}}", "tunnels: {t: {mode: vxlan, id: 16777216}}"],
    "HN128": [f"tunnels: {{t: {{mode: wireguard, key: x, peers: [{PEER}]}}}}"],
    "HN129": [f"tunnels: {{t: {{{WG}, peers: [{{}}]}}}}", f"0.106 tunnels: {{t: {{{WG}}}}}"],
    "HN130": [
        f"tunnels: {{t: {{{WG}, peers: [{{keys: {{public: {KEY}}}, endpoint: 'a.b'}}]}}}}",
    ],
    "HN131": [
        "ethernets: {e: {routes: [{via: 10.0.0.1}]}}",
        "ethernets: {e: {routes: [{to: 10.0.0.0/8, scope: global}]}}",
    ],
    "HN132": ["ethernets: {e: {routes: [{to: 10.0.0.0/8, via: '::1'}]}}"],
    "HN133": ["ethernets: {e: {routing-policy: [{table: 5}]}}"],
    "HN134": [
        (
            "renderer: NetworkManager, ethernets: {e: {dhcp4: true, routing-policy: "
            "[{from: 10.0.0.1}]}}"
        ),
    ],
    "HN140": ["wifis: {w: {}}"],
    "HN141": ["wifis: {w: {access-points: {a: {}, a: {}}}}"],
    "HN142": ["wifis: {w: {access-points: {a: {band: 5GHz, channel: 1}}}}"],
    "HN143": ["wifis: {w: {access-points: {a: {password: short}}}}"],
    "HN144": ["ethernets: {e: {wakeonwlan: [default, any]}}"],
    "HN150": ["modems: {m: {}}", "ethernets: {e: {macaddress: stable}}"],
    "HN151": [
        "ethernets: {e: {dhcp4: true, dhcp6: true, dhcp4-overrides: {use-dns: false}}}",
    ],
    "HN152": ["ethernets: {e: {networkmanager: {name: x}}}"],
    "HN153": ["nm-devices: {n: {}}"],
    "HN154": ["ethernets: {e: {delay-virtual-functions-rebind: true}}"],
    "HN160": ["bridges: {b: {openvswitch: {controller: {addresses: [tcp:host]}}}}"],
    "HN161": ["ethernets: {e: {openvswitch: {}}}", "bonds: {b: {openvswitch: {}}}"],
    "HN162": ["openvswitch: {ports: [[a, b]]}", "openvswitch: {ports: [[a, a]]}"],
    "HN163": ["bridges: {b: {openvswitch: {controller: {addresses: ['ssl:10.0.0.1']}}}}"],
    "HN164": ["openvswitch: {external-ids: {a: 1, a: 2}}"],
    "HN170": [
        "ethernets: {e: {addresses: [{}]}}",
        "ethernets: {e: {routes: [{to: default, scope: link}]}}",
    ],
    "HN172": ["dummy-devices: {d: {}}, bridges: {a-bridge-of-sixteen: {}}"],
    "HN173": [f"ethernets: {{{'e' * 250}: {{}}}}"],
}
"""Each is the inside of ``network: {...}``; a release may stand before it."""

GOOD: dict[str, list[str]] = {
    "HN008": ["ethernets: {e: {mtu: 1500}}"],
    "HN100": ["ethernets: {e: {addresses: []}}"],
    "HN101": ["ethernets: {e: {dhcp-identifier: MAC}}"],
    "HN102": ["ethernets: {e: {dhcp4: YES, dhcp6: 'n'}}"],
    "HN103": ["ethernets: {e: {mtu: ''}}", "ethernets: {e: {mtu: ' +68'}}"],
    "HN104": ["ethernets: {e-0.1@x: {match: {name: 'e*'}}}"],
    "HN105": ["ethernets: {e: {macaddress: random}}"],
    "HN106": ["1.1 dummy-devices: {d: {}}"],
    "HN107": ["version: 2.7", "version: ' 2abc'"],
    "HN108": ["ethernets: {e: {match: {driver: [a, 'b*']}}}"],
    "HN110": ["vlans: {v: {id: 1, link: e}}, ethernets: {e: {}}"],
    "HN111": ["ethernets: {e: {dhcp4: no}, e: {dhcp6: no}}"],
    "HN112": ["ethernets: {e: {}}, bonds: {b: {interfaces: [e, e]}}"],
    "HN113": ["ethernets: {e: {}}, bonds: {b: {interfaces: [e], parameters: {primary: e}}}"],
    "HN114": [
        "ethernets: {e: {}}, bridges: {b: {interfaces: [e], parameters: {path-cost: {e: 5}}}}"
    ],
    "HN115": ["ethernets: {e: {set-name: f, match: {}}}"],
    "HN116": ["ethernets: {e: {ipv6-address-token: '::1'}}"],
    "HN120": ["ethernets: {e: {}}, vlans: {v: {id: 0, link: e}}"],
    "HN121": ["vrfs: {v: {table: 5}}"],
    "HN122": ["vrfs: {v: {table: 5, routes: [{to: 10.0.0.0/8, via: 10.0.0.1, table: 5}]}}"],
    "HN123": ["virtual-ethernets: {a: {peer: b}, b: {peer: a}}"],
    "HN124": ["tunnels: {t: {mode: gre, remote: 10.0.0.1}}"],
    "HN125": ["tunnels: {t: {mode: ip6gre, remote: '::1'}}"],
    "HN126": ["tunnels: {t: {mode: gre, remote: 10.0.0.1, key: 1.2.3.4}}"],
    "HN127": ["tunnels: {t: {mode: vxlan, id: 5}}"],
    "HN128": [f"tunnels: {{t: {{mode: wireguard, key: /etc/wg.key, peers: [{PEER}]}}}}"],
    "HN129": [f"tunnels: {{t: {{{WG}, peers: [{PEER}]}}}}"],
    "HN130": [
        f"tunnels: {{t: {{{WG}, peers: [{{keys: {{public: {KEY}}}, endpoint: '[::1]:5'}}]}}}}",
    ],
    "HN131": ["ethernets: {e: {routes: [{to: default, via: 10.0.0.1}]}}"],
    "HN132": ["ethernets: {e: {routes: [{to: '::/0', via: 'fe80::1'}]}}"],
    "HN133": ["ethernets: {e: {routing-policy: [{from: 10.0.0.1, table: 5}]}}"],
    "HN134": [
        (
            "renderer: NetworkManager, ethernets: {e: {dhcp4: true, routing-policy: "
            "[{from: 10.0.0.1, priority: 5}]}}"
        ),
        (
            "1.1 renderer: NetworkManager, ethernets: {e: {dhcp4: true, routing-policy: "
            "[{from: 10.0.0.1}]}}"
        ),
    ],
    "HN140": ["wifis: {w: {access-points: {a: {}}}}"],
    "HN141": ["wifis: {w: {access-points: {a: {}, b: {}}}}"],
    "HN142": ["wifis: {w: {access-points: {a: {band: 5GHz, channel: 36}}}}"],
    "HN143": ["wifis: {w: {access-points: {a: {password: long enough}}}}"],
    "HN144": ["ethernets: {e: {wakeonwlan: [any, tcp]}}"],
    "HN150": ["modems: {m: {renderer: NetworkManager}}"],
    "HN151": ["ethernets: {e: {dhcp4: true, dhcp4-overrides: {use-dns: false}}}"],
    "HN152": ["renderer: NetworkManager, ethernets: {e: {networkmanager: {name: x}}}"],
    "HN153": ["nm-devices: {n: {networkmanager: {passthrough: {connection.type: x}}}}"],
    "HN154": [
        "ethernets: {e: {delay-virtual-functions-rebind: true, virtual-function-count: 2}}",
    ],
    "HN160": ["bridges: {b: {openvswitch: {controller: {addresses: ['ptcp:']}}}}"],
    "HN161": [
        (
            "ethernets: {e: {}, f: {}}, bonds: {b: {interfaces: [e, f], openvswitch: {}}}, "
            "bridges: {c: {interfaces: [b]}}"
        ),
    ],
    "HN162": [
        "openvswitch: {ports: [[a, b]]}, bridges: {x: {interfaces: [a]}, y: {interfaces: [b]}}",
    ],
    "HN163": ["bridges: {b: {openvswitch: {controller: {addresses: ['tcp:10.0.0.1']}}}}"],
    "HN164": ["openvswitch: {external-ids: {a: 1, b: 2}}"],
    "HN170": ["ethernets: {e: {routes: [{to: 10.0.0.0/8, scope: link}]}}"],
    "HN172": ["bridges: {a-bridge-of-15c: {}}"],
    "HN173": [f"ethernets: {{{'e' * 200}: {{}}}}"],
}


def found(text: str, release: Release = NEWEST) -> list[str]:
    """The ids of what is found in files, one after the other; `|` parts them."""
    documents = [
        parse(f"/etc/netplan/{number}.yaml", f"network: {{{part}}}".encode())
        for number, part in enumerate(text.split("|"))
    ]
    return [finding.rule.id for finding in judge(documents, release)]


def example(text: str) -> tuple[str, Release]:
    for release in RELEASES:
        if text.startswith(f"{release} "):
            return text.removeprefix(f"{release} "), release
    return text, NEWEST


@pytest.mark.parametrize(("id_", "text"), [(i, text) for i, texts in BAD.items() for text in texts])
def test_a_bad_file_is_told(id_: str, text: str) -> None:
    assert set(found(*example(text))) == {id_}


@pytest.mark.parametrize(
    ("id_", "text"), [(i, text) for i, texts in GOOD.items() for text in texts]
)
def test_a_good_file_is_not(id_: str, text: str) -> None:
    assert rule_named(id_)
    assert found(*example(text)) == []


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        # References lead back into earlier files, or anywhere in their own.
        ("ethernets: {e: {}}|bonds: {b: {interfaces: [e]}}", []),
        ("bonds: {b: {interfaces: [e]}}|ethernets: {e: {}}", ["HN110"]),
        ("ethernets: {e: {}}|vlans: {e: {}}", ["HN111"]),
        # A definition goes on in the next file, but must be whole where it stands first.
        ("vlans: {v: {id: 1}}|vlans: {v: {link: e}}, ethernets: {e: {}}", ["HN120"]),
        ("ethernets: {e: {match: {}}}|ethernets: {e: {set-name: f}}", []),
        ("renderer: NetworkManager|ethernets: {e: {networkmanager: {name: x}}}", []),
        ("ethernets: {e: {networkmanager: {name: x}}}|renderer: NetworkManager", ["HN152"]),
        # A tunnel that is touched again forgets what was said of its VXLAN.
        ("tunnels: {t: {mode: vxlan, id: 5}}|tunnels: {t: {mtu: 1400}}", ["HN127"]),
        ("tunnels: {t: {mode: vxlan, id: 5}}|tunnels: {t: {id: 5, mtu: 1400}}", []),
        ("ethernets: {e: {renderer: sriov}}", ["HN101"]),
        ("ethernets: {e: {}}, vlans: {v: {id: 1, link: e, renderer: sriov}}", []),
        # NetworkManager need not know what a VLAN lies on; nothing after it is looked at then.
        ("renderer: NetworkManager, vlans: {v: {link: e, id: 5}, w: {link: f}}", ["HN170"]),
        ("renderer: NetworkManager, vlans: {v: {link: e, id: 5}}", []),
        ("renderer: NetworkManager, vlans: {v: {link: e, id: 5}, w: {link: e, id: 6}}", ["HN170"]),
        # Behind an address whose options are known already nothing is looked at.
        ("ethernets: {e: {addresses: [{10.0.0.1/8: {}}, {10.0.0.1/8: {}}, x]}}", []),
        ("ethernets: {e: {addresses: [{10.0.0.1/8: {}}, x]}}", ["HN011"]),
        (
            "bonds: {b: {interfaces: [e]}}, ethernets: {e: {addresses: [{10.0.0.1/8: {}}, x]}}",
            [],
        ),
        # Who is named as a peer above needs to name none.
        ("virtual-ethernets: {a: {peer: b}, b: {}}", []),
        ("virtual-ethernets: {b: {}, a: {peer: b}}", ["HN123"]),
        # The same where the file is read twice: a fault ends the first time, before the peer.
        (f"{TWICE}, virtual-ethernets: {{b: {{}}, a: {{peer: b}}}}", ["HN123"]),
        (f"{TWICE}, virtual-ethernets: {{a: {{peer: b}}, b: {{}}}}", []),
        # A network of the same name in a later file takes the first one's place.
        ("wifis: {w: {access-points: {a: {}}}}|wifis: {w: {access-points: {a: {}}}}", []),
    ],
)
def test_files_are_read_one_after_the_other(text: str, ids: list[str]) -> None:
    assert found(text) == ids


def test_everything_is_told_at_once_and_a_typo_once() -> None:
    text = "ethernet: {e: {}}, bonds: {b: {interfaces: [e, f]}}, version: 3"
    assert found(text) == ["HN100", "HN107", "HN110"]


def test_a_finding_names_the_place_and_where_the_other_is() -> None:
    text = b"network:\n  ethernets: {e: {}}\n  bridges:\n    e: {}\n"
    (finding,) = judge([parse("a.yaml", text)], NEWEST)
    assert str(finding.position) == "a.yaml:4:5"
    assert [str(related.position) for related in finding.related] == ["a.yaml:2:15"]


def test_the_offending_item_is_named_not_its_list() -> None:
    text = (
        b"network:\n  ethernets:\n    e:\n      addresses:\n      - 10.0.0.1/24\n      - 10.0.0.2\n"
    )
    (finding,) = judge([parse("a.yaml", text)], NEWEST)
    assert str(finding.position) == "a.yaml:6:9"
    assert finding.rule.id == "HN011"


@pytest.mark.parametrize("text", BAD["HN170"])
def test_what_netplan_crashes_on_says_so(text: str) -> None:
    (finding,) = judge([parse("a.yaml", f"network: {{{text}}}".encode())], NEWEST)
    assert finding.message.endswith("; netplan crashes on this")


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (b"", []),
        (b"# nothing\n", []),
        (b"---\n", ["HN008"]),
        (b"~\n", ["HN008"]),
        (b"network: {}\n---\n[\n", ["HN171"]),
        (b"network: &a {ethernets: &a {}}\n", ["HN002"]),
        (b"\xef\xbb\xbfnetwork: {}\r\n", []),
        (b'network: {ethernets: {e: {mtu: "1500\\0x"}}}', []),
        (b"network: {ethernets: {e: &x {dhcp4: no}, f: *x}}", []),
        (b"network: {<<: {}}", ["HN100"]),
    ],
)
def test_what_is_a_file(data: bytes, ids: list[str]) -> None:
    assert [f.rule.id for f in judge([parse("a.yaml", data)], NEWEST)] == ids
